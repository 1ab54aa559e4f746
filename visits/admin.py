"""Admin pages of display templates and policies, on the floor's scoped base. Facts have none."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backend import clock, marks
from backend.admin_site import ScopedAdmin
from backend.date_ranges import range_field
from visits import policies, scoring, templates
from visits.models import DisplayTemplate, Policy, PolicyVersion, TemplateVersion
from visits.policy_desk import PolicyVersionAdmin


class ToldToPhones(ScopedAdmin):
    """What is saved here phones hold a copy of: the unit whose it is is marked."""

    mark = ""

    def after_save(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        unit = self.unit_of(obj)
        if unit is not None:
            marks.mark(self.mark, [(unit, clock.today())])


@admin.register(DisplayTemplate)
class DisplayTemplateAdmin(ToldToPhones):
    mark = templates.MARK
    reads, edits, unit_path = "policies.read", "policies.edit", "unit_id"
    list_display = ("code", "name", "unit")
    list_select_related = ("unit",)
    search_fields = ("code", "name")


class TemplateVersionForm(forms.ModelForm):
    during = range_field()

    def clean_items(self) -> Any:
        items = self.cleaned_data["items"]
        if faults := scoring.faults(items):
            raise forms.ValidationError(_("These items cannot be scored: %(places)s"), params={"places": faults})
        return items


@admin.register(TemplateVersion)
class TemplateVersionAdmin(ToldToPhones):
    """A version is added; the next one ends it. Its items never change, because scores were given by them."""

    mark = templates.MARK

    reads, edits, unit_path = "policies.read", "policies.edit", "template.unit_id"
    form = TemplateVersionForm
    list_display = ("template", "number", "during")
    list_filter = ("template",)
    list_select_related = ("template",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = ("template", "number", "items", "terminal_types", "market_types", "tier_from", "tier_to")
        return fixed if obj is not None else ()


@admin.register(Policy)
class PolicyAdmin(ToldToPhones):
    """A policy, or a new product when it names one; what it says comes in versions."""

    mark = policies.MARK
    reads, edits, unit_path = "policies.read", "policies.edit", "unit_id"
    list_display = ("code", "title", "unit")
    list_select_related = ("unit",)
    search_fields = ("code", "title")
    fields = ("unit", "code", "title", "title_en", "product")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.kind = Policy.Kind.PRODUCT if obj.product_id else Policy.Kind.POLICY
        super().save_model(request, obj, form, change)


admin.site.register(PolicyVersion, PolicyVersionAdmin)
