"""The pages of what was written, checked and photographed in the shops: `/field`, its checks and its photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor
from backend.scope import Actor, units_under, visible_to
from visits import search
from visits.models import Photo, Remark, StoredPhoto, Visit
from visits.photo_filters import PhotoFilters
from visits.search import Asked, Hit
from visits.search_api import ORDER, SearchQuery
from web.boards import acts, chain, field_checks, field_photos, field_place, lists, place
from web.boards.field_place import PAGE, Narrowed

WORDS = ("q", "since", "until", "tag", "person", "retailer")
CLOCKS = timedelta(days=2)  # by which a phone may be wrong, and more
NAMES = {"unit": "unit_id", "person": "person_id", "retailer": "retailer_id"}
SCORES = ("person", "retailer", "on_date_after", "on_date_before")
PHOTOS = ("kind", "retailer", "visit")


@dataclass(frozen=True)
class Text:
    """One text that was found: where it stands, and its parts, those that were looked for marked."""

    where: str
    parts: list[tuple[str, bool]]


@dataclass(frozen=True)
class Found:
    """A visit with the texts in which all the words stand."""

    visit: Visit
    texts: list[Text]


@acts.page
def written(request: HttpRequest) -> HttpResponse:
    """`/field?unit=&q=&since=&until=&tag=&person=&retailer=&after=`: notes and remarks, as GET visits/search finds
    them, the newest first. Eight queries."""
    here = field_place.of(request, search.READ, *WORDS, "after")
    who, listed = actor(request), field_place.narrowed(request, here, *WORDS)
    said = SearchQuery(data={"unit": here.unit.pk, **listed.kept})
    if not said.is_valid():
        raise field_place.bad(next(iter(said.errors)))
    told = {NAMES.get(name, name): value for name, value in said.validated_data.items() if name != "q"}
    words = said.validated_data.get("q", [])
    rows = search.find(who, Asked(words=words, **told)).order_by(*ORDER)
    if after := field_place.key(request, "after"):
        rows = rows.filter(_beyond(who, after))
    page = rows[: PAGE + 1]
    context = {
        "here": here,
        "listed": listed,
        "words": words,
        "rows": _found(who, page[:PAGE], words),
        "chips": _chips(listed, page),
        "next": listed.to(after=page[PAGE - 1].pk) if len(page) > PAGE else "",
    }
    return acts.shown(request, "boards/field.html", context, None)


def _beyond(who: Actor, after: UUID) -> Q:
    last = visible_to(Visit.objects.filter(pk=after), who).first()
    if last is None:
        raise Problem("invalid_cursor")
    return Q(started_at__lt=last.started_at) | Q(started_at=last.started_at, pk__lt=last.pk)


def _found(who: Actor, visits: Sequence[Visit], words: Sequence[str]) -> list[Found]:
    hits = search.hits(who, visits, words)
    return [Found(visit, [Text(_where(hit), _parts(hit)) for hit in hits[visit.pk]]) for visit in visits]


def _where(hit: Hit) -> str:
    return _("note") if hit.where == "note" else str(Remark.Kind(hit.where).label)


def _parts(hit: Hit) -> list[tuple[str, bool]]:
    """The snippet, cut where what was looked for begins and ends."""
    found, at = [], 0
    for begin, end in hit.marks:
        found += [(hit.snippet[at:begin], False), (hit.snippet[begin:end], True)]
        at = end
    return [part for part in (*found, (hit.snippet[at:], False)) if part[0]]


def _chips(listed: Narrowed, page: Sequence[Visit]) -> list[tuple[str, str]]:
    """(what the list is narrowed to, the address without it) of what no field of the form shows."""
    names = {
        "tag": listed.kept.get("tag", ""),
        "person": page[0].person.name if page else _("one person"),
        "retailer": page[0].retailer.name if page else _("one shop"),
    }
    return [(names[name], listed.to(**{name: None})) for name in names if name in listed.kept]


@acts.page
def checks(request: HttpRequest) -> HttpResponse:
    """`/field/checks?unit=&month=&person=&retailer=&after=`: visits with a display check, newest first. Seven
    queries."""
    here = field_place.of(request, search.READ, *SCORES, "after")
    who, listed = actor(request), field_place.narrowed(request, here, *SCORES)
    rows = lists.visits_behind(who, here, {**listed.kept, "has": "check"})
    total = rows.order_by().count()
    if after := request.GET.get("after"):
        rows = lists.after_visit(rows, after)
    page, has_more = lists.page(rows)
    context = {
        "here": here,
        "listed": listed,
        "total": total,
        "rows": field_checks.summed(page),
        "next": listed.to(after=page[-1].pk) if has_more else "",
    }
    return acts.shown(request, "boards/field_checks.html", context, None)


@acts.page
def check(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """`/field/checks/<visit>`: why a check scored what it did, with its pairs of photos before and after. Up to
    fourteen queries."""
    place.known(request)
    who = actor(request)
    if not who.can(search.READ):
        raise Problem("forbidden")
    found = field_checks.explained(who, visit_id)
    here = place.standing(who, found.visit.territory, found.visit.month)
    return acts.shown(request, "boards/field_check.html", {"here": here, "found": found}, None)


@acts.page
def photos(request: HttpRequest) -> HttpResponse:
    """`/field/photos?unit=&month=&kind=&retailer=&visit=&after=`: photos of a unit's month that can be shown, newest
    first. Six queries."""
    here = field_place.of(request, search.READ, *PHOTOS, "after")
    who, listed = actor(request), field_place.narrowed(request, here, *PHOTOS)
    filters = PhotoFilters({**listed.kept, "state": "ready"}, queryset=visible_to(StoredPhoto.objects.all(), who))
    if not filters.is_valid():
        raise field_place.bad(next(iter(filters.errors)))
    # none arrives before its visit began: older ones need not be read
    rows = filters.qs.filter(month=here.month, arrived_at__gte=clock.start_of(here.month - CLOCKS))
    rows = rows.filter(territory_id__in=units_under([here.unit.pk])).select_related("retailer", "person")
    page, after = chain.page(rows.order_by("-arrived_at", "-id"), request.GET.get("after"))
    context = {
        "here": here,
        "listed": listed,
        "kinds": listed.choices("kind", Photo.Kind.choices, _("all")),
        "rows": field_photos.shown(who, page),
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/field_photos.html", context, None)
