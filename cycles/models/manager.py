"""A manager's own month: 15 cells with drafted text, own words and the state of the paper; and what is told upward."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.scope import Downward, Internal, OfShop, Scope
from cycles.grid import CELLS


class ManagerCycle(models.Model):
    """One person's month in one role at one unit. Its cells carry the workflow; the scorecard is frozen at the lock."""

    SCOPE: ClassVar[Scope] = Downward(capability="cycles.read", unit="unit_id", owner="person_id")

    class State(models.TextChoices):
        DRAFTED = "drafted", _("drafted")
        SUBMITTED = "submitted", _("submitted")
        SENT_BACK = "sent_back", _("sent back")
        APPROVED = "approved", _("approved")
        LOCKED = "locked", _("locked")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    month = models.DateField(_("month"))
    role = models.ForeignKey("backend.Role", models.PROTECT, related_name="+", verbose_name=_("role"))
    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    person = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("person"))
    scorecard = models.JSONField(_("scorecard at the lock"), null=True, editable=False)  # {kpi id: figure}
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("manager's month")
        verbose_name_plural = _("managers' months")
        ordering = ("-month", "unit_id", "id")
        constraints = (models.UniqueConstraint(fields=["month", "role", "unit", "person"], name="manager_cycle_once"),)

    def __str__(self) -> str:
        return f"{self.person_id} {self.month:%Y-%m}"


class ManagerCell(models.Model):
    """One of the 15 cells of a manager's month. No row: drafted, and nothing was drafted into it yet.

    `draft` is a list of sentences {"template", "version", "parameters", "evidence", "flagged"}, rendered per reader's
    language; a sentence without evidence does not exist. `submitted` keeps the sentences as they were handed in: no
    later draft changes them.
    """

    SCOPE: ClassVar[Scope] = Internal()  # served through its month

    cycle = models.ForeignKey(ManagerCycle, models.CASCADE, related_name="cells")
    cell = models.CharField(_("cell"), max_length=20, choices=[(cell.column, cell.name) for cell in CELLS])
    state = models.CharField(
        _("state"), max_length=9, choices=ManagerCycle.State.choices, default=ManagerCycle.State.DRAFTED
    )
    draft = models.JSONField(_("drafted sentences"), default=list)
    drafted_at = models.DateTimeField(_("drafted"), null=True)
    needs_words = models.BooleanField(_("asks for words"), default=False)
    words = models.TextField(_("own words"), blank=True)
    submitted = models.JSONField(_("sentences as submitted"), null=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True)
    reviewer = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(_("reviewed"), null=True)
    reason = models.TextField(_("why sent back"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("cell of a manager's month")
        verbose_name_plural = _("cells of managers' months")
        ordering = ("cycle_id", "id")
        constraints = (
            models.UniqueConstraint(fields=["cycle", "cell"], name="manager_cell_once"),
            models.CheckConstraint(condition=~Q(state="sent_back", reason=""), name="manager_cell_sent_back_says_why"),
        )

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.cell}"


class Misfire(models.Model):
    """ "This rule misfires": a manager tells those who set the rules, with the findings attached; it gets an answer."""

    SCOPE: ClassVar[Scope] = Downward(capability="cycles.read", unit="unit_id", owner="person_id")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rule = models.CharField(_("rule"), max_length=40)
    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    person = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("told by"))
    told_at = models.DateTimeField(_("told"))
    words = models.TextField(_("why it misfires"))
    findings = ArrayField(models.UUIDField(), verbose_name=_("findings"))  # at most 50
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(_("answered"), null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("misfire of a rule")
        verbose_name_plural = _("misfires of rules")
        ordering = ("-told_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="misfire_answered_with_words",
            ),
        )

    def __str__(self) -> str:
        return f"{self.rule} {self.told_at:%Y-%m-%d}"


class AdviceSheet(models.Model):
    """Operating advice for one shop in a month: figures of the shop itself, and the account manager's sentence."""

    SCOPE: ClassVar[Scope] = OfShop(capability="cycles.read", shop="retailer_id", county="retailer__county_id")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    month = models.DateField(_("month"))
    retailer = models.ForeignKey("retail.Retailer", models.PROTECT, related_name="+", verbose_name=_("retailer"))
    territory = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("territory"))
    person = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("written by"))
    figures = models.JSONField(_("figures"))
    words = models.TextField(_("advice"), blank=True)
    written_at = models.DateTimeField(_("written"))
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("advice sheet")
        verbose_name_plural = _("advice sheets")
        ordering = ("-month", "id")
        constraints = (models.UniqueConstraint(fields=["month", "retailer"], name="advice_sheet_once"),)
        indexes = (models.Index(fields=["territory", "month"], name="advice_sheet_territory"),)

    def __str__(self) -> str:
        return f"{self.retailer_id} {self.month:%Y-%m}"
