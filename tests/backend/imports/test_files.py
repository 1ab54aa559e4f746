"""What may arrive as a file: encodings, spreadsheets, bombs, bad bytes. Sent over HTTP as a catalogue."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from backend.imports.reading import LARGEST_FILE
from backend.models import ImportRun
from brands.models import Product
from tests.cast import Cast, SignIn

HEAD = "商品编码,品牌,商品名称,条零售价(元),盒零售价(元)"
GOOD = "A1,甲牌,甲牌(硬),100,10"


@pytest.fixture
def as_qian(sign_in: SignIn) -> APIClient:
    return sign_in("qian")


def send(client: APIClient, content: bytes, *, mode: str = "apply", name: str = "f.csv", key: str = "k") -> Any:
    return client.post(
        f"/api/v1/import-kinds/products?mode={mode}",
        {"file": SimpleUploadedFile(name, content)},
        format="multipart",
        headers={"Idempotency-Key": key},
    )


def text(*lines: str) -> bytes:
    return "\n".join([HEAD, *lines]).encode()


def listed(client: APIClient, answer: Any) -> list[tuple[Any, ...]]:
    rows = client.get(f"/api/v1/imports/{answer.json()['id']}/rejects").json()["results"]
    return [(r["row_no"], r["column"], r["code"]) for r in rows]


def workbook(*rows: list[Any], **more: Any) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **more}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (text(GOOD), "utf-8"),
        (b"\xef\xbb\xbf" + text(GOOD), "utf-8-sig"),
        (text(GOOD).decode().encode("gb18030"), "gb18030"),
        (text(GOOD).replace(b"\n", b"\r\n"), "utf-8"),
        (text(GOOD).replace(b",", b"\t"), "utf-8"),
        (text(GOOD).replace(b",", b";"), "utf-8"),
    ],
)
def test_a_csv_is_read_in_the_encodings_and_with_the_separators_that_offices_use(
    cast: Cast, as_qian: APIClient, content: bytes, encoding: str
) -> None:
    answer = send(as_qian, content)
    assert (answer.status_code, answer.json()["encoding"], answer.json()["created"]) == (201, encoding, 1)
    made = Product.objects.get(code="A1")
    assert (made.name, made.brand.name, made.guide_carton_fen) == ("甲牌(硬)", "甲牌", 10_000)


def test_a_workbook_is_read_with_numbers_and_row_numbers_as_they_stand(cast: Cast, as_qian: APIClient) -> None:
    content = workbook(
        HEAD.split(","), [1001, "甲牌", "甲牌(硬)", 100.0, 10], [], ["A2", "甲牌", "甲牌(软)", "一百", 9.5]
    )
    answer = send(as_qian, content, name="f.xlsx")
    assert answer.status_code == 201, answer.content
    run = answer.json()
    assert (run["file_format"], run["rows"], run["created"], run["bad"]) == ("xlsx", 2, 1, 1)
    assert listed(as_qian, answer) == [(4, "guide_carton_fen", "bad_money")]
    assert Product.objects.get(code="1001").guide_pack_fen == 1_000


def test_bad_bytes_in_a_utf_8_file_refuse_their_own_row_only(cast: Cast, as_qian: APIClient) -> None:
    content = text(GOOD, "A2,甲牌,坏", "A3,甲牌,好,,").replace("坏".encode(), b"\xff\xfe")
    answer = send(as_qian, content)
    assert (answer.json()["encoding"], answer.json()["created"]) == ("utf-8", 2)
    assert listed(as_qian, answer) == [(3, "name", "invalid_text")]


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ("A2,甲牌,a\x00b,100,10", "name", "invalid_text"),
        ("A2,甲牌,a\x1bb,100,10", "name", "invalid_text"),
        ("A2,甲牌," + "长" * 101 + ",100,10", "name", "too_long"),
        ("A2,甲牌," + "长" * 20_000 + ",100,10", "name", "too_long"),
        ("A2,甲牌,a,1e400,10", "guide_carton_fen", "bad_money"),
        ("A2,甲牌,a,NaN,10", "guide_carton_fen", "bad_money"),
        ("A2,甲牌,a,-5,10", "guide_carton_fen", "out_of_range"),
        ("A2,甲牌,a,100.001,10", "guide_carton_fen", "bad_money"),
        ("A2,甲牌,a,99999999,10", "guide_carton_fen", "out_of_range"),
        ("A2,甲牌,a," + "9" * 5_000 + ",10", "guide_carton_fen", "too_long"),
        ("A2,甲牌,a,٣,10", "guide_carton_fen", "bad_money"),
        ("'; DROP TABLE x,甲牌,a,100,10", "code", "bad_format"),
        (",甲牌,a,100,10", "code", "missing_value"),
        ("A2,甲牌,a,100,10,多", "", "too_many_cells"),
    ],
)
def test_a_cell_that_does_not_fit_is_refused_by_itself(
    cast: Cast, as_qian: APIClient, cells: str, column: str, code: str
) -> None:
    answer = send(as_qian, text(GOOD, cells))
    assert answer.status_code == 201, answer.content
    assert listed(as_qian, answer) == [(3, column, code)]
    assert list(Product.objects.filter(code__in=["A1", "A2"]).values_list("code", flat=True)) == ["A1"]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "import_empty"),
        (b"\n\n", 400, "import_empty"),
        (HEAD.encode(), 400, "import_empty"),
        ("编码,名称\n1,2".encode(), 400, "import_missing_columns"),
        ("商品编码,编码,品牌,商品名称\n1,2,3,4".encode(), 400, "import_repeated_columns"),
        (bytes(range(128, 256)) * 40, 400, "import_unreadable"),
        (b"PK\x03\x04 not a workbook", 400, "import_unreadable"),
        (text(GOOD, 'A2,"' + "x" * 200_000), 400, "import_unreadable"),
        (b"\x89PNG\r\n\x1a\n" + bytes(2_000), 400, "import_missing_columns"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(
    cast: Cast, as_qian: APIClient, content: bytes, status: int, code: str
) -> None:
    answer = send(as_qian, content)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == code
    assert (ImportRun.objects.count(), Product.objects.count()) == (0, 3)


def test_missing_columns_are_named_with_the_headings_that_would_do(cast: Cast, as_qian: APIClient) -> None:
    answer = send(as_qian, "商品编码,价格\n1,2".encode())
    assert [column["column"] for column in answer.json()["columns"]] == ["brand", "name"]
    assert "商品名称" in answer.json()["columns"][1]["headings"]


def test_a_file_over_ten_megabytes_is_refused_before_it_is_read(cast: Cast, as_qian: APIClient) -> None:
    answer = send(as_qian, text(GOOD) + b"\n" * (LARGEST_FILE + 70_000))
    assert (answer.status_code, answer.json()["code"]) == (413, "import_too_large")
    assert Product.objects.count() == 3


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def test_an_archive_that_unpacks_to_more_than_it_may_is_refused_unopened(cast: Cast, as_qian: APIClient) -> None:
    answer = send(as_qian, zipped("xl/worksheets/sheet1.xml", bytes(201 * 1024 * 1024)), name="bomb.xlsx")
    assert (answer.status_code, answer.json()["code"]) == (413, "import_too_large")


def test_a_workbook_with_one_cell_at_the_far_corner_ends_its_reader_and_nothing_else(
    cast: Cast, as_qian: APIClient
) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "商品编码")
        sheet.write(1_048_575, 16_383, "x")
    answer = send(as_qian, out.getvalue(), name="corner.xlsx")
    assert (answer.status_code, answer.json()["code"]) == (400, "import_unreadable")
    assert send(as_qian, text(GOOD), key="next").status_code == 201


def test_a_workbook_cut_in_the_middle_is_unreadable(cast: Cast, as_qian: APIClient) -> None:
    whole = workbook(HEAD.split(","), ["A1", "甲牌", "甲", 100, 10])
    answer = send(as_qian, whole[: len(whole) // 2], name="cut.xlsx")
    assert (answer.status_code, answer.json()["code"]) == (400, "import_unreadable")


def test_too_many_rows_are_refused_as_a_whole(cast: Cast, as_qian: APIClient) -> None:
    lines = (f"R{n},甲牌,n{n},," for n in range(100_001))
    answer = send(as_qian, text(*lines))
    assert (answer.status_code, answer.json()["code"]) == (413, "import_too_large")
    assert Product.objects.count() == 3
