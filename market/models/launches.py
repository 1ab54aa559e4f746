"""New products on trial: what was agreed for a launch in a unit, and how the months have judged it."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.scope import Downward, Scope


class Launch(models.Model):
    """A product that a unit brings to its shops: three months of trial, three of cure, then it stays or goes.

    `supply_on`, `how`, `places` and `audience` are when, by which means, where and to whom; nobody approves a launch
    that leaves one of them open. Goals are percentages but for the stock ratio and the cartons of a month.
    """

    SCOPE: ClassVar[Scope] = Downward(capability="brands.read", unit="unit_id", and_above=True)

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        TRIAL = "trial", _("on trial")
        CURE = "cure", _("in cure")
        PASSED = "passed", _("passed")
        EXIT_PROPOSED = "exit_proposed", _("exit proposed")
        KEPT = "kept", _("kept")
        CLEARING = "clearing", _("stock is being cleared")
        CLEARED = "cleared", _("gone")
        LEFT_OVER = "left_over", _("stock left over")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    product = models.ForeignKey("brands.Product", models.PROTECT, related_name="+", verbose_name=_("product"))
    supply_on = models.DateField(_("supplied from"))
    how = models.CharField(_("how it is brought"), max_length=200, blank=True)
    places = models.CharField(_("where: trade areas or market type"), max_length=200, blank=True)
    audience = models.CharField(_("to whom: which shops"), max_length=200, blank=True)
    first_cartons = models.PositiveIntegerField(_("first purchase, cartons"), null=True, blank=True)
    on_shelf_goal = models.DecimalField(_("on the shelf, %"), max_digits=4, decimal_places=1, default=Decimal(80))
    repurchase_goal = models.DecimalField(_("repurchase, %"), max_digits=4, decimal_places=1, default=Decimal(50))
    sell_through_goal = models.DecimalField(_("sell-through, %"), max_digits=4, decimal_places=1, default=Decimal(50))
    stock_ratio_goal = models.DecimalField(
        _("stock to sales at most"), max_digits=4, decimal_places=2, default=Decimal(1)
    )
    volume_goal = models.PositiveIntegerField(_("cartons a month"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=13, choices=State.choices, default=State.DRAFT)
    planned_by = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("planned by"))
    approved_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(_("approved"), null=True)
    decided_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_words = models.CharField(_("words of the decision"), max_length=500, blank=True)
    clear_by = models.DateField(_("stock to be cleared by"), null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("launch")
        verbose_name_plural = _("launches")
        ordering = ("-supply_on", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["unit", "product"],
                condition=Q(state__in=("draft", "trial", "cure", "exit_proposed", "clearing")),
                name="launch_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | (Q(approved_at__isnull=False, first_cartons__isnull=False)
                    & ~Q(how="") & ~Q(places="") & ~Q(audience="")),
                name="launch_approved_whole",
            ),
        )  # fmt: skip
        indexes = (models.Index(fields=["state"], name="launch_state"),)

    def __str__(self) -> str:
        return f"{self.product_id} @ {self.unit_id}"


class LaunchVerdict(models.Model):
    """How the third or the sixth month, or the end of clearing, judged a launch; the figures of then are kept.

    `figures`: [{"goal", "kpi", "value", "target", "met"}], decimals as text, a value null where nobody could tell.
    """

    SCOPE: ClassVar[Scope] = Downward(capability="brands.read", unit="launch__unit_id", and_above=True)

    class Outcome(models.TextChoices):
        PASSED = "passed", _("passed")
        CURE = "cure", _("to be cured")
        EXIT_PROPOSED = "exit_proposed", _("exit proposed")
        CLEARED = "cleared", _("gone")
        LEFT_OVER = "left_over", _("stock left over")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    launch = models.ForeignKey(Launch, models.CASCADE, related_name="verdicts", verbose_name=_("launch"))
    month = models.DateField(_("month"))
    number = models.PositiveSmallIntegerField(_("month of the launch"))
    outcome = models.CharField(_("verdict"), max_length=13, choices=Outcome.choices)
    figures = models.JSONField(_("figures"))
    made_at = models.DateTimeField(_("made"))

    class Meta:
        verbose_name = _("verdict on a launch")
        verbose_name_plural = _("verdicts on launches")
        ordering = ("launch_id", "month")
        constraints = (models.UniqueConstraint(fields=["launch", "month"], name="launch_verdict_once"),)

    def __str__(self) -> str:
        return f"{self.launch_id} {self.month:%Y-%m} {self.outcome}"
