"""Display templates: what is checked in a shop, by version, per unit and kind of shop."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.scope import Downward, Scope


class DisplayTemplate(models.Model):
    """A display scheme that a unit uses; its items live in versions."""

    SCOPE: ClassVar[Scope] = Downward(capability="policies.read", unit="unit_id", and_above=True)

    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    code = models.CharField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80, blank=True, db_default="")

    class Meta:
        verbose_name = _("display template")
        verbose_name_plural = _("display templates")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """One version of a template, from-to; without `during` a draft. Its items never change.

    `items`: [{code, name, name_en, kind, weight, pass_at, choices, products, must_pass, rule}], read by
    visits/scoring.py, told in docs/method.md. Weights are points. The audience (empty: all) says which shops it is for.
    """

    SCOPE: ClassVar[Scope] = Downward(capability="policies.read", unit="template__unit_id", and_above=True)

    template = models.ForeignKey(DisplayTemplate, models.PROTECT, related_name="versions", verbose_name=_("template"))
    number = models.PositiveSmallIntegerField(_("version"))
    during = DateRangeField(_("in force"), null=True, blank=True)
    items = models.JSONField(_("items"))
    terminal_types = ArrayField(
        models.CharField(max_length=10), verbose_name=_("terminal type"), default=list, blank=True, db_default=[]
    )
    market_types = ArrayField(
        models.CharField(max_length=1), verbose_name=_("market type"), default=list, blank=True, db_default=[]
    )
    tier_from = models.PositiveSmallIntegerField(_("from tier"), null=True, blank=True)
    tier_to = models.PositiveSmallIntegerField(_("to tier"), null=True, blank=True)

    class Meta:
        verbose_name = _("template version")
        verbose_name_plural = _("template versions")
        ordering = ("template_id", "number")
        constraints = (
            models.UniqueConstraint(fields=["template", "number"], name="template_version_once"),
            ExclusionConstraint(
                name="template_version_in_force_once",
                expressions=[("template", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=(Q(tier_from=None) | Q(tier_from__gte=1, tier_from__lte=30))
                & (Q(tier_to=None) | Q(tier_to__gte=1, tier_to__lte=30))
                & (Q(tier_from=None) | Q(tier_to=None) | Q(tier_from__lte=F("tier_to"))),
                name="template_tiers_1_to_30",
            ),
        )

    def __str__(self) -> str:
        return f"{self.template.name} v{self.number}"
