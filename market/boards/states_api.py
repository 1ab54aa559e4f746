"""The boards of states, concentration and key products over HTTP; composed by status.py, concentration.py and
key_board.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from backend.http.views import ScopedView
from backend.kpis import kpi
from backend.language import is_english
from backend.models import Unit
from market import queries
from market.boards import concentration, key_board, status
from market.boards.api import defined, head, number, unit_out
from market.boards.asking import place
from market.boards.blocks_trade import sides
from market.boards.key_board import KeyLine, Trial
from market.boards.shapes import BoardQuery
from market.boards.states_shapes import ConcentrationOut, KeyBoardOut, StatusOut, StatusQuery
from market.boards.status import TABLE, WORDS, Line
from market.figures.drill import rows_of
from market.figures.formulas import Figure
from market.figures.subjects import ALL, EVERYONE, Subject


class StatusBoard(ScopedView):
    """The state (价、量、存) of a unit's market and of each of its products, folded to one of five words.

    Without `unit` the highest unit of mine, without `month` the running one, whose sales cannot be judged yet.
    """

    needs = {"get": "boards.read"}
    queries = {"get": StatusQuery}
    answers = {"get": StatusOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit, month = place(self.actor, self.asked)
        board = status.board(unit.pk, month)
        word = self.asked.get("word")
        shown = [line for line in board.products if word in (None, line.status.word)]
        told = {
            **head(unit, month, queries.freshness(unit.pk)),
            "is_over": status.is_over(month),
            "limits": {name: number(value) for name, value in vars(board.limits).items()},
            "kpis": defined([kpi(one) for one in status.READ]),
            "whole": _state(board.whole, unit.pk, month),
            "words": [{"word": w, "name": WORDS[w][is_english()], "products": n} for w, n in board.counts.items()],
            "products": [_state(line, unit.pk, month) for line in shown],
        }
        return Response(told)


class ConcentrationBoard(ScopedView):
    """How much of a unit's volume rests on few shops (80/20, large accounts, median), and of each unit right below."""

    needs = {"get": "boards.read"}
    queries = {"get": BoardQuery}
    answers = {"get": ConcentrationOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit, month = place(self.actor, self.asked)
        units = [unit, *queries.children(unit, month)]
        found = concentration.figures([one.pk for one in units], month)
        rows = [{"unit": unit_out(one), "figures": values(found[one.pk].values(), one.pk, month)} for one in units]
        told = {"kpis": defined(concentration.FIGURES), "whole": rows[0], "children": rows[1:]}
        return Response({**head(unit, month, queries.freshness(unit.pk)), **told})


class KeyBoard(ScopedView):
    """The key products of a unit's month, each against its goals, and where each launch stands."""

    needs = {"get": "boards.read"}
    queries = {"get": BoardQuery}
    answers = {"get": KeyBoardOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit, month = place(self.actor, self.asked)
        rows = [_key_product(line, unit, month) for line in key_board.board(self.actor, unit, month)]
        told = {"kpis": defined([kpi(one) for one in key_board.SHOWN]), "products": rows}
        return Response({**head(unit, month, queries.freshness(unit.pk)), **told})


def _state(line: Line, unit_id: int, month: date) -> dict[str, Any]:
    one, (price, volume, stock) = line.status, sides(line)
    text = ""
    if one.state is not None:
        word, *means = TABLE[one.state]
        text = f"{WORDS[word][1]}: {means[1]}" if is_english() else f"{WORDS[word][0]}：{means[0]}"
    return {
        "subject": str(line.subject),
        "name": line.name,
        "figures": values(line.figures, unit_id, month, line.subject),
        "price": price,
        "volume": volume,
        "stock": stock,
        "sales_change": number(one.change),
        "against": one.against,
        "word": one.word,
        "text": text,
        "missing": one.missing,
    }


def _key_product(line: KeyLine, unit: Unit, month: date) -> dict[str, Any]:
    return {
        "subject": str(line.subject),
        "code": line.product.code,
        "name": line.product.name,
        "is_key": line.is_key,
        "is_launch": line.is_launch,
        "figures": values(line.figures, unit.pk, month, line.subject),
        "trial": None if line.trial is None else _trial(line.trial),
    }


def _trial(trial: Trial) -> dict[str, Any]:
    verdict = trial.verdict
    return {
        "id": trial.launch.pk,
        "unit": trial.launch.unit_id,
        "supply_on": trial.launch.supply_on,
        "state": trial.launch.state,
        "number": trial.number,
        "goals": trial.goals,
        "outcome": verdict and verdict.outcome,
        "outcome_month": verdict and f"{verdict.month:%Y-%m}",
    }


def values(figures: Iterable[Figure], unit_id: int, month: date, subject: Subject = ALL) -> list[dict[str, Any]]:
    """Figures as WholeValueOut describes them, of a unit, month and subject."""
    rows = rows_of(unit_id, month, subject, EVERYONE)
    return [
        {
            "kpi": one.kpi.id,
            "value": number(one.value),
            "previous": number(one.previous),
            "change": number(one.change),
            "change_percent": number(one.change_percent),
            "last_year": number(one.last_year),
            "year_change": number(one.year_change),
            "year_change_percent": number(one.year_change_percent),
            "target": number(one.target),
            "rows": rows(one.kpi.id),
        }
        for one in figures
    ]
