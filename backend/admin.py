"""Admin pages of the floor's master data: the tree, people, positions, devices, parameters; the audit to read."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backend import clock, marks, parameters, positions
from backend.admin_site import ReadOnlyAdmin, ScopedAdmin, actor_in
from backend.date_ranges import range_field
from backend.models import AuditEntry, Device, Parameter, Person, Position, Role, Unit
from backend.scope import Actor

admin.site.site_header = admin.site.site_title = _("135 method: master data")
admin.site.index_title = _("master data")


class UnitForm(forms.ModelForm):
    """A unit stands one level below its parent; neither changes later."""

    during = range_field()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        parent, level = cleaned.get("parent"), cleaned.get("level")
        if parent is not None and level is not None and level != parent.level + 1:
            self.add_error("level", _("A unit stands one level below its parent."))
        return cleaned


@admin.register(Unit)
class UnitAdmin(ScopedAdmin):
    """The org tree; a reorganisation closes a unit and names its successor."""

    reads, edits, unit_path = "org.read", "org.edit", "pk"
    form = UnitForm
    list_display = ("code", "name", "level", "parent", "during")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("code", "name", "name_en")
    fields = ("code", "level", "name", "name_en", "parent", "during", "successor")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "level", "parent") if obj else ()


class PersonForm(forms.ModelForm):
    """Who may sign in; an empty password keeps the one that is set."""

    password = forms.CharField(label=_("password"), widget=forms.PasswordInput(render_value=False), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("password", None)  # else an empty one counts as changed, and the history tells so

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password, self.instance)
        return password


class NewPersonForm(PersonForm):
    """A new person starts with a first position, so that somebody answers for the account."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("unit"))
    role = forms.ModelChoiceField(Role.objects.all(), label=_("role"))
    from_date = forms.DateField(label=_("from"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].required = True


@admin.register(Person)
class PersonAdmin(ScopedAdmin):
    """People with a position under the editor's units."""

    reads, edits = "people.read", "people.manage"
    list_display = ("username", "name", "phone", "is_active")
    list_filter = ("is_active",)
    search_fields = ("username", "name")
    fields = ("username", "name", "name_en", "phone", "language", "is_active", "password")

    def editable(self, actor: Actor) -> QuerySet[Any]:
        """Whose every position of today is under the editor's units: who sets a password may act in all of them."""
        held = Position.objects.filter(person_id=OuterRef("pk"), during__contains=clock.today())
        elsewhere = held.exclude(unit__ancestors__overlap=actor.units(self.edits))
        return super().editable(actor).exclude(Exists(elsewhere))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields if obj else (*self.fields, "unit", "role", "from_date")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, **{**kwargs, "form": PersonForm})
        own = [f for f in self.fields if f != "password"]
        form = super().get_form(request, obj, change, **{**kwargs, "form": NewPersonForm, "fields": own})
        mine = actor_in(request).units("people.manage")
        choice: Any = form.base_fields["unit"]
        choice.queryset = Unit.objects.filter(ancestors__overlap=mine)
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            obj.password = Person.objects.values_list("password", flat=True).get(pk=obj.pk)
        if form.cleaned_data["password"]:
            obj.set_password(form.cleaned_data["password"])
        super().save_model(request, obj, form, change)

    def after_save(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            return
        given = form.cleaned_data
        positions.appoint(
            actor=actor_in(request),
            person=obj,
            unit=given["unit"],
            role=given["role"],
            from_date=given["from_date"],
        )


class PositionForm(forms.ModelForm):
    """Who, what, where, from when to when."""

    during = range_field()


@admin.register(Position)
class PositionAdmin(ScopedAdmin):
    """Who holds which role where; ending one takes effect at the next request."""

    reads, edits, unit_path = "people.read", "people.manage", "unit_id"
    form = PositionForm
    list_display = ("person", "role", "unit", "during")
    list_filter = ("role",)
    list_select_related = ("person", "role", "unit")
    search_fields = ("person__name", "person__username", "unit__name")
    fields = ("person", "unit", "role", "during")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("person", "unit", "role") if obj else ()


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    """Phones and when they were last heard; they are ended or reported lost over the API."""

    reads = "people.manage"
    list_display = ("person", "name", "state", "last_used_at", "unsent")
    list_filter = ("state",)
    list_select_related = ("person",)
    search_fields = ("person__name", "person__username", "name")
    fields = (
        "person",
        "device_id",
        "name",
        "state",
        "signed_in_at",
        "last_used_at",
        "expires_at",
        "ended_at",
        "unsent",
    )


@admin.register(Role)
class RoleAdmin(ReadOnlyAdmin):
    """What each post may do."""

    reads = "org.read"
    list_display = ("code", "name", "name_en")


class ParameterForm(forms.ModelForm):
    """A threshold that some app has declared, with a value of its type."""

    during = range_field()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            declared = parameters.declared(cleaned.get("key", ""))
        except parameters.UnknownParameter:
            self.add_error("key", _("No app reads a parameter of this name."))
            return cleaned
        if "value" in cleaned and parameters.fit(declared, json.dumps(cleaned["value"])) is None:
            self.add_error("value", _("The value is not of the parameter's type."))
        return cleaned


@admin.register(Parameter)
class ParameterAdmin(ScopedAdmin):
    """Thresholds: a unit's value counts for everything under it that has none of its own."""

    reads, edits, unit_path = "org.read", "parameters.edit", "unit_id"
    form = ParameterForm
    list_display = ("key", "unit", "value", "during")
    list_select_related = ("unit",)
    search_fields = ("key", "unit__name")
    fields = ("unit", "key", "during", "value")

    def after_save(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        marks.mark(parameters.MARK, [(obj.unit_id, clock.today())])


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """What was done, by whom, and why."""

    reads = "audit.read"
    list_display = ("at", "actor", "act", "object_type", "object_id", "unit")
    list_select_related = ("actor", "unit")
    search_fields = ("act", "object_id")
