"""Figures that a month leaves behind: forecasts, what was frozen at the lock, and dated adjustments beside it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.links import far
from backend.scope import About, Downward, Scope


class Forecast(models.Model):
    """Cartons that a territory will order in a month: the model's number beside both naive ones, and the manager's."""

    SCOPE: ClassVar[Scope] = Downward(capability="cycles.read", unit="unit_id")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    month = models.DateField(_("month"))
    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("territory"))
    model_cartons = models.PositiveIntegerField(_("by the model"), null=True)  # null: too little history
    last_month_cartons = models.PositiveIntegerField(_("as last month"), null=True)
    last_year_cartons = models.PositiveIntegerField(_("as last year"), null=True)
    parts = models.JSONField(_("how the model came to it"), default=dict)
    cartons = models.PositiveIntegerField(_("forecast"), null=True)  # the manager's where changed, else the model's
    reason = models.TextField(_("reason of the change"), blank=True)
    made_at = models.DateTimeField(_("made"))
    decided_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("forecast")
        verbose_name_plural = _("forecasts")
        ordering = ("-month", "unit_id")
        constraints = (
            models.UniqueConstraint(fields=["month", "unit"], name="forecast_once"),
            models.CheckConstraint(
                condition=Q(decided_at=None) | Q(cartons=F("model_cartons")) | ~Q(reason=""),
                name="forecast_changed_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.unit_id} {self.month:%Y-%m}"


class FrozenFigure(models.Model):
    """A figure of a unit as it stood when its prefecture's month was locked: never overwritten, only adjusted."""

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="unit_id")

    pk = models.CompositePrimaryKey("month", "unit_id", "kpi")
    month = models.DateField()
    unit = models.ForeignKey("backend.Unit", models.PROTECT, db_index=False, related_name="+")
    kpi = models.CharField(max_length=40)
    kpi_version = models.PositiveSmallIntegerField()
    value = models.DecimalField(max_digits=18, decimal_places=4, null=True)


class Adjustment(models.Model):
    """What a late visit or a correction does to a locked month: a dated line beside the figure.

    `figure` is a cell's column (values are cell states), `result` (of `action`), or a KPI id (of `unit`). The figure as
    of now is the frozen one with its last line that is not absorbed; reopening absorbs the lines into the figure.
    """

    SCOPE: ClassVar[Scope] = About(capability="cycles.read")

    id = models.BigAutoField(primary_key=True)
    month = models.DateField(_("month"))
    figure = models.CharField(_("figure"), max_length=40)
    retailer = far("retail.Retailer", null=True)
    unit = far("backend.Unit", null=True)
    territory = far("backend.Unit", null=True)
    county = far("backend.Unit", null=True)
    action_id = models.UUIDField(null=True)
    before = models.DecimalField(_("before"), max_digits=18, decimal_places=4, null=True)
    after = models.DecimalField(_("after"), max_digits=18, decimal_places=4, null=True)
    on_date = models.DateField(_("noticed"))
    made_at = models.DateTimeField(_("made"))
    absorbed_at = models.DateTimeField(_("absorbed by a reopening"), null=True)

    class Meta:
        verbose_name = _("adjustment")
        verbose_name_plural = _("adjustments")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["month", "retailer"], name="adjustment_retailer"),
            models.Index(fields=["month", "unit"], name="adjustment_unit"),
        )

    def __str__(self) -> str:
        return f"{self.figure} {self.month:%Y-%m}"
