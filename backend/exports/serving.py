"""The bytes of an export's file, whole or from where a download broke off, at the signed address; see store.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from backend import clock
from backend.errors import Problem
from backend.exports import store
from backend.models import Export

PIECE = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@require_safe
def export_file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """For whoever holds an address that was given out less than five minutes ago; one range of bytes where it is asked
    for (RFC 9110). Problems not_found, export_link_expired, export_expired, export_range. One query."""
    store.check(pk, request.GET.get("key", ""))
    export = Export.objects.filter(pk=pk).first()
    if export is None:
        raise Problem("not_found")
    if export.state != Export.State.READY or (export.expires_at and export.expires_at <= clock.now()):
        raise Problem("export_expired")
    size, etag = export.size_bytes or 0, f'"{bytes(export.sha256 or b"").hex()}"'
    first, last = _asked(request, size, etag)
    whole = (first, last) == (0, size - 1)
    source = store.opened(export.name)
    source.seek(first)
    answer = StreamingHttpResponse(
        _pieces(source, last - first + 1),
        status=200 if whole else 206,
        content_type=store.MEDIA[export.format],  # type: ignore[index]
    )
    if not whole:
        answer.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    answer.headers["Content-Length"] = str(last - first + 1)
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["ETag"] = etag
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Disposition"] = f'attachment; filename="{store.file_name(export)}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _asked(request: HttpRequest, size: int, etag: str) -> tuple[int, int]:
    """First and last byte. What cannot be understood, several ranges, or a range of another file: the whole."""
    whole = 0, size - 1
    found = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if found is None or request.headers.get("If-Range", etag) != etag:
        return whole
    start, end = found[1], found[2]
    if not start and not end:
        return whole
    if not start:
        first, last = max(size - int(end), 0), size - 1
        is_there = int(end) > 0 and size > 0
    else:
        first, last = int(start), min(int(end), size - 1) if end else size - 1
        if end and int(end) < first:
            return whole
        is_there = first < size
    if not is_there:
        raise Problem("export_range", headers={"Content-Range": f"bytes */{size}"})
    return first, last


def _pieces(source: IO[Any], left: int) -> Iterator[bytes]:
    with source:
        while left > 0 and (piece := source.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
