"""A photo, an upload and a notice in every column of the policy table; for tests/walk/world.py and bodies.py."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from backend import clock
from backend.models import Notice, Upload
from visits.models import PhotoExif, StoredPhoto

CONTENT = b"\xff\xd8\xff\xd9"
PHOTO = "5b1d9f0e-0000-4000-8000-0000000000f0"
BEFORE = "2026-03-14T15:05:00+08:00"  # Lin's old phone was ended
TUS = {  # what a tus client says with every request
    "HTTP_TUS_RESUMABLE": "1.0.0",
    "HTTP_UPLOAD_OFFSET": "0",
    "HTTP_UPLOAD_LENGTH": str(len(CONTENT)),
    "HTTP_UPLOAD_METADATA": ",".join(
        f"{name} {base64.b64encode(value.encode()).decode()}"
        for name, value in (("photo_id", PHOTO), ("sha256", sha256(CONTENT).hexdigest()), ("taken_at", BEFORE))
    ),
}
TUS_TYPE = "application/offset+octet-stream"


def _form() -> dict[str, Any]:
    file = io.BytesIO(CONTENT)
    file.name = "photo.jpg"
    return {"photo": file, "photo_id": PHOTO, "taken_at": BEFORE}


FORMS: dict[str, Callable[[], dict[str, Any]]] = {"POST /api/v1/photos": _form}


def more_photos(world: Any, column: str) -> None:
    """One more photo of the column's shop, and one more notice of its person."""
    place = world.place(column)
    StoredPhoto.objects.create(
        id=uuid4(), person_id=place.person, sha256=uuid4().bytes * 2, size_bytes=4, name="2026/03/more",
        arrived_at=clock.now(), state="ready", media_type="image/jpeg", month=date(2026, 3, 1), visit_id=uuid4(),
        retailer_id=place.shop, territory_id=place.territory, county_id=place.county,
    )  # fmt: skip
    Notice.objects.create(
        person_id=place.person, kind="photos_missing", subject=uuid4(), created_at=clock.now(),
        params={"text": {"zh-hans": "缺", "en": "missing"}},
    )  # fmt: skip


def photo_things(world: Any, columns: tuple[str, ...], moved: str) -> None:
    """Of each column a photo that is ready; of Lin and of Wu an upload and a notice."""
    for column in columns:
        place = world.place(column)
        photo = StoredPhoto.objects.create(
            id=uuid4(), person_id=place.person, sha256=uuid4().bytes * 2, size_bytes=4, name=f"2026/03/{column}",
            arrived_at=clock.now(), state="ready", media_type="image/jpeg", width=4, height=3, month=date(2026, 3, 1),
            visit_id=uuid4(), retailer_id=place.shop, territory_id=place.territory, county_id=place.county,
        )  # fmt: skip
        PhotoExif.objects.create(photo=photo, tags={"Make": f"camera of {column}"})
        world.keys.setdefault("photo", {})[column] = photo.pk
        if column == moved:
            continue
        upload = Upload.objects.create(
            person_id=place.person, length=len(CONTENT), sha256=sha256(CONTENT).digest(), metadata={"photo_id": PHOTO},
            created_at=clock.now(), expires_at=clock.now() + timedelta(days=30),
        )  # fmt: skip
        notice = Notice.objects.create(
            person_id=place.person, kind="photos_missing", subject=uuid4(), created_at=clock.now(),
            params={"text": {"zh-hans": f"缺照片 {column}", "en": f"missing {column}"}},
        )  # fmt: skip
        world.keys.setdefault("upload", {})[column] = upload.pk
        world.keys.setdefault("notice", {})[column] = notice.pk
