"""The market boards over HTTP: one unit, its children, its products. Composed by overview.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.http.views import ScopedView
from backend.kpis import Kpi
from backend.language import is_english
from backend.models import Level, Unit
from market import kpis, queries
from market.boards import overview as boards
from market.boards.shapes import (
    BoardQuery,
    ChildrenOut,
    DevicesOut,
    ProductsOut,
    ProductsQuery,
    SortedQuery,
    UnitBoardOut,
)
from market.boards.why import why
from market.figures.drill import rows_behind
from market.figures.formulas import Figure
from market.figures.subjects import ALL, Subject


class MarketBoard(ScopedView):
    """A unit's month at a glance: every figure with the month before, the year before, its target and the rows behind.

    Without `unit` the highest unit of mine, without `month` the running one. A unit outside my scope answers 404.
    """

    needs = {"get": "boards.read"}
    queries = {"get": BoardQuery}
    answers = {"get": UnitBoardOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit, month = _asked(self)
        board, children = boards.unit_and_children(unit, month)
        found = why(board, children)
        evidence = found.evidence and f"/api/v1/boards/market?unit={found.evidence.pk}&month={month:%Y-%m}"
        told = {
            **head(unit, month, board.freshness, board),
            "why": {
                "code": found.code,
                "parameters": {k: str(v) for k, v in found.parameters.items()},
                "text": found.text,
                "evidence": evidence,
            },
            "figures": [_figure(f, unit.pk, month, board.freshness) for f in board.figures],
            "time_progress": number(board.time_progress),
            "devices_silent": DevicesOut(board.phones).data,
        }
        return Response(told)


class MarketChildren(ScopedView):
    """The units right below one, side by side. `sort` names a figure; `-` before it puts the largest first."""

    needs = {"get": "boards.read"}
    queries = {"get": SortedQuery}
    answers = {"get": ChildrenOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit, month = _asked(self)
        freshness = queries.freshness(unit.pk)
        rows = [
            {
                "unit": unit_out(child.unit),
                "figures": [_value(f, child.unit.pk, month) for f in child.figures],
            }
            for child in boards.children_board(unit, month, self.asked.get("sort", ""))
        ]
        return Response({**head(unit, month, freshness), "kpis": defined(kpis.UNIT_FIGURES), "children": rows})


class MarketProducts(ScopedView):
    """Every product seen or sold in a unit's month: prices, index, stock, shelf and sales. `sort` as for children.

    With `children=true` each product also tells the average price and stock of every unit right below.
    """

    needs = {"get": "boards.read"}
    queries = {"get": ProductsQuery}
    answers = {"get": ProductsOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit, month = _asked(self)
        freshness = queries.freshness(unit.pk)
        below = self._below(unit, month) if self.asked["children"] else None
        rows = [
            {
                "product": {
                    "id": row.product.product_id,
                    "code": row.product.code,
                    "name": row.product.name,
                    "guide_carton_fen": row.product.guide_carton_fen,
                },
                "figures": [_value(f, unit.pk, month, row.subject) for f in row.figures],
                **({} if below is None else {"children": below.get(row.product.product_id, [])}),
            }
            for row in boards.products_board(unit, month, self.asked.get("sort", ""))
        ]
        return Response({**head(unit, month, freshness), "kpis": defined(kpis.PRODUCT_FIGURES), "products": rows})

    def _below(self, unit: Unit, month: date) -> dict[int, list[dict[str, Any]]]:
        below: dict[int, list[dict[str, Any]]] = {}
        for (child, product_id), found in boards.product_means(unit, month).items():
            told = {kpi_id: number(value) for kpi_id, value in found.items()}
            below.setdefault(product_id, []).append({"unit": child, **told})
        return below


def _figure(figure: Figure, unit_id: int, month: date, freshness: queries.Freshness) -> dict[str, Any]:
    [definition] = defined([figure.kpi])
    told = {"scope": unit_id, "as_of": moment(freshness.as_of)}
    return {**definition, **_value(figure, unit_id, month), **told}


def _value(figure: Figure, unit_id: int, month: date, subject: Subject = ALL) -> dict[str, Any]:
    """One figure as ValueOut describes it; written by hand because a board has a thousand of them."""
    return {
        "kpi": figure.kpi.id,
        "value": number(figure.value),
        "previous": number(figure.previous),
        "change": number(figure.change),
        "change_percent": number(figure.change_percent),
        "last_year": number(figure.last_year),
        "target": number(figure.target),
        "rows": rows_behind(figure.kpi, unit_id, month, subject),
    }


def defined(figures: Sequence[Kpi]) -> list[dict[str, Any]]:
    """What the figures mean, once for the whole answer."""
    english = is_english()
    return [
        {
            "kpi": kpi.id,
            "version": kpi.version,
            "name": kpi.name_en if english else kpi.name,
            "unit": kpi.unit,
            "formula": kpi.formula,
        }
        for kpi in figures
    ]


def unit_out(unit: Unit) -> dict[str, Any]:
    return {
        "id": unit.pk,
        "code": unit.code,
        "name": unit.name,
        "name_en": unit.name_en,
        "level": Level(unit.level).name.lower(),
    }


def _asked(view: ScopedView) -> tuple[Unit, date]:
    month = view.asked.get("month") or clock.month_of(clock.today())
    return boards.unit_for(view.actor, view.asked.get("unit")), month


def head(
    unit: Unit, month: date, freshness: queries.Freshness, board: boards.UnitBoard | None = None
) -> dict[str, Any]:
    told: dict[str, Any] = {"as_of": moment(freshness.as_of), "waiting": freshness.waiting}
    if board is not None:
        told["computed_at"] = board.computed_at and moment(board.computed_at)
    return {"unit": unit_out(unit), "month": f"{month:%Y-%m}", "freshness": told}


def number(value: Any) -> str | None:
    """Exact, as text: 80.5, 101.0, 12."""
    return None if value is None else str(value)


def moment(at: datetime) -> str:
    """With the offset of the business zone, as every other route writes it."""
    return at.astimezone(clock.BUSINESS_ZONE).isoformat()
