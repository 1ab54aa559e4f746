"""Plain files are read columns at a time, to the very rows and faults that reading them row by row gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from backend.imports import files, kinds, plain, profiles
from backend.imports.plain import PlainReader
from backend.imports.rows import Reader

HEAD = "订单号,客户编码,订单日期,商品编码,需求量,限量,订货量,金额(元)"
GOOD = "D{n},S{n},2026-03-04,P{n},3,2,1,88.00"
RUN = UUID(int=1)

FILES = {
    "plain lines": "",
    "the last line without an end": "D1,S1,2026-03-04,P1,,,1,1",
    "blank lines and empty rows": "\n\n,,,,,,,\n , ,,,,,,\n,,,,,, ,\nD1,S1,2026-03-04,P1,,,1,1\n\n",
    "rows of another width": "D1,S1\nD2,S1,2026-03-04,P1,,,1,1,x\nD3,S1,2026-03-04,P1,,,1,1, ,\n",
    "quotes that mean nothing": '"D1","S1",2026-03-04,"P1","","","1",1\n""\n',
    "a quoted delimiter": '"D1,2",S1,2026-03-04,P1,,,1,"1,000.00"\nD2,S1,2026-03-04,P1,,,1,1\n',
    "a quoted line end": 'D1,"S\n1",2026-03-04,P1,,,1,1\nD2,S1,2026-03-04,P1,,,1,1\n',
    "quotes inside cells": 'D"1,S1,2026-03-04,P1,,,1,1\nD2,"S""1",2026-03-04,P1,,,1,1\n',
    "a quote that is never closed": 'D1,S1,2026-03-04,P1,,,1,1\n"D2,S1,2026-03-04,P1,,,1,1\n',
    "a carriage return inside": "D1,S\r1,2026-03-04,P1,,,1,1\n",
    "cells that cannot be read": "D\x00,S\x01,2026-02-30,P 1,-1,x,1.5,1.005\n,,2027,,,,,\n"
    "D1,S1,2026-03-04,P\\N,,,1,1\n",
    "marks and odd blanks": "\ufeffD1,S1,2026-03-04,P1,,,1,1\n"
    "\u3000,S1,2026-03-04,P1,,,1,1\nD\u2028,\x85,2026-03-04,P1,,,1,1\n",
}  # fmt: skip
RULES: tuple[dict[str, Any], ...] = (
    {},
    {
        "columns": {"order_no": "X-{订单号}-{限量}"},
        "constants": {"allotted_cartons": "30", "demanded_cartons": "x"},
    },
    {"dates": "DMY", "units": {"ordered_cartons": "2"}, "money": "fen"},
)


def read(reader: Reader, source: Any) -> tuple[list[str], list[Any], int, int]:
    """Lines for COPY by row number, faults, rows, and the number of the last row."""
    text = ""
    while not reader.is_done:
        text += "".join(p if isinstance(p, str) else p.decode() for p in source.portion())
    faults = sorted(reader.faults, key=lambda fault: fault[0])
    return sorted(text.split("\n"), key=lambda line: int(line.split("\t")[0] or 0)), faults, reader.rows, reader.number


@pytest.fixture
def place(tmp_path: Path, settings: Any) -> Path:
    settings.IMPORTS_DIR = tmp_path
    return files.path_of(RUN)


@pytest.mark.parametrize("rules", RULES, ids=["headings", "composed", "units"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_columns_at_a_time_gives_what_rows_give(
    place: Path, monkeypatch: pytest.MonkeyPatch, content: str, encoding: str, ends: str, rules: dict[str, Any]
) -> None:
    monkeypatch.setattr(plain, "BLOCK", 200)  # several blocks, and some end in the middle of a line
    lines = [GOOD.format(n=n) for n in range(12)]
    text = "\n".join([HEAD, *lines, content.rstrip("\n") or lines[0], *lines[:3]]) + "\n" + content
    place.write_bytes(text.replace("\n", ends).encode(encoding))
    kind, found = kinds.kind("orders"), []
    for is_plain in (True, False):
        with files.opened(RUN) as sheet:
            planned = profiles.plan(kind, sheet.heading, rules)
            reader = Reader(planned, sheet if is_plain else replace(sheet, raw=None))
            source = PlainReader(reader, sheet.raw) if is_plain and sheet.raw else reader
            found.append(read(reader, source))
    assert found[0] == found[1]
    assert found[0][2] >= 14


def test_a_plain_file_is_not_read_by_rows(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write_text("\n".join([HEAD, *(GOOD.format(n=n) for n in range(50)), '"D1","S1",2026-03-04,P1,,,1,1', ""]))
    monkeypatch.delattr(Reader, "piece")
    with files.opened(RUN) as sheet:
        reader = Reader(profiles.plan(kinds.kind("orders"), sheet.heading, {}), sheet)
        assert sheet.raw is not None
        found = read(reader, PlainReader(reader, sheet.raw))
    assert (found[2], found[3], found[0][-1]) == (51, 52, "52\tD1\tS1\t2026-03-04\tP1\t\\N\t\\N\t1\t100")
