"""The records that prove a sentence of a manager's month, found again by its evidence. Called by the sentence's page.

What the reader may not open is counted and not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.scope import Actor, visible_to
from cycles import manager_facts
from cycles.models import Action, AdviceSheet, Finding, Forecast, Improvement
from visits.models import PlannedStop, Visit
from web.boards import chain

SHOWN = 100


@dataclass(frozen=True)
class Records:
    """Rows of one kind, and how many the evidence has beyond them. `moved`: as many more or fewer as stand there now
    than when the sentence was drafted."""

    kind: str
    rows: list[Any]
    found: int
    drafted: int

    @property
    def unseen(self) -> int:
        return self.found - len(self.rows)


def of(actor: Actor, evidence: Mapping[str, Any], month: date) -> Records:
    """The records that the evidence finds now. Three queries at most."""
    ids = manager_facts.rows(evidence)
    kind = str(evidence["kind"])
    return Records(kind, _READ[kind](actor, ids[:SHOWN], month), len(ids), int(evidence["rows"]))


def _findings(actor: Actor, ids: list[str], month: date) -> list[Any]:
    rows = chain.with_names(visible_to(Finding.objects.filter(pk__in=ids), actor))
    return chain.as_said(rows.order_by("severity", "-opened_on", "id"), month)


def _actions(actor: Actor, ids: list[str], month: date) -> list[Any]:
    rows = chain.with_names(visible_to(Action.objects.filter(pk__in=ids), actor))
    return list(rows.select_related("result", "became").order_by("-is_flagged", "id"))


def _improvements(actor: Actor, ids: list[str], month: date) -> list[Any]:
    return list(chain.with_names(visible_to(Improvement.objects.filter(pk__in=ids), actor)).order_by("opened_on", "id"))


def _stops(actor: Actor, ids: list[str], month: date) -> list[Any]:
    rows = visible_to(PlannedStop.objects.filter(pk__in=ids), actor)
    return list(rows.select_related("retailer").order_by("on_date", "position", "id"))


def _visits(actor: Actor, ids: list[str], month: date) -> list[Any]:
    rows = visible_to(Visit.objects.filter(pk__in=ids, month=month), actor)
    return list(rows.select_related("retailer", "person").order_by("-started_at", "-id"))


def _forecasts(actor: Actor, ids: list[str], month: date) -> list[Any]:
    return list(visible_to(Forecast.objects.filter(pk__in=ids), actor).select_related("unit").order_by("unit__code"))


def _sheets(actor: Actor, ids: list[str], month: date) -> list[Any]:
    rows = visible_to(AdviceSheet.objects.filter(pk__in=ids), actor)
    return list(rows.select_related("retailer").order_by("retailer__code"))


_READ: dict[str, Callable[[Actor, list[str], date], list[Any]]] = {
    "findings": _findings,
    "actions": _actions,
    "results": _actions,
    "improvements": _improvements,
    "stops": _stops,
    "visits": _visits,
    "forecast": _forecasts,
    "advice_sheets": _sheets,
}
