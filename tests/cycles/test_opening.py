"""Opening a month: whose row, which cells, which dates; a second run adds nothing."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.core.management import call_command
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Sum

from backend import clock, ticks
from backend.models import Position
from backend.scope import visible_to
from cycles import month as months
from cycles.grid import COLUMNS
from cycles.models import ManagerCycle, Month, OpeningChunk, RetailerCycle
from retail.models import Assignment, Classification
from tests.cast import Cast, make_shop
from tests.cycles.crowd import add_shops, hash_of

NOVEMBER = date(2025, 11, 1)
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def shanghai(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=clock.BUSINESS_ZONE)


def opening_cells(row: RetailerCycle) -> dict[str, int]:
    return {column: getattr(row, column) for column in COLUMNS}


AT_OPENING = {column: 1 if column.endswith("_execute") else 0 for column in COLUMNS}


def test_scenario_1_a_manager_with_186_shops(cast: Cast) -> None:
    """On Friday 31 October 2025 at 00:30, the last working day, November opens; a minute earlier it does not."""
    add_shops(cast.territory, 183)
    with clock.at(shanghai(2025, 10, 31, 0, 29)):
        months.open_due()
    assert list(Month.objects.values_list("month", flat=True)) == [date(2025, 10, 1)]

    with clock.at(shanghai(2025, 10, 31, 0, 30)):
        opened = months.open_due()
    assert [(o.month, o.is_open, o.added) for o in opened] == [(NOVEMBER, True, 188)]  # and Wu's two
    mine = RetailerCycle.objects.filter(month=NOVEMBER, territory=cast.territory)
    assert mine.count() == 186
    assert {tuple(opening_cells(row).items()) for row in mine} == {tuple(AT_OPENING.items())}
    assert set(mine.values_list("county_id", flat=True)) == {cast.county.pk}
    hers = ManagerCycle.objects.filter(month=NOVEMBER, person=cast.lin)
    assert [(row.role_id, row.unit_id) for row in hers] == [("account_manager", cast.territory.pk)]
    assert hers[0].pk.version == 7


def test_a_second_run_adds_nothing(cast: Cast) -> None:
    add_shops(cast.territory, 183)
    assert months.open_month(MARCH).added == 188
    before = hash_of(MARCH)
    assert months.open_month(MARCH).added == 0
    assert months.open_due() == []
    assert hash_of(MARCH) == before


def test_account_market_and_brand_managers_have_a_month_and_nobody_else(cast: Cast) -> None:
    months.open_month(MARCH)
    names = ManagerCycle.objects.filter(month=MARCH).values_list("person__username", "role_id")
    assert sorted(names) == [
        ("chen", "market_manager"),
        ("feng", "brand_manager"),
        ("lin", "account_manager"),
        ("ma", "account_manager"),
        ("wu", "account_manager"),
    ]


def test_opening_makes_the_partition_of_a_month_that_has_none(cast: Cast) -> None:
    far = date(2019, 2, 1)
    add_shops(cast.territory, 2, since=date(2018, 1, 1))
    with clock.at(shanghai(2019, 2, 10, 9)):
        assert months.open_month(far).added == 2
    assert RetailerCycle.objects.filter(month=far).count() == 2


def test_chunks_are_cut_by_retailer_and_cover_all(cast: Cast) -> None:
    add_shops(cast.territory, 183)
    heard: list[int] = []
    assert months.open_month(MARCH, chunk_retailers=50, report=heard.append).added == 188
    assert heard == [50, 50, 50, 38]
    assert OpeningChunk.objects.filter(month=MARCH).aggregate(all=Sum("rows")) == {"all": 188}
    in_chunks = hash_of(MARCH)
    RetailerCycle.objects.filter(month=MARCH).delete()
    assert months.open_month(MARCH).added == 188  # by anti-join: the same rows
    assert hash_of(MARCH) == in_chunks


def test_closed_and_unassigned_shops_stay_out_and_suspended_ones_come_in(cast: Cast) -> None:
    closed, suspended, closing = cast.shops
    Classification.objects.filter(retailer=closed).update(state="closed")
    Classification.objects.filter(retailer=suspended).update(state="suspended")
    Classification.objects.filter(retailer=closing).update(during=DateRange(date(2024, 1, 1), date(2026, 3, 20)))
    later = Classification.objects.get(retailer=closing)
    later.pk, later.during, later.state = None, DateRange(date(2026, 3, 20), None), "closed"
    later.save()
    make_shop(cast.territory, 50, assigned=False)
    months.open_month(MARCH)
    mine = RetailerCycle.objects.filter(month=MARCH, territory=cast.territory).values_list("retailer_id", flat=True)
    assert set(mine) == {suspended.pk, closing.pk}  # closing on the 20th: still a shop of this month on the 16th


def test_the_next_month_takes_the_territories_of_its_first_day(cast: Cast) -> None:
    """Opened on 31 March for April: a shop that moves on 1 April is already with its new territory."""
    moving = cast.shops[0]
    Assignment.objects.filter(retailer=moving).update(during=DateRange(date(2024, 1, 1), APRIL))
    Assignment.objects.create(retailer=moving, territory=cast.next_territory, during=DateRange(APRIL, None))
    with clock.at(shanghai(2026, 3, 31, 0, 30)):
        assert [o.month for o in months.open_due()] == [MARCH, APRIL]
    rows = RetailerCycle.objects.filter(retailer=moving).values_list("month", "territory_id")
    assert set(rows) == {(MARCH, cast.territory.pk), (APRIL, cast.next_territory.pk)}


def test_a_change_that_was_agreed_for_a_later_day_arrives_on_that_day(cast: Cast) -> None:
    months.open_month(MARCH)
    day, moving = date(2026, 3, 20), cast.shops[0]
    Assignment.objects.filter(retailer=moving).update(during=DateRange(date(2024, 1, 1), day))
    Assignment.objects.create(retailer=moving, territory=cast.next_territory, during=DateRange(day, None))
    joining = make_shop(cast.territory, 60, since=day)
    Position.objects.create(person=cast.zhao, unit=cast.office, role_id="market_manager", during=DateRange(day, None))
    with clock.at(shanghai(2026, 3, 19, 23, 59)):
        months.keep()
    assert RetailerCycle.objects.get(month=MARCH, retailer=moving).territory_id == cast.territory.pk
    with clock.at(shanghai(2026, 3, 20, 0, 0)):
        months.keep()
        months.keep()
    assert RetailerCycle.objects.get(month=MARCH, retailer=moving).territory_id == cast.next_territory.pk
    assert RetailerCycle.objects.get(month=MARCH, retailer=joining).territory_id == cast.territory.pk
    assert ManagerCycle.objects.filter(month=MARCH, person=cast.zhao).count() == 1


def test_months_missed_while_the_system_was_down_are_opened_oldest_first(cast: Cast) -> None:
    months.open_month(date(2025, 12, 1))
    assert [o.month for o in months.open_due()] == [date(2026, 1, 1), date(2026, 2, 1), MARCH]
    assert RetailerCycle.objects.count() == 20


def test_a_locked_month_changes_no_more(cast: Cast) -> None:
    """March locks after Wednesday 8 April, its N5 behind the Qingming holiday: open execute cells were missed."""
    months.open_month(MARCH)
    with clock.at(shanghai(2026, 4, 8, 23, 59)):
        months.keep()
    assert Month.objects.get(month=MARCH).state == "open"
    with clock.at(shanghai(2026, 4, 9, 0, 0)):
        months.keep()
        assert Month.objects.get(month=MARCH).state == "locked"
        locked = hash_of(MARCH)
        Assignment.objects.filter(retailer=cast.shops[0]).update(territory=cast.next_territory)
        make_shop(cast.territory, 70)
        months.keep()
        assert months.open_month(MARCH).added == 0
    assert hash_of(MARCH) == locked
    cells = opening_cells(RetailerCycle.objects.get(month=MARCH, retailer=cast.shops[0]))
    assert {cells[column] for column in COLUMNS if column.endswith("_execute")} == {3}
    assert 1 not in cells.values()


def test_the_tick_opens_the_running_month(cast: Cast) -> None:
    ran = ticks.run_all()
    assert ran["cycles.month"] is True
    assert ran["cycles.changes"] is True
    assert list(Month.objects.values_list("month", "state")) == [(MARCH, "open")]


def test_the_command_opens_past_months_too_and_says_what_it_did(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("open_months", "--since", "2026-01")
    said = capsys.readouterr().out
    assert [line for line in said.splitlines() if "open" in line] == [
        "2026-01: 已打开 · open, +5",
        "2026-02: 已打开 · open, +5",
        "2026-03: 已打开 · open, +5",
    ]
    states = dict(Month.objects.values_list("month", "state"))
    assert states == {date(2026, 1, 1): "locked", date(2026, 2, 1): "locked", MARCH: "open"}
    call_command("open_months")
    assert "没有待打开的月份" in capsys.readouterr().out


def test_an_opened_month_is_seen_by_scope(cast: Cast) -> None:
    months.open_month(MARCH)
    seen = {name: visible_to(RetailerCycle.objects.all(), cast.actor(name)).count() for name in ("lin", "wu", "zhao")}
    assert seen == {"lin": 3, "wu": 2, "zhao": 5}
