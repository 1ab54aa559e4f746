"""The base of every admin page: rows, choices and filters narrowed by scope, saves audited; each admin.py uses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import AdminSite, RelatedFieldListFilter
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import ForeignKey, JSONField, ManyToManyField, Model, QuerySet
from django.forms import Form, ModelChoiceField, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import strip_tags
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from backend import admin_rights, audit, clock, date_ranges
from backend.admin_fields import SearchedSelect, StrictJson
from backend.admin_rights import Rights, admin_actor
from backend.constraints import violated
from backend.errors import Problem
from backend.once import Done, once
from backend.scope import Actor, visible_to


def actor_in(request: HttpRequest) -> Actor:
    """Who works at this admin page, with today's positions."""
    return admin_actor(request.user)  # type: ignore[arg-type]


_SAID = "_desk_said"


class _Faulty(Exception):
    """The form was not written: its page comes again."""


class ScopedRelatedFilter(RelatedFieldListFilter):
    """A side filter that offers only what its reader may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        choices = visible_to(field.remote_field.model._default_manager.all(), actor_in(request))
        return [(row.pk, str(row)) for row in choices.order_by(*self.field_admin_ordering(field, request, model_admin))]


class ScopedAdmin(admin.ModelAdmin):
    """Pages of one model. `reads` and `edits` name capabilities; an object out of scope is absent; nothing is deleted.

    A save bumps `version`, is audited with before and after, and is undone when it leaves the editor's own scope.
    """

    reads: ClassVar[str]
    edits: ClassVar[str] = ""
    acts: ClassVar[frozenset[str]] = frozenset({"add", "change"})
    unit_path: ClassVar[str] = ""  # attribute path to the unit in whose audit a save shows, e.g. "retailer.county_id"
    in_words: ClassVar[dict[str, str]] = {"during": "in_force"}  # field -> display that readers get in its place
    formfield_overrides: ClassVar[dict[Any, Any]] = {JSONField: {"decoder": StrictJson}}
    show_full_result_count = False
    list_per_page = 50

    def __init__(self, model: type[Model], admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        admin_rights.open_page(model._meta.label_lower, Rights(self.reads, self.edits, self.acts))

    # -- what is shown ------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible_to(super().get_queryset(request), actor_in(request))

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [self.in_words.get(str(name), name) for name in super().get_list_display(request)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """As declared; what is only read stands in words."""
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        words = self.in_words
        return [
            (name, {**part, "fields": [words.get(str(one), one) for one in part["fields"]]}) for name, part in found
        ]

    @admin.display(description=_("in force"), ordering="during")
    def in_force(self, row: Any) -> str:
        return date_ranges.told(row.during)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """By the filters that the page shows. Django would take any column of the model: a password's hash could be
        asked for letter by letter, as could a phone's token."""
        shown = {item for item in (*self.list_filter, self.date_hierarchy) if isinstance(item, str)}
        return lookup.split("__")[0] in shown and super().lookup_allowed(lookup, value, request)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [self._scoped_filter(item) for item in super().get_list_filter(request)]

    def _scoped_filter(self, item: Any) -> Any:
        if isinstance(item, str) and "__" not in item and self.model._meta.get_field(item).is_relation:
            return (item, ScopedRelatedFilter)
        return item

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        kwargs.setdefault("queryset", self._choices(db_field.remote_field.model, request))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SearchedSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        kwargs.setdefault("queryset", self._choices(db_field.remote_field.model, request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _choices(self, model: type[Model], request: HttpRequest) -> QuerySet[Any]:
        return visible_to(model._default_manager.all(), actor_in(request))

    # -- what may be changed ------------------------------------------------------------------------------------------

    def editable(self, actor: Actor) -> QuerySet[Any]:
        """Rows that the actor may change: the model's scope with the editing capability, never units above."""
        declared: Any = self.model.SCOPE
        if is_dataclass(declared) and not isinstance(declared, type):
            names = {f.name for f in fields(declared)}
            wanted = {"capability": self.edits, "and_above": False}
            declared = replace(declared, **{k: v for k, v in wanted.items() if k in names})
        where = declared.where(actor, clock.today())
        rows = self.model._default_manager.all()
        return rows.filter(where) if where else rows

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or self.editable(actor_in(request)).filter(pk=obj.pk).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Form, change: bool) -> None:
        actor = actor_in(request)
        before = None
        if change:
            before = audit.snapshot(self.model._default_manager.select_for_update(of=("self",)).get(pk=obj.pk))
            if hasattr(obj, "version"):
                obj.version = before["version"] + 1
        super().save_model(request, obj, form, change)
        self.after_save(request, obj, form, change)
        if not self.editable(actor).filter(pk=obj.pk).exists():
            raise PermissionDenied
        act = f"{self.model._meta.model_name}.{'change' if change else 'add'}"
        audit.record(actor, act, obj, before=before, after=audit.snapshot(obj), unit_id=self.unit_of(obj))

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """What the history tells. Fields go in as the catalogue knows them: Django's "Name" has no Chinese."""
        if add or formsets or not form.changed_data:
            return super().construct_change_message(request, form, formsets, add)
        with override(None):
            return [{"changed": {"fields": [self._called(form, name) for name in form.changed_data]}}]

    def _called(self, form: Any, name: str) -> str:
        own = {field.name: field.verbose_name for field in self.model._meta.fields}
        return str(own.get(name, form.fields[name].label))

    def after_save(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """What else follows from a save, in its transaction: marks, entries for phones. Nothing here."""

    def unit_of(self, obj: Any) -> int | None:
        """The unit in whose audit the save shows."""
        found = obj
        for name in filter(None, self.unit_path.split(".")):
            found = getattr(found, name)
        return found if self.unit_path else None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """As Django does; a lookup that only the query finds impossible (the year 99999) is told like the others."""
        try:
            return super().changelist_view(request, extra_context)
        except (ValueError, OverflowError):
            if ERROR_FLAG in request.GET:
                raise
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """As Django does; a form that is sent twice is written once, and what a verb or only the database could refuse
        is told on the page."""
        try:
            with transaction.atomic():
                if request.method != "POST":
                    return super().changeform_view(request, object_id, form_url, extra_context)
                return self._once(request, lambda: self.sent(request, object_id, form_url, extra_context))
        except IntegrityError as error:
            self.message_user(request, _("The database refused it: %s") % violated(error), messages.ERROR)
        except Problem as refused:
            self.message_user(request, refused.detail(get_language() or ""), messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def sent(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra_context: dict[str, Any] | None
    ) -> HttpResponse:
        """What a form of the page does, inside a transaction."""
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _once(self, request: HttpRequest, write: Callable[[], HttpResponse]) -> HttpResponse:
        """What the form did, or had done when it was sent before; a page that is shown again with faults is neither."""
        answers: list[HttpResponse] = []

        def effect() -> Done:
            answers.append(write())
            if answers[0].status_code != HTTPStatus.FOUND:
                raise _Faulty
            said = [strip_tags(str(one)) for one in getattr(request, _SAID, [])]
            return Done(" ".join(said), answers[0]["Location"])

        try:
            done = once(request, actor_in(request), effect)
        except _Faulty:
            return answers[0]
        if answers:
            return answers[0]
        self.message_user(request, done.said, messages.SUCCESS)
        return HttpResponseRedirect(done.to)

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        """As Django does; a second sending says the same."""
        setattr(request, _SAID, [*getattr(request, _SAID, []), message])
        super().message_user(request, message, *args, **kwargs)


class ReadOnlyAdmin(ScopedAdmin):
    """Pages to look at: written by verbs only."""

    acts = frozenset()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
