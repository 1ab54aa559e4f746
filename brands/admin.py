"""Admin pages of the brand side's master data, on the floor's scoped base."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from backend import clock
from backend.admin_site import ReadOnlyAdmin, ScopedAdmin
from backend.date_ranges import range_field
from brands import catalogue, key_products
from brands.models import Brand, KeyProduct, PriceClassBand, Product


@admin.register(Brand)
class BrandAdmin(ScopedAdmin):
    reads, edits = "brands.read", "brands.edit"
    list_display = ("name", "name_en", "maker", "is_home")
    search_fields = ("name", "name_en")

    def after_save(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        catalogue.changed()


@admin.register(Product)
class ProductAdmin(ScopedAdmin):
    reads, edits = "brands.read", "brands.edit"
    list_display = ("code", "name", "brand", "guide_carton_fen", "wholesale_fen", "on_sale")
    list_filter = ("on_sale",)
    list_select_related = ("brand",)
    search_fields = ("code", "name", "carton_code", "pack_code")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """As all saves; what the product cost until today is kept first."""
        if change:
            catalogue.keep_prices(obj)
        super().save_model(request, obj, form, change)

    def after_save(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        catalogue.changed()


@admin.register(PriceClassBand)
class PriceClassBandAdmin(ReadOnlyAdmin):
    """National bands; a new rule arrives as a data migration with its source."""

    reads = "brands.read"
    list_display = ("price_class", "transfer_fen", "during")


class KeyProductForm(forms.ModelForm):
    during = range_field()


@admin.register(KeyProduct)
class KeyProductAdmin(ScopedAdmin):
    reads, edits, unit_path = "brands.read", "brands.edit", "unit_id"
    form = KeyProductForm
    list_display = ("product", "unit", "during", "is_launch")
    list_filter = ("is_launch",)
    list_select_related = ("product", "unit")
    autocomplete_fields = ("product",)
    search_fields = ("product__name", "unit__name")
    fields = ("unit", "product", "during", "is_launch")

    def after_save(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        key_products.changed(obj.unit_id, obj.during.lower or clock.today())
