"""Policies that retailers must be told of, by version."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.scope import Downward, Scope


class Policy(models.Model):
    """Something a unit wants every retailer under it to know; what it says lives in versions."""

    SCOPE: ClassVar[Scope] = Downward(capability="policies.read", unit="unit_id", and_above=True)

    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    code = models.CharField(_("code"), max_length=32, unique=True)
    title = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("English title"), max_length=120, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.title


class PolicyVersion(models.Model):
    """One text of a policy. Released once and never changed after; a change is the next number."""

    SCOPE: ClassVar[Scope] = Downward(capability="policies.read", unit="policy__unit_id", and_above=True)

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions", verbose_name=_("policy"))
    number = models.PositiveSmallIntegerField(_("version"))
    body = models.TextField(_("text"))
    card = models.TextField(_("plain card for the retailer"), blank=True)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    brief_by = models.DateField(_("to be briefed by"), null=True, blank=True)

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ("policy_id", "number")
        constraints = (models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once"),)

    def __str__(self) -> str:
        return f"{self.policy_id} v{self.number}"
