"""Files of large imports: kept on disk while they wait, read as a stream; called by asking.py and working.py."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings

from backend.errors import Problem
from backend.imports import xlsx_child
from backend.imports.reading import DELIMITERS, MOST_PARTS

LARGEST_FILE = 512 * 1024 * 1024
LARGEST_UNPACKED = 2 * 1024 * 1024 * 1024
MOST_ROWS = 5_000_000
SECONDS = 200
PIECE = 1024 * 1024


@dataclass(frozen=True)
class Kept:
    """A file that waits: how long it is and what it hashes to."""

    size_bytes: int
    sha256: bytes


@dataclass(frozen=True)
class Raw:
    """The text that a sheet's rows come from. `is_strict`: every byte of it is of the encoding."""

    place: Path
    encoding: str
    delimiter: str
    is_strict: bool


@dataclass(frozen=True)
class Sheet:
    """A heading, about how many rows stand under it, and the rows, as they are asked for."""

    file_format: str
    encoding: str
    heading: list[str]
    rows_expected: int
    rows: Iterator[list[str]]
    raw: Raw | None = None


def keep(run_id: UUID, pieces: Iterable[bytes]) -> Kept:
    """The pieces stand in a file of the run, never whole in memory. Problems import_too_large, storage_full."""
    place = path_of(run_id)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    size, digest = 0, hashlib.sha256()
    try:
        with place.open("wb") as out:
            for piece in pieces:
                size += len(piece)
                if size > LARGEST_FILE:
                    raise Problem("import_file_too_large")
                if shutil.disk_usage(place.parent).free < settings.UPLOADS_LEAVE_FREE:
                    raise Problem("storage_full")
                digest.update(piece)
                out.write(piece)
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return Kept(size, digest.digest())


def forget(run_id: UUID) -> None:
    """The run's file, and what was made of it, are gone."""
    for suffix in ("", ".csv"):
        Path(f"{path_of(run_id)}{suffix}").unlink(missing_ok=True)


def path_of(run_id: UUID) -> Path:
    return Path(settings.IMPORTS_DIR, str(run_id))


@contextmanager
def opened(run_id: UUID) -> Iterator[Sheet]:
    """The run's file as heading and rows; an XLSX is unpacked to a CSV file beside it by a process under limits.

    Problems import_unreadable, import_file_too_large, import_empty, import_file_gone; those of rows come as they are
    asked for.
    """
    place = path_of(run_id)
    try:
        with place.open("rb") as source:
            is_book = source.read(4) == b"PK\x03\x04"
    except FileNotFoundError:
        raise Problem("import_file_gone") from None
    if not is_book:
        with _csv(place, "csv") as sheet:
            yield sheet
        return
    unpacked = Path(f"{place}.csv")
    try:
        _unpack(place, unpacked)
        with _csv(unpacked, "xlsx") as sheet:
            yield sheet
    finally:
        unpacked.unlink(missing_ok=True)


@contextmanager
def _csv(place: Path, file_format: str) -> Iterator[Sheet]:
    with place.open("rb") as source:
        encoding, errors, lines = _survey(source)
        source.seek(0)
        text = io.TextIOWrapper(source, encoding, errors, newline="")
        first = text.readline(PIECE)
        text.seek(0)
        delimiter = "," if file_format == "xlsx" else max(DELIMITERS, key=first.count)
        rows = _rows(text, delimiter)
        heading = next(rows, None)
        if not heading or not any(cell.strip() for cell in heading):
            raise Problem("import_empty")
        told = encoding if file_format == "csv" else ""
        raw = Raw(place, encoding, delimiter, errors == "strict")
        yield Sheet(file_format, told, heading, max(lines - 1, 0), rows, raw)


def with_rows(sheet: Sheet, text: Iterable[str], delimiter: str) -> Sheet:
    """The sheet, with the rows of this text as those that come next."""
    return replace(sheet, rows=_rows(text, delimiter))


def _rows(text: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(text, delimiter=delimiter)
    except (csv.Error, UnicodeDecodeError):
        raise Problem("import_unreadable") from None


# -- the encoding, without holding the file ----------------------------------------------------------------------------


@dataclass
class _Seen:
    lines: int = 0
    wide: int = 0
    broken: int = 0
    last: bytes = b"\n"


def _survey(source: BinaryIO) -> tuple[str, str, int]:
    """Encoding, error handler and number of lines; the rules are those of reading.py, in a stream.

    UTF-8 with a few broken bytes stays UTF-8: they become lone surrogates, which refuse their own cells only.
    """
    has_mark = source.read(3) == b"\xef\xbb\xbf"
    name, lines = "utf-8-sig" if has_mark else "utf-8", _lines(source)
    if _decodes(source, "utf-8"):
        return name, "strict", lines
    wide, broken, size = _wide_and_broken(source)
    if has_mark or wide > 3 * broken:
        return name, "surrogateescape", lines
    if _decodes(source, "gb18030"):
        return "gb18030", "strict", lines
    if broken > size // 100:
        raise Problem("import_unreadable")
    return name, "surrogateescape", lines


def _lines(source: BinaryIO) -> int:
    source.seek(0)
    lines, last = 0, b"\n"
    while piece := source.read(PIECE):
        lines += piece.count(b"\n")
        last = piece[-1:]
        if len(piece) == PIECE and b"\n" not in piece and b"\r" not in piece:
            raise Problem("import_unreadable")  # a line of megabytes would stand in memory as millions of cells
    return lines + (last != b"\n")


def _wide_and_broken(source: BinaryIO) -> tuple[int, int, int]:
    """How many characters lie outside ASCII and are whole, how many bytes are broken, how many bytes there are."""
    source.seek(0)
    wide = broken = size = 0
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    while piece := source.read(PIECE):
        size += len(piece)
        text = decoder.decode(piece)
        wide += sum(1 for c in text if "\x80" <= c < "\ud800" or c > "\udfff")
        broken += sum(1 for c in text if "\ud800" <= c <= "\udfff")
    return wide, broken + len(decoder.decode(b"", final=True)), size


def _decodes(source: BinaryIO, encoding: str) -> bool:
    source.seek(0)
    decoder: Any = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := source.read(PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


# -- XLSX --------------------------------------------------------------------------------------------------------------


def _unpack(place: Path, to: Path) -> None:
    _refuse_bomb(place)
    command = [sys.executable, "-I", str(Path(xlsx_child.__file__)), str(place), "large"]
    with to.open("wb") as out:
        try:
            done = subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False, cwd="/")
        except subprocess.TimeoutExpired:
            raise Problem("import_file_too_large") from None
    if done.returncode == xlsx_child.TOO_LARGE:
        raise Problem("import_file_too_large")
    if done.returncode != 0:
        raise Problem("import_unreadable")


def _refuse_bomb(place: Path) -> None:
    try:
        with zipfile.ZipFile(place) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise Problem("import_unreadable") from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise Problem("import_file_too_large")
