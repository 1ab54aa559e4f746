"""Order windows over HTTP; the verbs are in windows.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.errors import Problem
from backend.http.serializers import OutModelSerializer, OutSerializer, StrictModelSerializer, StrictSerializer
from backend.http.views import ScopedView
from backend.http.viewsets import CreateActs, EditActs, ListActs, ReadActs, RemoveActs, ScopedViewSet
from backend.scope import visible_to
from market.models import OrderWindow
from market.orders import windows
from retail.models import Retailer

_FIELDS = ("order_weekday", "opens_weekday", "opens_at", "closes_weekday", "closes_at")
_DAY: dict[str, Any] = {"min_value": 1, "max_value": 7}


class WindowIn(StrictModelSerializer):
    class Meta:
        model = OrderWindow
        fields = ("unit", *_FIELDS)
        extra_kwargs = dict.fromkeys(("order_weekday", "opens_weekday", "closes_weekday"), _DAY)
        validators: list[Any] = []


class WindowEditIn(StrictModelSerializer):
    class Meta:
        model = OrderWindow
        fields = _FIELDS[1:]
        extra_kwargs = dict.fromkeys(("opens_weekday", "closes_weekday"), _DAY)


class WindowOut(OutModelSerializer):
    class Meta:
        model = OrderWindow
        fields = ("id", "unit", *_FIELDS, "version")


class OrderWindowViewSet(ListActs, ReadActs, CreateActs, EditActs, RemoveActs, ScopedViewSet):
    """When shops may order, by unit and order weekday; those of the units above count too."""

    queryset = OrderWindow.objects.all()
    serializer_class = WindowOut
    filterset_fields = ["unit", "order_weekday"]
    in_serializers = {"create": WindowIn, "partial_update": WindowEditIn}
    needs = {
        "list": "market.read",
        "retrieve": "market.read",
        "create": windows.EDIT,
        "partial_update": windows.EDIT,
        "destroy": windows.EDIT,
    }
    problem_codes = ("conflict",)
    total_order = ("unit_id", "order_weekday", "id")
    lookup_value_converter = "int"

    def make(self, data: dict[str, Any]) -> OrderWindow:
        return windows.add(actor=self.actor, values=data)

    def change(self, row: OrderWindow, data: dict[str, Any]) -> OrderWindow:
        return windows.change(actor=self.actor, window=row, values=data)

    def remove(self, row: OrderWindow) -> None:
        windows.remove(actor=self.actor, window=row)


class ShopQuery(StrictSerializer):
    retailer = serializers.UUIDField()


class NextOut(OutSerializer):
    order_on = serializers.DateField()
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()


class ShopWindowOut(OutSerializer):
    retailer = serializers.UUIDField()
    order_weekday = serializers.IntegerField(allow_null=True)
    window = WindowOut(allow_null=True)
    next = NextOut(allow_null=True, help_text="The window that is open, or else the next one.")


class ShopWindow(ScopedView):
    """When one shop may order."""

    needs = {"get": "market.read"}
    queries = {"get": ShopQuery}
    answers = {"get": ShopWindowOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        """By its order weekday, at the nearest unit above it that has a window for that day."""
        shop = visible_to(Retailer.objects.filter(pk=self.asked["retailer"]), self.actor).first()
        if shop is None:
            raise Problem("not_found")
        window, following = windows.of_shop(shop, clock.now()) or (None, None)
        told = {"retailer": shop.pk, "order_weekday": shop.order_weekday, "window": window, "next": following}
        return Response(ShopWindowOut(told).data)
