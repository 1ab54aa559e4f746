"""The 135 board over HTTP: how far a unit's month is and what its chain came to; composed by cycles/method_board.py."""

from __future__ import annotations

from datetime import date
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.http.views import ScopedView
from backend.language import is_english
from backend.models import Unit
from backend.reach import unit_for
from cycles import method_board, papers, queries
from cycles.board_shapes import MethodBoardOut
from cycles.chain_reads import rule_name
from cycles.forecast import ACCURACY
from cycles.grid import CELLS, CellState
from cycles.method_board import MethodBoard
from market.boards.api import unit_out
from market.boards.shapes import BoardQuery

ROOT = "/api/v1"


class MethodBoardView(ScopedView):
    """A unit's month of the method: progress, findings by rule with their age, actions, results, improvements with
    theirs, the forecast beside what came, misfires, and what all of it asks to be typed.

    Without `unit` the highest unit of mine, without `month` the running one. A unit outside my scope answers 404.
    """

    needs = {"get": "cycles.read"}
    queries = {"get": BoardQuery}
    answers = {"get": MethodBoardOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit = unit_for(self.actor, queries.CAPABILITY, self.asked.get("unit"))
        month: date = self.asked.get("month") or clock.month_of(clock.today())
        found = method_board.method_board(self.actor, unit, month)
        place = f"unit={unit.pk}&month={month:%Y-%m}"
        told = {
            "unit": unit_out(unit),
            "month": f"{month:%Y-%m}",
            "progress": _progress(queries.progress(self.actor, unit, month), place),
            "findings": [_fired(one, place) for one in found.findings],
            "actions": _counts(found.actions, f"{ROOT}/actions?{place}&state="),
            "flagged": found.flagged,
            "results": _counts(found.results, f"{ROOT}/actions?{place}&outcome="),
            "without_reason": found.without_reason,
            "improvements": _ledger(found, unit, place),
            "forecast": _forecast(found, unit, month),
            "misfires": [_misfired(one) for one in found.misfires],
            "effort": {
                **vars(papers.effort(month, unit)),
                "link": f"{ROOT}/manager-cycles?under={unit.pk}&month={month:%Y-%m}",
            },
        }
        return Response(MethodBoardOut(told).data)


def _progress(found: queries.Progress, place: str) -> dict[str, Any]:
    return {
        "shops": found.shops,
        "link": f"{ROOT}/cycles/progress?{place}",
        "cells": [
            {
                "cell": cell.column,
                "dimension": str(cell.dimension),
                "step": str(cell.step),
                "name": str(cell.name),
                "shops": {state.name.lower(): found.cells[cell.column][state] for state in CellState},
                "link": f"{ROOT}/cycles?{place}&cell={cell.column}&state=open",
            }
            for cell in CELLS
        ],
    }


def _fired(one: method_board.Fired, place: str) -> dict[str, Any]:
    return {
        "rule": one.rule.code,
        "name": one.rule.name_en if is_english() else one.rule.name,
        "dimension": str(one.rule.dimension),
        "severity": one.rule.severity,
        "count": one.count,
        "still_open": one.still_open,
        "oldest_on": one.oldest_on,
        "oldest_days": one.oldest_days,
        "link": f"{ROOT}/findings?{place}&rule={one.rule.code}",
    }


def _counts(counted: dict[str, int], link: str) -> list[dict[str, Any]]:
    return [{"state": state, "count": count, "link": f"{link}{state}"} for state, count in counted.items()]


def _ledger(found: MethodBoard, unit: Unit, place: str) -> dict[str, Any]:
    return {
        "of_month": _counts(found.improvements, f"{ROOT}/improvements?{place}&state="),
        "ageing": [vars(one) for one in found.ageing],
        "oldest_on": found.oldest_improvement_on,
        "link": f"{ROOT}/improvements?unit={unit.pk}&closed=false",
    }


def _forecast(found: MethodBoard, unit: Unit, month: date) -> dict[str, Any] | None:
    held = found.forecast
    if held is None:
        return None
    return {
        "kpi": {
            "kpi": ACCURACY.id,
            "version": ACCURACY.version,
            "name": ACCURACY.name_en if is_english() else ACCURACY.name,
            "unit": ACCURACY.unit,
            "formula": ACCURACY.formula,
        },
        "cartons": held.cartons,
        "model_cartons": held.model,
        "last_month_cartons": held.last_month,
        "last_year_cartons": held.last_year,
        "territories": held.territories,
        "decided": held.decided,
        "actual": held.actual,
        "accuracy": held.accuracy,
        "link": f"{ROOT}/forecasts?under={unit.pk}&month={month:%Y-%m}",
    }


def _misfired(one: method_board.Told) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "name": rule_name(one.rule),
        "waiting": one.waiting,
        "answered": one.answered,
        "link": f"{ROOT}/rules/{one.rule}/misfires?answered=false",
    }
