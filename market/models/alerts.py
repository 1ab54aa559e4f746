"""Alert rules, what crossed their line, and who was told why and when (market/alerts/watching.py)."""

from __future__ import annotations

from datetime import time
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.models import Level
from backend.scope import Downward, Internal, Scope


class AlertRule(models.Model):
    """A line that a figure of every unit of one level under `unit` should not cross; one of `below` and `above`."""

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="unit_id", and_above=True)

    class Compared(models.TextChoices):
        VALUE = "value", _("the figure itself")
        MONTH = "month", _("its change to the month before, in percent")
        YEAR = "year", _("its change to the same month of the year before, in percent")
        TARGET = "target", _("its distance to the target (for sales: to the time passed), in the figure's own unit")

    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    level = models.PositiveSmallIntegerField(_("level of the units watched"), choices=Level.choices)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    kpi = models.CharField(_("figure"), max_length=40)
    subject = models.CharField(_("subject"), max_length=28, default="all")  # as market/figures/subjects.py writes it
    segment = models.CharField(_("segment"), max_length=28, default="all")
    compared = models.CharField(_("what is compared"), max_length=6, choices=Compared.choices, default=Compared.VALUE)
    below = models.DecimalField(_("below"), max_digits=14, decimal_places=4, null=True, blank=True)
    above = models.DecimalField(_("above"), max_digits=14, decimal_places=4, null=True, blank=True)
    margin = models.DecimalField(_("closes when back by"), max_digits=14, decimal_places=4, default=0)
    from_day = models.PositiveSmallIntegerField(_("day of the month from which it is watched"), default=10)
    owner_role = models.ForeignKey("backend.Role", models.PROTECT, related_name="+", verbose_name=_("told first"))
    quiet_from = models.TimeField(_("quiet from"), default=time(19))
    quiet_until = models.TimeField(_("quiet until"), default=time(8))
    remind_days = models.PositiveSmallIntegerField(_("told again after days (0: never)"), default=7)
    escalate_days = models.PositiveSmallIntegerField(_("told upward after working days (0: never)"), default=3)
    is_on = models.BooleanField(_("on"), default=True)
    looked_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")
        ordering = ("unit_id", "kpi", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(below=None, above__isnull=False) | Q(below__isnull=False, above=None),
                name="alert_rule_one_line",
            ),
            models.CheckConstraint(condition=Q(margin__gte=0), name="alert_rule_margin"),
            models.CheckConstraint(condition=Q(from_day__gte=1, from_day__lte=28), name="alert_rule_from_day"),
            models.CheckConstraint(condition=Q(quiet_until__lt=F("quiet_from")), name="alert_rule_quiet_hours"),
        )

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """A unit's figure crossed a rule's line. One at a time a rule and unit; it closes by itself when the figure is
    back. `measured` is what was compared: the figure, its change, or its distance to the target."""

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="unit_id")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        CLOSED = "closed", _("closed")

    class Closed(models.TextChoices):
        RETURNED = "returned", _("the figure is back")
        RULE_OFF = "rule_off", _("the rule was switched off")
        UNIT_GONE = "unit_gone", _("the unit is no longer watched")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rule = models.ForeignKey(AlertRule, models.PROTECT, related_name="alerts", verbose_name=_("rule"))
    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    month = models.DateField(_("month of the figure"))
    value = models.DecimalField(_("figure"), max_digits=18, decimal_places=4)
    measured = models.DecimalField(_("compared"), max_digits=18, decimal_places=4)
    worst = models.DecimalField(_("worst"), max_digits=18, decimal_places=4)
    line = models.DecimalField(_("line"), max_digits=14, decimal_places=4)
    opened_at = models.DateTimeField(_("opened"))
    seen_at = models.DateTimeField(_("last looked at"))
    remind_on = models.DateField(null=True)
    escalate_on = models.DateField(null=True)
    told_level = models.PositiveSmallIntegerField(null=True)  # the highest unit's level at which somebody was told
    muted_until = models.DateField(_("quiet until"), null=True)
    said_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    said_at = models.DateTimeField(_("acknowledged"), null=True)
    words = models.CharField(_("words"), max_length=500, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_why = models.CharField(_("why it closed"), max_length=9, choices=Closed.choices, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ("-opened_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=["rule", "unit"], name="alert_open_once", condition=~Q(state="closed")),
        )
        indexes = (models.Index(fields=["unit", "-opened_at"], name="alert_unit"),)

    def __str__(self) -> str:
        return f"{self.rule_id} {self.unit_id}"


class AlertTold(models.Model):
    """One telling of an alert to one person: as what, why, when it falls due, and when it was told."""

    SCOPE: ClassVar[Scope] = Internal()

    class Why(models.TextChoices):
        OWNER = "owner", _("told first by the rule")
        REMINDER = "reminder", _("still open")
        ESCALATION = "escalation", _("nobody below has acknowledged it")
        RETURNED = "returned", _("it is over")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alert = models.ForeignKey(Alert, models.CASCADE, related_name="told")
    person = models.ForeignKey("backend.Person", models.CASCADE, related_name="+")
    why = models.CharField(max_length=10, choices=Why.choices)
    role = models.ForeignKey("backend.Role", models.PROTECT, related_name="+")  # as whom
    place = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+")  # of which unit
    due_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    dropped = models.BooleanField(default=False)  # it was over, acknowledged or muted before the quiet hours ended

    class Meta:
        ordering = ("due_at", "id")
        indexes = (
            models.Index(fields=["due_at"], name="alert_told_due", condition=Q(told_at=None, dropped=False)),
            models.Index(fields=["alert", "due_at"], name="alert_told_alert"),
        )

    def __str__(self) -> str:
        return f"{self.alert_id} {self.person_id} {self.why}"
