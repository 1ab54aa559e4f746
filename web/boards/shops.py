"""What stands behind the 15 cells of a shop's month: the chain of facts by dimension. Called by the shop's page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from backend.scope import Actor, visible_to
from cycles import chain_reads, month_reads, queries
from cycles import findings as finding_reads
from cycles.calendar import MonthDates
from cycles.grid import CELLS, DIMENSION_NAMES, Cell, CellState, Dimension, Step
from cycles.models import Action, Adjustment, Evidence, Improvement, RetailerCycle
from visits.models import Visit
from web.boards.chain import FindingRow

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True)
class Served:
    """A visit that serves an action, or that fills an execute cell by itself."""

    visit: Visit
    actions: tuple[Action, ...]


@dataclass
class Parts:
    """Everything of one shop's month, read once."""

    findings: list[FindingRow]
    actions: list[Action]
    improvements: list[Improvement]
    visits: dict[str, list[Served]] = field(default_factory=dict)  # by execute cell
    moved: int = 0
    adjustments: list[Adjustment] = field(default_factory=list)

    def of(self, cell: Cell) -> list[Any]:
        """What stands behind a cell: the fact of its step, in its dimension."""
        match cell.step:
            case Step.ANALYZE:
                return [row for row in self.findings if row.finding.dimension == cell.dimension]
            case Step.PLAN:
                return [one for one in self.actions if one.dimension == cell.dimension]
            case Step.EXECUTE:
                return self.visits.get(cell.column, [])
            case Step.EVALUATE:
                return [one for one in self.actions if one.dimension == cell.dimension and hasattr(one, "result")]
            case Step.IMPROVE:
                return [one for one in self.improvements if one.dimension == cell.dimension]

    def count(self, cell: Cell) -> int:
        return len(self.of(cell))


@dataclass(frozen=True)
class Section:
    """One cell of the page, with the things behind it."""

    cell: Cell
    state: CellState
    due_on: date
    items: list[Any]


@dataclass(frozen=True)
class DimensionSections:
    dimension: str
    name: str | StrPromise
    cells: list[Section]


def parts_of(actor: Actor, row: RetailerCycle) -> Parts:
    """What the actor may see of a shop's month. Ten queries, whatever the number of rows."""
    behind = list(chain_reads.behind(actor, row.month, row.retailer_id).values())
    beside = month_reads.beside_cells(actor, row.month, row.retailer_id)
    parts = Parts(
        findings=[
            FindingRow(one.finding, finding_reads.rule_of(one.finding), one.sighting)
            for part in behind
            for one in part.findings
        ],
        actions=[one for part in behind for one in part.actions],
        improvements=[one for part in behind for one in part.improvements],
        adjustments=[line for lines in beside.values() for line in lines],
    )
    _add_visits(parts, actor, row)
    return parts


def _add_visits(parts: Parts, actor: Actor, row: RetailerCycle) -> None:
    """The visits of the execute cells: those that landed, each with the actions that it serves."""
    landed = queries.evidence(actor, row.month, row.retailer_id)
    parts.moved = landed.moved
    by_id = {one.pk: one for one in parts.actions}
    serving: dict[UUID, list[Action]] = {}
    for link in Evidence.objects.filter(action_id__in=list(by_id)).order_by("on_date"):
        serving.setdefault(link.visit_id, []).append(by_id[link.action_id])
    wanted = {visit for visits in landed.visits.values() for visit in visits} | set(serving)
    rows = visible_to(Visit.objects.filter(retailer_id=row.retailer_id, pk__in=wanted), actor)
    visits = {visit.pk: visit for visit in rows.select_related("person").order_by("started_at")}
    for cell in CELLS:
        if cell.step is Step.EXECUTE:
            shown = [
                Served(visit, tuple(a for a in serving.get(pk, ()) if a.dimension == cell.dimension))
                for pk, visit in visits.items()
            ]
            filled = landed.visits.get(cell.column, ())
            parts.visits[cell.column] = [one for one in shown if one.actions or one.visit.pk in filled]


def sections(row: RetailerCycle, dates: MonthDates, parts: Parts) -> list[DimensionSections]:
    """The page's parts in the order of the grid."""
    return [
        DimensionSections(
            dimension,
            DIMENSION_NAMES[dimension],
            [
                Section(cell, CellState(getattr(row, cell.column)), cell.due_on(dates), parts.of(cell))
                for cell in CELLS
                if cell.dimension is dimension
            ],
        )
        for dimension in Dimension
    ]


def cycle_exists(actor: Actor, retailer_id: UUID, month: date) -> date | None:
    """The month, when the shop has one there that the actor may see. One query."""
    rows = visible_to(RetailerCycle.objects.filter(retailer_id=retailer_id, month=month), actor)
    return month if rows.exists() else None
