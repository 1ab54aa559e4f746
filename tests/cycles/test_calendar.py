"""The working calendar and the dates of a month: the example of docs/method.md exactly, and what always holds."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import given
from hypothesis import strategies as st

from backend import clock
from backend.models import Parameter
from cycles.calendar import Terms, WorkingCalendar, dates_of
from cycles.grid import CELLS
from cycles.models import CalendarDay
from cycles.queries import dates_at
from tests.cast import Cast

PLAIN = WorkingCalendar()
MONTHS = st.dates(date(2005, 1, 1), date(2060, 12, 1)).map(lambda day: day.replace(day=1))


def at(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=clock.BUSINESS_ZONE)


def test_scenario_1_the_dates_of_november_2025() -> None:
    dates = dates_of(date(2025, 11, 1), PLAIN)
    assert dates.opens_at == at(2025, 10, 31, 0, 30)
    assert dates.plan_due_on == date(2025, 10, 31)
    assert dates.forecast_due_on == date(2025, 11, 3)
    assert dates.evaluation_due_at == at(2025, 12, 1, 18)
    assert dates.improvement_due_on == date(2025, 12, 3)
    assert dates.lock_on == date(2025, 12, 5)
    assert dates.locks_at == at(2025, 12, 6, 0)
    assert dates.measures_at == at(2025, 12, 1, 0, 30)
    assert dates.weekly_summaries_on == tuple(date(2025, 11, n) for n in (3, 10, 17, 24))
    assert dates.provisional is False
    assert dates_of(date(2025, 10, 1), PLAIN).evaluation_due_at == at(2025, 11, 3, 18)  # 1 November is a Saturday


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2025, 10, 1), False),  # National Day, a Wednesday
        (date(2025, 10, 11), True),  # a Saturday made up for it
        (date(2025, 10, 12), False),  # a Sunday
        (date(2026, 2, 16), False),  # Spring Festival, a Monday
        (date(2026, 2, 28), True),  # a Saturday made up for it
        (date(2027, 1, 1), False),  # not published: 1 January, a Friday
        (date(2027, 1, 4), True),
        (date(2027, 10, 1), True),  # a National Day that is not published yet counts as its weekday
        (date(2027, 10, 2), False),
    ],
)
def test_holidays_and_make_up_days_count_as_published(day: date, worked: bool) -> None:
    assert PLAIN.is_working(day) is worked


def test_an_override_wins_over_what_is_published() -> None:
    calendar = WorkingCalendar({date(2025, 10, 31): False, date(2025, 11, 1): True})
    dates = dates_of(date(2025, 11, 1), calendar)
    assert (dates.plan_due_on, dates.forecast_due_on) == (date(2025, 10, 30), date(2025, 11, 3))
    assert dates_of(date(2025, 10, 1), calendar).evaluation_due_at == at(2025, 11, 1, 18)


def test_dates_in_a_year_not_published_are_provisional_until_their_days_are_set() -> None:
    december, november = date(2026, 12, 1), date(2026, 11, 1)
    assert dates_of(november, PLAIN).provisional is False
    dates = dates_of(december, PLAIN)
    assert (dates.evaluation_due_at, dates.lock_on, dates.provisional) == (at(2027, 1, 4, 18), date(2027, 1, 8), True)
    january = [date(2027, 1, n) for n in range(1, 9)]
    confirmed = WorkingCalendar({day: PLAIN.is_working(day) for day in january})
    assert dates_of(december, confirmed).provisional is False
    del confirmed.overrides[january[0]]  # type: ignore[attr-defined]  # a dict here
    assert dates_of(december, confirmed).provisional is True


def test_a_prefecture_with_terms_of_its_own_has_dates_of_its_own() -> None:
    own = Terms(
        plan_working_day=2,
        forecast_day=5,
        summary_weekday=5,
        evaluation_working_day=2,
        improvement_working_day=4,
        lock_working_day=7,
    )
    dates = dates_of(date(2025, 11, 1), PLAIN, own)
    assert dates.opens_at == at(2025, 10, 31, 0, 30)  # national
    assert (dates.plan_due_on, dates.forecast_due_on) == (date(2025, 10, 30), date(2025, 11, 5))
    assert dates.weekly_summaries_on == tuple(date(2025, 11, n) for n in (7, 14, 21, 28))
    assert (dates.measures_at, dates.evaluation_due_at) == (at(2025, 12, 2, 0, 30), at(2025, 12, 2, 18))
    assert (dates.improvement_due_on, dates.lock_on) == (date(2025, 12, 4), date(2025, 12, 9))


def test_terms_out_of_order_or_out_of_a_calendar_count_as_the_nearest_that_is_in() -> None:
    absurd = Terms(0, 31, 9, evaluation_working_day=4, improvement_working_day=2, lock_working_day=99)
    assert absurd.in_order() == Terms(1, 28, 7, 4, 4, 15)


def test_the_weekly_summary_skips_a_week_of_holidays() -> None:
    """National Day 2025: 1 to 8 October, so that Monday 6 rolls to Thursday 9."""
    october = dates_of(date(2025, 10, 1), PLAIN)
    assert october.weekly_summaries_on == tuple(date(2025, 10, n) for n in (9, 13, 20, 27))
    february = dates_of(date(2026, 2, 1), PLAIN)  # Spring Festival: 15 to 23 February
    assert february.weekly_summaries_on == tuple(date(2026, 2, n) for n in (2, 9, 24))


@given(MONTHS)
def test_the_dates_of_every_month_fall_on_working_days_in_their_order(month: date) -> None:
    dates = dates_of(month, PLAIN)
    after = clock.add_months(month, 1)
    evaluation_on = clock.business_date(dates.evaluation_due_at)
    for day in (dates.plan_due_on, dates.forecast_due_on, evaluation_on, dates.improvement_due_on, dates.lock_on):
        assert PLAIN.is_working(day)
    assert dates.plan_due_on < month <= month.replace(day=3) <= dates.forecast_due_on < after
    assert after <= evaluation_on < dates.improvement_due_on < dates.lock_on
    assert not any(PLAIN.is_working(day) for day in _between(dates.plan_due_on, month))
    worked = [day for day in _between(after - timedelta(days=1), dates.lock_on) if PLAIN.is_working(day)]
    assert [*worked, dates.lock_on] == [evaluation_on, worked[1], dates.improvement_due_on, worked[3], dates.lock_on]


@given(MONTHS)
def test_a_month_opens_before_it_begins_and_after_the_month_before_was_opened(month: date) -> None:
    opens_at = dates_of(month, PLAIN).opens_at
    assert dates_of(clock.add_months(month, -1), PLAIN).opens_at < opens_at < clock.start_of(month)
    assert opens_at.utcoffset() == timedelta(hours=8)


@given(MONTHS, st.sets(st.integers(-20, 50), max_size=30))
def test_overrides_move_dates_but_never_out_of_order(month: date, days_off: set[int]) -> None:
    calendar = WorkingCalendar({month + timedelta(days=n): False for n in days_off})
    dates = dates_of(month, calendar)
    evaluation_on = clock.business_date(dates.evaluation_due_at)
    assert dates.plan_due_on < dates.forecast_due_on
    assert evaluation_on < dates.improvement_due_on < dates.lock_on
    assert all(calendar.is_working(d) for d in (dates.plan_due_on, evaluation_on, dates.lock_on))


def test_every_cell_is_due_inside_its_months_work() -> None:
    dates = dates_of(date(2025, 11, 1), PLAIN)
    assert {cell.column: cell.due_on(dates).isoformat() for cell in CELLS} == {
        "client_analyze": "2025-10-31",
        "client_plan": "2025-10-31",
        "client_execute": "2025-11-30",
        "client_evaluate": "2025-12-01",
        "client_improve": "2025-12-03",
        "brand_analyze": "2025-10-31",
        "brand_plan": "2025-10-31",
        "brand_execute": "2025-11-30",
        "brand_evaluate": "2025-12-01",
        "brand_improve": "2025-12-03",
        "market_analyze": "2025-10-31",
        "market_plan": "2025-11-03",
        "market_execute": "2025-11-30",
        "market_evaluate": "2025-12-01",
        "market_improve": "2025-12-05",
    }


@pytest.mark.django_db
def test_the_dates_of_many_months_read_the_overrides_once(cast: Cast, django_assert_num_queries: object) -> None:
    CalendarDay.objects.create(day=date(2025, 12, 5), is_working=False)
    places = [(cast.prefecture.pk, date(2025, 11, 1)), (cast.prefecture.pk, date(2025, 10, 1))]
    with django_assert_num_queries(2):  # type: ignore[operator]
        found = dates_at(places)
    assert [found[place].lock_on for place in places] == [date(2025, 12, 8), date(2025, 11, 7)]


def test_a_term_holds_where_and_from_when_it_was_set(cast: Cast, django_assert_num_queries: object) -> None:
    """The nearest unit wins, by what was in force on the month's first day."""
    Parameter.objects.create(
        unit=cast.hubei, key="cycles.lock_working_day", value=6, during=DateRange(date(2025, 12, 1), None)
    )
    november, december = date(2025, 11, 1), date(2025, 12, 1)
    places = [(cast.prefecture.pk, november), (cast.prefecture.pk, december), (cast.nation.pk, december)]
    with django_assert_num_queries(2):  # type: ignore[operator]
        found = dates_at(places)
    assert [found[place].lock_on for place in places] == [date(2025, 12, 5), date(2026, 1, 9), date(2026, 1, 8)]


def _between(first: date, last: date) -> list[date]:
    """Days after the first and before the last."""
    return [first + timedelta(days=n) for n in range(1, (last - first).days)]
