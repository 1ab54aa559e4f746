"""Planned stops and leave over HTTP; the verbs are in visits/stops.py and visits/leave.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.http.viewsets import CreateActs, EditActs, ListActs, ReadActs, RemoveActs, ScopedViewSet
from visits import filters, leave, stop_shapes, stops
from visits.leave import Days
from visits.models import Leave, PlannedStop


class StopViewSet(ListActs, ReadActs, CreateActs, EditActs, ScopedViewSet):
    """Planned stops by day and place in its order. PATCH moves one to another day of its month."""

    queryset = PlannedStop.objects.select_related("retailer")
    serializer_class = stop_shapes.StopOut
    filterset_class = filters.StopFilters
    in_serializers = {
        "create": stop_shapes.StopIn,
        "partial_update": stop_shapes.StopMoveIn,
        "drop": stop_shapes.StopDropIn,
        "miss_reason": stop_shapes.MissReasonIn,
    }
    needs = {
        "list": "visits.read",
        "retrieve": "visits.read",
        "create": stops.PLAN,
        "partial_update": stops.PLAN,
        "drop": stops.PLAN,
        "miss_reason": stops.PLAN,
    }
    problem_codes = ("stop_settled",)
    total_order = ("on_date", "position", "id")

    def make(self, data: dict[str, Any]) -> PlannedStop:
        retailer = data.pop("retailer")
        return stops.put(actor=self.actor, new=stops.NewStop(retailer_id=retailer.pk, **data))

    def change(self, row: PlannedStop, data: dict[str, Any]) -> PlannedStop:
        return stops.move(actor=self.actor, stop=row, to=data.get("on_date", row.on_date))

    @action(detail=True, methods=["post"])
    def drop(self, request: Request, pk: Any = None) -> Response:
        """The stop is off the plan, for a reason in words; no draft puts it back."""
        return self.told(stops.drop(actor=self.actor, stop=self.get_object(), **self.body()))

    @action(detail=True, methods=["post"], url_path="miss-reason")
    def miss_reason(self, request: Request, pk: Any = None) -> Response:
        """A missed stop gets its reason code."""
        return self.told(stops.say_why_missed(actor=self.actor, stop=self.get_object(), **self.body()))


class LeaveViewSet(ListActs, ReadActs, CreateActs, EditActs, RemoveActs, ScopedViewSet):
    """Days on which people do not visit: my own, and those of people at or under my units."""

    queryset = Leave.objects.select_related("person", "unit")
    serializer_class = stop_shapes.LeaveOut
    filterset_class = filters.LeaveFilters
    in_serializers = {"create": stop_shapes.LeaveIn, "partial_update": stop_shapes.LeaveEditIn}
    needs = {
        "list": "visits.read",
        "retrieve": "visits.read",
        "create": stops.PLAN,
        "partial_update": stops.PLAN,
        "destroy": stops.PLAN,
    }
    total_order = ("-during", "id")

    def make(self, data: dict[str, Any]) -> Leave:
        days = Days(data["first_day"], data["last_day"])
        person, unit = data["person"], data["unit"]
        return leave.enter(actor=self.actor, person_id=person.pk, unit_id=unit.pk, days=days, kind=data.get("kind", ""))

    def change(self, row: Leave, data: dict[str, Any]) -> Leave:
        last = row.during.upper - timedelta(days=1)
        days = Days(data.get("first_day", row.during.lower), data.get("last_day", last))
        return leave.change(actor=self.actor, leave=row, days=days, kind=data.get("kind", row.kind))

    def remove(self, row: Leave) -> None:
        leave.take_back(actor=self.actor, leave=row)
