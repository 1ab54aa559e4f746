"""Reads a plain CSV file into the tables of its run, columns at a time; called by bulk.py.

Plain is a block of lines without quotes around delimiters or line ends: a line is a row then, and Arrow takes the block
apart. The different cells of a column are typed once each, by the parsers that rows are read with; rows of another
width, and all that follows the first block which is not plain, are read as rows.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from backend.errors import Problem
from backend.imports import files
from backend.imports.profiles import Source
from backend.imports.rows import Bad, Cells, Reader
from backend.imports.staging import MOST_FAULTS_A_ROW, shown

BLOCK = 4 * 1024 * 1024
LONGEST_LINE = 128 * 1024  # as long as the cells of csv.reader may be
_MARK = b"\xef\xbb\xbf"


class PlainReader:
    """As Reader, of a file whose raw text is known."""

    def __init__(self, reader: Reader, raw: files.Raw) -> None:
        self.reader, self.raw = reader, raw
        self.is_plain = True
        self.source = raw.place.open("rb")
        self.quoted = re.compile(rb'(?<=[%b\n])"([^"\r\n%b]*)"(?=[%b\r\n])' % ((raw.delimiter.encode(),) * 3))
        self._skip_heading()

    def close(self) -> None:
        self.source.close()

    def portion(self) -> Iterator[str | bytes]:
        """The rows of the next block, in pieces."""
        if self.is_plain:
            began = self.source.tell()
            block = self._block()
            if block is not None:
                yield from self._pieces(block)
                return
            self._go_on_by_rows(began)
        yield from self.reader.portion()

    def _skip_heading(self) -> None:
        heading = self.source.readline(LONGEST_LINE)
        text = self._tidy(heading.removeprefix(_MARK) if self.raw.encoding == "utf-8-sig" else heading)
        cells = text.decode("utf-8", "replace").rstrip("\n").split(self.raw.delimiter) if text is not None else None
        self.is_plain = self.raw.is_strict and cells == self.reader.sheet.heading

    def _block(self) -> bytes | None:
        """The next lines as plain UTF-8; None where they are not plain."""
        block = self.source.read(BLOCK)
        if block and not block.endswith(b"\n"):
            rest = self.source.readline(LONGEST_LINE)
            if len(rest) == LONGEST_LINE:
                return None
            block += rest
        return self._tidy(block)

    def _tidy(self, block: bytes) -> bytes | None:
        if self.raw.encoding == "gb18030":
            block = block.decode("gb18030").encode()
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
        if b'"' in block:
            block = self.quoted.sub(rb"\1", b"\n" + block + b"\n")[1:-1]
        return None if b'"' in block or b"\r" in block or block.startswith(_MARK) else block

    def _go_on_by_rows(self, began: int) -> None:
        self.is_plain = False
        if not self.raw.is_strict or self.reader.number == 1:
            return  # the rows of the sheet stand where the heading ended
        self.source.seek(began)
        encoding = self.raw.encoding.removesuffix("-sig")
        text = io.TextIOWrapper(self.source, encoding, "strict", newline="")
        self.reader.sheet = files.with_rows(self.reader.sheet, text, self.raw.delimiter)

    # -- a block -------------------------------------------------------------------------------------------------------

    def _pieces(self, block: bytes) -> Iterator[str | bytes]:
        reader = self.reader
        if not block:
            reader.is_done = True
            return
        table, others = self._parsed(block)
        first = reader.number + 1
        reader.number += table.num_rows + len(others)
        if reader.number > files.MOST_ROWS:
            raise Problem("import_file_too_large")
        numbers = _numbers(first, table.num_rows, [place for place, _ in others])
        table, numbers = self._without_blank(table, numbers, (block, first))
        if table.num_rows:
            reader.rows += table.num_rows
            yield self._typed(table, numbers)
        if others:
            rows = [next(csv.reader([text], delimiter=self.raw.delimiter)) for _, text in others]
            yield reader.piece([first + place for place, _ in others], rows)

    def _parsed(self, block: bytes) -> tuple[Any, list[tuple[int, str]]]:
        """The cells of the lines that are as wide as the heading, each column as a dictionary; the places (from 0) and
        texts of the others."""
        others: list[tuple[int, str]] = []

        def other(row: Any) -> str:
            others.append((row.number - 1, row.text))
            return "skip"

        names = [str(place) for place in range(self.reader.width)]
        used = [str(place) for place in sorted({0, *_places(self.reader.sources)})]
        strings = pa.dictionary(pa.int32(), pa.string())
        table = arrow_csv.read_csv(
            pa.BufferReader(block),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=names),
            arrow_csv.ParseOptions(
                delimiter=self.raw.delimiter, quote_char=False, double_quote=False, ignore_empty_lines=False,
                invalid_row_handler=other,
            ),
            arrow_csv.ConvertOptions(
                check_utf8=False, column_types=dict.fromkeys(used, strings), include_columns=used, null_values=[],
            ),
        )  # fmt: skip
        return table.combine_chunks(), others

    def _without_blank(self, table: Any, numbers: Any, of: tuple[bytes, int]) -> tuple[Any, Any]:
        empty = pc.index(_cells_of(table, 0).dictionary, "").as_py() if table.num_rows else -1
        if empty < 0:
            return table, numbers
        block, first = of
        is_empty = pc.equal(_cells_of(table, 0).indices, empty)
        lines, delimiter = block.split(b"\n"), self.raw.delimiter
        at = pc.indices_nonzero(is_empty).to_pylist()
        blank = [
            place for place in at if not lines[numbers[place].as_py() - first].decode().replace(delimiter, "").strip()
        ]
        if not blank:
            return table, numbers
        kept = pc.invert(pc.is_in(pa.array(range(table.num_rows), pa.int64()), pa.array(blank, pa.int64())))
        return table.filter(kept).combine_chunks(), numbers.filter(kept)

    def _typed(self, table: Any, numbers: Any) -> bytes:
        """The rows as COPY takes them."""
        reader = self.reader
        columns, seen = [numbers.cast(pa.string())], dict[int, int]()
        last = len(reader.sources) - 1
        for place, (source, known) in enumerate(zip(reader.sources, reader.known, strict=True)):
            cells = _column(table, source)
            columns.append(self._typed_column((source, known), cells, numbers, seen, "\n" if place == last else ""))
        return bytes(_text(pc.binary_join_element_wise(*columns, "\t")))

    def _typed_column(self, of: tuple[Source, Cells], cells: Any, numbers: Any, seen: dict[int, int], end: str) -> Any:
        source, known = of
        given = cells.dictionary.to_pylist()
        typed = list(map(known.__getitem__, given))
        if known.bad:
            known.bad = 0
            codes = {place: cell.code for place, cell in enumerate(typed) if isinstance(cell, Bad)}
            wrong = pc.indices_nonzero(pc.is_in(cells.indices, pa.array(list(codes), pa.int32()))).to_pylist()
            for row in wrong:
                if seen.setdefault(row, 0) < MOST_FAULTS_A_ROW:
                    seen[row] += 1
                    which = cells.indices[row].as_py()
                    value = "" if source.made_of else given[which]
                    fault = (numbers[row].as_py(), source.column.name, "error", codes[which], shown(value))
                    self.reader.faults.append(fault)
        return pa.array([cell + end for cell in typed] if end else typed, pa.string()).take(cells.indices)


def _places(sources: Any) -> Iterator[int]:
    for source in sources:
        if source.place is not None:
            yield source.place
        yield from (part for part in source.made_of if isinstance(part, int))


def _numbers(first: int, rows: int, others: list[int]) -> Any:
    """The row numbers of the lines that are not among the others."""
    every = pa.array(range(first, first + rows + len(others)), pa.int64())
    if not others:
        return every
    return every.filter(pc.invert(pc.is_in(every, pa.array([first + place for place in others], pa.int64()))))


def _cells_of(table: Any, place: int) -> Any:
    column = table.column(str(place))
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _column(table: Any, source: Source) -> Any:
    """The cells of a column of the kind, as a dictionary."""
    if source.place is not None:
        return _cells_of(table, source.place)
    if not source.made_of:
        zeros = pa.repeat(pa.scalar(0, pa.int32()), table.num_rows)
        return pa.DictionaryArray.from_arrays(zeros, pa.array([source.constant], pa.string()))
    parts = [_cells_of(table, p).dictionary_decode() if isinstance(p, int) else p for p in source.made_of]
    if not any(isinstance(part, int) for part in source.made_of):
        parts[0] = pa.repeat(pa.scalar(parts[0], pa.string()), table.num_rows)
    return pc.binary_join_element_wise(*parts, "").dictionary_encode()


def _text(lines: Any) -> Any:
    """The bytes of an array of texts, one after the other."""
    _, offsets, data = lines.buffers()
    ends = memoryview(offsets).cast("i")
    return memoryview(data)[ends[lines.offset] : ends[lines.offset + len(lines)]]
