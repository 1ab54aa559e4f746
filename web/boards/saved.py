"""The filters of lists that a reader keeps: which lists have them, keeping and removing one, and those of a page.

Called by `/filters` (saved_views.py) and by the tag that shows them on the lists (templatetags/saved_tags.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from backend import clock
from backend.errors import Problem
from backend.models import SavedFilter
from backend.scope import Actor, visible_to
from web.boards import (
    action_views,
    alert_views,
    field_views,
    finding_views,
    intelligence_views,
    lists,
    policy_questions,
    quarantine_views,
    signal_views,
)
from web.boards.place import Place

MOST, NAME_MAX, QUERY_MAX = 20, 40, 1000


@dataclass(frozen=True)
class List:
    """A list with filters: what its reader must hold, and the filters it knows."""

    capability: str
    filters: tuple[str, ...]


LISTS: Final[Mapping[str, List]] = {
    "visits": List("visits.read", lists.NARROWING),
    "findings": List("cycles.read", finding_views.LISTED.narrowing),
    "actions": List("cycles.read", action_views.ACTIONS.narrowing),
    "improvements": List("cycles.read", action_views.LEDGER.narrowing),
    "field": List("visits.read", field_views.WORDS),
    "field-checks": List("visits.read", field_views.SCORES),
    "field-photos": List("visits.read", field_views.PHOTOS),
    "signals": List(signal_views.READ, signal_views.NARROWING),
    "intelligence": List(intelligence_views.READ, intelligence_views.NARROWING),
    "alerts": List(alert_views.READ, alert_views.NARROWING),
    "quarantine": List(quarantine_views.READ, quarantine_views.NARROWING),
    "policy-questions": List(policy_questions.READ, policy_questions.NARROWING),
}


def list_named(page: str) -> List:
    """Problem not_found for a page without filters."""
    if page not in LISTS:
        raise Problem("not_found")
    return LISTS[page]


def query_of(page: str, pairs: Iterable[tuple[str, str]]) -> str:
    """The filters among what an address holds, in one order: equal filters are equal text. Pure."""
    known = list_named(page).filters
    return urlencode(sorted({name: value for name, value in pairs if name in known and value}.items()))


def keep(*, actor: Actor, page: str, name: str, query: str) -> SavedFilter:
    """The reader has this filter of the list under the name; one of the same name is written over.

    Problems forbidden, not_found (no such list), invalid (no name, no filter, one that the list does not know, too
    long, or the 21st). Three queries.
    """
    asked = list_named(page)
    if not actor.can(asked.capability):
        raise Problem("forbidden")
    pairs = parse_qsl(query)
    if not name or not pairs:
        raise Problem("invalid", detail_zh="请先筛选，再写名称。", detail_en="Filter the list first, then name it.")
    kept = query_of(page, pairs)  # encoded: three characters for each byte of a Chinese one
    if len(name) > NAME_MAX or max(len(query), len(kept)) > QUERY_MAX:
        raise Problem("invalid", detail_zh="名称或条件太长。", detail_en="The name or the filter is too long.")
    if unknown := [one for one, _value in pairs if one not in asked.filters]:
        raise Problem("invalid", detail_zh=f"没有此条件：{unknown[0]}", detail_en=f"There is no filter {unknown[0]}.")
    others = SavedFilter.objects.filter(person_id=actor.person_id, page=page).exclude(name=name)
    if others.count() >= MOST:
        raise Problem("invalid", detail_zh=f"每个列表最多 {MOST} 个。", detail_en=f"At most {MOST} of a list.")
    values = {"query": kept, "created_at": clock.now()}
    return SavedFilter.objects.update_or_create(
        person_id=actor.person_id, page=page, name=name, defaults=values
    )[0]  # fmt: skip


def of(actor: Actor, page: str) -> list[SavedFilter]:
    """The reader's own of a list, by name. One query."""
    return list(visible_to(SavedFilter.objects.filter(page=page), actor).order_by("name"))


def address(row: SavedFilter, here: Place) -> str:
    """The list as the filter narrows it, where the reader stands; without what the list no longer knows."""
    query = query_of(row.page, parse_qsl(row.query))
    return f"{reverse(row.page)}?{here.query}{'&' if query else ''}{query}"


def kept_words(name: str) -> str:
    return _("Kept as %(name)s.") % {"name": name}
