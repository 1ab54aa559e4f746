"""The server of benchmarks/photos.py: ours, and beside it the barest file write that the same process can do."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from config.wsgi import application as ours

PIECE = 256 * 1024
FOLDER = Path(os.environ["UPLOADS_DIR"])


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """/bare writes the body to a file, to the disk, and answers; everything else is ours."""
    if environ["PATH_INFO"] != "/bare":
        return ours(environ, start_response)
    left, read = int(environ["CONTENT_LENGTH"]), environ["wsgi.input"].read
    with (FOLDER / f"bare-{uuid.uuid4()}").open("wb", buffering=0) as file:
        while left and (piece := read(min(PIECE, left))):
            file.write(piece)
            left -= len(piece)
        os.fsync(file.fileno())
    start_response("204 No Content", [])
    return []
