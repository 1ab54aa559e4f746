"""What the API of visits/ takes and gives: serializers, and the intake's items described; for visits/api.py."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import msgspec
from rest_framework import serializers

from backend.http.auth import actor
from backend.http.problems import language_of
from backend.http.serializers import (
    OutModelSerializer,
    OutSerializer,
    StrictSerializer,
)
from backend.models import Quarantined
from visits import queries, withheld
from visits.intake import Outcome
from visits.line_shapes import WithLines
from visits.models import Visit, VisitRevision
from visits.wire import VisitIn


class VisitOut(OutModelSerializer):
    retailer_name = serializers.CharField(source="retailer.name")
    retailer_code = serializers.CharField(source="retailer.code")
    person_name = serializers.CharField(source="person.name")

    class Meta:
        model = Visit
        fields: tuple[str, ...] = (
            "id", "month", "retailer", "retailer_name", "retailer_code", "person", "person_name", "territory", "county",
            "on_date", "started_at", "ended_at", "received_at", "presence", "distance_m", "flags", "away_reason",
            "persons_met", "note", "template_version", "display_score", "stop_id", "unplanned_reason", "purposes",
            "tags", "photos_declared", "photos_missing", "revision",
        )  # fmt: skip


class VisitWithLinesOut(WithLines, VisitOut):
    class Meta(VisitOut.Meta):
        fields: tuple[str, ...] = (
            *VisitOut.Meta.fields, "device", "device_started_at", "device_ended_at", "device_offset_s", "lon", "lat",
            "datum", "accuracy_m", "left_lon", "left_lat", "left_datum", "left_accuracy_m", "left_distance_m",
            "typed_s", "confirmed_by", "signature_photo_id", *queries.LINES,
        )  # fmt: skip


class DueOut(OutSerializer):
    retailer_id = serializers.UUIDField()
    territory_id = serializers.IntegerField()
    visit_class = serializers.CharField()
    last_on = serializers.DateField(allow_null=True)
    due_on = serializers.DateField()


class DuesOut(OutSerializer):
    results = DueOut(many=True)


class RecentVisitOut(OutModelSerializer):
    class Meta:
        model = Visit
        fields = queries.OWN


class RecentOneOut(WithLines):
    visit = RecentVisitOut()


class RecentOut(OutSerializer):
    results = RecentOneOut(many=True)


class RevisionOut(OutModelSerializer):
    person_name = serializers.CharField(source="person.name")
    before = serializers.JSONField(help_text="The visit as its phone told it before.")
    after = serializers.JSONField(allow_null=True, help_text="Null: withdrawn.")

    class Meta:
        model = VisitRevision
        fields = ("number", "act", "person", "person_name", "device", "made_at", "reason", "before", "after")


class RevisionsOut(OutSerializer):
    results = RevisionOut(many=True)


class QuarantinedOut(OutModelSerializer):
    person_name = serializers.CharField(source="person.name")
    problem = serializers.SerializerMethodField()

    class Meta:
        model = Quarantined
        fields: tuple[str, ...] = (
            "id", "kind", "submission_id", "person", "person_name", "unit", "problem", "received_at", "state",
            "settled_at", "version",
        )  # fmt: skip

    def get_problem(self, row: Quarantined) -> dict[str, Any]:
        """Why it was refused, in the reader's language."""
        language = "en" if language_of(self.context["request"]).startswith("en") else "zh-hans"
        return row.problem[language]


class QuarantinedWholeOut(QuarantinedOut):
    payload = serializers.SerializerMethodField()

    class Meta(QuarantinedOut.Meta):
        fields: tuple[str, ...] = (*QuarantinedOut.Meta.fields, "payload")

    def get_payload(self, row: Quarantined) -> str | None:
        """The bytes as they came; what is not UTF-8 is shown as \\xNN. Without a retailer's score, and without
        restricted remarks for who may not read them (null where nobody can tell): resending puts them back."""
        payload = withheld.shown(actor(self.context["request"]), row)
        return None if payload is None else payload.decode("utf-8", "backslashreplace")


class ReasonIn(StrictSerializer):
    reason = serializers.CharField(max_length=500)


class WithdrawIn(StrictSerializer):
    reason = serializers.CharField(max_length=200)


# -- the intake's own shapes, described from what visits/wire.py enforces ----------------------------------------------


def outcome(found: Outcome, language: str) -> dict[str, Any]:
    """One outcome as it goes on the wire."""
    said: dict[str, Any] = {"outcome": found.word, "submission_id": found.submission_id}
    if found.receipt is not None:
        said["receipt"] = receipt(found)
        said["missing_photos"] = [str(photo) for photo in found.missing]
    if found.problem is not None:
        said["problem"] = found.problem.document(language)
    return said


def receipt(found: Outcome) -> dict[str, Any]:
    """The receipt: for one submission always the same, byte for byte."""
    held = found.receipt
    assert held is not None
    return {
        "submission_id": str(held.submission_id),
        "sha256": held.sha256.hex(),
        "received_at": held.received_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "month": held.month.isoformat(),
    }


def visit_schema() -> dict[str, Any]:
    """VisitIn as a JSON schema without references."""
    found = msgspec.json.schema(VisitIn)
    kinds = found.pop("$defs")

    def whole(part: Any) -> Any:
        if isinstance(part, dict):
            if "$ref" in part:
                return whole(kinds[part["$ref"].rpartition("/")[2]])
            return {key: whole(inner) for key, inner in part.items() if key != "title"}
        return [whole(inner) for inner in part] if isinstance(part, list) else part

    return whole(found)


class ReceiptOut(OutSerializer):
    submission_id = serializers.UUIDField()
    sha256 = serializers.CharField(help_text="Hex, over the canonical JSON of the item without sent_at.")
    received_at = serializers.DateTimeField()
    month = serializers.DateField()


class OutcomeOut(OutSerializer):
    outcome = serializers.ChoiceField(choices=["created", "duplicate", "conflict", "rejected"])
    submission_id = serializers.UUIDField(allow_null=True)
    receipt = ReceiptOut(required=False, help_text="With created and duplicate: the same object each time.")
    missing_photos = serializers.ListField(
        child=serializers.UUIDField(), required=False, help_text="With a receipt: declared photos still to be sent."
    )
    problem = serializers.DictField(required=False, help_text="With conflict and rejected: an RFC 9457 document.")


class OutcomesOut(OutSerializer):
    outcomes = OutcomeOut(many=True, help_text="One per item, in the order of the items.")
