"""Reads one XLSX in a process of its own under hard limits; reading.py and files.py start it. No import of ours.

usage: python xlsx_child.py <file> ; writes one JSON array of strings per row to standard output.
       python xlsx_child.py <file> large ; the same for a whole sheet of a large import, as CSV.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

MOST_COLUMNS = 200
UNREADABLE, TOO_LARGE = 2, 3  # how this process ends where it does not end well


@dataclass(frozen=True)
class Limits:
    """How much one file may cost."""

    memory_bytes: int = 512 * 1024 * 1024
    cpu_seconds: int = 20
    output_bytes: int = 64 * 1024 * 1024
    most_rows: int = 100_002


SMALL = Limits()
LARGE = Limits(960 * 1024 * 1024, 110, 1024 * 1024 * 1024, 1_048_577)


def limit(limits: Limits) -> None:
    """From here on memory, time and output are bounded: what exceeds them ends this process and nothing else."""
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.output_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def as_text(cell: Any) -> str:
    """A cell as somebody would have typed it."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(round(cell, 10))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return cell.isoformat("minutes")
    if isinstance(cell, timedelta):
        seconds = int(cell.total_seconds())
        return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
    return str(cell)


def main(path: str, size: str = "") -> int:
    limits = LARGE if size else SMALL
    limit(limits)
    from python_calamine import CalamineError, CalamineWorkbook  # after the limits: it is what they are for

    write: Callable[[list[str]], object] = csv.writer(sys.stdout).writerow if size else _as_json
    try:
        with CalamineWorkbook.from_path(path) as book:
            sheet = book.get_sheet_by_index(0)
            for number, row in enumerate(sheet.iter_rows()):
                if number >= limits.most_rows or len(row) > MOST_COLUMNS:
                    return TOO_LARGE
                write([cell if type(cell) is str else as_text(cell) for cell in row])
    except MemoryError:
        return TOO_LARGE
    except (CalamineError, IndexError, ValueError, OSError):
        return UNREADABLE
    return 0


def _as_json(row: list[str]) -> None:
    sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    sys.exit(main(*sys.argv[1:3]))
