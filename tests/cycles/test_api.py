"""The months over HTTP: lists and filters, one grid with its evidence, progress of a unit, the calendar."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend.models import AuditEntry
from cycles import changes
from cycles import month as months
from cycles.grid import COLUMNS
from cycles.models import CalendarDay, RetailerCycle
from tests.cast import TODAY, Cast, SignIn, make_shop
from tests.cycles.facts import land_visit

MARCH = date(2026, 3, 1)
AT_OPENING = {column: "open" if column.endswith("_execute") else "none" for column in COLUMNS}


@pytest.fixture
def march(cast: Cast) -> Cast:
    months.open_month(MARCH)
    return cast


def shops_in(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.json()
    return {row["retailer"]["id"] for row in answer.json()["results"]}


def ids(shops: list[Any]) -> set[str]:
    return {str(shop.pk) for shop in shops}


def test_a_list_of_cycles_shows_each_shop_with_its_15_cells(march: Cast, as_lin: APIClient) -> None:
    answer = as_lin.get("/api/v1/cycles?month=2026-03").json()
    assert answer["next"] is None
    shop = march.shops[0]
    assert [row for row in answer["results"] if row["retailer"]["id"] == str(shop.pk)] == [
        {
            "month": "2026-03",
            "retailer": {"id": str(shop.pk), "code": shop.code, "name": shop.name},
            "territory": march.territory.pk,
            "county": march.county.pk,
            "cells": AT_OPENING,
        }
    ]


def test_cycles_are_narrowed_by_month_unit_territory_shop_and_cell(march: Cast, as_zhao: APIClient) -> None:
    land_visit(march, march.shops[1], TODAY)
    changes.drain_once()
    everything = ids([*march.shops, *march.wu_shops])
    for query, expected in (
        ("", everything),
        ("month=2026-03", everything),
        ("month=2026-02", set()),
        (f"unit={march.prefecture.pk}", everything),
        (f"unit={march.county.pk}", ids(march.shops)),
        (f"territory={march.other_territory.pk}", ids(march.wu_shops)),
        (f"retailer={march.shops[2].pk}", ids(march.shops[2:])),
        ("cell=client_execute&state=done", ids(march.shops[1:2])),
        (f"cell=client_execute&state=open&unit={march.county.pk}", ids([march.shops[0], march.shops[2]])),
        ("cell=client_plan&state=none", everything),
    ):
        assert shops_in(as_zhao.get(f"/api/v1/cycles?{query}")) == expected, query


def test_everybody_sees_the_cycles_of_his_own_scope(march: Cast, sign_in: SignIn) -> None:
    seen = {name: shops_in(sign_in(name).get("/api/v1/cycles")) for name in ("lin", "ma", "wu", "chen", "he", "zhao")}
    lin, wu = ids(march.shops), ids(march.wu_shops)
    assert seen == {"lin": lin, "ma": set(), "wu": wu, "chen": lin, "he": lin, "zhao": lin | wu}
    assert sign_in("qian").get("/api/v1/cycles").status_code == 403


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("cell=client_execute", "bad_parameter"),
        ("state=open", "bad_parameter"),
        ("cell=client_dream&state=open", "bad_parameter"),
        ("cell=client_execute&state=1", "bad_parameter"),
        ("month=2026-13", "bad_date"),
        ("month=2026-03-01", "bad_date"),
        ("unit=x", "bad_parameter"),
        ("unit=9999999999999999999", "bad_parameter"),
        ("colour=red", "unknown_parameter"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(march: Cast, as_lin: APIClient, query: str, code: str) -> None:
    answer = as_lin.get(f"/api/v1/cycles?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_pages_of_cycles_meet_without_gap_or_overlap(march: Cast, as_zhao: APIClient) -> None:
    address, seen = "/api/v1/cycles?page_size=2", []
    while address:
        page = as_zhao.get(address).json()
        seen += [row["retailer"]["id"] for row in page["results"]]
        address = page["next"]
    assert seen == sorted(ids([*march.shops, *march.wu_shops]))


def test_one_grid_tells_what_each_cell_asks_and_which_visits_made_it(march: Cast, as_lin: APIClient) -> None:
    shop, key = march.shops[0], march.products[0].pk
    first = land_visit(march, shop, date(2026, 3, 3))
    second = land_visit(march, shop, TODAY, observations=({"product_id": march.products[1].pk, "stock_packs": 9},))
    third = land_visit(march, shop, TODAY, pitched=(key,))
    land_visit(march, shop, TODAY, presence="to_verify", pitched=(key,))
    changes.drain_once()
    told = as_lin.get(f"/api/v1/cycles/2026-03/{shop.pk}").json()
    grid = {cell.pop("cell"): cell for cell in told.pop("grid")}
    assert told == {
        "month": "2026-03",
        "month_state": "open",
        "retailer": {"id": str(shop.pk), "code": shop.code, "name": shop.name},
        "territory": march.territory.pk,
        "county": march.county.pk,
        "provisional": False,
        "moved": 0,
    }
    assert list(grid) == list(COLUMNS)
    assert {cell: row["state"] for cell, row in grid.items()} == {
        **AT_OPENING,
        "client_execute": "done",
        "brand_execute": "done",
        "market_execute": "done",
    }
    assert grid["client_execute"]["visits"][0] == str(first)
    assert set(grid["client_execute"]["visits"]) == {str(first), str(second), str(third)}
    assert grid["brand_execute"]["visits"] == [str(third)]
    assert grid["market_execute"]["visits"] == [str(second)]
    dues = {cell: (row["due_on"], row["due_at"], row["reviewer"]) for cell, row in grid.items()}
    assert dues["client_plan"] == ("2026-02-28", None, "market_manager")  # a Saturday, made up for Spring Festival
    assert dues["market_plan"] == ("2026-03-03", None, "market_manager")
    assert dues["brand_execute"] == ("2026-03-31", None, "brand_manager")
    assert dues["client_evaluate"] == ("2026-04-01", "2026-04-01T18:00:00+08:00", "market_manager")
    assert dues["brand_improve"] == ("2026-04-03", None, "brand_manager")
    assert dues["market_improve"] == ("2026-04-08", None, "market_manager")


def test_visits_from_before_a_shop_came_are_counted_for_who_may_not_read_them(march: Cast, sign_in: SignIn) -> None:
    """Made by Wu before the shop was Lin's: she reads it with the shop, her county only sees that it counts."""
    shop = march.shops[0]
    visit = land_visit(march, shop, date(2026, 3, 5), territory=march.other_territory)
    changes.drain_once()
    told = {name: sign_in(name).get(f"/api/v1/cycles/2026-03/{shop.pk}").json() for name in ("lin", "he")}
    cells = {name: answer["grid"][2] for name, answer in told.items()}
    assert (told["lin"]["moved"], cells["lin"]["state"], cells["lin"]["visits"]) == (0, "done", [str(visit)])
    assert (told["he"]["moved"], cells["he"]["state"], cells["he"]["visits"]) == (1, "done", [])


def test_a_foreign_grid_answers_like_one_that_does_not_exist(march: Cast, as_wu: APIClient) -> None:
    paths = (
        f"/api/v1/cycles/2026-03/{march.shops[0].pk}",
        f"/api/v1/cycles/2026-03/{uuid4()}",
        f"/api/v1/cycles/2026-02/{march.wu_shops[0].pk}",
        f"/api/v1/cycles/2026-3/{march.wu_shops[0].pk}",
        f"/api/v1/cycles/2026-99/{march.wu_shops[0].pk}",
    )
    answers = [as_wu.get(path) for path in paths]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(404, "not_found")] * 5
    masked = [{k: v for k, v in a.json().items() if k not in {"request_id", "instance"}} for a in answers]
    assert masked[1:] == masked[:1] * 4


def shops_by_state(told: dict[str, Any], cell: str) -> dict[str, int]:
    found = next(c for c in told["grid"] if c["cell"] == cell)["shops"]
    return {state: count for state, count in found.items() if count}


def test_progress_counts_shops_by_state_for_a_unit_and_its_children(march: Cast, as_zhao: APIClient) -> None:
    land_visit(march, march.shops[0], TODAY, pitched=(march.products[0].pk,))
    land_visit(march, march.shops[1], TODAY)
    changes.drain_once()
    told = as_zhao.get(f"/api/v1/cycles/progress?unit={march.prefecture.pk}&month=2026-03").json()
    assert (told["month"], told["unit"]["id"], told["shops"]) == ("2026-03", march.prefecture.pk, 5)
    assert [c["cell"] for c in told["grid"]] == list(COLUMNS)
    assert shops_by_state(told, "client_execute") == {"done": 2, "open": 3}
    assert shops_by_state(told, "brand_execute") == {"done": 1, "open": 4}
    assert shops_by_state(told, "market_execute") == {"open": 5}
    assert shops_by_state(told, "client_plan") == {"none": 5}
    children = {child["unit"]["code"]: child for child in told["children"]}
    assert {code: child["shops"] for code, child in children.items()} == {"420222": 3, "420281": 2}
    assert shops_by_state(children["420222"], "client_execute") == {"done": 2, "open": 1}
    assert shops_by_state(children["420281"], "client_execute") == {"open": 2}


def test_progress_of_a_territory_has_no_children(march: Cast, as_lin: APIClient) -> None:
    told = as_lin.get("/api/v1/cycles/progress").json()
    assert (told["unit"]["id"], told["month"], told["shops"], told["children"]) == (
        march.territory.pk,
        "2026-03",
        3,
        [],
    )


def test_progress_of_a_unit_outside_mine_answers_like_one_that_does_not_exist(march: Cast, as_wu: APIClient) -> None:
    for unit in (march.territory.pk, march.office.pk, march.prefecture.pk, 10**9, -1, 0):
        answer = as_wu.get(f"/api/v1/cycles/progress?unit={unit}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), unit


def test_progress_costs_the_same_queries_for_few_and_for_many_shops(march: Cast, as_zhao: APIClient) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert as_zhao.get("/api/v1/cycles/progress").status_code == 200
        return len(seen)

    before = queries()
    for number in range(27):
        make_shop(march.territory, 300 + number)
    months.open_month(MARCH)
    assert RetailerCycle.objects.count() == 32
    assert queries() == before


def test_managers_months_are_seen_by_themselves_and_from_above(march: Cast, sign_in: SignIn) -> None:
    seen = {
        name: {
            row["person_name"] for row in sign_in(name).get("/api/v1/manager-cycles?month=2026-03").json()["results"]
        }
        for name in ("lin", "wu", "chen", "zhao")
    }
    lin, ma, wu = march.lin.name, march.ma.name, march.wu.name
    chen, feng = march.chen.name, march.feng.name
    assert seen == {"lin": {lin}, "wu": {wu}, "chen": {chen, lin, ma}, "zhao": {lin, ma, wu, chen, feng}}


def test_one_managers_month_has_15_drafted_cells_with_their_dates(
    march: Cast, as_lin: APIClient, as_wu: APIClient
) -> None:
    row = as_lin.get("/api/v1/manager-cycles").json()["results"][0]
    assert (row["role"], row["unit"], row["month"]) == ("account_manager", march.territory.pk, "2026-03")
    assert [(c["cell"], c["state"]) for c in row["cells"]] == [(column, "drafted") for column in COLUMNS]
    assert row["cells"][3]["due_on"] == "2026-04-01"
    whole = as_lin.get(f"/api/v1/manager-cycles/{row['id']}").json()
    assert [(c["cell"], c["due_on"], c["state"], c["sentences"]) for c in whole["cells"]] == [
        (c["cell"], c["due_on"], "drafted", []) for c in row["cells"]
    ]
    assert {name: whole[name] for name in row if name != "cells"} == {n: v for n, v in row.items() if n != "cells"}
    assert as_wu.get(f"/api/v1/manager-cycles/{row['id']}").status_code == 404


def test_months_tell_their_dates(march: Cast, as_lin: APIClient) -> None:
    months.open_month(date(2026, 12, 1))
    december, told = as_lin.get("/api/v1/months").json()["results"]
    assert {k: v for k, v in told.items() if k not in {"opening_at", "opened_at"}} == {
        "month": "2026-03",
        "state": "open",
        "opens_at": "2026-02-28T00:30:00+08:00",
        "plan_due_on": "2026-02-28",
        "forecast_due_on": "2026-03-03",
        "evaluation_due_at": "2026-04-01T18:00:00+08:00",
        "improvement_due_on": "2026-04-03",
        "lock_on": "2026-04-08",
        "weekly_summaries_on": ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30"],
        "provisional": False,
        "prefectures": [{"unit": march.prefecture.pk, "state": "open", "reopened_until": None}],
    }
    assert (december["month"], december["lock_on"], december["provisional"]) == ("2026-12", "2027-01-08", True)


def test_a_day_of_the_calendar_is_set_read_and_cleared(march: Cast, sign_in: SignIn) -> None:
    sun, path = sign_in("sun"), "/api/v1/calendar-days/2026-04-08"
    assert sun.get(path).json() == {"day": "2026-04-08", "is_working": True, "name": "", "source": "published"}

    made = sun.put(path, {"is_working": False, "name": "停电"}, format="json")
    assert (made.status_code, made.json()["source"]) == (201, "override")
    assert sign_in("lin").get("/api/v1/months").json()["results"][0]["lock_on"] == "2026-04-09"
    assert [row["day"] for row in sun.get("/api/v1/calendar-days?since=2026-04-01").json()["results"]] == ["2026-04-08"]

    again = sun.put(path, {"is_working": True, "name": ""}, format="json", HTTP_IF_MATCH=made["ETag"])
    assert (again.status_code, again.json()["is_working"]) == (200, True)
    assert sun.delete(path, HTTP_IF_MATCH=made["ETag"]).status_code == 412
    assert sun.delete(path, HTTP_IF_MATCH=again["ETag"]).status_code == 204
    assert sun.get(path).json()["source"] == "published"
    assert list(AuditEntry.objects.order_by("id").values_list("act", "actor_id")) == [
        ("calendar.set", march.sun.pk),
        ("calendar.set", march.sun.pk),
        ("calendar.clear", march.sun.pk),
    ]


def test_the_calendar_is_kept_by_who_may_and_edited_by_who_has_read_it(march: Cast, sign_in: SignIn) -> None:
    path, body = "/api/v1/calendar-days/2026-04-08", {"is_working": False, "name": ""}
    assert sign_in("lin").put(path, body, format="json").status_code == 403
    assert sign_in("sun").put("/api/v1/calendar-days/2026-02-30", body, format="json").status_code == 404
    for bad in ({}, {"is_working": "no"}, {"is_working": 1}, {**body, "colour": "red"}, {**body, "name": "x" * 61}):
        assert sign_in("sun").put(path, bad, format="json").status_code == 400, bad
    assert CalendarDay.objects.count() == 0
    CalendarDay.objects.create(day=date(2026, 4, 8), is_working=False)
    assert sign_in("sun").put(path, {"is_working": True, "name": ""}, format="json").status_code == 428
    assert sign_in("sun").delete(path).status_code == 428
    assert list(CalendarDay.objects.values_list("is_working", "version")) == [(False, 1)]


def test_a_day_of_an_unpublished_year_is_assumed(march: Cast, as_lin: APIClient) -> None:
    told = [as_lin.get(f"/api/v1/calendar-days/{day}").json() for day in ("2027-01-01", "2027-01-04", "2027-01-09")]
    assert [(d["is_working"], d["source"]) for d in told] == [(False, "assumed"), (True, "assumed"), (False, "assumed")]
