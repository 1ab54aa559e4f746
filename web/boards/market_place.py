"""Where a market board stands: a unit's month, and of which products and shops it speaks; called by its views."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from backend.errors import FieldError, Problem
from market import queries
from market.boards import asking
from market.boards.blocks_trade import CLASSES
from market.figures import formulas, subjects
from market.figures.subjects import ALL, EVERYONE, Crossed, Segment, Subject
from market.models import SegmentKind, SubjectKind
from retail.models import Classification
from web.boards import place
from web.boards.place import Place

ABOUT = ("subject", "segment")
LARGEST_TIER = 30
T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """A unit's month of one subject among the shops of one segment."""

    here: Place
    subject: Subject
    segment: Segment | Crossed

    def address(self, route: str, **more: Any) -> str:
        """Of a market page about the same: `more` adds or replaces; None leaves out."""
        asked = {"unit": self.here.unit.pk, "month": f"{self.here.month:%Y-%m}", **self.about, **more}
        return f"{reverse(route)}?{urlencode({key: value for key, value in asked.items() if value is not None})}"

    @property
    def about(self) -> dict[str, str]:
        """What of subject and segment stands in the address."""
        told = {} if self.subject == ALL else {"subject": str(self.subject)}
        return told if self.segment == EVERYONE else {**told, "segment": str(self.segment)}

    @property
    def kept(self) -> str:
        return place.more(self.about)


@dataclass(frozen=True)
class Choice:
    """One option of a list to choose from."""

    value: str
    name: str
    is_chosen: bool


def of(request: HttpRequest, *allowed: str) -> Asked:
    """What the address names; problems as place.of, bad_parameter for what is no subject or segment, and
    segments_not_crossed. Three queries."""
    here = place.of(request, *ABOUT, *allowed)
    asked: dict[str, Any] = {}
    if "subject" in request.GET:
        asked["subject"] = understood("subject", lambda: subjects.subject(request.GET["subject"]))
    if "segment" in request.GET:
        asked["segment"] = understood("segment", lambda: subjects.segments(request.GET["segment"]))
    return Asked(here, *asking.about(asked, [here.unit]))


def understood(name: str, read: Any) -> Any:
    """What `read` makes of a parameter; problem bad_parameter where it means nothing."""
    try:
        return read()
    except ValueError:
        raise bad(name) from None


def bad(name: str) -> Problem:
    return Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter=name)])


def one_of(request: HttpRequest, name: str, known: Iterable[str], default: str) -> str:
    """A parameter that is one of the known words; problem bad_parameter for another."""
    given = request.GET.get(name, default)
    if given not in {*known, default}:
        raise bad(name)
    return given


def figure_id(request: HttpRequest, default: str) -> str:
    """The figure that the address names."""
    return one_of(request, "kpi", formulas.FORMULAS, default)


def segment_choices(chosen: Segment | Crossed) -> list[Choice]:
    """The classes of shops among which a board may be read."""
    market_types = [(f"market_type:{code}", _("market type: %s") % label) for code, label in _types("MarketType")]
    business = [(f"business_type:{code}", _("business type: %s") % label) for code, label in _types("BusinessType")]
    tiers = [(f"tier:{tier}", _("tier %s") % tier) for tier in range(1, LARGEST_TIER + 1)]
    everyone = ("all", _("all shops"))
    return [Choice(code, name, code == str(chosen)) for code, name in (everyone, *market_types, *business, *tiers)]


def segment_name(chosen: Segment | Crossed) -> str:
    """What the shops of a segment are called."""
    parts = (chosen.first, chosen.second) if isinstance(chosen, Crossed) else (chosen,)
    return " · ".join(_called(part) for part in parts)


def _called(segment: Segment) -> str:
    if segment.kind == SegmentKind.TIER:
        return _("tier %s") % segment.value
    kind = {SegmentKind.MARKET_TYPE: "MarketType", SegmentKind.BUSINESS_TYPE: "BusinessType"}.get(segment.kind)
    return _("all shops") if kind is None else dict(_types(kind))[segment.value]


def _types(kind: str) -> list[tuple[str, str]]:
    return [(str(code), str(label)) for code, label in getattr(Classification, kind).choices]


def subject_name(subject: Subject) -> str:
    """What the products of a subject are called; problem not_found for one that there is not. One query at most."""
    if subject == ALL:
        return ""
    if subject.kind == SubjectKind.PRICE_CLASS:
        if subject.id not in CLASSES:
            raise Problem("not_found")
        return CLASSES[subject.id][place.is_english()]
    name = queries.subject_names(subject.kind, [subject.id])[subject.id]
    if name == queries.UNKNOWN and subject.id:
        raise Problem("not_found")
    return name
