"""The rules over HTTP: what each notices, from which facts, beyond which threshold, and what it proposes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock, parameters
from backend.errors import Problem
from backend.http.serializers import OutSerializer
from backend.http.views import ScopedView
from backend.language import is_english
from backend.org_shapes import ParameterOut
from backend.reach import unit_for
from cycles import findings
from cycles.queries import CAPABILITY
from cycles.rules.rule import Proposal, Rule


class RuleQuery(serializers.Serializer[Any]):
    unit = serializers.IntegerField(
        required=False,
        min_value=-(2**63),
        max_value=2**63 - 1,
        help_text="Whose thresholds are told; without it the highest unit of mine.",
    )


class ProposalOut(OutSerializer):
    kind = serializers.CharField()
    metric = serializers.CharField(help_text="What the goal is measured by.")
    goal = serializers.CharField(help_text="at_least or at_most")
    serves = serializers.CharField(help_text="The kind of record that is evidence of it.")
    evidence_needed = serializers.IntegerField(help_text="How many of these it takes.")


class RuleOut(OutSerializer):
    code = serializers.CharField()
    version = serializers.IntegerField()
    dimension = serializers.CharField()
    subject = serializers.CharField(help_text="shop, territory, unit, or product (in a unit)")
    name = serializers.CharField()
    reads = serializers.CharField(help_text="Which facts, of which time.")
    severity = serializers.IntegerField(help_text="1 look first, 2 this month, 3 know")
    every_day = serializers.BooleanField(help_text="Asked again each business day of the running month.")
    restricted = serializers.BooleanField()
    thresholds = ParameterOut(many=True)
    proposal = ProposalOut(allow_null=True)


class RulesOut(OutSerializer):
    unit = serializers.IntegerField()
    rules = RuleOut(many=True)


class RuleCatalogue(ScopedView):
    """Every rule, with its thresholds as they are in force for a unit today. A unit outside my scope answers 404."""

    needs = {"get": CAPABILITY}
    queries = {"get": RuleQuery}
    answers = {"get": RulesOut}
    problem_codes = ("not_found",)

    @extend_schema(operation_id="rules_list")
    def get(self, request: Request) -> Response:
        unit = unit_for(self.actor, CAPABILITY, self.asked.get("unit"))
        shown = findings.rules_for(self.actor)
        return Response({"unit": unit.pk, "rules": told(shown, unit.pk)})


class RuleView(ScopedView):
    """One rule, with its thresholds as they are in force for a unit today."""

    needs = {"get": CAPABILITY}
    queries = {"get": RuleQuery}
    answers = {"get": RuleOut}
    problem_codes = ("not_found",)

    def get(self, request: Request, code: str) -> Response:
        shown = [one for one in findings.rules_for(self.actor) if one.code == code]
        if not shown:
            raise Problem("not_found")
        unit = unit_for(self.actor, CAPABILITY, self.asked.get("unit"))
        return Response(told(shown, unit.pk)[0])


def told(shown: Sequence[Rule], unit_id: int) -> list[dict[str, Any]]:
    """The rules as they are answered, with the thresholds in force for the unit. One query."""
    keys = findings.thresholds_of(shown)
    values = parameters.values(keys, [unit_id], clock.today())[unit_id]
    return [_rule(one, values) for one in shown]


def _rule(one: Rule, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": one.code,
        "version": one.version,
        "dimension": str(one.dimension),
        "subject": one.subject,
        "name": one.name_en if is_english() else one.name,
        "reads": findings.reads_of(one),
        "severity": one.severity,
        "every_day": one.every_day,
        "restricted": one.restricted,
        "thresholds": [
            {
                "key": threshold.key,
                "title": threshold.title_en if is_english() else threshold.title,
                "value": values[threshold.key],
                "default": threshold.default,
                "source": threshold.source,
            }
            for threshold in one.thresholds
        ],
        "proposal": one.proposal and _proposal(one.proposal),
    }


def _proposal(proposal: Proposal) -> dict[str, Any]:
    return {
        "kind": proposal.kind,
        "metric": proposal.metric,
        "goal": str(proposal.goal),
        "serves": str(proposal.serves),
        "evidence_needed": proposal.evidence_needed,
    }
