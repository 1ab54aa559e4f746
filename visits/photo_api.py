"""HTTP of photos: the list with addresses that end, one whole photo by multipart, its EXIF, and the file itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_safe
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock, uploads
from backend.errors import FieldError, Problem
from backend.http import etags
from backend.http.serializers import OutModelSerializer, OutSerializer
from backend.http.viewsets import ListActs, ReadActs, ScopedViewSet
from backend.uploads import Announced
from visits import photo_store, queries
from visits.models import PhotoExif, StoredPhoto
from visits.photo_filters import PhotoFilters
from visits.wire import MAX_PHOTO_BYTES

FORM_ROOM = 16 * 1024  # what a form may weigh beside its file
FIELDS = frozenset({"photo_id", "sha256", "taken_at", "visit_id", "filename"})
PIECE = 256 * 1024


class AddressesOut(OutSerializer):
    """Where the copies are, for five minutes; empty until the photo is ready."""

    small = serializers.CharField(allow_null=True, help_text="320 pixels, WebP")
    large = serializers.CharField(allow_null=True, help_text="1280 pixels, WebP")
    original = serializers.CharField(allow_null=True, help_text="as it came; for those who read what is restricted")
    expires_at = serializers.DateTimeField()


class PhotoOut(OutModelSerializer):
    addresses = serializers.SerializerMethodField()
    sha256 = serializers.SerializerMethodField()

    class Meta:
        model = StoredPhoto
        fields = (
            "id", "visit_id", "month", "retailer", "person", "kind", "state", "reason", "media_type", "size_bytes",
            "sha256", "width", "height", "blur", "darkness", "taken_at", "arrived_at", "addresses",
        )  # fmt: skip

    def get_sha256(self, row: StoredPhoto) -> str:
        return bytes(row.sha256).hex()

    def get_addresses(self, row: StoredPhoto) -> dict[str, Any]:
        actor = self.context["view"].actor
        ready = row.state == StoredPhoto.State.READY
        small, large = (
            photo_store.address(row.pk, row.name, size, actor.person_id) if ready else None
            for size in photo_store.SIZES
        )
        above = row.territory.ancestors if row.territory else ()
        whole = ready and not set(queries.trusted(actor)).isdisjoint(above)
        return {
            "small": small,
            "large": large,
            "original": photo_store.address(row.pk, row.name, photo_store.ORIGINAL, actor.person_id) if whole else None,
            "expires_at": clock.now() + timedelta(seconds=photo_store.SHOWN_S),
        }


class TakenOut(OutModelSerializer):
    sha256 = serializers.SerializerMethodField()

    class Meta:
        model = StoredPhoto
        fields = ("id", "state", "sha256", "size_bytes", "visit_id", "arrived_at")

    def get_sha256(self, row: StoredPhoto) -> str:
        return bytes(row.sha256).hex()


class ExifOut(OutModelSerializer):
    class Meta:
        model = PhotoExif
        fields = ("photo", "taken_at", "lon", "lat", "tags")


class PhotoViewSet(ListActs, ReadActs, ScopedViewSet):
    """Photos whose bytes are here, of visits within scope, newest first; ?visit= for those of one visit."""

    queryset = StoredPhoto.objects.select_related("territory")
    serializer_class = PhotoOut
    filterset_class = PhotoFilters
    answers: ClassVar[Any] = {"create": TakenOut, "exif": ExifOut}
    needs: ClassVar[Mapping[str, str | None]] = {
        "list": "visits.read",
        "retrieve": "visits.read",
        "exif": "restricted.read",
        "create": None,  # what the taker asks for, held today or ever
    }
    without_key = frozenset({"create"})  # the photo's id is the key
    accepts_ended_devices = True
    problem_codes = ("payload_too_large", "checksum_mismatch", "photo_conflict", "storage_full", "store_unavailable")
    total_order = ("-arrived_at", "-id")

    def check_permissions(self, request: Request) -> None:
        if self.act != "create" and getattr(request.auth, "ended_at", None) is not None:
            raise Problem("device_ended")
        super().check_permissions(request)
        if self.act == "exif" and not self.actor.can("visits.read"):
            raise Problem("forbidden")

    def get_parsers(self) -> list[Any]:
        return [MultiPartParser()] if self.request and self.request.method == "POST" else super().get_parsers()

    def get_object(self) -> Any:
        """Also one's own that no visit declares (yet)."""
        mine = StoredPhoto.objects.filter(pk=self.kwargs["pk"], person_id=self.actor.person_id, visit_id=None)
        return mine.first() or super().get_object()

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Without an ETag of its own: its addresses are fresh each time."""
        return Response(self.out(self.get_object()))

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One whole photo: `photo` with `photo_id` and, best, `sha256`. 201, or 200 for one that is here."""
        metadata, file = _form(request)
        digest = metadata.setdefault("sha256", _hash_of(file))
        announced = Announced(
            self.actor, file.size, bytes.fromhex(digest), metadata, getattr(request.auth, "ended_at", None)
        )
        known = StoredPhoto.objects.filter(pk=UUID(metadata["photo_id"]), sha256=announced.sha256).exists()
        upload = uploads.announce(announced)
        if known:
            upload.delete()
        else:
            uploads.append(upload, _pieces(file), offset=0, most=file.size, is_fresh=True)
        row = StoredPhoto.objects.filter(pk=UUID(metadata["photo_id"])).get()
        return Response(TakenOut(row, context=self.get_serializer_context()).data, status=200 if known else 201)

    @action(detail=True, methods=["get"])
    def exif(self, request: Request, pk: UUID | None = None) -> Response:
        """What the file said of itself; for those who may read what is restricted."""
        found = PhotoExif.objects.filter(photo__in=self.get_queryset().filter(pk=pk)).first()
        if found is None:
            raise Problem("not_found")
        return etags.told(request, found, ExifOut(found, context=self.get_serializer_context()).data)


@require_safe
def photo_file(request: HttpRequest, pk: UUID, size: str) -> FileResponse:
    """The bytes, for whoever holds an address that the list gave out less than five minutes ago. One query."""
    photo_store.check(pk, size, request.GET.get("key", ""))
    photo = StoredPhoto.objects.filter(pk=pk, state=StoredPhoto.State.READY).first()
    if photo is None:
        raise Problem("not_found")
    media = photo.media_type if size == photo_store.ORIGINAL else "image/webp"
    answer = FileResponse(photo_store.opened(photo_store.copy_name(photo.name, size)), content_type=media)
    answer.headers["Cache-Control"] = f"private, max-age={photo_store.SHOWN_S}"
    answer.headers["Content-Disposition"] = "inline"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


# ----------------------------------------------------------------------------------------------------------------------


def _form(request: Request) -> tuple[dict[str, str], Any]:
    declared = str(request.META.get("CONTENT_LENGTH") or "0")
    if declared.isdecimal() and int(declared[:20]) > MAX_PHOTO_BYTES + FORM_ROOM:
        raise Problem("payload_too_large", limit=MAX_PHOTO_BYTES)
    try:
        form: Any = request.data
    except ParseError:
        raise Problem("bad_request") from None
    faults = [FieldError("unknown_field", pointer=f"/{name}") for name in sorted(set(form) - FIELDS - {"photo"})]
    found = request.FILES.getlist("photo")
    if len(found) != 1 or not found[0].size:
        faults.append(FieldError("invalid", "请上传一张照片", "Send one photo", pointer="/photo"))
    metadata = {name: str(form[name]) for name in FIELDS & set(form) if name not in request.FILES}
    if not _is_uuid(metadata.get("photo_id", "")):
        faults.append(FieldError("invalid", pointer="/photo_id"))
    if "sha256" in metadata and not _is_digest(metadata["sha256"]):
        faults.append(FieldError("invalid", pointer="/sha256"))
    if any(len(value) > 200 or "\x00" in value for value in metadata.values()):
        faults.append(FieldError("invalid", pointer=""))
    if faults:
        raise Problem("invalid", errors=faults)
    return metadata, found[0]


def _is_uuid(text: str) -> bool:
    try:
        return len(text) == 36 and bool(UUID(text))
    except ValueError:
        return False


def _is_digest(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")


def _hash_of(file: Any) -> str:
    digest = sha256()
    for piece in _pieces(file):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(file: Any) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece
