"""HTTP of notices: what the system told me, and that I have read it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend import notices
from backend.http.problems import language_of
from backend.http.serializers import OutModelSerializer
from backend.http.viewsets import ListActs, ReadActs, ScopedViewSet
from backend.models import Notice


class NoticeOut(OutModelSerializer):
    text = serializers.SerializerMethodField()

    class Meta:
        model = Notice
        fields = ("id", "kind", "subject", "text", "created_at", "read_at")

    def get_text(self, row: Notice) -> str:
        language = language_of(self.context["request"]._request)
        return str(row.params["text"]["en" if language.startswith("en") else "zh-hans"])


class NoticeViewSet(ListActs, ReadActs, ScopedViewSet):
    """What the system told me by itself, newest first."""

    queryset = Notice.objects.all()
    serializer_class = NoticeOut
    filterset_fields = ["kind", "subject"]
    needs = {"list": None, "retrieve": None, "read": None}
    answers = {"read": NoticeOut}
    without_key = frozenset({"read"})  # said twice it is said once
    total_order = ("-created_at", "-id")

    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: UUID | None = None) -> Response:
        """I have read it."""
        with transaction.atomic():
            found: Any = notices.read(actor=self.actor, notice=self.get_object())
            return self.told(found)
