"""System checks that hold the scope gate: `manage.py check` and every start fail when a model or a route forgets it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.db.models import Field, Model

from backend.scope import Internal, Scope

OURS = ("backend", "retail", "brands", "visits", "market", "cycles", "demo")


@register()
def models_declare_scope(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """backend.E001: a model of ours without `SCOPE`: nobody could say who may see its rows."""
    return [
        Error(f"{model._meta.label} declares no SCOPE.", hint="See backend/scope.py.", obj=model, id="backend.E001")
        for model in apps.get_models()
        if model._meta.app_label in OURS and not isinstance(getattr(model, "SCOPE", None), Scope)
    ]


@register()
def routes_are_scoped(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """backend.E002 to E005: what a route of a viewset forgot to declare."""
    from backend.http.routes import all_routes
    from backend.http.viewsets import ScopedViewSet

    found = []
    for view in {route.view for route in all_routes() if isinstance(route.view, type)}:
        if issubclass(view, ScopedViewSet):
            acts = {act for route in all_routes() if route.view is view for act in route.acts.values()}
            found += list(_faults(view, acts))
    return sorted(found, key=lambda fault: str(fault))


def _faults(view: Any, acts: set[str]) -> Iterator[CheckMessage]:
    model: type[Model] = view.queryset.model
    if isinstance(getattr(model, "SCOPE", None), Internal | None):
        yield Error(f"{model._meta.label} has a route but no scope that serves it.", obj=view, id="backend.E002")
    for act in sorted(acts - set(view.needs)):
        yield Error(f"`needs` does not say what {act} asks for.", obj=view, id="backend.E003")
    for order in (view.total_order, *view.orderings.values()):
        fields = [_field(model, name) for name in order]
        if not getattr(fields[-1], "unique", False) and not _holds_unique_columns(model, fields):
            yield Error(f"The order {order} is not total: it holds no unique column.", obj=view, id="backend.E004")
        if any(field is not None and field.null for field in fields):
            yield Error(f"The order {order} uses a column that may be null.", obj=view, id="backend.E005")


def _holds_unique_columns(model: type[Model], fields: list[Field[Any, Any] | None]) -> bool:
    """Whether all columns of a composite key, or of an unconditional unique constraint, are in the order."""
    names = {field.name for field in fields if field is not None and field.model is model}
    keys = [{field.name for field in model._meta.pk_fields}]
    keys += [set(unique.fields) for unique in model._meta.total_unique_constraints]
    return any(key <= names for key in keys if key)


def _field(model: type[Model], name: str) -> Field[Any, Any] | None:
    found: Any = None
    for step in name.lstrip("-").split("__"):
        owner = found.related_model if found is not None else model
        if step == "pk":
            found = owner._meta.pk
        elif any(step == f.name or step == getattr(f, "attname", "") for f in owner._meta.get_fields()):
            found = owner._meta.get_field(step)
        else:
            return None  # an annotation
    return found
