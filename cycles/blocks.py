"""All nine blocks of a unit's month: what market/boards/blocks_read.py knows, and what the months know beside it.

Read by cycles/blocks_api.py, the page of the market and cycles/report_content.py. Findings, actions and improvements
are those that the reader may see; each row opens their list. A constant number of queries, whatever the unit's size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from django.db.models import Q, QuerySet

from backend import clock
from backend.models import Position, Unit
from backend.scope import Actor, units_under, visible_to
from cycles import forecast_errors, method_board
from cycles.chain_reads import asked_in, with_names
from cycles.forecast import ACCURACY
from cycles.grid import Dimension
from cycles.method_board import Fired, MethodBoard
from cycles.models import Action
from cycles.rules.rule import Rule
from market import queries
from market.boards import blocks_read
from market.boards.blocks import NUMBERS, Block, Column, Row, Table, make
from market.boards.blocks_acts import breaches, reads_restricted
from market.figures.formulas import Figure

MOST_ACTIONS: Final = 6
ROOT: Final = "/api/v1"
# What is told of compliance (block 7), though the rules call it the client's or the market's.
COMPLIANCE: Final = frozenset(
    {
        "client.odd_order", "client.licence_expired", "client.licence_expiring", "market.minors", "market.tags",
        "market.tag_rate", "market.price",
    }
)  # fmt: skip


def blocks(actor: Actor, unit: Unit, month: date, numbers: Sequence[int] = NUMBERS) -> tuple[Block, ...]:
    """These blocks, in that order. KeyError for another number than 1 to 9."""
    of_market = tuple(number for number in numbers if number != 9)
    found = {one.number: one for one in blocks_read.blocks(actor, unit, month, of_market)}
    board = method_board.method_board(actor, unit, month) if 9 in numbers else None
    if {5, 7}.intersection(numbers):
        fired = board.findings if board else method_board.findings(actor, unit, month)
        added = {
            5: [_findings(fired, unit, month, _is_of_clients)],
            7: _compliance(fired, unit, month, reads_restricted(actor, unit)),
        }
        for number in added.keys() & found.keys():
            found[number] = replace(found[number], tables=(*found[number].tables, *added[number]))
    if board is not None:
        freshness = found[of_market[0]].freshness if of_market else queries.freshness(unit.pk)
        accuracy = None if board.forecast is None else board.forecast.accuracy
        figures = [Figure(ACCURACY, accuracy)]
        found[9] = make(9, figures, _next(board, actor, unit, month), freshness)
    return tuple(found[number] for number in numbers)


def restricted(actor: Actor, unit: Unit, month: date) -> tuple[Table, ...]:
    """What block 7 shows those alone who may read what is restricted there; nothing for all others. Three queries."""
    fired, trusted = method_board.findings(actor, unit, month), reads_restricted(actor, unit)
    found = [*breaches(actor, unit, month), *_compliance(fired, unit, month, trusted)]
    return tuple(one for one in found if one.is_restricted)


def _is_of_clients(rule: Rule) -> bool:
    return rule.dimension == Dimension.CLIENT and rule.code not in COMPLIANCE and not rule.restricted


def _is_of_compliance(rule: Rule) -> bool:
    return rule.code in COMPLIANCE and not rule.restricted


def _is_of_trade(rule: Rule) -> bool:
    return not (_is_of_clients(rule) or _is_of_compliance(rule) or rule.restricted)


def _compliance(fired: Iterable[Fired], unit: Unit, month: date, trusted: bool) -> list[Table]:
    found = [_findings(fired, unit, month, _is_of_compliance)]
    if trusted:
        flow = _findings(fired, unit, month, lambda rule: rule.restricted)
        found.append(replace(flow, code="flow", title="异常流动提醒（受限）", title_en="Abnormal flow (restricted)",
                             is_restricted=True))  # fmt: skip
    return found


def _findings(fired: Iterable[Fired], unit: Unit, month: date, wanted: Callable[[Rule], bool]) -> Table:
    """Findings of the month by rule, most first: how many, how many still hold, how old the oldest is."""
    told = sorted((one for one in fired if wanted(one.rule)), key=lambda one: (-one.count, one.rule.code))
    return Table("findings", "提醒与发现", "Findings", _OF_FINDINGS, tuple(_fired(one, unit, month) for one in told))


_OF_FINDINGS = (
    Column("count", "发现(件)", "findings", "count"),
    Column("open", "仍存在", "still so", "count"),
    Column("oldest_days", "最早已持续(天)", "days of the oldest", "days"),
)


def _fired(one: Fired, unit: Unit, month: date) -> Row:
    address = f"{ROOT}/findings?{_place(unit, month)}&rule={one.rule.code}"
    return Row(one.rule.name, one.rule.name_en, (one.count, one.still_open, one.oldest_days), address)


def _place(unit: Unit, month: date) -> str:
    return f"unit={unit.pk}&month={month:%Y-%m}"


def _next(board: MethodBoard, actor: Actor, unit: Unit, month: date) -> Iterable[Table]:
    return [
        replace(
            _findings(board.findings, unit, month, _is_of_trade), code="problems", title="问题", title_en="Problems"
        ),
        _results(board, unit, month),
        _ageing(board, unit),
        _forecast(board, unit, month),
        _actions(actor, unit, month),
    ]


_OUTCOMES = {"hit": ("达成", "reached"), "miss": ("未达成", "missed"), "not_measurable": ("无法衡量", "not measurable")}


def _results(board: MethodBoard, unit: Unit, month: date) -> Table:
    rows = tuple(
        Row(*_OUTCOMES[code], (count,), f"{ROOT}/actions?{_place(unit, month)}&outcome={code}")
        for code, count in board.results.items()
    )
    columns = (Column("count", "措施", "actions", "count"),)
    return Table("results", "本月措施结果", "Results of the month's actions", columns, rows)


def _ageing(board: MethodBoard, unit: Unit) -> Table:
    address = f"{ROOT}/improvements?unit={unit.pk}&closed=false"
    rows = tuple(
        Row(f"{one.months_open} 个月", f"{one.months_open} months", (one.count,), address) for one in board.ageing
    )
    columns = (Column("count", "未完成改进", "open improvements", "count"),)
    return Table("improvements", "改进持续月数", "Improvements by months open", columns, rows)


def _forecast(board: MethodBoard, unit: Unit, month: date) -> Table:
    """What was forecast for the month beside what came, and the forecast of the next."""
    following = clock.add_months(month, 1)
    ahead = forecast_errors.held(following, [unit.pk]).get(unit.pk)
    names = (("本月", "this month", month, board.forecast), ("下月", "next month", following, ahead))
    rows = tuple(
        Row(zh, en, (held.cartons, held.actual, held.accuracy), f"{ROOT}/forecasts?under={unit.pk}&month={at:%Y-%m}")
        for zh, en, at, held in names
        if held is not None
    )
    return Table("forecast", "需求预测", "Forecast", _OF_FORECAST, rows)


_OF_FORECAST = (
    Column("cartons", "预测(条)", "forecast, cartons", "cartons"),
    Column("actual", "实际(条)", "ordered, cartons", "cartons"),
    Column(ACCURACY.id, ACCURACY.name, ACCURACY.name_en, ACCURACY.unit),
)
_OF_ACTIONS = (
    Column("month", "月份", "month", "text"),
    Column("asked", "措施", "action", "text"),
    Column("owner", "负责人", "owner", "text"),
    Column("due", "期限", "due", "date"),
)


def _actions(actor: Actor, unit: Unit, month: date) -> Table:
    """The first actions of the next month, or of this one while the next is not drafted, with who owns each."""
    rows = list(_first(actor, unit, month))
    owners = _owners({at for row in rows if (at := row.territory_id or row.unit_id) is not None})
    told = []
    for row in rows:
        about = row.retailer or row.unit
        name = about.name if about else ""
        ends = (owners.get(row.territory_id or row.unit_id or 0, "–"), row.due_on.isoformat())
        asked, asked_en = (asked_in(row, english=english) for english in (False, True))
        of = f"{row.month:%Y-%m}"
        told.append(Row(name, name, (of, asked, *ends), f"{ROOT}/actions/{row.pk}", values_en=(of, asked_en, *ends)))
    return Table("actions", "优先措施", "First actions", _OF_ACTIONS, tuple(told))


def _first(actor: Actor, unit: Unit, month: date) -> QuerySet[Action]:
    below, months = units_under([unit.pk]), (month, clock.add_months(month, 1))
    under = Q(territory_id__in=below) | Q(territory_id=None, unit_id__in=below)
    rows = visible_to(Action.objects.filter(month__in=months).exclude(state=Action.State.DROPPED), actor).filter(under)
    return with_names(rows).order_by("-month", "finding__severity", "due_on", "id")[:MOST_ACTIONS]


def _owners(unit_ids: set[int]) -> dict[int, str]:
    """Who plans at each of these units today, by name. One query."""
    posts = Position.objects.filter(
        unit_id__in=unit_ids, during__contains=clock.today(), role__capabilities__contains=["cycles.plan"]
    )
    return dict(posts.order_by("-person__name").values_list("unit_id", "person__name"))
