"""Imports over HTTP: send a file, read what became of it, row by row. The verb is in backend/imports/running.py."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from backend import errors
from backend.errors import FieldError, Problem
from backend.http import idempotency
from backend.http.serializers import OutModelSerializer, OutSerializer, StrictBooleanField, StrictSerializer
from backend.http.views import ScopedView
from backend.http.viewsets import ListActs, ReadActs, ScopedViewSet
from backend.imports import asking, kinds, reasons
from backend.imports.asking import Asked
from backend.imports.files import LARGEST_FILE as LARGEST_LARGE
from backend.imports.reading import LARGEST_FILE
from backend.imports.running import Upload, run
from backend.models import ImportReject, ImportRun
from backend.scope import visible_to

FORM_ROOM = 64 * 1024  # what a multipart form adds to its file


class ModeQuery(serializers.Serializer[Any]):
    mode = serializers.ChoiceField(choices=ImportRun.Mode.choices, default=ImportRun.Mode.DRY_RUN)
    profile = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class UploadIn(StrictSerializer):
    file = serializers.FileField(
        allow_empty_file=True, help_text="CSV (UTF-8 or GB18030) or XLSX: 10 MB, of large kinds more."
    )


class DifferenceOut(OutSerializer):
    """What stood before and stands after, of the keys that the file names, in a month of a county."""

    month = serializers.CharField()
    county = serializers.IntegerField()
    county_name = serializers.CharField()
    cartons_before = serializers.IntegerField()
    cartons_after = serializers.IntegerField()
    fen_before = serializers.IntegerField()
    fen_after = serializers.IntegerField()


class ImportRunOut(OutModelSerializer):
    person_name = serializers.CharField(source="person.name")
    difference = DifferenceOut(many=True)
    error_text = serializers.SerializerMethodField()
    error_text_en = serializers.SerializerMethodField()

    class Meta:
        model = ImportRun
        fields = ("id", "kind", "mode", "state", "person", "person_name", "file_name", "file_format", "encoding",
                  "size_bytes", "ignored_columns", "profile", "rows", "rows_expected", "good", "bad", "flagged",
                  "created", "changed", "unchanged", "removed", "difference", "error", "error_text", "error_text_en",
                  "cancel_asked_at", "started_at", "finished_at")  # fmt: skip

    def get_error_text(self, run: ImportRun) -> str:
        return errors.kind(run.error).title("zh-hans") if run.error else ""

    def get_error_text_en(self, run: ImportRun) -> str:
        return errors.kind(run.error).title("en") if run.error else ""


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


class ImportColumnOut(OutSerializer):
    name = serializers.CharField()
    headings = serializers.ListField(child=serializers.CharField())
    is_required = serializers.BooleanField()


class KindOut(OutSerializer):
    code = serializers.CharField()
    title = serializers.CharField()
    title_en = serializers.CharField()
    columns = ImportColumnOut(many=True)
    is_large = serializers.SerializerMethodField()

    def get_is_large(self, kind: kinds.ImportKind) -> bool:
        """Whether its files are imported as jobs (docs/imports.md)."""
        return kind.large is not None


class ImportFile(ScopedView):
    """One kind of import: what its columns are, and sending a file of it."""

    needs = {"get": "imports.run", "post": "imports.run"}
    queries = {"post": ModeQuery}
    in_serializers = {"post": UploadIn}
    answers = {"get": KindOut, "post": ImportRunOut}
    parser_classes = [MultiPartParser]
    file: UploadedFile
    problem_codes = ("not_found", "storage_full", "import_file_too_large", "import_unreadable", "import_too_large",
                     "import_empty", "import_missing_columns",
                     "import_repeated_columns", "unknown_import_kind")  # fmt: skip

    def get(self, request: Request, kind: str) -> Response:
        """The columns of this kind, with the headings that are understood."""
        return Response(KindOut(kinds.kind(kind)).data)

    def post(self, request: Request, kind: str) -> Response:
        """Look at the file (`mode=dry_run`), apply its good rows (`apply`), or all or none (`strict`). A large kind is
        done as a job: what is answered waits, and its address tells how far it is."""
        found = kinds.kind(kind)
        if found.large:
            asked = Asked(found, self.asked["mode"], self.file.name or "", self.asked.get("profile"))
            made = asking.start(actor=self.actor, asked=asked, pieces=self.file.chunks())
        elif "profile" in self.asked:
            raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter="profile")])
        else:
            upload = Upload(self.file.name or "", self.file.read())
            made = run(actor=self.actor, kind_code=kind, mode=self.asked["mode"], upload=upload)
        return Response(ImportRunOut(made).data, status=201, headers={"Location": f"/api/v1/imports/{made.pk}"})

    def _once(self, inner: Callable[..., Any], request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        is_large = kinds.kind(kwargs["kind"]).large is not None
        self.file = _file_of(request, LARGEST_LARGE if is_large else LARGEST_FILE)
        digest = sha256()
        for piece in self.file.chunks():
            digest.update(piece)
        self.file.seek(0)
        return idempotency.once(request, partial(inner, request, *args, **kwargs), content=digest.digest())


class ApplyIn(StrictSerializer):
    strict = StrictBooleanField(default=False, help_text="All rows or none.")


class NothingIn(StrictSerializer):
    """An empty body."""


class ImportRunViewSet(ListActs, ReadActs, ScopedViewSet):
    """The history of imports, newest first, and what may be asked of one."""

    queryset = ImportRun.objects.select_related("person")
    serializer_class = ImportRunOut
    filterset_fields = ["kind", "mode", "state", "person"]
    in_serializers = {"apply": ApplyIn, "cancel": NothingIn, "undo": NothingIn}
    needs = {
        "list": "imports.run",
        "retrieve": "imports.run",
        "apply": "imports.run",
        "cancel": "imports.run",
        "undo": "imports.run",
    }
    problem_codes = ("import_not_checked", "import_settled", "import_not_applied", "import_changed_since",
                     "import_not_large")  # fmt: skip
    total_order = ("-started_at", "-id")

    def apply(self, request: Request, pk: UUID) -> Response:
        """What was looked at (state `checked`) will be applied."""
        strict = self.body()["strict"]
        return self._done(lambda run: asking.apply(actor=self.actor, run=run, strict=strict))

    def cancel(self, request: Request, pk: UUID) -> Response:
        """The import will write nothing; until it has been applied."""
        self.body()
        return self._done(lambda run: asking.cancel(actor=self.actor, run=run))

    def undo(self, request: Request, pk: UUID) -> Response:
        """What the import wrote will be as it was, unless a later import changed the same keys."""
        self.body()
        return self._done(lambda run: asking.undo(actor=self.actor, run=run))

    def _done(self, verb: Callable[[ImportRun], ImportRun]) -> Response:
        with transaction.atomic():
            return self.told(verb(self.locked_object()))


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


def _file_of(request: Request, largest: int) -> UploadedFile:
    """The one file of the form; Django keeps it on disk where it is large."""
    declared = str(request.META.get("CONTENT_LENGTH") or "0")
    if declared.isdecimal() and int(declared[:20]) > largest + FORM_ROOM:
        raise Problem("import_too_large" if largest == LARGEST_FILE else "import_file_too_large")
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
    file: UploadedFile = found[0]
    return file
