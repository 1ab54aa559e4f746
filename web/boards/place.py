"""Where a page stands: the unit and month of its address, the way up, the months beside; called by every board view."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import get_language

from backend import clock, parameters
from backend.errors import FieldError, Problem
from backend.http.auth import actor
from backend.http.serializers import EARLIEST, LATEST
from backend.models import Unit
from backend.scope import Actor
from market import queries
from market.boards import overview
from web.boards.parameters import GENERATED


@dataclass(frozen=True)
class Place:
    """A unit's month, with what every page shows around it."""

    unit: Unit
    month: date
    way: tuple[Unit, ...]  # from the highest unit that the reader may open down to this one
    is_generated: bool

    @property
    def before(self) -> date | None:
        """The month before, unless no address may name it."""
        return clock.add_months(self.month, -1) if self.month > EARLIEST else None

    @property
    def after(self) -> date | None:
        """The next month, unless it has not begun."""
        following = clock.add_months(self.month, 1)
        return following if following <= clock.today() else None

    @property
    def newest(self) -> date:
        return clock.month_of(clock.today())

    @property
    def is_running(self) -> bool:
        """The month is not over: what is shown of it is held against the whole of the month before."""
        return self.month == self.newest

    @property
    def query(self) -> str:
        return address(self.unit.pk, self.month)


def of(request: HttpRequest, *allowed: str) -> Place:
    """The place that the address names; problem not_found for a unit out of scope, bad_parameter for what is no
    number or month, unknown_parameter beyond `unit`, `month` and those allowed. Three queries."""
    known(request, "unit", "month", *allowed)
    who = actor(request)
    unit = overview.unit_for(who, _number(request.GET.get("unit")))
    return standing(who, unit, month_named(request.GET.get("month")))


def standing(who: Actor, unit: Unit, month: date) -> Place:
    """Where a page about one thing stands: at its unit, below those boards that the reader may open. Two queries."""
    way = queries.board_units(who).filter(pk__in=unit.ancestors).order_by("level")
    return Place(unit, month, tuple(way), parameters.value(GENERATED, unit.pk, clock.today()))


def known(request: HttpRequest, *allowed: str) -> None:
    """Refuses a parameter in the address that the page does not know."""
    unknown = [name for name in request.GET if name not in allowed]
    if unknown:
        raise Problem("unknown_parameter", errors=[FieldError("unknown_parameter", parameter=unknown[0])])


def address(unit_id: int, month: date, **more: Any) -> str:
    """The query part of an address: unit=5&month=2026-03."""
    return urlencode({"unit": unit_id, "month": f"{month:%Y-%m}", **more})


def more(kept: Mapping[str, str]) -> str:
    """What an address keeps beside its unit and month, to be written after them: &state=open."""
    return f"&{urlencode(kept)}" if kept else ""


def is_english() -> bool:
    return (get_language() or "").startswith("en")


def _number(given: str | None) -> int | None:
    if given is None:
        return None
    if not re.fullmatch(r"\d{1,18}", given, re.ASCII):
        raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter="unit")])
    return int(given)


def month_named(given: str | None) -> date:
    """2026-03 in an address as its first day, the running month without one; problem bad_date."""
    if given is None:
        return clock.month_of(clock.today())
    try:
        found = date.fromisoformat(f"{given}-01") if re.fullmatch(r"\d{4}-\d{2}", given, re.ASCII) else None
    except ValueError:
        found = None
    if found is None or not EARLIEST <= found <= LATEST:
        raise Problem("bad_date", errors=[FieldError("bad_date", parameter="month")])
    return found
