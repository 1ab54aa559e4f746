"""`/intelligence` and beside it: the inbox with its clocks, one item, groups about one thing, unusual counts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backend import clock, reach
from backend.errors import Problem
from backend.http.auth import actor
from backend.http.serializers import EARLIEST, LATEST
from backend.scope import Actor, visible_to
from market.intelligence import digest, unusual
from market.intelligence import queries as intelligence_queries
from market.intelligence.api import MOST_GROUPS, ItemFilters
from market.models import IntelligenceItem
from web.boards import acts, chain, field_place, intelligence_acts, place
from web.boards.place import Place

READ: Final = "visits.read"
BOARDS: Final = "boards.read"
NARROWING: Final = (
    "which",
    "kind",
    "state",
    "group",
    "since",
    "until",
    "sent_since",
    "sent_until",
    "retailer",
    "product",
)
WHICH: Final = ("waiting", "overdue", "mine")
DAYS_OF_GROUPS: Final = 14


@acts.page
def inbox(request: HttpRequest) -> HttpResponse:
    """`/intelligence?unit=&which=&kind=&state=`: what was sent up, newest first; what waits for the reader where
    nothing is chosen. Up to twenty queries."""
    here, who = field_place.of(request, READ, *NARROWING, "after"), actor(request)
    listed = field_place.narrowed(request, here, *NARROWING)
    which = listed.kept.get("which", "" if set(listed.kept) - {"which"} else "waiting")
    if which not in (*WHICH, "", "all"):
        raise field_place.bad("which")
    given = {name: value for name, value in listed.kept.items() if name != "which"}
    if which in WHICH:
        given[which] = "true"
    filters = ItemFilters({"unit": str(here.unit.pk), **given}, queryset=_told(who), request=request)
    if not filters.is_valid():
        raise field_place.bad(next(iter(filters.errors)))
    rows = filters.qs.select_related("retailer", "person", "product", "owner", "county").order_by("-sent_at", "-id")
    page, after = chain.page(rows, request.GET.get("after"))
    names = (("waiting", _("waits for me")), ("overdue", _("overdue")), ("mine", _("sent by me")), ("all", _("all")))
    told: dict[str, Any] = {
        "here": here,
        "listed": listed,
        "which": which,
        "ways_in": [(listed.to(which=code), word, which == code) for code, word in names],
        "kinds": listed.choices("kind", IntelligenceItem.KINDS, _("every kind")),
        "states": listed.choices("state", IntelligenceItem.State.choices, _("every state")),
        "rows": page,
        "digest": _digest(who, here),
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/intelligence.html", told, None)


def _told(who: Actor) -> QuerySet[Any]:
    """What the reader may see, each with whether it is late and how many others sent the same."""
    late = When(intelligence_queries.overdue(clock.today()), then=Value(True))
    seen = visible_to(IntelligenceItem.objects.all(), who).annotate(is_overdue=Case(late, default=Value(False)))
    return intelligence_queries.with_confirmations(seen, who)


def _digest(who: Actor, here: Place) -> dict[str, Any] | None:
    """This morning's digest of the unit, each count with the list behind it; None for who opens no boards of it."""
    try:
        unit = reach.unit_for(who, BOARDS, here.unit.pk)
    except Problem:
        return None
    found = digest.digest(who, unit, clock.today())
    yesterday = found.day - timedelta(days=1)
    sent = place.address(unit.pk, here.month, sent_since=found.since, sent_until=yesterday, which="all")
    return {
        "found": found,
        "new": f"?{sent}",
        "waiting": f"?{place.address(unit.pk, here.month, which='waiting')}",
        "overdue": f"?{place.address(unit.pk, here.month, which='overdue')}",
        "kinds": dict(IntelligenceItem.KINDS),
    }


@acts.page
def item(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`/intelligence/<id>`: what was sent, what became of it, and the next step of whoever has it. At most thirty
    queries."""
    place.known(request)
    who = actor(request)
    row = _one(who, pk)
    done = acts.run(request, intelligence_acts.VERBS)
    if isinstance(done, HttpResponse):
        return done
    if done:
        row = _one(who, pk)
    alike = visible_to(IntelligenceItem.objects.filter(group_id=row.group_id), who).exclude(pk=row.pk)
    here = field_place.nearest(who, READ, row.territory, row.sent_at)
    open_acts = intelligence_acts.open_to(who, row)
    told: dict[str, Any] = {
        "here": here,
        "row": row,
        "events": row.events.select_related("person").order_by("at", "id"),
        "alike": list(intelligence_queries.newest_first(alike)[: chain.PAGE]),
        "may": open_acts,
        "owners": intelligence_acts.owners(row) if open_acts else [],
        "decisions": IntelligenceItem.Decision.choices,
    }
    return acts.shown(request, "boards/intelligence_item.html", told, done)


def _one(who: Actor, pk: UUID) -> IntelligenceItem:
    if not who.can(READ):
        raise Problem("forbidden")
    rows = _told(who).select_related("retailer", "person", "product", "owner", "county", "territory", "decided_by")
    found: IntelligenceItem | None = rows.filter(pk=pk).first()
    if found is None:
        raise Problem("not_found")
    return found


@acts.page
def groups(request: HttpRequest) -> HttpResponse:
    """`/intelligence/groups?unit=&kind=&since=&until=`: what several people sent, as one. Up to ten queries."""
    here, who = field_place.of(request, READ, "kind", "since", "until"), actor(request)
    listed = field_place.narrowed(request, here, "kind", "since", "until")
    today = clock.today()
    given = {"since": str(today - timedelta(days=DAYS_OF_GROUPS)), "until": str(today), **listed.kept}
    trusted = intelligence_queries.is_trusted(who, here.unit)
    rows = visible_to(intelligence_queries.under(here.unit, trusted=trusted), who)
    filters = ItemFilters(given, queryset=rows, request=request)
    if not filters.is_valid():
        raise field_place.bad(next(iter(filters.errors)))
    told = {
        "here": here,
        "listed": listed,
        "given": given,
        "kinds": listed.choices("kind", IntelligenceItem.KINDS, _("every kind")),
        "groups": [
            (one, f"/intelligence?{place.address(here.unit.pk, here.month, which='all', group=one.id)}")
            for one in intelligence_queries.groups(filters.qs, MOST_GROUPS)
        ],
    }
    return acts.shown(request, "boards/intelligence_groups.html", told, None)


@acts.page
def trends(request: HttpRequest) -> HttpResponse:
    """`/intelligence/trends?unit=&week=`: counts by place and kind, held against the eight weeks before. Up to eight
    queries."""
    here, who = field_place.of(request, BOARDS, "week"), actor(request)
    week = _monday(request)
    trusted = [here.unit.pk] if intelligence_queries.is_trusted(who, here.unit) else []
    found = unusual.series([here.unit.pk], trusted, week)[here.unit.pk]
    kinds = dict(IntelligenceItem.KINDS)
    told = {
        "here": here,
        "week": week,
        "sunday": week + timedelta(days=6),
        "before": week - timedelta(weeks=1),
        "after": week + timedelta(weeks=1) if week + timedelta(weeks=1) <= clock.today() else None,
        "weeks": [week - timedelta(weeks=back) for back in range(unusual.WEEKS, -1, -1)],
        "lines": [(one, kinds[one.kind], _items(one, here, week)) for one in found if any(one.counts)],
        "tested": sum(one.probability is not None for one in found),
        "unusual": [(one, kinds[one.kind], _items(one, here, week)) for one in unusual.unusual(found)],
    }
    return acts.shown(request, "boards/intelligence_trends.html", told, None)


def _items(one: unusual.Trend, here: Place, week: date) -> str:
    span = {"since": str(week), "until": str(week + timedelta(days=6))}
    return f"/intelligence?{place.address(one.unit_id, here.month, which='all', kind=one.kind, **span)}"


def _monday(request: HttpRequest) -> date:
    """The Monday of the week that holds the day of the address; without one of yesterday's: a Monday shows the week
    that is over."""
    try:
        day = date.fromisoformat(request.GET["week"]) if "week" in request.GET else clock.today() - timedelta(days=1)
    except ValueError:
        raise field_place.bad("week") from None
    if not EARLIEST <= day <= LATEST:
        raise field_place.bad("week")
    return day - timedelta(days=day.weekday())
