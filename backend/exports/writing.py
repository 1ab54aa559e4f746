"""Writes the rows of a query into a file, as CSV, Parquet or XLSX, in memory that does not grow; for working.py.

PostgreSQL does the work: COPY TO sends ready-made lines of one statement, so of one moment; formulas are made harmless
and personal data is masked before they leave it. What is held here is one portion of rows.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow
import xlsxwriter
from psycopg import OperationalError
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from backend.errors import Problem
from backend.exports import columns, store
from backend.exports.columns import Shown
from backend.exports.kinds import Sql, Type
from backend.exports.problems import MOST_XLSX_ROWS
from backend.models import Export

PORTION = 4_096  # rows between two words of progress
ROW_GROUP = 32_768
SHEET = "Sheet1"

Told = Callable[[int], None]  # rows so far; may raise to end the work


@dataclass(frozen=True)
class Query:
    """Rows to write: the kind's SELECT and the columns of the file."""

    source: Sql
    shown: Sequence[Shown]
    is_english: bool

    def copy(self, expressions: Sequence[str]) -> str:
        return f"COPY (SELECT {', '.join(expressions)} FROM ({self.source.text}) q) TO STDOUT (FORMAT csv)"  # noqa: S608

    def headings(self) -> list[str]:
        return [column.heading(is_english=self.is_english) for column in self.shown]


@dataclass
class Sink:
    """A file that is only added to: its length and its hash are known at its end, without reading it again."""

    file: BinaryIO
    place: Path
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    closed: bool = False
    looked_at: int = 0

    def write(self, data: bytes) -> int:
        self.file.write(data)
        self.digest.update(data)
        self.size += len(data)
        if self.size - self.looked_at > store.LOOK_EVERY:
            store.refuse_full(self.place)
            self.looked_at = self.size
        return len(data)

    def flush(self) -> None:
        self.file.flush()


@dataclass(frozen=True)
class Written:
    """What stands in the file."""

    rows: int
    size_bytes: int
    sha256: bytes


def write(cursor: Any, query: Query, file_format: str, place: Path, told: Told) -> Written:
    """The file stands at `place`. Problems export_storage_full, export_too_many_rows (XLSX). One query."""
    if file_format == Export.Format.XLSX:
        rows = _xlsx(cursor, query, place, told)
        return Written(rows, *_length_and_hash(place))
    with place.open("wb") as file:
        sink = Sink(file, place)
        rows = (_csv if file_format == Export.Format.CSV else _parquet)(cursor, query, sink, told)
        file.flush()
    return Written(rows, sink.size, sink.digest.digest())


@contextmanager
def _lines(cursor: Any, query: Query, expressions: Sequence[str]) -> Iterator[Iterator[bytes]]:
    """The rows as lines of CSV, one by one: the server sends each as a message of its own."""
    with cursor.copy(query.copy(expressions), tuple(query.source.params) or None):
        yield _received(cursor.connection.pgconn)


def _received(server: Any) -> Iterator[bytes]:
    """Straight from libpq: psycopg's own reading waits for each row by itself, which costs more than the row does."""
    while (received := server.get_copy_data(0))[0] > 0:
        yield received[1]
    if received[0] == -2:
        raise OperationalError(server.get_error_message())
    while result := server.get_result():
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)


def _portions(lines: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while portion := list(islice(lines, size)):
        yield portion


# -- CSV ---------------------------------------------------------------------------------------------------------------


def _csv(cursor: Any, query: Query, sink: Sink, told: Told) -> int:
    """UTF-8 with its mark, so that spreadsheets read Chinese; moments in Asia/Shanghai with their offset."""
    heading = io.StringIO()
    csv.writer(heading, lineterminator="\n").writerow(query.headings())
    sink.write(b"\xef\xbb\xbf" + heading.getvalue().encode())
    rows = 0
    with _lines(cursor, query, [columns.as_csv(c, is_english=query.is_english) for c in query.shown]) as lines:
        for portion in _portions(lines, PORTION):
            sink.write(b"".join(portion))
            rows += len(portion)
            told(rows)
    return rows


# -- Parquet -----------------------------------------------------------------------------------------------------------

_TYPES: dict[Type, Any] = {
    Type.TEXT: pyarrow.string(),
    Type.UUID: pyarrow.string(),
    Type.INTEGER: pyarrow.int64(),
    Type.FLOAT: pyarrow.float64(),
    Type.BOOLEAN: pyarrow.bool_(),
    Type.DATE: pyarrow.date32(),
    Type.MONTH: pyarrow.date32(),
    Type.MOMENT: pyarrow.timestamp("us", "Asia/Shanghai"),
}


def _arrow_type(column: Shown) -> Any:
    return pyarrow.decimal128(20, column.scale) if column.type == Type.DECIMAL else _TYPES[column.type]


def _parquet(cursor: Any, query: Query, sink: Sink, told: Told) -> int:
    """Typed columns by their stable names; an empty text is not null. A row group per portion: one is packed while the
    next one is received, so two are held at most."""
    schema = pyarrow.schema([(column.name, _arrow_type(column)) for column in query.shown])
    read = arrow_csv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
        true_values=["t"], false_values=["f"], check_utf8=False,  # the database holds nothing else
    )  # fmt: skip
    repeated = [name for name in schema.names if name != "id"]  # a row's own key never repeats
    rows = 0
    with (
        parquet.ParquetWriter(sink, schema, compression="snappy", use_dictionary=repeated) as writer,
        ThreadPoolExecutor(max_workers=1) as packer,
        _lines(cursor, query, [columns.as_parquet(c) for c in query.shown]) as lines,
    ):

        def pack(data: bytes) -> None:
            writer.write_table(_table(data, schema.names, read))

        packed: Future[None] | None = None
        for portion in _portions(lines, ROW_GROUP):
            data = b"".join(portion)
            if packed is not None:
                packed.result()
            packed = packer.submit(pack, data)
            rows += len(portion)
            told(rows)
        if packed is not None:
            packed.result()
    return rows


def _table(data: bytes, names: list[str], read: Any) -> Any:
    options = arrow_csv.ReadOptions(column_names=names, block_size=len(data) + 1, use_threads=False)
    lines = arrow_csv.ParseOptions(newlines_in_values=True)
    return arrow_csv.read_csv(io.BytesIO(data), read_options=options, parse_options=lines, convert_options=read)


# -- XLSX --------------------------------------------------------------------------------------------------------------

_NUMBERS = {Type.INTEGER, Type.DECIMAL, Type.FLOAT, Type.DATE, Type.MONTH, Type.MOMENT}
_SHOWN_AS = {Type.DATE: "yyyy-mm-dd", Type.MONTH: "yyyy-mm", Type.MOMENT: "yyyy-mm-dd hh:mm:ss"}


def _xlsx(cursor: Any, query: Query, place: Path, told: Told) -> int:
    """Typed cells, row after row; no cell is a formula, and a text that looks like one is marked as text."""
    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "tmpdir": str(place.parent),
    }  # fmt: skip
    rows = 0
    book = xlsxwriter.Workbook(str(place), options)
    try:
        sheet = book.add_worksheet(SHEET)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, query.headings(), book.add_format({"bold": True}))
        put = [_cell(book, sheet, number, column) for number, column in enumerate(query.shown)]
        with _lines(cursor, query, [columns.as_xlsx(c) for c in query.shown]) as lines:
            for row in csv.reader(_whole(lines)):
                rows += 1
                if rows > MOST_XLSX_ROWS:
                    raise Problem("export_too_many_rows", most=MOST_XLSX_ROWS)
                for write_one, value in zip(put, row, strict=True):
                    if value:
                        write_one(rows, value)
                if rows % PORTION == 0:
                    told(rows)
                    store.refuse_full(place)
    except BaseException:
        book.fileclosed = True  # else it would be written to its end when it is thrown away
        raise
    book.close()
    return rows


def _whole(lines: Iterator[bytes]) -> Iterator[str]:
    """Each line is a whole row, with the line ends that stand inside its cells."""
    return (bytes(line).decode() for line in lines)


def _cell(book: Any, sheet: Any, number: int, column: Shown) -> Callable[[int, str], Any]:
    if column.type in _NUMBERS:
        shown_as = _SHOWN_AS.get(column.type, "0.00" if column.type == Type.DECIMAL else None)
        look = book.add_format({"num_format": shown_as}) if shown_as else None
        return lambda row, value: sheet.write_number(row, number, float(value), look)
    if column.type == Type.BOOLEAN:
        return lambda row, value: sheet.write_boolean(row, number, value == "t")
    as_text = book.add_format({"quote_prefix": True})
    return lambda row, value: sheet.write_string(row, number, value, as_text if columns.is_risky(value) else None)


def _length_and_hash(place: Path) -> tuple[int, bytes]:
    with place.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
        return file.tell(), digest
