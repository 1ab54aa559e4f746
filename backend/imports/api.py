"""Imports over HTTP: send a file, read what became of it, row by row. The verb is in backend/imports/running.py."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from backend.errors import FieldError, Problem
from backend.http import idempotency
from backend.http.serializers import OutModelSerializer, OutSerializer, StrictSerializer
from backend.http.views import ScopedView
from backend.http.viewsets import ListActs, ReadActs, ScopedViewSet
from backend.imports import kinds, reasons
from backend.imports.reading import LARGEST_FILE
from backend.imports.running import Upload, run
from backend.models import ImportReject, ImportRun
from backend.scope import visible_to

FORM_ROOM = 64 * 1024  # what a multipart form adds to its file


class ModeQuery(serializers.Serializer[Any]):
    mode = serializers.ChoiceField(choices=ImportRun.Mode.choices, default=ImportRun.Mode.DRY_RUN)


class UploadIn(StrictSerializer):
    file = serializers.FileField(allow_empty_file=True, help_text="CSV (UTF-8 or GB18030) or XLSX, at most 10 MB.")


class ImportRunOut(OutModelSerializer):
    person_name = serializers.CharField(source="person.name")

    class Meta:
        model = ImportRun
        fields = ("id", "kind", "mode", "state", "person", "person_name", "file_name", "file_format", "encoding",
                  "size_bytes", "ignored_columns", "rows", "good", "bad", "flagged", "created", "changed", "unchanged",
                  "started_at", "finished_at")  # fmt: skip


class ImportRejectOut(OutModelSerializer):
    reason = serializers.SerializerMethodField()
    reason_en = serializers.SerializerMethodField()

    class Meta:
        model = ImportReject
        fields = ("row_no", "column", "severity", "code", "reason", "reason_en", "value")

    def get_reason(self, row: ImportReject) -> str:
        return reasons.text(row.code)[0]

    def get_reason_en(self, row: ImportReject) -> str:
        return reasons.text(row.code)[1]


class ColumnOut(OutSerializer):
    name = serializers.CharField()
    headings = serializers.ListField(child=serializers.CharField())
    is_required = serializers.BooleanField()


class KindOut(OutSerializer):
    code = serializers.CharField()
    title = serializers.CharField()
    title_en = serializers.CharField()
    columns = ColumnOut(many=True)


class ImportFile(ScopedView):
    """One kind of import: what its columns are, and sending a file of it."""

    needs = {"get": "imports.run", "post": "imports.run"}
    queries = {"post": ModeQuery}
    in_serializers = {"post": UploadIn}
    answers = {"get": KindOut, "post": ImportRunOut}
    parser_classes = [MultiPartParser]
    problem_codes = ("import_unreadable", "import_too_large", "import_empty", "import_missing_columns",
                     "import_repeated_columns", "unknown_import_kind")  # fmt: skip

    def get(self, request: Request, kind: str) -> Response:
        """The columns of this kind, with the headings that are understood."""
        return Response(KindOut(kinds.kind(kind)).data)

    def post(self, request: Request, kind: str) -> Response:
        """Look at the file (`mode=dry_run`), apply its good rows (`apply`), or all or none (`strict`)."""
        made = run(actor=self.actor, kind_code=kind, mode=self.asked["mode"], upload=self.upload)
        return Response(ImportRunOut(made).data, status=201, headers={"Location": f"/api/v1/imports/{made.pk}"})

    def _once(self, inner: Callable[..., Any], request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        self.upload = _upload_of(request)
        digest = sha256(self.upload.content).digest()
        return idempotency.once(request, partial(inner, request, *args, **kwargs), content=digest)


class ImportRunViewSet(ListActs, ReadActs, ScopedViewSet):
    """The history of imports, newest first."""

    queryset = ImportRun.objects.select_related("person")
    serializer_class = ImportRunOut
    filterset_fields = ["kind", "mode", "state", "person"]
    needs = {"list": "imports.run", "retrieve": "imports.run"}
    total_order = ("-started_at", "-id")


class ImportRejectViewSet(ListActs, ScopedViewSet):
    """What was wrong with the rows of one run, in the order of the file."""

    queryset = ImportReject.objects.all()
    serializer_class = ImportRejectOut
    filterset_fields = ["severity", "code", "column"]
    needs = {"list": "imports.run"}
    total_order = ("row_no", "id")

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(run_id=_own_run(self, self.kwargs["run_id"]))


class CsvRenderer(BaseRenderer):
    """Lets a client that accepts only text/csv through; the view writes its answer itself."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return JSONRenderer().render(data)


class ImportRejectsFile(ScopedView):
    """The rejects of one run as CSV."""

    needs = {"get": "imports.run"}
    answers: ClassVar[Any] = {"get": {(200, "text/csv"): OpenApiTypes.STR}}
    renderer_classes = [CsvRenderer, JSONRenderer]

    def get(self, request: Request, run_id: UUID) -> StreamingHttpResponse:
        """Row, column, severity, code, reason and value; cells that a spreadsheet would compute are neutralised."""
        rows = ImportReject.objects.filter(run_id=_own_run(self, run_id)).order_by("row_no", "id").iterator(2_000)
        name = f'attachment; filename="rejects-{run_id}.csv"'
        answer = StreamingHttpResponse(_as_csv(rows), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = name
        return answer


def _own_run(view: Any, run_id: UUID) -> UUID:
    if not visible_to(ImportRun.objects.filter(pk=run_id), view.actor).exists():
        raise Problem("not_found")
    return run_id


class _Line:
    """What csv.writer writes to: each line is handed on at once."""

    def write(self, line: str) -> str:
        return line


def _as_csv(rows: Iterator[ImportReject]) -> Iterator[str]:
    write = csv.writer(_Line()).writerow
    yield "\ufeff" + write(["行 row", "列 column", "结果 severity", "代码 code", "原因", "reason", "原值 value"])
    for row in rows:
        told = [row.row_no, row.column, row.severity, row.code, *reasons.text(row.code), row.value]
        yield write([neutral(cell) for cell in told])


def neutral(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before = + - @, tab and line ends."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r\n") and cell else cell


def _upload_of(request: Request) -> Upload:
    declared = str(request.META.get("CONTENT_LENGTH") or "0")
    if declared.isdecimal() and int(declared[:20]) > LARGEST_FILE + FORM_ROOM:
        raise Problem("import_too_large")
    try:
        form = request.data
    except ParseError:
        raise Problem("bad_request") from None
    unknown = sorted(set(form) - {"file"})
    if unknown:
        raise Problem("invalid", errors=[FieldError("unknown_field", pointer=f"/{name}") for name in unknown])
    found = request.FILES.getlist("file")
    if len(found) != 1:
        raise Problem("invalid", errors=[FieldError("invalid", "请上传一个文件", "Send one file", pointer="/file")])
    return Upload(found[0].name or "", found[0].read())
