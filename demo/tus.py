"""A photo's bytes on their way: by tus 1.0.0, in chunks, over a network that goes away in the middle, or as a form.

Called by demo/delivery.py.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final
from uuid import uuid4

from demo.line import GaveUp, Line

CHUNK: Final = 16 * 1024
CUTS: Final = 0.2  # of the chunks, the first time
RESUMED: Final = {"Tus-Resumable": "1.0.0"}
BEGIN_AGAIN: Final = {404, 410, 460}
ASK_AGAIN: Final = {409, 423}


class Refused(Exception):
    """The server does not want the photo; the problem's code."""


@dataclass(frozen=True)
class Load:
    """What is to be uploaded: the photo's id, its hash (hex) and its bytes."""

    id: str
    sha256: str
    content: bytes
    taken_at: str


def upload(line: Line, load: Load, rng: Random) -> int:
    """Every byte of the photo has arrived and the server has said so. Returns how often the network went.

    Refused by the server for good; GaveUp when it does not come to an end in the line's patience."""
    until, cuts = time.monotonic() + line.patience_s, 0
    place, offset = _announce(line, load), 0
    while offset < len(load.content):
        piece = load.content[offset : offset + CHUNK]
        headers = _headers(offset)
        if rng.random() < CUTS:
            line.cut("PATCH", place, piece, headers, rng.randrange(len(piece)))
            cuts += 1
            place, offset = _resume(line, load, place)
            continue
        said = line.raw("PATCH", place, piece, headers)
        if said.status == 204:
            offset = int(said.headers["upload-offset"])
        elif said.status in ASK_AGAIN | BEGIN_AGAIN:
            if time.monotonic() > until:
                raise GaveUp(f"photo {load.id}: {said.status} again and again")
            time.sleep(0.1 + 0.2 * rng.random())
            place, offset = _resume(line, load, place)
        else:
            raise Refused(f"{said.status}")
    return cuts


def post(line: Line, load: Load) -> None:
    """The same by one form. Refused, GaveUp."""
    border = uuid4().hex
    told = {"photo_id": load.id, "sha256": load.sha256, "taken_at": load.taken_at}
    field = f"--{border}\r\nContent-Disposition: form-data; name="
    parts = [f'{field}"{name}"\r\n\r\n{value}\r\n' for name, value in told.items()]
    file = f'{field}"photo"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    body = "".join([*parts, file]).encode() + load.content + f"\r\n--{border}--\r\n".encode()
    said = line.ask("POST", "/api/v1/photos", body, {"Content-Type": f"multipart/form-data; boundary={border}"})
    if said.status not in (200, 201):
        raise Refused(said.body["code"] if said.body else f"{said.status}")


def _announce(line: Line, load: Load) -> str:
    """The address of a fresh upload."""
    told = {"photo_id": load.id, "sha256": load.sha256, "taken_at": load.taken_at}
    metadata = ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in told.items())
    length = str(len(load.content))
    said = line.raw("POST", "/uploads", b"", {**RESUMED, "Upload-Length": length, "Upload-Metadata": metadata})
    if said.status != 201:
        raise Refused(f"{said.status}")
    return said.headers["location"]


def _resume(line: Line, load: Load, place: str) -> tuple[str, int]:
    """Where to go on: the server is asked how much has arrived."""
    said = line.raw("HEAD", place, None, RESUMED)
    if said.status in BEGIN_AGAIN:
        return _announce(line, load), 0
    if said.status >= 400:
        return place, 0  # the next piece is told where to begin
    return place, int(said.headers["upload-offset"])


def _headers(offset: int) -> Mapping[str, str]:
    return {**RESUMED, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
