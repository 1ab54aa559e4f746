"""Reads of intelligence with a name: what waits for whom, groups about one thing, and the digest of a month.

Asked by api.py, digest.py and block 8 of the boards. What is restricted counts only where the reader may
read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from backend import clock
from backend.models import Level, Unit
from backend.scope import Actor, units_under, visible_to
from market.intelligence import unusual
from market.intelligence.unusual import Trend
from market.models import IntelligenceItem

RESTRICTED = "restricted.read"
VERIFY, DECIDE = "intelligence.verify", "intelligence.decide"
State = IntelligenceItem.State
OPEN = (State.SUBMITTED, State.VERIFIED, State.ESCALATED)


def is_trusted(actor: Actor, unit: Unit) -> bool:
    """Whether the actor may read what is restricted of the whole unit. No query."""
    return any(RESTRICTED in one.capabilities and one.unit_id in unit.ancestors for one in actor.held)


def waiting_for(actor: Actor) -> Q:
    """Items whose next step is the actor's: at the office to be verified, at the county (or the prefecture, where they
    were sent up to it) to be decided; a restricted one is verified at the county. No query of its own."""
    offices = units_under(actor.units(VERIFY, levels=[Level.OFFICE]))
    at_county = units_under(actor.units(VERIFY, levels=[Level.COUNTY]))
    counties = units_under(actor.units(DECIDE, levels=[Level.COUNTY]))
    prefectures = units_under(actor.units(DECIDE, levels=[Level.PREFECTURE]))
    mine = (
        Q(state=State.SUBMITTED, is_restricted=False, territory__in=offices)
        | Q(state=State.SUBMITTED, is_restricted=True, territory__in=at_county)
        | Q(state=State.VERIFIED, county__in=counties)
        | Q(state=State.ESCALATED, level=Level.COUNTY, county__in=counties)
        | Q(state=State.ESCALATED, level=Level.PREFECTURE, county__in=prefectures)
    )
    return mine & ~Q(person_id=actor.person_id)


def overdue(today: date) -> Q:
    """Items that nobody has decided within the clock."""
    return Q(state__in=OPEN, due_on__lt=today)


def with_confirmations(rows: QuerySet[IntelligenceItem], actor: Actor) -> QuerySet[IntelligenceItem]:
    """Each with `confirmations`: other persons who sent one of its group, as far as the actor may read theirs."""
    others = visible_to(IntelligenceItem.objects.filter(group_id=OuterRef("group_id")), actor)
    others = others.exclude(person_id=OuterRef("person_id")).exclude(state=State.WITHDRAWN).order_by()
    counted = others.values("group_id").annotate(n=Count("person_id", distinct=True)).values("n")
    return rows.annotate(confirmations=Coalesce(Subquery(counted), 0))


@dataclass(frozen=True)
class Group:
    """Items about one thing, as far as the reader may read them. `head`: the first that was sent."""

    id: UUID
    items: int
    persons: int
    first_on: date
    last_on: date
    head: IntelligenceItem


def groups(rows: QuerySet[IntelligenceItem], most: int, *, fewest: int = 1) -> list[Group]:
    """The groups of these (visible) items that `fewest` persons sent, those of most persons first. Two queries."""
    counted = (
        rows.order_by()
        .values("group_id")
        .annotate(items=Count("pk"), persons=Count("person_id", distinct=True), first=Min("on_date"))
        .annotate(last=Max("on_date"))
        .filter(persons__gte=fewest)
        .order_by("-persons", "-items", "-last", "group_id")[:most]
    )
    found = list(counted)
    keys = [one["group_id"] for one in found]
    first = rows.filter(group_id__in=keys).order_by("group_id", "sent_at", "pk").distinct("group_id")
    heads = {item.group_id: item for item in first.select_related("retailer", "person", "product", "county")}
    return [
        Group(one["group_id"], one["items"], one["persons"], one["first"], one["last"], heads[one["group_id"]])
        for one in found
    ]


# -- the month of a unit -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KindCount:
    """The items of a kind in a month. `confirmed`: of groups that more than one person sent; `rows_url` lists them."""

    kind: str
    items: int
    confirmed: int
    decided: int
    overdue: int
    rows_url: str


@dataclass(frozen=True)
class MonthDigest:
    """What a unit's month learnt: items by kind, counts that were unusual (by Monday), and what most people sent."""

    unit_id: int
    month: date
    kinds: tuple[KindCount, ...]
    unusual: tuple[tuple[date, Trend], ...]
    top: tuple[Group, ...]


_KINDS = """
SELECT kind, count(*), count(*) FILTER (WHERE persons > 1), count(*) FILTER (WHERE state = 'decided'),
    count(*) FILTER (WHERE state IN ('submitted', 'verified', 'escalated') AND due_on < %(today)s)
FROM (
    SELECT i.kind, i.state, i.due_on, g.persons FROM market_intelligenceitem i
    JOIN backend_unit t ON t.id = i.territory_id AND t.ancestors @> ARRAY[%(unit)s::bigint]
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT o.person_id) AS persons FROM market_intelligenceitem o
        JOIN backend_unit x ON x.id = o.territory_id AND x.ancestors @> ARRAY[%(unit)s::bigint]
        WHERE o.group_id = i.group_id AND o.state <> 'withdrawn') g
    WHERE i.on_date BETWEEN %(first)s AND %(last)s AND i.state <> 'withdrawn'
    AND (%(trusted)s OR NOT i.is_restricted)) AS each_one
GROUP BY kind ORDER BY count(*) DESC, kind
"""
TOP = 5


def digest_of(actor: Actor, unit: Unit, month: date) -> MonthDigest:
    """The month of a unit that the actor may open the boards of (the caller has asked). At most nine queries."""
    trusted, last = is_trusted(actor, unit), clock.month_end(month)
    named: dict[str, Any] = {"unit": unit.pk, "first": month, "last": last, "trusted": trusted, "today": clock.today()}
    with connection.cursor() as cursor:
        cursor.execute(_KINDS, named)
        counted = cursor.fetchall()
    listed = f"/api/v1/intelligence/items?unit={unit.pk}&since={month}&until={last}"
    kinds = tuple(
        KindCount(kind, items, confirmed, decided, late, f"{listed}&kind={kind}")
        for kind, items, confirmed, decided, late in counted
    )
    seen = visible_to(under(unit, trusted=trusted), actor).filter(on_date__range=(month, last))
    return MonthDigest(unit.pk, month, kinds, _unusual_of(unit, month, trusted), tuple(groups(seen, TOP, fewest=2)))


def under(unit: Unit, *, trusted: bool) -> QuerySet[IntelligenceItem]:
    """The items of a unit by their stamp; what is restricted only for those who are trusted with it."""
    rows = IntelligenceItem.objects.filter(territory__in=units_under([unit.pk])).exclude(state=State.WITHDRAWN)
    return rows if trusted else rows.filter(is_restricted=False)


def _unusual_of(unit: Unit, month: date, trusted: bool) -> tuple[tuple[date, Trend], ...]:
    """The unusual counts of the weeks that began in the month, by week."""
    monday = month + timedelta(days=-month.weekday() % 7)
    found: list[tuple[date, Trend]] = []
    while monday <= min(clock.month_end(month), clock.today()):
        trends = unusual.series([unit.pk], [unit.pk] if trusted else [], monday)[unit.pk]
        found += [(monday, trend) for trend in unusual.unusual(trends)]
        monday += timedelta(weeks=1)
    return tuple(found)


def newest_first(rows: QuerySet[IntelligenceItem]) -> QuerySet[IntelligenceItem]:
    """In the order of lists, with what a list names."""
    return rows.select_related("retailer", "person", "product").order_by(F("sent_at").desc(), F("pk").desc())
