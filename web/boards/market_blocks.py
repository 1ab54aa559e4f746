"""The nine blocks of a unit's month as a page shows them: each number with where it leads, each table with its links.

Called by market_views.py. The blocks are those of GET /api/v1/boards/blocks (cycles/blocks.py); no figure is made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from backend import clock
from backend.kpis import Kpi, Number
from backend.models import Level
from market import kpis, queries
from market.boards import concentration
from market.boards.blocks import Block, Cell, Column, Row, Table
from market.figures import formulas, values
from market.figures.formulas import Figure
from web.boards import behind, market_charts, place
from web.boards.market_charts import Chart, Series
from web.boards.market_place import Asked
from web.templatetags.board_tags import measure, plain

MONTHS: Final = 13  # of a line: a year and the month that it is held against
_OF_CONCENTRATION: Final = frozenset(one.id for one in concentration.FIGURES)


@dataclass(frozen=True)
class Card:
    """A figure and the page that shows what it adds up from."""

    figure: Figure
    href: str


@dataclass(frozen=True)
class Line:
    """A row of a table: where its name leads, and its cells with where they lead."""

    label: str
    href: str
    cells: tuple[tuple[str, str, bool], ...]  # text, where it leads, whether it is a number


@dataclass(frozen=True)
class Shown:
    """A table of a block."""

    code: str
    title: str
    is_restricted: bool
    heads: tuple[tuple[str, bool], ...]  # title, whether its column holds numbers
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class BlockShown:
    """One of the nine."""

    number: int
    title: str
    cards: tuple[Card, ...]
    charts: tuple[Chart, ...]
    tables: tuple[Shown, ...]


def shown(found: Sequence[Block], asked: Asked) -> list[BlockShown]:
    """All of them with their charts. Three queries at most for the charts."""
    charts: dict[int, list[Chart]] = {1: headline_charts(asked)}
    for block in found:
        charts.setdefault(block.number, []).extend(_charts_of(block, asked))
    return [
        BlockShown(
            block.number,
            block.title_en if place.is_english() else block.title,
            tuple(card(figure, asked) for figure in block.figures),
            tuple(charts[block.number]),
            tuple(tables(block.tables, asked)),
        )
        for block in found
    ]


def card(figure: Figure, asked: Asked) -> Card:
    """A figure with the page of its history, its units and its records."""
    if figure.kpi.id in formulas.FORMULAS:
        return Card(figure, asked.address("market-figure", kpi=figure.kpi.id))
    if figure.kpi.id in _OF_CONCENTRATION:
        return Card(figure, asked.address("market-few"))
    return Card(figure, f"{reverse('board')}?{asked.here.query}#forecast")


def called(kpi: Kpi) -> str:
    return kpi.name_en if place.is_english() else kpi.name


# -- tables ------------------------------------------------------------------------------------------------------------


def tables(found: Iterable[Table], asked: Asked) -> list[Shown]:
    """Tables of a block as a page shows them."""
    return [_table(table, asked) for table in found]


def _table(table: Table, asked: Asked) -> Shown:
    english = place.is_english()
    heads = tuple((one.title_en if english else one.title, _is_number(one)) for one in table.columns)
    lines = tuple(_line(row, table.columns, asked) for row in table.rows)
    return Shown(table.code, table.title_en if english else table.title, table.is_restricted, heads, lines)


def _line(row: Row, columns: Sequence[Column], asked: Asked) -> Line:
    english = place.is_english()
    told = row.values_en if english and row.values_en else row.values
    rows = behind.page(row.rows_url, asked.here) if row.rows_url else ""
    cells = tuple(_cell(value, column, rows) for value, column in zip(told, columns, strict=True))
    return Line(row.label_en if english else row.label, _drill(row, asked) or rows, cells)


def _drill(row: Row, asked: Asked) -> str:
    """Where the name of a row leads: to the unit or the product that it is about."""
    if row.unit_id is not None:
        return asked.address("market", unit=row.unit_id)
    if row.subject is not None and str(row.subject) != "all":
        return asked.address("market-subject", subject=row.subject)
    return ""


def _cell(value: Cell, column: Column, rows: str) -> tuple[str, str, bool]:
    if not _is_number(column):
        return str(value if value is not None else "–"), "", False
    if value is None or isinstance(value, str):
        return value or "–", "", True
    return plain(value, column.unit), rows, True


def _is_number(column: Column) -> bool:
    return column.unit not in ("text", "date")


# -- charts ------------------------------------------------------------------------------------------------------------


def headline_charts(asked: Asked) -> list[Chart]:
    """Sales by month beside the year before, and where there are counties below, how far each is from its target."""
    found = [history(asked, kpis.SALES)]
    if asked.here.unit.level < Level.COUNTY:
        found.append(on_map(asked, kpis.SALES_RATE))
    return found


def history(asked: Asked, kpi: Kpi) -> Chart:
    """A figure of the unit over thirteen months, beside the same months a year before. As many queries as
    values.by_month asks."""
    unit, last = asked.here.unit.pk, asked.here.month
    months = [clock.add_months(last, -back) for back in reversed(range(MONTHS))]
    year_ago = [clock.add_months(month, -12) for month in months]
    found = values.by_month([unit], sorted({*months, *year_ago}), [kpi.id], asked.subject, asked.segment)
    return Chart(
        key=f"history-{kpi.id}",
        kind="lines",
        title=_("%(figure)s by month") % {"figure": called(kpi)},
        unit=kpi.unit,
        measure=measure(kpi),
        labels=tuple(f"{month:%Y-%m}" for month in months),
        series=(
            *_line_of(asked, kpi, _known(found[unit, month][kpi.id] for month in months)),
            Series(_("a year before"), _known(found[unit, month][kpi.id] for month in year_ago), "quiet"),
        ),
        links=tuple(asked.address("market-figure", kpi=kpi.id, month=f"{month:%Y-%m}") for month in months),
        shades=market_charts.festivals(months),
    )


def _line_of(asked: Asked, kpi: Kpi, told: tuple[Number | None, ...]) -> Iterable[Series]:
    """The line of the unit. What adds up as its month runs is no fall: the running month is a dashed end of its own."""
    if not (asked.here.is_running and kpi.grows):
        yield Series(asked_name(asked), told)
        return
    yield Series(asked_name(asked), (*told[:-1], None))
    yield Series(_("this month so far"), (*[None] * (len(told) - 2), *told[-2:]), "forecast")


def _known(found: Iterable[Number | None]) -> tuple[Number | None, ...]:
    """The values with nothing in place of the zeros before the first record."""
    told = list(found)
    first = next((n for n, value in enumerate(told) if value), len(told))
    return (*[None] * first, *told[first:])


def asked_name(asked: Asked) -> str:
    unit = asked.here.unit
    return (unit.name_en if place.is_english() else "") or unit.name


def on_map(asked: Asked, kpi: Kpi) -> Chart:
    """A figure of every county under the unit, on our own shapes. As many queries as values.figures asks, and one."""
    units = queries.units_below(asked.here.unit, Level.COUNTY, asked.here.month)
    ids = [one.pk for one in units]
    found = values.figures(ids, asked.here.month, [kpi.id], asked.subject, asked.segment) if ids else {}
    return Chart(
        key=f"map-{kpi.id}",
        kind="map",
        title=_("%(figure)s by county") % {"figure": called(kpi)},
        unit=kpi.unit,
        measure=measure(kpi),
        labels=tuple((one.name_en if place.is_english() else "") or one.name for one in units),
        series=(Series(called(kpi), tuple(found[pk][kpi.id].value for pk in ids)),),
        links=tuple(asked.address("market", unit=pk) for pk in ids),
        codes=tuple(one.code for one in units),
        shapes=f"{behind.API}boards/shapes?unit={asked.here.unit.pk}",
    )


def _charts_of(block: Block, asked: Asked) -> Iterable[Chart]:
    classes = block.table("classes")
    if classes is not None and classes.rows:
        yield _bars(classes, ("class_share", "share_last_year"), _("share of each price class"), asked)
    words = block.table("words")
    if words is not None and words.rows:
        yield _bars(words, ("count",), _("products by state of their market"), asked)


def _bars(table: Table, codes: Sequence[str], title: str, asked: Asked) -> Chart:
    """Columns of a table side by side; the second is what the first is held against."""
    english = place.is_english()
    columns = {one.code: (number, one) for number, one in enumerate(table.columns)}
    series: list[Series] = []
    for code in codes:
        number, column = columns[code]
        told: list[Any] = [row.values[number] for row in table.rows]
        series.append(Series(column.title_en if english else column.title, tuple(told), "quiet" if series else ""))
    labels = tuple(row.label_en if english else row.label for row in table.rows)
    unit = columns[codes[0]][1].unit
    links = tuple(_drill(row, asked) or behind.page(row.rows_url, asked.here) for row in table.rows)
    counted_in = "%" if unit == "percent" else ""
    return Chart(f"bars-{table.code}", "bars", title, unit, counted_in, labels, tuple(series), links)
