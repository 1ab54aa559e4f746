"""Reads photos in a process of its own under hard limits; visits/photo_processing.py starts it. No import of ours.

usage: python photo_child.py <job.json> ; the job is a list of {"path", "copies": {"320": path, ...}}; one line of JSON
for each photo is written to standard output, in order: what it is and looks like, or why it is refused.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS, CPU_SECONDS_EACH = 5, 6
LARGEST_COPY = 32 * 1024 * 1024
MOST_PIXELS = 40_000_000
MOST_TAGS, LONGEST_TAG = 80, 200
HASHED = (9, 8)
JUDGED = 512  # pixels of the longer side on which blur and darkness are judged
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx")


class Refused(Exception):
    """The photo cannot be shown, for a reason of visits.models.StoredPhoto.Reason."""


def limit(photos: int) -> None:
    """From here on memory, time and output are bounded: what exceeds them ends this process and nothing else."""
    cpu = CPU_SECONDS + CPU_SECONDS_EACH * photos
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_COPY, LARGEST_COPY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def sniff(content: bytes) -> str:
    """The type by the first bytes, whatever the name says; and that the file is not cut off at its end."""
    if content.startswith(b"\xff\xd8\xff"):
        # The embedded preview ends with a mark of its own: only one after the picture's first scan counts.
        if content.rfind(b"\xff\xd9") < first_scan(content):
            raise Refused("truncated")
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        if b"IEND\xaeB`\x82" not in content[-4096:]:
            raise Refused("truncated")
        return "PNG"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        if len(content) < 8 + int.from_bytes(content[4:8], "little"):
            raise Refused("truncated")
        return "WEBP"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        return "HEIF"
    raise Refused("unknown_type")


def first_scan(content: bytes) -> int:
    """Where the first scan of a JPEG begins; refused when the headers before it are cut off."""
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            raise Refused("unreadable")
        mark = content[at + 1]
        if mark == 0xDA:
            return at
        at += 1 if mark == 0xFF else 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    raise Refused("truncated")


def read(path: str, copies: dict[str, str]) -> dict[str, Any]:
    """What the photo is; its copies, upright and without a word of its EXIF, are written."""
    from PIL import Image, ImageOps

    content = Path(path).read_bytes()
    kind = sniff(content)
    with Image.open(path, formats=[kind]) as image:
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise Refused("too_large")
        if kind in {"PNG", "WEBP"} and getattr(image, "n_frames", 1) > 1:
            raise Refused("animated")
        exif = image.getexif()
        told = exif_of(exif)
        if kind == "JPEG":
            image.draft("RGB", (1280, 1280))  # every byte is still decoded, but not every pixel is made
        image.load()
        upright = ImageOps.exif_transpose(image)
        picture = flat(upright)
    if exif.get(0x0112, 1) in {5, 6, 7, 8} and kind != "HEIF":  # pillow-heif has turned it already
        width, height = height, width
    for size, target in copies.items():
        small = picture.copy()
        small.thumbnail((int(size), int(size)), Image.Resampling.LANCZOS)
        small.save(target, "WEBP", quality=80, method=2)
    media = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "HEIF": "image/heic"}[kind]
    return {"media_type": media, "width": width, "height": height, "exif": told, **looks(picture)}


def flat(image: Any) -> Any:
    """The picture as plain RGB; what is transparent is white."""
    from PIL import Image

    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        over = image.convert("RGBA")
        ground = Image.new("RGB", over.size, "white")
        ground.paste(over, mask=over.getchannel("A"))
        return ground
    return image.convert("RGB")


def looks(picture: Any) -> dict[str, Any]:
    """Difference hash (64 bits, signed), blur (variance of the Laplacian) and darkness (0 white to 1 black)."""
    from PIL import Image, ImageFilter, ImageStat

    grey = picture.convert("L")
    small = grey.resize(HASHED, Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            left = row * 9 + column
            bits = bits << 1 | (small[left] > small[left + 1])
    grey.thumbnail((JUDGED, JUDGED), Image.Resampling.BOX)
    edges = grey.filter(ImageFilter.Kernel((3, 3), [0, 1, 0, 1, -4, 1, 0, 1, 0], scale=1, offset=128))
    return {
        "phash": bits - (1 << 64) if bits >> 63 else bits,
        "blur": round(ImageStat.Stat(edges).var[0], 2),
        "darkness": round(1 - ImageStat.Stat(grey).mean[0] / 255, 4),
    }


# -- what the file says of itself --------------------------------------------------------------------------------------


def exif_of(exif: Any) -> dict[str, Any]:
    """Time, point and the plain tags; what is no text or number is left out, what is not well-formed as well."""
    from PIL import ExifTags

    details, place = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    tags = {}
    for source in (exif, details):
        for number, value in source.items():
            if number not in {0x8769, 0x8825, 0x927C} and (said := plain(value)) is not None:
                tags[ExifTags.TAGS.get(number, str(number))] = said
    lon, lat = degrees(place, 4, "W"), degrees(place, 2, "S")
    known = lon is not None and lat is not None and abs(lon) <= 180 and abs(lat) <= 90
    return {
        "taken_at": taken_at(exif, details),
        "lon": lon if known else None,
        "lat": lat if known else None,
        "tags": dict(list(tags.items())[:MOST_TAGS]),
    }


def plain(value: Any) -> str | int | float | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return _CONTROL.sub("", value).strip()[:LONGEST_TAG]
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if number != number or abs(number) > 1e15:
        return None
    return int(number) if number.is_integer() else round(number, 6)


def degrees(place: Any, tag: int, negative: str) -> float | None:
    try:
        whole, minutes, seconds = map(float, place[tag])
        value = whole + minutes / 60 + seconds / 3600
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if value != value:
        return None
    return round(-value if str(place.get(tag - 1, "")).upper().startswith(negative) else value, 7)


def taken_at(exif: Any, details: Any) -> str | None:
    """The camera's time; one without an offset is read as Chinese time."""
    text = str(details.get(0x9003) or exif.get(0x0132) or "")
    try:
        moment = datetime.strptime(text.strip("\x00 ")[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - zoned next
        sign = re.fullmatch(r"([+-])(\d\d):(\d\d)", str(details.get(0x9011) or "+08:00").strip("\x00 "))
        if sign is None:
            return None
        offset = timedelta(hours=int(sign[2]), minutes=int(sign[3])) * (-1 if sign[1] == "-" else 1)
        return moment.replace(tzinfo=timezone(offset)).isoformat() if 1971 <= moment.year < 2199 else None
    except (ValueError, OverflowError):
        return None


# ----------------------------------------------------------------------------------------------------------------------


def outcome(job: dict[str, Any]) -> dict[str, Any]:
    """One photo's line; whatever a decoder raises means that the photo cannot be read."""
    from PIL import Image

    try:
        return read(job["path"], job["copies"])
    except Refused as refused:
        return {"refused": str(refused)}
    except Image.DecompressionBombError:
        return {"refused": "too_large"}
    except MemoryError:
        return {"refused": "too_costly"}
    except Exception as error:  # noqa: BLE001 - decoders raise anything on broken files; the reason is told
        return {"refused": "truncated" if "truncated" in str(error).lower() else "unreadable"}


def main(path: str) -> int:
    jobs = json.loads(Path(path).read_bytes())
    import pillow_heif  # before the limits: libraries are ours, photos are not
    from PIL import Image

    pillow_heif.register_heif_opener(thumbnails=False)
    Image.init()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    limit(len(jobs))
    for job in jobs:
        sys.stdout.write(json.dumps(outcome(job)) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    sys.exit(main(sys.argv[1]))
