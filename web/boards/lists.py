"""The lists behind a number: the shops of a cell, the visits of a figure. Reads through the scope gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from backend.errors import FieldError, Problem
from backend.scope import Actor, units_under, visible_to
from cycles.grid import CELLS, CellState
from cycles.models import RetailerCycle
from visits import queries
from visits.filters import VisitFilters
from visits.models import Visit
from web.boards.grids import Grid, grid_of_shop
from web.boards.place import Place

PAGE = 50
NARROWING = tuple(name for name in VisitFilters.base_filters if name not in {"unit", "month"})
STATES = {state.name.lower(): state for state in CellState}

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class ShopRow:
    """A shop on the list of a cell, with its own small grid."""

    cycle: RetailerCycle
    state: CellState
    grid: Grid


def shops_of_cell(actor: Actor, here: Place, column: str, state: CellState | None) -> QuerySet[RetailerCycle]:
    """The shops of a unit's month that the actor may see, in one state of a cell or in any."""
    rows = visible_to(RetailerCycle.objects.filter(month=here.month), actor)
    rows = rows.filter(territory_id__in=units_under([here.unit.pk]))
    if state is not None:
        rows = rows.filter(**{column: state})
    return rows.select_related("retailer", "territory").order_by("retailer_id")


def as_rows(cycles: list[RetailerCycle], column: str) -> list[ShopRow]:
    return [ShopRow(c, CellState(getattr(c, column)), grid_of_shop(c)) for c in cycles]


def visits_behind(actor: Actor, here: Place, narrowed: dict[str, str]) -> QuerySet[Visit]:
    """The visits stamped with the unit in the month that the actor may see, by the same filters as the API's."""
    asked = {"unit": str(here.unit.pk), "month": f"{here.month:%Y-%m}", **narrowed}
    filters = VisitFilters(asked, queryset=visible_to(queries.visits(), actor))
    if not filters.is_valid():
        raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter=next(iter(filters.errors)))])
    rows: QuerySet[Visit] = filters.qs
    return rows.select_related("retailer", "person", "territory").order_by("-started_at", "-id")


def after_visit(rows: QuerySet[Visit], given: str) -> QuerySet[Visit]:
    """The page that begins after this visit, which must be on the list itself."""
    last = rows.filter(pk=_uuid("after", given)).first()
    if last is None:
        raise Problem("invalid_cursor")
    return rows.filter(Q(started_at__lt=last.started_at) | Q(started_at=last.started_at, pk__lt=last.pk))


def after_shop(rows: QuerySet[RetailerCycle], given: str) -> QuerySet[RetailerCycle]:
    return rows.filter(retailer_id__gt=_uuid("after", given))


def page(rows: QuerySet[Row]) -> tuple[list[Row], bool]:
    """The first rows, and whether there are more. One query."""
    found = list(rows[: PAGE + 1])
    return found[:PAGE], len(found) > PAGE


def cell_named(column: str) -> Any:
    """The cell of the method with this column; `not_found` for any other word."""
    for cell in CELLS:
        if cell.column == column:
            return cell
    raise Problem("not_found")


def _uuid(name: str, given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter=name)]) from None
