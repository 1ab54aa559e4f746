"""What a monthly report tells beside its unit's blocks: what came of actions by rule, and words of irregular trade.

A row counts for its territory (or the unit that it is about) and for every unit above. Called by report_content.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.utils import translation

from cycles import report_parts as parts
from cycles.chain_reads import rule_or_none
from cycles.report_parts import Part
from visits.models import Remark
from visits.presence import NOT_COUNTED

MOST_REMARKS = 5
MOST_ROWS = 8
_UP = "JOIN backend_unit u ON u.id = {at} CROSS JOIN LATERAL unnest(u.ancestors) AS up(unit_id)"
_IN = "up.unit_id = ANY(%(units)s)"
_RESULTS = f"""
SELECT up.unit_id, a.rule, count(*), count(*) FILTER (WHERE r.outcome = 'hit'),
    count(*) FILTER (WHERE r.outcome = 'miss'), count(*) FILTER (WHERE r.outcome = 'not_measurable')
FROM cycles_action a LEFT JOIN cycles_result r ON r.action_id = a.id
{_UP.format(at="coalesce(a.territory_id, a.unit_id)")}
WHERE a.month = %(month)s AND a.state = 'accepted' AND {_IN} GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
"""  # noqa: S608 - statements of ours
# The surest and newest first, of visits that count.
_SAID = f"""
SELECT unit_id, kind, text, shop, on_date FROM (
    SELECT up.unit_id, i.kind, i.text, shop.name AS shop, i.on_date, row_number() OVER (
        PARTITION BY up.unit_id ORDER BY i.confidence DESC NULLS LAST, i.started_at DESC, i.visit_id, i.place_no) AS n
    FROM visits_intelligence i {_UP.format(at="i.territory_id")} JOIN retail_retailer shop ON shop.id = i.retailer_id
    WHERE i.month = %(month)s AND (i.is_restricted OR i.kind = 'irregular') AND i.kind <> 'product' AND i.text <> ''
        AND NOT i.presence = ANY(%(uncounted)s) AND {_IN}) said
WHERE n <= %(remarks)s ORDER BY unit_id, n
"""  # noqa: S608 - statements of ours


@dataclass
class Beside:
    """What was read for all units, each by unit."""

    results: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)
    said: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)


def read(unit_ids: Sequence[int], month: date) -> Beside:
    """Two queries for any number of units."""
    named: dict[str, Any] = {
        "units": list(unit_ids),
        "month": month,
        "remarks": MOST_REMARKS,
        "uncounted": [*NOT_COUNTED],
    }
    found = Beside()
    with connection.cursor() as cursor:
        for by_unit, statement in ((found.results, _RESULTS), (found.said, _SAID)):
            cursor.execute(statement, named)
            for unit, *row in cursor.fetchall():
                by_unit.setdefault(unit, []).append(tuple(row))
    return found


def results(found: Beside, unit_id: int) -> list[Part]:
    """What the month's actions came to, by the rule that they answer; the rarest folded into one row."""
    rows = [parts.row(*_rule_names(rule), told) for rule, *told in found.results.get(unit_id, ())]
    columns = [
        parts.column("actions", "措施", "actions"),
        parts.column("hit", "达成", "reached"),
        parts.column("miss", "未达成", "missed"),
        parts.column("unknown", "无法衡量", "not measurable"),
    ]
    titles = ("措施结果（按问题）", "Results by problem")
    return parts.table("results_by_rule", titles, columns, _folded(rows))


def _rule_names(code: str) -> tuple[str, str]:
    rule = rule_or_none(code)
    return (code, code) if rule is None else (rule.name, rule.name_en)


def _folded(rows: list[Part]) -> list[Part]:
    """The first rows, and the sums of all others as one."""
    if len(rows) <= MOST_ROWS + 1:
        return rows
    rest = rows[MOST_ROWS:]
    sums = [sum(int(value) for value in column) for column in zip(*(row["values"] for row in rest), strict=True)]
    return [*rows[:MOST_ROWS], parts.row(f"其余 {len(rest)} 类", f"{len(rest)} others", sums)]


def irregular(found: Beside, unit_id: int) -> list[Part]:
    """What was said of irregular trade: only for who holds restricted.read."""
    rows = [
        parts.row(*_kind_names(kind), [on.isoformat(), shop, text])
        for kind, text, shop, on in found.said.get(unit_id, ())
    ]
    columns = [
        parts.column("on", "日期", "day", "date"),
        parts.column("shop", "零售户", "shop", "text"),
        parts.column("text", "内容", "what was said", "text"),
    ]
    return parts.table("outflow_said", ("异常流通信息（受限）", "irregular trade (restricted)"), columns, rows)


def _kind_names(kind: str) -> tuple[str, str]:
    return _KINDS.get(kind) or _KINDS.setdefault(kind, (_label(kind, "zh-hans"), _label(kind, "en")))


_KINDS: dict[str, tuple[str, str]] = {}


def _label(kind: str, language: str) -> str:
    with translation.override(language):
        return str(dict(Remark.Kind.choices).get(kind, kind))
