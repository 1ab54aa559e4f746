"""What lists of actions, improvements and misfires may be narrowed by; read by their APIs."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as rest

from backend.http.filters import Filters, MonthFilter, TextFilter, TrueFalseFilter, WholeNumberFilter
from backend.scope import units_under
from cycles.grid import Dimension
from cycles.models import Action, Improvement, Misfire, Result

DIMENSIONS = [(str(dimension), str(dimension)) for dimension in Dimension]


class SubjectFilters(Filters):
    """`unit`: subjects at or under it; `territory`: of its shops, and itself."""

    month = MonthFilter()
    unit = WholeNumberFilter(method="at_or_under")
    territory = WholeNumberFilter(field_name="territory_id")
    retailer = rest.UUIDFilter(field_name="retailer_id")
    dimension = rest.ChoiceFilter(choices=DIMENSIONS)
    rule = TextFilter()

    def at_or_under(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        under = units_under([int(value)])
        return rows.filter(Q(territory_id__in=under) | Q(territory_id=None, unit_id__in=under))


class ActionFilters(SubjectFilters):
    """`flagged`: to be looked at by itself; `outcome`: of a measured one; `carried`: with an improvement of earlier."""

    state = rest.ChoiceFilter(choices=Action.State.choices)
    flagged = TrueFalseFilter(field_name="is_flagged")
    outcome = rest.ChoiceFilter(choices=Result.Outcome.choices, field_name="result__outcome")
    carried = TrueFalseFilter(field_name="improvement", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Action
        fields: tuple[str, ...] = ()


class ImprovementFilters(SubjectFilters):
    """`month`: of the miss; `closed`: whether it came to an end."""

    state = rest.ChoiceFilter(choices=Improvement.State.choices)
    closed = TrueFalseFilter(field_name="closed_on", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Improvement
        fields: tuple[str, ...] = ()


class MisfireFilters(Filters):
    """`answered`: whether somebody has answered."""

    answered = TrueFalseFilter(field_name="answered_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Misfire
        fields: tuple[str, ...] = ()
