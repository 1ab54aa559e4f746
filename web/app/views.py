"""The answers under /app/: the page of the app, its service worker, and how to build them where they are not."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
def page(request: HttpRequest, path: str = "") -> HttpResponse:
    """The page of the app, the same for everybody and every path: what it shows comes from the phone's own store.
    503 with the command that builds it, where it was not built."""
    built = _built()
    with translation.override("zh-hans"):
        if built is None:
            return render(request, "app/unbuilt.html", status=503)
        return render(request, "app/page.html", {"built": built})


@require_safe
@never_cache
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, under /app/ because that is what it may serve; 404 where it was not built."""
    found = finders.find("phone/sw.js")
    if not isinstance(found, str):
        raise Http404
    return HttpResponse(Path(found).read_bytes(), content_type="text/javascript; charset=utf-8")


def _built() -> dict[str, Any] | None:
    """What `python -m config.faces` wrote of the phone app; None before."""
    found = finders.find("phone/built.json")
    return _read(found, Path(found).stat().st_mtime_ns) if isinstance(found, str) else None


@lru_cache(maxsize=1)
def _read(path: str, written_at: int) -> dict[str, Any]:
    """Read anew when it is written anew."""
    told: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return told
