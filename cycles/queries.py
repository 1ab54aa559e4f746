"""Every read of the cycles with a name: rows in scope, the calendar, a unit's progress, the facts behind a cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, QuerySet

from backend import clock
from backend.errors import Problem
from backend.models import Level, Unit
from backend.scope import Actor, units_under, visible_to
from cycles.calendar import MonthDates, WorkingCalendar, dates_of
from cycles.execute import KEY_PRODUCT, LANDED, PRICE_OR_STOCK
from cycles.grid import COLUMNS, CellState
from cycles.models import CalendarDay, RetailerCycle
from cycles.terms import terms_of
from visits.models import Visit

CAPABILITY = "cycles.read"


def working_calendar() -> WorkingCalendar:
    """The calendar with today's overrides. One query; read once per act, so that two workers never hold two answers."""
    return WorkingCalendar(dict(CalendarDay.objects.values_list("day", "is_working")))


def dates_at(places: Iterable[tuple[int, date]]) -> dict[tuple[int, date], MonthDates]:
    """The dates of each (prefecture, month), by the terms of that prefecture. Two queries for any number."""
    held, calendar = terms_of(set(places)), working_calendar()
    return {(unit, month): dates_of(month, calendar, terms) for (unit, month), terms in held.items()}


def dates_for(unit: Unit, month: date) -> MonthDates:
    """The dates of a month as they are in the unit's prefecture. Two queries."""
    place = (prefecture_of(unit), month)
    return dates_at([place])[place]


def prefecture_of(unit: Unit) -> int:
    """The prefecture whose terms a unit's months keep; above the prefectures the unit's own."""
    return int(unit.ancestors[Level.PREFECTURE]) if unit.level > Level.PREFECTURE else unit.pk


def cycle_of(actor: Actor, month: date, retailer_id: UUID) -> RetailerCycle:
    """A shop's month with its shop, if the actor may see it, else `not_found`. One query."""
    rows = visible_to(RetailerCycle.objects.select_related("retailer", "county"), actor)
    found = rows.filter(month=month, retailer_id=retailer_id).first()
    if found is None:
        raise Problem("not_found")
    return found


def calendar_day(actor: Actor, day: date) -> CalendarDay | None:
    """What was set for a day against the published calendar, if anything. One query."""
    return visible_to(CalendarDay.objects.filter(day=day), actor).first()


@dataclass
class Progress:
    """How far a unit's month is: its shops, and for each of the 15 cells how many shops are in each state."""

    unit: Unit
    shops: int = 0
    cells: dict[str, dict[CellState, int]] = field(
        default_factory=lambda: {column: dict.fromkeys(CellState, 0) for column in COLUMNS}
    )
    children: list[Progress] = field(default_factory=list)

    def add(self, states: Iterable[int], shops: int) -> None:
        """So many shops whose 15 cells are in these states, in the order of COLUMNS."""
        self.shops += shops
        for column, state in zip(COLUMNS, states, strict=True):
            self.cells[column][CellState(state)] += shops


def progress(actor: Actor, unit: Unit, month: date) -> Progress:
    """The 3 x 5 grid of a unit's month and of each unit right below it, over the shops that the actor may see.

    Two queries, whatever the size: shops are grouped by the pattern of their 15 cells, and there are few patterns.
    """
    found = Progress(unit)
    by_child: dict[int, Progress] = {}
    if unit.level < Level.TERRITORY:
        during = (month, clock.add_months(month, 1))
        children = Unit.objects.filter(parent=unit, during__overlap=during).order_by("code")
        found.children = [Progress(child) for child in children]
        by_child = {child.unit.pk: child for child in found.children}
    for *states, child_id, shops in _patterns(actor, unit, month):
        found.add(states, shops)
        if child_id in by_child:
            by_child[child_id].add(states, shops)
    return found


def _patterns(actor: Actor, unit: Unit, month: date) -> QuerySet[Any, Any]:
    """(15 states, id of the unit's child, number of shops) for every pattern that occurs."""
    rows = visible_to(RetailerCycle.objects.filter(month=month), actor).filter(territory_id__in=units_under([unit.pk]))
    below = min(unit.level + 1, Level.TERRITORY)
    return (
        rows.order_by()
        .annotate(child=F(f"territory__ancestors__{below}"))
        .values_list(*COLUMNS, "child")
        .annotate(shops=Count("retailer_id"))
    )


@dataclass(frozen=True)
class Evidence:
    """The visits behind a shop's execute cells, oldest first. `moved`: landed, but read by others now (they went with
    the shop or its territory); the states count them."""

    visits: dict[str, tuple[UUID, ...]]
    moved: int


_EVIDENCE = f"""
SELECT v.id,
    EXISTS (SELECT 1 FROM visits_observation o WHERE o.month = v.month AND o.visit_id = v.id AND {KEY_PRODUCT.format(line="o")})
    OR EXISTS (SELECT 1 FROM visits_pitch p WHERE p.month = v.month AND p.visit_id = v.id AND {KEY_PRODUCT.format(line="p")}),
    EXISTS (SELECT 1 FROM visits_observation o WHERE o.month = v.month AND o.visit_id = v.id AND {PRICE_OR_STOCK})
FROM visits_visit v WHERE v.retailer_id = %(retailer)s AND {LANDED} ORDER BY v.started_at, v.id
"""  # noqa: S608, E501  conditions of our own, the same as the cells are derived by


def evidence(actor: Actor, month: date, retailer_id: UUID) -> Evidence:
    """The visits that make the execute cells of a shop's month what they are. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_EVIDENCE, {"month": month, "retailer": retailer_id})
        landed = cursor.fetchall()
    of_shop = Visit.objects.filter(month=month, retailer_id=retailer_id)
    mine = set(visible_to(of_shop, actor).values_list("pk", flat=True)) if actor.can("visits.read") else set()
    shown = [row for row in landed if row[0] in mine]
    return Evidence(
        visits={
            "client_execute": tuple(visit for visit, _, _ in shown),
            "brand_execute": tuple(visit for visit, brand, _ in shown if brand),
            "market_execute": tuple(visit for visit, _, market in shown if market),
        },
        moved=len(landed) - len(shown),
    )
