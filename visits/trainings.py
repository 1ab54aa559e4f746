"""What retailers were taught: the list within scope, minutes and understanding by unit; for visits/quiz_api.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from backend import kpis
from backend.kpis import Kpi, ratio
from backend.models import Unit
from backend.scope import Actor, visible_to
from visits.models import Training, Visit
from visits.presence import counts

_ACTS = "acts of the month, by the unit stamped on them"
_SOURCE = "docs/method.md, Policies"
MINUTES = Kpi(
    "training_minutes", 1, "培训时长", "training minutes", "sum of the minutes of trainings", "count", _ACTS, _SOURCE,
    True,
)  # fmt: skip
UNDERSTOOD = Kpi(
    "training_understanding", 1, "培训理解度", "training understanding",
    "mean of the levels 1 (not at all) to 5 (fully) of trainings that asked", "points", _ACTS, _SOURCE,
)  # fmt: skip
kpis.register(MINUTES, UNDERSTOOD)

_BY_UNIT = f"""
SELECT u.id, u.code, u.name, u.level, count(*), sum(t.minutes), count(DISTINCT v.retailer_id), count(t.understanding),
    coalesce(sum(t.understanding), 0)
FROM visits_visit v JOIN visits_training t ON t.month = v.month AND t.visit_id = v.id
JOIN backend_unit w ON w.id = v.territory_id JOIN backend_unit u ON u.id = w.ancestors[%(place)s]
WHERE v.month = %(month)s AND {counts()} AND w.ancestors @> ARRAY[%(unit)s::bigint]
GROUP BY u.id ORDER BY u.code
"""  # noqa: S608 - our own condition


@dataclass(frozen=True)
class Taught:
    """The trainings of one unit in a month."""

    unit_id: int
    code: str
    name: str
    level: int
    trainings: int
    minutes: int
    shops: int
    asked: int
    levels: int

    def figures(self) -> dict[str, Any]:
        """Minutes, and the mean level with two decimals; null where nobody was asked."""
        return {MINUTES.id: self.minutes, UNDERSTOOD.id: _mean(self.levels, self.asked)}


def _mean(levels: int, asked: int) -> Decimal | None:
    return ratio(levels, asked, places=2)


def by_unit(unit: Unit, level: int, month: date) -> list[Taught]:
    """The trainings of a month, one row for each unit of the level at or under the unit that has any, by code;
    without those of visits that are to be verified or were rejected. One query for any number."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_UNIT, {"unit": unit.pk, "place": level + 1, "month": month})
        return [Taught(*row) for row in cursor.fetchall()]


def listed(actor: Actor) -> QuerySet[Training]:
    """Trainings of visits that the actor may see, each with its visit's shop, person, territory and start."""
    of_visit = Visit.objects.filter(pk=OuterRef("visit_id"), month=OuterRef("month"))
    seen = visible_to(of_visit, actor)
    told = ("retailer_id", "retailer__name", "person_id", "person__name", "territory_id", "on_date", "started_at")
    return Training.objects.filter(Exists(seen)).annotate(
        **{f"visit_{name.replace('__', '_')}": Subquery(of_visit.values(name)[:1]) for name in told}
    )
