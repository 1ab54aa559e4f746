"""Every page of both faces: who opens it, and where its address is found. tests/browser/pictures.py goes through them.

An address that names an object is never written here: it is the first link of that form on another page of the list, so
that it exists wherever the list is used. tests/web/test_pictured_pages.py holds the list against the boards' addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Page:
    """A page by the name of its address (or a name of its own). `at` opens it; or, where `link` is given, `at` is the
    page on which the first address that matches `link` stands."""

    name: str
    who: str  # a log-in of the demo, "" for nobody
    at: str
    link: str = ""
    status: int = 200


UUID: Final = r"[0-9a-f]{8}-[0-9a-f-]{27}"
NO_PAGES: Final = {
    "report-pdf": "a file",
    "market-export": "made by a press, seen by whoever pressed",
    "import-progress": "a part that the page of an import fetches",
    "export-progress": "a part that the page of an export fetches",
}
IN_ENGLISH: Final = ("board", "market", "market-figure", "visit", "reviews", "policy")  # also dark, and at 200 %

BOARDS: Final[tuple[Page, ...]] = (
    Page("board", "zhao", "/"),
    Page("cell", "zhao", "/", r"/cells/client_execute"),
    Page("visits", "zhao", "/visits"),
    Page("filters", "zhao", "/filters?page=visits"),
    Page("visit", "zhao", "/visits", rf"/visits/{UUID}"),
    Page("shop", "lin", "/market/shops", rf"/shops/{UUID}/"),
    Page("findings", "zhao", "/findings"),
    Page("needs", "lin", "/needs"),
    Page("breaches", "zhao", "/breaches"),
    Page("misfires", "zhao", "/misfires"),
    Page("finding", "zhao", "/findings", rf"/findings/{UUID}"),
    Page("actions", "zhao", "/actions"),
    Page("my-month", "lin", "/months/mine"),
    Page("month", "chen", "/reviews", rf"/months/{UUID}$"),
    Page("sentence", "lin", "/months/mine", rf"/months/{UUID}/\w+/\d+"),
    Page("reviews", "chen", "/reviews"),
    Page("reports", "zhao", "/reports"),
    Page("report", "zhao", "/reports", rf"/reports/{UUID}(?!/pdf)"),
    Page("plan", "lin", "/plan"),
    Page("advice", "chen", "/advice"),
    Page("market", "zhao", "/market"),
    Page("market-figure", "zhao", "/market/figure"),
    Page("market-products", "zhao", "/market/products"),
    Page("market-subject", "zhao", "/market/products", r"/market/subject\?"),
    Page("market-key", "zhao", "/market/key"),
    Page("market-few", "zhao", "/market/few"),
    Page("market-shops", "lin", "/market/shops"),
    Page("market-orders", "lin", "/market/orders"),
    Page("market-order", "lin", "/market/orders", rf"/market/orders/{UUID}"),
    Page("field", "zhao", "/field"),
    Page("field-checks", "zhao", "/field/checks"),
    Page("field-check", "zhao", "/field/checks", rf"/field/checks/{UUID}"),
    Page("field-photos", "zhao", "/field/photos"),
    Page("signals", "chen", "/field/signals"),
    Page("verify", "chen", "/field/verify"),
    Page("policies", "zhao", "/policies"),
    Page("policy-matrix", "chen", "/policies/shops"),
    Page("policy-questions", "xu", "/policies/questions"),
    Page("policy", "zhao", "/policies", r"/policies/\d+"),
    Page("policy-shops", "zhao", "policy", r"/policies/\d+/shops"),
    Page("second-touch", "zhao", "policy", r"/policies/\d+/second-touch"),
    Page("quarantine", "he", "/quarantine"),
    Page("quarantined", "he", "/quarantine", rf"/quarantine/{UUID}"),
    Page("devices", "sun", "/devices"),
    Page("intelligence", "zhao", "/intelligence"),
    Page("intelligence-groups", "zhao", "/intelligence/groups"),
    Page("intelligence-trends", "zhao", "/intelligence/trends"),
    Page("intelligence-item", "zhao", "/intelligence?which=all", rf"/intelligence/{UUID}"),
    Page("alerts", "zhao", "/alerts"),
    Page("alert-rules", "zhao", "/alerts/rules"),
    Page("alert-rule", "zhao", "/alerts/rules", r"/alerts/rules/\d+"),
    Page("launches", "zhao", "/launches"),
    Page("imports", "he", "/imports"),
    Page("import-mapping", "he", "/imports/mapping"),
    Page("import", "he", "/imports", rf"/imports/{UUID}"),
    Page("exports", "zhao", "/exports"),
    Page("export", "zhao", "/exports", rf"/exports/{UUID}"),
    Page("improvements", "zhao", "/improvements"),
)
DESK: Final[tuple[Page, ...]] = (
    Page("login", "", "/login"),
    Page("absent", "zhao", "/nowhere", status=404),
    Page("desk", "sun", "/desk/"),
    Page("desk-list", "sun", "/desk/backend/position/"),
    Page("desk-form", "sun", "/desk/backend/position/", rf"/desk/backend/position/(\d+|{UUID})/change/"),
    Page("desk-history", "sun", "desk-form", r"/history/$"),
)
PHONE: Final[tuple[Page, ...]] = (
    Page("app-today", "lin", "/app/"),
    Page("app-shop", "lin", "/app/", rf"/app/shop/{UUID}"),
    Page("app-month", "lin", "/app/month"),
    Page("app-learn", "lin", "/app/learn"),
    Page("app-unsent", "lin", "/app/unsent"),
)  # the first screen before log-in is "app-sign-in"; the steps of a visit are walked by tests/browser/lin_day.py
