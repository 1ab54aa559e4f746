"""The shapes of what phones hold of the retailer's file; for retail/feeds.py. The statements: retail/documents.py.

What the server adds to a need or promise is not there before it saw it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from backend.documents import Clock, Told
from retail.models import Classification, Need, Promise, Retailer


class ShopContact(Struct, forbid_unknown_fields=True):
    id: UUID
    name: str
    phone: str
    relation: str
    is_primary: bool


class ShopDue(Struct, forbid_unknown_fields=True):
    """What falls due at a shop, and when."""

    code: Literal["licence", "promise", "need"]
    id: UUID
    on: date


class Retailers(Told, kw_only=True):
    """A shop's card. Without a class in force today its classes are null."""

    code: str
    licence_no: str
    licence_valid_until: date | None
    name: str
    holder: str
    address: str
    county_id: int
    territory_id: int
    lon: float | None
    lat: float | None
    datum: Retailer.Datum
    opens_at: Clock | None
    closes_at: Clock | None
    order_weekday: int | None
    opened_on: date | None
    state: Classification.State | None
    business_type: Classification.BusinessType | None
    market_type: Classification.MarketType | None
    scale: Classification.Scale | None
    tier: int | None
    integrity_grade: str | None
    terminal_type: Literal["", "ordinary", "modern", "franchise"] | None
    trade_area: str | None
    visit_class: Literal["", "A", "B", "C"] | None
    contacts: list[ShopContact]
    due: list[ShopDue]
    version: int


class NeedAnswer(Struct, forbid_unknown_fields=True):
    """What a department replied."""

    words: str
    made_at: datetime


class Needs(Told, kw_only=True):
    retailer_id: UUID
    kind: Need.Kind
    text: str
    raised_on: date
    priority: int | UnsetType = UNSET
    due_on: date | UnsetType | None = UNSET
    origin_visit_id: UUID | UnsetType | None = UNSET
    department: Need.Department | UnsetType | None = UNSET
    closed_on: date | UnsetType | None = UNSET
    outcome: str | UnsetType | None = UNSET
    raised_by: UUID | UnsetType = UNSET
    raised_by_name: str | UnsetType = UNSET
    reply_due_at: datetime | UnsetType | None = UNSET
    taken_at: datetime | UnsetType | None = UNSET
    replied_at: datetime | UnsetType | None = UNSET
    replies: list[NeedAnswer] | UnsetType = UNSET
    version: int | UnsetType = UNSET


class Promises(Told, kw_only=True):
    retailer_id: UUID
    text: str
    promised_on: date
    due_on: date
    origin_visit_id: UUID | UnsetType | None = UNSET
    state: Promise.State | UnsetType = UNSET
    settled_on: date | UnsetType | None = UNSET
    outcome: str | UnsetType | None = UNSET
    promised_by: UUID | UnsetType = UNSET
    promised_by_name: str | UnsetType = UNSET
    version: int | UnsetType = UNSET
