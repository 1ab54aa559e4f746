"""Edits and withdrawals of a visit over HTTP, and its history: acts of the viewset in visits/api.py."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.errors import Problem
from backend.http import etags, jsonbody
from backend.http.viewsets import ScopedViewSet
from visits import news, queries, revising, shapes, standing, wire
from visits.models import Visit
from visits.news import News
from visits.revising import Edit
from visits.standing import Held


class RevisionActs(ScopedViewSet):
    """PUT, withdraw and revisions: mixed into the visits' viewset."""

    @extend_schema(request={"application/json": shapes.visit_schema()})
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The visit says this now; its receipt, month and history stay. Its author's alone."""
        payload = jsonbody.json_body(request)
        jsonbody.decode(payload)
        with transaction.atomic():
            row, held = self._own_locked()
            etags.require(request, row)
            changed = News()
            [problem] = revising.edit(
                actor=self.actor, edits=[Edit(held, wire.read(payload))], made_at=clock.now(), until=None, news=changed
            )
            if problem is not None:
                raise problem
            news.tell(changed)
        return self.shown(self.get_object_after(row))

    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: UUID | None = None) -> Response:
        """The visit counts nowhere any more; it stays in its history, with the reason. Its author's alone."""
        reason = self.body()["reason"]
        with transaction.atomic():
            _, held = self._own_locked()
            changed = News()
            revising.withdraw(actor=self.actor, held=[held], reason=reason, made_at=clock.now(), news=changed)
            news.tell(changed)
        return self._history()

    @action(detail=True, methods=["get"])
    def revisions(self, request: Request, pk: UUID | None = None) -> Response:
        """Every edit of the visit, and its withdrawal, oldest first, each with what stood before and after."""
        return self._history()

    def _history(self) -> Response:
        found = queries.revisions(self.actor, self.kwargs["pk"])
        if not found:
            self.get_object()
        return Response({"results": shapes.RevisionOut(found, many=True, context={"request": self.request}).data})

    def shown(self, row: Visit) -> Response:
        """One visit with its lines and its ETag."""
        for name, lines in queries.lines_of(self.actor, [(row.pk, row.month)])[row.pk].items():
            setattr(row, name, lines)
        context = self.get_serializer_context()
        return etags.told(self.request, row, shapes.VisitWithLinesOut(row, context=context).data)

    def get_object_after(self, row: Visit) -> Visit:
        """The row as the edit left it; an edit to a shop that the author no longer reads is still shown to him."""
        found = type(self).queryset.filter(pk=row.pk, month=row.month).first()
        assert found is not None
        return found

    def _own_locked(self) -> tuple[Visit, Held]:
        """The visit of the address, locked: the actor's own, or `not_found` like one that is out of scope. Writers wait
        at the receipt, so it is locked before the visit is read."""
        stands = standing.locked([self.kwargs["pk"]])
        row: Visit = self.get_object()
        if row.person_id != self.actor.person_id or row.pk not in stands:
            raise Problem("not_found")
        held = stands[row.pk].held
        assert held is not None  # it was just read
        return row, held
