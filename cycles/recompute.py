"""The proof that every figure of a month can be recomputed: made again from facts beside what is kept, then taken back.

Called by `manage.py recompute`. All that is derived is forgotten in a transaction, made anew by the verbs that make it,
compared with what was kept, and the transaction rolled back (docs/method.md, "The month").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from backend import clock
from backend.marks import Key
from backend.models import Unit
from cycles import adjustments, building, frozen, locking, membership, prefectures, recompute_findings, stages
from cycles.adjustments import Line
from cycles.building import PARENT
from cycles.grid import COLUMNS
from cycles.models import ManagerCycle, PrefectureMonth
from cycles.prefectures import State
from cycles.queries import dates_at
from market.rollups import recompute as rollups
from market.rollups import segments

SHOWN = 20


@dataclass
class Kind:
    """What was compared of one kind: how many differ, how many of these are explained, and the first of them."""

    name: str
    differ: int = 0
    explained: int = 0
    shown: list[str] = field(default_factory=list)

    def add(self, what: object, *, explained: bool = False) -> None:
        """One more that differs; `explained`: by facts that arrived after it was made."""
        self.differ += 1
        self.explained += explained
        if len(self.shown) < SHOWN:
            self.shown.append(f"{what}{' (explained)' if explained else ''}")


KINDS = ("rows", "cells", "evidence", "results", "improvements", "figures", "scorecards", "roll-ups", "findings")


@dataclass
class Report:
    """What the recomputation of one month found, by kind."""

    month: date
    kinds: dict[str, Kind] = field(default_factory=lambda: {name: Kind(name) for name in KINDS})

    @property
    def unexplained(self) -> int:
        return sum(kind.differ - kind.explained for kind in self.kinds.values())


def recompute(month: date, prefecture_ids: Sequence[int] | None = None) -> Report:
    """Everything that was derived for the month, made again from the facts of these prefectures (default: all) and
    compared. Changes nothing; holds the month's lock while it reads. Findings are asked as of the days on which they
    were asked: what arrived later than that is explained, not hidden."""
    report = Report(month)
    with transaction.atomic():
        building.lock_month(month)
        rows = PrefectureMonth.objects.filter(month=month).order_by("prefecture_id")
        for row in rows if prefecture_ids is None else rows.filter(prefecture_id__in=list(prefecture_ids)):
            _scorecards(row, report)
            with transaction.atomic():
                _one(row, report)
                transaction.set_rollback(True)
            with transaction.atomic():
                recompute_findings.compare(row, report.kinds["findings"].add)
                transaction.set_rollback(True)
        transaction.set_rollback(True)
    return report


def _one(row: PrefectureMonth, report: Report) -> None:
    month, prefecture_id, is_locked = row.month, row.prefecture_id, row.state == State.LOCKED
    values: dict[str, Any] = {
        "month": month,
        "counties": prefectures.counties_of([prefecture_id]),
        "units": prefectures.units_of([prefecture_id]),
        "since": row.locked_at if is_locked else None,
    }
    adjustments.keep_copies(month, prefecture_id)
    _run(_COPIES, values)
    if is_locked:
        adjustments.as_if_unlocked(month, prefecture_id)
    _run(_FORGET, values)
    locking.recount(month, prefecture_id)
    segments.recompute([Key(unit, month) for unit in prefectures.territories_of([prefecture_id])])
    if is_locked:
        adjustments.settle_as_if_unlocked(month, prefecture_id)
    elif row.state == State.MEASURED:
        stages.settle(month, prefecture_id)
    else:
        stages.renew(month, prefectures.territories_of([prefecture_id]))
    moved, results = adjustments.since_copies(month, prefecture_id)
    _tell(report.kinds["cells"], moved)
    _tell(report.kinds["results"], results)
    if is_locked:
        _tell(report.kinds["figures"], adjustments.figures_now(month, prefecture_id))
    for name, query in (("evidence", _EVIDENCE), ("improvements", _IMPROVEMENTS), *_ROLLUPS_DIFFER):
        for what, explained in _rows(query, values):
            report.kinds[name].add(what, explained=explained)
    _members(row, report.kinds["rows"])


def _members(row: PrefectureMonth, kind: Kind) -> None:
    """Shops that should have a row or another owner. Of a locked month the owners of its lock day: who was entered
    since then is explained, for its lines are with the figures."""
    dates = dates_at([(row.prefecture_id, row.month)])[row.prefecture_id, row.month]
    days = membership.days_of(dates, clock.month_end(row.month), clock.today())
    found = membership.compare(row.month, days, prefectures.territories_of([row.prefecture_id]))
    for count, what in ((found.added, "without a row"), (found.moved, "with another owner")):
        for _ in range(count):
            kind.add(f"a shop {what} in {row}", explained=row.state == State.LOCKED)


def _scorecards(row: PrefectureMonth, report: Report) -> None:
    """A manager's scorecard is what was frozen of its unit."""
    if row.state != State.LOCKED:
        return
    known = frozen.frozen(row.month, row.prefecture_id)
    cycles = ManagerCycle.objects.filter(month=row.month, unit_id__in=list(known)).order_by("pk")
    for cycle in cycles:
        for kpi, told in (cycle.scorecard or {}).items():
            value = known[cycle.unit_id].get(kpi)
            if frozen.exact(told) != value:
                report.kinds["scorecards"].add(f"{cycle.unit_id} {kpi}: {told}, frozen {value}")


def _tell(kind: Kind, lines: Iterable[Line]) -> None:
    for line in lines:
        about = line.action_id or line.retailer_id or line.unit_id
        kind.add(f"{line.figure} of {about}: {line.before}, recomputed {line.after}")


def _run(statements: Iterable[str], values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values)


def _rows(query: str, values: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


# -- statements --------------------------------------------------------------------------------------------------------

_MINE = """(SELECT id FROM cycles_action WHERE month = %(month)s
    AND (county_id = ANY(%(counties)s) OR (county_id IS NULL AND unit_id = ANY(%(units)s))))"""
# Improvements whose last word was this month's: carried and measured here and nowhere later, or met by a second look
# at the miss itself.
_SETTLED_HERE = f"""
i.state IN ('open', 'proposed', 'met', 'partly')
AND (i.id IN (SELECT a.improvement_id FROM cycles_action a JOIN cycles_result q ON q.action_id = a.id
        WHERE a.id IN {_MINE})
    OR i.origin_id IN {_MINE})
AND NOT EXISTS (SELECT 1 FROM cycles_action later JOIN cycles_result q ON q.action_id = later.id
    WHERE later.improvement_id = i.id AND later.month > %(month)s)
"""  # noqa: S608  names of our own
_LEFT = ("month", "computed_at")
# Every column of every roll-up but when it was computed.
_ROLLUPS: dict[str, str] = {
    model._meta.db_table: ", ".join(f.column for f in model._meta.concrete_fields if f.column and f.column not in _LEFT)
    for model in apps.get_models()
    if model._meta.db_table in rollups.TABLES
}


def _copy(name: str, query: str) -> tuple[str, str]:
    return f"DROP TABLE IF EXISTS pg_temp.{name}", f"CREATE TEMP TABLE {name} ON COMMIT DROP AS {query}"


_COPIES = (
    *_copy("kept_evidence", f"SELECT * FROM cycles_evidence WHERE action_id IN {_MINE}"),  # noqa: S608
    *_copy("kept_improvement", f"SELECT i.* FROM cycles_improvement i WHERE {_SETTLED_HERE}"),  # noqa: S608
    *(
        statement
        for table, columns in _ROLLUPS.items()
        for statement in _copy(
            f"kept_{table}",
            f"SELECT {columns} FROM {table} WHERE month = %(month)s AND unit_id = ANY(%(units)s)",  # noqa: S608
        )
    ),
)
_FORGET = (
    f'UPDATE "{PARENT}" SET ({", ".join(COLUMNS)}) = ROW({building.OPENING_CELLS})'  # noqa: S608
    " WHERE month = %(month)s AND county_id = ANY(%(counties)s)",
    f"DELETE FROM cycles_evidence WHERE action_id IN {_MINE}",  # noqa: S608
    f"""UPDATE cycles_result SET value = NULL, outcome = 'not_measurable', evidence_count = 0
        WHERE action_id IN {_MINE}""",  # noqa: S608
    f"""UPDATE cycles_improvement i SET state = 'open', outcome = NULL, closed_on = NULL, months_open = 0
        WHERE i.state IN ('met', 'partly') AND {_SETTLED_HERE}""",  # noqa: S608
)
# Of a locked month the visits that were received, decided about, edited or withdrawn since are the explanation.
_EVIDENCE = f"""
SELECT coalesce(k.action_id, e.action_id)::text || ' by ' || coalesce(k.visit_id, e.visit_id)::text || ': '
    || coalesce(k.attached_by || ' x' || k.lines, 'none') || ', recomputed '
    || coalesce(e.attached_by || ' x' || e.lines, 'none'),
    EXISTS (SELECT 1 FROM visits_visit v WHERE v.id = e.visit_id AND v.month = %(month)s
        AND v.received_at >= %(since)s::timestamptz)
    OR EXISTS (SELECT 1 FROM visits_presenceverdict d WHERE d.visit_id = coalesce(k.visit_id, e.visit_id)
        AND d.decided_at >= %(since)s::timestamptz)
    OR EXISTS (SELECT 1 FROM visits_visitrevision r WHERE r.visit_id = coalesce(k.visit_id, e.visit_id)
        AND r.made_at >= %(since)s::timestamptz)
FROM kept_evidence k
FULL JOIN (SELECT * FROM cycles_evidence WHERE action_id IN {_MINE}) e USING (action_id, visit_id)
WHERE (k.attached_by, k.lines) IS DISTINCT FROM (e.attached_by, e.lines) ORDER BY 1
"""  # noqa: S608  names of our own
_IMPROVEMENTS = """
SELECT k.id::text || ': ' || k.state || coalesce(' ' || k.outcome, '') || ' after ' || k.months_open || ', recomputed '
    || i.state || coalesce(' ' || i.outcome, '') || ' after ' || i.months_open,
    EXISTS (SELECT 1 FROM cycles_adjustment a JOIN cycles_action o ON o.id = a.action_id
        WHERE a.month = %(month)s AND a.absorbed_at IS NULL AND (o.improvement_id = k.id OR o.id = k.origin_id))
FROM kept_improvement k JOIN cycles_improvement i ON i.id = k.id
WHERE (k.state, k.outcome, k.months_open) IS DISTINCT FROM (i.state, i.outcome, i.months_open) ORDER BY 1
"""


def _rollup(table: str, columns: str) -> str:
    now = f"SELECT {columns} FROM {table} WHERE month = %(month)s AND unit_id = ANY(%(units)s)"  # noqa: S608
    return f"""
    SELECT '{table} ' || side || row(x.*)::text, FALSE FROM (
        SELECT 'kept ' AS side, k.* FROM (SELECT {columns} FROM kept_{table} EXCEPT ALL {now}) k
        UNION ALL
        SELECT 'recomputed ', n.* FROM ({now} EXCEPT ALL SELECT {columns} FROM kept_{table}) n) x
    """  # noqa: S608


_ROLLUPS_DIFFER: tuple[tuple[str, str], ...] = tuple(
    ("roll-ups", _rollup(table, columns)) for table, columns in _ROLLUPS.items()
)


def prefecture_ids(codes: Sequence[str]) -> list[int]:
    """The units of these codes; LookupError for one that is no prefecture."""
    found = dict(Unit.objects.filter(code__in=list(codes), level=2).values_list("code", "pk"))
    if missing := [code for code in codes if code not in found]:
        raise LookupError(", ".join(missing))
    return sorted(found.values())
