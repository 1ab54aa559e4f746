"""The month's stops are drafted from needs and room: how many, on which days, for which reasons, and for nobody's size."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

import pytest

from backend import clock
from backend.models import Parameter
from tests.cast import Cast
from tests.cycles.ground import draft, rows, settle
from visits.models import PlannedStop

NOVEMBER = date(2025, 11, 1)
OPENING = datetime(2025, 10, 31, 0, 30, tzinfo=clock.BUSINESS_ZONE)
SCENARIO = "A" * 30 + "B" * 80 + "C" * 76


@pytest.fixture
def at_opening(held_clock: datetime):
    with clock.at(OPENING):
        yield


def test_weekly_fortnightly_and_monthly_shops_make_356_visits_spread_over_20_days(cast: Cast, at_opening: None) -> None:
    settle(cast.next_territory, SCENARIO)
    draft(NOVEMBER)
    stops = PlannedStop.objects.filter(territory=cast.next_territory, month=NOVEMBER)
    assert stops.count() == 356
    a_day = Counter(stops.values_list("on_date", flat=True))
    assert len(a_day) == 20
    assert set(a_day.values()) == {17, 18}
    visits = Counter(stops.values_list("retailer_id", flat=True))
    assert Counter(visits.values()) == {4: 30, 2: 80, 1: 76}
    assert draft(NOVEMBER) == 0
