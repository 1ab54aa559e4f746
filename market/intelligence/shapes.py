"""Intelligence as bytes over HTTP: items, their history, groups, trends and the digest; for api.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.http.serializers import OutModelSerializer, OutSerializer, StrictSerializer
from market.models import IntelligenceEvent, IntelligenceItem


class ItemEventOut(OutModelSerializer):
    person_name = serializers.CharField(source="person.name", allow_null=True, default=None)
    before = serializers.DictField(allow_null=True, help_text="Of an edit: what the line said until then.")

    class Meta:
        model = IntelligenceEvent
        fields = ("at", "act", "person", "person_name", "words", "before")


class IntelligenceItemOut(OutModelSerializer):
    retailer_name = serializers.CharField(source="retailer.name")
    person_name = serializers.CharField(source="person.name", help_text="Who sent it.")
    product_name = serializers.CharField(source="product.name", allow_null=True, default=None)
    owner_name = serializers.CharField(source="owner.name", allow_null=True, default=None)
    said = serializers.DictField(help_text="What else the line tells: prices in fen, cartons, days out of stock.")
    is_overdue = serializers.BooleanField()
    confirmations = serializers.IntegerField(help_text="Other persons who sent the same thing, as far as I may read.")
    events = ItemEventOut(many=True, help_text="Oldest first.")

    class Meta:
        model = IntelligenceItem
        fields = ("id", "visit_id", "month", "retailer", "retailer_name", "person", "person_name", "territory",
                  "county", "on_date", "kind", "product", "product_name", "text", "place", "confidence", "said",
                  "is_restricted", "group_id", "confirmations", "state", "level", "sent_at", "due_on", "is_overdue",
                  "overdue_at", "owner", "owner_name", "decision", "words_back", "decided_by", "decided_at", "events",
                  "version")  # fmt: skip


class ItemReturnIn(StrictSerializer):
    words = serializers.CharField(max_length=500)


class ItemNoteIn(StrictSerializer):
    words = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ItemDecisionIn(StrictSerializer):
    decision = serializers.ChoiceField(IntelligenceItem.Decision.choices)
    words = serializers.CharField(max_length=500, help_text="What everybody is told who sent it.")
    owner = serializers.UUIDField(
        required=False, allow_null=True, help_text="Who does it, where something is done: somebody who may read it."
    )


class ItemAssignIn(StrictSerializer):
    owner = serializers.UUIDField(help_text="Somebody who may read it.")


class IntelligenceHeadOut(OutModelSerializer):
    retailer_name = serializers.CharField(source="retailer.name")
    person_name = serializers.CharField(source="person.name")
    product_name = serializers.CharField(source="product.name", allow_null=True, default=None)

    class Meta:
        model = IntelligenceItem
        fields = ("id", "retailer", "retailer_name", "person", "person_name", "territory", "county", "on_date", "kind",
                  "product", "product_name", "text", "place", "said", "state", "level", "sent_at", "due_on",
                  "is_restricted")  # fmt: skip


class IntelligenceGroupOut(OutSerializer):
    id = serializers.UUIDField()
    items = serializers.IntegerField()
    persons = serializers.IntegerField(help_text="Different people who sent it.")
    first_on = serializers.DateField()
    last_on = serializers.DateField()
    head = IntelligenceHeadOut(help_text="The first that was sent.")
    rows = serializers.SerializerMethodField(help_text="Its items.")

    def get_rows(self, group: Any) -> str:
        return f"/api/v1/intelligence/items?group={group.id}"


class IntelligenceGroupsOut(OutSerializer):
    results = IntelligenceGroupOut(many=True)


class IntelligenceTrendOut(OutSerializer):
    unit_id = serializers.IntegerField()
    unit_name = serializers.CharField()
    level = serializers.IntegerField()
    kind = serializers.ChoiceField(IntelligenceItem.KINDS)
    counts = serializers.ListField(child=serializers.IntegerField(), help_text="Nine weeks, the oldest first.")
    mean = serializers.CharField(allow_null=True, help_text="Of the weeks before the last.")
    probability = serializers.FloatField(
        allow_null=True, help_text="Of so many or more by chance; null: too few weeks to tell."
    )
    is_unusual = serializers.BooleanField()
    rows = serializers.SerializerMethodField(help_text="The items of the last week.")

    def get_rows(self, trend: Any) -> str:
        week = self.context["week"]
        span = f"since={week}&until={self.context['sunday']}"
        return f"/api/v1/intelligence/items?unit={trend.unit_id}&kind={trend.kind}&{span}"


class IntelligenceTrendsOut(OutSerializer):
    week = serializers.DateField(help_text="Its Monday.")
    tested = serializers.IntegerField(help_text="Counts that were put to the test: one in a hundred is called unusual "
                                                "by chance alone, at most.")  # fmt: skip
    results = IntelligenceTrendOut(many=True)


class DigestListOut(OutSerializer):
    count = serializers.IntegerField()
    items = IntelligenceHeadOut(many=True, help_text="The newest 20.")
    rows = serializers.CharField(source="rows_url")


class IntelligenceDigestOut(OutSerializer):
    unit = serializers.IntegerField(source="unit.pk")
    unit_name = serializers.CharField(source="unit.name")
    day = serializers.DateField()
    since = serializers.DateField(help_text="New is what was sent from this day on, until the day of the digest.")
    new = DigestListOut()
    waiting = DigestListOut(help_text="My step is the next.")
    overdue = DigestListOut()
    unusual = IntelligenceTrendOut(many=True, help_text="Of the week of `since`.")
