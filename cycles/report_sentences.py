"""The sentences of a monthly report: those of the unit's blocks, frozen with what proves them, and read again.

Called by cycles/report_content.py, and by what shows a report. Rules and thresholds are those of cycles/blocks_why.py
alone. Reports that were frozen with template 1 hold sentences of their own, whose words are kept here for them.
"""

from __future__ import annotations

from cycles import blocks_why
from cycles.blocks_why import Case, Drafted
from cycles.report_parts import Part, told
from cycles.sentences import Template, register, say

_OF_A_ROW = frozenset({"slow"})  # proven by a row of a table: the unit's own figure is another
_FIRST = "report"  # of the sentences of template 1, which did not name theirs


def frozen(case: Case) -> list[Part]:
    """The three to five sentences of the unit's month, each with its figure and the page of its block. Pure."""
    return [_frozen(number, case, one) for number, one in enumerate(blocks_why.draft(case), 1)]


def _frozen(number: int, case: Case, one: Drafted) -> Part:
    figures = [
        {"kpi": found.kpi.id, "name": found.kpi.name, "name_en": found.kpi.name_en, "unit": found.kpi.unit,
         "value": told(found.value)}
        for found in case.blocks[one.block].figures
        if found.kpi.id == one.kpi and one.code not in _OF_A_ROW
    ]  # fmt: skip
    page = f"/market?unit={case.unit_id}&month={case.month:%Y-%m}#b{one.block}"
    return {"key": f"finding-{number}", "of": blocks_why.KIND, "code": one.code, "version": blocks_why.VERSION,
            "parameters": one.parameters, "evidence": {"figures": figures, "page": page}}  # fmt: skip


def text(finding: Part, *, english: bool) -> str:
    """The sentence of a frozen finding, of any template. KeyError for an unknown one."""
    key = f"{finding.get('of', _FIRST)}.{finding['code']}"
    return say(key, finding["version"], finding["parameters"], english=english)


register(
    Template("report.behind_target", 1, "销量完成目标 {rate:percent}，差 {gap:n} 条。",
             "Sales came to {rate:percent} of the target, {gap:n} cartons short."),
    Template("report.target_met", 1, "销量完成目标 {rate:percent}。", "Sales came to {rate:percent} of the target."),
    Template("report.fell", 1, "销量同比下降 {change:percent}（减少 {cartons:n} 条）{below}。",
             "Sales fell {change:percent} on last year ({cartons:n} cartons less){below_en}."),
    Template("report.rose", 1, "销量同比增长 {change:percent}（增加 {cartons:n} 条）{below}。",
             "Sales rose {change:percent} on last year ({cartons:n} cartons more){below_en}."),
    Template("report.steady", 1, "销量 {cartons:n} 条，同比变化 {change:percent}。",
             "Sales were {cartons:n} cartons, {change:percent} against last year."),
    Template("report.sold", 1, "销量 {cartons:n} 条。", "Sales were {cartons:n} cartons."),
    Template("report.unseen", 1, "走访覆盖率 {rate:percent}，低于目标 {target:percent}{below}。",
             "Visit coverage was {rate:percent}, below the target of {target:percent}{below_en}."),
    Template("report.index", 1, "价格指数 {index}，超出 {low:n}–{high:n} 的正常区间。",
             "The price index was {index}, outside {low:n} to {high:n}."),
    Template("report.stock", 1, "存销比 {ratio}，高于 {most}。", "Stock to sales was {ratio}, above {most}."),
    Template("report.refused", 1, "公司断货率 {rate:percent}，不低于上限 {most:percent}。",
             "The company's stock-out rate was {rate:percent}, not below {most:percent}."),
    Template("report.slow_key", 1, "重点品规 {product} 动销率 {rate:percent}，低于 {least:percent}。",
             "The key product {product} had a sell-through of {rate:percent}, below {least:percent}."),
    Template("report.tags", 1, "明码标价率 {rate:percent}，低于 {least:percent}。",
             "The price tag rate was {rate:percent}, below {least:percent}."),
    Template("report.problem", 1, "月末仍在的问题最多的是{rule}：{open:n} 件（全月 {count:n} 件）。",
             "The problem that most still have is “{rule_en}”: {open:n} at the end, {count:n} in the month."),
    Template("report.standing", 1, "有 {long:n} 项改进连续 {months:n} 个月以上未达成（共 {all:n} 项）。",
             "{long:n} improvements have gone {months:n} months or longer without being met, of {all:n}."),
    Template("report.forecast_off", 1, "需求预测准确率 {rate:percent}，低于 {least:percent}。",
             "The forecast was {rate:percent} accurate, below {least:percent}."),
    Template("report.forecast", 1, "下月预测销量 {cartons:n} 条。",
             "The forecast for next month is {cartons:n} cartons."),
)  # fmt: skip
