"""What lists of shops and of what hangs on them can be narrowed by; used by api.py."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, Q, QuerySet
from django_filters import rest_framework as rest

from backend import clock
from backend.http.filters import DayFilter, Filters, TextFilter, TrueFalseFilter, WholeNumberFilter
from backend.scope import TERRITORY, assigned, units_under
from retail import queries
from retail.models import Assignment, Classification, Contact, Need, Promise, Retailer


class RetailerFilters(Filters):
    """`as_of` says on which day classes and territory are read; default today. Tier: only for who may read it."""

    as_of = DayFilter(method="keep", label="classes and territory of this day")
    q = TextFilter(method="named", label="part of the name or holder, or the beginning of a code")
    state = rest.ChoiceFilter(field_name="of_day__state", choices=Classification.State.choices)
    business_type = rest.ChoiceFilter(field_name="of_day__business_type", choices=Classification.BusinessType.choices)
    market_type = rest.ChoiceFilter(field_name="of_day__market_type", choices=Classification.MarketType.choices)
    visit_class = rest.ChoiceFilter(field_name="of_day__visit_class", choices=Classification.VisitClass.choices)
    terminal_type = rest.ChoiceFilter(field_name="of_day__terminal_type", choices=Classification.TerminalType.choices)
    scale = WholeNumberFilter(field_name="of_day__scale", min_value=1, max_value=3)
    tier = WholeNumberFilter(method="of_tier", min_value=1, max_value=30)
    territory = WholeNumberFilter(field_name="owner__territory_id")
    unit = WholeNumberFilter(method="under", label="a unit and everything under it")
    licence_before = DayFilter(field_name="licence_valid_until", lookup_expr="lt")
    licence_due = TrueFalseFilter(method="due", label="the licence has ended or ends within the notice")

    class Meta:
        model = Retailer
        fields = ["order_weekday", "code"]

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        on = self.form.cleaned_data.get("as_of") or clock.today()
        return super().filter_queryset(queries.retailers_on(on, queryset))

    def keep(self, queryset: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return queryset

    def named(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        codes = Q(code__istartswith=value) | Q(licence_no__startswith=value)
        return queryset.filter(Q(name__icontains=value) | Q(holder__icontains=value) | codes)

    def of_tier(self, queryset: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        """Who may not read the tier cannot find it out by filtering either."""
        actor = self.request.actor if self.request is not None else None
        if actor is None or not queries.may_read_tier(actor):
            return queryset.none()
        return queryset.filter(of_day__tier=value)

    def due(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        due = queries.licence_due(self.form.cleaned_data.get("as_of") or clock.today())
        return queryset.filter(due if value else ~due)

    def under(self, queryset: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        below = units_under([value])
        return queryset.filter(Q(owner__territory_id__in=below) | Q(owner__territory_id=None, county_id__in=below))


class ClassificationFilters(Filters):
    as_of = DayFilter(field_name="during", lookup_expr="contains")

    class Meta:
        model = Classification
        fields = ["retailer"]


class AssignmentFilters(Filters):
    as_of = DayFilter(field_name="during", lookup_expr="contains")

    class Meta:
        model = Assignment
        fields = ["retailer", "territory"]


class ContactFilters(Filters):
    class Meta:
        model = Contact
        fields = ["retailer", "is_primary"]


class OfShopFilters(Filters):
    """`unit`: of shops that belong today to a territory at or under it."""

    unit = WholeNumberFilter(method="under", label="a unit and everything under it")

    def under(self, rows: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        return rows.filter(Exists(assigned("retailer_id", units_under([value]), clock.today())))


class NeedFilters(OfShopFilters):
    is_open = TrueFalseFilter(field_name="closed_on", lookup_expr="isnull")
    due_before = DayFilter(field_name="due_on", lookup_expr="lt")
    is_replied = TrueFalseFilter(method="replied", label="the department has answered")
    is_overdue = TrueFalseFilter(method="overdue", label="a department has let its time go by")

    class Meta:
        model = Need
        fields = ["retailer", "kind", "priority", "raised_by", "department"]

    def replied(self, rows: QuerySet[Need], name: str, value: bool) -> QuerySet[Need]:
        return rows.exclude(department="").filter(replied_at__isnull=not value)

    def overdue(self, rows: QuerySet[Need], name: str, value: bool) -> QuerySet[Need]:
        late = Q(closed_on=None, replied_at=None, reply_due_at__lt=clock.now())
        return rows.filter(late) if value else rows.exclude(late)


class PromiseFilters(OfShopFilters):
    """The ledger of promises. `is_mine`: I made it, or its shop is of a territory of mine today."""

    due_before = DayFilter(field_name="due_on", lookup_expr="lt")
    is_overdue = TrueFalseFilter(method="overdue", label="open, and its day has gone by")
    is_mine = TrueFalseFilter(method="mine", label="made by me, or of a shop of my territory")

    class Meta:
        model = Promise
        fields = ["retailer", "state", "promised_by"]

    def overdue(self, rows: QuerySet[Promise], name: str, value: bool) -> QuerySet[Promise]:
        late = Q(state=Promise.State.OPEN, due_on__lt=clock.today())
        return rows.filter(late) if value else rows.exclude(late)

    def mine(self, rows: QuerySet[Promise], name: str, value: bool) -> QuerySet[Promise]:
        actor = self.request.actor if self.request is not None else None
        if actor is None:
            return rows.none()
        territories = actor.units("retail.read", levels=[TERRITORY])
        own = Q(promised_by_id=actor.person_id) | Q(Exists(assigned("retailer_id", territories, clock.today())))
        return rows.filter(own) if value else rows.exclude(own)
