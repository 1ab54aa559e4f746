"""The nightly check finds what differs from the facts, tells it, has it made anew, and measures what is behind."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from rest_framework.test import APIClient

from backend import clock, marks, metrics
from backend.models import Notice, Person, Position
from market.models import RollupCheck, UnitProductMonth, UnitSubjectMonth
from market.orders import loading
from market.orders.loading import OrderLineRow
from market.rollups import check as rollup_check
from market.rollups import recompute, segments
from tests.cast import TODAY, Cast
from tests.market.facts import rollup_rows

NIGHT = datetime(2026, 3, 17, 2, 30, tzinfo=clock.BUSINESS_ZONE)
MARCH = date(2026, 3, 1)


@pytest.fixture
def summed(cast: Cast) -> Cast:
    orders = [OrderLineRow(f"N{n}", shop.code, TODAY, "P1", 6, 5, 5, 50_000) for n, shop in enumerate(cast.shops)]
    loading.load_orders(orders)
    with clock.at(NIGHT):
        keep_up()
    return cast


def keep_up() -> None:
    recompute.turn()
    recompute.drain()
    segments.drain()


def gauges() -> dict[str, float]:
    lines = metrics.exposition().decode().splitlines()
    named = [line.split() for line in lines if line.startswith(("rollups_", "segments_"))]
    return {name: float(value) for name, value in named}


def test_a_night_without_a_difference_is_noted_and_nobody_is_told(summed: Cast) -> None:
    before = rollup_rows()
    with clock.at(NIGHT):
        made = rollup_check.follow()
        assert made is not None
        assert (made.on_date, made.keys, made.differing) == (date(2026, 3, 17), 6, [])  # 3 territories, 2 months
        assert rollup_check.follow() is None  # once a night
    assert rollup_rows() == before
    assert (marks.lag(recompute.CONSUMER).count, Notice.objects.filter(kind=rollup_check.KIND).count()) == (0, 0)


def test_a_row_that_is_wrong_is_found_told_to_the_administrators_and_made_anew(summed: Cast) -> None:
    person = Person.objects.create(username="operator", name="运维")
    during = DateRange(date(2024, 1, 1), None)
    Position.objects.create(person=person, unit=summed.nation, role_id="administrator", during=during)
    UnitProductMonth.objects.filter(unit=summed.territory, month=MARCH).update(cartons=99)
    UnitSubjectMonth.objects.filter(unit=summed.county, month=MARCH, segment_kind=3, subject_kind=0).update(asked=7)
    with clock.at(NIGHT):
        made = rollup_check.follow()
        assert made is not None
        found = {(one["table"], one["unit"]): one["rows"] for one in made.differing}
        assert found[("market_unitproductmonth", summed.territory.pk)] == 2  # as it is kept, and as it should be
        told = Notice.objects.get(person=person, kind=rollup_check.KIND)
        assert told.params["differing"] == len(made.differing)
        assert gauges()["rollups_differing"] == len(made.differing)
        assert gauges()["rollups_waiting"] == 6
        keep_up()
        assert UnitProductMonth.objects.get(unit=summed.territory, month=MARCH).cartons == 15
        assert rollup_check.check().differing == []


def test_it_waits_for_the_night_and_for_what_is_behind(summed: Cast) -> None:
    with clock.at(NIGHT - timedelta(hours=1)):
        assert rollup_check.follow() is None
    loading.load_orders([OrderLineRow("N9", summed.shops[0].code, TODAY, "P2", None, None, 5, 50_000)])
    with clock.at(NIGHT):
        assert rollup_check.follow() is None
        keep_up()
        assert rollup_check.follow() is not None
    assert RollupCheck.objects.count() == 1


def test_what_waits_is_measured_with_the_age_and_the_key_of_the_oldest(summed: Cast, as_lin: APIClient) -> None:
    loading.load_orders([OrderLineRow("N9", summed.shops[0].code, TODAY, "P2", None, None, 5, 50_000)])
    with clock.at(clock.now() + timedelta(seconds=40)):
        recompute.drain()
        found = gauges()
    assert (found["rollups_waiting"], found["rollups_lag_seconds"], found["rollups_oldest_unit"]) == (0, 0, 0)
    assert (found["segments_waiting"], found["segments_lag_seconds"]) == (1, 40)
    assert (found["segments_oldest_unit"], found["segments_oldest_date"]) == (summed.territory.pk, 20_260_301)
