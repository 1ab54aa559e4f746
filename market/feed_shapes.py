"""The shapes of what phones hold of the market; for market/feeds.py and market/intelligence/news.py."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from backend.documents import Figures, Month, Told
from market.models.intelligence import IntelligenceItem
from market.models.samples import CollectionPoint, Sample


class ShopMonth(Struct, forbid_unknown_fields=True):
    month: Month
    cartons: int
    amount_fen: int
    orders: int
    visits: int


class ShopMonths(Told, kw_only=True):
    """A shop's 13 months, of which those without orders and visits are left out; `id` is the shop's."""

    months: list[ShopMonth]


class Suspect(Struct, forbid_unknown_fields=True):
    """A value of a sample that does not go with what is known."""

    code: str
    figures: Figures
    product_id: int


class Samples(Told, kw_only=True):
    week_on: date
    retailer_id: UUID
    stratum: CollectionPoint.Stratum
    products: list[int]
    state: Sample.State
    taken_on: date | None
    seen: int | None
    suspects: list[Suspect]
    is_accepted: bool | None
    words: str | None


class IntelligenceItems(Told, kw_only=True):
    visit_id: UUID
    retailer_id: UUID
    on_date: date
    kind: str
    product_id: int | None
    text: str
    place: str
    state: IntelligenceItem.State
    level: int | None
    sent_at: datetime
    due_on: date | None
    decision: IntelligenceItem.Decision | None
    words: str | None
    decided_at: datetime | None
