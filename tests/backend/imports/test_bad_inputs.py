"""Naughty strings as cells, JSON cases as files, and published CSV cases; the public ones when present."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from backend.imports import reading
from backend.models import ImportRun
from brands.models import Product
from tests.bad_inputs import bodies, public_bodies, public_strings, strings
from tests.cast import Cast, SignIn

SPECTRUM = Path(settings.REAL_DATA_DIR) / "bad_inputs" / "csv_spectrum"


def send(client: Any, content: bytes, key: str) -> Any:
    return client.post(
        "/api/v1/import-kinds/products?mode=apply",
        {"file": SimpleUploadedFile("f.csv", content)},
        format="multipart",
        headers={"Idempotency-Key": key},
    )


def test_a_naughty_string_is_stored_as_it_reads_or_refused_by_its_row(cast: Cast, sign_in: SignIn) -> None:
    naughty = [*strings(), *public_strings()]
    out = io.StringIO()
    write = csv.writer(out).writerow
    write(["code", "brand", "name"])
    for number, text in enumerate(naughty):
        write([f"S{number}", "测试牌", text])
    answer = send(sign_in("qian"), out.getvalue().encode("utf-8", "surrogatepass"), "k")
    assert answer.status_code == 201, answer.content
    run = ImportRun.objects.get()
    bad = {row_no - 2 for row_no in run.rejects.filter(severity="error").values_list("row_no", flat=True)}
    assert (run.rows, run.good + run.bad, run.bad) == (len(naughty), len(naughty), len(bad))
    stored = dict(Product.objects.filter(code__startswith="S").values_list("code", "name"))
    assert stored == {f"S{n}": " ".join(t.split()) for n, t in enumerate(naughty) if n not in bad}
    assert not any("\x00" in name or "\x1b" in name for name in stored.values())


def test_no_json_case_is_taken_for_a_catalogue(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in("qian")
    cases = [(name, body) for name, body, _ in bodies()] + public_bodies()
    answers = {name: send(client, body, f"k{n}") for n, (name, body) in enumerate(cases)}
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code not in {400, 413}} == {}
    assert (ImportRun.objects.count(), Product.objects.count()) == (0, 3)


@pytest.mark.real_data
@pytest.mark.skipif(not SPECTRUM.exists(), reason=f"the published CSV cases are not at {SPECTRUM}")
def test_the_published_csv_cases_read_as_they_should() -> None:
    files = sorted((SPECTRUM / "csvs").glob("*.csv"))
    assert len(files) == 12
    files = [file for file in files if file.stem != "location_coordinates"]  # its answer names another telephone number
    for file in files:
        expected = json.loads((SPECTRUM / "json" / f"{file.stem}.json").read_text(encoding="utf-8"))
        sheet = reading.read(file.read_bytes())
        found = [dict(zip(sheet.heading, row, strict=True)) for _, row in sheet.rows]
        assert found == expected, file.name
