"""Display templates: what is checked in a shop, by version, per unit."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.scope import Downward, Scope


class DisplayTemplate(models.Model):
    """A display scheme that a unit uses; its items live in versions."""

    SCOPE: ClassVar[Scope] = Downward(capability="policies.read", unit="unit_id", and_above=True)

    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    code = models.CharField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        verbose_name = _("display template")
        verbose_name_plural = _("display templates")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """One version of a template, from-to.

    `items`: [{code, name, name_en, kind: yes_no | count | choice, weight, pass_at, choices}].
    A yes_no item passes on 1, a count on answer >= pass_at, a choice when the answer is in pass_at. Weights are points.
    """

    SCOPE: ClassVar[Scope] = Downward(capability="policies.read", unit="template__unit_id", and_above=True)

    template = models.ForeignKey(DisplayTemplate, models.PROTECT, related_name="versions", verbose_name=_("template"))
    number = models.PositiveSmallIntegerField(_("version"))
    during = DateRangeField(_("in force"))
    items = models.JSONField(_("items"))

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
        )

    def __str__(self) -> str:
        return f"{self.template_id} v{self.number}"
