"""The shapes of what phones hold of the month and of its rules; for cycles/feeds.py and cycles/settings_feed.py."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from backend.documents import Decimal, Figures, Month, Told
from cycles.grid import Dimension
from cycles.models import Action, Improvement, ManagerCycle, Result
from cycles.models.chain import Goal


class Subject(Told, kw_only=True):
    """Of a shop, or of the territory."""

    dimension: Dimension
    retailer_id: UUID | None
    unit_id: int | None
    product_id: int | None
    rule: str


class Findings(Subject, kw_only=True):
    severity: int
    opened_on: date
    closed_on: date | None
    first_month: date
    last_month: date
    template: str
    template_version: int | None
    as_of: date | None
    figures: Figures | None
    threshold: dict[str, Any] | None
    evidence_kind: str | None
    evidence_rows: int | None


class ActionResult(Struct, forbid_unknown_fields=True):
    value: Decimal | None
    outcome: Result.Outcome
    evidence_count: int
    reason: str | None
    words: str | None


class Actions(Subject, kw_only=True):
    """`evidence`: how many visits serve it."""

    month: date
    kind: str
    template: str
    template_version: int
    parameters: Figures
    metric: str
    goal: Goal
    baseline: Decimal | None
    drafted_target: Decimal | None
    target: Decimal | None
    best: Decimal | None
    due_on: date
    serves: Action.Serves
    evidence_needed: int
    evidence: int
    state: Action.State
    is_flagged: bool
    drop_reason: str | None
    words: str | None
    finding_id: UUID | None
    improvement_id: UUID | None
    result: ActionResult | None
    version: int


class Improvements(Subject, kw_only=True):
    month: date
    origin_id: UUID | None
    kind: str
    template: str
    template_version: int
    parameters: Figures
    metric: str
    goal: Goal
    baseline: Decimal | None
    target: Decimal | None
    due_on: date
    state: Improvement.State
    months_open: int
    outcome: Decimal | None
    reason: str | None
    opened_on: date
    closed_on: date | None
    version: int


class ShopCells(Struct, forbid_unknown_fields=True):
    """Analyze to improve: 0 nothing to do, 1 open, 2 done, 3 missed, 4 does not apply."""

    client: tuple[int, int, int, int, int]
    brand: tuple[int, int, int, int, int]
    market: tuple[int, int, int, int, int]


class ShopCycleMonth(Struct, forbid_unknown_fields=True):
    month: Month
    cells: ShopCells


class ShopCycle(Told, kw_only=True, tag="shop", tag_field="kind"):
    """The 15 cells of a shop by month; `id` is the shop's."""

    months: list[ShopCycleMonth]


class Sentence(Struct, forbid_unknown_fields=True):
    """A drafted sentence; its words are in `settings`, under `template@version`."""

    template: str
    version: int
    parameters: Figures
    flagged: bool | UnsetType = UNSET


class DraftedCell(Struct, forbid_unknown_fields=True):
    cell: str
    state: ManagerCycle.State
    needs_words: bool
    reason: str | None
    sentences: list[Sentence]


class ManagerMonth(Told, kw_only=True, tag="manager", tag_field="kind"):
    """A manager's month with its drafted sentences."""

    month: Month
    role: str
    unit_id: int
    person_id: UUID
    cells: list[DraftedCell]


Cycles = ShopCycle | ManagerMonth


class CellWords(Told, kw_only=True):
    cycle_id: UUID
    month: Month
    person_id: UUID
    cell: str
    words: str | None
    state: ManagerCycle.State
    needs_words: bool
    version: int


# -- settings ----------------------------------------------------------------------------------------------------------


class OfUnit(Told, kw_only=True):
    unit_id: int
    level: int


class Thresholds(OfUnit, kw_only=True, tag="values", tag_field="kind"):
    """What a unit has set; the nearest unit's value wins."""

    values: dict[str, float | bool | str]


class DefaultThresholds(OfUnit, kw_only=True, tag="defaults", tag_field="kind"):
    """What holds where nobody set anything."""

    values: dict[str, float | bool | str]


class PublishedDays(OfUnit, kw_only=True, tag="calendar", tag_field="kind"):
    """Published days that are not worked as their weekday says: whether they are."""

    values: dict[str, bool]


class OverriddenDays(OfUnit, kw_only=True, tag="calendar_overrides", tag_field="kind"):
    values: dict[str, bool]


class Wordings(OfUnit, kw_only=True, tag="sentences", tag_field="kind"):
    """Words by `template@version`: Chinese, English."""

    values: dict[str, tuple[str, str]]


Settings = Thresholds | DefaultThresholds | PublishedDays | OverriddenDays | Wordings
