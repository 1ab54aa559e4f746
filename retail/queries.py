"""Reads of the retailer's file, as of a day; called by api.py and by the apps above."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, FilteredRelation, Q, QuerySet

from backend import clock, parameters
from backend.models import Level, Unit
from backend.scope import Actor, OfShop
from retail.models import Assignment, Classification, Retailer
from retail.parameters import LICENCE_NOTICE_DAYS

CLASSES = ("state", "business_type", "market_type", "scale", "tier", "integrity_grade", "terminal_type", "trade_area",
           "visit_class")  # fmt: skip
TIER_READERS = ("visits.read", "boards.read", "retail.edit")  # the tier decides supply: not for the service desk


def retailers_on(on: date, rows: QuerySet[Retailer] | None = None) -> QuerySet[Any]:
    """Retailers with the classes and the territory of a day (null before the first row). Two joins, no query."""
    shops = Retailer.objects.all() if rows is None else rows
    return shops.annotate(
        of_day=FilteredRelation("classifications", condition=Q(classifications__during__contains=on)),
        owner=FilteredRelation("assignments", condition=Q(assignments__during__contains=on)),
    ).annotate(
        territory_id=F("owner__territory_id"),
        territory_name=F("owner__territory__name"),
        **{name: F(f"of_day__{name}") for name in CLASSES},
    )


def within(actor: Actor, capability: str, on: date | None = None) -> QuerySet[Retailer]:
    """The shops over which the actor holds a capability on a day: the reading gate, with another capability."""
    reach = OfShop(capability=capability, shop="id", county="county_id")
    return Retailer.objects.filter(reach.where(actor, on or clock.today()))


def may_read_tier(actor: Actor) -> bool:
    """Whether the actor's work needs the tier; no query."""
    return any(actor.can(capability) for capability in TIER_READERS)


def licence_due(on: date) -> Q:
    """Shops whose licence has ended or ends within the county's days of notice. Two queries, for the counties."""
    counties = list(Unit.objects.filter(level=Level.COUNTY).values_list("pk", flat=True))
    found = Q(pk__in=[])
    by_days: dict[int, list[int]] = defaultdict(list)
    for county, values in parameters.values([LICENCE_NOTICE_DAYS], counties, on).items():
        by_days[values[LICENCE_NOTICE_DAYS]].append(county)
    for days, having in by_days.items():
        found |= Q(county_id__in=having, licence_valid_until__lte=on + timedelta(days=days))
    return found


def active_shops(territory_ids: Iterable[int], on: date) -> QuerySet[Any]:
    """(id, territory_id, visit_class) of the shops of territories that are active on a day, by territory and code."""
    rows = retailers_on(on).filter(
        owner__territory_id__in=list(territory_ids), of_day__state=Classification.State.ACTIVE
    )
    return rows.order_by("territory_id", "code").values_list("pk", "territory_id", "visit_class")


def owners_since(ids: Iterable[UUID], on: date) -> set[int]:
    """Every territory that has had one of the shops on a day from `on` (today, when that lies ahead) to today. One
    query."""
    since = DateRange(min(on, clock.today()), clock.today(), "[]")
    rows = Assignment.objects.filter(retailer_id__in=list(ids), during__overlap=since)
    return set(rows.values_list("territory_id", flat=True))


def owners(ids: Iterable[UUID], on: date) -> dict[UUID, int]:
    """The territory of each shop that has one on a day. One query."""
    rows = retailers_on(on, Retailer.objects.filter(pk__in=list(ids))).exclude(owner__territory_id=None)
    return dict(rows.values_list("pk", "territory_id"))
