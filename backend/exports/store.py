"""The files of exports: made in a folder of this machine, kept in a private store, fetched by addresses that end.

The store is that of photos' kind: a folder, or S3 (config/photo_store.py). Called by working.py and api.py.
"""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core import signing
from django.core.files import File
from django.core.files.storage import Storage, storages

from backend import clock
from backend.errors import Problem
from backend.models import Export

log = logging.getLogger(__name__)

SHOWN_S = 300
LOOK_EVERY = 64 * 1024 * 1024  # bytes between two looks at what is free
_SALT = "backend.export"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
MEDIA = {
    Export.Format.CSV: "text/csv; charset=utf-8",
    Export.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Export.Format.PARQUET: "application/vnd.apache.parquet",
}
_T = TypeVar("_T")


def part_of(export_id: UUID) -> Path:
    """Where the file stands while it is made."""
    return Path(settings.EXPORTS_DIR, f"{export_id}.part")


@contextmanager
def making(export_id: UUID) -> Iterator[Path]:
    """A place for the file; whatever happens nothing stands there afterwards. Problem export_storage_full."""
    place = part_of(export_id)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    refuse_full(place)
    try:
        yield place
    except OSError as error:
        if error.errno in _FULL:
            raise Problem("export_storage_full") from error
        raise
    finally:
        place.unlink(missing_ok=True)


def refuse_full(place: Path) -> None:
    """Problem export_storage_full where the disk has no more free than is left for the database beside it."""
    if shutil.disk_usage(place.parent).free < settings.UPLOADS_LEAVE_FREE:
        raise Problem("export_storage_full")


class _Movable(File):
    """A file that a folder moves into place instead of copying it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), name=path.name)
        self.path = path

    def temporary_file_path(self) -> str:
        return str(self.path)


def keep(export: Export, path: Path) -> str:
    """The file stands in the store, whole; returns its name there. What another try left is replaced.

    Problems export_storage_full, export_store_unavailable.
    """
    name = f"exports/{export.asked_at:%Y/%m}/{export.pk}.{export.format}"

    def put() -> str:
        store = _store()
        if store.exists(name):
            store.delete(name)
        with _Movable(path) as file:
            return store.save(name, file)

    return _asking(put)


def forget(name: str) -> None:
    """The file is gone. Problem export_store_unavailable."""
    _asking(lambda: _store().delete(name))


def opened(name: str) -> File:
    """The stored file, open for reading. Problems not_found, export_store_unavailable."""
    try:
        return _asking(lambda: _store().open(name))
    except FileNotFoundError:
        raise Problem("not_found") from None


def address(export: Export) -> str:
    """Where its person may fetch the file for the next five minutes."""
    store = _store()
    if getattr(store, "querystring_auth", False):  # S3 signs for itself
        told = {"ResponseContentDisposition": f'attachment; filename="{file_name(export)}"'}
        return str(store.url(export.name, parameters=told, expire=SHOWN_S))  # type: ignore[call-arg]
    ends = int((clock.now() + timedelta(seconds=SHOWN_S)).timestamp())
    key = signing.dumps([str(export.pk), ends], salt=_SALT, compress=False)
    return f"/export-files/{export.pk}?key={key}"


def check(export_id: UUID, key: str) -> None:
    """Nothing when the key was given out for this export; problem not_found otherwise, export_link_expired too late."""
    try:
        said, ends = signing.loads(key, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise Problem("not_found") from None
    if said != str(export_id):
        raise Problem("not_found")
    if clock.now().timestamp() > ends:
        raise Problem("export_link_expired")


def file_name(export: Export) -> str:
    """What a browser calls the file."""
    return f"{export.kind}-{clock.business_date(export.asked_at):%Y%m%d}-{str(export.pk)[-6:]}.{export.format}"


def _store() -> Storage:
    return storages["exports"]


def _asking(act: Callable[[], _T]) -> _T:
    try:
        return act()
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise Problem("export_storage_full") from error
        raise _silent(error) from None
    except (BotoCoreError, ClientError) as error:
        raise _silent(error) from None


def _silent(error: Any) -> Problem:
    log.warning("the store of exports did not answer", exc_info=error)
    return Problem("export_store_unavailable", headers={"Retry-After": "60"})
