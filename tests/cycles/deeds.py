"""What Lin does over HTTP, and what the month does to it: the acts that the tests of the chain are made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Model
from rest_framework.test import APIClient

from backend import clock, marks
from cycles import actions, building, cells, changes, evaluate, evidence, improve
from cycles.grid import COLUMNS
from cycles.models import Action, Improvement, RetailerCycle
from market.orders import loading
from market.orders.loading import OrderLineRow
from retail.models import Retailer
from tests.cast import Cast, phone_of
from tests.cycles.chain import FELL, FIGURES, MARCH, OUT, find
from tests.visits.items import item

NONE, OPEN, DONE, MISSED, NOT_APPLICABLE = range(5)


def draft(month: date = MARCH) -> int:
    with transaction.atomic():
        building.lock_month(month)
        return actions.draft(month)


def measure(month: date = MARCH) -> tuple[int, int, int]:
    """What changed: results, improvements, cells."""
    with transaction.atomic():
        building.lock_month(month)
        evidence.link(month)
        done = evaluate.measure(month), improve.propose(month)
        return *done, cells.derive(month)


@contextmanager
def on(day: date) -> Iterator[None]:
    with clock.at(datetime.combine(day, time(10), tzinfo=clock.BUSINESS_ZONE)):
        yield


def lin(cast: Cast) -> APIClient:
    """Lin's phone, signed in on the day of the clock."""
    return phone_of(cast.lin, device_id=f"phone-{clock.today()}")


def of(row: Model, *names: str) -> tuple[Any, ...]:
    """These columns of a row, as it is now."""
    row.refresh_from_db()
    return tuple(getattr(row, name) for name in names)


def post(client: APIClient, path: str, body: Any = None) -> Any:
    return client.post(f"/api/v1{path}", body, format="json", HTTP_IDEMPOTENCY_KEY=str(uuid4()))


def patch(client: APIClient, path: str, body: Any, tag: str = "*") -> Any:
    return client.patch(f"/api/v1{path}", body, format="json", HTTP_IF_MATCH=tag)


def order(cast: Cast, day: date, cartons: int, shop: int = 0) -> None:
    code = cast.shops[shop].code
    loading.load_orders([OrderLineRow(f"{code}{day}", code, day, "P1", None, None, cartons, cartons * 10_000)])


def row_of(shop: Retailer, month: date = MARCH, dimension: str = "client") -> tuple[int, ...]:
    """analyze, plan, execute, evaluate, improve."""
    wanted = [column for column in COLUMNS if column.startswith(dimension)]
    return RetailerCycle.objects.filter(month=month, retailer=shop).values_list(*wanted).get()


def seen(cast: Cast, key: int = 0, **changes: Any) -> dict[str, Any]:
    return {"product_id": cast.products[key].pk, "on_shelf": True, **changes}


def push(cast: Cast, **changes: Any) -> str:
    """A visit of Lin's through the batch route, and what waits drained; its id."""
    sent = item(cast, **changes)
    answer = post(lin(cast), "/visits/batch", [sent])
    assert [outcome["outcome"] for outcome in answer.json()["outcomes"]] == ["created"]
    changes_drained()
    return str(sent["submission_id"])


def changes_drained() -> None:
    while changes.drain_once():
        pass
    assert marks.lag("cycles").count == 0


def drafted(cast: Cast, **figures: Any) -> Action:
    find(FELL, cast.shops[0], cast.territory, {**FIGURES, **figures})
    draft()
    return Action.objects.get()


def missed(cast: Cast) -> Improvement:
    action = drafted(cast)
    post(lin(cast), f"/actions/{action.pk}/accept")
    order(cast, date(2026, 3, 9), 6)
    with on(date(2026, 4, 1)):
        measure()
    return Improvement.objects.get()


def restocking(cast: Cast) -> Action:
    """Two looks at the second product are wanted."""
    find(OUT, cast.shops[0], cast.territory, {**FIGURES, "products": [], "product_ids": [cast.products[1].pk]})
    draft()
    action = Action.objects.get()
    assert post(lin(cast), f"/actions/{action.pk}/accept").status_code == 200
    return action
