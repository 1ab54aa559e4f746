"""Refusals that the door answers itself, in the form of all others: problem documents, or a small page for people.

Used by backend/door/. The codes and words are those of backend/errors.py.
"""

from __future__ import annotations

import json
import random
from html import escape

import structlog
from aiohttp.web import BaseRequest, Response

from backend.errors import Problem

log = structlog.get_logger(__name__)
API_PATHS = ("/api/", "/sync/", "/uploads")
NO_HTTP = "UNKNOWN"  # what aiohttp calls the method of a request that it cannot read
NAME = "field135"  # as Server: not which software of which version


def busy(*, at_least: int = 2, at_most: int = 15) -> Problem:
    """503 with a Retry-After that differs from phone to phone."""
    return Problem("unavailable", headers={"Retry-After": str(random.randint(at_least, at_most))})


def answer(problem: Problem, request: BaseRequest, request_id: str) -> Response:
    """The HTTP answer to a refused request. The connection ends where its body was not taken in whole."""
    language = "en" if _prefers_english(request.headers.get("Accept-Language", "")) else "zh-hans"
    path = request.path
    document = {**problem.document(language), "instance": path, "request_id": request_id}
    if path.startswith(API_PATHS) or request.method == NO_HTTP:
        body, kind = json.dumps(document, ensure_ascii=False, default=str).encode(), "application/problem+json"
    else:
        body, kind = _page(document).encode(), "text/html; charset=utf-8"
    response = Response(status=problem.status, body=body)
    response.headers["Content-Type"] = kind
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Request-Id"] = request_id
    response.headers["Server"] = NAME
    for name, value in problem.headers.items():
        response.headers[name] = value
    if request.can_read_body and not request.content.is_eof():
        response.force_close()
    log.info("request_refused", code=problem.status, problem=problem.code, request=f"{request.method} {path}")
    return response


def _prefers_english(told: str) -> bool:
    """The first language of the header that we have; quality values are in order in every browser's header."""
    for part in told.lower().split(","):
        tag = part.split(";")[0].strip()
        if tag.startswith(("zh", "en")):
            return tag.startswith("en")
    return False


def _page(document: dict[str, object]) -> str:
    title, detail = escape(str(document.get("title", ""))), escape(str(document.get("detail", "")))
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><p>{detail}</p></body></html>"
    )
