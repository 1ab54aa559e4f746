"""What the chain, the remarks and the forecasts add to sections 5, 7, 8 and 9 of the report, of many units at once.

A row counts for its territory (or the unit that it is about) and for every unit above. Called by report_content.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.utils import translation

from backend import clock
from cycles import forecast_errors
from cycles import report_parts as parts
from cycles.chain_reads import rule_or_none
from cycles.forecast_errors import Held
from cycles.report_parts import Part
from cycles.sentences import say
from visits.models import Remark

MOST_ACTIONS = 6
MOST_REMARKS = 5
MOST_ROWS = 8
LONG_MONTHS = 3
COMPLIANCE = ("client.odd_order", "client.licence_expired", "client.licence_expiring", "market.minors", "market.tags",
              "market.tag_rate", "market.price")  # fmt: skip
_UP = "JOIN backend_unit u ON u.id = {at} CROSS JOIN LATERAL unnest(u.ancestors) AS up(unit_id)"
_IN = "up.unit_id = ANY(%(units)s)"
_FINDINGS = f"""
SELECT up.unit_id, f.rule, f.is_restricted, count(*),
    count(*) FILTER (WHERE f.closed_on IS NULL OR f.closed_on >= %(next)s)
FROM cycles_sighting s JOIN cycles_finding f ON f.id = s.finding_id
{_UP.format(at="coalesce(f.territory_id, f.unit_id)")}
WHERE s.month = %(month)s AND {_IN} GROUP BY 1, 2, 3 ORDER BY 1, 4 DESC, 2
"""  # noqa: S608 - statements of ours
_RESULTS = f"""
SELECT up.unit_id, a.rule, count(*), count(*) FILTER (WHERE r.outcome = 'hit'),
    count(*) FILTER (WHERE r.outcome = 'miss'), count(*) FILTER (WHERE r.outcome = 'not_measurable')
FROM cycles_action a LEFT JOIN cycles_result r ON r.action_id = a.id
{_UP.format(at="coalesce(a.territory_id, a.unit_id)")}
WHERE a.month = %(month)s AND a.state = 'accepted' AND {_IN} GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
"""  # noqa: S608 - statements of ours
_STANDING = f"""
SELECT up.unit_id, count(*), count(*) FILTER (WHERE i.months_open >= %(long)s)
FROM cycles_improvement i {_UP.format(at="coalesce(i.territory_id, i.unit_id)")}
WHERE i.month <= %(month)s AND i.closed_on IS NULL AND {_IN} GROUP BY 1
"""  # noqa: S608 - statements of ours
_REMARKS = f"""
SELECT up.unit_id, i.kind, i.is_restricted, count(*) FROM visits_intelligence i {_UP.format(at="i.territory_id")}
WHERE i.month = %(month)s AND i.kind <> 'product' AND {_IN} GROUP BY 1, 2, 3 ORDER BY 1, 4 DESC, 2
"""  # noqa: S608 - statements of ours
# The surest and newest first. What is irregular is told with what is restricted only.
_SAID = f"""
SELECT unit_id, kind, is_restricted, text, shop, on_date FROM (
    SELECT up.unit_id, i.kind, i.is_restricted, i.text, shop.name AS shop, i.on_date, row_number() OVER (
        PARTITION BY up.unit_id, i.is_restricted
        ORDER BY i.confidence DESC NULLS LAST, i.started_at DESC, i.visit_id, i.place_no) AS n
    FROM visits_intelligence i {_UP.format(at="i.territory_id")} JOIN retail_retailer shop ON shop.id = i.retailer_id
    WHERE i.month = %(month)s AND i.kind <> 'product' AND i.text <> '' AND {_IN}) said
WHERE n <= %(remarks)s ORDER BY unit_id, n
"""  # noqa: S608 - statements of ours
_ACTIONS = f"""
SELECT unit_id, kind, parameters, target, baseline, due_on, subject, owner FROM (
    SELECT up.unit_id, a.kind, a.parameters, a.target, a.baseline, a.due_on, a.id,
        coalesce(shop.name, about.name) AS subject, who.name AS owner, row_number() OVER (
            PARTITION BY up.unit_id ORDER BY a.state = 'accepted' DESC, f.severity, a.due_on, a.id) AS n
    FROM cycles_action a LEFT JOIN cycles_finding f ON f.id = a.finding_id
    {_UP.format(at="coalesce(a.territory_id, a.unit_id)")}
    LEFT JOIN retail_retailer shop ON shop.id = a.retailer_id LEFT JOIN backend_unit about ON about.id = a.unit_id
    LEFT JOIN LATERAL (
        SELECT p.name FROM backend_position held JOIN backend_role r ON r.code = held.role_id
        JOIN backend_person p ON p.id = held.person_id
        WHERE held.unit_id = u.id AND held.during @> %(today)s::date
            AND r.capabilities && ARRAY['cycles.plan', 'reports.write']::varchar[]
        ORDER BY 'reports.write' = ANY(r.capabilities) DESC, p.name LIMIT 1) who ON true
    WHERE a.month = %(next)s AND a.state <> 'dropped' AND {_IN}) one
WHERE n <= %(actions)s ORDER BY unit_id, n
"""  # noqa: S608 - statements of ours


@dataclass
class Chain:
    """What was read for all units, each by unit."""

    findings: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)
    results: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)
    standing: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)
    remarks: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)
    said: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)
    actions: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)
    held: dict[int, Held] = field(default_factory=dict)
    ahead: dict[int, Held] = field(default_factory=dict)


def read(units: Sequence[int], month: date) -> Chain:
    """Eight queries for any number of units."""
    following = clock.add_months(month, 1)
    named: dict[str, Any] = {
        "units": list(units), "month": month, "next": following, "today": clock.today(), "long": LONG_MONTHS,
        "remarks": MOST_REMARKS, "actions": MOST_ACTIONS,
    }  # fmt: skip
    statements = {"findings": _FINDINGS, "results": _RESULTS, "standing": _STANDING, "remarks": _REMARKS,
                  "said": _SAID, "actions": _ACTIONS}  # fmt: skip
    found = Chain(held=forecast_errors.held(month, units), ahead=forecast_errors.held(following, units))
    with connection.cursor() as cursor:
        for name, statement in statements.items():
            cursor.execute(statement, named)
            by_unit = getattr(found, name)
            for unit, *row in cursor.fetchall():
                by_unit.setdefault(unit, []).append(tuple(row))
    return found


def _rule_names(code: str) -> tuple[str, str]:
    rule = rule_or_none(code)
    return (code, code) if rule is None else (rule.name, rule.name_en)


def problems(chain: Chain, unit_id: int, wanted: Callable[[str], bool]) -> list[Part]:
    """A table of findings by rule, of the rules that are wanted; none that is restricted."""
    rows = [
        parts.row(*_rule_names(rule), [count, still])
        for rule, restricted, count, still in chain.findings.get(unit_id, ())
        if not restricted and wanted(rule)
    ]
    columns = [parts.column("count", "发现(件)", "findings"), parts.column("open", "月末仍在", "still so at the end")]
    return parts.table("findings", ("提醒与发现", "findings"), columns, _folded(rows))


def _folded(rows: list[Part]) -> list[Part]:
    """The first rows, and the sums of all others as one."""
    if len(rows) <= MOST_ROWS + 1:
        return rows
    rest = rows[MOST_ROWS:]
    sums = [sum(int(value) for value in column) for column in zip(*(row["values"] for row in rest), strict=True)]
    return [*rows[:MOST_ROWS], parts.row(f"其余 {len(rest)} 类", f"{len(rest)} others", sums)]


def kinds(chain: Chain, unit_id: int) -> list[Part]:
    """Remarks by kind, and what the surest and newest of them say."""
    told = [(kind, n) for kind, restricted, n in chain.remarks.get(unit_id, ()) if not restricted]
    rows = [parts.row(*_kind_names(kind), [n]) for kind, n in told]
    by_kind = parts.table("kinds", ("信息类别", "by kind"), [parts.column("count", "条数", "items")], rows)
    return [*by_kind, *_said(chain, unit_id, restricted=False)]


def _said(chain: Chain, unit_id: int, *, restricted: bool) -> list[Part]:
    rows = [
        parts.row(*_kind_names(kind), [f"{on:%m-%d}", shop, text])
        for kind, is_restricted, text, shop, on in chain.said.get(unit_id, ())
        if is_restricted == restricted
    ]
    columns = [
        parts.column("on", "日期", "day", "text"),
        parts.column("shop", "零售户", "shop", "text"),
        parts.column("text", "内容", "what was said", "text"),
    ]
    titles = ("异常流通信息(受限)", "irregular trade (restricted)") if restricted else ("信息摘录", "what was said")
    return parts.table("outflow_said" if restricted else "said", titles, columns, rows)


def outflow(chain: Chain, unit_id: int) -> list[Part]:
    """What only those may read who hold restricted.read: findings of irregular flow, and what was said of it."""
    found = [(_rule_names(rule), n) for rule, restricted, n, _ in chain.findings.get(unit_id, ()) if restricted]
    found += [(_kind_names(kind), n) for kind, restricted, n in chain.remarks.get(unit_id, ()) if restricted]
    rows = [parts.row(*names, [n]) for names, n in found]
    titles = ("卷烟异常流动(受限)", "irregular flow (restricted)")
    table = parts.table("outflow", titles, [parts.column("count", "件数", "items")], rows)
    return [*table, *_said(chain, unit_id, restricted=True)]


def _kind_names(kind: str) -> tuple[str, str]:
    return _KINDS.get(kind) or _KINDS.setdefault(kind, (_label(kind, "zh-hans"), _label(kind, "en")))


_KINDS: dict[str, tuple[str, str]] = {}


def _label(kind: str, language: str) -> str:
    with translation.override(language):
        return str(dict(Remark.Kind.choices).get(kind, kind))


def ahead(chain: Chain, unit_id: int) -> list[Part]:
    """Next month's forecast, what the month's actions came to, and the first actions of the next with their owners."""
    return [*_forecast(chain, unit_id), *_outcomes(chain, unit_id), *_next_actions(chain, unit_id)]


def _forecast(chain: Chain, unit_id: int) -> list[Part]:
    rows = []
    if held := chain.held.get(unit_id):
        rows.append(parts.row("本月", "this month", [held.cartons, held.actual, held.accuracy]))
    if following := chain.ahead.get(unit_id):
        rows.append(parts.row("下月", "next month", [following.cartons, None, None]))
    columns = [
        parts.column("forecast", "预测(条)", "forecast, cartons", "cartons"),
        parts.column("actual", "实际(条)", "ordered, cartons", "cartons"),
        parts.column("accuracy", "准确率", "accuracy", "percent"),
    ]
    return parts.table("forecast", ("需求预测", "forecast"), columns, rows)


def _outcomes(chain: Chain, unit_id: int) -> list[Part]:
    rows = [parts.row(*_rule_names(rule), told) for rule, *told in chain.results.get(unit_id, ())]
    columns = [
        parts.column("actions", "行动", "actions"),
        parts.column("hit", "达成", "reached"),
        parts.column("miss", "未达成", "missed"),
        parts.column("unknown", "无法衡量", "not measurable"),
    ]
    return parts.table("results", ("本月行动结果", "results of the month's actions"), columns, _folded(rows))


def _next_actions(chain: Chain, unit_id: int) -> list[Part]:
    rows = []
    for kind, parameters, target, baseline, due_on, subject, owner in chain.actions.get(unit_id, ()):
        given = {**json.loads(parameters), "target": _plain(target), "baseline": _plain(baseline)}
        asked = [_asked(kind, given, english=english) for english in (False, True)]
        rows.append({**parts.row(subject or "", subject or "", [asked[0], owner or "–", f"{due_on:%m-%d}"]),
                     "values_en": [asked[1], owner or "–", f"{due_on:%m-%d}"]})  # fmt: skip
    columns = [
        parts.column("action", "行动", "action", "text"),
        parts.column("owner", "负责人", "owner", "text"),
        parts.column("due", "期限", "due", "text"),
    ]
    return parts.table("actions", ("下月行动(优先项)", "next month's first actions"), columns, rows)


def _asked(kind: str, given: dict[str, Any], *, english: bool) -> str:
    try:
        return say(f"action.{kind}", 1, given, english=english)
    except KeyError:
        return kind


def _plain(number: Any) -> int | float | None:
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)
