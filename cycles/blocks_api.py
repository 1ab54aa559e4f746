"""The nine blocks of a unit's month over HTTP, with the sentences that say why; composed by cycles/blocks.py."""

from __future__ import annotations

from datetime import date
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock, parameters
from backend.http.views import ScopedView
from backend.language import is_english
from backend.models import Unit
from cycles import blocks_why
from cycles.blocks import blocks
from cycles.blocks_shapes import BlocksOut, BlocksQuery
from cycles.blocks_why import Case, Drafted
from cycles.forecast import ACCURACY
from market import queries
from market.boards.api import defined, head, moment, number
from market.boards.asking import place
from market.boards.blocks import NUMBERS, Block, Cell, Row, Table
from market.boards.shapes import DevicesOut
from market.boards.states_api import values
from market.figures.values import time_progress
from market.parameters import SILENT_HOURS


class BlocksBoard(ScopedView):
    """A unit's month in nine blocks: figures with their meaning, tables with the records behind, and what stands out.

    Without `unit` the highest unit of mine, without `month` the running one, without `block` all nine. A table that is
    restricted is absent for who may not read it.
    """

    needs = {"get": "boards.read"}
    queries = {"get": BlocksQuery}
    answers = {"get": BlocksOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit, month = place(self.actor, self.asked)
        asked = self.asked.get("block")
        found = blocks(self.actor, unit, month, NUMBERS if asked is None else (asked,))
        silent = parameters.values([SILENT_HOURS], [unit.pk], clock.month_end(month))[unit.pk][SILENT_HOURS]
        told = {
            **head(unit, month, found[0].freshness),
            "time_progress": number(time_progress(month)),
            "devices_silent": DevicesOut(queries.phones(unit.pk, silent)).data,
            "why": [] if asked is not None else [_sentence(one) for one in _why(found, unit, month)],
            "blocks": [_block(one, unit, month) for one in found],
        }
        return Response(told)


def _why(found: tuple[Block, ...], unit: Unit, month: date) -> list[Drafted]:
    lines = blocks_why.lines_of(unit.pk, month)
    return blocks_why.draft(Case(unit.pk, month, {one.number: one for one in found}, lines))


def _sentence(one: Drafted) -> dict[str, Any]:
    return {"code": one.code, "parameters": one.parameters, "text": one.text(), "block": one.block, "kpi": one.kpi,
            "rows": one.rows}  # fmt: skip


def _block(one: Block, unit: Unit, month: date) -> dict[str, Any]:
    more = {"scope": unit.pk, "as_of": moment(one.freshness.as_of), "period": f"{month:%Y-%m}"}
    meanings = defined([figure.kpi for figure in one.figures])
    told = values(one.figures, unit.pk, month)
    for value in told:
        if value["kpi"] == ACCURACY.id:
            value["rows"] = f"/api/v1/forecasts?under={unit.pk}&month={month:%Y-%m}"
    return {
        "number": one.number,
        "code": one.code,
        "title": one.title_en if is_english() else one.title,
        "figures": [{**means, **value, **more} for means, value in zip(meanings, told, strict=True)],
        "tables": [_table(table) for table in one.tables],
    }


def _table(table: Table) -> dict[str, Any]:
    english = is_english()
    return {
        "code": table.code,
        "title": table.title_en if english else table.title,
        "is_restricted": table.is_restricted,
        "columns": [
            {"code": one.code, "title": one.title_en if english else one.title, "unit": one.unit}
            for one in table.columns
        ],
        "rows": [_row(row, english=english) for row in table.rows],
    }


def _row(row: Row, *, english: bool) -> dict[str, Any]:
    shown = row.values_en if english and row.values_en else row.values
    return {
        "name": row.label_en if english else row.label,
        "values": [_cell(value) for value in shown],
        "unit": row.unit_id,
        "subject": None if row.subject is None else str(row.subject),
        "rows": row.rows_url,
    }


def _cell(value: Cell) -> str | None:
    return None if value is None else str(value)
