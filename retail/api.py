"""The retailer's file over HTTP: one viewset per noun; verbs are in the file of their name, shapes in shapes.py."""

from __future__ import annotations

from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.http.viewsets import CreateActs, EditActs, ListActs, ReadActs, RemoveActs, ScopedViewSet
from retail import assignment, classes, contacts, filters, needs, promises, queries, registering, requests, shapes
from retail.models import Assignment, Classification, Contact, Need, Promise, Retailer


class RetailerViewSet(ListActs, ReadActs, CreateActs, EditActs, ScopedViewSet):
    """Shops with their classes and territory of a day."""

    queryset = Retailer.objects.all()
    serializer_class = shapes.RetailerOut
    filterset_class = filters.RetailerFilters
    in_serializers = {
        "create": shapes.RegisterIn,
        "partial_update": shapes.ShopIn,
        "reclassify": shapes.ReclassifyIn,
    }
    answers = {"reclassify": shapes.ClassificationOut}
    needs = {
        "list": "retail.read",
        "retrieve": "retail.read",
        "create": "retail.assign",
        "partial_update": "retail.edit",
        "reclassify": "retail.edit",
    }
    total_order = ("code",)
    orderings = {"code": ("code",), "name": ("name", "code"), "-opened_on": ("-opened_on", "code")}

    def out(self, row: Retailer) -> Any:
        """With the classes and the territory of today."""
        return super().out(queries.retailers_on(clock.today()).get(pk=row.pk))

    def make(self, data: dict[str, Any]) -> Retailer:
        parts = {name: data.pop(name) for name in ("classes", "territory", "from_date")}
        return registering.register(actor=self.actor, new=registering.Registration(shop=data, **parts))

    def change(self, row: Retailer, data: dict[str, Any]) -> Retailer:
        return registering.edit(actor=self.actor, retailer=row, values=data, on=clock.today())

    @action(detail=True, methods=["post"])
    def reclassify(self, request: Request, pk: Any = None) -> Response:
        """The shop is of other classes, or in another state, from a day on; the days before keep theirs."""
        row = classes.reclassify(actor=self.actor, retailer=self.get_object(), **self.body())
        return Response(shapes.ClassificationOut(row, context=self.get_serializer_context()).data)


class ClassificationViewSet(ListActs, ScopedViewSet):
    """Classes and states of shops, from-to."""

    queryset = Classification.objects.all()
    serializer_class = shapes.ClassificationOut
    filterset_class = filters.ClassificationFilters
    needs = {"list": "retail.read"}
    total_order = ("retailer_id", "id")


class AssignmentViewSet(ListActs, ScopedViewSet):
    """Which shop belongs to which territory, from-to."""

    queryset = Assignment.objects.select_related("territory")
    serializer_class = shapes.AssignmentOut
    filterset_class = filters.AssignmentFilters
    in_serializers = {"create": shapes.AssignIn, "transfer": shapes.TransferIn}
    answers = {"create": shapes.MovedOut, "transfer": shapes.MovedOut}
    needs = {"list": "retail.read", "create": "retail.assign", "transfer": "retail.assign"}
    total_order = ("retailer_id", "id")
    problem_codes = ("backdated",)

    def create(self, request: Request) -> Response:
        """Shops without a territory belong to one from a day on."""
        return self._moved(assignment.assign(actor=self.actor, move=self._move()))

    @action(detail=False, methods=["post"])
    def transfer(self, request: Request) -> Response:
        """Shops go to another territory from a day on, today at the earliest."""
        return self._moved(assignment.transfer(actor=self.actor, move=self._move()))

    def _move(self) -> assignment.Move:
        given = self.body()
        return assignment.Move(
            retailer_ids=given["retailers"],
            to_territory=given["to_territory"],
            from_date=given["from_date"],
            from_territory_id=given.get("from_territory"),
            reason=given.get("reason", ""),
        )

    def _moved(self, count: int) -> Response:
        return Response(shapes.MovedOut({"moved": count}).data)


class ContactViewSet(ListActs, ReadActs, CreateActs, EditActs, RemoveActs, ScopedViewSet):
    """People at a shop whom one can reach."""

    queryset = Contact.objects.all()
    serializer_class = shapes.ContactOut
    filterset_class = filters.ContactFilters
    in_serializers = {"create": shapes.ContactIn, "partial_update": shapes.ContactEditIn}
    needs = {
        "list": "retail.read",
        "retrieve": "retail.read",
        "create": "retail.edit",
        "partial_update": "retail.edit",
        "destroy": "retail.edit",
    }
    total_order = ("retailer_id", "name", "id")

    def make(self, data: dict[str, Any]) -> Contact:
        return contacts.add(actor=self.actor, retailer_id=data.pop("retailer").pk, values=data)

    def change(self, row: Contact, data: dict[str, Any]) -> Contact:
        return contacts.edit(actor=self.actor, contact=row, values=data)

    def remove(self, row: Contact) -> None:
        contacts.remove(actor=self.actor, contact=row)


class NeedViewSet(ListActs, ReadActs, CreateActs, EditActs, ScopedViewSet):
    """What retailers need, open until closed with an outcome. Posts of a department see what is routed to it."""

    queryset = Need.objects.all()
    serializer_class = shapes.NeedOut
    filterset_class = filters.NeedFilters
    in_serializers = {
        "create": shapes.NeedIn,
        "partial_update": shapes.NeedEditIn,
        "close": shapes.OutcomeIn,
        "route": shapes.RouteIn,
        "take": shapes.NoFieldsIn,
        "reply": shapes.ReplyIn,
    }
    needs = {
        "list": "retail.read",
        "retrieve": "retail.read",
        "create": "retail.edit",
        "partial_update": "retail.edit",
        "close": "retail.edit",
        "route": "retail.edit",
        "take": requests.ANSWER,
        "reply": requests.ANSWER,
    }
    problem_codes = ("not_routed_to_you",)
    total_order = ("-raised_on", "id")

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows if self.act == "list" else rows.prefetch_related("replies__person", "events__person")

    def get_serializer_class(self) -> Any:
        return shapes.NeedOut if self.act == "list" else shapes.NeedWholeOut

    def make(self, data: dict[str, Any]) -> Need:
        return needs.raise_need(actor=self.actor, new=needs.NewNeed(**data))

    def change(self, row: Need, data: dict[str, Any]) -> Need:
        return needs.edit_need(actor=self.actor, need=row, values=data)

    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: Any = None) -> Response:
        """The need is closed, with what came of it."""
        return self.told(needs.close_need(actor=self.actor, need=self.get_object(), **self.body()))

    @action(detail=True, methods=["post"])
    def route(self, request: Request, pk: Any = None) -> Response:
        """A department owes a reply within its working days from now."""
        return self.told(requests.route(actor=self.actor, need=self.get_object(), **self.body()))

    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: Any = None) -> Response:
        """Somebody of the department works on it."""
        self.body()
        return self.told(requests.take(actor=self.actor, need=self.get_object()))

    @action(detail=True, methods=["post"])
    def reply(self, request: Request, pk: Any = None) -> Response:
        """The department answers; the shop's account manager is told."""
        return self.told(requests.reply(actor=self.actor, need=self.get_object(), **self.body()))


class PromiseViewSet(ListActs, ReadActs, CreateActs, ScopedViewSet):
    """What was promised to retailers, by when."""

    queryset = Promise.objects.all()
    serializer_class = shapes.PromiseOut
    filterset_class = filters.PromiseFilters
    in_serializers = {"create": shapes.PromiseIn, "keep": shapes.KeptIn, "drop": shapes.DroppedIn}
    needs = {
        "list": "retail.read",
        "retrieve": "retail.read",
        "create": "retail.edit",
        "keep": "retail.edit",
        "drop": "retail.edit",
    }
    total_order = ("due_on", "id")

    def make(self, data: dict[str, Any]) -> Promise:
        return promises.make(actor=self.actor, new=promises.NewPromise(**data))

    @action(detail=True, methods=["post"])
    def keep(self, request: Request, pk: Any = None) -> Response:
        """The promise is kept."""
        return self.told(promises.keep(actor=self.actor, promise=self.get_object(), **self.body()))

    @action(detail=True, methods=["post"])
    def drop(self, request: Request, pk: Any = None) -> Response:
        """The promise is dropped, with the reason."""
        return self.told(promises.drop(actor=self.actor, promise=self.get_object(), **self.body()))
