"""The third and the sixth month of a launch are judged by their figures, and so is what is left once it has gone.

The tick. A verdict is made once a month's roll-ups are whole, some working days after its end; a second run makes no
other. It decides nothing that a person is to decide: an exit is proposed. Rule: docs/method.md, Launches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import ge, le
from typing import Any

from django.db import transaction

from backend import audit, clock, notices, workdays
from backend.kpis import Number
from market import kpis, queries
from market.figures import trade_kpis, values
from market.figures.subjects import Subject
from market.launches import launch as launches
from market.launches.launch import DECIDE, first_month, people, told
from market.models import Launch, LaunchVerdict, RollupTurn, SubjectKind

TRIAL_MONTHS, CURE_MONTHS = 3, 6
AFTER_WORKING_DAYS = 5  # when a month is locked: what came late for it is in
State, Outcome = Launch.State, LaunchVerdict.Outcome
JUDGED = {State.TRIAL: TRIAL_MONTHS, State.CURE: CURE_MONTHS}
_WORDS = {
    Outcome.PASSED: (
        "第 {number} 个月达标，转为常规规格",
        "passed after month {number}, an ordinary product from now on",
    ),
    Outcome.CURE: (
        "第 {number} 个月未达标，进入三个月整改",
        "missed its goals in month {number}; three months of cure",
    ),
    Outcome.EXIT_PROPOSED: (
        "第 {number} 个月仍未达标，建议退出",
        "missed its goals again in month {number}; exit proposed",
    ),
    Outcome.CLEARED: ("退出后库存已清", "its stock is cleared"),
    Outcome.LEFT_OVER: ("退出期满仍有库存", "stock is left over after its time"),
}
for _outcome, (_zh, _en) in _WORDS.items():
    notices.register(f"launch.{_outcome}", f"新品“{{product}}”（{{unit}}）：{_zh}。", f"{{product}} ({{unit}}): {_en}.")


@dataclass(frozen=True)
class Goal:
    """What a launch is to reach: the figure, the column with the target, and whether it is a least or a most."""

    code: str
    kpi: str
    column: str
    is_most: bool = False


GOALS = (
    Goal("on_shelf", kpis.ON_SHELF.id, "on_shelf_goal"),
    Goal("repurchase", trade_kpis.REPURCHASE_RATE.id, "repurchase_goal"),
    Goal("sell_through", trade_kpis.SELL_THROUGH_RATE.id, "sell_through_goal"),
    Goal("stock_ratio", trade_kpis.STOCK_TO_SALES.id, "stock_ratio_goal", is_most=True),
    Goal("volume", kpis.SALES.id, "volume_goal"),
)
LEFT = Goal("stock_left", trade_kpis.SOCIAL_STOCK.id, "", is_most=True)


def held_against(launch: Launch, found: Mapping[str, Number | None]) -> list[dict[str, Any]]:
    """Each goal with its value and whether it is reached. One that nobody measured is not; a volume that nobody set is
    left out. Pure."""
    if launch.state == State.CLEARING:
        left = found[LEFT.kpi]
        return [_line(LEFT, left, Decimal(0), not left)]
    lines = []
    for goal in GOALS:
        target, value = getattr(launch, goal.column), found[goal.kpi]
        if target is None:
            continue
        reached = value is not None and (le if goal.is_most else ge)(value, target)
        lines.append(_line(goal, value, target, reached))
    return lines


def _line(goal: Goal, value: Number | None, target: Number, met: bool) -> dict[str, Any]:
    text = None if value is None else str(value)
    return {"goal": goal.code, "kpi": goal.kpi, "value": text, "target": str(target), "met": met}


def outcome(launch: Launch, lines: Sequence[Mapping[str, Any]]) -> LaunchVerdict.Outcome:
    """What follows from the goals: reached together or not. Pure."""
    met = all(line["met"] for line in lines)
    if launch.state == State.CLEARING:
        return Outcome.CLEARED if met else Outcome.LEFT_OVER
    if met:
        return Outcome.PASSED
    return Outcome.CURE if launch.state == State.TRIAL else Outcome.EXIT_PROPOSED


def judge() -> int:
    """The tick: every launch whose month is over and counted has its verdict; how many were made. One query when no
    month is due; else eight for each product and month, and twelve for each verdict."""
    running = Launch.objects.filter(state__in=(*JUDGED, State.CLEARING)).order_by("supply_on", "pk")
    due = [(launch, month) for launch in running if (month := due_month(launch)) < clock.month_of(clock.today())]
    if not due:
        return 0
    calendar = workdays.calendar()
    together: defaultdict[tuple[date, int], list[Launch]] = defaultdict(list)
    for launch, month in due:
        from_day = workdays.days_after(calendar, clock.month_end(month), AFTER_WORKING_DAYS)
        if clock.today() >= from_day and _is_counted(launch.unit_id, month):
            together[month, launch.product_id].append(launch)
    return sum(_judge(month, product, together[month, product]) for month, product in sorted(together))


def due_month(launch: Launch) -> date:
    """The month whose figures judge the launch next."""
    if launch.state == State.CLEARING and launch.clear_by is not None:
        return clock.month_of(launch.clear_by)
    return clock.add_months(first_month(launch.supply_on), JUDGED[State(launch.state)] - 1)


def _is_counted(unit_id: int, month: date) -> bool:
    turned = RollupTurn.objects.filter(month=month, counted_on=clock.month_end(month)).exists()
    return turned and queries.freshness(unit_id).waiting == 0


def _judge(month: date, product_id: int, rows: Sequence[Launch]) -> int:
    asked = [goal.kpi for goal in (*GOALS, LEFT)]
    subject = Subject(SubjectKind.PRODUCT, product_id)
    found = values.by_month([row.unit_id for row in rows], [month], asked, subject)
    return sum(_verdict(row, month, found[row.unit_id, month]) for row in rows)


def _verdict(launch: Launch, month: date, found: Mapping[str, Number | None]) -> bool:
    with transaction.atomic():
        held = Launch.objects.select_for_update(of=("self",)).select_related("unit", "product").get(pk=launch.pk)
        if held.state != launch.state:
            return False  # somebody else has judged it
        lines = held_against(held, found)
        verdict = LaunchVerdict.objects.create(
            launch=held,
            month=month,
            number=_number(held, month),
            outcome=outcome(held, lines),
            figures=lines,
            made_at=clock.now(),
        )
        before = audit.snapshot(held)
        held.state, held.version = State(verdict.outcome), held.version + 1
        held.save(update_fields=["state", "version"])
        audit.record(None, "launch.judge", held, before=before, after=audit.snapshot(held), unit_id=held.unit_id)
        if held.state == State.PASSED:
            launches.leave_list(None, held, stays=True)
        hear = {held.planned_by_id, *people(held.unit, DECIDE)}
        kind = f"launch.{verdict.outcome}"
        notices.tell(told(held, kind, verdict.pk, hear, number=str(verdict.number)))
    return True


def _number(launch: Launch, month: date) -> int:
    first = first_month(launch.supply_on)
    return (month.year - first.year) * 12 + month.month - first.month + 1
