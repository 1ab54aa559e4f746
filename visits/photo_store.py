"""The files of photos: put into a private store, taken out to be read, shown by addresses that end; for visits/photos*.

A folder by default, any S3-compatible store by setting (config/photo_store.py). Nobody guesses an address: those of a
folder are signed here, those of S3 by S3, each for five minutes.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.core import signing
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from backend import clock
from backend.errors import Problem, register
from backend.uploads import RETRY_AFTER_S

log = logging.getLogger(__name__)

SHOWN_S = 300
ORIGINAL = "original"
SIZES = ("320", "1280")
_SALT = "visits.photo"
_T = TypeVar("_T")

register("link_expired", 403, ("链接已过期", "The address has expired"),
         ("请重新获取照片链接。", "Ask for the photo's address again."))  # fmt: skip


def name_of(photo_id: UUID, digest: bytes, on: datetime) -> str:
    """Where the original stands. The content is part of the name, so that a repeat finds the same bytes there."""
    return f"{on:%Y/%m}/{photo_id}-{digest.hex()[:16]}"


def copy_name(name: str, size: str) -> str:
    """Where a copy stands."""
    return name if size == ORIGINAL else f"{name}-{size}.webp"


def put(name: str, path: Path) -> None:
    """The file stands in the store under that name; one that stands there already with as many bytes is the same.

    `path` may be gone afterwards. Problem store_unavailable.
    """
    _asking(lambda: _put(_store(), name, path))


def take_out(name: str, to: Path) -> None:
    """A copy of the stored file stands at `to`. Problem store_unavailable."""

    def copy() -> None:
        with _store().open(name) as source, to.open("wb") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)

    _asking(copy)


def opened(name: str) -> File:
    """The stored file, open for reading. Problem not_found for one that is not there, store_unavailable."""
    try:
        return _asking(lambda: _store().open(name))
    except FileNotFoundError:
        raise Problem("not_found") from None


def address(photo_id: UUID, name: str, size: str, person_id: UUID) -> str:
    """Where the person may fetch this size for the next five minutes."""
    store = _store()
    if getattr(store, "querystring_auth", False):  # S3 signs for itself
        return str(store.url(copy_name(name, size), expire=SHOWN_S))  # type: ignore[call-arg]
    ends = int((clock.now() + timedelta(seconds=SHOWN_S)).timestamp())
    key = signing.dumps([str(photo_id), size, str(person_id), ends], salt=_SALT, compress=False)
    return f"/photos/{photo_id}/{size}?key={key}"


def check(photo_id: UUID, size: str, key: str) -> None:
    """Nothing when the key was given out for this very photo and size; not_found otherwise, link_expired too late."""
    try:
        said, said_size, _, ends = signing.loads(key, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise Problem("not_found") from None
    if (said, said_size) != (str(photo_id), size):
        raise Problem("not_found")
    if clock.now().timestamp() > ends:
        raise Problem("link_expired")


# ----------------------------------------------------------------------------------------------------------------------


def _store() -> Storage:
    return storages["photos"]


class _Movable(File):
    """A file that a folder may move into place instead of copying it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), name=path.name)
        self.path = path

    def temporary_file_path(self) -> str:
        return str(self.path)


def _put(store: Storage, name: str, path: Path) -> None:
    if store.exists(name):
        if store.size(name) == path.stat().st_size:
            return
        store.delete(name)  # a copy between two disks that was cut off
    with _Movable(path) as file:
        saved = store.save(name, file)
    if saved != name:
        raise OSError(f"{name} was kept as {saved}")
    if not isinstance(store, FileSystemStorage):
        return
    # The name must outlive a power cut, as the bytes do.
    descriptor = os.open(Path(store.path(name)).parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _asking(act: Callable[[], _T]) -> _T:
    try:
        return act()
    except FileNotFoundError:
        raise
    except (OSError, BotoCoreError, ClientError) as error:
        log.warning("the photo store did not answer", exc_info=error)
        raise Problem("store_unavailable", headers=_later()) from None


def _later() -> dict[str, Any]:
    return {"Retry-After": str(RETRY_AFTER_S)}
