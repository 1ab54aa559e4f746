"""Photos that have arrived are read once, in a capped child process, and shown or refused; called by the tick.

A bomb ends the child and nothing else: the photo that it died on is tried alone, then refused with its reason, and the
others of the batch go on. Twice or in parallel leaves the same rows and files.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from backend import clock
from visits import photo_child, photo_signals, photo_store
from visits.models import PhotoExif, StoredPhoto

log = logging.getLogger(__name__)

BATCH = 16
SECONDS, SECONDS_EACH = 15, 5  # of the wall, before a child is ended
AT_A_TIME_S = 20  # after so long the tick goes on with its other checks
Found = dict[str, Any]


def process_due() -> int:
    """The tick: photos that have arrived are ready or refused. Returns how many."""
    count, until = 0, time.monotonic() + AT_A_TIME_S
    while time.monotonic() < until:
        batch = list(StoredPhoto.objects.filter(state=StoredPhoto.State.ARRIVED).order_by("arrived_at")[:BATCH])
        if not batch:
            break
        process(batch)
        count += len(batch)
    return count


def process(photos: Sequence[StoredPhoto]) -> None:
    """Each of these photos has its copies, figures and EXIF, or its reason; what is odd about it is signalled.

    Problem store_unavailable leaves those that were not reached as they are.
    """
    with tempfile.TemporaryDirectory(prefix="photos-") as name:
        folder = Path(name)
        jobs, lost = _jobs(photos, folder)
        found = {**lost, **read_all(jobs, folder)}
        for photo in photos:
            _keep(photo, found[photo.pk], folder)
    photo_signals.examine([photo.pk for photo in photos])


def read_all(jobs: dict[UUID, dict[str, Any]], folder: Path) -> dict[UUID, Found]:
    """What the child says of each photo. One that it dies on twice, the second time alone, is `too_costly`."""
    found: dict[UUID, Found] = {}
    queue = list(jobs)
    alone: list[UUID] = []
    while queue or alone:
        asked, queue = (queue, []) if queue else ([alone.pop()], [])
        lines = _child([jobs[photo] for photo in asked], folder)
        found |= dict(zip(asked, lines, strict=False))
        if len(lines) == len(asked):
            continue
        culprit, *rest = asked[len(lines) :]
        if len(asked) == 1:
            found[culprit] = {"refused": str(StoredPhoto.Reason.TOO_COSTLY)}
        else:
            alone.append(culprit)
        queue = rest
    return found


# ----------------------------------------------------------------------------------------------------------------------


def _jobs(photos: Sequence[StoredPhoto], folder: Path) -> tuple[dict[UUID, dict[str, Any]], dict[UUID, Found]]:
    jobs, lost = {}, {}
    for photo in photos:
        path = folder / str(photo.pk)
        try:
            photo_store.take_out(photo.name, path)
        except FileNotFoundError:
            log.error("the file of a photo is gone", extra={"photo": str(photo.pk)})
            lost[photo.pk] = {"refused": str(StoredPhoto.Reason.UNREADABLE)}
            continue
        copies = {size: str(_copy(folder, photo, size)) for size in photo_store.SIZES}
        jobs[photo.pk] = {"path": str(path), "copies": copies}
    return jobs, lost


def _copy(folder: Path, photo: StoredPhoto, size: str) -> Path:
    return folder / f"{photo.pk}-{size}.webp"


def _child(jobs: list[dict[str, Any]], folder: Path) -> list[Found]:
    """The lines of one child, as far as it came."""
    job, out = folder / "job.json", folder / "out.jsonl"
    job.write_text(json.dumps(jobs))
    command = [sys.executable, "-I", str(Path(photo_child.__file__)), str(job)]
    with out.open("wb") as target:
        try:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=target,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS + SECONDS_EACH * len(jobs),
                check=False,
                cwd=folder,
                env={"PATH": "", "MALLOC_ARENA_MAX": "2"},
            )
        except subprocess.TimeoutExpired:
            log.warning("reading photos took too long", extra={"photos": len(jobs)})
    lines = out.read_text().split("\n")[:-1]  # what has no line end was cut off
    return [json.loads(line) for line in lines]


def _keep(photo: StoredPhoto, found: Found, folder: Path) -> None:
    now = clock.now()
    if "refused" in found:
        values: dict[str, Any] = {"state": StoredPhoto.State.REFUSED, "reason": found["refused"]}
    else:
        for size in photo_store.SIZES:
            photo_store.put(photo_store.copy_name(photo.name, size), _copy(folder, photo, size))
        exif = found.pop("exif")
        values = {"state": StoredPhoto.State.READY, **found}
    with transaction.atomic():
        waiting = StoredPhoto.objects.filter(pk=photo.pk, state=StoredPhoto.State.ARRIVED)
        if waiting.update(**values, processed_at=now) and "refused" not in found:
            moment = exif.pop("taken_at")
            PhotoExif.objects.update_or_create(
                photo_id=photo.pk, defaults={**exif, "taken_at": moment and datetime.fromisoformat(moment)}
            )
