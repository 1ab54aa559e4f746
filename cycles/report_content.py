"""Composes the frozen content of the monthly reports of a prefecture's units; called by cycles/report.py.

A report is the unit's nine blocks as they stand, with the sentences drafted from them: no rule and no figure is made
here. What only those may read who hold restricted.read is kept apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend import clock, kpis
from backend.models import Unit
from backend.scope import Actor, Held
from cycles import blocks_why, report_beside, report_months, report_sentences
from cycles import report_parts as parts
from cycles.blocks import blocks, restricted
from cycles.blocks_why import Case
from cycles.report_beside import Beside
from cycles.report_months import Months
from cycles.report_parts import Part
from market import queries
from market.boards.blocks import Block

TEMPLATE = 2  # of the content's shape and of the sentences; a change of either is a new number
COMPLIANCE = 7  # the block whose tables may be restricted
# A report is read as the boards of its unit are, by whoever may read them there and above.
READS = frozenset({"boards.read", "brands.read", "cycles.read", "market.read", "retail.read", "visits.read"})


@dataclass(frozen=True)
class Told:
    """A unit's report before it is a row: what everybody may read, and what is added for some."""

    unit: Unit
    content: Part
    restricted: Part


@dataclass(frozen=True)
class Made:
    """What is read once for all units of a prefecture's month."""

    month: date
    reader: Actor
    trusted: Actor
    months: Months
    beside: Beside
    names: dict[int, Unit]
    about: Part


def compose(units: Sequence[Unit], month: date, prefecture_id: int) -> list[Told]:
    """The report of each of these units of one prefecture, all from the same facts. As many queries a unit as its
    blocks ask; thirteen months and what the blocks do not show are read once for all."""
    ids = [unit.pk for unit in units]
    names = Unit.objects.in_bulk({one for unit in units for one in unit.ancestors})
    fresh = queries.freshness(prefecture_id)
    made = Made(
        month,
        _reader(names[prefecture_id], READS),
        _reader(names[prefecture_id], READS | {parts.RESTRICTED}),
        report_months.read(ids, month),
        report_beside.read(ids, month),
        names,
        {"as_of": fresh.as_of.isoformat(), "waiting": fresh.waiting},
    )
    return [_told(made, unit) for unit in units]


def _reader(prefecture: Unit, capabilities: frozenset[str]) -> Actor:
    """Nobody in person: who reads the whole prefecture by the units that its facts were stamped with."""
    held = Held(prefecture.pk, prefecture.level, "", capabilities, tuple(prefecture.ancestors))
    return Actor(UUID(int=0), (held,))


def _told(made: Made, unit: Unit) -> Told:
    found = {one.number: one for one in blocks(made.reader, unit, made.month)}
    more = [part for one in restricted(made.trusted, unit, made.month) for part in parts.of_table(one)]
    more += report_beside.irregular(made.beside, unit.pk)
    return Told(unit, _content(made, unit, found), {str(COMPLIANCE): {"tables": more}} if more else {})


def _content(made: Made, unit: Unit, found: dict[int, Block]) -> Part:
    case = Case(unit.pk, made.month, found, blocks_why.lines_of(unit.pk, made.month))
    charts = report_months.charts(made.months, unit.pk, found[1])
    sections = [parts.of_block(found[number], charts.get(number, ())) for number in sorted(found)]
    sections[-1]["tables"].extend(report_beside.results(made.beside, unit.pk))
    way = [made.names[one] for one in unit.ancestors if made.names[one].level > 0]
    return {
        "unit": {"id": unit.pk, "code": unit.code, "name": unit.name, "name_en": unit.name_en, "level": unit.level,
                 "way": [{"name": one.name, "name_en": one.name_en} for one in way]},
        "month": f"{made.month:%Y-%m}",
        "sections": sections,
        "findings": report_sentences.frozen(case),
        "sources": _sources(sections),
        **made.about,
    }  # fmt: skip


def _sources(sections: Iterable[Part]) -> list[Part]:
    """Each figure's definition, by name of the catalogue and version, in the order of the report."""
    ids = dict.fromkeys(figure["kpi"] for section in sections for figure in section["figures"])
    found = [kpis.kpi(one) for one in ids]
    return [{"kpi": one.id, "version": one.version, "name": one.name, "name_en": one.name_en} for one in found]


def units_of(prefecture_id: int, month: date) -> list[Unit]:
    """The prefecture and every unit below it that was in force on a day of the month. One query."""
    during = (month, clock.add_months(month, 1))
    return list(Unit.objects.filter(ancestors__contains=[prefecture_id], during__overlap=during).order_by("pk"))
