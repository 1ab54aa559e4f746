"""The planned stops: which shops an account manager means to visit on which day, in which order, and why."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.scope import Downward, Scope, Stamped


class PlannedStop(models.Model):
    """A visit that is planned. `reasons`: at most five, each {"code", "kind", "id", "parameters"} with its link."""

    SCOPE: ClassVar[Scope] = Stamped(capability="visits.read")

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        DONE = "done", _("done")
        MISSED = "missed", _("missed")
        DROPPED = "dropped", _("taken off the plan")

    class MissReason(models.TextChoices):
        SHOP_CLOSED = "shop_closed", _("shop was closed")
        HOLDER_AWAY = "holder_away", _("holder was away")
        WEATHER = "weather", _("weather")
        DUTY = "duty", _("called to other duty")
        LEAVE = "leave", _("leave")
        VEHICLE = "vehicle", _("no vehicle")
        NO_TIME = "no_time", _("no time left")
        OTHER = "other", _("other, in words")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    month = models.DateField(_("month"))
    retailer = models.ForeignKey("retail.Retailer", models.PROTECT, related_name="+", verbose_name=_("retailer"))
    territory = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("territory"))
    county = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", db_index=False)
    on_date = models.DateField(_("day"))
    position = models.PositiveSmallIntegerField(_("place in the day's order"))
    reasons = models.JSONField(_("reasons"), default=list)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.PLANNED)
    miss_reason = models.CharField(_("why missed"), max_length=12, choices=MissReason.choices, blank=True)
    words = models.CharField(_("words"), max_length=200, blank=True)
    visit_id = models.UUIDField(null=True)  # the visit that made it done; (visit_id, month of on_date) is its address
    is_own = models.BooleanField(_("set by hand"), default=False)  # a re-draft leaves it where it is
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("planned stop")
        verbose_name_plural = _("planned stops")
        ordering = ("on_date", "position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["retailer", "on_date"], condition=~Q(state="dropped"), name="planned_stop_once_a_day"
            ),
            models.CheckConstraint(condition=Q(state="missed") | Q(miss_reason=""), name="planned_stop_reason_of_miss"),
            models.CheckConstraint(
                condition=Q(state="done", visit_id__isnull=False) | (~Q(state="done") & Q(visit_id=None)),
                name="planned_stop_done_by_a_visit",
            ),
        )
        indexes = (
            models.Index(fields=["territory", "on_date", "position"], name="planned_stop_day"),
            models.Index(fields=["retailer", "month"], name="planned_stop_retailer"),
            # What still waits is little beside all that ever was planned: the tick finds the days that went by.
            models.Index(fields=["on_date"], name="planned_stop_waiting", condition=Q(state="planned")),
        )

    def __str__(self) -> str:
        return f"{self.on_date} {self.position}"


class Leave(models.Model):
    """Days on which a person does not visit: the month's capacity is its working days less these."""

    SCOPE: ClassVar[Scope] = Downward(capability="visits.read", unit="unit_id", owner="person_id")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("person"))
    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    during = DateRangeField(_("days"))
    kind = models.CharField(_("kind"), max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("leave")
        verbose_name_plural = _("leaves")
        ordering = ("-during", "id")
        constraints = (
            ExclusionConstraint(
                name="leave_once",
                expressions=[("person", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} {self.during}"


class Replan(models.Model):
    """A day was lost and its stops were planned anew. `moves`: what each stop was and what became of it, so that the
    act can be taken back: [{"stop", "retailer", "from", "position", "to", "state", "version"}]."""

    SCOPE: ClassVar[Scope] = Downward(capability="visits.read", unit="territory_id")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    territory = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("territory"))
    lost_on = models.DateField(_("lost day"))
    moves = models.JSONField(_("moves"))
    made_by = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made"))
    undone_at = models.DateTimeField(_("taken back"), null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("new plan after a lost day")
        verbose_name_plural = _("new plans after lost days")
        ordering = ("-made_at", "id")

    def __str__(self) -> str:
        return f"{self.territory_id} {self.lost_on}"
