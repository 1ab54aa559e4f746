"""tus 1.0.0 at /uploads: creation, creation-with-upload, checksum, expiration, termination; backend/uploads.py does it.

Bodies are read in pieces and never held whole. A piece with `Upload-Checksum` is held apart until it was checked, so
that what stands in the part file is always good.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.http.request import UnreadablePostError
from django.utils.http import http_date
from rest_framework.request import Request
from rest_framework.response import Response

from backend import uploads
from backend.errors import FieldError, Problem, register
from backend.http.views import ScopedView
from backend.models import Upload
from backend.uploads import Announced

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
ALGORITHMS = ("sha1", "sha256")
PIECE = 256 * 1024
MEDIA_TYPE = "application/offset+octet-stream"
MOST_METADATA = 4_000  # characters of the header
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9]{1,15}")

register("tus_version", 412, ("不支持的 tus 版本", "The tus version is not supported"),
         ("请发送 Tus-Resumable: 1.0.0。", "Send Tus-Resumable: 1.0.0."))  # fmt: skip
register("bad_header", 400, ("标头无效", "A header is not valid"),
         ("errors 列出了缺少或无效的标头。", "`errors` lists the header that is missing or not valid."))  # fmt: skip


class TusView(ScopedView):
    """What both addresses share: the version on every answer, and who may send what was taken before a device's end."""

    accepts_ended_devices = True
    without_key = frozenset({"post", "patch"})
    versioned: ClassVar[frozenset[str]] = frozenset()
    http_method_names = [*ScopedView.http_method_names, "options"]
    problem_codes: ClassVar[tuple[str, ...]] = (
        "tus_version", "bad_header", "unsupported_media_type", "payload_too_large", "storage_full",
    )  # fmt: skip

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Networks that know GET and POST only may name the method in X-HTTP-Method-Override."""
        override = request.META.get("HTTP_X_HTTP_METHOD_OVERRIDE", "")
        if request.method == "POST" and override in {"PATCH", "DELETE", "HEAD"}:
            request.method = override
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.act is not None and request.method != "OPTIONS" and request.META.get("HTTP_TUS_RESUMABLE") != VERSION:
            raise Problem("tus_version", headers={"Tus-Version": VERSION})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Tus-Resumable"] = VERSION
        return response

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """What this server can do."""
        told = {
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(uploads.taker().largest),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        }
        return Response(status=204, headers=told)


class Uploads(TusView):
    """POST: an upload is made, with its first bytes if it carries any."""

    needs = {"post": None, "options": None}  # what the taker asks for, held today or ever
    answers: ClassVar[Any] = {"post": {201: None}}

    def post(self, request: Request) -> HttpResponse:
        """`Upload-Length`, and `Upload-Metadata` with at least `sha256` of the whole (hex). 201 with its address."""
        metadata = _metadata(request)
        digest = metadata.get("sha256", "").lower()
        if not _SHA256.fullmatch(digest):
            raise _bad("Upload-Metadata")
        length = _number(request, "Upload-Length")
        if length < 1:
            raise _bad("Upload-Length")
        until = getattr(request.auth, "ended_at", None)
        announced = Announced(self.actor, length, bytes.fromhex(digest), metadata, until)
        told = {}
        if request._request.content_type != MEDIA_TYPE:
            upload = uploads.announce(announced)
        elif "HTTP_UPLOAD_CHECKSUM" in request.META:
            upload = uploads.announce(announced)
            told["Upload-Offset"] = str(_receive(request, upload, 0))
        else:
            upload, arrived = uploads.receive(announced, pieces_of(request), most=_length(request))
            told["Upload-Offset"] = str(arrived)
        return Response(status=201, headers={"Location": f"{request.path}/{upload.pk}", **told, **_expiry(upload)})


class UploadView(TusView):
    """One upload of one's own: how far it is, its next bytes, its end."""

    needs = {"get": None, "patch": None, "delete": None, "options": None}
    answers = {"get": None, "patch": None, "delete": None}
    problem_codes = (
        *TusView.problem_codes, "not_found", "upload_gone", "upload_locked", "upload_offset", "checksum_mismatch",
        "store_unavailable",
    )  # fmt: skip

    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """How many bytes are here (HEAD). A whole file that could not be taken over is tried again first."""
        upload = uploads.own(self.actor, pk)
        uploads.finish(upload)
        told = {"Upload-Offset": str(uploads.arrived(upload)), "Upload-Length": str(upload.length)}
        if upload.metadata:
            told["Upload-Metadata"] = _written(upload.metadata)
        return Response(status=204, headers={**told, **_expiry(upload), "Cache-Control": "no-store"})

    def patch(self, request: Request, pk: UUID) -> HttpResponse:
        """The bytes from `Upload-Offset` on."""
        if request._request.content_type != MEDIA_TYPE:
            raise Problem("unsupported_media_type")
        offset = _number(request, "Upload-Offset")
        upload = uploads.own(self.actor, pk)
        arrived = _receive(request, upload, offset)
        return Response(status=204, headers={"Upload-Offset": str(arrived), **_expiry(upload)})

    def delete(self, request: Request, pk: UUID) -> HttpResponse:
        """It is given up. A photo that has arrived whole stays."""
        uploads.end(uploads.own(self.actor, pk))
        return Response(status=204)


# ----------------------------------------------------------------------------------------------------------------------


def _length(request: Request) -> int | None:
    """What the body says it weighs. A packed one is refused: bytes are appended as they come."""
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
        raise Problem("unsupported_media_type")
    declared = str(request.META.get("CONTENT_LENGTH") or "")
    return int(declared[:15]) if declared.isdecimal() else None


def _receive(request: Request, upload: Upload, offset: int) -> int:
    most = _length(request)
    if "HTTP_UPLOAD_CHECKSUM" not in request.META:
        return uploads.append(upload, pieces_of(request), offset=offset, most=most)
    if most is not None and offset + most > upload.length:
        raise Problem("payload_too_large", limit=upload.length - offset)
    name, expected = _checksum(request)
    with tempfile.SpooledTemporaryFile(max_size=PIECE * 4) as apart:
        digest, size = hashlib.new(name), 0
        for piece in pieces_of(request):
            size += len(piece)
            if offset + size > upload.length:
                raise Problem("payload_too_large", limit=upload.length - offset)
            digest.update(piece)
            apart.write(piece)
        if digest.digest() != expected:
            raise Problem("checksum_mismatch")
        apart.seek(0)
        return uploads.append(upload, iter(lambda: apart.read(PIECE), b""), offset=offset, most=size)


def pieces_of(request: Request) -> Iterator[bytes]:
    """The body as it comes. A connection that is cut ends it: what came before stands."""
    plain: Any = request._request
    chunked = not plain.META.get("CONTENT_LENGTH") and plain.META.get("wsgi.input_terminated")
    read: Callable[[int], bytes] = plain.META["wsgi.input"].read if chunked else plain.read
    while True:
        try:
            piece = read(PIECE)
        except (UnreadablePostError, ConnectionError, TimeoutError):
            return
        if not piece:
            return
        yield piece


def _number(request: Request, name: str) -> int:
    value = request.META.get("HTTP_" + name.upper().replace("-", "_"), "")
    if not _NUMBER.fullmatch(value):
        raise _bad(name)
    return int(value)


def _metadata(request: Request) -> dict[str, str]:
    """`Upload-Metadata`: keys with values in base64, separated by commas."""
    text = request.META.get("HTTP_UPLOAD_METADATA", "")
    found: dict[str, str] = {}
    if len(text) > MOST_METADATA:
        raise _bad("Upload-Metadata")
    for pair in filter(None, map(str.strip, text.split(","))):
        key, _, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _bad("Upload-Metadata") from None
        if not key.isascii() or "\x00" in found[key]:
            raise _bad("Upload-Metadata")
    return found


def _written(metadata: dict[str, str]) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())


def _checksum(request: Request) -> tuple[str, bytes]:
    name, _, value = request.META["HTTP_UPLOAD_CHECKSUM"].strip().partition(" ")
    try:
        expected = base64.b64decode(value.strip(), validate=True)
    except binascii.Error:
        raise _bad("Upload-Checksum") from None
    if name not in ALGORITHMS or len(expected) != hashlib.new(name).digest_size:
        raise _bad("Upload-Checksum")
    return name, expected


def _expiry(upload: Upload) -> dict[str, str]:
    return {"Upload-Expires": http_date(upload.expires_at.timestamp())}


def _bad(name: str) -> Problem:
    return Problem("bad_header", errors=[FieldError("bad_header", pointer=name)])
