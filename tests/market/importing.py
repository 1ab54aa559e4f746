"""What the tests of large imports share: sending a file as the data steward Qian, doing the work, and what stands."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from backend.imports import working
from market.models import Order, OrderLine

HEAD = "订单号,客户编码,订单日期,商品编码,需求量,限量,订货量,金额(元)"
_keys = count(1)


def post(client: APIClient, path: str, body: Any = None, **more: Any) -> Any:
    headers = {"Idempotency-Key": f"key-{next(_keys)}"}
    return client.post(f"/api/v1/{path}", body or {}, headers=headers, **({"format": "json"} | more))


def send(client: APIClient, kind: str, content: str | bytes, mode: str = "dry_run", **asked: Any) -> Any:
    """The answer to sending a file; nothing has been worked on yet."""
    data = content if isinstance(content, bytes) else content.encode()
    query = "&".join(f"{name}={value}" for name, value in {"mode": mode, **asked}.items())
    file = SimpleUploadedFile("三月.csv", data)
    return post(client, f"import-kinds/{kind}?{query}", {"file": file}, format="multipart")


def work() -> None:
    """What the tick does until nothing waits."""
    while working.work():
        pass


def done(client: APIClient, kind: str, content: str | bytes, mode: str = "apply", **asked: Any) -> dict[str, Any]:
    """The run after the work on a file."""
    answer = send(client, kind, content, mode, **asked)
    assert answer.status_code == 201, answer.json()
    work()
    return run_of(client, answer.json()["id"])


def run_of(client: APIClient, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/imports/{run_id}").json()
    return found


def counts(run: dict[str, Any]) -> tuple[Any, ...]:
    """State, rows, good, bad, created, changed, unchanged, removed."""
    return tuple(run[k] for k in ("state", "rows", "good", "bad", "created", "changed", "unchanged", "removed"))


def rejects(client: APIClient, run: dict[str, Any]) -> list[tuple[int, str, str, str]]:
    rows = client.get(f"/api/v1/imports/{run['id']}/rejects?page_size=100").json()["results"]
    return [(r["row_no"], r["column"], r["code"], r["value"]) for r in rows]


def orders(*lines: str) -> str:
    return "\n".join([HEAD, *lines, ""])


def stood() -> dict[str, tuple[str, str, int, int, list[tuple[str, int | None, int | None, int, int]]]]:
    """Every order as it stands: number -> shop, day, cartons, fen, lines."""
    found = {}
    for order in Order.objects.select_related("retailer").order_by("order_no"):
        lines = OrderLine.objects.filter(month=order.month, order_id=order.pk).order_by("product__code")
        told = lines.values_list(
            "product__code", "demanded_cartons", "allotted_cartons", "ordered_cartons", "amount_fen"
        )
        found[order.order_no] = (
            order.retailer.code, str(order.on_date), order.cartons, order.amount_fen, list(told)
        )  # fmt: skip
    return found
