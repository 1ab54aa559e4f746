"""Collection points and their weekly samples over HTTP; the verbs are in points.py and weekly.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.http.filters import DayFilter, Filters, TrueFalseFilter, UnderFilter
from backend.http.serializers import OutModelSerializer, OutSerializer, StrictSerializer, VisibleField
from backend.http.views import ScopedView
from backend.http.viewsets import ListActs, ReadActs, ScopedViewSet
from backend.models import Level, Unit
from backend.reach import unit_for
from market.models import CollectionPoint, Sample
from market.samples import points
from market.samples import weekly as samples

MOST = 20


class PointFilters(Filters):
    """`is_open`: still in force."""

    unit = UnderFilter(field_name="territory_id")
    is_open = TrueFalseFilter(field_name="during__endswith", lookup_expr="isnull")

    class Meta:
        model = CollectionPoint
        fields = ("retailer", "stratum")


class SampleFilters(Filters):
    """`week`: its Monday; `is_suspect`: something does not fit; `is_decided`: a manager has said what it is worth."""

    unit = UnderFilter(field_name="territory_id")
    week = DayFilter(field_name="week_on")
    is_suspect = TrueFalseFilter(method="suspect", label="something does not fit")
    is_decided = TrueFalseFilter(field_name="decided_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Sample
        fields = ("retailer", "point", "state", "is_accepted")

    def suspect(self, rows: Any, name: str, value: bool) -> Any:
        return rows.exclude(suspects=[]) if value else rows.filter(suspects=[])


class CollectionPointOut(OutModelSerializer):
    retailer_name = serializers.CharField(source="retailer.name")
    since = serializers.DateField(source="during.lower")
    until = serializers.DateField(source="during.upper", allow_null=True, help_text="The first day it is none.")

    class Meta:
        model = CollectionPoint
        fields = ("id", "retailer", "retailer_name", "territory", "county", "stratum", "since", "until",
                  "ended_reason", "ended_words", "replaces", "version")  # fmt: skip


class ProposedOut(OutSerializer):
    retailer_id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    stratum = serializers.ChoiceField(CollectionPoint.Stratum.choices)
    cartons = serializers.IntegerField(help_text="Ordered in the last four weeks.")


class ProposalsOut(OutSerializer):
    results = ProposedOut(many=True)


class PointsIn(StrictSerializer):
    territory = VisibleField(queryset=Unit.objects.filter(level=Level.TERRITORY))
    retailers = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST)

    def validate_retailers(self, given: list[Any]) -> list[Any]:
        if len(set(given)) != len(given):
            raise serializers.ValidationError("duplicate_line")
        return given


class PointsOut(OutSerializer):
    results = CollectionPointOut(many=True)


class ReplaceIn(StrictSerializer):
    reason = serializers.ChoiceField(CollectionPoint.Ended.choices)
    words = serializers.CharField(max_length=200, required=False)
    by = serializers.UUIDField(required=False, allow_null=True, help_text="The shop that takes its place.")


class SuspectOut(OutSerializer):
    product_id = serializers.IntegerField()
    code = serializers.ChoiceField(choices=["stock_above", "price_band"])
    figures = serializers.DictField(child=serializers.IntegerField(), help_text="Packs, or fen a carton.")


class SampleOut(OutModelSerializer):
    retailer_name = serializers.CharField(source="retailer.name")
    stratum = serializers.ChoiceField(CollectionPoint.Stratum.choices, source="point.stratum")
    products = serializers.ListField(child=serializers.IntegerField())
    suspects = SuspectOut(many=True)

    class Meta:
        model = Sample
        fields = ("id", "week_on", "point", "retailer", "retailer_name", "territory", "county", "stratum", "products",
                  "state", "visit_id", "taken_on", "seen", "suspects", "is_accepted", "decided_by", "decided_at",
                  "decided_words", "version")  # fmt: skip


class DecideIn(StrictSerializer):
    accepted = serializers.BooleanField()
    words = serializers.CharField(max_length=200, required=False, allow_blank=True)


class ProposeQuery(StrictSerializer):
    unit = serializers.IntegerField(min_value=1, help_text="A territory.")


class PointViewSet(ListActs, ReadActs, ScopedViewSet):
    """Shops that are sampled every week, by territory and stratum."""

    queryset = CollectionPoint.objects.select_related("retailer")
    serializer_class = CollectionPointOut
    filterset_class = PointFilters
    in_serializers = {"create": PointsIn, "replace": ReplaceIn}
    answers = {"create": PointsOut}
    needs = {
        "list": "market.read",
        "retrieve": "market.read",
        "create": points.VERIFY,
        "replace": points.VERIFY,
    }
    problem_codes = ("not_a_point",)
    total_order = ("territory_id", "stratum", "id")

    def create(self, request: Request) -> Response:
        """These shops are points of their territory from today on; all or none."""
        said = self.body()
        made = points.set_points(actor=self.actor, territory=said["territory"], retailer_ids=said["retailers"])
        rows = CollectionPoint.objects.select_related("retailer").filter(pk__in=[point.pk for point in made])
        return Response(PointsOut({"results": rows.order_by("stratum", "pk")}).data, status=201)

    @action(detail=True, methods=["post"])
    def replace(self, request: Request, pk: Any = None) -> Response:
        """The point ends, with its reason; the answer is the one that takes its place, or the one that ended."""
        return self.told(points.replace(actor=self.actor, point=self.get_object(), **self.body()))


class ProposedPoints(ScopedView):
    """Shops that would fill what a territory lacks of each stratum: those nearest to the middle of their own."""

    needs = {"get": points.VERIFY}
    queries = {"get": ProposeQuery}
    answers = {"get": ProposalsOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        territory = unit_for(self.actor, points.VERIFY, self.asked["unit"])
        return Response(ProposalsOut({"results": points.propose(self.actor, territory)}).data)


class SampleViewSet(ListActs, ReadActs, ScopedViewSet):
    """What each point was to give in each week, newest week first, and what did not fit."""

    queryset = Sample.objects.select_related("retailer", "point")
    serializer_class = SampleOut
    filterset_class = SampleFilters
    in_serializers = {"decide": DecideIn}
    needs = {"list": "market.read", "retrieve": "market.read", "decide": points.VERIFY}
    total_order = ("-week_on", "id")

    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: Any = None) -> Response:
        """Taken, or returned with words."""
        said = self.body()
        row = samples.decide(
            actor=self.actor, sample=self.get_object(), accepted=said["accepted"], words=said.get("words", "")
        )
        return self.told(row)
