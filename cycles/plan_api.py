"""Plans over HTTP: a territory's month by day with reasons, its capacity, a lost day, a shorter order; and fairness.

Composed from plan.py, capacity.py, replan.py, fairness.py; single stops are visits/stop_api.py.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.errors import Problem
from backend.http.views import ScopedView
from backend.language import is_english
from backend.models import Level, Unit
from backend.reach import require_unit, unit_for
from backend.scope import units_under, visible_to
from cycles import cadence, fairness, plan, plan_reading, plan_shapes, replan
from cycles.api import month_of_address
from cycles.queries import working_calendar
from market.boards.api import unit_out
from market.boards.shapes import BoardQuery
from retail.places import to_wgs84
from visits import route, stops
from visits.models import PlannedStop, Replan

READ = "visits.read"


class PlansView(ScopedView):
    """The plans of a unit's territories in numbers: what their shops need, what their days hold, what was done.

    Without `unit` the highest unit of mine, without `month` the running one; a month to come may be asked for too.
    """

    needs = {"get": READ}
    queries = {"get": BoardQuery}
    answers = {"get": plan_shapes.PlansOut}
    problem_codes = ("not_found",)

    @extend_schema(operation_id="plans_of_unit_retrieve")
    def get(self, request: Request) -> Response:
        unit = unit_for(self.actor, READ, self.asked.get("unit"))
        month = self.asked.get("month") or clock.month_of(clock.today())
        below = Unit.objects.filter(pk__in=units_under([unit.pk]), level=Level.TERRITORY)
        territories = {one.pk: one for one in below.filter(during__contains=month).order_by("code")}
        found = plan.summaries(month, territories)
        told = {
            "month": month,
            "unit": unit_out(unit),
            "plans": [
                {"territory": unit_out(territory), "summary": found[key], "capacity": found[key].capacity}
                for key, territory in territories.items()
            ],
        }
        return Response(plan_shapes.PlansOut(told).data)


class PlanView(ScopedView):
    """A territory's month: its days with their stops in order, each with the reasons for it, and its capacity."""

    needs = {"get": READ}
    queries = {"get": plan_shapes.PlanQuery}
    answers = {"get": plan_shapes.PlanOut}

    def get(self, request: Request, territory_id: int, month: str) -> Response:
        unit, first = _territory(self, territory_id), month_of_address(month)
        day = self.asked.get("day")
        summary = plan.summary(unit.pk, first)
        found = plan_reading.stops_of(self.actor, unit.pk, first, day)
        worked = [] if day else cadence.working_days(first, working_calendar())
        sentences = plan_reading.Sentences(found)
        told = {
            "territory": unit_out(unit),
            "month": first,
            "handed_in": plan.is_handed_in(unit.pk, first),
            "summary": summary,
            "capacity": summary.capacity,
            "days": [_day(one, sentences) for one in plan_reading.by_day(found, worked)],
        }
        return Response(plan_shapes.PlanOut(told).data)


class ReplanView(ScopedView):
    """A day was lost: its undone stops go to following days with room, nobody falls below once a month."""

    needs = {"post": stops.PLAN}
    in_serializers = {"post": plan_shapes.ReplanIn}
    answers = {"post": plan_shapes.ReplanOut}

    def post(self, request: Request, territory_id: int, month: str) -> Response:
        unit, first = _territory(self, territory_id, stops.PLAN), month_of_address(month)
        lost_on = self.body()["lost_on"]
        if clock.month_of(lost_on) != first:
            raise Problem("bad_date")
        made = replan.replan(actor=self.actor, territory_id=unit.pk, lost_on=lost_on)
        moves = [
            {"stop": m["stop"], "retailer": m["retailer"], "from_date": m["from"], "to_date": m["to"]}
            for m in made.moves
        ]
        left = plan_reading.undone(unit.pk, lost_on)
        told = {"id": made.pk, "lost_on": made.lost_on, "moves": moves, "left": left}
        return Response(plan_shapes.ReplanOut(told).data, status=201)


class UndoView(ScopedView):
    """A replan is taken back: each stop that nobody has changed since stands where it stood."""

    needs = {"post": stops.PLAN}
    in_serializers = {"post": plan_shapes.UndoIn}
    answers = {"post": plan_shapes.UndoOut}

    def post(self, request: Request, territory_id: int, month: str) -> Response:
        unit, first = _territory(self, territory_id, stops.PLAN), month_of_address(month)
        wanted = Replan.objects.filter(pk=self.body()["replan"], territory=unit, lost_on__year=first.year)
        made = visible_to(wanted.filter(lost_on__month=first.month), self.actor).first()
        if made is None:
            raise Problem("not_found")
        changed = replan.undo(actor=self.actor, made=made)
        return Response(plan_shapes.UndoOut({"id": made.pk, "changed_since": changed}).data)


class ReorderView(ScopedView):
    """A day's stops in the order given; without one, in a shorter one that keeps to shop hours, if there is any."""

    needs = {"post": stops.PLAN}
    in_serializers = {"post": plan_shapes.ReorderIn}
    answers = {"post": plan_shapes.OrderedOut}

    def post(self, request: Request, territory_id: int, month: str) -> Response:
        unit, first = _territory(self, territory_id, stops.PLAN), month_of_address(month)
        given = self.body()
        on: date = given["on_date"]
        if clock.month_of(on) != first:
            raise Problem("bad_date")
        require_unit(self.actor, stops.PLAN, unit.pk)
        before = plan_reading.stops_of(self.actor, unit.pk, first, on)
        order: list[UUID] = given.get("order") or [place.id for place in route.shorter(_places(before))]
        if order != [stop.pk for stop in before]:
            stops.reorder(actor=self.actor, territory_id=unit.pk, on=on, order=order)
        after = plan_reading.stops_of(self.actor, unit.pk, first, on)
        [day] = plan_reading.by_day(after, [on])
        told = {
            "day": _day(day, plan_reading.Sentences(after)),
            "before_m": round(route.length_m(_places(before))),
            "after_m": round(route.length_m(_places(after))),
        }
        return Response(plan_shapes.OrderedOut(told).data)


class FairnessBoard(ScopedView):
    """Visits a shop, and days until needs and promises are answered, by size and terminal type; and how even they are.

    Without `unit` the highest unit of mine, without `month` the running one.
    """

    needs = {"get": "boards.read"}
    queries = {"get": BoardQuery}
    answers = {"get": plan_shapes.FairnessOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit = unit_for(self.actor, "boards.read", self.asked.get("unit"))
        month = self.asked.get("month") or clock.month_of(clock.today())
        found, kpi = fairness.groups(unit.pk, month), fairness.EVENNESS
        told = {
            "unit": unit_out(unit),
            "month": month,
            "kpi": {
                "kpi": kpi.id,
                "version": kpi.version,
                "name": kpi.name_en if is_english() else kpi.name,
                "unit": kpi.unit,
                "formula": kpi.formula,
            },
            "value": fairness.evenness(found),
            "groups": found,
        }
        return Response(plan_shapes.FairnessOut(told).data)


def _territory(view: ScopedView, territory_id: int, capability: str = READ) -> Unit:
    """The territory of the address, within reach; a unit above the territories has no plan of its own."""
    unit = unit_for(view.actor, capability, territory_id)
    if unit.level != Level.TERRITORY:
        raise Problem("not_found")
    return unit


def _day(day: plan_reading.Day, sentences: plan_reading.Sentences) -> dict[str, Any]:
    return {
        "on_date": day.on_date,
        "is_working": day.is_working,
        "stops": [
            {
                "id": stop.pk,
                "retailer": stop.retailer,
                "position": stop.position,
                "state": stop.state,
                "miss_reason": stop.miss_reason,
                "words": stop.words,
                "visit": stop.visit_id,
                "is_own": stop.is_own,
                "version": stop.version,
                "reasons": sentences.of(stop),
            }
            for stop in day.stops
        ],
    }


def _places(found: list[PlannedStop]) -> list[route.Place]:
    places = []
    for stop in found:
        shop = stop.retailer
        point = None if shop.lon is None or shop.lat is None else to_wgs84(shop.lon, shop.lat, shop.datum)
        places.append(route.Place(stop.pk, point, shop.opens_at, shop.closes_at))
    return places
