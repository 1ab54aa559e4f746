"""No cell of any export is a formula, whatever somebody typed: over the naughty strings, and over what is drawn."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.exports import columns, writing
from backend.exports.columns import Shown
from backend.exports.kinds import Column, ExportKind, Personal, Sql, Type
from backend.http.filters import Filters

STRINGS: list[str] = json.loads((Path(__file__).parents[2] / "bad_inputs" / "strings.json").read_text())
BLNS = Path(__file__).resolve().parents[4] / "shared" / "data" / "bad_inputs" / "blns.json"
COMPUTED = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212]")
KIND = ExportKind(
    "told",
    "话",
    "words",
    "org.read",
    (Column("said", "话", "words"), Column("masked", "话", "words", personal=Personal.WORDS)),
    lambda wanted: Sql("SELECT 1"),
    Filters,
)


def written(texts: list[str], file_format: str, place: Path) -> bytes:
    """The file that an export of these texts would be."""
    with transaction.atomic(), connection.cursor() as cursor:
        source = Sql("SELECT said, said AS masked FROM unnest(%s::text[]) AS t(said)", [texts])
        query = writing.Query(source, columns.shown(KIND, masked=True), is_english=False)
        told = writing.write(cursor, query, file_format, place, lambda rows: None)
    assert told.rows == len(texts)
    return place.read_bytes()


def fit(texts: list[str]) -> list[str]:
    """Those that the database takes."""
    return [text for text in texts if "\0" not in text and not re.search("[\ud800-\udfff]", text)]


def check(texts: list[str], folder: Path) -> None:
    rows = list(csv.reader(io.StringIO(written(texts, "csv", folder / "a.csv").decode("utf-8-sig"), newline="")))[1:]
    for text, (said, masked) in zip(texts, rows, strict=True):
        assert said in (text, f"'{text}")
        assert not COMPUTED.match(said)
        assert not COMPUTED.match(masked)


def test_the_naughty_strings_stay_text_in_a_csv(db: None, tmp_path: Path) -> None:
    check(fit(STRINGS), tmp_path)


@pytest.mark.real_data
@pytest.mark.skipif(not BLNS.exists(), reason="without the real data")
def test_the_big_list_of_naughty_strings_stays_text(db: None, tmp_path: Path) -> None:
    check(fit(json.loads(BLNS.read_text())), tmp_path)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])  # nothing is kept
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), max_size=30))
def test_what_is_drawn_stays_text(db: Any, tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    starts = [first + text for first in ("", "=", "+", " =", "\u3000@", "\t-") for text in texts]
    check(starts, tmp_path_factory.mktemp("drawn"))


def test_an_xlsx_has_no_formula_and_no_link_and_says_every_text_as_it_is(db: None, tmp_path: Path) -> None:
    texts = [*fit(STRINGS), "=1+1", "http://example.com", "{=SUM(A1)}", "mailto:a@b.c"]
    content = written(texts, "xlsx", tmp_path / "a.xlsx")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    assert sheet.count("<is>") >= len([text for text in texts if text])


def test_python_and_sql_agree_on_what_is_risky(db: None) -> None:
    firsts = [chr(code) for code in range(1, 0x3100) if not 0xD800 <= code <= 0xDFFF] + list("=+-@,﹢")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t.s, {columns.risky('t.s')} FROM unnest(%s::text[]) AS t(s)", [firsts])
        assert dict(cursor.fetchall()) == {text: columns.is_risky(text) for text in firsts}


def test_a_column_of_text_is_never_left_as_it_is_in_a_csv() -> None:
    column = Shown("a", "甲", "a", Type.TEXT, "q.a", "q.a")
    assert columns.as_csv(column, is_english=False).startswith("CASE WHEN ascii(q.a) IN (")
