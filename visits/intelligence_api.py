"""Market intelligence over HTTP: what was seen of products and heard of the market, one line after the other."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as rest
from rest_framework import serializers

from backend.http.filters import DayFilter, Filters, TextFilter, TrueFalseFilter, UnderFilter
from backend.http.serializers import OutModelSerializer
from backend.http.viewsets import ListActs, ScopedViewSet
from visits.models import Intelligence, Remark
from visits.presence import NOT_COUNTED

SEEN: dict[str, Q] = {  # what may be asked of products that were looked at
    Intelligence.PRODUCT: Q(),
    "price": Q(carton_price_fen__isnull=False) | Q(pack_price_fen__isnull=False),
    "stock": Q(stock_packs__isnull=False),
    "out_of_stock": Q(oos_days__gt=0),
}
KINDS = [*((name, name) for name in SEEN), *Remark.Kind.choices]


class IntelligenceFilters(Filters):
    """`unit` means everything stamped with it or a unit under it."""

    unit = UnderFilter(field_name="territory_id")
    kind = rest.ChoiceFilter(choices=KINDS, method="of_kind", label="product, what was looked at of it, or a remark's")
    since = DayFilter(method="from_day", label="on that day or later")
    until = DayFilter(method="to_day", label="on that day or earlier")
    place = TextFilter(lookup_expr="icontains", label="part of the place")
    campaign = TextFilter(lookup_expr="icontains", label="part of the campaign's name")
    counts = TrueFalseFilter(method="that_count", label="of visits that count in figures, or of the others")

    class Meta:
        model = Intelligence
        fields = ("retailer", "person", "product", "confidence")

    def of_kind(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value in SEEN:
            return rows.filter(SEEN[value], kind=Intelligence.PRODUCT)
        return rows.filter(kind=value)

    def that_count(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        not_counted = Q(presence__in=NOT_COUNTED)
        return rows.filter(~not_counted if value else not_counted)

    def from_day(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows.filter(on_date__gte=value, month__gte=value.replace(day=1))  # only its partitions are read

    def to_day(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows.filter(on_date__lte=value, month__lte=value)


class IntelligenceOut(OutModelSerializer):
    retailer_name = serializers.CharField(source="retailer.name")
    person_name = serializers.CharField(source="person.name")
    product_name = serializers.CharField(source="product.name", allow_null=True, default=None)
    quantity = serializers.IntegerField(allow_null=True, help_text="Cartons.")
    confidence = serializers.IntegerField(allow_null=True, help_text="1 heard of, 2 likely, 3 seen.")

    class Meta:
        model = Intelligence
        fields = ("visit_id", "place_no", "month", "on_date", "started_at", "presence", "retailer", "retailer_name",
                  "person", "person_name", "territory", "county", "kind", "product", "product_name", "policy",
                  "on_shelf", "carton_price_fen", "pack_price_fen", "stock_packs", "facings", "oos_days",
                  "confidence", "text", "counter_proposal", "place", "campaign", "price_fen", "quantity",
                  "is_restricted")  # fmt: skip


class IntelligenceViewSet(ListActs, ScopedViewSet):
    """What visits learnt of the market, newest visit first. What is restricted is for its author and for those who may
    read what is restricted at or above the unit."""

    queryset = Intelligence.objects.select_related("retailer", "person", "product")
    serializer_class = IntelligenceOut
    filterset_class = IntelligenceFilters
    needs = {"list": "visits.read"}
    total_order = ("-started_at", "-visit_id", "month", "place_no")
