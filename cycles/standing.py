"""How far a prefecture is with a month, asked by every verb that writes into it: cells, actions, evidence, results.

A month that was measured takes no more changes of its plan, one that is locked none at all. Where no row says anything
the month is open, unless the whole month was locked (docs/method.md, "The month").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.db import connection

from backend.errors import Problem, register
from backend.locks import Lock, take
from cycles.models import PrefectureMonth

register(
    "month_locked",
    409,
    ("该月份已锁定", "The month is locked"),
    ("锁定后的更正记为调整，不改动原有数字。", "What comes after the lock is an adjustment beside the figure."),
)
register(
    "month_measured",
    409,
    ("该月份已评估", "The month has been measured"),
    (
        "评估之后不再改动计划，请写明未达成的原因。",
        "The plan does not change after it was measured; give the reason of a miss.",
    ),
)

# The state of a unit's prefecture in the month %(month)s; {unit} is an alias of backend_unit.
STATE = """coalesce(
    (SELECT pm.state FROM cycles_prefecturemonth pm
        WHERE pm.month = %(month)s AND pm.prefecture_id = {unit}.ancestors[3]),
    (SELECT m.state FROM cycles_month m WHERE m.month = %(month)s), 'open')"""


def not_locked(unit: str) -> str:
    """A condition for set-based statements: the prefecture of this alias of backend_unit has not locked the month."""
    return f"{STATE.format(unit=unit)} <> 'locked'"


def still_planned(unit: str) -> str:
    """As `not_locked`, for what only a plan that may still change takes: nor has it been measured."""
    return f"{STATE.format(unit=unit)} NOT IN ('measured', 'locked')"


def within(unit: str, prefectures: Sequence[int] | None) -> str:
    """A condition: the unit lies in one of %(prefectures)s. No condition for None."""
    return "TRUE" if prefectures is None else f"{unit}.ancestors[3] = ANY(%(prefectures)s)"


def hold(month: date) -> None:
    """Until the end of this transaction nobody measures, locks or derives the month; others may edit beside us.

    Taken before any row is locked, as the month's own verbs do (`building.lock_month`), so that none waits in a ring.
    """
    take(Lock.MONTHS, month, shared=True)


_STATES = f"SELECT u.id, {STATE.format(unit='u')} FROM backend_unit u WHERE u.id = ANY(%(units)s)"  # noqa: S608


def states(month: date, unit_ids: Iterable[int]) -> dict[int, str]:
    """How far the prefecture of each unit is with the month. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_STATES, {"month": month, "units": sorted(set(unit_ids))})
        return dict(cursor.fetchall())


def refusal(state: str) -> Problem | None:
    """Why a plan in this state takes no change, or None where it does."""
    if state == PrefectureMonth.State.LOCKED:
        return Problem("month_locked")
    return Problem("month_measured") if state == PrefectureMonth.State.MEASURED else None


def require_planned(month: date, unit_id: int) -> None:
    """Lets a change of the plan pass; `month_measured` or `month_locked` where the prefecture has come that far. One
    query."""
    refused = refusal(states(month, [unit_id])[unit_id])
    if refused is not None:
        raise refused
