"""The wire of phones: RxDB's HTTP replication at /sync/<collection>/<version>/pull and push; rules in docs/sync.md.

A view knows no collection: feeds are registered by their apps (backend/feeds.py), what is new is found by
backend/streams.py, what is pushed is judged by backend/pushing.py and taken by the feed's own verb.
"""

from __future__ import annotations

import gzip
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from backend import clock, feeds, pushing, streams
from backend.errors import Problem
from backend.feeds import Feed, Sent
from backend.http import jsonbody
from backend.http.serializers import OutSerializer, StrictSerializer
from backend.http.views import ScopedView

LARGEST_NUMBER = 2**63 - 1
WORTH_PACKING = 1024  # bytes
CLOCK_YEARS = range(1971, 2199)  # of a phone's clock: others cannot be calculated with, nor stored


class PullQuery(StrictSerializer):
    lwt = serializers.IntegerField(min_value=0, max_value=LARGEST_NUMBER, help_text="Of the checkpoint; 0 at first.")
    id = serializers.CharField(allow_blank=True, max_length=64_000, help_text="Of the checkpoint; empty at first.")
    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=streams.LARGEST_PAGE, help_text=f"Default {streams.PAGE}."
    )


class CheckpointOut(OutSerializer):
    id = serializers.CharField(help_text="Opaque; give it back as it is.")
    lwt = serializers.IntegerField()


class PulledOut(OutSerializer):
    documents = serializers.ListField(
        child=serializers.DictField(), help_text="Each with `id` and `_deleted`; of a deleted one nothing else."
    )
    checkpoint = CheckpointOut()


class ConflictsOut(OutSerializer):
    """An array of documents; told to the API's description by the view."""


class RowIn(StrictSerializer):
    """Read by backend/pushing.py; this names it in the API's description."""


_DOCUMENT = {"type": "object", "additionalProperties": True}
_ROWS = {
    "type": "array",
    "maxItems": pushing.MAX_ROWS,
    "items": {
        "type": "object",
        "required": ["newDocumentState"],
        "properties": {"assumedMasterState": _DOCUMENT, "newDocumentState": _DOCUMENT},
        "additionalProperties": False,
    },
}


class PullView(ScopedView):
    """What is new since a checkpoint, in the order of commits. A page shorter than `limit` is the last one."""

    needs = {"get": None}  # the feed names its capability; held at a territory or a market office
    queries = {"get": PullQuery}
    answers = {"get": PulledOut}
    may_be_empty = frozenset({"id"})

    def get(self, request: Request, collection: str, version: int) -> HttpResponse:
        feed = _feed(collection, version, may_ask=streams.holds_any(self.actor))
        limit = self.asked.get("limit") or streams.PAGE
        page = streams.page(feed, self.actor, self.asked["id"], limit=limit)
        if page.is_new:
            return _answer(request._request, page.encoded())
        return _answer(request._request, streams.Page([], self.asked["id"], self.asked["lwt"]).encoded())


class PushView(ScopedView):
    """Documents made or changed on the phone. Always 200 for rows: the answer holds the current documents of those
    that conflict, and only those; what was refused comes back as a `sync_issues` document."""

    needs = {"post": None}  # as above, also after the position ended: the feed's verb judges each row by its date
    in_serializers = {"post": RowIn}
    answers = {"post": ConflictsOut}
    without_key = frozenset({"post"})
    accepts_ended_devices = True
    problem_codes = ("too_many_items",)

    @extend_schema(
        request={"application/json": _ROWS},
        responses={(200, "application/json"): {"type": "array", "items": _DOCUMENT}},
    )
    def post(self, request: Request, collection: str, version: int) -> HttpResponse:
        feed = _feed(collection, version, may_ask=streams.has_ever_held(self.actor))
        if feed.push is None or not streams.has_ever_held(self.actor, feed.capability):
            raise Problem("forbidden")
        rows = jsonbody.decode_list(jsonbody.json_body(request), pushing.MAX_ROWS)
        sent = Sent(clock.now(), _sent_at(request), getattr(request.auth, "ended_at", None))
        conflicts = pushing.take(feed, self.actor, rows, sent)
        return _answer(request._request, f"[{','.join(conflicts)}]".encode())


def _feed(collection: str, version: int, *, may_ask: bool) -> Feed:
    """The feed of the address. not_found, or forbidden to somebody who holds no stream of any."""
    if (found := feeds.feed(collection, version)) is None:
        raise Problem("not_found" if may_ask else "forbidden")
    return found


def _sent_at(request: Request) -> datetime | None:
    """X-Sent-At, the phone's clock; None when it is absent, not a moment with a zone, or of a year that no clock shows:
    nothing is refused for it."""
    try:
        found = parse_datetime(request.headers.get("X-Sent-At", ""))
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None and found.year in CLOCK_YEARS else None


def _answer(request: HttpRequest, body: bytes) -> HttpResponse:
    """The body, packed when the phone takes that. Documents of a kind repeat their words: the fastest level leaves a
    tenth, and more would cost more than the query."""
    packed = len(body) >= WORTH_PACKING and "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(gzip.compress(body, 1, mtime=0) if packed else body, content_type="application/json")
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ("Accept-Encoding",))
    return response
