"""What the retailer's file looks like on the wire: the In and Out serializers of api.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.http.auth import actor
from backend.http.serializers import (
    DayField,
    OutModelSerializer,
    OutSerializer,
    StrictModelSerializer,
    StrictSerializer,
    VisibleField,
    WholeNumberField,
)
from backend.models import Unit
from retail import queries
from retail.models import (
    Assignment,
    Classification,
    Contact,
    Need,
    NeedEvent,
    NeedReply,
    Promise,
    Retailer,
)

SHOP = ("code", "licence_no", "licence_valid_until", "name", "holder", "address", "lon", "lat", "datum", "opens_at",
        "closes_at", "order_weekday", "opened_on")  # fmt: skip


class TierGuarded:
    """Leaves the tier out for readers whose work does not need it."""

    def get_fields(self) -> dict[str, Any]:
        found: dict[str, Any] = super().get_fields()  # type: ignore[misc]
        request = self.context.get("request")  # type: ignore[attr-defined]
        if request is not None and "tier" in found and not queries.may_read_tier(actor(request)):
            del found["tier"]
        return found


class RetailerOut(TierGuarded, OutModelSerializer):
    territory = serializers.IntegerField(source="territory_id", allow_null=True)
    territory_name = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(Classification.State.choices, allow_null=True)
    business_type = serializers.ChoiceField(Classification.BusinessType.choices, allow_null=True)
    market_type = serializers.ChoiceField(Classification.MarketType.choices, allow_null=True)
    scale = serializers.IntegerField(allow_null=True)
    tier = serializers.IntegerField(allow_null=True, help_text="Absent for readers whose work does not need it.")
    integrity_grade = serializers.CharField(allow_null=True)
    terminal_type = serializers.ChoiceField(Classification.TerminalType.choices, allow_null=True)
    trade_area = serializers.CharField(allow_null=True)
    visit_class = serializers.ChoiceField(Classification.VisitClass.choices, allow_null=True)

    class Meta:
        model = Retailer
        fields = ("id", *SHOP, "county", "territory", "territory_name", *queries.CLASSES, "version")


class ShopIn(StrictModelSerializer):
    """The shop's own values; `lon` and `lat` come together."""

    class Meta:
        model = Retailer
        fields = SHOP
        extra_kwargs = {"opened_on": {"required": False}, "order_weekday": {"min_value": 1, "max_value": 7}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        stored = self.instance if isinstance(self.instance, Retailer) else Retailer()
        lon, lat = attrs.get("lon", stored.lon), attrs.get("lat", stored.lat)
        if (lon is None) != (lat is None):
            raise serializers.ValidationError({"lat": ["required"]})
        for name, value, most in (("lon", lon, 180), ("lat", lat, 90)):
            if value is not None and abs(value) > most:
                raise serializers.ValidationError({name: ["out of range"]})
        return attrs


class ClassesIn(StrictModelSerializer):
    class Meta:
        model = Classification
        fields = queries.CLASSES
        extra_kwargs = {"tier": {"min_value": 1, "max_value": 30}}


class ClassChangesIn(StrictModelSerializer):
    class Meta:
        model = Classification
        fields = queries.CLASSES
        extra_kwargs = {name: {"required": False} for name in queries.CLASSES} | {
            "tier": {"required": False, "min_value": 1, "max_value": 30}
        }


class RegisterIn(ShopIn):
    """A new shop with its classes and territory; the visit class is C (monthly) unless given."""

    territory = VisibleField(queryset=Unit.objects.all())
    from_date = DayField()
    classes = ClassesIn()

    class Meta:
        model = Retailer
        fields = (*SHOP, "territory", "from_date", "classes")
        extra_kwargs = ShopIn.Meta.extra_kwargs


class ReclassifyIn(StrictSerializer):
    from_date = DayField()
    reason = serializers.CharField(max_length=500, required=False)
    changes = ClassChangesIn(help_text="What is not named keeps its value.")

    def validate_changes(self, value: dict[str, Any]) -> dict[str, Any]:
        if not value:
            raise serializers.ValidationError("nothing to change")
        return value


class ClassificationOut(TierGuarded, OutModelSerializer):
    from_date = serializers.DateField(source="during.lower")
    to_date = serializers.DateField(source="during.upper", allow_null=True)

    class Meta:
        model = Classification
        fields = ("id", "retailer", "from_date", "to_date", *queries.CLASSES)


class AssignmentOut(OutModelSerializer):
    territory_name = serializers.CharField(source="territory.name")
    from_date = serializers.DateField(source="during.lower")
    to_date = serializers.DateField(source="during.upper", allow_null=True)

    class Meta:
        model = Assignment
        fields = ("id", "retailer", "territory", "territory_name", "from_date", "to_date")


class AssignIn(StrictSerializer):
    retailers = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=2_000)
    to_territory = VisibleField(queryset=Unit.objects.all())
    from_date = DayField()
    reason = serializers.CharField(max_length=500, required=False)


class TransferIn(AssignIn):
    from_territory = WholeNumberField(help_text="Refused with `conflict` unless all the shops are in it on the day.")


class MovedOut(OutSerializer):
    moved = serializers.IntegerField(help_text="Shops that changed their territory; not those already there.")


class ContactOut(OutModelSerializer):
    class Meta:
        model = Contact
        fields = ("id", "retailer", "name", "phone", "relation", "is_primary", "version")


class ContactEditIn(StrictModelSerializer):
    class Meta:
        model = Contact
        fields = ("name", "phone", "relation", "is_primary")
        validators: list[Any] = []  # the verb makes room for a new first to call


class ContactIn(StrictModelSerializer):
    class Meta:
        model = Contact
        fields = ("retailer", "name", "phone", "relation", "is_primary")
        validators: list[Any] = []
        extra_kwargs: dict[str, Any] = {"retailer": {"validators": []}}


class NeedOut(OutModelSerializer):
    state = serializers.ChoiceField(Need.State.choices)

    class Meta:
        model = Need
        fields: tuple[str, ...] = (
            "id", "retailer", "kind", "text", "priority", "raised_by", "raised_on", "due_on", "closed_on", "outcome",
            "origin_visit_id", "department", "state", "routed_at", "reply_due_at", "taken_by", "taken_at", "replied_at",
            "version",
        )  # fmt: skip


class NeedReplyOut(OutModelSerializer):
    person_name = serializers.CharField(source="person.name")

    class Meta:
        model = NeedReply
        fields = ("id", "person", "person_name", "made_at", "words")


class NeedEventOut(OutModelSerializer):
    person_name = serializers.CharField(source="person.name")
    what = serializers.ChoiceField(choices=["kind", "priority", "due_on", "department"])

    class Meta:
        model = NeedEvent
        fields = ("id", "person", "person_name", "made_at", "what", "before", "after")


class NeedWholeOut(NeedOut):
    replies = NeedReplyOut(many=True)
    events = NeedEventOut(many=True, help_text="What changed of it, oldest first.")

    class Meta(NeedOut.Meta):
        fields = (*NeedOut.Meta.fields, "replies", "events")


class NeedEditIn(StrictSerializer):
    kind = serializers.ChoiceField(Need.Kind.choices, required=False)
    text = serializers.CharField(max_length=2_000, required=False)
    priority = WholeNumberField(min_value=1, max_value=3, required=False)
    due_on = DayField(required=False, allow_null=True)


class RouteIn(StrictSerializer):
    department = serializers.ChoiceField(Need.Department.choices)


class NoFieldsIn(StrictSerializer):
    pass


class ReplyIn(StrictSerializer):
    words = serializers.CharField(max_length=2_000)


class NeedIn(StrictSerializer):
    retailer = serializers.UUIDField(source="retailer_id")
    kind = serializers.ChoiceField(Need.Kind.choices)
    text = serializers.CharField(max_length=2_000)
    raised_on = DayField()
    due_on = DayField(required=False, allow_null=True)
    priority = WholeNumberField(min_value=1, max_value=3, required=False)
    origin_visit_id = serializers.UUIDField(required=False, allow_null=True)


class OutcomeIn(StrictSerializer):
    on = DayField()
    outcome = serializers.CharField(max_length=2_000)


class KeptIn(StrictSerializer):
    on = DayField()
    outcome = serializers.CharField(max_length=2_000, required=False)


class DroppedIn(StrictSerializer):
    on = DayField()
    reason = serializers.CharField(max_length=2_000)


class PromiseOut(OutModelSerializer):
    class Meta:
        model = Promise
        fields = ("id", "retailer", "text", "promised_by", "promised_on", "due_on", "state", "settled_on", "outcome",
                  "origin_visit_id", "version")  # fmt: skip


class PromiseIn(StrictSerializer):
    retailer = serializers.UUIDField(source="retailer_id")
    text = serializers.CharField(max_length=2_000)
    promised_on = DayField()
    due_on = DayField()
    origin_visit_id = serializers.UUIDField(required=False, allow_null=True)
