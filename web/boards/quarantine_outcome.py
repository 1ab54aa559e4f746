"""Which shop a refused visit may have meant, and what became of it once it was sent again.

Called by web/boards/quarantine_views.py. Whether the author may record at a shop is for the intake to say, not for the
page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.errors import FieldError, Problem
from backend.models import Quarantined, Receipt
from backend.scope import Actor, visible_to
from retail.filters import RetailerFilters
from retail.models import Retailer
from visits import intake, queries
from visits.models import Visit
from web.boards.quarantine_mending import Reason

MOST = 20
SHOP = "/retailer_id"


@dataclass(frozen=True)
class Shops:
    """The shops that a search found, to choose one of. `more`: there are others; narrower words find them."""

    asked: str
    rows: list[Any]
    more: bool


@dataclass(frozen=True)
class Became:
    """What came of an item that was sent again: its receipt, and the visit for who may see it."""

    receipt: Receipt
    visit: Visit | None

    @property
    def digest(self) -> str:
        return bytes(self.receipt.sha256).hex()[:12]


def is_shop_wrong(row: Quarantined, why: Reason) -> bool:
    """It is a visit that was refused for its shop, so that another may be put in its place (visits/fixing.py)."""
    return row.kind == intake.KIND and (why.code == "not_your_shop" or SHOP in why.faults)


def shops(actor: Actor, asked: str) -> Shops:
    """Shops that the actor may see, by the words that the API's list takes: part of the name or holder, the beginning
    of a code. Nothing is searched for no words. One query."""
    words = asked.strip()
    if not words:
        return Shops("", [], False)
    filters = RetailerFilters({"q": words}, queryset=visible_to(Retailer.objects.all(), actor))
    if not filters.is_valid():
        raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter="q")])
    found = list(filters.qs.order_by("code", "id")[: MOST + 1])
    return Shops(words, found[:MOST], len(found) > MOST)


def became(actor: Actor, row: Quarantined) -> Became | None:
    """None for what was not sent again, and for kinds that leave no receipt. Two queries at most."""
    if row.state != Quarantined.State.RESENT or row.kind != intake.KIND or row.submission_id is None:
        return None
    receipt = Receipt.objects.filter(pk=row.submission_id).first()
    if receipt is None:
        return None
    return Became(receipt, visible_to(queries.visits(), actor).filter(pk=receipt.pk).first())
