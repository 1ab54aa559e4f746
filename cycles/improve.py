"""The ledger of the fifth step: a miss is carried on until it is met, partly met, or dropped with a reason.

Called by stages.py after measuring (`propose`), by cycles/proposals.py when a month is drafted (`carry`), and by
cycles/improvements_api.py (`accept`, `edit`, `drop`). No path closes one without what it came to or a reason: the
database refuses it (docs/method.md, "Improve").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from backend import audit, clock
from backend.errors import Problem
from backend.ids import UUID7_SQL
from backend.scope import Actor
from cycles import gate, standing
from cycles.models import Action, Improvement

_SUBJECT = "dimension, retailer_id, unit_id, product_id, territory_id, county_id"

# An improvement came to what the action that carries it in this month came to: met, at least half of the way from where
# it stood, or neither (then it stays open). A month that is measured again settles it again, unless a later one has.
_SETTLE = f"""
WITH measured AS MATERIALIZED (
    SELECT i.id, i.state, r.value, (SELECT count(*) FROM cycles_action b JOIN cycles_result q ON q.action_id = b.id
            WHERE b.improvement_id = i.id AND q.value IS NOT NULL) AS months,
        CASE WHEN r.value IS NULL THEN NULL
            WHEN i.goal = 'at_least' AND r.value >= i.target OR i.goal = 'at_most' AND r.value <= i.target THEN 'met'
            WHEN (r.value - i.baseline) / nullif(i.target - i.baseline, 0) >= 0.5 THEN 'partly' END AS came_to
    FROM cycles_action a JOIN cycles_result r ON r.action_id = a.id JOIN cycles_improvement i ON i.id = a.improvement_id
    JOIN backend_unit u ON u.id = coalesce(a.territory_id, a.county_id, a.unit_id)
    WHERE a.month = %(month)s AND i.state <> 'dropped' AND {{within}} AND {standing.not_locked("u")}
    AND NOT EXISTS (SELECT 1 FROM cycles_action later JOIN cycles_result q ON q.action_id = later.id
        WHERE later.improvement_id = i.id AND later.month > a.month)),
settled AS (
    SELECT m.id, coalesce(m.came_to, CASE WHEN m.state IN ('met', 'partly') THEN 'open' ELSE m.state END) AS state,
        CASE WHEN m.came_to IS NOT NULL THEN m.value END AS outcome,
        m.months - (m.came_to IS NOT NULL)::int AS months_open
    FROM measured m)
UPDATE cycles_improvement i SET state = s.state, outcome = s.outcome, months_open = s.months_open,
    closed_on = CASE WHEN s.outcome IS NULL THEN NULL ELSE coalesce(i.closed_on, greatest(%(today)s, i.opened_on)) END,
    version = i.version + 1
FROM settled s
WHERE i.id = s.id AND (i.state, i.outcome, i.months_open) IS DISTINCT FROM (s.state, s.outcome, s.months_open)
"""  # noqa: S608  names of our own
_PROPOSE = f"""
INSERT INTO cycles_improvement (id, month, origin_id, {_SUBJECT}, rule, kind, parameters, metric, goal, baseline,
    target, due_on, state, months_open, reason, opened_on, version)
SELECT {UUID7_SQL}, a.month, a.id, {", ".join(f"a.{name}" for name in _SUBJECT.split(", "))}, a.rule, a.kind,
    a.parameters, a.metric, a.goal, r.value, a.target, %(due)s, 'proposed', 0, '', %(today)s, 1
FROM cycles_action a JOIN cycles_result r ON r.action_id = a.id AND r.outcome = 'miss'
JOIN backend_unit u ON u.id = coalesce(a.territory_id, a.county_id, a.unit_id)
WHERE a.month = %(month)s AND a.improvement_id IS NULL AND {{within}} AND {standing.not_locked("u")}
AND NOT EXISTS (SELECT 1 FROM cycles_improvement i WHERE i.origin_id = a.id)
ORDER BY a.id
"""  # noqa: S608  names of our own
# Measured again (facts came late) a miss may be none after all: its improvement was met by that, with the value that
# says so; or a miss again. Where it was carried on and measured since, that decides.
_AGAIN = f"""
WITH told AS (
    SELECT i.id, CASE WHEN r.outcome = 'hit' THEN 'met' WHEN i.state <> 'met' THEN i.state
            WHEN i.decided_by_id IS NULL THEN 'proposed' ELSE 'open' END AS state,
        CASE WHEN r.outcome = 'hit' THEN r.value END AS outcome,
        CASE WHEN r.outcome = 'hit' THEN i.baseline ELSE r.value END AS baseline
    FROM cycles_action a JOIN cycles_result r ON r.action_id = a.id AND r.outcome IN ('hit', 'miss')
    JOIN cycles_improvement i ON i.origin_id = a.id AND i.state <> 'dropped'
    JOIN backend_unit u ON u.id = coalesce(a.territory_id, a.county_id, a.unit_id)
    WHERE a.month = %(month)s AND {{within}} AND {standing.not_locked("u")}
    AND NOT EXISTS (SELECT 1 FROM cycles_action b JOIN cycles_result q ON q.action_id = b.id
        WHERE b.improvement_id = i.id AND q.value IS NOT NULL))
UPDATE cycles_improvement i SET state = t.state, outcome = t.outcome, baseline = t.baseline,
    closed_on = CASE WHEN t.outcome IS NULL THEN NULL ELSE greatest(%(today)s, i.opened_on) END, version = i.version + 1
FROM told t
WHERE i.id = t.id AND (i.state, i.outcome, i.baseline) IS DISTINCT FROM (t.state, t.outcome, t.baseline)
"""  # noqa: S608  names of our own


def propose(month: date, prefectures: Sequence[int] | None = None) -> int:
    """What was carried into the month is settled by its result, and each other miss is an improvement proposed, due by
    the end of the next month, that stands at the measured value. Returns how many were proposed.

    In the caller's transaction, under the month's lock, after `evaluate.measure`. A second run changes nothing. Three
    queries, whatever the number of actions.
    """
    values: dict[str, Any] = {
        "month": month,
        "due": clock.month_end(clock.add_months(month, 1)),
        "today": clock.today(),
        "prefectures": list(prefectures or ()),
    }
    within = standing.within("u", prefectures)
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE.format(within=within), values)
        cursor.execute(_AGAIN.format(within=within), values)
        cursor.execute(_PROPOSE.format(within=within), values)
        return cursor.rowcount


# Improvements of earlier months that no action of this month carries yet, where the shop is in the month (or the
# subject is a unit), with the stamps of today's owner.
_WAITING = f"""
SELECT i.*, row_number() OVER (PARTITION BY i.rule, i.kind, i.retailer_id, i.unit_id, i.product_id ORDER BY i.id) AS n,
    coalesce(c.territory_id, i.territory_id) AS to_territory, coalesce(c.county_id, i.county_id) AS to_county
FROM cycles_improvement i LEFT JOIN cycles_retailercycle c ON c.month = %(month)s AND c.retailer_id = i.retailer_id
JOIN backend_unit u ON u.id = coalesce(c.territory_id, i.territory_id, i.county_id, i.unit_id)
WHERE i.state IN ('proposed', 'open') AND i.month < %(month)s AND (i.retailer_id IS NULL OR c.retailer_id IS NOT NULL)
AND {{within}} AND {standing.still_planned("u")}
AND NOT EXISTS (SELECT 1 FROM cycles_action a WHERE a.month = %(month)s AND a.improvement_id = i.id)
"""  # noqa: S608  names of our own
_ATTACH = """
WITH waiting AS MATERIALIZED ({waiting}),
free AS MATERIALIZED (
    SELECT a.id, a.rule, a.kind, a.retailer_id, a.unit_id, a.product_id,
        row_number() OVER (PARTITION BY a.rule, a.kind, a.retailer_id, a.unit_id, a.product_id ORDER BY a.id) AS n
    FROM cycles_action a
    WHERE a.month = %(month)s AND a.improvement_id IS NULL AND a.state <> 'dropped' AND a.rule <> '')
UPDATE cycles_action a SET improvement_id = w.id, version = a.version + 1
FROM waiting w JOIN free f ON f.rule = w.rule AND f.kind = w.kind AND f.n = w.n
    AND f.retailer_id IS NOT DISTINCT FROM w.retailer_id AND f.unit_id IS NOT DISTINCT FROM w.unit_id
    AND f.product_id IS NOT DISTINCT FROM w.product_id
WHERE a.id = f.id
"""
_CARRY = f"""
WITH waiting AS MATERIALIZED ({{waiting}})
INSERT INTO cycles_action (id, month, improvement_id, dimension, retailer_id, unit_id, product_id, territory_id,
    county_id, rule, kind, parameters, metric, goal, baseline, drafted_target, target, best, due_on, serves,
    evidence_needed, state, is_flagged, drop_reason, words, version)
SELECT {UUID7_SQL}, %(month)s, w.id, w.dimension, w.retailer_id, w.unit_id, w.product_id, w.to_territory, w.to_county,
    w.rule, w.kind, w.parameters, w.metric, w.goal, w.baseline, w.target, w.target, o.best,
    greatest(least(w.due_on, %(last)s), %(month)s), o.serves, o.evidence_needed, 'drafted', w.months_open > 1, '', '', 1
FROM waiting w JOIN cycles_action o ON o.id = w.origin_id
ORDER BY w.id
ON CONFLICT DO NOTHING
"""  # noqa: S608  names of our own


def carry(month: date, prefectures: Sequence[int] | None = None) -> int:
    """Every open or proposed improvement of an earlier month is in this month's actions: with the action of the same
    rule and subject, or with one of its own, drafted (flagged once it was missed twice more). Returns how many of their
    own were added. As `propose`: caller's transaction and lock, repeatable, two queries."""
    values: dict[str, Any] = {"month": month, "last": clock.month_end(month), "prefectures": list(prefectures or ())}
    waiting = _WAITING.format(within=standing.within("u", prefectures))
    with connection.cursor() as cursor:
        cursor.execute(_ATTACH.format(waiting=waiting), values)
        cursor.execute(_CARRY.format(waiting=waiting), values)
        return cursor.rowcount


def accept(*, actor: Actor, improvement: Improvement) -> Improvement:
    """The improvement is open: somebody means to do it. `conflict` unless it is proposed; `not_found` where the actor
    does not plan for its subject. Six queries, and one for each month that carries it."""
    with transaction.atomic():
        held = _held(actor, improvement)
        if held.state != Improvement.State.PROPOSED:
            raise Problem("conflict")
        return _save(actor, held, "improvement.accept", {"state": Improvement.State.OPEN})


def edit(*, actor: Actor, improvement: Improvement, target: Decimal | None, due_on: date | None) -> Improvement:
    """Its number or its day is another. `bad_date` for a day that is past; else as `accept`, for open ones too."""
    if due_on is not None and due_on < clock.today():
        raise Problem("bad_date")
    with transaction.atomic():
        held = _held(actor, improvement)
        if held.closed_on is not None:
            raise Problem("conflict")
        given = {"target": target, "due_on": due_on}
        return _save(actor, held, "improvement.edit", {k: v for k, v in given.items() if v is not None})


def drop(*, actor: Actor, improvement: Improvement, reason: str) -> Improvement:
    """It is dropped, and says why; what was drafted for it alone is gone from plans that still change. `invalid`
    without a reason, `conflict` when it is closed already, `not_found` as `accept`. Seven queries, and four for each
    month in which something was drafted for it."""
    if not reason.strip():
        raise Problem("invalid")
    with transaction.atomic():
        hold(improvement)
        held = _held(actor, improvement)
        if held.closed_on is not None:
            raise Problem("conflict")
        _take_back_drafts(held)
        end = {"state": Improvement.State.DROPPED, "reason": reason, "closed_on": max(clock.today(), held.opened_on)}
        return _save(actor, held, "improvement.drop", end)


def hold(improvement: Improvement) -> None:
    """Nobody drafts, measures or locks the months in which something is drafted for it alone, until the end of the
    transaction. Taken before its row, as the month's own verbs do. One query, and one for each of these months."""
    for month in sorted(set(_drafts(improvement).values_list("month", flat=True))):
        standing.hold(month)


def _drafts(improvement: Improvement) -> QuerySet[Action]:
    return Action.objects.filter(improvement=improvement.pk, state=Action.State.DRAFTED, finding=None)


def _take_back_drafts(held: Improvement) -> None:
    """What was drafted for it alone is gone, but for months that were measured or locked: these stand as they are."""
    for row in _drafts(held).select_for_update(of=("self",)).order_by("month"):
        unit = gate.unit_of(row)
        if standing.refusal(standing.states(row.month, [unit])[unit]) is None:
            gate.mark(row.month, [row])
            row.delete()


def _held(actor: Actor, improvement: Improvement) -> Improvement:
    found = gate.planned_by(actor, Improvement.objects.select_for_update(of=("self",))).filter(pk=improvement.pk)
    held = found.first()
    if held is None:
        raise Problem("not_found")
    return held


def _save(actor: Actor, held: Improvement, act: str, changes: Mapping[str, Any]) -> Improvement:
    before = audit.snapshot(held)
    for name, value in changes.items():
        setattr(held, name, value)
    held.decided_by_id, held.version = actor.person_id, held.version + 1
    held.save(update_fields=[*changes, "decided_by", "version"])
    after = audit.snapshot(held)
    audit.record(
        actor, act, held, before=before, after=after, reason=changes.get("reason", ""), unit_id=gate.unit_of(held)
    )
    for month in sorted({held.month, *held.actions.values_list("month", flat=True)}):  # those that carry it say so too
        gate.mark(month, [held])
    return held
