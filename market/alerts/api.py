"""Alert rules and alerts over HTTP; the verbs are in rules.py and answering.py."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.http.filters import Filters, MonthFilter, TextFilter, UnderFilter
from backend.http.serializers import (
    DayField,
    MonthField,
    OutModelSerializer,
    OutSerializer,
    StrictModelSerializer,
    StrictSerializer,
    VisibleField,
)
from backend.http.views import ScopedView
from backend.http.viewsets import CreateActs, EditActs, ListActs, ReadActs, ScopedViewSet
from backend.kpis import kpi
from backend.language import is_english
from backend.models import Role, Unit
from market.alerts import answering as alerts
from market.alerts import rules as alert_rules
from market.alerts import words as alert_words
from market.models import Alert, AlertRule, AlertTold

_LINE = ("level", "name", "name_en", "kpi", "subject", "segment", "compared", "below", "above", "margin", "from_day",
         "owner_role", "quiet_from", "quiet_until", "remind_days", "escalate_days", "is_on")  # fmt: skip


class AlertRuleOut(OutModelSerializer):
    unit_name = serializers.CharField(source="unit.name")
    line_text = serializers.SerializerMethodField()

    class Meta:
        model = AlertRule
        fields = ("id", "unit", "unit_name", *_LINE, "line_text", "looked_at", "version")

    def get_line_text(self, rule: AlertRule) -> str:
        return alert_words.said_line(rule)[is_english()]


class AlertRuleIn(StrictModelSerializer):
    owner_role = serializers.SlugRelatedField(slug_field="code", queryset=Role.objects.all())

    class Meta:
        model = AlertRule
        fields = ("unit", *_LINE)


class AlertRuleEditIn(AlertRuleIn):
    class Meta:
        model = AlertRule
        fields = _LINE


class AdoptIn(StrictSerializer):
    unit = VisibleField(queryset=Unit.objects.all())
    code = serializers.ChoiceField(choices=sorted(alert_rules.SHIPPED))


class ShippedOut(OutSerializer):
    code = serializers.CharField()
    name = serializers.CharField(source="values.name")
    name_en = serializers.CharField(source="values.name_en")
    kpi = serializers.CharField(source="values.kpi")
    basis = serializers.CharField(source="source", help_text="Where its line comes from: trade usage, or ours.")


class ShippedListOut(OutSerializer):
    results = ShippedOut(many=True)


class TriedOut(OutSerializer):
    month = MonthField()
    crossed = serializers.IntegerField(help_text="Units whose line would have been crossed.")
    told = serializers.IntegerField(help_text="Units whose figure could be told.")


class TriedListOut(OutSerializer):
    results = TriedOut(many=True)


class ToldOut(OutModelSerializer):
    person_name = serializers.CharField(source="person.name")
    place_name = serializers.CharField(source="place.name")
    role_name = serializers.SerializerMethodField()

    class Meta:
        model = AlertTold
        fields = ("person", "person_name", "why", "role", "role_name", "place", "place_name", "due_at", "told_at",
                  "dropped")  # fmt: skip

    def get_role_name(self, row: AlertTold) -> str:
        return row.role.name_en if is_english() else row.role.name


class AlertOut(OutModelSerializer):
    month = MonthField()
    unit_name = serializers.CharField(source="unit.name")
    rule_name = serializers.SerializerMethodField()
    kpi = serializers.CharField(source="rule.kpi")
    kpi_name = serializers.SerializerMethodField()
    line_text = serializers.SerializerMethodField()
    told = ToldOut(many=True, help_text="Who was told as what, why and when; what waits for the quiet hours to end.")

    class Meta:
        model = Alert
        fields = ("id", "rule", "rule_name", "kpi", "kpi_name", "unit", "unit_name", "state", "month", "value",
                  "measured", "worst", "line", "line_text", "opened_at", "seen_at", "muted_until", "said_by", "said_at",
                  "words", "closed_at", "closed_why", "told", "version")  # fmt: skip

    def get_rule_name(self, alert: Alert) -> str:
        return (alert.rule.name_en if is_english() else "") or alert.rule.name

    def get_kpi_name(self, alert: Alert) -> str:
        found = kpi(alert.rule.kpi)
        return found.name_en if is_english() else found.name

    def get_line_text(self, alert: Alert) -> str:
        return alert_words.said_line(alert.rule)[is_english()]


class SaidIn(StrictSerializer):
    words = serializers.CharField(max_length=500, help_text="What is being done about it.")


class MuteIn(StrictSerializer):
    until = DayField(help_text="The last quiet day, at most 92 days ahead.")
    words = serializers.CharField(max_length=500)


class AlertRuleFilters(Filters):
    """`under`: rules of the unit and of units under it."""

    under = UnderFilter(field_name="unit_id")

    class Meta:
        model = AlertRule
        fields = ("unit", "kpi", "is_on", "level")


class AlertFilters(Filters):
    """`unit`: of the unit and of units under it."""

    unit = UnderFilter(field_name="unit_id")
    kpi = TextFilter(field_name="rule__kpi")
    month = MonthFilter()

    class Meta:
        model = Alert
        fields = ("rule", "state")


class AlertRuleViewSet(ListActs, ReadActs, CreateActs, EditActs, ScopedViewSet):
    """Which figure of which units may not cross which line, and who is told. Switch a rule off by `is_on`."""

    queryset = AlertRule.objects.select_related("unit")
    serializer_class = AlertRuleOut
    filterset_class = AlertRuleFilters
    in_serializers = {"create": AlertRuleIn, "partial_update": AlertRuleEditIn, "adopt": AdoptIn}
    answers = {"tried": TriedListOut}
    needs = {
        "list": "boards.read",
        "retrieve": "boards.read",
        "create": alert_rules.EDIT,
        "partial_update": alert_rules.EDIT,
        "adopt": alert_rules.EDIT,
        "tried": "boards.read",
    }
    problem_codes = ("conflict",)
    total_order = ("unit_id", "kpi", "id")
    lookup_value_converter = "int"

    def make(self, data: dict[str, Any]) -> AlertRule:
        return alert_rules.write(actor=self.actor, given=data)

    def change(self, row: AlertRule, data: dict[str, Any]) -> AlertRule:
        return alert_rules.change(actor=self.actor, rule=row, given=data)

    @action(detail=False, methods=["post"])
    def adopt(self, request: Request) -> Response:
        """A rule that ships watches the unit from now on."""
        return self.told(alert_rules.adopt(actor=self.actor, **self.body()), 201)

    @action(detail=True, methods=["get"])
    def tried(self, request: Request, pk: Any = None) -> Response:
        """How often the rule would have spoken in the last twelve months: look before you switch it on."""
        return Response(TriedListOut({"results": alert_rules.tried(self.get_object(), self.actor)}).data)


class ShippedRules(ScopedView):
    """The rules that ship, to be adopted by a unit."""

    needs = {"get": "boards.read"}
    answers = {"get": ShippedListOut}

    def get(self, request: Request) -> Response:
        return Response(ShippedListOut({"results": list(alert_rules.SHIPPED.values())}).data)


class AlertViewSet(ListActs, ReadActs, ScopedViewSet):
    """Figures that crossed a line, newest first, with who was told and why."""

    queryset = Alert.objects.select_related("rule", "unit").prefetch_related(
        Prefetch("told", AlertTold.objects.select_related("person", "role", "place"))
    )
    serializer_class = AlertOut
    filterset_class = AlertFilters
    in_serializers = {"acknowledge": SaidIn, "mute": MuteIn}
    needs = {
        "list": "boards.read",
        "retrieve": "boards.read",
        "acknowledge": alerts.ANSWER,
        "mute": alerts.ANSWER,
    }
    problem_codes = ("conflict",)
    total_order = ("-opened_at", "-id")

    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: Any = None) -> Response:
        """Somebody has taken it up; nobody is told again or upward."""
        return self.told(alerts.acknowledge(actor=self.actor, alert=self.get_object(), **self.body()))

    @action(detail=True, methods=["post"])
    def mute(self, request: Request, pk: Any = None) -> Response:
        """Nobody is told of it up to a day."""
        return self.told(alerts.mute(actor=self.actor, alert=self.get_object(), **self.body()))
