"""Search of notes and remarks over HTTP; the reads are in visits/search.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from backend.http.cursors import TotalOrderCursor
from backend.http.serializers import DayField, MonthField, OutSerializer
from backend.http.views import ScopedView
from visits import search

ORDER = ("-started_at", "-id")


class SearchQuery(serializers.Serializer[Any]):
    q = serializers.CharField(
        max_length=60,
        required=False,
        help_text="Words between blanks must all stand in one text; one sign will do. Without: whatever was written.",
    )
    unit = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    since = DayField(required=False)
    until = DayField(required=False)
    tag = serializers.CharField(required=False, max_length=24)
    person = serializers.UUIDField(required=False)
    retailer = serializers.UUIDField(required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False, help_text="1 to 200, default 50.")

    def validate_q(self, text: str) -> list[str]:
        words = search.words_of(text)
        if not 1 <= len(words) <= search.MOST_WORDS:
            raise ValidationError("bad_parameter", code="bad_parameter")
        return words


class HitOut(OutSerializer):
    where = serializers.CharField(help_text="note, or the kind of the remark")
    line_no = serializers.IntegerField()
    snippet = serializers.CharField()
    marks = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()), help_text="[from, to] in the snippet"
    )


class FoundOut(OutSerializer):
    id = serializers.UUIDField()
    month = MonthField()
    on_date = serializers.DateField()
    started_at = serializers.DateTimeField()
    retailer = serializers.UUIDField(source="retailer_id")
    retailer_name = serializers.CharField(source="retailer.name")
    person = serializers.UUIDField(source="person_id")
    person_name = serializers.CharField(source="person.name")
    territory = serializers.IntegerField(source="territory_id")
    tags = serializers.ListField(child=serializers.CharField())
    hits = HitOut(many=True)


class SearchOut(OutSerializer):
    results = FoundOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Address of the next page; null on the last.")


class SearchView(ScopedView):
    """Notes and remarks in which all the words stand, of visits within scope, the newest first."""

    needs = {"get": search.READ}
    queries = {"get": SearchQuery}
    answers = {"get": SearchOut}

    def get(self, request: Request) -> Response:
        asked = self.asked
        names = {"unit": "unit_id", "person": "person_id", "retailer": "retailer_id"}
        narrowed = {names.get(key, key): asked[key] for key in asked if key not in {"q", "cursor", "page_size"}}
        words = asked.get("q", [])
        found = search.find(self.actor, search.Asked(words=words, **narrowed))
        pages = TotalOrderCursor()
        page = pages.paginate_queryset(found, request, self)
        hits = search.hits(self.actor, page, words)
        for visit in page:
            visit.hits = hits[visit.pk]
        return pages.get_paginated_response(FoundOut(page, many=True).data)

    def order_of(self, request: Request) -> tuple[str, ...]:
        """The one order there is; what the pages ask of a view."""
        return ORDER
