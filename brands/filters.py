"""What lists of brands, products and key products can be narrowed by; used by api.py."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from backend import clock
from backend.http.filters import DayFilter, Filters, TextFilter, TrueFalseFilter, WholeNumberFilter
from backend.models import Unit
from backend.scope import visible_to
from brands import queries
from brands.models import Brand, KeyProduct, PriceClassBand, Product


class BrandFilters(Filters):
    q = TextFilter(field_name="name", lookup_expr="icontains", label="part of the name")

    class Meta:
        model = Brand
        fields = ["is_home"]


class ProductFilters(Filters):
    """`as_of` says on which day price class and key lists are read; default today."""

    as_of = DayFilter(method="keep")
    q = TextFilter(method="named", label="part of the name, or the beginning of a code")
    price_class = WholeNumberFilter(field_name="price_class", min_value=1, max_value=5)
    has_price_class = TrueFalseFilter(field_name="price_class", lookup_expr="isnull", exclude=True)
    key_in = WholeNumberFilter(method="key", label="unit on whose key list, or that of a unit above it, it stands")

    class Meta:
        model = Product
        fields = ["brand", "code", "blend", "on_sale", "brand__is_home"]

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        self.on = self.form.cleaned_data.get("as_of") or clock.today()
        return super().filter_queryset(queries.products_on(self.on, queryset))

    def keep(self, queryset: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return queryset

    def named(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        codes = Q(code__istartswith=value) | Q(carton_code__startswith=value) | Q(pack_code__startswith=value)
        return queryset.filter(Q(name__icontains=value) | codes)

    def key(self, queryset: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        seen = visible_to(Unit.objects.filter(pk=value), self.request.actor)
        return queries.key_in(queryset, seen, self.on)


class PriceClassFilters(Filters):
    as_of = DayFilter(field_name="during", lookup_expr="contains")

    class Meta:
        model = PriceClassBand
        fields = ["price_class"]


class KeyProductFilters(Filters):
    as_of = DayFilter(field_name="during", lookup_expr="contains")

    class Meta:
        model = KeyProduct
        fields = ["unit", "product", "is_launch"]
