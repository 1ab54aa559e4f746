"""Admin pages of sales targets and allotments; facts have none."""

from __future__ import annotations

from django.contrib import admin

from backend.admin_site import ScopedAdmin
from market.models import Allotment, SalesTarget


@admin.register(SalesTarget)
class SalesTargetAdmin(ScopedAdmin):
    reads, edits, unit_path = "market.read", "market.edit", "unit_id"
    list_display = ("unit", "product", "month", "cartons")
    list_filter = ("month",)
    list_select_related = ("unit", "product")


@admin.register(Allotment)
class AllotmentAdmin(ScopedAdmin):
    reads, edits, unit_path = "market.read", "market.edit", "retailer.county_id"
    list_display = ("retailer", "product", "opens_on", "closes_on", "cartons")
    list_filter = ("opens_on",)
    list_select_related = ("retailer", "product")
    autocomplete_fields = ("retailer",)  # a raw id would tell the name of any shop
    search_fields = ("retailer__code", "product__code")
