"""What a batch of visits refers to, each kind read once for the whole batch; called by visits/intake.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from backend import parameters, scope
from backend.scope import Actor, Stamp
from visits import briefings, carrying, scoring
from visits import parameters as thresholds
from visits.briefings import Briefable
from visits.carrying import Asked
from visits.scoring import Before, Scheme
from visits.verdict import Shop
from visits.wire import VisitIn

CAPABILITY = "visits.record"
Pair = tuple[UUID, date]


@dataclass(frozen=True)
class Context:
    """Everything stored that decides about a batch."""

    stamps: dict[Pair, Stamp] = field(default_factory=dict)
    shops: dict[Pair, Shop] = field(default_factory=dict)
    limits: dict[tuple[int, date], dict[str, Any]] = field(default_factory=dict)
    products: set[int] = field(default_factory=set)
    policies: dict[int, int] = field(default_factory=dict)  # -> unit
    briefable: dict[int, Briefable] = field(default_factory=dict)  # released policy versions
    templates: dict[int, tuple[int, Scheme]] = field(default_factory=dict)  # -> unit, what is checked
    months: set[date] = field(default_factory=set)  # that have a partition
    before: dict[UUID, Before] = field(default_factory=dict)  # visit -> the check before, where items carry over


def load(actor: Actor, dated: Sequence[tuple[VisitIn, date]]) -> Context:
    """The context of these visits with their business dates. Four queries for any number, one more where a
    check carries over from the one before; none for no visits."""
    if not dated:
        return Context()
    pairs = list(dict.fromkeys((visit.retailer_id, on_date) for visit, on_date in dated))
    stamps = scope.writable(actor, CAPABILITY, pairs)
    places = sorted({(stamp.territory_id, on) for (_, on), stamp in stamps.items()})
    context = Context(stamps=stamps, shops=_shops(pairs), limits=parameters.values_at(thresholds.ALL, places))
    _look_up(context, actor, [visit for visit, _ in dated], {on.replace(day=1) for _, on in dated})
    context.before.update(_carried(context, [visit for visit, _ in dated]))
    return context


_SHOPS = """
SELECT r.id, k.on_date, r.lon, r.lat, r.datum, r.opens_at, r.closes_at, c.market_type
FROM unnest(%s::uuid[], %s::date[]) AS k(retailer_id, on_date)
JOIN retail_retailer r ON r.id = k.retailer_id
LEFT JOIN retail_classification c ON c.retailer_id = r.id AND c.during @> k.on_date
"""


def _shops(pairs: Sequence[Pair]) -> dict[Pair, Shop]:
    with connection.cursor() as cursor:
        cursor.execute(_SHOPS, [[p[0] for p in pairs], [p[1] for p in pairs]])
        return {(row[0], row[1]): Shop(*row[2:]) for row in cursor.fetchall()}


# A month is known when the fact table has its partition: facts are not written where nothing can hold them.
_REFERENCES = """
SELECT 'product', id, NULL::bigint, NULL::jsonb FROM brands_product WHERE id = ANY(%s)
UNION ALL SELECT 'policy', id, unit_id, NULL FROM visits_policy WHERE id = ANY(%s)
UNION ALL SELECT 'briefable', v.id, p.unit_id, jsonb_build_object('recalled_at', v.recalled_at, 'is_gated',
        v.quiz <> '[]', 'shop_quiz', v.shop_quiz, 'passed_at', (SELECT min(a.answered_at) FROM visits_quizattempt a
            WHERE a.policy_version_id = v.id AND a.person_id = %s AND a.passed))
    FROM visits_policyversion v
    JOIN visits_policy p ON p.id = v.policy_id WHERE v.id = ANY(%s) AND v.released_at IS NOT NULL
UNION ALL SELECT 'template', v.id, t.unit_id, v.items FROM visits_templateversion v
    JOIN visits_displaytemplate t ON t.id = v.template_id WHERE v.id = ANY(%s)
UNION ALL SELECT 'month', m, NULL, NULL FROM unnest(%s::bigint[]) m WHERE to_regclass('visits_visit_' || m) IS NOT NULL
"""


def _look_up(context: Context, actor: Actor, visits: Sequence[VisitIn], months: Iterable[date]) -> None:
    wanted: list[Any] = [
        _ids(visits, lambda v: (line.product_id for part in (v.observations, v.remarks, v.pitches) for line in part)),
        _ids(visits, lambda v: (remark.policy_id for remark in v.remarks)),
        actor.person_id,
        _ids(visits, lambda v: (briefing.policy_version_id for briefing in v.briefings)),
        _ids(visits, lambda v: (v.check.template_version_id,) if v.check else ()),
        sorted(month.year * 100 + month.month for month in months),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_REFERENCES, wanted)
        for kind, key, unit_id, items in cursor.fetchall():
            _enter(context, kind, key, (unit_id, items))


def _enter(context: Context, kind: str, key: int, found: tuple[int, Any]) -> None:
    unit_id, items = found
    if kind == "product":
        context.products.add(key)
    elif kind == "policy":
        context.policies[key] = unit_id
    elif kind == "briefable":
        context.briefable[key] = briefings.briefable(unit_id, _json(items))
    elif kind == "template":
        context.templates[key] = (unit_id, scoring.scheme(_json(items)))
    else:
        context.months.add(date(key // 100, key % 100, 1))


def _carried(context: Context, visits: Sequence[VisitIn]) -> dict[UUID, Before]:
    """By the phone's own time of beginning: where that misleads, visits/checked.py scores anew."""
    asked = [
        Asked(visit.submission_id, visit.retailer_id, visit.started_at, visit.check.template_version_id)
        for visit in visits
        if visit.check is not None
        and (found := context.templates.get(visit.check.template_version_id)) is not None
        and found[1].carried
    ]
    return carrying.before(asked)


def _json(stored: Any) -> Any:
    return json.loads(stored) if isinstance(stored, str | bytes) else stored


def _ids(visits: Sequence[VisitIn], of: Callable[[VisitIn], Iterable[int | None]]) -> list[int]:
    return sorted({key for visit in visits for key in of(visit) if key is not None})
