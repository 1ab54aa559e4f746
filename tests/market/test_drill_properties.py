"""Whatever happened to shops and their records: for every reader what a drill lists, plus what moved, is the figure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from backend import clock
from backend.models import Unit
from market.rollups import prices_used, recompute, segments
from tests.cast import Cast, SignIn
from tests.examples import examples
from tests.market.facts import Seen, visit
from tests.market.test_trade_properties import BUILT, World

READERS = ("lin", "ma", "wu", "chen", "he", "zhao")
SOLD = ("sales", "sales_amount", "orders")
ACTS = ("visits", "notes", "display_checks", "briefings", "observations")
LINES = {"briefings": "briefings", "observations": "observations"}  # figure: lines of a visit that it counts
ASKED = [f"{month}" for month in ("2026-02", "2026-03")]


def pages(client: APIClient, path: str) -> Iterator[dict[str, Any]]:
    """Every page of a list, each with its own word on what moved."""
    following: str | None = path
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, (following, answer.content)
        yield answer.json()
        following = answer.json()["next"]


def figures(client: APIClient, unit: Unit, month: str, **about: str) -> dict[str, dict[str, Any]]:
    answer = client.get("/api/v1/boards/figures", {"unit": str(unit.pk), "month": month, **about})
    assert answer.status_code == 200, answer.content
    return {figure["kpi"]: figure for figure in answer.json()["figures"]}


@pytest.mark.parametrize("seed", range(11, 11 + examples(1, thorough=3)))
def test_what_is_listed_and_what_moved_is_the_figure_for_every_reader(cast: Cast, sign_in: SignIn, seed: int) -> None:
    chance = random.Random(seed)
    things = World(cast, chance)
    call_command("rebuild_rollups", *BUILT, verbosity=0)
    for day in range(2, 17):
        with clock.at(datetime(2026, 3, day, 18, tzinfo=clock.BUSINESS_ZONE)):
            for act in (things.orders, things.visits, things.moves, things.orders):
                act()
            rich_visit(things, chance)
            if chance.random() < 0.3:
                things.classes()
    recompute.turn()
    prices_used.follow()
    recompute.drain()
    segments.drain()
    checked = moved = 0
    for name in READERS:
        client = sign_in(name)
        for unit in readable(cast, name):
            for month in ASKED:
                added, gone = of_sales(client, unit, month, chance.choice(about(cast, unit)))
                checked, moved = checked + added, moved + gone
                added, gone = of_acts(client, unit, month)
                checked, moved = checked + added, moved + gone
    assert checked > 100
    assert moved > 0  # nothing that moved would prove nothing


def rich_visit(things: World, chance: random.Random) -> None:
    cast = things.cast
    seen = Seen(
        note=chance.choice(["", "已补货"]), score=chance.choice([None, 80]),
        briefings=chance.choice([(), (cast.policy.pk,)]),
        observations=chance.choice([(), [{"product": cast.products[0], "facings": 2}]]),
    )  # fmt: skip
    visit(chance.choice(things.shops), chance.choice(things.homes), cast.lin, clock.today(), seen)


def readable(cast: Cast, name: str) -> list[Unit]:
    own = {"lin": cast.territory, "ma": cast.next_territory, "wu": cast.other_territory, "chen": cast.office,
           "he": cast.county, "zhao": cast.prefecture}[name]  # fmt: skip
    return list(Unit.objects.filter(ancestors__contains=[own.pk]))


def about(cast: Cast, unit: Unit) -> list[dict[str, str]]:
    brand, product = cast.products[2].brand_id, cast.products[0].pk
    found = [{}, {"subject": f"brand:{brand}"}, {"subject": f"product:{product}"}, {"segment": "market_type:X"}]
    found += [{"subject": f"product:{product}", "segment": "market_type:X"}, {"subject": "class:2"}]
    return [*found, {"segment": "market_type:X,tier:4"}] if unit.level >= 4 else found


def of_sales(client: APIClient, unit: Unit, month: str, told: dict[str, str]) -> tuple[int, int]:
    found = figures(client, unit, month, **told)
    sales, moved = found["sales"], 0
    listed = list(pages(client, sales["rows"]))
    lines = [line for page in listed for order in page["results"] for line in order["lines"]]
    closing = listed[0]["moved_with_shop"]
    assert sum(x["ordered_cartons"] for x in lines) + closing["cartons"] == int(sales["value"]), (unit, month, told)
    assert sum(x["amount_fen"] for x in lines) + closing["amount_fen"] == int(found["sales_amount"]["value"])
    if "orders" in found:
        assert sum(len(page["results"]) for page in listed) + closing["orders"] == int(found["orders"]["value"])
    moved += closing["orders"]
    query = "".join(f"&{name}={value}" for name, value in told.items())
    shops = client.get(f"/api/v1/boards/shops?unit={unit.pk}&month={month}&page_size=200{query}").json()
    bought = sum(row["cartons"] for row in shops["results"]) + shops["moved_with_shop"]["cartons"]
    assert bought == int(sales["value"]), (unit, month, told)
    return 1, moved


def of_acts(client: APIClient, unit: Unit, month: str) -> tuple[int, int]:
    found, moved = figures(client, unit, month, kpis=",".join(ACTS)), 0
    for kpi in ACTS:
        listed = list(pages(client, found[kpi]["rows"]))
        visits = [row for page in listed for row in page["results"]]
        if kpi in LINES:
            opened = [client.get(f"/api/v1/visits/{row['id']}").json() for row in visits]
            total = sum(len(one[LINES[kpi]]) for one in opened) + listed[0]["moved_lines"]
        else:
            total = len(visits) + listed[0]["moved_with_shop"]
        assert total == int(found[kpi]["value"]), (kpi, unit, month)
        moved += listed[0]["moved_with_shop"]
    return len(ACTS), moved


def test_children_add_up_to_their_parent_for_every_additive_figure(cast: Cast, sign_in: SignIn) -> None:
    things = World(cast, random.Random(7))
    call_command("rebuild_rollups", *BUILT, verbosity=0)
    for day in range(2, 17):
        with clock.at(datetime(2026, 3, day, 18, tzinfo=clock.BUSINESS_ZONE)):
            things.orders()
            things.moves()
            things.visits()
    recompute.turn()
    recompute.drain()
    zhao = sign_in("zhao")
    for unit in Unit.objects.filter(ancestors__contains=[cast.prefecture.pk], level__lt=5):
        below = list(Unit.objects.filter(parent=unit))
        whole = figures(zhao, unit, "2026-03", kpis=",".join((*SOLD, *ACTS)))
        parts = [figures(zhao, one, "2026-03", kpis=",".join((*SOLD, *ACTS))) for one in below]
        for kpi, figure in whole.items():
            assert int(figure["value"]) == sum(int(part[kpi]["value"]) for part in parts), (unit, kpi)
