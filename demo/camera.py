"""The photos of a simulated phone: shelves drawn by chance, or files of a folder of real ones; for phone.py.

Drawn ones are JPEGs of some tens of kilobytes, no two alike, with the place and time that a camera would write.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

SIZE: Final = (960, 720)
ROWS: Final = 5
DATE_TAKEN, OFFSET_TAKEN, EXIF_IFD, SUBJECT_IFD = 0x9003, 0x9011, 0x8769, 0x8825
LARGEST_REAL_BYTES: Final = 4_000_000


def shelf(rng: Random, at: datetime, spot: tuple[float, float] | None = None) -> bytes:
    """A cabinet of packs as a JPEG; `at` is written into it as the camera's time, `spot` (lon, lat) as its place."""
    grain = Image.frombytes("L", SIZE, rng.randbytes(SIZE[0] * SIZE[1]))
    picture = grain.point(lambda grey: 108 + grey // 8).convert("RGB")
    draw = ImageDraw.Draw(picture)
    height = SIZE[1] // ROWS
    for row in range(ROWS):
        x = rng.randrange(30)
        while x < SIZE[0] - 40:
            width = rng.randint(28, 110)
            colour = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
            top = row * height + rng.randint(8, height // 2)
            draw.rectangle((x, top, x + width, (row + 1) * height - 14), fill=colour, outline="white", width=3)
            draw.rectangle((x + 6, top + 12, x + width - 6, top + 24), fill=(255 - colour[0], 40, colour[1]))
            x += width + rng.randint(4, 34)
        draw.rectangle((0, (row + 1) * height - 12, SIZE[0], (row + 1) * height), fill=(120, 80, 40))
    return _jpeg(picture.filter(ImageFilter.SMOOTH), at, spot)


def signature(rng: Random, at: datetime) -> bytes:
    """A scrawl on white."""
    picture = Image.new("RGB", (480, 200), "white")
    points = [(20 + n * 22 + rng.randint(-8, 8), rng.randint(30, 170)) for n in range(20)]
    ImageDraw.Draw(picture).line(points, fill="black", width=4, joint="curve")
    return _jpeg(picture, at, None)


def real(folder: Path | None) -> Sequence[Path]:
    """The JPEGs of a folder, in order; none where it is not there."""
    if folder is None or not folder.is_dir():
        return ()
    return [path for path in sorted(folder.glob("*.jpg")) if path.stat().st_size <= LARGEST_REAL_BYTES]


def _jpeg(picture: Image.Image, at: datetime, spot: tuple[float, float] | None) -> bytes:
    exif = Image.Exif()
    times = exif.get_ifd(EXIF_IFD)
    times[DATE_TAKEN] = at.strftime("%Y:%m:%d %H:%M:%S")
    zone = at.strftime("%z")
    times[OFFSET_TAKEN] = f"{zone[:3]}:{zone[3:]}"
    if spot is not None:
        place = exif.get_ifd(SUBJECT_IFD)
        place[1], place[2], place[3], place[4] = "N", _degrees(spot[1]), "E", _degrees(spot[0])
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=72, exif=exif)
    return out.getvalue()


def _degrees(value: float) -> tuple[float, float, float]:
    minutes = (value - int(value)) * 60
    return float(int(value)), float(int(minutes)), round((minutes - int(minutes)) * 60, 3)
