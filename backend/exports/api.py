"""Exports over HTTP: which kinds there are, ask for one, follow it, fetch its file. The verbs are in asking.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend import errors
from backend.exports import asking, kinds, store
from backend.exports.asking import Asked
from backend.exports.kinds import ExportKind
from backend.http import etags
from backend.http.serializers import (
    DayField,
    OutModelSerializer,
    OutSerializer,
    StrictSerializer,
    WholeNumberField,
)
from backend.http.views import ScopedView
from backend.http.viewsets import CreateActs, ListActs, ReadActs, ScopedViewSet
from backend.language import is_english
from backend.models import Export


class ColumnOut(OutSerializer):
    name = serializers.CharField()
    title = serializers.CharField()
    title_en = serializers.CharField()
    type = serializers.CharField()
    is_personal = serializers.SerializerMethodField(help_text="Masked unless a reason is given.")

    def get_is_personal(self, column: kinds.Column) -> bool:
        return column.personal is not None


class ExportKindOut(OutSerializer):
    code = serializers.CharField()
    title = serializers.CharField()
    title_en = serializers.CharField()
    has_days = serializers.BooleanField(help_text="Whether the period narrows it.")
    columns = ColumnOut(many=True)
    filters = serializers.SerializerMethodField(help_text="As the list of the same things takes them.")

    def get_filters(self, kind: ExportKind) -> list[str]:
        return sorted(kind.filterset.base_filters)


class ExportKindsOut(OutSerializer):
    results = ExportKindOut(many=True)


class ExportKinds(ScopedView):
    """The kinds that the reader may export."""

    needs = {"get": "exports.run"}
    answers = {"get": ExportKindsOut}

    def get(self, request: Request) -> Response:
        held = [post.capabilities for post in self.actor.held if "exports.run" in post.capabilities]
        mine = [kind for kind in kinds.catalogue() if any(kind.capability in capabilities for capabilities in held)]
        return Response({"results": ExportKindOut(mine, many=True).data})


class PeriodIn(StrictSerializer):
    """Both days included; each may be left out."""

    since = DayField(required=False)
    until = DayField(required=False)


class ExportIn(StrictSerializer):
    kind = serializers.CharField(max_length=24)
    format = serializers.ChoiceField(choices=Export.Format.choices)
    unit = WholeNumberField(required=False, help_text="That unit and all under it; default all that you may read.")
    period = PeriodIn(required=False)
    filters = serializers.DictField(
        child=serializers.CharField(max_length=200), required=False, help_text="By name, as the kind tells them."
    )
    reason = serializers.CharField(
        max_length=500, required=False, help_text="Why personal data is needed; without it that is masked."
    )

    def validate_filters(self, value: dict[str, str]) -> dict[str, str]:
        if len(value) > 20:
            raise serializers.ValidationError("too many")
        return value


class ExportOut(OutModelSerializer):
    person_name = serializers.CharField(source="person.name")
    sha256 = serializers.SerializerMethodField()
    error_text = serializers.SerializerMethodField()
    error_text_en = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = ("id", "kind", "format", "state", "person", "person_name", "under", "since", "until", "filters",
                  "language", "is_masked", "reason", "rows", "rows_expected", "size_bytes", "sha256", "error",
                  "error_text", "error_text_en", "cancel_asked_at", "asked_at", "as_of", "finished_at",
                  "expires_at")  # fmt: skip
        extra_kwargs = {"under": {"help_text": "The unit that was asked for."}}

    def get_sha256(self, export: Export) -> str:
        return bytes(export.sha256 or b"").hex()

    def get_error_text(self, export: Export) -> str:
        return errors.kind(export.error).title("zh-hans") if export.error else ""

    def get_error_text_en(self, export: Export) -> str:
        return errors.kind(export.error).title("en") if export.error else ""


class UnitNamedOut(OutSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class PersonNamedOut(OutSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class ManifestColumnOut(OutSerializer):
    name = serializers.CharField()
    title = serializers.CharField()
    title_en = serializers.CharField()
    type = serializers.CharField()
    is_masked = serializers.BooleanField()
    values = serializers.DictField(child=serializers.CharField(), required=False, help_text="What its codes mean.")


class ManifestOut(OutSerializer):
    export = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.CharField()
    title_en = serializers.CharField()
    format = serializers.CharField()
    language = serializers.CharField()
    rows = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    columns = ManifestColumnOut(many=True)
    unit = UnitNamedOut(allow_null=True)
    since = serializers.DateField(allow_null=True)
    until = serializers.DateField(allow_null=True)
    filters = serializers.DictField(child=serializers.CharField())
    as_of = serializers.DateTimeField()
    asked_by = PersonNamedOut()
    asked_at = serializers.DateTimeField()
    is_masked = serializers.BooleanField()
    reason = serializers.CharField()


class NothingIn(StrictSerializer):
    """An empty body."""


class ExportViewSet(ListActs, ReadActs, CreateActs, ScopedViewSet):
    """One's own exports, newest first, with how far they are; who reads the audit sees those of others."""

    queryset = Export.objects.select_related("person")
    serializer_class = ExportOut
    filterset_fields = ["kind", "format", "state", "person"]
    in_serializers = {"create": ExportIn, "cancel": NothingIn}
    answers: ClassVar[Any] = {
        "create": ExportOut,
        "cancel": ExportOut,
        "manifest": ManifestOut,
        "file": {302: OpenApiResponse(description="`Location` is the file's address, for five minutes.")},
    }
    needs: ClassVar[Mapping[str, str | None]] = {
        "list": None,  # one's own, and what the scope adds for those who read the audit
        "retrieve": None,
        "manifest": None,
        "create": "exports.run",
        "cancel": "exports.run",
        "file": "exports.run",
    }
    problem_codes = ("not_found", "export_too_many_rows", "export_limit", "export_settled", "export_not_ready",
                     "export_expired", "export_store_unavailable")  # fmt: skip
    total_order = ("-asked_at", "-id")

    def make(self, data: dict[str, Any]) -> Export:
        period = data.get("period", {})
        asked = Asked(
            kind=data["kind"],
            format=data["format"],
            unit_id=data.get("unit"),
            since=period.get("since"),
            until=period.get("until"),
            filters=data.get("filters", {}),
            reason=data.get("reason", ""),
            is_english=is_english(),
        )
        return asking.start(actor=self.actor, asked=asked)

    def cancel(self, request: Request, pk: UUID) -> Response:
        """There will be no file; until it is ready."""
        self.body()
        with transaction.atomic():
            return self.told(asking.cancel(actor=self.actor, export=self.locked_object()))

    def manifest(self, request: Request, pk: UUID) -> Response:
        """What the file holds: rows, SHA-256, columns, scope, filters, as of when, asked by whom, masked or why not."""
        export = self.get_object()
        if export.manifest is None:
            raise errors.Problem("export_not_ready")
        return etags.told(request, export, export.manifest)

    def file(self, request: Request, pk: UUID) -> Response:
        """Where the file is, for five minutes; ranges of bytes are served there."""
        export = asking.to_fetch(actor=self.actor, export=self.get_object())
        told = {"Location": store.address(export), "Cache-Control": "private, no-store"}
        return Response(status=302, headers=told)
