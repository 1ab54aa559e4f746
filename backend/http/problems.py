"""Every refusal as a problem document (RFC 9457), in the reader's language; used by the edge, by DRF and by pages.

On API paths the answer is application/problem+json whatever refused: a verb, the framework, the router, the database.
On pages the same problem is shown as a small page.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.core.signals import got_request_exception
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.shortcuts import render
from django.utils import translation
from rest_framework import exceptions as drf

from backend import audit
from backend.errors import FieldError, Problem, catalogue, kind, known

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
API_PREFIXES = ("/api/", "/sync/", "/uploads")
PAGES_UNDER_API = ("/api/docs",)
_BY_STATUS = {
    400: "bad_request",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "payload_too_large",
    415: "unsupported_media_type",
    429: "too_many_attempts",
    500: "internal_error",
    503: "unavailable",
}


def is_api(request: HttpRequest) -> bool:
    """Whether the path answers programs (problem documents) rather than people (pages)."""
    path = request.path_info
    return path.startswith(API_PREFIXES) and not path.startswith(PAGES_UNDER_API)


def language_of(request: HttpRequest) -> str:
    """zh-hans unless the request asks for English."""
    return translation.get_language_from_request(request)


def answer(problem: Problem, request: HttpRequest) -> HttpResponse:
    """The HTTP answer to a refused request: a document on API paths, a page elsewhere."""
    language = language_of(request)
    document = {
        **problem.document(language),
        "instance": request.path,
        "request_id": audit.request_id.get(),
    }
    response: HttpResponse
    if is_api(request):
        body = json.dumps(document, ensure_ascii=False, default=str).encode()
        response = HttpResponse(body, status=problem.status, content_type=CONTENT_TYPE)
    else:
        with translation.override(language):
            told = {"problem": document, "again": problem.document("en" if language == "zh-hans" else "zh-hans")}
            response = render(request, "backend/problem.html", told, status=problem.status)
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "private, no-store"  # what is not there today may be hers tomorrow
    for name, value in problem.headers.items():
        response.headers[name] = value
    if problem.code == "unavailable":
        response.headers.setdefault("Retry-After", str(random.randint(2, 10)))  # jitter: phones must not return at once
    return response


def handler(exc: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """DRF's exception handler: nothing that a view raises leaves as anything but a problem document."""
    request: HttpRequest = context["request"]._request
    response = answer(problem_of(exc) or _unexpected(exc, request), request)
    view = context.get("view")
    if response.status_code == 405 and view is not None:
        response.headers["Allow"] = ", ".join(view.allowed_methods)
    return response


def from_exception(exc: Exception, request: HttpRequest) -> HttpResponse | None:
    """For the edge: what a plain Django view raised. None leaves a page's own 404 and faults to Django."""
    problem = problem_of(exc)
    if problem is None:
        return answer(_unexpected(exc, request), request) if is_api(request) else None
    return answer(problem, request)


def as_document(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    """An API answer that Django refused by itself (unknown route, bad host) becomes a document like all others."""
    told = response.headers.get("Content-Type", "")
    if response.status_code < 400 or told.startswith(CONTENT_TYPE):
        return response
    code = _BY_STATUS.get(response.status_code, "bad_request" if response.status_code < 500 else "internal_error")
    fresh = answer(Problem(code), request)
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in response.headers:
            fresh.headers[name] = response.headers[name]
    return fresh


def problem_of(exc: BaseException) -> Problem | None:
    """The problem that an exception stands for; None when it is a defect of ours."""
    match exc:
        case Problem():
            return exc
        case drf.APIException():
            return _from_drf(exc)
        case Http404() | ObjectDoesNotExist():
            return Problem("not_found")
        case PermissionDenied():
            return Problem("forbidden")
        case ValidationError():
            return Problem("invalid", errors=_from_model(exc))
        case RequestDataTooBig():
            return Problem("payload_too_large")
        case SuspiciousOperation() | UnreadablePostError():
            return Problem("bad_request")
        case OperationalError() | InterfaceError():
            log.warning("the database did not answer", exc_info=exc)
            return Problem("unavailable")
        case IntegrityError():
            log.warning("a constraint refused what no verb refused", exc_info=exc)
            return Problem("conflict")
        case DataError():
            log.warning("the database refused a value that validation let pass", exc_info=exc)
            return Problem("invalid")
    return None


def _unexpected(exc: Exception, request: HttpRequest) -> Problem:
    log.error("unexpected %s at %s", type(exc).__name__, request.path, exc_info=exc)
    got_request_exception.send(sender=None, request=request)  # error reporters and the test client listen here
    return Problem("internal_error")


def _from_drf(exc: drf.APIException) -> Problem:
    match exc:
        case drf.ValidationError():
            return Problem("invalid", errors=list(pointers(exc.detail)))
        case drf.ParseError():
            return Problem("malformed_json")
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            header = getattr(exc, "auth_header", None)
            return Problem("not_authenticated", headers={"WWW-Authenticate": header} if header else None)
        case drf.Throttled():
            return Problem("too_many_attempts", headers={"Retry-After": str(int(getattr(exc, "wait", None) or 1))})
    return Problem(_BY_STATUS.get(exc.status_code, "bad_request"))


def pointers(detail: Any, at: str = "") -> Iterator[FieldError]:
    """Flattens DRF's nested validation errors into one entry per fault, each with its JSON pointer."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else "/" + str(name).replace("~", "~0").replace("/", "~1")
            yield from pointers(inner, at + step)
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list | tuple)
            yield from pointers(inner, f"{at}/{index}" if nested else at)
    else:
        code = getattr(detail, "code", "invalid")
        message, message_en = (str(detail), "") if not known(code) else (kind(code).title_zh, kind(code).title_en)
        yield FieldError(code=code, message=message, message_en=message_en, pointer=at)


def _from_model(exc: ValidationError) -> list[FieldError]:
    if hasattr(exc, "error_dict"):
        found = {("" if name == "__all__" else f"/{name}"): errors for name, errors in exc.error_dict.items()}
    else:
        found = {"": exc.error_list}
    return [
        FieldError(code=error.code or "invalid", message=message, pointer=at)
        for at, errors in found.items()
        for error in errors
        for message in error.messages
    ]


# -- pages -------------------------------------------------------------------------------------------------------------


def about(request: HttpRequest, code: str) -> HttpResponse:
    """/problems/<code>: what a code means, in both languages. Public."""
    if not known(code):
        raise Http404
    return render(request, "backend/problem_kinds.html", {"kinds": [kind(code)]})


def index(request: HttpRequest) -> HttpResponse:
    """/problems: the whole catalogue. Public."""
    return render(request, "backend/problem_kinds.html", {"kinds": catalogue()})


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(Problem("bad_request"), request)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(Problem("forbidden"), request)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(Problem("not_found"), request)


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(Problem("internal_error"), request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(Problem("csrf_failed"), request)
