"""From the bytes of a file to a heading and rows of text, CSV or XLSX; called by backend/imports/running.py."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.errors import Problem
from backend.imports import xlsx_child

LARGEST_FILE = 10 * 1024 * 1024
MOST_ROWS = 100_000
LARGEST_UNPACKED = 200 * 1024 * 1024
MOST_PARTS = 500
SECONDS = 30
DELIMITERS = (",", "\t", ";")


@dataclass(frozen=True)
class Sheet:
    """A heading and what stands under it; rows carry their number as a spreadsheet counts them (the heading is 1)."""

    file_format: str
    encoding: str
    heading: list[str]
    rows: Iterator[tuple[int, list[str]]]


def read(content: bytes) -> Sheet:
    """The file's first sheet. Problems import_unreadable, import_too_large, import_empty; never another exception,
    but rows are read as they are asked for, and those problems may come then."""
    if len(content) > LARGEST_FILE:
        raise Problem("import_too_large")
    if content.startswith(b"PK\x03\x04"):
        return _sheet("xlsx", "", _xlsx(content))
    encoding, text = _decode(content)
    return _sheet("csv", encoding, _csv(text))


def _sheet(file_format: str, encoding: str, rows: Iterator[list[str]]) -> Sheet:
    heading = next(rows, None)
    if not heading or not any(cell.strip() for cell in heading):
        raise Problem("import_empty")
    return Sheet(file_format, encoding, heading, _numbered(rows))


def _numbered(rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows, start=2):
        if number > MOST_ROWS + 1:
            raise Problem("import_too_large")
        if any(cell.strip() for cell in row):
            yield number, row


# -- CSV ---------------------------------------------------------------------------------------------------------------


def _decode(content: bytes) -> tuple[str, str]:
    """UTF-8 (with or without a byte order mark), else GB18030.

    A file that is UTF-8 but for a few bytes stays UTF-8: those bytes become lone surrogates, which refuse their own
    cells only. Read as GB18030 it would turn every Chinese word into another one without any error.
    """
    body = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return ("utf-8-sig" if body is not content and len(body) < len(content) else "utf-8"), body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    lenient = body.decode("utf-8", "surrogateescape")
    broken = len(re.findall("[\udc80-\udcff]", lenient))
    if len(body) < len(content) or sum(1 for c in lenient if "\x80" <= c < "\ud800") > 3 * broken:
        return "utf-8", lenient
    try:
        return "gb18030", body.decode("gb18030")
    except UnicodeDecodeError:
        if broken > len(body) // 100:
            raise Problem("import_unreadable") from None
        return "utf-8", lenient


def _csv(text: str) -> Iterator[list[str]]:
    first = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error:
        raise Problem("import_unreadable") from None


# -- XLSX --------------------------------------------------------------------------------------------------------------


def _xlsx(content: bytes) -> Iterator[list[str]]:
    _refuse_bomb(content)
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        source, result = Path(folder, "in.xlsx"), Path(folder, "rows.jsonl")
        source.write_bytes(content)
        with result.open("wb") as out:
            _run_child(source, out.fileno())
        with result.open(encoding="utf-8") as rows:
            for row in rows:
                yield json.loads(row)


def _run_child(source: Path, out: int) -> None:
    command = [sys.executable, "-I", str(Path(xlsx_child.__file__)), str(source)]
    try:
        done = subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False, cwd="/")
    except subprocess.TimeoutExpired:
        raise Problem("import_too_large") from None
    if done.returncode == xlsx_child.TOO_LARGE:
        raise Problem("import_too_large")
    if done.returncode != 0:
        raise Problem("import_unreadable")


def _refuse_bomb(content: bytes) -> None:
    """What the file says of itself is checked here; what it hides meets the limits of the reading process."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise Problem("import_unreadable") from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise Problem("import_too_large")
