"""What the documents of collections have in common as shapes; the shapes stand in `<app>/feed_shapes.py`.

A shape describes what a feed tells (backend/feeds.py): the API's description is made of it
(backend/http/sync_shapes.py), and the phone's types of that. Nothing is read with it on the way.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

Month = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}$", description="2026-03")]
Clock = Annotated[str, Meta(pattern=r"^[0-9]{2}:[0-9]{2}:[0-9]{2}$", description="A time of the business day.")]
Decimal = Annotated[str, Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="A decimal as text.")]
Figures = Annotated[dict[str, Any], Meta(description="What the words of its template name.")]


class Told(Struct, forbid_unknown_fields=True, kw_only=True):
    """A document as it is told; RxDB takes `_deleted` off before it stores it."""

    id: UUID
    deleted: bool | UnsetType = field(name="_deleted", default=UNSET)


class Deleted(Struct, forbid_unknown_fields=True, kw_only=True):
    """Of a document that is gone nothing is told but which."""

    id: UUID
    deleted: bool = field(name="_deleted")
