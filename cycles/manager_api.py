"""Managers' months over HTTP: read with evidence, words, submit, withdraw, approve, send back, many reviews at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.errors import Problem
from backend.http import etags
from backend.http.viewsets import ListActs, ScopedViewSet
from cycles import filters, manager_month, manager_review, manager_shapes, papers, queries, shapes
from cycles.grid import COLUMNS
from cycles.manager_review import Review
from cycles.models import ManagerCell, ManagerCycle
from cycles.reviewing import CAPABILITY as REVIEW

READ, PLAN = "cycles.read", manager_month.PLAN


class ManagerCycleViewSet(ListActs, ScopedViewSet):
    """Managers' own months: mine, and those of the managers at or under my units.

    Acts on a cell want the cell's `etag` in If-Match; submitting several at once wants the month's `etag`.
    """

    queryset = ManagerCycle.objects.select_related("person", "unit").prefetch_related("cells")
    serializer_class = shapes.ManagerCycleOut
    filterset_class = filters.ManagerCycleFilters
    total_order = ("-month", "unit_id", "id")
    needs = {
        "list": READ,
        "retrieve": READ,
        "words": PLAN,
        "submit_cell": PLAN,
        "withdraw": PLAN,
        "submit": PLAN,
        "approve": REVIEW,
        "send_back": REVIEW,
        "review": REVIEW,
    }
    in_serializers = {
        "words": manager_shapes.PaperWordsIn,
        "submit_cell": manager_shapes.PaperNothingIn,
        "withdraw": manager_shapes.PaperNothingIn,
        "submit": manager_shapes.PaperSubmitIn,
        "approve": manager_shapes.PaperNothingIn,
        "send_back": manager_shapes.PaperSendBackIn,
        "review": manager_shapes.PaperReviewsIn,
    }
    answers = {
        **dict.fromkeys(
            ("retrieve", "words", "submit_cell", "withdraw", "submit", "approve", "send_back"), manager_shapes.PaperOut
        ),
        "review": manager_shapes.PaperReviewOutcomesOut,
    }
    problem_codes = ("words_wanted", "cell_not_so", "month_locked")
    versioned = frozenset({"words", "submit_cell", "withdraw", "submit", "approve", "send_back"})

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset) or []
        self.dates = queries.dates_at((queries.prefecture_of(row.unit), row.month) for row in rows)
        return rows

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "dates": getattr(self, "dates", {})}

    def parameters(self, act: str) -> dict[str, bool]:
        return {} if act == "retrieve" else super().parameters(act)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One month: the 15 cells with their sentences and evidence, words, states, who reviews, and the scorecard."""
        paper = papers.read(self.actor, pk)
        return etags.told(request, paper.cycle, manager_shapes.paper_out(paper))

    @action(detail=True, methods=["post"], url_path="cells/<slug:cell>/words")
    def words(self, request: Request, pk: UUID, cell: str) -> Response:
        """Write my own words beside what is drafted; an empty text clears them."""
        with transaction.atomic():
            cycle, _ = self._held(pk, cell)
            manager_month.write_words(actor=self.actor, cycle=cycle, cell=cell, **self.body())
            return self._paper(cycle)

    @action(detail=True, methods=["post"], url_path="cells/<slug:cell>/submit")
    def submit_cell(self, request: Request, pk: UUID, cell: str) -> Response:
        """Hand one cell to its reviewer, as it is drafted now; refused when the facts draft something else by now."""
        self.body()
        with transaction.atomic():
            cycle, row = self._held(pk, cell)
            _require_read(request, row, papers.paper_of(self.actor, cycle).cell(cell).digest)
            manager_month.submit(actor=self.actor, cycle=cycle, cells=[cell])
            return self._paper(cycle)

    @action(detail=True, methods=["post"], url_path="cells/<slug:cell>/withdraw")
    def withdraw(self, request: Request, pk: UUID, cell: str) -> Response:
        """Take a submitted cell back before it is reviewed."""
        self.body()
        with transaction.atomic():
            cycle, _ = self._held(pk, cell)
            manager_month.withdraw(actor=self.actor, cycle=cycle, cell=cell)
            return self._paper(cycle)

    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: UUID) -> Response:
        """Hand in the cells of a step, or all that are still mine; nothing is handed in while one lacks words."""
        given = self.body()
        with transaction.atomic():
            cycle = manager_month.hold(self.actor, pk)
            manager_month.require_author(self.actor, cycle)
            _require_read(request, cycle, papers.paper_of(self.actor, cycle).digest)
            cells = manager_month.columns_of(given.get("step"))
            manager_month.submit(actor=self.actor, cycle=cycle, cells=cells)
            return self._paper(cycle)

    @action(detail=True, methods=["post"], url_path="cells/<slug:cell>/approve")
    def approve(self, request: Request, pk: UUID, cell: str) -> Response:
        """Approve a submitted cell."""
        self.body()
        return self._review(pk, cell, "approve")

    @action(detail=True, methods=["post"], url_path="cells/<slug:cell>/send-back")
    def send_back(self, request: Request, pk: UUID, cell: str) -> Response:
        """Send a cell back to its author, with the reason. An approval is taken back the same way."""
        return self._review(pk, cell, "send_back", **self.body())

    @extend_schema(summary="Review many cells at once")
    @action(detail=False, methods=["post"])
    def review(self, request: Request) -> Response:
        """Approve or send back up to 200 cells; one outcome per item, in order."""
        wanted = [
            Review(one["cycle"], one["cell"], one["act"], one["reason"], one.get("version"))
            for one in self.body()["items"]
        ]
        outcomes = manager_review.review_all(actor=self.actor, wanted=wanted)
        return Response({"outcomes": [manager_shapes.outcome_out(one, request) for one in outcomes]})

    def _review(self, pk: UUID, cell: str, act: manager_review.Act, reason: str = "") -> Response:
        with transaction.atomic():
            cycle = manager_month.hold(self.actor, pk)
            row = _cell(cycle, cell)
            manager_review.require_reviewer(self.actor, cycle, cell)
            etags.require(self.request, row)
            manager_review.review(actor=self.actor, wanted=Review(pk, cell, act, reason))
            return self._paper(cycle)

    def _held(self, pk: UUID, cell: str) -> tuple[ManagerCycle, ManagerCell]:
        """My month, locked, and its cell as I read it."""
        cycle = manager_month.hold(self.actor, pk)
        manager_month.require_author(self.actor, cycle)
        row = _cell(cycle, cell)
        etags.require(self.request, row)
        return cycle, row

    def _paper(self, cycle: ManagerCycle) -> Response:
        cycle.refresh_from_db(fields=["version"])
        paper = papers.paper_of(self.actor, cycle)
        return etags.told(self.request, cycle, manager_shapes.paper_out(paper))


def _cell(cycle: ManagerCycle, column: str) -> ManagerCell:
    if column not in COLUMNS:
        raise Problem("not_found")
    return manager_month.cells_of(cycle)[column]


def _require_read(request: Request, row: Any, digest: str) -> None:
    """As etags.require; a tag that names what was drafted must also name what is drafted now."""
    etags.require(request, row)
    given = request.META.get("HTTP_IF_MATCH", "").strip()
    drafted = given.strip('"').rpartition(".")[2]
    if drafted.startswith("p") and drafted != f"p{digest}":
        raise Problem("stale_version")
