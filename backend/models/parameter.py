"""Thresholds as data: a value per unit, key and period; the nearest ancestor wins (backend/parameters.py)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.scope import Downward, Scope


class Parameter(models.Model):
    """One value of one key for a unit and everything under it, from-to."""

    SCOPE: ClassVar[Scope] = Downward(capability="org.read", unit="unit_id", and_above=True)

    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    key = models.CharField(_("key"), max_length=64)
    during = DateRangeField(_("in force"))
    value = models.JSONField(_("value"))
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("parameter")
        verbose_name_plural = _("parameters")
        ordering = ("key", "unit_id", "id")
        constraints = (
            ExclusionConstraint(
                name="parameter_once",
                expressions=[
                    ("unit", RangeOperators.EQUAL),
                    ("key", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} = {self.value}"
