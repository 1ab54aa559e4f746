"""The edge: the first and last hand on every request. config.settings lists it before all other middleware.

It gives the request its id, refuses text that no route may see, makes every refusal on API paths a problem document,
and marks API answers as private.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.cache import patch_vary_headers

from backend import audit, maintenance, metrics
from backend.errors import Problem
from backend.http import problems
from backend.ids import uuid7

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_UNFIT_IN_PATH = re.compile("[\x00\ud800-\udfff]|%[89A-Fa-f]")  # Django has written bytes that are no UTF-8 as %FF
_UNFIT_IN_HEADER = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


class Edge:
    """Outermost middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        request_id = _request_id(request)
        token = audit.request_id.set(request_id)
        try:
            response = self._answer(request)
        finally:
            audit.request_id.reset(token)
        response.headers["X-Request-Id"] = request_id
        metrics.observe(request, response.status_code, time.perf_counter() - started)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if not all(map(_fit, _texts(request))):
            response = _refused(Problem("invalid_text"), request)
        elif refused := maintenance.refusal(request.path_info):
            response = _refused(refused, request)
        else:
            response = self.get_response(request)
        if problems.is_api(request):
            response = problems.as_document(response, request)
            response.headers.setdefault("Cache-Control", "private, no-store")
            patch_vary_headers(response, ("Accept", "Accept-Language", "Authorization", "Cookie"))
        return response

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        """Plain Django views (pages, health) may raise a Problem too; DRF's are answered before they come here."""
        return problems.from_exception(exc, request)


class SecureCookies:
    """What came over TLS sets cookies for TLS only, also where plain http is served beside it (LAN=1)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response


def _refused(problem: Problem, request: HttpRequest) -> HttpResponse:
    """The refusal with the headers that every other answer gets further in: nothing leaves without its policy."""
    response = problems.answer(problem, request)
    for layer in (CSPMiddleware, XFrameOptionsMiddleware, SecurityMiddleware):
        layer(lambda _request: response).process_response(request, response)
    return response


def _request_id(request: HttpRequest) -> str:
    """The caller's id when it is sane, else one of ours; put back so that the log line carries the same."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    found = given if _SANE_ID.fullmatch(given) else str(uuid7())
    request.META["HTTP_X_REQUEST_ID"] = found
    return found


def _texts(request: HttpRequest) -> Iterator[tuple[re.Pattern[str], bytes | str]]:
    """Everything textual before the body: path, query, headers; as bytes where the server hands over bytes."""
    for name, value in request.META.items():
        if not isinstance(value, str):
            continue
        if name == "PATH_INFO":
            yield _UNFIT_IN_PATH, value
        elif name == "QUERY_STRING":
            yield _UNFIT, unquote_to_bytes(value.encode("latin-1", "replace"))
        elif name.startswith("HTTP_") or name == "CONTENT_TYPE":
            yield _UNFIT_IN_HEADER, _raw(value)


def _raw(value: str) -> bytes | str:
    """WSGI hands bytes over as latin-1 text (PEP 3333); text beyond that was decoded by the server already."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value


def _fit(item: tuple[re.Pattern[str], bytes | str]) -> bool:
    unfit, value = item
    try:
        text = value.decode("utf-8") if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return False
    return unfit.search(text) is None
