"""Targets against what was measured: one result per accepted action, and the reason of each miss in a code.

Called by stages.py (`measure`) and by cycles/actions_api.py (`give_reason`, `give_reasons`). A result is counted from
the month's facts, so measuring again gives the same one (docs/method.md, "Evaluate").
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from backend import audit, clock
from backend.audit import Act
from backend.errors import Problem, register
from backend.scope import Actor
from cycles import bases, gate, metrics, standing
from cycles.models import Action, Result

log = logging.getLogger(__name__)

register(
    "not_a_miss",
    409,
    ("该结果无需说明原因", "No reason is asked for"),
    ("只有未达成的结果需要原因。", "Only a miss asks for a reason."),
)


class MissReason(TextChoices):
    """Why a goal was missed; a reason that is none of these is told in words."""

    NOT_VISITED = "not_visited", _("not visited in time")
    SUPPLY = "supply", _("supply was short")
    HOLDER = "holder", _("the holder did not want to")
    PRICE = "price", _("price or margin")
    DEMAND = "demand", _("customers did not ask for it")
    RIVAL = "rival", _("a rival's move")
    TARGET = "target", _("the target was too high")
    EVENT = "event", _("an event outside (weather, roadworks, closed)")
    DATA = "data", _("the figures are not right")
    OTHER = "other", _("other, in words")


_ACCEPTED = f"""
CREATE TEMP TABLE accepted ON COMMIT DROP AS
SELECT a.id AS action_id, a.retailer_id, a.unit_id, a.product_id, a.territory_id, a.county_id, a.parameters, a.metric,
    a.goal, a.target
FROM cycles_action a JOIN backend_unit u ON u.id = coalesce(a.territory_id, a.county_id, a.unit_id)
WHERE a.month = %(month)s AND a.state = 'accepted' AND {{within}} AND {standing.not_locked("u")}
"""  # noqa: S608  names of our own
_VALUES = """
INSERT INTO measured (action_id, value)
SELECT m.action_id, round(m.value::numeric, 2) FROM ({sql}) AS m(action_id, value) WHERE m.value IS NOT NULL
"""
_SUBJECT = "CREATE TEMP TABLE subject ON COMMIT DROP AS SELECT * FROM accepted WHERE metric = %(metric)s"
_SHOPS = """
CREATE TEMP TABLE subject_shop ON COMMIT DROP AS
SELECT retailer_id FROM subject WHERE retailer_id IS NOT NULL
UNION
SELECT a.retailer_id
FROM backend_unit u JOIN retail_assignment a ON a.territory_id = u.id AND a.during @> %(next)s::date
WHERE u.level = 5 AND u.ancestors[4] IN (SELECT coalesce(county_id, unit_id) FROM subject WHERE retailer_id IS NULL)
"""
_RESULTS = """
INSERT INTO cycles_result (action_id, value, outcome, evidence_count, measured_at, reason, words, version)
SELECT a.action_id, m.value, CASE WHEN m.value IS NULL THEN 'not_measurable'
        WHEN a.goal = 'at_least' AND m.value >= a.target OR a.goal = 'at_most' AND m.value <= a.target THEN 'hit'
        ELSE 'miss' END,
    coalesce(e.n, 0), %(now)s, '', '', 1
FROM accepted a LEFT JOIN measured m ON m.action_id = a.action_id
LEFT JOIN (SELECT e.action_id, count(*) AS n FROM cycles_evidence e JOIN accepted k ON k.action_id = e.action_id
    GROUP BY e.action_id) e ON e.action_id = a.action_id
ON CONFLICT (action_id) DO UPDATE SET value = excluded.value, outcome = excluded.outcome,
    evidence_count = excluded.evidence_count, measured_at = excluded.measured_at,
    version = cycles_result.version + 1
WHERE (cycles_result.value, cycles_result.outcome, cycles_result.evidence_count)
    IS DISTINCT FROM (excluded.value, excluded.outcome, excluded.evidence_count)
"""
# An action that was accepted, measured, and dropped after the month was opened again has no result.
_GONE = f"""
DELETE FROM cycles_result r USING cycles_action a, backend_unit u
WHERE a.id = r.action_id AND a.month = %(month)s AND a.state <> 'accepted'
AND u.id = coalesce(a.territory_id, a.county_id, a.unit_id) AND {{within}} AND {standing.not_locked("u")}
"""  # noqa: S608  names of our own


def measure(month: date, prefectures: Sequence[int] | None = None) -> int:
    """Every accepted action of the month has its result; returns how many results are new or other than before.

    A reason given stays with its result. Nothing where a prefecture has locked the month. In the caller's transaction,
    under the month's lock, after `evidence.link`. Four statements for each metric in use and six more, and those of
    the bases that the metrics read; constant in the number of actions.
    """
    wanted = None if prefectures is None else list(prefectures)
    values = {**metrics.days_of(month), "prefectures": wanted, "now": clock.now()}
    within = standing.within("u", prefectures)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.accepted, pg_temp.measured")
        cursor.execute(_ACCEPTED.format(within=within), values)
        cursor.execute("ANALYZE pg_temp.accepted")
        cursor.execute("SELECT DISTINCT metric FROM accepted")
        used = _known(name for (name,) in cursor.fetchall())
        if any(one.bases for one in used):
            values = {**bases.values(values["next"], month, prefectures), **values}
        cursor.execute("CREATE TEMP TABLE measured (action_id uuid, value numeric) ON COMMIT DROP")
        for one in used:
            _fill(cursor, one, values)
        cursor.execute("ANALYZE pg_temp.measured")
        cursor.execute(_GONE.format(within=within), values)
        cursor.execute(_RESULTS, values)
        return cursor.rowcount


def _fill(cursor: Any, one: metrics.Metric, values: dict[str, Any]) -> None:
    """The values of one metric. Its bases are built of the shops that it is asked of alone, and of all shops of the
    counties where it is asked of a unit."""
    asked = {**values, "metric": one.name}
    cursor.execute("DROP TABLE IF EXISTS pg_temp.subject, pg_temp.subject_shop")
    cursor.execute(_SUBJECT, asked)
    cursor.execute("ANALYZE pg_temp.subject")
    if one.bases:
        cursor.execute(_SHOPS, asked)
        bases.build(one.bases, values["next"], values["month"], values["prefectures"], among="subject_shop")
    cursor.execute(_VALUES.format(sql=one.sql), asked)


def _known(names: Iterable[str]) -> list[metrics.Metric]:
    """The metrics of these names. What no release measures any more is not measurable, and is told of."""
    wanted = sorted(names)
    if unknown := [name for name in wanted if name not in metrics.names()]:
        log.error("actions ask for metrics that do not exist", extra={"metrics": unknown})
    return [metrics.metric(name) for name in wanted if name in metrics.names()]


@dataclass(frozen=True)
class Reason:
    """Why an action missed its goal: one of MissReason, in words where that is `other`."""

    action_id: UUID
    code: str
    words: str = ""


def give_reason(*, actor: Actor, action: Action, reason: str, words: str = "") -> Result:
    """The miss has its reason. `not_found` where the actor does not plan for the subject or nothing was measured,
    `not_a_miss`, `invalid` for an unknown code or `other` without words, `month_locked`. Eight queries."""
    outcome = give_reasons(actor=actor, month=action.month, reasons=[Reason(action.pk, reason, words)])[action.pk]
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


def give_reasons(*, actor: Actor, month: date, reasons: Sequence[Reason]) -> dict[UUID, Result | Problem]:
    """Each miss has its reason, or each item its refusal: as `give_reason`, for any number of actions of one month.
    Eight queries."""
    given = {reason.action_id: reason for reason in reasons}
    with transaction.atomic():
        standing.hold(month)
        mine = gate.planned_by(actor, Action.objects.filter(pk__in=given, month=month))
        rows = Result.objects.select_for_update(of=("self",)).select_related("action").order_by("action_id")
        found = {row.action_id: row for row in rows.filter(action__in=mine.values("pk"))}
        states = standing.states(month, {gate.unit_of(row.action) for row in found.values()})
        outcomes: dict[UUID, Result | Problem] = {}
        before: dict[UUID, dict[str, Any]] = {}
        for key, reason in given.items():
            row = found.get(key)
            fault = _fault(row, reason, states)
            if row is None or fault is not None:
                outcomes[key] = fault or Problem("not_found")
                continue
            before[key] = {"reason": row.reason, "words": row.words}
            row.reason, row.words = reason.code, reason.words.strip()
            row.reason_by_id, row.reason_at, row.version = actor.person_id, clock.now(), row.version + 1
            outcomes[key] = row
        told = [found[key] for key in before]
        if told:
            Result.objects.bulk_update(told, ["reason", "words", "reason_by", "reason_at", "version"])
            audit.record_many(actor, "result.reason", Result, [_act(row, before[row.pk]) for row in told])
            gate.mark(month, [row.action for row in told])
    return outcomes


def _act(row: Result, before: dict[str, Any]) -> Act:
    return Act(row.pk, gate.unit_of(row.action), before, {"reason": row.reason, "words": row.words})


def _fault(row: Result | None, reason: Reason, states: dict[int, str]) -> Problem | None:
    if row is None:
        return Problem("not_found")
    if states[gate.unit_of(row.action)] == "locked":
        return Problem("month_locked")
    if row.outcome != Result.Outcome.MISS:
        return Problem("not_a_miss")
    if reason.code not in MissReason.values or (reason.code == MissReason.OTHER and not reason.words.strip()):
        return Problem("invalid")
    return None
