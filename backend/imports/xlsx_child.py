"""Reads one XLSX in a process of its own under hard limits; backend/imports/reading.py starts it. No import of ours.

usage: python xlsx_child.py <file> ; writes one JSON array of strings per row to standard output.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 20
OUTPUT_BYTES = 64 * 1024 * 1024
MOST_ROWS = 100_002
MOST_COLUMNS = 200


def limit() -> None:
    """From here on memory, time and output are bounded: what exceeds them ends this process and nothing else."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_BYTES, OUTPUT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


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


def main(path: str) -> int:
    limit()
    from python_calamine import CalamineError, CalamineWorkbook  # after the limits: it is what they are for

    try:
        with CalamineWorkbook.from_path(path) as book:
            sheet = book.get_sheet_by_index(0)
            for number, row in enumerate(sheet.iter_rows()):
                if number >= MOST_ROWS or len(row) > MOST_COLUMNS:
                    return 3
                sys.stdout.write(json.dumps([as_text(cell) for cell in row]) + "\n")
    except (CalamineError, IndexError, ValueError, OSError):
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
