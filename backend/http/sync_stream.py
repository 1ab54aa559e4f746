"""The event stream's addresses where Django answers them itself: 501. The door (backend/door/) serves them before that.

Without the door (`manage.py runserver`, a bare gunicorn) phones pull at intervals; docs/sync.md says so.
"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from backend import feeds, streams
from backend.errors import Problem
from backend.http.serializers import OutSerializer, StrictSerializer
from backend.http.views import ScopedView
from backend.scope import OFFICE, TERRITORY

_EVENTS = {(200, "text/event-stream"): {"type": "string", "description": "`data: {documents, checkpoint}` per event."}}


class StreamsQuery(StrictSerializer):
    collections = serializers.CharField(max_length=2_000, help_text="plan/1,visits/1: which feeds the stream carries.")


class EventsOut(OutSerializer):
    """A text/event-stream; told to the API's description by the views."""


class PullStreamView(ScopedView):
    """Server-sent events: each page of a collection as it becomes new. Served by the public port only."""

    needs = {"get": None}
    answers = {"get": EventsOut}
    problem_codes = ("not_streamed",)

    @extend_schema(responses=_EVENTS)
    def get(self, request: Request, collection: str, version: int) -> None:
        if (feed := feeds.feed(collection, version)) is None:
            raise Problem("not_found" if streams.holds_any(self.actor) else "forbidden")
        if not self.actor.units(feed.capability, levels=(OFFICE, TERRITORY)):
            raise Problem("forbidden")
        raise Problem("not_streamed")


class ManyStreamView(ScopedView):
    """The same for several collections over one connection; each event is named `<collection>/<version>`."""

    needs = {"get": None}
    queries = {"get": StreamsQuery}
    answers = {"get": EventsOut}
    problem_codes = ("not_streamed",)

    @extend_schema(responses=_EVENTS)
    def get(self, request: Request) -> None:
        raise Problem("not_streamed")
