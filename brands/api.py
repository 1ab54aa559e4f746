"""Brands, products, price classes and key products over HTTP; the verbs are in catalogue.py and key_products.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.http.serializers import (
    DayField,
    OutModelSerializer,
    OutSerializer,
    StrictBooleanField,
    StrictModelSerializer,
    StrictSerializer,
    VisibleField,
)
from backend.http.viewsets import CreateActs, EditActs, ListActs, ReadActs, ScopedViewSet
from backend.models import Unit
from brands import catalogue, filters, key_products, queries
from brands.models import Brand, KeyProduct, PriceClassBand, Product


class BrandOut(OutModelSerializer):
    class Meta:
        model = Brand
        fields = ("id", "name", "name_en", "maker", "is_home", "version")


class BrandIn(StrictModelSerializer):
    class Meta:
        model = Brand
        fields = ("name", "name_en", "maker", "is_home")


class ProductOut(OutModelSerializer):
    brand_name = serializers.CharField(source="brand.name")
    price_class = serializers.IntegerField(allow_null=True, help_text="1-5, on `as_of`; null where unknown.")

    class Meta:
        model = Product
        fields = ("id", "code", "name", "brand", "brand_name", "carton_code", "pack_code", "packs_per_carton", "blend",
                  "tar_mg", "guide_pack_fen", "guide_carton_fen", "wholesale_fen", "transfer_fen", "price_class",
                  "on_sale", "version")  # fmt: skip


class ProductIn(StrictModelSerializer):
    class Meta:
        model = Product
        fields = ("code", "name", "brand", "carton_code", "pack_code", "packs_per_carton", "blend", "tar_mg",
                  "guide_pack_fen", "guide_carton_fen", "wholesale_fen", "transfer_fen", "on_sale")  # fmt: skip


class PriceOut(OutSerializer):
    """What a product cost from a day to before another, fen per carton; null where nobody knows."""

    from_date = serializers.DateField(allow_null=True, help_text="Null: as long as the product is known.")
    to_date = serializers.DateField(allow_null=True, help_text="Null: the prices of today.")
    guide_fen = serializers.IntegerField(allow_null=True)
    wholesale_fen = serializers.IntegerField(allow_null=True)
    transfer_fen = serializers.IntegerField(allow_null=True)


class PricesOut(OutSerializer):
    results = PriceOut(many=True)


class PriceClassOut(OutModelSerializer):
    from_fen = serializers.IntegerField(source="transfer_fen.lower")
    below_fen = serializers.IntegerField(source="transfer_fen.upper", allow_null=True)
    from_date = serializers.DateField(source="during.lower")
    to_date = serializers.DateField(source="during.upper", allow_null=True)

    class Meta:
        model = PriceClassBand
        fields = ("id", "price_class", "from_fen", "below_fen", "from_date", "to_date")


class KeyProductOut(OutModelSerializer):
    unit_name = serializers.CharField(source="unit.name")
    product_name = serializers.CharField(source="product.name")
    from_date = serializers.DateField(source="during.lower")
    to_date = serializers.DateField(source="during.upper", allow_null=True)

    class Meta:
        model = KeyProduct
        fields = ("id", "unit", "unit_name", "product", "product_name", "from_date", "to_date", "is_launch", "version")


class KeyProductIn(StrictSerializer):
    unit = VisibleField(queryset=Unit.objects.all())
    product = VisibleField(queryset=Product.objects.all())
    from_date = DayField()
    to_date = DayField(required=False, allow_null=True, help_text="The first day on which it is no longer key.")
    is_launch = StrictBooleanField(required=False)


class EndIn(StrictSerializer):
    on = DayField(help_text="The first day on which it is no longer key.")
    reason = serializers.CharField(max_length=500)


class BrandViewSet(ListActs, ReadActs, CreateActs, EditActs, ScopedViewSet):
    """Brands and their makers."""

    queryset = Brand.objects.all()
    serializer_class = BrandOut
    filterset_class = filters.BrandFilters
    in_serializers = {"create": BrandIn, "partial_update": BrandIn}
    needs = {
        "list": "brands.read",
        "retrieve": "brands.read",
        "create": "brands.edit",
        "partial_update": "brands.edit",
    }
    total_order = ("name",)
    lookup_value_converter = "int"

    def make(self, data: dict[str, Any]) -> Brand:
        return catalogue.add_brand(actor=self.actor, values=data)

    def change(self, row: Brand, data: dict[str, Any]) -> Brand:
        return catalogue.edit_brand(actor=self.actor, brand=row, values=data)


class ProductViewSet(ListActs, ReadActs, CreateActs, EditActs, ScopedViewSet):
    """Products with their price class of a day."""

    queryset = Product.objects.select_related("brand")
    serializer_class = ProductOut
    filterset_class = filters.ProductFilters
    in_serializers = {"create": ProductIn, "partial_update": ProductIn}
    needs = {**BrandViewSet.needs, "prices": "brands.read"}
    answers = {"prices": PricesOut}
    total_order = ("code",)
    lookup_value_converter = "int"

    def out(self, row: Product) -> Any:
        """With the price class of today, which only the database can tell."""
        return super().out(queries.products_on(clock.today()).get(pk=row.pk))

    def make(self, data: dict[str, Any]) -> Product:
        return catalogue.add_product(actor=self.actor, values=data)

    def change(self, row: Product, data: dict[str, Any]) -> Product:
        return catalogue.edit_product(actor=self.actor, product=row, values=data)

    @action(detail=True, methods=["get"])
    def prices(self, request: Request, pk: Any = None) -> Response:
        """What the product has cost, oldest first; the last entry holds today."""
        return Response(PricesOut({"results": queries.prices(self.get_object())}).data)


class PriceClassViewSet(ListActs, ScopedViewSet):
    """The bands of the untaxed transfer price per carton that make a price class, from-to."""

    queryset = PriceClassBand.objects.all()
    serializer_class = PriceClassOut
    filterset_class = filters.PriceClassFilters
    needs = {"list": "brands.read"}
    total_order = ("price_class", "id")


class KeyProductViewSet(ListActs, ReadActs, CreateActs, ScopedViewSet):
    """Which products a unit (and everything under it) has put on its key list, from-to."""

    queryset = KeyProduct.objects.select_related("unit", "product")
    serializer_class = KeyProductOut
    filterset_class = filters.KeyProductFilters
    in_serializers = {"create": KeyProductIn, "end": EndIn}
    needs = {"list": "brands.read", "retrieve": "brands.read", "create": "brands.edit", "end": "brands.edit"}
    total_order = ("unit_id", "product_id", "id")
    lookup_value_converter = "int"

    def make(self, data: dict[str, Any]) -> KeyProduct:
        return key_products.put_on_list(actor=self.actor, listing=key_products.Listing(**data))

    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: Any = None) -> Response:
        """Take the product off the list from a day on; the days before keep it."""
        row = key_products.take_off(actor=self.actor, key_product=self.get_object(), **self.body())
        return self.told(row)
