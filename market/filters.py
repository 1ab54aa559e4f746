"""What the lists of orders, allotments, stock counts and targets may be narrowed by; read by market/api.py."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from backend.http.filters import DayFilter, Filters, MonthFilter, UnderFilter
from market.models import Allotment, Order, SalesTarget, StockCount


class OrderFilters(Filters):
    """`unit`: stamped with a territory at or under it; `month` 2026-03; `since` and `until` include their day."""

    unit = UnderFilter(field_name="territory_id")
    month = MonthFilter()
    since = DayFilter(field_name="on_date", lookup_expr="gte")
    until = DayFilter(field_name="on_date", lookup_expr="lte")

    class Meta:
        model = Order
        fields = ("retailer", "order_no")


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
