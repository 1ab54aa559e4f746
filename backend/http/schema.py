"""The API described as OpenAPI 3.1 (drf-spectacular), problems and headers included; served, committed and shown.

`document()` is what GET /api/v1/openapi.json answers and what `manage.py openapi` writes to docs/openapi.json.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_mock_request, get_lib_doc_excludes
from drf_spectacular.utils import OpenApiParameter

from backend.errors import kind
from backend.http import problems, sync_shapes
from backend.http.serializers import OutModelSerializer, OutSerializer, Strict, StrictModelSerializer, StrictSerializer
from backend.http.views import Gate, ScopedView
from backend.http.viewsets import ScopedViewSet
from backend.roles import ROLES
from backend.scope import Actor, Held

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A refusal (RFC 9457). `code` is stable; `title` and `detail` follow Accept-Language.",
    "required": ["type", "title", "status", "code", "detail", "instance", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "pointer": {"type": "string"},
                    "parameter": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}


class DeviceToken(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "backend.http.auth.DeviceTokenAuthentication"
    name = "deviceToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "The token of POST /api/v1/auth/login."}


class Session(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "backend.http.auth.PageSession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "With X-CSRFToken on writes."}


class RelatedById(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A relation is written as the key of its row."""

    target_class = "backend.http.serializers.VisibleField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        queryset = self.target.queryset
        return auto_schema._map_model_field(queryset.model._meta.pk, direction) if queryset is not None else {}


class TimeOfDay(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A time of the business day has no offset, so that it is not what JSON Schema calls a time (RFC 3339)."""

    target_class = "rest_framework.serializers.TimeField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        return {"type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"}


class Schema(AutoSchema):
    """Reads a Gate's own declarations, so that nothing has to be said twice."""

    view: Any  # a Gate: the route check admits no other

    @property
    def act(self) -> str:
        return getattr(self.view, "action", None) or self.method.lower()

    @property
    def takes_key(self) -> bool:
        return self.method == "POST" and self.act not in self.view.without_key

    def get_override_parameters(self) -> list[Any]:
        found: list[Any] = []
        if self.act in self.view.queries:
            found.append(self.view.queries[self.act])
        if self.takes_key:
            found.append(_header("Idempotency-Key", "1 to 255 printable characters, kept 30 days.", required=True))
        if self.act in self.view.versioned:
            found.append(_header("If-Match", "The ETag that was read.", required=True))
        if self.act == "retrieve":
            found.append(_header("If-None-Match", "304 when the ETag is still the same."))
        declared = self.view.parameters(self.act)
        for name, about in (("fields", "Comma-separated names: only these are answered."), ("ordering", "")):
            if name in declared:
                choices = sorted(getattr(self.view, "orderings", {})) if name == "ordering" else None
                found.append(OpenApiParameter(name, str, description=about, enum=choices))
        return found

    def get_request_serializer(self) -> Any:
        return self.view.in_serializers.get(self.act)

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """Prefixed by its app: two apps may well speak of a ProductOut."""
        app = type(serializer).__module__.partition(".")[0]
        return f"{app}.{super().get_serializer_name(serializer, direction)}"

    def get_paginated_name(self, serializer_name: str) -> str:
        return f"{serializer_name}Page"

    def get_response_serializers(self) -> Any:
        if self.act in self.view.answers:
            chosen = self.view.answers[self.act]
            return chosen if chosen is not None else {204: None}
        return super().get_response_serializers()

    def _get_request_body(self, direction: Any = "request") -> Any:
        if self.act not in self.view.in_serializers:
            return None
        return super()._get_request_body(direction)  # type: ignore[no-untyped-call]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        found = super()._get_response_bodies(direction)
        for code in self._codes():
            status = str(kind(code).status)
            said = found.setdefault(status, {"description": "", "content": _PROBLEM_CONTENT})
            said["description"] = ", ".join(filter(None, (said["description"], f"`{code}`")))
        return found

    def _codes(self) -> list[str]:
        """The codes that this operation may answer with, beside those of the intake's items."""
        codes = ["invalid_text", "unknown_parameter", "bad_parameter", "method_not_allowed", "not_acceptable"]
        codes += ["internal_error", "unavailable"]
        if not self.view.is_public:
            codes += ["not_authenticated", "token_expired", "device_ended", "device_lost", "forbidden", "csrf_failed"]
        if "{" in self.path:
            codes += ["not_found"]
        if self.act == "list":
            codes += ["bad_date", "invalid_cursor"]
        if self.method in {"POST", "PUT", "PATCH"}:
            codes += ["malformed_json", "invalid", "duplicate_key", "too_deep", "number_out_of_range"]
            codes += ["payload_too_large", "unsupported_media_type", "conflict"]
        if self.takes_key:
            codes += ["idempotency_key_missing", "idempotency_key_invalid"]
            codes += ["idempotency_running", "idempotency_conflict"]
        if self.act in self.view.versioned:
            codes += ["precondition_required", "stale_version"]
        return codes + list(self.view.problem_codes)


_STRICT = (Strict, StrictSerializer, StrictModelSerializer)
_PROBLEM_CONTENT = {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def without_docstrings() -> list[type]:
    """Classes whose docstring is about the code, not about the wire (SPECTACULAR_SETTINGS)."""
    library = get_lib_doc_excludes()  # type: ignore[no-untyped-call]
    return [*library, Gate, ScopedView, ScopedViewSet, OutSerializer, OutModelSerializer, *_STRICT]


def request_of_everybody(*args: Any, **kwargs: Any) -> Any:
    """The request that shapes are read with: its actor may do everything, so no field is left out."""
    request = build_mock_request(*args, **kwargs)  # type: ignore[no-untyped-call]
    everything = frozenset(capability for role in ROLES for capability in role.capabilities)
    request._request.actor = Actor(UUID(int=0), (Held(0, 0, "", everything),))
    return request


def _header(name: str, about: str, *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, required=required, description=about)


@cache
def document() -> dict[str, Any]:
    """The whole description as plain JSON values; the same for everybody, made once per process."""
    with translation.override("en"):
        generator = SchemaGenerator()  # type: ignore[no-untyped-call]
        found = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    found["components"].setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    sync_shapes.describe(found)
    return json.loads(json.dumps(found, default=str))


@cache
def as_text() -> str:
    """The committed form: sorted, indented, one trailing newline; equal in every run. Written once per process."""
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/openapi.json. Public."""
    headers = {"Cache-Control": "public, max-age=300"}
    return HttpResponse(as_text(), content_type="application/vnd.oai.openapi+json; charset=utf-8", headers=headers)
