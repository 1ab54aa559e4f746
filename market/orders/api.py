"""Orders over HTTP with the push of the company's ordering system; the verb is in order_push.py."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from backend.http.jsonbody import read_body
from backend.http.serializers import OutSerializer, StrictSerializer
from backend.imports import reasons
from backend.imports.cells import LONGEST_CELL
from market.api import OrderViewSet
from market.orders.order_push import MOST_LINES, Refusal, push


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": True})
class CellField(serializers.Field[Any, Any, Any, Any]):
    """What may stand in a cell: text or a whole number; what it means is judged line by line."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, str | int) or len(str(data)) > LONGEST_CELL:
            raise ValidationError("invalid", code="invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class PushedLineIn(StrictSerializer):
    product_code = CellField(required=False, allow_null=True)
    demanded_cartons = CellField(required=False, allow_null=True)
    allotted_cartons = CellField(required=False, allow_null=True)
    ordered_cartons = CellField(required=False, allow_null=True)
    amount_fen = CellField(required=False, allow_null=True)


class PushedOrderIn(StrictSerializer):
    order_no = serializers.CharField(max_length=LONGEST_CELL)
    retailer_code = CellField(required=False, allow_null=True)
    on_date = CellField(required=False, allow_null=True)
    lines = PushedLineIn(many=True, allow_empty=False)


class PushIn(StrictSerializer):
    orders = serializers.ListField(child=PushedOrderIn(), min_length=1, max_length=MOST_LINES)


class RefusalOut(OutSerializer):
    order = serializers.IntegerField(help_text="Which order of the push, from 0.")
    line = serializers.IntegerField(help_text="Which line of it, from 0.")
    column = serializers.CharField(source="reject.column")
    severity = serializers.CharField(source="reject.severity", help_text="A warning was kept.")
    code = serializers.CharField(source="reject.code")
    reason = serializers.SerializerMethodField()
    reason_en = serializers.SerializerMethodField()
    value = serializers.CharField(source="reject.value")

    def get_reason(self, refusal: Refusal) -> str:
        return reasons.text(refusal.reject.code)[0]

    def get_reason_en(self, refusal: Refusal) -> str:
        return reasons.text(refusal.reject.code)[1]


class PushedOut(OutSerializer):
    import_id = serializers.UUIDField(source="run.pk", help_text="The push in the history of imports.")
    rows = serializers.IntegerField(source="run.rows")
    good = serializers.IntegerField(source="run.good")
    bad = serializers.IntegerField(source="run.bad")
    created = serializers.IntegerField(source="run.created")
    changed = serializers.IntegerField(source="run.changed")
    unchanged = serializers.IntegerField(source="run.unchanged")
    removed = serializers.IntegerField(source="run.removed")
    refusals = RefusalOut(many=True)


class PushedOrderViewSet(OrderViewSet):
    """Orders with their lines, newest first; POST: what the ordering system says of orders."""

    in_serializers = {"create": PushIn}
    answers = {"create": PushedOut}
    needs = {**OrderViewSet.needs, "create": "imports.run"}
    problem_codes = ("too_many_items",)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Each order is as given, with these lines and no others; a line that may not be is refused by itself."""
        said = read_body(request._request)
        pushed = push(actor=self.actor, orders=self.body()["orders"], said=said)
        headers = {"Location": f"/api/v1/imports/{pushed.run.pk}"}
        return Response(PushedOut(pushed).data, status=201, headers=headers)
