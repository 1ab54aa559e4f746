"""When shops may order, and what each import wrote, so that a whole import can be taken back."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.links import far
from backend.scope import Downward, Internal, Scope


class OrderWindow(models.Model):
    """When the shops of one order day may order: from a weekday and time to another, in the days before and on it.

    A shop's window is that of its order weekday at the nearest unit above it which has one.
    """

    SCOPE: ClassVar[Scope] = Downward(capability="market.read", unit="unit_id", and_above=True)

    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    order_weekday = models.PositiveSmallIntegerField(_("order weekday (1 = Monday)"))
    opens_weekday = models.PositiveSmallIntegerField(_("opens on weekday"))
    opens_at = models.TimeField(_("opens at"))
    closes_weekday = models.PositiveSmallIntegerField(_("closes on weekday"))
    closes_at = models.TimeField(_("closes at"))
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("order window")
        verbose_name_plural = _("order windows")
        ordering = ("unit_id", "order_weekday")
        constraints = (
            models.UniqueConstraint(fields=["unit", "order_weekday"], name="order_window_once"),
            models.CheckConstraint(
                condition=Q(order_weekday__range=(1, 7), opens_weekday__range=(1, 7), closes_weekday__range=(1, 7)),
                name="order_window_weekdays",
            ),
        )

    def __str__(self) -> str:
        return f"{self.unit_id} {self.order_weekday}"


class LoadedKey(models.Model):
    """One natural key that an import changed, and what stood there before (null: nothing)."""

    SCOPE: ClassVar[Scope] = Internal()

    run = far("backend.ImportRun")
    kind = models.CharField(max_length=24)
    key = models.CharField(max_length=120)
    before = models.JSONField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "key", "run"], name="loaded_key_once"),)
        indexes = (models.Index(fields=["run"], name="loaded_key_run"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
