"""The scorecard of a manager's month: the seven outcome figures, as they run or as the lock froze them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Sum

from backend.kpis import Kpi
from backend.language import is_english
from cycles.models import ManagerCycle
from cycles.papers import Paper
from cycles.scorecard import SCORES, why_empty
from visits.models import Visit


@dataclass(frozen=True)
class Score:
    """One figure; where it has no value, why."""

    kpi: Kpi
    value: Decimal | None
    why: str


def of(paper: Paper) -> list[Score]:
    """The seven figures in their order. No query."""
    return [_score(kpi, paper.scores.get(kpi.id)) for kpi in SCORES]


@dataclass(frozen=True)
class Effort:
    """What the month took: shown beside the figures, never one of them."""

    visits: int
    days: int
    minutes: int

    @property
    def hours(self) -> Decimal:
        return (Decimal(self.minutes) / 60).quantize(Decimal("0.1"))


def effort(cycle: ManagerCycle) -> Effort:
    """The person's own visits of the month, the days they were made on, and the time in shops. One query."""
    rows = Visit.objects.filter(month=cycle.month, person_id=cycle.person_id)
    told = rows.aggregate(
        visits=Count("pk"), days=Count("on_date", distinct=True), spent=Sum(F("ended_at") - F("started_at"))
    )
    return Effort(told["visits"], told["days"], int(told["spent"].total_seconds() // 60) if told["spent"] else 0)


def _score(kpi: Kpi, value: Decimal | None) -> Score:
    zh, en = why_empty(kpi.id)
    return Score(kpi, value, "" if value is not None else en if is_english() else zh)
