"""A prefecture's month from its opening to its lock: drafted, asked each day, measured, drafted once more, locked."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Count

from backend import clock, marks
from backend.models import Level, Parameter, Unit
from cycles import analyze as analysis
from cycles import changes, forecast, stages
from cycles import month as months
from cycles.grid import COLUMNS
from cycles.models import (
    Action,
    Finding,
    FrozenFigure,
    ManagerCell,
    ManagerCycle,
    Month,
    PrefectureMonth,
    Result,
    RetailerCycle,
)
from retail.models import Classification, Retailer
from tests.cast import ALWAYS, TODAY, Cast, make_shop
from tests.cycles.facts import land_visit

FEBRUARY, MARCH, APRIL = date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)
NONE, OPEN, DONE, MISSED, NOT_APPLICABLE = range(5)


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> Any:
    return clock.at(datetime(2026, month, day, hour, minute, tzinfo=clock.BUSINESS_ZONE))


def state_of(cast: Cast, month: date = MARCH) -> PrefectureMonth:
    return PrefectureMonth.objects.get(month=month, prefecture=cast.prefecture)


def cells_of(shop: Retailer) -> dict[str, int]:
    return RetailerCycle.objects.filter(month=MARCH, retailer=shop).values(*COLUMNS).get()


def another_prefecture(cast: Cast) -> Unit:
    """A second prefecture with one territory and one shop."""
    unit, parent = None, cast.hubei
    for code, level in (("4203", Level.PREFECTURE), ("420301", Level.COUNTY), ("420301-01", Level.OFFICE)):
        parent = Unit.objects.create(code=code, name=code, parent=parent, level=level, during=ALWAYS)
        unit = unit or parent
    territory = Unit.objects.create(code="420301-01-01", name="T", parent=parent, level=Level.TERRITORY, during=ALWAYS)
    territory.refresh_from_db()
    make_shop(territory, 300)
    assert unit is not None
    return unit


def test_a_month_that_opens_is_drafted_prefecture_by_prefecture(cast: Cast) -> None:
    with at(2, 28, 0, 30) as moment:  # the last working day, a Saturday made up for Spring Festival
        months.keep()
        months.keep()
    row = state_of(cast)
    assert (row.state, row.analyzed_on, row.planned_at) == ("open", date(2026, 2, 28), moment)
    assert Finding.objects.filter(rule="client.visit_overdue", closed_on=None).count() == 5
    assert Action.objects.filter(month=MARCH, rule="client.visit_overdue", state="drafted").count() == 5
    assert cells_of(cast.shops[0])["client_analyze"] == DONE
    assert cells_of(cast.shops[0])["client_plan"] == OPEN


def test_a_worker_stopped_between_two_steps_leaves_what_the_next_one_finishes(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> int:
        raise ValueError("stopped")

    with monkeypatch.context() as broken:
        broken.setattr(forecast, "draft", stopped)
        months.keep()
    row = state_of(cast)
    assert (row.analyzed_on, row.planned_at) == (TODAY, None)
    drafted = set(Action.objects.values_list("pk", flat=True))
    assert drafted
    months.keep()
    assert state_of(cast).planned_at is not None
    assert set(Action.objects.values_list("pk", flat=True)) == drafted


def test_a_prefecture_that_cannot_go_on_holds_up_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    other, analyze = another_prefecture(cast), analysis.analyze

    def failing(month: date, as_of: date, prefectures: list[int], **more: Any) -> Any:
        if prefectures == [cast.prefecture.pk]:
            raise ValueError("a fact that cannot be read")
        return analyze(month, as_of, prefectures, **more)

    monkeypatch.setattr(analysis, "analyze", failing)
    months.keep()
    planned = dict(PrefectureMonth.objects.filter(month=MARCH).values_list("prefecture_id", "planned_at"))
    assert planned[cast.prefecture.pk] is None
    assert planned[other.pk] is not None


def test_a_tick_without_time_leaves_the_rest_to_the_next(cast: Cast) -> None:
    months.open_due()
    assert stages.advance(within_s=-1.0) == 0
    assert state_of(cast).planned_at is None
    assert stages.advance() == 1
    assert state_of(cast).planned_at is not None


def test_rules_of_every_day_are_asked_once_each_day_of_the_month(cast: Cast) -> None:
    months.keep()
    Retailer.objects.filter(pk=cast.shops[0].pk).update(licence_valid_until=date(2026, 4, 16))
    months.keep()
    expiring = Finding.objects.filter(retailer=cast.shops[0], rule="client.licence_expiring")
    assert (state_of(cast).analyzed_on, expiring.count()) == (TODAY, 0)
    with at(3, 17, 0, 5):
        months.keep()
    assert (state_of(cast).analyzed_on, expiring.get().opened_on) == (date(2026, 3, 17), date(2026, 3, 17))
    with at(4, 1, 0, 0):  # the month is over
        months.keep()
    assert state_of(cast).analyzed_on == date(2026, 3, 17)


def test_a_month_is_measured_early_on_its_evaluation_day_and_its_follower_is_drafted_once_more(cast: Cast) -> None:
    months.keep()
    visited, missed = cast.shops[:2]
    for shop in (visited, missed):
        Action.objects.filter(month=MARCH, retailer=shop, rule="client.visit_overdue").update(
            state="accepted", target=1, decided_at=clock.now(), decided_by=cast.lin
        )
    land_visit(cast, visited, TODAY)
    changes.drain_once()
    with at(3, 31, 0, 30):
        months.keep()
        assert (state_of(cast).state, state_of(cast, APRIL).redrafted_at) == ("open", None)
    with at(4, 1, 0, 29):
        months.keep()
        assert state_of(cast).state == "open"
    with at(4, 1, 0, 30) as moment:
        months.keep()
        months.keep()
        row, after = state_of(cast), state_of(cast, APRIL)
        assert (row.state, row.measured_at) == ("measured", moment)
        assert (after.analyzed_on, after.redrafted_at) == (date(2026, 4, 1), moment)
    outcomes = dict(Result.objects.values_list("action__retailer_id", "outcome"))
    assert outcomes == {visited.pk: "hit", missed.pk: "miss"}
    carried = Action.objects.filter(month=APRIL, improvement__isnull=False)
    assert list(carried.values_list("retailer_id", "improvement__state")) == [(missed.pk, "proposed")]
    assert cells_of(missed)["client_evaluate"] == OPEN  # the miss has no reason yet
    with at(4, 2, 9):
        months.keep()
        assert state_of(cast, APRIL).redrafted_at == moment


def test_what_becomes_known_of_a_shop_after_the_measuring_measures_it_again(cast: Cast) -> None:
    shop = cast.shops[0]
    Retailer.objects.filter(pk=shop.pk).update(licence_valid_until=date(2026, 3, 10))
    months.keep()
    Action.objects.filter(month=MARCH, retailer=shop, rule="client.licence_expired").update(
        state="accepted", decided_at=clock.now(), decided_by=cast.lin
    )
    result = Result.objects.filter(action__retailer=shop)
    with at(4, 1, 0, 30):
        months.keep()
        assert result.values_list("outcome", "value").get() == ("miss", Decimal(-21))
    with at(4, 2, 9):
        with transaction.atomic():
            Retailer.objects.filter(pk=shop.pk).update(licence_valid_until=date(2031, 3, 31))
            marks.mark("retailers", [(cast.territory.pk, date(2026, 4, 2))])
        changes.drain_once()
        assert result.values_list("outcome", "value").get() == ("hit", Decimal(1826))


def test_each_prefecture_locks_by_its_own_terms_and_the_month_with_the_last(cast: Cast) -> None:
    later = another_prefecture(cast)
    Parameter.objects.create(unit=later, key="cycles.lock_working_day", value=7, during=ALWAYS)
    months.keep()

    def states() -> list[str]:
        months.keep()
        found = PrefectureMonth.objects.filter(month=MARCH).order_by("prefecture__code")
        return [*found.values_list("state", flat=True), Month.objects.get(month=MARCH).state]

    with at(4, 8, 23, 59):
        assert states() == ["measured", "measured", "open"]
    with at(4, 9):
        assert states() == ["locked", "measured", "open"]
    with at(4, 10, 23, 59):
        assert states() == ["locked", "measured", "open"]
    with at(4, 11):
        assert states() == ["locked", "locked", "locked"]


def test_the_lock_freezes_figures_papers_and_scorecards(cast: Cast, as_zhao: Any) -> None:
    land_visit(cast, cast.shops[0], date(2026, 3, 2), observations=({"product_id": cast.products[0].pk},))
    months.keep()
    with at(4, 9):
        months.keep()
        board = as_zhao.get(f"/api/v1/boards/market?unit={cast.county.pk}&month=2026-03").json()
    frozen = {f.kpi: f.value for f in FrozenFigure.objects.filter(month=MARCH, unit=cast.county)}
    shown = {f["kpi"]: f["value"] for f in board["figures"]}
    assert {kpi: value and float(value) for kpi, value in shown.items()} == {
        kpi: None if (value := frozen[kpi]) is None else float(value) for kpi in shown
    }
    assert frozen["visit_coverage_rate"] == Decimal("33.3")
    hers = ManagerCycle.objects.get(month=MARCH, person=cast.lin)
    assert hers.scorecard is not None
    territory = FrozenFigure.objects.filter(month=MARCH, unit=cast.territory, kpi__in=hers.scorecard)
    assert {f.kpi: f.value and float(f.value) for f in territory} == {
        kpi: value and float(value) for kpi, value in hers.scorecard.items()
    }
    states = ManagerCell.objects.filter(cycle__month=MARCH).values_list("state").annotate(n=Count("id"))
    assert dict(states) == {"locked": 15 * ManagerCycle.objects.filter(month=MARCH).count()}


def close(shop: Retailer, on: date, state: str = "closed") -> None:
    """The shop is in another state from a day on."""
    Classification.objects.filter(retailer=shop).update(during=DateRange(date(2024, 1, 1), on))
    row = Classification.objects.get(retailer=shop)
    row.pk, row.during, row.state = None, DateRange(on, None), state
    row.save()


def test_a_shop_that_closes_in_the_month_keeps_what_was_done_and_is_asked_nothing_more(cast: Cast) -> None:
    months.keep()
    closing, suspended, open_shop = cast.shops
    land_visit(cast, closing, TODAY)
    close(closing, date(2026, 3, 20))
    close(suspended, date(2026, 3, 20), "suspended")
    changes.drain_once()
    assert [cells_of(closing)[f"{d}_execute"] for d in ("client", "brand", "market")] == [DONE, OPEN, OPEN]
    with at(3, 20, 0, 5):
        months.keep()
    assert [cells_of(closing)[f"{d}_execute"] for d in ("client", "brand", "market")] == [DONE, *[NOT_APPLICABLE] * 2]
    assert OPEN not in cells_of(closing).values()
    assert [cells_of(suspended)[f"{d}_execute"] for d in ("client", "brand", "market")] == [OPEN] * 3
    with at(4, 9):
        months.keep()
    assert MISSED not in cells_of(closing).values()
    assert [cells_of(shop)["client_execute"] for shop in (suspended, open_shop)] == [MISSED, MISSED]
