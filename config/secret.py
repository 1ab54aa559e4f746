"""The secret key of this installation: from the environment, or made once in var/; read by config.settings."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def read_or_make(path: Path) -> str:
    """Return SECRET_KEY, else the content of `path` (0600), which the first of several processes writes."""
    if given := os.environ.get("SECRET_KEY"):
        return given
    try:
        return path.read_text()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))
    try:
        os.link(draft, path)  # fails when another process was first; then its key is the one
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()
