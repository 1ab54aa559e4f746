"""What benchmarks/intake.py compares with: writable nested serializers as REST framework's guide writes them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.generics import CreateAPIView
from rest_framework.parsers import JSONParser

from backend import clock
from backend.http.auth import DeviceTokenAuthentication
from backend.models import Receipt
from brands.models import Product
from retail.models import Retailer
from visits.models import CheckLine, Observation, TemplateVersion, Visit


class AnswerSerializer(serializers.Serializer[Any]):
    item = serializers.CharField(max_length=32)
    answer = serializers.IntegerField()


class CheckSerializer(serializers.Serializer[Any]):
    template_version_id = serializers.PrimaryKeyRelatedField(queryset=TemplateVersion.objects.all())
    answers = AnswerSerializer(many=True)


class PlaceSerializer(serializers.Serializer[Any]):
    lon = serializers.FloatField(min_value=-180, max_value=180)
    lat = serializers.FloatField(min_value=-90, max_value=90)
    datum = serializers.CharField(max_length=8)
    accuracy_m = serializers.FloatField()


class ObservationSerializer(serializers.ModelSerializer[Observation]):
    product_id = serializers.PrimaryKeyRelatedField(queryset=Product.objects.all(), source="product")

    class Meta:
        model = Observation
        fields = (
            "product_id", "on_shelf", "carton_price_fen", "pack_price_fen", "stock_packs", "facings", "oos_days",
        )  # fmt: skip


class NestedVisitSerializer(serializers.Serializer[Visit]):
    submission_id = serializers.UUIDField()
    retailer_id = serializers.PrimaryKeyRelatedField(queryset=Retailer.objects.all())
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField()
    place = PlaceSerializer()
    persons_met = serializers.CharField(max_length=120)
    note = serializers.CharField(max_length=4000)
    check = CheckSerializer()
    observations = ObservationSerializer(many=True)

    def create(self, validated_data: dict[str, Any]) -> Visit:
        person, now = self.context["request"].user, clock.now()
        check, shop = validated_data["check"], validated_data["retailer_id"]
        territory = shop.assignments.get(during__contains=clock.business_date(validated_data["started_at"])).territory
        month = clock.month_of(validated_data["started_at"])
        key = validated_data["submission_id"]
        with transaction.atomic():
            Receipt.objects.create(
                submission_id=key, kind="visit", sha256=b"", person=person, month=month, received_at=now
            )
            visit = Visit.objects.create(
                id=key, month=month, retailer=shop, person=person, territory=territory,
                county_id=territory.ancestors[3], on_date=clock.business_date(validated_data["started_at"]),
                started_at=validated_data["started_at"],
                ended_at=validated_data["ended_at"], device_started_at=validated_data["started_at"], received_at=now,
                presence="valid", persons_met=validated_data["persons_met"], note=validated_data["note"],
                template_version=check["template_version_id"], **validated_data["place"],
            )  # fmt: skip
            for number, answer in enumerate(check["answers"], 1):
                CheckLine.objects.create(
                    month=month, visit_id=key, line_no=number, item_code=answer["item"], answer=str(answer["answer"]),
                    passed=answer["answer"] == 1, points=10 * answer["answer"],
                )  # fmt: skip
            for number, line in enumerate(validated_data["observations"], 1):
                Observation.objects.create(month=month, visit_id=key, line_no=number, **line)
        return visit

    def to_representation(self, instance: Visit) -> dict[str, Any]:
        return {"id": str(instance.pk), "month": instance.month.isoformat()}


class NestedVisitView(CreateAPIView[Visit]):
    """POST one visit."""

    authentication_classes = [DeviceTokenAuthentication]
    parser_classes = [JSONParser]
    serializer_class = NestedVisitSerializer
