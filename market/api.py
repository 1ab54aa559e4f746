"""Orders, allotments, stock counts and sales targets over HTTP: reads within scope; written by loads and admin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.http import etags
from backend.http.serializers import OutModelSerializer, OutSerializer
from backend.http.viewsets import ListActs, ReadActs, ScopedViewSet
from market import filters
from market.figures import drill_lists
from market.models import Allotment, Order, OrderLine, SalesTarget, StockCount


class OrderLineOut(OutSerializer):
    product = serializers.IntegerField(source="product_id")
    demanded_cartons = serializers.IntegerField(allow_null=True)
    allotted_cartons = serializers.IntegerField(allow_null=True)
    ordered_cartons = serializers.IntegerField()
    amount_fen = serializers.IntegerField()


class OrderOut(OutModelSerializer):
    retailer = serializers.UUIDField(source="retailer_id")
    territory = serializers.IntegerField(source="territory_id", allow_null=True)
    county = serializers.IntegerField(source="county_id")
    lines = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = ("id", "order_no", "retailer", "territory", "county", "on_date", "cartons", "amount_fen", "lines")

    def get_lines(self, order: Order) -> list[dict[str, Any]]:
        lines: dict[Any, list[OrderLine]] = self.context.get("lines", {})
        return OrderLineOut(lines.get(order.pk, []), many=True).data  # type: ignore[return-value]


class OrderViewSet(ListActs, ReadActs, ScopedViewSet):
    """Orders with their lines, newest first. Two queries a page beyond the log-in.

    With `shops_of` and `month` the orders that the unit's figures of the month count, of a `subject` and `segment` (the
    lines too): the page also tells what of it moved with shops that the reader may open no more.
    """

    queryset = Order.objects.all()
    serializer_class = OrderOut
    filterset_class = filters.OrderFilters
    total_order = ("-on_date", "-id")
    needs = {"list": "market.read", "retrieve": "market.read"}

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        behind = filters.behind(request.query_params)
        products = None if behind is None else behind.products()
        answer = self.get_paginated_response(self._out(page, products))
        if behind is not None:
            answer.data["moved_with_shop"] = drill_lists.moved_orders(self.actor, behind, products)
        return answer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        order = self.get_object()
        return etags.told(request, order, self._out([order])[0])

    def _out(self, orders: Sequence[Order], products: Sequence[int] | None = None) -> Any:
        found: dict[Any, list[OrderLine]] = {}
        lines: QuerySet[OrderLine] = OrderLine.objects.filter(
            month__in={o.month for o in orders}, order_id__in=[o.pk for o in orders]
        )
        if products is not None:
            lines = lines.filter(product_id__in=products)
        for line in lines.order_by("product_id"):
            found.setdefault(line.order_id, []).append(line)
        context = {**self.get_serializer_context(), "lines": found}
        return OrderOut(orders, many=True, context=context).data


class AllotmentOut(OutModelSerializer):
    class Meta:
        model = Allotment
        fields = ("id", "retailer", "product", "opens_on", "closes_on", "cartons")


class AllotmentViewSet(ListActs, ReadActs, ScopedViewSet):
    """How much of a product each shop may order, newest window first."""

    queryset = Allotment.objects.all()
    serializer_class = AllotmentOut
    filterset_class = filters.AllotmentFilters
    total_order = ("-opens_on", "-id")
    lookup_value_converter = "int"
    needs = {"list": "market.read", "retrieve": "market.read"}


class StockCountOut(OutModelSerializer):
    class Meta:
        model = StockCount
        fields = ("id", "retailer", "product", "territory", "county", "on_date", "packs", "source")


class StockCountViewSet(ListActs, ReadActs, ScopedViewSet):
    """Packs counted in shops, newest first."""

    queryset = StockCount.objects.all()
    serializer_class = StockCountOut
    filterset_class = filters.StockCountFilters
    total_order = ("-on_date", "-id")
    needs = {"list": "market.read", "retrieve": "market.read"}


class SalesTargetOut(OutModelSerializer):
    class Meta:
        model = SalesTarget
        fields = ("id", "unit", "product", "month", "cartons")


class SalesTargetViewSet(ListActs, ReadActs, ScopedViewSet):
    """Cartons that units should sell in a month, of one product or (null) of all."""

    queryset = SalesTarget.objects.all()
    serializer_class = SalesTargetOut
    filterset_class = filters.SalesTargetFilters
    total_order = ("-month", "-id")
    lookup_value_converter = "int"
    needs = {"list": "market.read", "retrieve": "market.read"}
