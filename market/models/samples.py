"""Where the market is sampled and what was collected: points and their weekly samples."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.scope import Scope, Stamped


class CollectionPoint(models.Model):
    """A shop whose prices and stock are collected every week, from-to; replaced with a reason."""

    SCOPE: ClassVar[Scope] = Stamped(capability="market.read")

    class Stratum(models.TextChoices):
        LARGE = "large", _("large")
        MIDDLE = "middle", _("middle")
        SMALL = "small", _("small")

    class Ended(models.TextChoices):
        UNCOOPERATIVE = "uncooperative", _("does not co-operate")
        HOURS = "hours", _("irregular hours")
        STOCK_ELSEWHERE = "elsewhere", _("keeps stock elsewhere")
        CLOSED = "closed", _("closed")
        MOVED = "moved", _("belongs to another territory")
        OTHER = "other", _("other")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    retailer = models.ForeignKey("retail.Retailer", models.PROTECT, related_name="+", verbose_name=_("retailer"))
    territory = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("territory"))
    county = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", db_index=False)
    stratum = models.CharField(_("stratum"), max_length=6, choices=Stratum.choices)
    during = DateRangeField(_("in force"))
    ended_reason = models.CharField(_("why it ended"), max_length=13, choices=Ended.choices, blank=True)
    ended_words = models.CharField(_("words"), max_length=200, blank=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("collection point")
        verbose_name_plural = _("collection points")
        ordering = ("territory_id", "stratum", "id")
        constraints = (
            ExclusionConstraint(
                name="collection_point_once",
                expressions=[("retailer", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
        )

    def __str__(self) -> str:
        return f"{self.retailer_id} {self.stratum}"


class Sample(models.Model):
    """What one point was to give in one week, and what came. Derived from visits, less what a manager said of it.

    `suspects`: what does not fit, each {"product_id", "code", "figures"}. Null `is_accepted`: nobody has decided.
    """

    SCOPE: ClassVar[Scope] = Stamped(capability="market.read")

    class State(models.TextChoices):
        DUE = "due", _("due")
        TAKEN = "taken", _("taken")
        LATE = "late", _("taken late")
        MISSED = "missed", _("missed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    week_on = models.DateField(_("week from (Monday)"))
    point = models.ForeignKey(CollectionPoint, models.PROTECT, related_name="samples", verbose_name=_("point"))
    retailer = models.ForeignKey("retail.Retailer", models.PROTECT, related_name="+", verbose_name=_("retailer"))
    territory = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("territory"))
    county = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", db_index=False)
    products = models.JSONField(_("products to look at"), default=list)  # ids
    state = models.CharField(_("state"), max_length=6, choices=State.choices, default=State.DUE)
    visit_id = models.UUIDField(null=True)
    visit_month = models.DateField(null=True)
    taken_on = models.DateField(_("taken"), null=True)
    seen = models.PositiveSmallIntegerField(_("products looked at"), default=0)
    suspects = models.JSONField(_("what does not fit"), default=list)
    is_accepted = models.BooleanField(_("accepted"), null=True)
    decided_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_words = models.CharField(_("words"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("weekly sample")
        verbose_name_plural = _("weekly samples")
        ordering = ("-week_on", "id")
        constraints = (
            models.UniqueConstraint(fields=["week_on", "point"], name="sample_once_a_week"),
            models.CheckConstraint(
                condition=Q(state__in=("due", "missed"), visit_id=None)
                | Q(state__in=("taken", "late"), visit_id__isnull=False),
                name="sample_taken_by_a_visit",
            ),
        )
        indexes = (models.Index(fields=["territory", "week_on"], name="sample_territory"),)

    def __str__(self) -> str:
        return f"{self.week_on} {self.point_id}"
