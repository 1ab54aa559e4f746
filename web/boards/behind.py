"""Which page shows what the API lists: boards name the records behind a number by the API's address, pages by theirs.

Called by the market boards. An address that no page shows leads nowhere (an empty text).
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.urls import reverse

from web.boards.place import Place

API: Final = "/api/v1/"
# The list of the API -> the page's address and the parameters that it takes beside unit and month.
PAGES: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "visits": ("visits", frozenset({"has", "has_note", "product", "presence", "flagged"})),
    "orders": ("market-orders", frozenset({"subject", "segment", "retailer"})),
    "boards/shops": ("market-shops", frozenset({"subject", "segment"})),
    "boards/status": ("market-products", frozenset({"word"})),
    "findings": ("findings", frozenset({"rule"})),
    "actions": ("actions", frozenset({"state", "outcome"})),
    "improvements": ("improvements", frozenset({"closed"})),
    "observations": ("visits", frozenset()),
    "breaches": ("visits", frozenset()),
    "launches": ("market-key", frozenset()),
    "forecasts": ("board", frozenset()),
}
_OF_UNIT: Final = ("unit", "shops_of", "under")  # what lists call the unit
# Lists without a page of their own open the visits that their rows were noted on.
_MORE: Final = {"observations": {"has": "remark"}, "breaches": {"has": "compliance"}}


def page(address: str, here: Place) -> str:
    """The page that shows the records at an address of the API, for the unit and month that it names, else `here`."""
    parts = urlsplit(address)
    name = parts.path.removeprefix(API)
    if name.startswith("actions/"):
        return f"{reverse('actions')}?{here.query}"
    if name not in PAGES:
        return ""
    route, taken = PAGES[name]
    given = dict(parse_qsl(parts.query))
    unit = next((given[key] for key in _OF_UNIT if key in given), str(here.unit.pk))
    asked = {"unit": unit, "month": given.get("month", f"{here.month:%Y-%m}")}
    asked |= {key: value for key, value in given.items() if key in taken} | _MORE.get(name, {})
    anchor = "#forecast" if name == "forecasts" else ""
    return f"{reverse(route)}?{urlencode(asked)}{anchor}"
