"""What the lists of orders, allotments, stock counts and targets may be narrowed by; read by market/api.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from backend.errors import FieldError, Problem
from backend.http.filters import DayFilter, Filters, MonthFilter, TextFilter, UnderFilter, WholeNumberFilter
from market.figures import drill_lists, subjects
from market.models import Allotment, Order, SalesTarget, StockCount


class OrderFilters(Filters):
    """`unit`: stamped with a territory at or under it; `month` 2026-03; `since` and `until` include their day.

    `shops_of`: of the shops that the unit had on the month's last day, as figures count; needs `month`. `subject` and
    `segment` as the boards take them; they need `shops_of`.
    """

    unit = UnderFilter(field_name="territory_id")
    month = MonthFilter()
    shops_of = WholeNumberFilter(method="as_given", label="of shops of the unit on the month's last day")
    subject = TextFilter(method="as_given", label="brand:12, class:2, band:3 or product:88; with shops_of")
    segment = TextFilter(method="as_given", label="market_type:C, business_type:B or tier:12; with shops_of")
    since = DayFilter(field_name="on_date", lookup_expr="gte")
    until = DayFilter(field_name="on_date", lookup_expr="lte")

    class Meta:
        model = Order
        fields = ("retailer", "order_no")

    def as_given(self, rows: QuerySet[Order], name: str, value: Any) -> QuerySet[Order]:
        """Read together by `filter_queryset`."""
        return rows

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().filter_queryset(queryset)
        asked = behind(self.data)
        return rows if asked is None else drill_lists.orders(rows, asked, asked.products())


def behind(given: Mapping[str, Any]) -> drill_lists.Narrowed | None:
    """Which shops and products of a figure are asked for; None without `shops_of`. Problem bad_parameter when the rest
    of what it needs is missing or cannot be understood."""
    names = [name for name in ("shops_of", "subject", "segment") if name in given]
    if not names:
        return None
    if "shops_of" not in given or "month" not in given:
        raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter=names[0])])
    try:
        return drill_lists.Narrowed(
            int(given["shops_of"]),
            MonthFilter().field.clean(given["month"]),
            subjects.subject(given.get("subject", "all")),
            subjects.segments(given.get("segment", "all")),
        )
    except ValueError:
        raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter=names[-1])]) from None


class AllotmentFilters(Filters):
    """`on`: windows open on that day."""

    on = DayFilter(method="open_on")

    class Meta:
        model = Allotment
        fields = ("retailer", "product")

    def open_on(self, rows: QuerySet[Allotment], name: str, value: Any) -> QuerySet[Allotment]:
        return rows.filter(opens_on__lte=value, closes_on__gte=value)


class StockCountFilters(Filters):
    """`unit`: stamped with a territory at or under it; `since` and `until` include their day."""

    unit = UnderFilter(field_name="territory_id")
    since = DayFilter(field_name="on_date", lookup_expr="gte")
    until = DayFilter(field_name="on_date", lookup_expr="lte")

    class Meta:
        model = StockCount
        fields = ("retailer", "product", "source")


class SalesTargetFilters(Filters):
    """`unit`: that unit itself; `under`: it and all below; `month` 2026-03."""

    under = UnderFilter(field_name="unit_id")
    month = MonthFilter()

    class Meta:
        model = SalesTarget
        fields = ("unit", "product")
