"""Pictures of the tests and how a phone sends them: small JPEGs that differ by their seed, with EXIF where asked."""

from __future__ import annotations

import base64
import io
import random
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from PIL import ExifTags, Image, ImageFilter

from tests.cast import SHOP_LAT, SHOP_LON

TUS = "application/offset+octet-stream"


def shelf(seed: int, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """A picture of coloured boxes, other ones for every seed."""
    chance = random.Random(seed)
    coarse = Image.new("RGB", (12, 9))
    coarse.putdata([tuple(chance.randrange(256) for _ in range(3)) for _ in range(108)])
    return coarse.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.SHARPEN)


def jpeg(seed: int = 0, size: tuple[int, int] = (400, 300), **more: Any) -> bytes:
    return encoded(shelf(seed, size), "JPEG", quality=85, **more)


def encoded(image: Image.Image, kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def exif(
    *, taken_at: datetime | None = None, north_m: float | None = None, make: str = "", orientation: int = 1
) -> Image.Exif:
    """EXIF of a phone: `north_m` metres north of Lin's first shop."""
    found = Image.Exif()
    found[ExifTags.Base.Orientation] = orientation
    if make:
        found[ExifTags.Base.Make] = make
    if taken_at is not None:
        found.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
        offset = taken_at.strftime("%z")
        found.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.OffsetTimeOriginal] = f"{offset[:3]}:{offset[3:5]}"
    if north_m is not None:
        place = found.get_ifd(ExifTags.IFD.GPSInfo)
        place[1], place[2] = "N", _parts(SHOP_LAT + north_m / 111_195.08)
        place[3], place[4] = "E", _parts(SHOP_LON)
    return found


def _parts(degrees: float) -> tuple[float, float, float]:
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    return float(whole), float(minutes), (degrees - whole - minutes / 60) * 3600


def declared(content: bytes, photo_id: UUID | None = None, **more: Any) -> dict[str, Any]:
    """The photo as a visit declares it."""
    return {
        "id": str(photo_id or uuid4()),
        "sha256": sha256(content).hexdigest(),
        "bytes": len(content),
        "taken_at": "2026-03-16T09:32:00+08:00",
        "kind": "display",
        **more,
    }


def metadata(photo: dict[str, Any], **more: str) -> str:
    """`Upload-Metadata` of a declared photo."""
    told = {"photo_id": photo["id"], "sha256": photo["sha256"], **more}
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())


def create(client: Any, photo: dict[str, Any], content: bytes = b"", length: int | None = None, **more: str) -> Any:
    """POST /uploads, with first bytes where there are any."""
    return client.generic(
        "POST",
        "/uploads",
        content,
        content_type=TUS if content else "application/octet-stream",
        HTTP_TUS_RESUMABLE="1.0.0",
        HTTP_UPLOAD_LENGTH=str(photo["bytes"] if length is None else length),
        HTTP_UPLOAD_METADATA=metadata(photo, **more),
    )


def patch(client: Any, where: str, offset: int, content: bytes, **headers: str) -> Any:
    return client.generic(
        "PATCH", where, content, content_type=TUS, HTTP_TUS_RESUMABLE="1.0.0", HTTP_UPLOAD_OFFSET=str(offset), **headers
    )


def head(client: Any, where: str) -> Any:
    return client.head(where, HTTP_TUS_RESUMABLE="1.0.0")


def send(client: Any, photo: dict[str, Any], content: bytes, **more: Any) -> Any:
    """The whole photo in one request."""
    return create(client, photo, content, **more)
