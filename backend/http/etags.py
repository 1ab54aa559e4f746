"""Versions on the wire: ETag on single reads, If-Match on edits, 304 when nothing changed; the viewsets call it.

The tag holds the row (key and version) and the bytes that were sent: a reader's copy is compared whole, an edit only by
its row, because a neighbour's new name is no reason to refuse it.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

from django.db.models import Model
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from backend.errors import Problem

_TAG = re.compile(r'(W/)?"([^"]*)"')


def row_tag(row: Model) -> str:
    """Key and version of a row: the part of its ETag that an edit must know."""
    key = blake2b(f"{row._meta.label_lower}:{row.pk}".encode(), digest_size=6).hexdigest()
    return f"{key}.{getattr(row, 'version', 0)}"


def tag(row: Model, data: Any) -> str:
    """The strong ETag of a row as it was serialized."""
    sent = blake2b(JSONRenderer().render(data), digest_size=6).hexdigest()
    return f'"{row_tag(row)}.{sent}"'


def told(request: Request, row: Model, data: Any, status: int = 200) -> Response:
    """The answer for one row with its ETag; 304 without a body when a GET named the same tag in If-None-Match."""
    current = tag(row, data)
    wanted = request.META.get("HTTP_IF_NONE_MATCH", "")
    if request.method in {"GET", "HEAD"} and (wanted.strip() == "*" or current.strip('"') in _tags(wanted)):
        return Response(status=304, headers={"ETag": current})
    return Response(data, status=status, headers={"ETag": current})


def require(request: Request, row: Model) -> None:
    """Lets an edit of the row pass. Problems precondition_required without If-Match, stale_version for an older one.

    Called with the row locked, or two edits of one version could both pass.
    """
    given = request.META.get("HTTP_IF_MATCH", "").strip()
    if not given:
        raise Problem("precondition_required")
    if given != "*" and row_tag(row) not in {tag.rpartition(".")[0] for tag in _tags(given, strong=True)}:
        raise Problem("stale_version")


def _tags(header: str, *, strong: bool = False) -> set[str]:
    return {found[2] for found in _TAG.finditer(header) if not (strong and found[1])}
