"""How tests ask for exports and read what comes: through HTTP, as a person would; the work is done in this process."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import uuid4

import pyarrow.parquet
from django.http import HttpResponseBase
from python_calamine import CalamineWorkbook
from rest_framework.test import APIClient

from backend.exports import working


def ask(client: APIClient, kind: str, file_format: str = "csv", **more: Any) -> Any:
    """The answer to a request for an export."""
    body = {"kind": kind, "format": file_format, **more}
    return client.post("/api/v1/exports", body, HTTP_IDEMPOTENCY_KEY=str(uuid4()))


def made(client: APIClient, kind: str, file_format: str = "csv", **more: Any) -> dict[str, Any]:
    """The export as it is told once its work is done."""
    asked = ask(client, kind, file_format, **more)
    assert asked.status_code == 201, asked.content
    assert working.make(asked.json()["id"])
    return client.get(f"/api/v1/exports/{asked.json()['id']}").json()


def content_of(response: HttpResponseBase) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def fetched(client: APIClient, export: dict[str, Any]) -> bytes:
    """The bytes of its file, by the address that the API gives."""
    told = client.get(f"/api/v1/exports/{export['id']}/file")
    assert told.status_code == 302, told.content
    response = APIClient().get(told.headers["Location"])
    assert response.status_code == 200
    return content_of(response)


def csv_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV by its headings."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def parquet_rows(content: bytes) -> list[dict[str, Any]]:
    return pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()


def xlsx_rows(content: bytes) -> list[list[Any]]:
    """The rows of the first sheet, its headings first."""
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
