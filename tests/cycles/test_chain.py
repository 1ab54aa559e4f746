"""The chain over two months: a finding, its action and result, and the miss that stands until it is met."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from backend import clock
from cycles import cells
from cycles import month as months
from cycles.models import Action, Finding, Improvement, PrefectureMonth, Result
from market.orders import loading
from market.orders.loading import OrderLineRow
from tests.cast import Cast
from tests.cycles.chain import APRIL, FELL, FIGURES, MARCH, find, rules_of_tests
from tests.cycles.deeds import (
    DONE,
    MISSED,
    NONE,
    NOT_APPLICABLE,
    OPEN,
    changes_drained,
    draft,
    drafted,
    lin,
    measure,
    missed,
    of,
    on,
    order,
    post,
    push,
    restocking,
    row_of,
    seen,
)


@pytest.fixture(autouse=True)
def rules_of_this_file() -> Iterator[None]:
    with rules_of_tests():
        yield


@pytest.fixture
def march(cast: Cast) -> Cast:
    months.open_month(MARCH)
    return cast


def test_a_miss_of_march_stands_with_its_outcome_in_april(march: Cast) -> None:
    shop = march.shops[0]
    action = drafted(march)
    assert of(action, "kind", "metric", "drafted_target", "target", "baseline", "best") == (
        "test_win_back", "cartons", 10, 10, 5, 12,
    )  # fmt: skip
    assert of(action, "due_on", "state", "is_flagged") == (date(2026, 3, 31), "drafted", False)
    changes_drained()
    with transaction.atomic():
        cells.derive(MARCH)
    assert row_of(shop) == (DONE, OPEN, OPEN, NONE, NONE)

    accepted = post(lin(march), f"/actions/{action.pk}/accept")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    changes_drained()
    assert row_of(shop) == (DONE, DONE, OPEN, OPEN, NONE)

    visit = push(march)
    told = lin(march).get(f"/api/v1/actions/{action.pk}").json()
    assert told["sentence"] == "把订货量恢复到 10 条"
    assert told["why"]["finding"]["sentence"] == "本期 5 条，上期 10 条。"
    assert told["why"]["evidence"] == {
        "visits": [
            {"visit_id": visit, "on_date": "2026-03-16", "attached_by": "visit", "rule_name": "到店走访", "lines": 1}
        ],
        "moved": 0,
    }
    assert row_of(shop) == (DONE, DONE, DONE, OPEN, NONE)

    order(march, date(2026, 3, 9), 8)
    with on(date(2026, 4, 1)):
        assert measure()[:2] == (1, 1)
        assert row_of(shop) == (DONE, DONE, DONE, OPEN, OPEN)
        result = lin(march).get(f"/api/v1/actions/{action.pk}").json()["result"]
        assert (result["value"], result["outcome"], result["evidence_count"]) == ("8.00", "miss", 1)
        [carried] = lin(march).get("/api/v1/improvements").json()["results"]
        wanted = {
            "month": "2026-03", "origin": str(action.pk), "state": "proposed", "baseline": "8.00", "target": "10.00",
            "due_on": "2026-04-30", "months_open": 0, "opened_on": "2026-04-01", "closed_on": None, "outcome": None,
            "carried_by": None, "sentence": "把订货量恢复到 10 条",
        }  # fmt: skip
        assert {name: carried[name] for name in wanted} == wanted

        reason = post(lin(march), f"/actions/{action.pk}/reason", {"reason": "supply"})
        assert (reason.status_code, reason.json()["result"]["reason"]) == (200, "supply")
        changes_drained()
        assert row_of(shop) == (DONE, DONE, DONE, DONE, OPEN)
        assert post(lin(march), f"/improvements/{carried['id']}/accept").json()["state"] == "open"
        changes_drained()
        assert row_of(shop) == (DONE, DONE, DONE, DONE, DONE)

        months.open_month(APRIL)
        assert (draft(APRIL), draft(APRIL)) == (1, 0)
        second = Action.objects.get(month=APRIL)
        assert (second.finding_id, str(second.improvement_id)) == (None, carried["id"])
        assert of(second, "target", "baseline", "due_on") == (10, 8, date(2026, 4, 30))
        assert post(lin(march), f"/actions/{second.pk}/accept").status_code == 200
        why = lin(march).get(f"/api/v1/actions/{second.pk}").json()["why"]
        assert (why["finding"], why["improvement"]["id"]) == (None, carried["id"])

    order(march, date(2026, 4, 7), 12)
    with on(date(2026, 5, 1)):
        assert measure(APRIL)[:2] == (1, 0)
        closed = lin(march).get(f"/api/v1/improvements/{carried['id']}").json()
        wanted = {
            "state": "met", "outcome": "12.00", "months_open": 0, "closed_on": "2026-05-01",
            "carried_by": str(second.pk), "carried_into": "2026-04",
        }  # fmt: skip
        assert {name: closed[name] for name in wanted} == wanted
        assert row_of(shop, APRIL) == (NONE, DONE, OPEN, DONE, NONE)
        assert Result.objects.get(pk=action.pk).value == 8  # March keeps what it came to


def test_half_of_the_way_is_partly_and_less_than_half_ages(march: Cast) -> None:
    improvement = missed(march)  # stands at 6, is to reach 10
    for cartons, state, months_open, outcome in ((7, "proposed", 1, None), (8, "partly", 0, Decimal(8))):
        with on(date(2026, 4, 1)):
            months.open_month(APRIL)
            draft(APRIL)
            Action.objects.filter(month=APRIL).update(state="accepted")
        order(march, date(2026, 4, 7), cartons)
        with on(date(2026, 5, 6)):
            assert measure(APRIL)[1] == 0  # a carried miss is no second improvement
            again = measure(APRIL)
        assert of(improvement, "state", "months_open", "outcome") == (state, months_open, outcome)
        assert again == (0, 0, 0)
    assert improvement.closed_on == date(2026, 5, 6)


def test_a_late_order_that_makes_the_goal_closes_what_the_miss_had_opened(march: Cast) -> None:
    improvement = missed(march)
    order(march, date(2026, 3, 27), 5)
    with on(date(2026, 4, 2)):
        assert measure()[:2] == (1, 0)
        assert of(improvement, "state", "outcome", "closed_on") == ("met", 11, date(2026, 4, 2))
        loading.load_orders([OrderLineRow(f"{march.shops[0].code}2026-03-27", march.shops[0].code, date(2026, 3, 27),
                                          "P1", None, None, 1, 10_000)])  # fmt: skip
        assert measure()[:2] == (1, 0)
    assert of(improvement, "state", "outcome", "closed_on", "baseline") == (
        "proposed", None, None, 7,
    )  # fmt: skip


def test_what_is_found_again_carries_the_improvement_and_a_dropped_one_is_gone_from_the_drafts(march: Cast) -> None:
    improvement = missed(march)
    with on(date(2026, 4, 1)):
        months.open_month(APRIL)
        find(FELL, march.shops[0], march.territory, {**FIGURES, "target": 11}, month=APRIL)
        assert draft(APRIL) == 1
        both = Action.objects.get(month=APRIL)
        assert both.finding_id is not None
        assert of(both, "improvement_id", "target") == (improvement.pk, 11)
        Finding.objects.update(closed_on=date(2026, 4, 1))
        assert draft(APRIL) == 0
        assert Action.objects.filter(month=APRIL).count() == 1  # its improvement still asks for it
        gone = post(lin(march), f"/improvements/{improvement.pk}/drop", {"reason": "店主改行"})
        assert (gone.json()["state"], gone.json()["reason"], gone.json()["closed_on"]) == (
            "dropped", "店主改行", "2026-04-01",
        )  # fmt: skip
        draft(APRIL)
    assert not Action.objects.filter(month=APRIL).exists()


@pytest.fixture
def carried(march: Cast) -> Improvement:
    """March's miss stands drafted in April, and nobody has decided about it."""
    improvement = missed(march)
    with on(date(2026, 4, 1)):
        months.open_month(APRIL)
        draft(APRIL)
        with transaction.atomic():
            cells.derive(APRIL)
    return improvement


def test_the_plan_of_the_month_says_at_once_that_a_carried_improvement_was_dropped(
    march: Cast, carried: Improvement
) -> None:
    assert row_of(march.shops[0], APRIL) == (NONE, OPEN, OPEN, NONE, NONE)
    with on(date(2026, 4, 1)):
        assert post(lin(march), f"/improvements/{carried.pk}/drop", {"reason": "店主改行"}).status_code == 200
        changes_drained()
    assert not Action.objects.filter(month=APRIL).exists()
    assert row_of(march.shops[0], APRIL) == (NONE, NONE, OPEN, NONE, NONE)


@pytest.mark.parametrize("state", ["measured", "locked"])
def test_what_was_drafted_in_a_month_that_is_measured_or_locked_stands_when_its_improvement_is_dropped(
    march: Cast, carried: Improvement, state: str
) -> None:
    locked_at = clock.now() if state == "locked" else None
    PrefectureMonth.objects.filter(month=APRIL).update(state=state, locked_at=locked_at)
    with on(date(2026, 5, 12)):
        gone = post(lin(march), f"/improvements/{carried.pk}/drop", {"reason": "店主改行"})
    assert gone.json()["state"] == "dropped"
    assert Action.objects.filter(month=APRIL).values_list("state", "improvement").get() == ("drafted", carried.pk)


@pytest.mark.parametrize(
    ("goal", "target", "outcome"),
    [("at_least", 6, "hit"), ("at_least", 7, "miss"), ("at_most", 6, "hit"), ("at_most", 5, "miss")],
)
def test_a_goal_is_hit_at_its_number(march: Cast, goal: str, target: int, outcome: str) -> None:
    action = drafted(march)
    Action.objects.update(state="accepted", goal=goal, target=target)
    order(march, date(2026, 3, 9), 6)
    assert measure()[0] == 1
    assert of(Result.objects.get(pk=action.pk), "value", "outcome") == (6, outcome)
    assert Improvement.objects.count() == (outcome == "miss")


def test_measuring_again_changes_nothing_and_keeps_the_reason(march: Cast) -> None:
    improvement = missed(march)
    action = improvement.origin
    with on(date(2026, 4, 1)):
        assert post(lin(march), f"/actions/{action.pk}/reason", {"reason": "price"}).status_code == 200
        before = list(Result.objects.values()), list(Improvement.objects.values())
        changes_drained()
        assert measure() == (0, 0, 0)
        assert (list(Result.objects.values()), list(Improvement.objects.values())) == before


@pytest.mark.parametrize(
    ("cartons", "body", "code"),
    [
        (12, {"reason": "price"}, "not_a_miss"),
        (None, {"reason": "price"}, "not_a_miss"),
        (6, {"reason": "other"}, "invalid"),
        (6, {"reason": "nonsense"}, "invalid"),
    ],
)
def test_a_reason_is_asked_of_misses_only(march: Cast, cartons: int | None, body: Any, code: str) -> None:
    action = drafted(march)
    Action.objects.update(state="accepted")
    if cartons:
        order(march, date(2026, 3, 9), cartons)
    measure()
    answer = post(lin(march), f"/actions/{action.pk}/reason", body)
    assert answer.json()["code"] == code
    assert Result.objects.get().reason == ""


def test_a_locked_month_takes_no_reason_and_changes_no_cell(march: Cast) -> None:
    improvement = missed(march)
    held = PrefectureMonth.objects.filter(month=MARCH, prefecture=march.prefecture)
    PrefectureMonth.objects.get_or_create(month=MARCH, prefecture=march.prefecture)
    with transaction.atomic():
        assert cells.miss_open(MARCH, [march.prefecture.pk]) == 5
        assert cells.miss_open(MARCH, [march.prefecture.pk]) == 0
        held.update(state="locked")
    assert row_of(march.shops[0]) == (DONE, DONE, MISSED, MISSED, MISSED)
    answer = post(lin(march), f"/actions/{improvement.origin_id}/reason", {"reason": "price"})
    assert (answer.status_code, answer.json()["code"], Result.objects.get().reason) == (409, "month_locked", "")
    order(march, date(2026, 3, 30), 50)
    assert measure() == (0, 0, 0)


def test_a_brand_cell_does_not_apply_where_nothing_is_key_unless_something_was_agreed(march: Cast) -> None:
    march.products[0].key_in.all().delete()
    with transaction.atomic():
        cells.derive(MARCH)
    assert row_of(march.shops[0], dimension="brand") == (NONE, NONE, NOT_APPLICABLE, NONE, NONE)
    restocking(march)
    changes_drained()
    assert row_of(march.shops[0], dimension="brand") == (DONE, DONE, OPEN, OPEN, NONE)
    push(march, observations=[seen(march, 1)])
    push(march, observations=[seen(march, 1)])
    assert row_of(march.shops[0], dimension="brand") == (DONE, DONE, DONE, OPEN, NONE)
