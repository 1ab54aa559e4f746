"""From end to end over HTTP: a phone pushes a visit, the grid moves; a shop is transferred, its row goes."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from backend import ticks
from tests.cast import Cast, SignIn
from tests.visits.items import full_item, item, place

STATES = ("client_execute", "brand_execute", "market_execute")


def push(phone: APIClient, *visits: dict[str, Any]) -> list[str]:
    answer = phone.post("/api/v1/visits/batch", json.dumps(visits), content_type="application/json")
    assert answer.status_code == 200, answer.content
    return [outcome["outcome"] for outcome in answer.json()["outcomes"]]


def states(client: APIClient, shop: Any) -> list[str]:
    told = client.get(f"/api/v1/cycles/2026-03/{shop.pk}").json()
    return [cell["state"] for cell in told["grid"] if cell["cell"] in STATES]


@pytest.fixture(autouse=True)
def _open(cast: Cast) -> None:
    ticks.run_all()


def test_a_pushed_visit_moves_the_three_execute_cells(cast: Cast, as_lin: APIClient, as_zhao: APIClient) -> None:
    visit = full_item(cast)
    assert states(as_lin, cast.shops[0]) == ["open", "open", "open"]
    assert push(as_lin, visit, visit) == ["created", "duplicate"]
    ticks.run_all()
    assert states(as_lin, cast.shops[0]) == ["done", "done", "done"]
    grid = as_lin.get(f"/api/v1/cycles/2026-03/{cast.shops[0].pk}").json()["grid"]
    assert [c["visits"] for c in grid if c["cell"] in STATES] == [[visit["submission_id"]]] * 3
    told = as_zhao.get("/api/v1/cycles/progress").json()
    done = {c["cell"]: c["shops"]["done"] for c in told["grid"] if c["cell"] in STATES}
    assert (told["shops"], done) == (5, dict.fromkeys(STATES, 1))


def test_a_visit_far_from_the_shop_moves_nothing_until_it_is_verified(cast: Cast, as_lin: APIClient) -> None:
    assert push(as_lin, full_item(cast, place=place(640), away_reason="道路施工")) == ["created"]
    ticks.run_all()
    assert states(as_lin, cast.shops[0]) == ["open", "open", "open"]


def test_a_refused_visit_moves_nothing(cast: Cast, as_lin: APIClient) -> None:
    assert push(as_lin, item(cast, retailer_id=str(cast.wu_shops[0].pk))) == ["rejected"]
    ticks.run_all()
    assert states(as_lin, cast.shops[0]) == ["open", "open", "open"]


def test_a_transferred_shop_goes_to_its_new_manager_with_what_was_done(cast: Cast, sign_in: SignIn) -> None:
    moved, lin, ma = cast.shops[0], sign_in("lin"), sign_in("ma")
    push(lin, item(cast))
    ticks.run_all()
    body = {
        "retailers": [str(moved.pk)],
        "from_territory": cast.territory.pk,
        "to_territory": cast.next_territory.pk,
        "from_date": "2026-03-16",
        "reason": "片区调整",
    }
    chen = sign_in("chen")
    answer = chen.post("/api/v1/assignments/transfer", body, format="json", headers={"Idempotency-Key": str(uuid4())})
    assert (answer.status_code, answer.json()) == (200, {"moved": 1})
    ticks.run_all()
    path = f"/api/v1/cycles/2026-03/{moved.pk}"
    assert lin.get(path).status_code == 404
    assert (states(ma, moved), ma.get(path).json()["territory"]) == (["done", "open", "open"], cast.next_territory.pk)
    shops = {name: sign_in(name).get("/api/v1/cycles/progress").json()["shops"] for name in ("lin", "ma", "chen")}
    assert shops == {"lin": 2, "ma": 1, "chen": 3}


def test_the_brand_cell_follows_the_key_list(cast: Cast, sign_in: SignIn) -> None:
    as_lin, as_feng, product = sign_in("lin"), sign_in("feng"), cast.products[1]
    assert push(as_lin, item(cast, observations=[{"product_id": product.pk, "on_shelf": True}])) == ["created"]
    ticks.run_all()
    assert states(as_lin, cast.shops[0]) == ["done", "open", "open"]
    body = {"unit": cast.county.pk, "product": product.pk, "from_date": "2026-03-01"}
    listed = as_feng.post("/api/v1/key-products", body, format="json", headers={"Idempotency-Key": "a"})
    ticks.run_all()
    assert states(as_lin, cast.shops[0]) == ["done", "done", "open"]
    path, end = f"/api/v1/key-products/{listed.json()['id']}/end", {"on": "2026-03-02", "reason": "换规格"}
    assert as_feng.post(path, end, format="json", headers={"Idempotency-Key": "b"}).status_code == 200
    ticks.run_all()
    assert states(as_lin, cast.shops[0]) == ["done", "open", "open"]
