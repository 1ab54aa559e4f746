"""Admin pages of the client side's master data, on the floor's scoped base."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from backend import clock
from backend.admin_site import ReadOnlyAdmin, ScopedAdmin
from retail import news
from retail.models import Assignment, Classification, Contact, Need, Promise, Retailer


@admin.register(Retailer)
class RetailerAdmin(ScopedAdmin):
    """The shop's own values; new shops come by import or over the API, with classes and a territory."""

    reads, edits, unit_path = "retail.read", "retail.edit", "county_id"
    acts = frozenset({"change"})
    list_display = ("code", "name", "holder", "licence_no", "licence_valid_until", "county")
    list_filter = ("county", "order_weekday")
    list_select_related = ("county",)
    search_fields = ("code", "name", "holder", "licence_no")
    readonly_fields = ("county",)

    def after_save(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        news.tell_changed([obj.pk], clock.today())


@admin.register(Contact)
class ContactAdmin(ScopedAdmin):
    reads, edits, unit_path = "retail.read", "retail.edit", "retailer.county_id"
    list_display = ("name", "retailer", "phone", "relation", "is_primary")
    fields = ("retailer", "name", "phone", "relation", "is_primary")
    list_select_related = ("retailer",)
    search_fields = ("name", "phone", "retailer__name", "retailer__code")
    autocomplete_fields = ("retailer",)

    def after_save(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        news.tell_changed([obj.retailer_id], clock.today())


class OfShopAdmin(ReadOnlyAdmin):
    """Written by verbs only: closing one row and opening the next is no form."""

    reads = "retail.read"
    list_select_related: ClassVar[tuple[str, ...]] = ("retailer",)
    search_fields = ("retailer__name", "retailer__code")


@admin.register(Classification)
class ClassificationAdmin(OfShopAdmin):
    list_display = ("retailer", "during", "state", "business_type", "market_type", "scale", "tier", "visit_class")
    list_filter = ("state", "business_type", "market_type", "visit_class")


@admin.register(Assignment)
class AssignmentAdmin(OfShopAdmin):
    list_display = ("retailer", "territory", "during")
    list_select_related = ("retailer", "territory")


@admin.register(Need)
class NeedAdmin(OfShopAdmin):
    list_display = ("retailer", "kind", "text", "raised_on", "due_on", "closed_on")
    list_filter = ("kind",)


@admin.register(Promise)
class PromiseAdmin(OfShopAdmin):
    list_display = ("retailer", "text", "promised_on", "due_on", "state")
    list_filter = ("state",)
