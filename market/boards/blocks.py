"""The nine blocks of a unit's month as values: figures of the catalogue and tables, each row with its records.

Blocks 1-4 and 6-8 are read by blocks_read.py, 5 and 9 by cycles/blocks.py, which serves all nine; the monthly
report has the same nine sections. No formula is here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from backend.kpis import Kpi, Number
from market.figures.formulas import Figure
from market.figures.subjects import Subject
from market.queries import Freshness

TITLES: Final[dict[int, tuple[str, str, str]]] = {
    1: ("headline", "总体与目标进度", "Headline and progress against target"),
    2: ("structure", "销量与结构", "Volume and structure"),
    3: ("brands", "重点品规与新品", "Key and new products"),
    4: ("status", "市场状态", "State of the market"),
    5: ("clients", "零售客户", "Retailers"),
    6: ("service", "服务", "Service"),
    7: ("compliance", "规范经营与风险", "Compliance and risk"),
    8: ("intelligence", "市场信息摘要", "Digest of intelligence"),
    9: ("next", "问题、下月预测与措施", "Problems, next month's forecast, actions"),
}
NUMBERS: Final[tuple[int, ...]] = tuple(TITLES)
Cell = Number | str | None


@dataclass(frozen=True)
class Column:
    """A column of a table. `unit`: as of a KPI, or `text` or `date`."""

    code: str
    title: str
    title_en: str
    unit: str


@dataclass(frozen=True)
class Row:
    """One value for each column. `unit_id` or `subject`: what the row is about, where it is about one.

    `values_en` holds the texts in English where they differ from `values`; empty: they do not.
    """

    label: str
    label_en: str
    values: tuple[Cell, ...]
    rows_url: str = ""
    unit_id: int | None = None
    subject: Subject | None = None
    values_en: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Table:
    """`is_restricted`: only for readers who hold restricted.read; it is absent for all others."""

    code: str
    title: str
    title_en: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    is_restricted: bool = False


@dataclass(frozen=True)
class Block:
    """One of the nine, of one unit and month."""

    number: int
    code: str
    title: str
    title_en: str
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    freshness: Freshness

    def figure(self, kpi: Kpi | str) -> Figure:
        """KeyError when the block has no such figure."""
        wanted = kpi if isinstance(kpi, str) else kpi.id
        found = next((one for one in self.figures if one.kpi.id == wanted), None)
        if found is None:
            raise KeyError(wanted)
        return found

    def table(self, code: str) -> Table | None:
        return next((one for one in self.tables if one.code == code), None)


def make(number: int, figures: Iterable[Figure], tables: Iterable[Table], freshness: Freshness) -> Block:
    """A block by its number (1-9)."""
    return Block(number, *TITLES[number], tuple(figures), tuple(tables), freshness)


def column_of(kpi: Kpi) -> Column:
    """The column of a figure: its id, names and unit."""
    return Column(kpi.id, kpi.name, kpi.name_en, kpi.unit)
