"""How far a policy version has come: shops it names, briefed, understood; by unit, and who needs a second touch.

Called by visits/policy_api.py. Definitions: docs/method.md, "Policies".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.expressions import OuterRef, RawSQL, Subquery

from backend import clock, kpis, parameters, workdays
from backend.kpis import Kpi, percent
from backend.models import Level, Unit
from backend.scope import Actor, visible_to
from retail.models import Retailer
from visits.models import Briefed, PolicyVersion
from visits.parameters import SECOND_TOUCH_DAYS

_PERIOD = "active shops that the version names by their classes on the day, from its release"
_SOURCE = "docs/method.md, Policies"
REACH = Kpi(
    "policy_reach", 1, "政策触达率", "policy reach", "shops briefed of the version / shops that it names", "percent",
    _PERIOD, _SOURCE,
)  # fmt: skip
UNDERSTANDING = Kpi(
    "policy_understanding", 1, "政策理解率", "policy understanding", "shops that passed / shops briefed", "percent",
    _PERIOD, _SOURCE,
)  # fmt: skip
EFFECT = Kpi(
    "policy_effect", 1, "政策有效到户率", "policy effect", "shops that passed / shops that the version names",
    "percent", _PERIOD, _SOURCE,
)  # fmt: skip
kpis.register(REACH, UNDERSTANDING, EFFECT)

# The shops that a version names on a day: assigned under its policy's unit, active, of its classes and tiers. A shop
# without a tier is in no range of tiers.
AUDIENCE = """
SELECT a.retailer_id, a.territory_id, u.ancestors
FROM visits_policyversion p JOIN visits_policy y ON y.id = p.policy_id
JOIN backend_unit u ON u.ancestors @> ARRAY[y.unit_id] AND u.level = 5
JOIN retail_assignment a ON a.territory_id = u.id AND a.during @> %(on)s::date
JOIN retail_classification c ON c.retailer_id = a.retailer_id AND c.during @> %(on)s::date AND c.state = 'active'
WHERE p.id = %(version)s
AND (p.market_types = '{}' OR c.market_type = ANY(p.market_types))
AND (p.business_types = '{}' OR c.business_type = ANY(p.business_types))
AND (p.terminal_types = '{}' OR c.terminal_type = ANY(p.terminal_types))
AND (p.tier_from IS NULL OR c.tier >= p.tier_from) AND (p.tier_to IS NULL OR c.tier <= p.tier_to)
"""
_BY_UNIT = f"""
WITH named AS (
    SELECT n.ancestors[%(place)s] AS unit_id, f.retailer_id IS NOT NULL AS is_briefed, f.passed IS TRUE AS is_passed
    FROM ({AUDIENCE}) n
    LEFT JOIN visits_briefed f ON f.policy_version_id = %(version)s AND f.retailer_id = n.retailer_id
    WHERE n.ancestors @> ARRAY[%(unit)s::bigint])
SELECT u.id, u.code, u.name, u.name_en, u.level, count(*), count(*) FILTER (WHERE n.is_briefed),
    count(*) FILTER (WHERE n.is_briefed AND n.is_passed)
FROM named n JOIN backend_unit u ON u.id = n.unit_id GROUP BY u.id ORDER BY u.code
"""  # noqa: S608 - our own SQL
_AMONG = f"""
SELECT m.version, n.retailer_id FROM unnest(%(versions)s::bigint[]) AS m(version)
CROSS JOIN LATERAL ({AUDIENCE.replace("%(version)s", "m.version")} AND a.retailer_id = ANY(%(retailers)s::uuid[])) n
"""  # noqa: S608 - our own SQL


@dataclass(frozen=True)
class Reached:
    """The shops of one unit that a version names, how many of them were briefed, and how many of these passed."""

    unit_id: int
    code: str
    name: str
    name_en: str
    level: int
    shops: int
    briefed: int
    passed: int

    def figures(self) -> dict[str, Any]:
        """The three rates in percent; null where there is nothing to divide by."""
        return {
            REACH.id: percent(self.briefed, self.shops),
            UNDERSTANDING.id: percent(self.passed, self.briefed),
            EFFECT.id: percent(self.passed, self.shops),
        }


def by_unit(version: PolicyVersion, unit: Unit, level: int, on: date) -> list[Reached]:
    """What the version has reached by a day's shops, one row for each unit of the level at or under the unit that has
    shops it names, by code. One query for any number. The level is not above the unit's."""
    values: dict[str, Any] = {"version": version.pk, "unit": unit.pk, "on": on, "place": level + 1}
    with connection.cursor() as cursor:
        cursor.execute(_BY_UNIT, values)
        return [Reached(*row) for row in cursor.fetchall()]


def named_among(versions: Sequence[PolicyVersion], retailers: Sequence[UUID], on: date) -> set[tuple[int, UUID]]:
    """Which of these shops each version names on a day: (version, shop). One query for any number."""
    values: dict[str, Any] = {"versions": [one.pk for one in versions], "on": on, "retailers": list(retailers)}
    with connection.cursor() as cursor:
        cursor.execute(_AMONG, values)
        return set(cursor.fetchall())


def whole(unit: Unit, rows: Sequence[Reached]) -> Reached:
    """The sum of the rows below a unit: shops belong to one territory each, so they add up. Pure."""
    sums = (sum(row.shops for row in rows), sum(row.briefed for row in rows), sum(row.passed for row in rows))
    return Reached(unit.pk, unit.code, unit.name, unit.name_en, unit.level, *sums)


def second_touch_on(version: PolicyVersion) -> date | None:
    """The day from which shops that do not know the version yet are to be told again: some working days after its
    release (visits.second_touch_working_days of its unit). None for a draft. Two queries."""
    if version.released_at is None:
        return None
    released_on = clock.business_date(version.released_at)
    after = parameters.value(SECOND_TOUCH_DAYS, version.policy.unit_id, released_on)
    return workdays.days_after(workdays.calendar(), released_on, after)


def second_touch(actor: Actor, version: PolicyVersion, on: date) -> QuerySet[Any]:
    """Shops within the actor's scope that the version names on a day and that were not briefed, or have not understood.

    Each with `touch_state` (not_briefed, not_passed, not_asked: nothing proves either) and the briefing that counts.
    None before its day, and none of a version that was recalled or superseded.
    """
    counted = Briefed.objects.filter(policy_version_id=version.pk, retailer_id=OuterRef("pk"))
    # ids first: the audience is read once, not for each shop
    named = RawSQL(f"SELECT n.retailer_id FROM ({_positional()}) n", [on, on, version.pk])  # noqa: S608 - our own SQL
    rows = visible_to(Retailer.objects.all(), actor).filter(pk__in=named)
    rows = rows.annotate(
        briefed_at=Subquery(counted.values("briefed_at")[:1]),
        understanding=Subquery(counted.values("understanding")[:1]),
        told_by=Subquery(counted.values("person__name")[:1]),
        shop_passed=Subquery(counted.values("passed")[:1]),
    )
    state = Case(
        When(briefed_at=None, then=Value("not_briefed")),
        When(shop_passed=None, then=Value("not_asked")),
        default=Value("not_passed"),
        output_field=CharField(),
    )
    rows = rows.filter(Q(shop_passed=None) | Q(shop_passed=False)).annotate(
        touch_state=state, county_name=F("county__name")
    )
    begins = second_touch_on(version)
    over = version.recalled_at is not None or version.superseded_at is not None
    return rows.none() if begins is None or on < begins or over else rows


def _positional() -> str:
    return AUDIENCE.replace("%(on)s", "%s").replace("%(version)s", "%s")


def level_below(unit: Unit) -> int:
    """The level of the rows under a unit; a territory's own."""
    return min(unit.level + 1, Level.TERRITORY)
