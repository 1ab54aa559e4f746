"""Files that come in pieces: announced, appended as the bytes come, whole or not there; for backend/http/tus.py.

How much of a file is here is the size of its part file: a kill between two pieces loses nothing that was written, and
there is no second truth to disagree with. Whoever writes holds the lock of the part file, which ends with its process.
What a whole file becomes is said by a higher app, which registers its `Taker`. See docs/photos.md.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from backend import clock, metrics, prepared, scope
from backend.errors import Problem, register
from backend.locks import Lock
from backend.models import Upload
from backend.scope import Actor

log = logging.getLogger(__name__)

LASTS = timedelta(days=30)
QUIET_S = 60  # a whole file that nobody took over for so long is taken over by the tick
STRAY_S = 24 * 3600  # pieces that no upload knows of are left alone for so long: a request may still bring them
RETRY_AFTER_S = 300

register("upload_locked", 423, ("该上传正在写入", "Somebody is writing to this upload"),
         ("请稍后再试。", "Try again in a moment."))  # fmt: skip
register("upload_gone", 410, ("该上传已过期", "The upload has expired"), ("请重新开始上传。", "Start again."))
register("upload_offset", 409, ("起点与已收到的字节数不符", "The offset is not what has arrived"),
         ("请先用 HEAD 查询已收到的字节数。", "Ask by HEAD how much has arrived."))  # fmt: skip
register("checksum_mismatch", 460, ("校验和不符", "The checksum does not match"),
         ("收到的内容已丢弃，请重新发送。", "What came was thrown away; send it again."))  # fmt: skip
register("storage_full", 507, ("存储空间已满", "The store is full"),
         ("照片请保留在手机上，稍后再传；走访记录不受影响。", "Keep the photo on the phone and send it later. Visits are not affected."))  # fmt: skip  # noqa: E501
register("upload_quota", 507, ("未完成的上传过多", "Too many unfinished uploads"),
         ("请先续传已开始的照片；其余照片请保留在手机上，稍后再传。走访记录不受影响。",
          "Go on with the photos that were begun; keep the others on the phone and send them later. Visits are not affected."))  # fmt: skip  # noqa: E501
register("store_unavailable", 503, ("照片存储暂时不可用", "The photo store does not answer"),
         ("请稍后再试，已收到的内容不会丢失。", "Try again later; what has arrived is not lost."))  # fmt: skip


@dataclass(frozen=True)
class Announced:
    """A file that somebody is about to send; `until`: the end of the sending device, None while it is active."""

    actor: Actor
    length: int
    sha256: bytes
    metadata: dict[str, str]
    until: datetime | None = None


@dataclass(frozen=True)
class Taker:
    """What an app does with files: who may send them, how large they are, whether one is wanted, and taking it over.

    `judge` raises a Problem, or says whether nothing is known of the file yet. `take` is called with the whole file,
    whose hash was checked, in a transaction with the upload's end; it may move the file away. Called twice for one
    upload it must leave no difference.
    `take_new` is asked first for a file of which nothing was known: True when it and the upload's row (by `STORE`)
    stand, False when something is known meanwhile and nothing was written.
    """

    capability: str  # held today or ever
    largest: int
    judge: Callable[[Announced], bool]
    take: Callable[[Upload, Path], None]
    take_new: Callable[[Upload, Path], bool]


_takers: list[Taker] = []

# The row of an upload; what follows says whether it is written: FROM, WHERE. Parameters: `parameters`.
STORE = """
INSERT INTO backend_upload (id, person_id, device_id, length, sha256, metadata, created_at, expires_at, done_at)
SELECT %(upload_id)s::uuid, %(person_id)s::uuid, %(device_id)s::uuid, %(length)s::bigint, %(sha256)s::bytea,
    %(metadata)s::jsonb, %(created_at)s::timestamptz, %(expires_at)s::timestamptz, %(done_at)s::timestamptz
"""
# What one person has begun is counted by one request after the other, so that no two pass the limit together.
_IN_TURN = f"SELECT pg_advisory_xact_lock({Lock.UPLOADS:d}, hashtext(%(person_id)s::uuid::text))"
_STORE_WITHIN = f"""{STORE}
FROM (SELECT count(*) AS begun, coalesce(sum(length), 0) AS bytes FROM backend_upload
    WHERE person_id = %(person_id)s::uuid AND done_at IS NULL AND expires_at > %(created_at)s::timestamptz) AS open
WHERE open.begun < %(most)s::bigint AND open.bytes + %(length)s::bigint <= %(most_bytes)s::bigint
"""  # noqa: S608  a constant of ours


def set_taker(taker: Taker) -> None:
    """Says what becomes of files; called once, by an AppConfig.ready."""
    _takers[:] = [taker]


def taker() -> Taker:
    """What becomes of files; LookupError where no app takes any."""
    if not _takers:
        raise LookupError("no app takes files; an AppConfig must call set_taker")
    return _takers[0]


def announce(announced: Announced) -> Upload:
    """An empty upload of the actor's own stands open for 30 days.

    Problems forbidden, payload_too_large, storage_full, upload_quota, and those of the taker. Two queries and the
    taker's.
    """
    upload, _ = _announced(announced)
    _open(upload)
    return upload


def receive(announced: Announced, pieces: Iterable[bytes], *, most: int | None = None) -> tuple[Upload, int]:
    """The same, with its first bytes, and how many have arrived: what comes whole is announced and taken over in one
    transaction. Problems of `announce` and `append`, after which nothing stands; but what is whole and could not be
    taken over stands open, as after `append`."""
    if announced.length < (most or 0):
        raise Problem("payload_too_large", limit=announced.length)
    upload, is_new = _announced(announced)
    with _writing(upload, is_fresh=True) as descriptor:
        digest = hashlib.sha256()
        try:
            end = _write(descriptor, pieces, 0, upload.length, digest)
            if end < upload.length:
                _open(upload)
        except Problem:
            part_of(upload.pk).unlink()
            raise
        if end == upload.length:
            _finish(upload, digest.digest(), is_new=is_new)
        return upload, end


def own(actor: Actor, upload_id: UUID) -> Upload:
    """An upload of the actor's; not_found for another's, upload_gone for one that has expired. One query."""
    upload = Upload.objects.filter(pk=upload_id, person_id=actor.person_id).first()
    if upload is None:
        raise Problem("not_found")
    if upload.expires_at <= clock.now():
        raise Problem("upload_gone")
    return upload


def arrived(upload: Upload) -> int:
    """How many bytes of it are here. A part file that is gone means none: the phone begins again. No query."""
    if upload.done_at is not None:
        return upload.length
    try:
        return min(part_of(upload.pk).stat().st_size, upload.length)
    except FileNotFoundError:
        return 0


def append(
    upload: Upload, pieces: Iterable[bytes], *, offset: int, most: int | None = None, is_fresh: bool = False
) -> int:
    """The pieces stand behind what has arrived, and are on the disk; of the last piece on, the whole is taken over.

    `most`: what the sender says will come, refused before a byte when it is too much. Returns what has arrived now.
    `is_fresh`: this request has announced it, so that nobody else can have written. Problems upload_locked,
    upload_offset, payload_too_large, storage_full, and those of `finish`. One query, more only at the end.
    """
    if upload.done_at is not None and offset == upload.length and not most:
        return upload.length  # the last answer was lost, and the client asks on
    with _writing(upload, is_fresh=is_fresh) as descriptor:
        if offset != os.fstat(descriptor).st_size:
            raise Problem("upload_offset")
        if offset + (most or 0) > upload.length:
            raise Problem("payload_too_large", limit=upload.length - offset)
        digest = None if offset else hashlib.sha256()
        end = _write(descriptor, pieces, offset, upload.length, digest)
        if end == upload.length:
            _finish(upload, digest.digest() if digest else None)
        return end


def finish(upload: Upload) -> None:
    """A whole file that was not taken over (its process was killed, the store did not answer) is taken over now.

    Nothing for one that is not whole or is done. Problems upload_locked, checksum_mismatch, store_unavailable.
    """
    if upload.done_at is None and arrived(upload) == upload.length:
        with _writing(upload):
            _finish(upload)


def end(upload: Upload) -> None:
    """The upload and what has arrived of it are gone. Problem upload_locked while somebody writes."""
    part = part_of(upload.pk)
    with _writing(upload, may_be_done=True):
        upload.delete()
        part.unlink(missing_ok=True)


def sweep() -> int:
    """The tick: uploads that expired go, so do pieces whose process was killed before it could say where they stand,
    and whole ones that nobody took over are. Returns how many there were."""
    gone = Upload.objects.filter(expires_at__lte=clock.now()).order_by("expires_at")[:1000]
    for upload in gone:
        part_of(upload.pk).unlink(missing_ok=True)
    count, _ = Upload.objects.filter(pk__in=[upload.pk for upload in gone]).delete()
    count += _sweep_strays()
    return count + sum(map(_taken_late, Upload.objects.filter(done_at=None).order_by("created_at")[:1000]))


def parameters(upload: Upload) -> dict[str, Any]:
    """Those of `STORE`."""
    return {
        "upload_id": upload.pk,
        "person_id": upload.person_id,
        "device_id": upload.device_id,
        "length": upload.length,
        "sha256": upload.sha256,
        "metadata": json.dumps(upload.metadata),
        "created_at": upload.created_at,
        "expires_at": upload.expires_at,
        "done_at": upload.done_at,
    }


def part_of(upload_id: UUID) -> Path:
    """Where the bytes of an upload stand while it is open."""
    return Path(settings.UPLOADS_DIR, f"{upload_id}.part")


# ----------------------------------------------------------------------------------------------------------------------


def _announced(announced: Announced) -> tuple[Upload, bool]:
    """Judged, and not stored yet; and whether nothing is known of the file."""
    takes = taker()
    if not scope.has_held(announced.actor, takes.capability):
        raise Problem("forbidden")
    if announced.length > takes.largest:
        raise Problem("payload_too_large", limit=takes.largest)
    is_new = takes.judge(announced)
    if shutil.disk_usage(_folder()).free < announced.length + settings.UPLOADS_LEAVE_FREE:
        raise _full()
    now = clock.now()
    return Upload(
        person_id=announced.actor.person_id,
        device_id=announced.actor.device_id,
        length=announced.length,
        sha256=announced.sha256,
        metadata=announced.metadata,
        created_at=now,
        expires_at=now + LASTS,
    ), is_new


def _open(upload: Upload) -> None:
    """The upload is stored unless its person has begun too many. Two queries in one round trip."""
    limits = {"most": settings.UPLOADS_OPEN_COUNT, "most_bytes": settings.UPLOADS_OPEN_BYTES}
    told = parameters(upload)
    turn = {"person_id": upload.person_id}
    if not prepared.together([(_IN_TURN, turn), (_STORE_WITHIN, {**told, **limits})]):
        metrics.UPLOADS_REFUSED.labels("upload_quota").inc()
        raise Problem("upload_quota", headers={"Retry-After": str(RETRY_AFTER_S)})
    upload._state.adding = False


def _folder() -> Path:
    folder = Path(settings.UPLOADS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _full() -> Problem:
    return Problem("storage_full", headers={"Retry-After": str(RETRY_AFTER_S)})


@contextmanager
def _writing(upload: Upload, *, may_be_done: bool = False, is_fresh: bool = False) -> Iterator[int]:
    """The part file, open and locked. What was taken over while we came is an upload_offset: nothing more to send."""
    _folder()
    descriptor = os.open(part_of(upload.pk), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem("upload_locked") from None
        known = [None] if is_fresh else Upload.objects.filter(pk=upload.pk).values_list("done_at", flat=True)
        if not known or (known[0] is not None and not may_be_done):
            part_of(upload.pk).unlink(missing_ok=True)  # made by opening it
            raise Problem("upload_offset" if known else "not_found")
        yield descriptor
    finally:
        os.close(descriptor)


def _write(
    descriptor: int, pieces: Iterable[bytes], offset: int, length: int, digest: hashlib._Hash | None = None
) -> int:
    """Where the bytes end now; `digest` is told them."""
    end = offset
    try:
        for piece in pieces:
            if end + len(piece) > length:
                os.ftruncate(descriptor, offset)
                raise Problem("payload_too_large", limit=length - offset)
            end += _write_all(descriptor, piece, end)
            if digest is not None:
                digest.update(piece)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise _full() from None
        raise
    finally:
        os.fsync(descriptor)
    return end


def _write_all(descriptor: int, piece: bytes, at: int) -> int:
    written = os.pwrite(descriptor, piece, at)
    while written < len(piece):
        written += os.pwrite(descriptor, piece[written:], at + written)
    return written


def _finish(upload: Upload, digest: bytes | None = None, *, is_new: bool = False) -> None:
    """`digest` of the whole, where this very request wrote all of it. An upload that is not stored yet becomes so."""
    path = part_of(upload.pk)
    is_stored = not upload._state.adding
    if digest is None:
        with path.open("rb") as whole:
            digest = hashlib.file_digest(whole, "sha256").digest()
    if digest != bytes(upload.sha256):
        path.unlink()
        if is_stored:
            upload.delete()
        raise Problem("checksum_mismatch")
    upload.done_at = clock.now()
    try:
        if not (is_new and not is_stored and taker().take_new(upload, path)):
            with transaction.atomic():
                taker().take(upload, path)
                upload.save(update_fields=["done_at"] if is_stored else None, force_insert=not is_stored)
    except BaseException:
        upload.done_at = None
        if not is_stored:
            _leave_open(upload)
        raise
    path.unlink(missing_ok=True)


def _leave_open(upload: Upload) -> None:
    """Whole, and here: the tick takes it over; but not beyond what one person may have open, else it comes again."""
    upload._state.adding = True
    try:
        _open(upload)
    except Problem:
        part_of(upload.pk).unlink(missing_ok=True)


def _sweep_strays() -> int:
    before = time.time() - STRAY_S
    old = {UUID(part.stem): part for part in _folder().glob("*.part") if part.stat().st_mtime < before}
    known = set(Upload.objects.filter(pk__in=old).values_list("pk", flat=True)) if old else set()
    for upload_id in old.keys() - known:
        old[upload_id].unlink(missing_ok=True)
    return len(old.keys() - known)


def _taken_late(upload: Upload) -> bool:
    """Whether the tick took it over. A file that is still being written to is left alone."""
    try:
        if part_of(upload.pk).stat().st_mtime > time.time() - QUIET_S:
            return False
        finish(upload)
    except FileNotFoundError:
        return False
    except Problem as problem:
        log.warning("a whole upload was not taken over", extra={"upload": str(upload.pk), "code": problem.code})
        return False
    return upload.done_at is not None
