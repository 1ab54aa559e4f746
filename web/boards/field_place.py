"""Where a page of the field, of policies or of the quarantine stands, also for who opens no boards; for its views.

An editor of policies and a steward of data have these pages and no board: their place is the highest unit where they
hold what the page asks for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.http import urlencode

from backend import clock, reach
from backend.errors import FieldError, Problem
from backend.http.auth import actor
from backend.models import Unit
from backend.scope import Actor
from web.boards import place
from web.boards.place import Place

PAGE = 50


def of(request: HttpRequest, capability: str, *allowed: str) -> Place:
    """The place that the address names, of who holds the capability; problem forbidden without it, not_found for a unit
    out of its reach, and those of place.of. Three queries."""
    place.known(request, "unit", "month", *allowed)
    who = actor(request)
    if not who.can(capability):
        raise Problem("forbidden")
    unit = reach.unit_for(who, capability, number(request, "unit"))
    return place.standing(who, unit, place.month_named(request.GET.get("month")))


def number(request: HttpRequest, name: str) -> int | None:
    """A whole number in the address; problem bad_parameter for anything else."""
    given = request.GET.get(name)
    if given is None:
        return None
    if not re.fullmatch(r"\d{1,18}", given, re.ASCII):
        raise bad(name)
    return int(given)


def key(request: HttpRequest, name: str) -> UUID | None:
    """An id in the address; problem bad_parameter for anything else."""
    if name not in request.GET:
        return None
    try:
        return UUID(request.GET[name])
    except ValueError:
        raise bad(name) from None


def bad(name: str) -> Problem:
    return Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter=name)])


def asked(request: HttpRequest, *names: str) -> dict[str, str]:
    """What of these stands in the address with something in it: an empty field of a form narrows nothing."""
    return {name: request.GET[name] for name in names if request.GET.get(name)}


@dataclass(frozen=True)
class Narrowed:
    """A list at a place, narrowed: the addresses of itself and of its neighbours."""

    path: str
    here: Place
    kept: Mapping[str, str]

    def to(self, **changed: Any) -> str:
        """The same list with these narrowings changed; None takes one away."""
        more = {name: value for name, value in {**self.kept, **changed}.items() if value is not None}
        return f"{self.path}?{place.address(self.here.unit.pk, self.here.month, **more)}"

    def choices(self, name: str, known: Any, everything: str) -> list[tuple[str, str, bool]]:
        """(address, word, whether it is chosen) of everything and of each known value of one narrowing."""
        chosen = self.kept.get(name)
        first = (self.to(**{name: None}), everything, chosen is None)
        return [first, *((self.to(**{name: value}), str(word), chosen == value) for value, word in known)]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What a form that sends this list's address anew carries along."""
        return [("unit", str(self.here.unit.pk)), ("month", f"{self.here.month:%Y-%m}"), *self.kept.items()]

    @property
    def query(self) -> str:
        return f"&{urlencode(self.kept)}" if self.kept else ""


def narrowed(request: HttpRequest, here: Place, *names: str) -> Narrowed:
    return Narrowed(request.path, here, asked(request, *names))


def nearest(who: Actor, capability: str, unit: Unit | None, moment: datetime) -> Place:
    """Where a page about one thing stands: at the thing's unit, for a thing of none at one's own highest."""
    found = unit or reach.unit_for(who, capability, None)
    return place.standing(who, found, clock.month_of(moment))
