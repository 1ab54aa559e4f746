"""The 135 board over HTTP: each figure exact, equal to the list behind its link, within scope, by constant queries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import clock
from cycles import actions, evaluate, forecast, misfires
from cycles import month as months
from cycles.models import Action, Finding, Forecast, Improvement
from tests.cast import Cast, SignIn
from tests.cycles.chain import FELL, FIGURES, MARCH, OUT, QUIET, find, rules_of_tests
from tests.cycles.crowd import add_shops
from tests.cycles.deeds import draft, measure, order

BOARD = "/api/v1/boards/method?month=2026-03"


@pytest.fixture(autouse=True)
def rules_of_this_file() -> Iterator[None]:
    with rules_of_tests():
        yield


@pytest.fixture
def march(cast: Cast) -> Cast:
    """Lin's first shop fell, her second is out of stock (dropped), Wu's fell, and one finding is restricted."""
    with clock.at(datetime(2026, 2, 27, 0, 30, tzinfo=clock.BUSINESS_ZONE)):
        months.open_month(MARCH)
    find(FELL, cast.shops[0], cast.territory, FIGURES)
    find(OUT, cast.shops[1], cast.territory, {**FIGURES, "products": ["A"]})
    find(FELL, cast.wu_shops[0], cast.other_territory, FIGURES)
    find(QUIET, cast.shops[2], cast.territory, {}, restricted=True)
    draft()
    lin, mine = cast.actor("lin"), Action.objects.filter(territory=cast.territory)
    actions.accept(actor=lin, action=mine.get(rule=FELL.code))
    actions.drop(actor=lin, action=mine.get(rule=OUT.code), reason="later")
    return cast


def board(client: APIClient, more: str = "") -> Any:
    answer = client.get(BOARD + more)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {row["state"]: row["count"] for row in rows if row["count"]}


def listed(client: APIClient, link: str) -> int:
    answer = client.get(link)
    assert answer.status_code == 200, (link, answer.json())
    return len(answer.json()["results"])


def test_the_board_counts_the_chain_of_a_territory(march: Cast, as_lin: APIClient) -> None:
    told = board(as_lin)
    assert (told["unit"]["id"], told["month"]) == (march.territory.pk, "2026-03")
    fell = next(row for row in told["findings"] if row["rule"] == FELL.code)
    assert fell == {
        "rule": "test_fell",
        "name": "测试下滑",
        "dimension": "client",
        "severity": 2,
        "count": 1,
        "still_open": 1,
        "oldest_on": "2026-03-01",
        "oldest_days": 15,
        "link": f"/api/v1/findings?unit={march.territory.pk}&month=2026-03&rule=test_fell",
    }
    assert [row["rule"] for row in told["findings"]] == [FELL.code, OUT.code]
    assert counts(told["actions"]) == {"accepted": 1, "dropped": 1}
    assert (counts(told["results"]), told["without_reason"], told["flagged"]) == ({}, 0, 0)
    assert told["forecast"] is None
    assert told["improvements"]["ageing"] == []
    assert told["progress"]["shops"] == 3
    visit = next(cell for cell in told["progress"]["cells"] if cell["cell"] == "client_execute")
    assert visit["shops"]["open"] == 3
    assert told["effort"]["managers"] == 1


def test_every_count_is_the_length_of_the_list_that_its_link_opens(march: Cast, as_zhao: APIClient) -> None:
    forecast.draft(MARCH)
    Forecast.objects.update(cartons=90)
    order(march, date(2026, 3, 10), 4)
    with clock.at(datetime(2026, 4, 1, 1, tzinfo=clock.BUSINESS_ZONE)):
        measure()
    told = board(as_zhao)
    assert counts(told["results"]) == {"miss": 1}
    for row in told["findings"]:
        assert listed(as_zhao, row["link"]) == row["count"]
    for row in (*told["actions"], *told["results"], *told["improvements"]["of_month"]):
        assert listed(as_zhao, row["link"]) == row["count"], row
    assert listed(as_zhao, told["improvements"]["link"]) == sum(row["count"] for row in told["improvements"]["ageing"])
    assert listed(as_zhao, told["forecast"]["link"]) == told["forecast"]["territories"] == 2
    assert listed(as_zhao, told["effort"]["link"]) == told["effort"]["managers"]
    for cell in told["progress"]["cells"]:
        assert listed(as_zhao, cell["link"]) == cell["shops"]["open"], cell


def test_results_misses_and_the_age_of_improvements_stand_on_it(march: Cast, as_lin: APIClient) -> None:
    order(march, date(2026, 3, 10), 4)
    with clock.at(datetime(2026, 4, 1, 1, tzinfo=clock.BUSINESS_ZONE)):
        measure()
        told = board(as_lin)
        assert counts(told["results"]) == {"miss": 1}
        assert told["without_reason"] == 1
        assert counts(told["improvements"]["of_month"]) == {"proposed": 1}
        assert told["improvements"]["ageing"] == [{"months_open": 0, "count": 1}]
        assert told["improvements"]["oldest_on"] == "2026-04-01"
        evaluate.give_reason(actor=march.actor("lin"), action=Action.objects.get(state="accepted"), reason="demand")
        Improvement.objects.update(months_open=2)
        told = board(as_lin)
    assert told["without_reason"] == 0
    assert told["improvements"]["ageing"] == [{"months_open": 2, "count": 1}]


def test_the_forecast_stands_beside_what_came(march: Cast, as_lin: APIClient) -> None:
    forecast.draft(MARCH)
    Forecast.objects.filter(unit=march.territory).update(
        cartons=90, model_cartons=90, last_month_cartons=80, last_year_cartons=70
    )
    found = board(as_lin)["forecast"]
    assert (found["cartons"], found["model_cartons"], found["last_month_cartons"], found["last_year_cartons"]) == (
        90,
        90,
        80,
        70,
    )
    assert (found["actual"], found["accuracy"], found["decided"], found["kpi"]["kpi"]) == (
        None,
        None,
        0,
        "forecast_accuracy",
    )


def test_what_was_said_against_a_rule_waits_on_the_board_until_it_is_answered(march: Cast, as_chen: APIClient) -> None:
    found = Finding.objects.get(rule=FELL.code, territory=march.territory)
    misfires.tell(actor=march.actor("lin"), rule=FELL.code, findings=[found.pk], words="门口修路")
    [row] = board(as_chen)["misfires"]
    assert (row["rule"], row["waiting"], row["answered"]) == (FELL.code, 1, 0)
    assert listed(as_chen, row["link"]) == 1


def test_everybody_sees_his_own_and_restricted_findings_only_who_may(march: Cast, sign_in: SignIn) -> None:
    seen = {
        name: {row["rule"]: row["count"] for row in board(sign_in(name))["findings"]}
        for name in ("lin", "ma", "wu", "chen", "zhao")
    }
    mine = {FELL.code: 1, OUT.code: 1}
    assert seen == {
        "lin": mine,
        "ma": {},
        "wu": {FELL.code: 1},
        "chen": mine,
        "zhao": {FELL.code: 2, OUT.code: 1, QUIET.code: 1},
    }
    assert sign_in("lin").get(f"{BOARD}&unit={march.county.pk}").status_code == 404
    assert sign_in("wu").get(f"{BOARD}&unit={march.territory.pk}").status_code == 404
    assert sign_in("qian").get(BOARD).status_code == 403


def test_the_board_costs_the_same_queries_for_three_shops_and_for_sixty(march: Cast, as_zhao: APIClient) -> None:
    board(as_zhao)
    with CaptureQueriesContext(
        connection,
    ) as few:
        board(as_zhao)
    add_shops(march.territory, 60)
    months.open_month(MARCH)
    with CaptureQueriesContext(connection) as many:
        assert board(as_zhao)["progress"]["shops"] == 65
    assert len(many) == len(few)


def test_a_month_without_anything_is_empty_and_not_an_error(cast: Cast, as_zhao: APIClient) -> None:
    with clock.at(datetime(2026, 3, 16, 10, tzinfo=clock.BUSINESS_ZONE)):
        told = as_zhao.get(f"/api/v1/boards/method?month={date(2025, 1, 1):%Y-%m}").json()
    assert (told["findings"], told["forecast"], told["progress"]["shops"]) == ([], None, 0)
