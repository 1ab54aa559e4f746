"""Which records stand behind a figure, and where they are listed; for every surface that shows a figure.

Counts of acts open to visits, what was sold to orders, and what rests on shops to the shops of the unit. The lists tell
what they add up to, and how much of it moved with shops that the reader may no longer open.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache

from backend.kpis import Kpi
from market import kpis
from market.figures import formulas
from market.figures import trade_kpis as traded
from market.figures.subjects import ALL, EVERYONE, Crossed, Segment, Subject
from market.models import SubjectKind
from visits import compliance, satisfaction

VISITS, ORDERS, SHOPS = "/api/v1/visits", "/api/v1/orders", "/api/v1/boards/shops"
NEEDS, PROMISES = "/api/v1/needs", "/api/v1/promises"
SOLD = (kpis.SALES, kpis.SALES_RATE)
# What narrows the visits to those behind a figure; the others rest on all visits of the unit and month.
BEHIND: dict[str, dict[str, str]] = {
    kpis.NOTES.id: {"has_note": "true"},
    kpis.CHECKS.id: {"has": "check"},
    kpis.DISPLAY.id: {"has": "check"},
    kpis.COMPLIANT.id: {"has": "check"},
    kpis.BRIEFINGS.id: {"has": "briefing"},
    kpis.BRIEFED.id: {"has": "briefing"},
    kpis.UNDERSTOOD.id: {"has": "briefing"},
    kpis.PITCHED.id: {"has": "pitch"},
    traded.FLOW_PRICE.id: {"has": "remark"},
    **{k.id: {"has": "compliance"} for k in (compliance.TAGS, compliance.LICENCE, compliance.MINORS)},
    **{k.id: {"has": "observation"} for k in (kpis.OBSERVATIONS, kpis.PRICE, kpis.MEDIAN, kpis.INDEX, kpis.STOCK)},
    **{k.id: {"has": "observation"} for k in (kpis.OUT_OF_STOCK, traded.STOCKOUT_DAYS, traded.FACINGS)},
    traded.COMPLIANCE.id: {"has": "observation"},
}
_ORDERED = {
    kpis.SALES.id, kpis.SALES_RATE.id, kpis.AMOUNT.id, kpis.ORDERS.id, kpis.ORDERING.id, traded.REVENUE_PER_BOX.id,
    traded.CARTON_VALUE.id, traded.COMPANY_STOCKOUT.id, traded.FILL_RATE.id, traded.TAKEN_RATE.id, *formulas.SHARES,
}  # fmt: skip
_OF_SHOPS = {kpis.ACTIVE.id, kpis.NEW.id, kpis.CLOSED.id, kpis.TIER_UP.id, kpis.TIER_DOWN.id, kpis.RAISED.id,
             kpis.SETTLED.id, satisfaction.IN_TIME.id, satisfaction.KEPT.id}  # fmt: skip
_VISITED = formulas.OF_ACTS.keys() - _ORDERED - _OF_SHOPS


@cache
def _list_of(kpi_id: str) -> str:
    """Which list a figure opens to, where that list can be narrowed to its subject and segment."""
    if kpi_id in _ORDERED:
        return ORDERS
    return VISITS if kpi_id in _VISITED or kpi_id in BEHIND else SHOPS


def rows_behind(
    kpi: Kpi, unit_id: int, month: date, subject: Subject = ALL, segment: Segment | Crossed = EVERYONE
) -> str:
    """The address of the records that a figure adds up from."""
    return rows_of(unit_id, month, subject, segment)(kpi.id)


def rows_of(unit_id: int, month: date, subject: Subject, segment: Segment | Crossed) -> Callable[[str], str]:
    """The address of the records behind a figure, by its id: for a board with thousands of them. Pure."""
    asked = f"month={month:%Y-%m}"
    narrowed = "" if subject == ALL else f"&subject={subject}"
    narrowed += "" if segment == EVERYONE else f"&segment={segment}"
    orders = f"{ORDERS}?shops_of={unit_id}&{asked}{narrowed}"
    shops = f"{SHOPS}?unit={unit_id}&{asked}{narrowed}"
    whole, visits = subject == ALL, f"{VISITS}?unit={unit_id}&{asked}"
    if not whole:
        visits += f"&product={subject.id}"
    if segment != EVERYONE or subject.kind not in (SubjectKind.ALL, SubjectKind.PRODUCT):
        visits = shops
        whole = False

    def address(kpi_id: str) -> str:
        where = _list_of(kpi_id)
        if where != VISITS:
            return orders if where == ORDERS else shops
        return visits + (_MORE.get(kpi_id, "") if whole else "")

    return address


_MORE = {kpi_id: "".join(f"&{k}={v}" for k, v in more.items()) for kpi_id, more in BEHIND.items()}
