"""The first rows of a file, to say from them which of its columns is which; called by the boards' page of mappings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from backend.imports import reading, staging
from backend.imports.kinds import ImportKind

ROWS = 5  # shown under the headings
MOST_COLUMNS = 100
FIRST = 1024 * 1024  # bytes of a CSV that are looked at
LONGEST = 40  # characters of a cell that are shown


@dataclass(frozen=True)
class Head:
    """The headings of a file and the first rows under them."""

    heading: list[str]
    rows: list[list[str]]

    def sample(self, heading: str) -> str:
        """What stands under the heading in the first row; empty where nothing does."""
        place = self.heading.index(heading)
        return self.rows[0][place] if self.rows and place < len(self.rows[0]) else ""


def read(file: BinaryIO) -> Head:
    """The head of a CSV or XLSX file, at most 100 columns wide; a CSV may be of any size, a book as large as that of a
    small import. Problems import_unreadable, import_empty, import_too_large (a book).
    """
    content = file.read(FIRST)
    if content.startswith(b"PK\x03\x04"):
        content += file.read(reading.LARGEST_FILE + 1 - FIRST)
    elif len(content) == FIRST:
        content = content[: content.rfind(b"\n") + 1]
    sheet = reading.read(content)
    heading = [staging.shown(cell.strip()) for cell in sheet.heading[:MOST_COLUMNS]]
    rows = [[staging.shown(cell)[:LONGEST] for cell in row[: len(heading)]] for _, row in islice(sheet.rows, ROWS)]
    return Head(heading, rows)


def guess(kind: ImportKind, heading: Sequence[str], known: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Column of the kind -> heading of the file: by the headings that mean it, else by what profiles (`known`: their
    rules, the likeliest first) say of a heading that stands here. What nobody knows is left out."""
    words = {staging.plain(word): word for word in reversed(heading)}
    found: dict[str, str] = {}
    for column in kind.columns:
        means = (staging.plain(word) for word in (column.name, *column.headings))
        told = next((words[word] for word in means if word in words), None)
        told = told or next((text for text in _told(column.name, known) if text in heading), None)
        if told is not None and told not in found.values():
            found[column.name] = told
    return found


def _told(column: str, known: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    return (str(rules["columns"][column]) for rules in known if column in rules.get("columns", {}))
