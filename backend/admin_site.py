"""The base of every admin page: rows, choices and filters narrowed by scope, saves audited; each admin.py uses it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import AdminSite, RelatedFieldListFilter
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import ForeignKey, ManyToManyField, Model, QuerySet
from django.forms import Form, ModelChoiceField, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from backend import admin_rights, audit, clock
from backend.admin_rights import Rights, admin_actor
from backend.constraints import violated
from backend.scope import Actor, visible_to


def actor_in(request: HttpRequest) -> Actor:
    """Who works at this admin page, with today's positions."""
    return admin_actor(request.user)  # type: ignore[arg-type]


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
    show_full_result_count = False
    list_per_page = 50

    def __init__(self, model: type[Model], admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        admin_rights.open_page(model._meta.label_lower, Rights(self.reads, self.edits, self.acts))

    # -- what is shown ------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible_to(super().get_queryset(request), actor_in(request))

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
        """As Django does, but what only the database could refuse is told on the page and is no failure of ours."""
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError as error:
            self.message_user(request, _("The database refused it: %s") % violated(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


class ReadOnlyAdmin(ScopedAdmin):
    """Pages to look at: written by verbs only."""

    acts = frozenset()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
