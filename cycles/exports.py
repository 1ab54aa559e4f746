"""What of the month is exported: findings as each month saw them, and actions with results; for cycles/apps.py."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from backend.exports.kinds import Column, ExportKind, Personal, Sql, Type, Wanted, select
from backend.scope import units_under, visible_to
from cycles.actions_filters import ActionFilters
from cycles.finding_api import FindingFilters
from cycles.models import Action, Finding
from cycles.models.chain import Goal
from cycles.rules.rule import rules

_SUBJECT = (
    Column("rule", "规则代码", "rule code"),
    Column("rule_name", "规则", "rule"),
    Column("dimension", "维度", "dimension"),
    Column("retailer_code", "客户编码", "shop code"),
    Column("retailer_name", "店名", "shop"),
    Column("unit_code", "单位编码", "unit code"),
    Column("unit_name", "单位", "unit"),
    Column("product_code", "商品编码", "product code"),
    Column("product_name", "商品", "product"),
    Column("territory_name", "片区", "territory"),
    Column("county_name", "县", "county"),
)
_NAMED = """
LEFT JOIN retail_retailer r ON r.id = f.retailer_id
LEFT JOIN backend_unit u ON u.id = f.unit_id
LEFT JOIN brands_product g ON g.id = f.product_id
LEFT JOIN backend_unit t ON t.id = f.territory_id
LEFT JOIN backend_unit c ON c.id = f.county_id
LEFT JOIN (SELECT * FROM unnest(%s::text[], %s::text[]) AS n(code, said)) n ON n.code = f.rule"""
_NAMES = """f.rule, coalesce(n.said, f.rule) AS rule_name, f.dimension, r.code AS retailer_code,
    r.name AS retailer_name, u.code AS unit_code, u.name AS unit_name, g.code AS product_code, g.name AS product_name,
    t.name AS territory_name, c.name AS county_name"""


def _rule_names(wanted: Wanted) -> tuple[list[str], list[str]]:
    known = rules()
    return [one.code for one in known], [one.name_en if wanted.is_english else one.name for one in known]


def _under(wanted: Wanted, rows: QuerySet[Any]) -> QuerySet[Any]:
    if wanted.unit_id is None:
        return rows
    below = units_under([wanted.unit_id])
    return rows.filter(Q(territory_id__in=below) | Q(unit_id__in=below))


def findings(wanted: Wanted) -> Sql:
    """One row a finding and month in which it was seen; what is restricted for those who may read it."""
    rows = _under(wanted, wanted.filtered(FindingFilters, visible_to(Finding.objects.all(), wanted.actor)))
    inner = select(rows)
    days, more = "", list[Any]()
    if wanted.since:
        days, more = days + " AND s.month >= %s::date", [*more, wanted.since.replace(day=1)]
    if wanted.until:
        days, more = days + " AND s.month <= %s::date", [*more, wanted.until]
    return Sql(
        f"""SELECT f.id AS finding_id, s.month, {_NAMES}, s.severity, s.as_of, f.opened_on, f.closed_on,
            f.is_restricted, s.threshold::text AS threshold, s.figures::text AS figures
        FROM ({inner.text}) f JOIN cycles_sighting s ON s.finding_id = f.id {days} {_NAMED}""",  # noqa: S608
        (*inner.params, *more, *_rule_names(wanted)),
    )


def actions(wanted: Wanted) -> Sql:
    """One row an action, with what it came to where that was measured."""
    rows = _under(wanted, wanted.filtered(ActionFilters, visible_to(Action.objects.all(), wanted.actor)))
    if wanted.since:
        rows = rows.filter(month__gte=wanted.since.replace(day=1))
    if wanted.until:
        rows = rows.filter(month__lte=wanted.until)
    inner = select(rows)
    return Sql(
        f"""SELECT f.id AS action_id, f.month, {_NAMES}, f.kind, f.metric, f.goal, f.baseline, f.target, f.due_on,
            f.state, f.drop_reason, f.words, e.value AS result, e.outcome, e.evidence_count, e.reason AS miss_reason
        FROM ({inner.text}) f LEFT JOIN cycles_result e ON e.action_id = f.id {_NAMED}""",  # noqa: S608
        (*inner.params, *_rule_names(wanted)),
    )


KINDS = (
    ExportKind(
        "findings",
        "分析发现",
        "findings",
        "cycles.read",
        (
            Column("finding_id", "发现编号", "finding id", Type.UUID),
            Column("month", "月份", "month", Type.MONTH),
            *_SUBJECT,
            Column("severity", "轻重", "severity", Type.INTEGER),
            Column("as_of", "数据截至", "facts before", Type.DATE),
            Column("opened_on", "首次发现", "first seen", Type.DATE),
            Column("closed_on", "消除日期", "no longer so since", Type.DATE),
            Column("is_restricted", "受限", "restricted", Type.BOOLEAN),
            Column("threshold", "阈值", "threshold"),
            Column("figures", "数据", "figures"),
        ),
        findings,
        FindingFilters,
    ),
    ExportKind(
        "actions",
        "措施",
        "actions",
        "cycles.read",
        (
            Column("action_id", "措施编号", "action id", Type.UUID),
            Column("month", "月份", "month", Type.MONTH),
            *_SUBJECT,
            Column("kind", "措施类别", "kind"),
            Column("metric", "衡量指标", "metric"),
            Column("goal", "方向", "goal", values=dict(Goal.choices)),
            Column("baseline", "起点", "stands at", Type.DECIMAL),
            Column("target", "目标", "target", Type.DECIMAL),
            Column("due_on", "期限", "due", Type.DATE),
            Column("state", "状态", "state"),
            Column("drop_reason", "放弃原因", "why dropped"),
            Column("words", "说明", "words", personal=Personal.WORDS),
            Column("result", "结果", "result", Type.DECIMAL),
            Column("outcome", "评价", "outcome"),
            Column("evidence_count", "证据数", "records", Type.INTEGER),
            Column("miss_reason", "未达原因", "why missed"),
        ),
        actions,
        ActionFilters,
    ),
)
