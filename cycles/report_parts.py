"""What a monthly report is made of, as it is frozen: sections of figures, tables and charts, JSON in both languages.

Built by cycles/report_content.py and those whom it asks; drawn by report_pdf.py, the page and the API.
Values are exact decimals as text, counts and money (fen) as text of integers, null where there is nothing to divide by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from backend.kpis import Number
from market.boards.blocks import Block, Row, Table
from market.boards.blocks_trade import ON_MONTH, ON_YEAR
from market.figures.formulas import Figure

Part = dict[str, Any]
CAPABILITY = "reports.write"
RESTRICTED = "restricted.read"


def told(value: Number | None) -> str | None:
    """A number as it is frozen."""
    return None if value is None else str(value)


def figure(one: Figure) -> Part:
    """A figure of the catalogue, with what it is held against."""
    kpi = one.kpi
    return {
        "kpi": kpi.id,
        "version": kpi.version,
        "name": kpi.name,
        "name_en": kpi.name_en,
        "unit": kpi.unit,
        "value": told(one.value),
        "previous": told(one.previous),
        "last_year": told(one.last_year),
        "target": told(one.target),
    }


def column(code: str, title: str, title_en: str, unit: str = "count") -> Part:
    """`unit` as of a KPI, or `text`, `date` or `change` (percent of the base)."""
    return {"code": code, "title": title, "title_en": title_en, "unit": unit}


def row(label: str, label_en: str, values: Iterable[Number | str | None], unit_id: int | None = None) -> Part:
    """One value for each column of its table."""
    shown = [one if isinstance(one, str) else told(one) for one in values]
    found: Part = {"label": label, "label_en": label_en or label, "values": shown}
    return found if unit_id is None else {**found, "unit_id": unit_id}


def table(code: str, titles: tuple[str, str], columns: Sequence[Part], rows: Sequence[Part]) -> list[Part]:
    """The table where it has rows, else nothing to show."""
    if not rows:
        return []
    return [{"code": code, "title": titles[0], "title_en": titles[1], "columns": list(columns), "rows": list(rows)}]


def chart(kind: str, titles: tuple[str, str], labels: Sequence[str], series: Sequence[Part], unit: str) -> list[Part]:
    """`kind`: lines, bars or stacked; each series {"name", "name_en", "values"} has a value for each label. Nothing
    where no value is known."""
    if not any(value is not None for one in series for value in one["values"]):
        return []
    return [
        {"kind": kind, "title": titles[0], "title_en": titles[1], "labels": list(labels), "series": list(series),
         "unit": unit}
    ]  # fmt: skip


def series(name: str, name_en: str, values: Iterable[Number | None]) -> Part:
    return {"name": name, "name_en": name_en, "values": [told(one) for one in values]}


def of_block(block: Block, charts: Sequence[Part] = ()) -> Part:
    """A block as a section: its figures but those that were never counted, and its tables that have rows. What is
    restricted is left out."""
    counted = [one for one in block.figures if (one.value, one.previous, one.last_year) != (None, None, None)]
    return {
        "number": block.number,
        "code": block.code,
        "title": block.title,
        "title_en": block.title_en,
        "figures": [figure(one) for one in counted],
        "tables": [part for one in block.tables if not one.is_restricted for part in of_table(one)],
        "charts": list(charts),
    }


def of_table(one: Table) -> list[Part]:
    """A table of a block, where it has rows. Its changes are told as changes."""
    columns = [column(c.code, c.title, c.title_en, "change" if c in _CHANGES else c.unit) for c in one.columns]
    return table(one.code, (one.title, one.title_en), columns, [_of_row(row) for row in one.rows])


_CHANGES = (ON_MONTH, ON_YEAR)


def _of_row(one: Row) -> Part:
    found = row(one.label, one.label_en, one.values, one.unit_id)
    if not one.values_en:
        return found
    return {**found, "values_en": row("", "", one.values_en)["values"]}


def with_restricted(content: Part, restricted: Part) -> Part:
    """The content as those may read it who hold restricted.read: what is added to each section, by its number."""
    if not restricted:
        return content
    sections = []
    for one in content["sections"]:
        more = restricted.get(str(one["number"]), {})
        sections.append({**one, "tables": [*one["tables"], *more.get("tables", ())]})
    return {**content, "sections": sections}
