"""The lines of a visit as the API gives them: the columns that visits/queries.py reads; for visits/shapes.py."""

from __future__ import annotations

from rest_framework import serializers

from backend.http.serializers import OutSerializer
from visits.models import Briefing, Photo, Remark


def _count(text: str = "") -> serializers.IntegerField:
    return serializers.IntegerField(allow_null=True, help_text=text)


def _seen(text: str = "") -> serializers.BooleanField:
    return serializers.BooleanField(allow_null=True, help_text=text)


class CheckOut(OutSerializer):
    item_code = serializers.CharField()
    answer = serializers.CharField(allow_blank=True)
    passed = _seen("Null: not applicable. As found, also where it was put right.")
    points = serializers.DecimalField(max_digits=5, decimal_places=2)
    products = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    fixed = serializers.BooleanField(help_text="Put right on the spot, with the photos before and after.")
    before_photo_id = serializers.UUIDField(allow_null=True)
    after_photo_id = serializers.UUIDField(allow_null=True)


class ObservationOut(OutSerializer):
    product_id = serializers.IntegerField()
    on_shelf = _seen()
    carton_price_fen = _count()
    pack_price_fen = _count()
    stock_packs = _count()
    facings = _count()
    oos_days = _count()
    confidence = _count("1 heard of, 2 likely, 3 seen.")


class RemarkOut(OutSerializer):
    kind = serializers.ChoiceField(choices=Remark.Kind.choices)
    product_id = _count()
    policy_id = _count()
    text = serializers.CharField()
    counter_proposal = serializers.CharField(allow_blank=True)
    confidence = _count("1 heard of, 2 likely, 3 seen.")
    place = serializers.CharField(allow_blank=True)
    campaign = serializers.CharField(allow_blank=True)
    price_fen = _count()
    quantity = _count("Cartons.")
    is_restricted = serializers.BooleanField(help_text="Shown to its author and to who may read what is restricted.")


class QuizAnswerOut(OutSerializer):
    question = serializers.IntegerField()
    choice = serializers.IntegerField()


class BriefingOut(OutSerializer):
    policy_version_id = serializers.IntegerField()
    told_to = serializers.CharField(allow_blank=True)
    understanding = _count()
    question = serializers.CharField(allow_blank=True)
    channel = serializers.ChoiceField(choices=Briefing.Channel.choices)
    answers = QuizAnswerOut(many=True, help_text="The shop's answers to the version's questions.")
    passed = _seen("What the answers come to; null: not asked.")
    signature_photo_id = serializers.UUIDField(allow_null=True)
    unanswered = serializers.BooleanField(help_text="`question` could not be answered.")


class PitchOut(OutSerializer):
    product_id = serializers.IntegerField()
    accepted = serializers.BooleanField()
    refusal = serializers.CharField(allow_blank=True)
    words = serializers.CharField(allow_blank=True)


class TrainingOut(OutSerializer):
    topic = serializers.CharField()
    minutes = serializers.IntegerField()
    told_to = serializers.CharField(allow_blank=True)
    understanding = _count()


class ComplianceOut(OutSerializer):
    tags_shown = _count("Products on show.")
    tags_missing = _count()
    tags_mismatched = _count()
    tags_altered = _count()
    tags_over_cap = _count("Above the highest price that is allowed.")
    licence_shown = _seen()
    holder_trades = _seen()
    goods_genuine = _seen()
    minors_sign = _seen()
    id_asked = _seen()
    near_school = _seen()
    words = serializers.CharField(allow_blank=True)


class PhotoLineOut(OutSerializer):
    photo_id = serializers.UUIDField()
    sha256 = serializers.CharField(help_text="Hex, as the visit declared it.")
    size_bytes = serializers.IntegerField()
    taken_at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=Photo.Kind.choices)
    item_code = serializers.CharField(allow_blank=True)
    arrived_at = serializers.DateTimeField(allow_null=True, help_text="Null: its bytes are still missing.")


class WithLines(OutSerializer):
    """Every kind of line, in its order."""

    checks = CheckOut(many=True)
    observations = ObservationOut(many=True)
    remarks = RemarkOut(many=True)
    briefings = BriefingOut(many=True)
    pitches = PitchOut(many=True)
    trainings = TrainingOut(many=True)
    compliance = ComplianceOut(many=True)
    photos = PhotoLineOut(many=True)
