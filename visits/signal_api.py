"""Signals, doubtful visits and proposed points over HTTP; the verbs are in signalling.py, checkin.py and points.py."""

from __future__ import annotations

from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.http.views import ScopedView
from backend.http.viewsets import ListActs, ReadActs, ScopedViewSet
from visits import checkin, earlier, follow_filters, follow_shapes, points, signalling
from visits.models import PointProposal, PresenceVerdict, Signal


class SignalViewSet(ListActs, ReadActs, ScopedViewSet):
    """What somebody should look at, newest first, each with its reason. Its author answers, a manager decides."""

    queryset = Signal.objects.select_related("retailer", "person")
    serializer_class = follow_shapes.SignalOut
    filterset_class = follow_filters.SignalFilters
    in_serializers = {"answer": follow_shapes.AnswerIn, "decide": follow_shapes.DecideIn}
    needs = {"list": "visits.read", "retrieve": "visits.read", "answer": "visits.record", "decide": signalling.VERIFY}
    total_order = ("-raised_at", "-id")

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        earlier.tell(self.actor, page or ())
        return page

    def out(self, row: Signal) -> Any:
        earlier.tell(self.actor, [row])
        return super().out(row)

    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: Any = None) -> Response:
        """The account manager whose visit it is says how it came."""
        text = self.body()["answer"]
        return self.told(signalling.answer(actor=self.actor, signal=self.get_object(), text=text))

    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: Any = None) -> Response:
        """Taken as explained, or found to be as signalled, with words. Nothing else follows."""
        said = self.body()
        accepted, text = said["decision"] == "accepted", said.get("words", "")
        return self.told(signalling.decide(actor=self.actor, signal=self.get_object(), accepted=accepted, text=text))


class VerdictViewSet(ListActs, ScopedViewSet):
    """Who decided about which doubtful visit, newest first."""

    queryset = PresenceVerdict.objects.select_related("decided_by")
    serializer_class = follow_shapes.VerdictOut
    filterset_fields = ["visit_id", "retailer", "presence"]
    needs = {"list": "visits.read"}
    total_order = ("-decided_at", "visit_id")


class VerifyView(ScopedView):
    """Decide about visits whose place is to be verified, up to 200 at once, all or none."""

    needs = {"post": checkin.VERIFY}
    in_serializers = {"post": follow_shapes.VerifyIn}
    answers = {"post": follow_shapes.VerifiedOut}
    problem_codes = ("not_to_verify",)

    def post(self, request: Request) -> Response:
        said = self.body()
        held = checkin.verify(
            actor=self.actor,
            visit_ids=said["visits"],
            valid=said["presence"] == PresenceVerdict.Word.VALID,
            text=said.get("words", ""),
        )
        return Response(follow_shapes.VerifiedOut({"results": held}).data)


class PointViewSet(ListActs, ReadActs, ScopedViewSet):
    """Points that visits propose for shops without one, newest first. A manager confirms or rejects."""

    queryset = PointProposal.objects.select_related("retailer", "person")
    serializer_class = follow_shapes.PointOut
    filterset_class = follow_filters.PointFilters
    in_serializers = {"confirm": follow_shapes.ConfirmPointIn, "reject": follow_shapes.RejectPointIn}
    needs = {
        "list": "visits.read",
        "retrieve": "visits.read",
        "confirm": points.VERIFY,
        "reject": points.VERIFY,
    }
    total_order = ("-proposed_at", "-id")

    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: Any = None) -> Response:
        """The shop is where the visit was."""
        text = self.body().get("words", "")
        return self.told(points.confirm(actor=self.actor, proposal=self.get_object(), text=text))

    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: Any = None) -> Response:
        """The shop is not there; the next visit with a fix proposes."""
        text = self.body()["words"]
        return self.told(points.reject(actor=self.actor, proposal=self.get_object(), text=text))
