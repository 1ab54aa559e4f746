"""Composes the frozen content of the monthly reports of many units at once; called by cycles/report.py.

The number of queries does not grow with the units. What only those may read who hold restricted.read is kept apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from backend import clock, kpis
from backend.models import Unit
from cycles import report_chain, report_findings, report_trade
from cycles import report_parts as parts
from cycles.report_chain import COMPLIANCE, Chain
from cycles.report_findings import Case
from cycles.report_parts import Part
from market import queries

TEMPLATE = 1  # of the content's shape and of the page; a change of either is a new number


@dataclass(frozen=True)
class Told:
    """A unit's report before it is a row: what everybody may read, and what is added for some."""

    unit: Unit
    content: Part
    restricted: Part


def compose(units: Sequence[Unit], month: date, prefecture_id: int) -> list[Told]:
    """The report of each of these units of one prefecture, all from the same facts."""
    trade = report_trade.read(units, month)
    chain = report_chain.read([unit.pk for unit in units], month)
    lines = report_findings.lines_of([unit.pk for unit in units], month)
    children: dict[int | None, list[Unit]] = {}
    for unit in sorted(units, key=lambda one: one.code):
        children.setdefault(unit.parent_id, []).append(unit)
    names = Unit.objects.in_bulk({one for unit in units for one in unit.ancestors})
    fresh = queries.freshness(prefecture_id)
    about = {"as_of": fresh.as_of.isoformat(), "waiting": fresh.waiting}
    return [
        Told(
            unit,
            _content(Case(trade, chain, lines[unit.pk], unit, children.get(unit.pk, ())), names, about),
            _restricted(chain, unit),
        )
        for unit in units
    ]


def _content(case: Case, names: dict[int, Unit], about: Part) -> Part:
    unit, sections = case.unit, _sections(case)
    way = [names[one] for one in unit.ancestors if names[one].level > 0]
    return {
        "unit": {"id": unit.pk, "code": unit.code, "name": unit.name, "name_en": unit.name_en, "level": unit.level,
                 "way": [{"name": one.name, "name_en": one.name_en} for one in way]},
        "month": f"{case.trade.month:%Y-%m}",
        "sections": sections,
        "findings": report_findings.draft(case),
        "sources": _sources(sections),
        **about,
    }  # fmt: skip


def _sections(case: Case) -> list[Part]:
    trade, chain, unit = case.trade, case.chain, case.unit
    of = unit.pk
    return [
        report_trade.headline(trade, unit, case.children),
        report_trade.structure(trade, unit),
        report_trade.brands(trade, unit),
        report_trade.status(trade, unit),
        parts.section(5, report_trade.figures(trade, of, 5), report_chain.problems(chain, of, _is_of_clients)),
        parts.section(6, report_trade.figures(trade, of, 6)),
        parts.section(7, report_trade.figures(trade, of, 7), report_chain.problems(chain, of, _is_of_compliance)),
        parts.section(8, report_trade.figures(trade, of, 8), report_chain.kinds(chain, of)),
        parts.section(9, (), [*report_chain.problems(chain, of, _is_of_trade), *report_chain.ahead(chain, of)]),
    ]


def _is_of_clients(rule: str) -> bool:
    return rule.startswith("client.") and rule not in COMPLIANCE


def _is_of_compliance(rule: str) -> bool:
    return rule in COMPLIANCE


def _is_of_trade(rule: str) -> bool:
    return not rule.startswith("client.") and rule not in COMPLIANCE


def _restricted(chain: Chain, unit: Unit) -> Part:
    found = report_chain.outflow(chain, unit.pk)
    return {"7": {"tables": found}} if found else {}


def _sources(sections: Iterable[Part]) -> list[Part]:
    """Each figure's definition, by name of the catalogue and version, in the order of the report."""
    ids = dict.fromkeys(figure["kpi"] for section in sections for figure in section["figures"])
    found = [kpis.kpi(one) for one in ids]
    return [{"kpi": one.id, "version": one.version, "name": one.name, "name_en": one.name_en} for one in found]


def units_of(prefecture_id: int, month: date) -> list[Unit]:
    """The prefecture and every unit below it that was in force on a day of the month. One query."""
    during = (month, clock.add_months(month, 1))
    return list(Unit.objects.filter(ancestors__contains=[prefecture_id], during__overlap=during).order_by("pk"))
