"""Advice sheets over HTTP: figures of the shop, its manager's sentence, which sheets are alike; verbs in advice.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.http.filters import Filters, MonthFilter, TrueFalseFilter, UnderFilter
from backend.http.serializers import OutModelSerializer, OutSerializer, StrictSerializer, WholeNumberField
from backend.http.viewsets import EditActs, ListActs, ReadActs, ScopedViewSet
from backend.models import Level, Unit
from backend.reach import unit_for
from backend.scope import Actor, units_under
from cycles import advice, gate
from cycles.advice_alike import Alike, alike
from cycles.models import AdviceSheet
from cycles.shapes import ShopOut
from market.boards.shapes import MonthField

READ = "cycles.read"
MAX_SHOPS = 500


class AdviceEarnerOut(OutSerializer):
    product_id = serializers.IntegerField()
    product = serializers.CharField()
    cartons = serializers.IntegerField()
    margin_fen = serializers.IntegerField()


class AdviceFiguresOut(OutSerializer):
    """Of the shop itself; null where there is nothing to count from."""

    cartons = serializers.IntegerField(help_text="Ordered in the month so far.")
    cartons_before = serializers.IntegerField(help_text="Ordered in the whole month before.")
    amount_fen = serializers.IntegerField()
    carton_price_fen = serializers.IntegerField(allow_null=True, help_text="Wholesale amount per carton.")
    margin_fen = serializers.IntegerField(allow_null=True, help_text="By the price last seen in the shop.")
    margin_percent = serializers.FloatField(allow_null=True)
    margin_cartons = serializers.IntegerField(help_text="Cartons of products whose price was seen.")
    earners = AdviceEarnerOut(many=True, help_text="The three products that earned most.")
    stock_packs = serializers.IntegerField(allow_null=True)
    stock_days = serializers.FloatField(allow_null=True, help_text="Stock over last month's sales a day.")


class AdviceSheetOut(OutModelSerializer):
    month = MonthField()
    retailer = ShopOut()
    person_name = serializers.CharField(source="person.name")
    figures = AdviceFiguresOut()

    class Meta:
        model = AdviceSheet
        fields = ("id", "month", "retailer", "territory", "person", "person_name", "figures", "words", "written_at",
                  "version")  # fmt: skip


class AdviceSheetIn(StrictSerializer):
    words = serializers.CharField(max_length=advice.WORDS_MAX, allow_blank=True)


class AdvicePrepareIn(StrictSerializer):
    month = MonthField()
    territory = WholeNumberField(min_value=1)
    retailers = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=MAX_SHOPS,
        required=False,
        help_text="Default: the shops with a finding in the month.",
    )


class AdvicePreparedOut(OutSerializer):
    drafted = serializers.IntegerField(help_text="Sheets that were written or brought up to date.")


class AlikeQuery(serializers.Serializer[Any]):
    unit = serializers.IntegerField(required=False, min_value=-(2**63), max_value=2**63 - 1)
    month = MonthField(required=False)


class AdviceAlikeOut(OutSerializer):
    territory = serializers.IntegerField(source="territory_id")
    count = serializers.SerializerMethodField()
    since = serializers.DateTimeField(help_text="When the first two became alike.")
    told_to_all = serializers.BooleanField(help_text="False: so far you alone are told.")
    sheets = serializers.ListField(child=serializers.UUIDField())

    def get_count(self, row: Alike) -> int:
        return len(row.sheets)


class AdviceAlikesOut(OutSerializer):
    results = AdviceAlikeOut(many=True)


class AdviceSheetFilters(Filters):
    """`unit`: territories at or under it; `written`: whether it carries words."""

    month = MonthFilter()
    unit = UnderFilter(field_name="territory_id")
    written = TrueFalseFilter(method="with_words")

    class Meta:
        model = AdviceSheet
        fields = ("territory", "retailer", "person")

    def with_words(self, rows: Any, name: str, value: bool) -> Any:
        return rows.exclude(words="") if value else rows.filter(words="")


class AdviceSheetViewSet(ListActs, ReadActs, EditActs, ScopedViewSet):
    """Advice sheets of the shops that I read, newest month first."""

    queryset = AdviceSheet.objects.select_related("retailer", "person")
    serializer_class = AdviceSheetOut
    filterset_class = AdviceSheetFilters
    total_order = ("-month", "id")
    needs = {
        "list": READ,
        "retrieve": READ,
        "partial_update": gate.CAPABILITY,
        "prepare": gate.CAPABILITY,
        "alike": READ,
    }
    in_serializers = {"partial_update": AdviceSheetIn, "prepare": AdvicePrepareIn}
    queries = {"alike": AlikeQuery}
    answers = {"prepare": AdvicePreparedOut, "alike": AdviceAlikesOut}
    problem_codes = ("month_locked", "not_found")

    def change(self, row: AdviceSheet, data: dict[str, Any]) -> AdviceSheet:
        return advice.write(actor=self.actor, sheet=row, **data) if data else row

    @action(detail=False, methods=["post"])
    def prepare(self, request: Request) -> Response:
        """Draft the sheets of a territory's month, or of some of its shops. Sheets with words stay as they are."""
        return Response({"drafted": advice.prepare(actor=self.actor, **self.body())})

    @action(detail=False, methods=["get"])
    def alike(self, request: Request) -> Response:
        """Sheets that say nearly the same, by territory. Their author is told first, others two working days later."""
        unit = unit_for(self.actor, READ, self.asked.get("unit"))
        month = self.asked.get("month") or clock.month_of(clock.today())
        below = Unit.objects.filter(pk__in=units_under([unit.pk]), level=Level.TERRITORY).order_by("pk")
        found = alike(month, list(below.values_list("pk", flat=True)))
        told = [one for one in found if _is_told(self.actor, one)]
        return Response({"results": AdviceAlikeOut(told, many=True).data})


def _is_told(actor: Actor, one: Alike) -> bool:
    own = actor.units(gate.CAPABILITY, levels=[Level.TERRITORY])
    return one.told_to_all or one.territory_id in own
