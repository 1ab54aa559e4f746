"""After the lock: a late visit or a correction is a dated line beside the figure, until a reopening takes it in."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from backend import clock, marks
from backend.models import AuditEntry
from cycles import changes
from cycles import month as months
from cycles.models import Action, Adjustment, FrozenFigure, ManagerCycle, PrefectureMonth, Result, RetailerCycle
from market.rollups import recompute
from retail.models import Retailer
from tests.cast import TODAY, Cast, SignIn, phone_of
from tests.cycles.crowd import hash_of
from tests.cycles.facts import land_visit
from visits import checkin
from visits.models import Visit

MARCH = date(2026, 3, 1)
LATE = datetime(2026, 4, 10, 9, tzinfo=clock.BUSINESS_ZONE)


def at(month: int, day: int, hour: int = 0) -> Any:
    return clock.at(datetime(2026, month, day, hour, tzinfo=clock.BUSINESS_ZONE))


@pytest.fixture
def locked(cast: Cast) -> Cast:
    """March is locked; one visit in it, and one accepted action that came to nothing."""
    months.keep()
    land_visit(cast, cast.shops[0], TODAY)
    Action.objects.filter(month=MARCH, retailer=cast.shops[1], rule="client.visit_overdue").update(
        state="accepted", target=1, decided_at=clock.now(), decided_by=cast.lin
    )
    with at(4, 9):
        recompute.drain()
        changes.drain_once()
        months.keep()
    assert PrefectureMonth.objects.get(month=MARCH).state == "locked"
    return cast


def drained() -> None:
    while changes.drain_once():
        pass


def everything() -> tuple[Any, ...]:
    """All that a lock keeps: rows, results, figures, scorecards."""
    return (
        hash_of(MARCH),
        list(Result.objects.order_by("pk").values_list("pk", "value", "outcome", "evidence_count", "version")),
        list(FrozenFigure.objects.order_by("unit_id", "kpi").values_list("unit_id", "kpi", "value")),
        list(ManagerCycle.objects.order_by("pk").values_list("pk", "scorecard")),
    )


def lines(**narrowed: Any) -> list[tuple[str, Decimal | None, Decimal | None]]:
    found = Adjustment.objects.filter(month=MARCH, **narrowed).order_by("id")
    return list(found.values_list("figure", "before", "after"))


def test_a_late_visit_changes_no_frozen_row_and_stands_beside_them_once(locked: Cast) -> None:
    before, shop = everything(), locked.shops[1]
    with clock.at(LATE):
        land_visit(locked, shop, date(2026, 3, 31))
        drained()
        land_visit(locked, shop, date(2026, 3, 31))  # a second one of the same shop
        drained()
    assert everything() == before
    assert lines(retailer=shop, action_id=None) == [
        ("client_evaluate", Decimal(3), Decimal(2)),  # the miss that nobody gave a reason for is a hit now
        ("client_execute", Decimal(3), Decimal(2)),
        ("client_improve", Decimal(3), Decimal(0)),
    ]
    assert lines(figure="result") == [
        ("result", Decimal(0), Decimal(1)),
        ("result", Decimal(1), Decimal(2)),
    ]
    for unit in (locked.territory, locked.office, locked.county):
        assert lines(unit=unit, figure="visit_coverage_rate") == [
            ("visit_coverage_rate", Decimal("33.3"), Decimal("66.7"))
        ]
    assert lines(unit=locked.prefecture, figure="visits") == [
        ("visits", Decimal(1), Decimal(2)),
        ("visits", Decimal(2), Decimal(3)),
    ]
    assert lines(unit=locked.other_territory) == []
    assert {line.on_date for line in Adjustment.objects.all()} == {date(2026, 4, 10)}


def test_a_correction_that_is_taken_back_ends_where_it_began(locked: Cast) -> None:
    with clock.at(LATE):
        visit = land_visit(locked, locked.shops[1], date(2026, 3, 31))
        drained()
        with transaction.atomic():
            Visit.objects.filter(pk=visit).update(presence="to_verify")
            marks.mark("visits", [(locked.territory.pk, date(2026, 3, 31))])
        drained()
    told = lines(retailer=locked.shops[1], figure="client_execute")
    assert told == [("client_execute", Decimal(3), Decimal(2)), ("client_execute", Decimal(2), Decimal(3))]


def test_the_same_facts_marked_again_add_no_line(locked: Cast) -> None:
    with clock.at(LATE), transaction.atomic():
        marks.mark("visits", [(locked.territory.pk, TODAY)])
        marks.mark("assignments", [(locked.territory.pk, TODAY)])
        marks.mark("orders", [(locked.territory.pk, TODAY)])
    with clock.at(LATE):
        drained()
    assert lines() == []


def test_a_late_visit_far_from_the_shop_moves_no_cell(locked: Cast) -> None:
    with clock.at(LATE):
        land_visit(locked, locked.shops[1], date(2026, 3, 31), presence="to_verify")
        drained()
    assert lines(retailer__isnull=False) == []
    assert lines(unit=locked.territory, figure="visits") == [("visits", Decimal(1), Decimal(2))]


def test_a_verdict_after_the_lock_stands_beside_the_frozen_figures(locked: Cast) -> None:
    with at(4, 2):
        visit = land_visit(locked, locked.shops[1], date(2026, 3, 31), presence="to_verify")
    with clock.at(LATE):
        drained()
        before = everything()
        checkin.verify(actor=locked.actor("chen"), visit_ids=[visit], valid=True)
        drained()
    assert everything() == before
    assert lines(retailer=locked.shops[1], figure="client_execute") == [("client_execute", Decimal(3), Decimal(2))]
    rate = {"unit": locked.territory, "figure": "visit_coverage_rate"}
    assert lines(**rate) == [("visit_coverage_rate", Decimal("33.3"), Decimal("66.7"))]
    with clock.at(LATE):
        checkin.verify(actor=locked.actor("chen"), visit_ids=[visit], valid=False, text="不在店")
        drained()
    assert everything() == before
    assert lines(retailer=locked.shops[1], figure="client_execute")[1:] == [("client_execute", Decimal(2), Decimal(3))]
    assert lines(**rate)[1:] == [("visit_coverage_rate", Decimal("66.7"), Decimal("33.3"))]


def client_execute(shop: Retailer) -> int:
    return int(RetailerCycle.objects.values_list("client_execute", flat=True).get(month=MARCH, retailer=shop))


def reopen(client: Any, cast: Cast, **body: Any) -> Any:
    return client.post(
        f"/api/v1/months/2026-03/prefectures/{cast.prefecture.pk}/reopen",
        json.dumps({"reason": "四月初补录走访", "until": "2026-04-15", **body}),
        content_type="application/json",
        HTTP_IDEMPOTENCY_KEY=str(uuid4()),
    )


def test_a_reopened_month_takes_its_lines_in_and_locks_again(locked: Cast) -> None:
    shop = locked.shops[1]
    with clock.at(LATE):
        land_visit(locked, shop, date(2026, 3, 31))
        drained()
        zhao = phone_of(locked.zhao)
        answer = reopen(zhao, locked)
        assert (answer.status_code, answer.json()["state"]) == (200, "measured"), answer.json()
        assert answer.json()["reopened_until"] == "2026-04-15"
        assert client_execute(shop) == 2
        assert client_execute(locked.shops[2]) == 1
        assert Result.objects.get(action__retailer=shop).value == 1
        assert not Adjustment.objects.filter(absorbed_at=None).exists()
        land_visit(locked, locked.shops[2], date(2026, 3, 30))  # straight into the open month
        drained()
        assert reopen(zhao, locked).json()["code"] == "month_not_locked"
    assert not Adjustment.objects.filter(absorbed_at=None).exists()
    assert client_execute(locked.shops[2]) == 2
    with at(4, 15, 23):
        months.keep()
        assert PrefectureMonth.objects.get(month=MARCH).state == "measured"
    with at(4, 16):
        months.keep()
        row = PrefectureMonth.objects.get(month=MARCH)
    assert (row.state, row.reopened_until) == ("locked", None)
    coverage = FrozenFigure.objects.get(month=MARCH, unit=locked.county, kpi="visit_coverage_rate")
    assert coverage.value == Decimal(100)
    entry = AuditEntry.objects.get(act="months.reopen")
    assert (entry.reason, entry.actor_id, entry.unit_id) == (
        "四月初补录走访",
        locked.zhao.pk,
        locked.prefecture.pk,
    )


@pytest.mark.parametrize(
    ("who", "body", "status", "code"),
    [
        ("lin", {}, 403, "forbidden"),
        ("he", {}, 403, "forbidden"),
        ("zhao", {"reason": " "}, 400, "invalid"),
        ("zhao", {"until": "2026-04-09"}, 400, "invalid"),
        ("zhao", {"until": "2026-05-12"}, 400, "invalid"),
    ],
)
def test_a_reopening_that_may_not_be_changes_nothing(
    locked: Cast, who: str, body: dict[str, str], status: int, code: str
) -> None:
    before = everything()
    with clock.at(LATE):
        answer = reopen(phone_of(locked.people[who]), locked, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert PrefectureMonth.objects.get(month=MARCH).state == "locked"
    assert everything() == before
    assert not AuditEntry.objects.filter(act="months.reopen").exists()


def test_lines_are_listed_within_scope_and_shown_beside_frozen_figures(locked: Cast, sign_in: SignIn) -> None:
    shop = locked.shops[1]
    with clock.at(LATE):
        land_visit(locked, shop, date(2026, 3, 31))
        drained()
        lin, wu, zhao = (phone_of(locked.people[name]) for name in ("lin", "wu", "zhao"))
        mine = lin.get(f"/api/v1/adjustments?month=2026-03&retailer={shop.pk}&figure=client_execute").json()["results"]
        assert [(row["before"], row["after"], row["on_date"]) for row in mine] == [("missed", "done", "2026-04-10")]
        assert wu.get("/api/v1/adjustments").json()["results"] == []
        county = zhao.get(f"/api/v1/adjustments?unit={locked.county.pk}&absorbed=false&page_size=200").json()["results"]
        assert {row["unit"] for row in county} == {
            None,
            locked.county.pk,
            locked.office.pk,
            locked.territory.pk,
        }
        told = zhao.get(f"/api/v1/months/2026-03/figures?unit={locked.county.pk}").json()
        coverage = next(f for f in told["figures"] if f["kpi"] == "visit_coverage_rate")
        assert (told["state"], coverage["frozen"], coverage["adjusted"]) == ("locked", "33.3", "66.7")
        assert coverage["adjustments"] == [{"on_date": "2026-04-10", "before": "33.3", "after": "66.7"}]
        assert wu.get(f"/api/v1/months/2026-03/figures?unit={locked.county.pk}").status_code == 404
        state = lin.get("/api/v1/months").json()["results"]
        assert [row["prefectures"][0]["state"] for row in state if row["month"] == "2026-03"] == ["locked"]
        one = lin.get(f"/api/v1/months/2026-03/prefectures/{locked.prefecture.pk}")
        assert (one.status_code, one.json()["lock_on"], one.json()["state"]) == (200, "2026-04-08", "locked")
        assert lin.get(f"/api/v1/months/2026-03/prefectures/{locked.county.pk}").status_code == 404
