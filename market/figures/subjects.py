"""What a figure is about and among which shops it counts, as values of this code and as texts in addresses.

Everything that asks values.py for figures names both: boards, blocks, alerts, exports and the monthly report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from market.models import SegmentKind, SubjectKind

_SUBJECTS = {
    "all": SubjectKind.ALL,
    "brand": SubjectKind.BRAND,
    "class": SubjectKind.PRICE_CLASS,
    "band": SubjectKind.PRICE_BAND,
    "product": SubjectKind.PRODUCT,
}
_SEGMENTS = {
    "all": SegmentKind.ALL,
    "market_type": SegmentKind.MARKET_TYPE,
    "business_type": SegmentKind.BUSINESS_TYPE,
    "tier": SegmentKind.TIER,
}
SUBJECT_NAMES = {kind: name for name, kind in _SUBJECTS.items()}
SEGMENT_NAMES = {kind: name for name, kind in _SEGMENTS.items()}
# The codes of a class of shops: CB2 is urban, a convenience store; tiers are numbers without zeros before them.
_VALUES = {
    SegmentKind.MARKET_TYPE: r"[CX]",
    SegmentKind.BUSINESS_TYPE: r"[ZBSNYFQ]",
    SegmentKind.TIER: r"[1-9]|[12][0-9]|30",
}


@dataclass(frozen=True, order=True)
class Subject:
    """All products, or a brand, a price class (1-5, 0 unknown), a price band (0 unknown) or a product by its id."""

    kind: SubjectKind
    id: int = 0

    def __str__(self) -> str:
        return "all" if self.kind == SubjectKind.ALL else f"{SUBJECT_NAMES[self.kind]}:{self.id}"


@dataclass(frozen=True, order=True)
class Segment:
    """All shops, or those of one market type, business type or tier on the month's last day."""

    kind: SegmentKind
    value: str = ""

    def __str__(self) -> str:
        return "all" if self.kind == SegmentKind.ALL else f"{SEGMENT_NAMES[self.kind]}:{self.value}"


@dataclass(frozen=True, order=True)
class Crossed:
    """Shops of two segments of different kinds at once; counted live, at market office and below only."""

    first: Segment
    second: Segment

    def __str__(self) -> str:
        return f"{self.first},{self.second}"


ALL = Subject(SubjectKind.ALL)
EVERYONE = Segment(SegmentKind.ALL)


def subject(text: str) -> Subject:
    """`all`, `brand:12`, `class:2`, `band:3`, `product:88`; ValueError for anything else."""
    if text == "all":
        return ALL
    name, _, number = text.partition(":")
    if name == "all" or name not in _SUBJECTS or not re.fullmatch(r"0|[1-9]\d{0,17}", number, re.ASCII):
        raise ValueError(f"no subject: {text}")
    return Subject(_SUBJECTS[name], int(number))


def segment(text: str) -> Segment:
    """`all`, `market_type:C`, `business_type:B`, `tier:12`; ValueError for anything else."""
    if text == "all":
        return EVERYONE
    name, _, value = text.partition(":")
    kind = _SEGMENTS.get(name, SegmentKind.ALL)
    if kind == SegmentKind.ALL or not re.fullmatch(_VALUES[kind], value, re.ASCII):
        raise ValueError(f"no segment: {text}")
    return Segment(kind, value)


def segments(text: str) -> Segment | Crossed:
    """As `segment`, or two of different kinds with a comma between them; ValueError for anything else."""
    first, comma, second = text.partition(",")
    if not comma:
        return segment(text)
    found = Crossed(segment(first), segment(second))
    if EVERYONE in (found.first, found.second) or found.first.kind == found.second.kind:
        raise ValueError(f"no segment: {text}")
    return found


class Sums(NamedTuple):
    """What was counted of a subject in a unit and month: the columns of market.models.rollups.TradeSums, by name."""

    observations: int = 0
    price_n: int = 0
    price_sum_fen: int = 0
    price_compared: int = 0
    price_at_guide: int = 0
    stock_n: int = 0
    stock_sum_packs: int = 0
    facings_n: int = 0
    facings_sum: int = 0
    oos_n: int = 0
    oos_days_sum: int = 0
    oos_shops: int = 0
    shelf_n: int = 0
    on_shelf: int = 0
    shelf_cartons: int = 0
    on_shelf_cartons: int = 0
    cartons: int = 0
    amount_fen: int = 0
    shops_now: int = 0
    shops_last: int = 0
    shops_again: int = 0
    shops_before: int = 0
    shops_demanding: int = 0
    demanded: int = 0
    refused: int = 0
    demanded_cartons: int = 0
    filled_cartons: int = 0
    offered_cartons: int = 0
    taken_cartons: int = 0
    shops_offered: int = 0
    shops_taken: int = 0
    asked: int = 0
    out: int = 0
    counted: int = 0
    stock_before_packs: int = 0
    ordered_packs: int = 0
    end_stock_packs: int = 0
    sold_packs: Decimal = Decimal(0)


SUM_COLUMNS: tuple[str, ...] = Sums._fields
