"""Policies and new products that retailers must be told of, by version, and for which shops."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.scope import Downward, Scope


class Policy(models.Model):
    """Something a unit wants retailers under it to know, a new product as well; what it says lives in versions."""

    SCOPE: ClassVar[Scope] = Downward(capability="policies.read", unit="unit_id", and_above=True)

    class Kind(models.TextChoices):
        POLICY = "policy", _("policy")
        PRODUCT = "product", _("new product")

    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    code = models.CharField(_("code"), max_length=32, unique=True)
    title = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("English title"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.POLICY, db_default="policy")
    product = models.ForeignKey(
        "brands.Product", models.PROTECT, related_name="+", verbose_name=_("product"), null=True, blank=True
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ("code",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="policy", product=None) | Q(kind="product", product__isnull=False),
                name="policy_product_is_named",
            ),
        )

    def __str__(self) -> str:
        return self.title


class PolicyVersion(models.Model):
    """One text of a policy. Released once and never changed after; a change is the next number.

    It is for the shops under the policy's unit whose classes of the day it names; an empty list names all. `quiz` is
    for account managers [{"question", "question_en", "choices", "choices_en", "right"}], `quiz_shown` the same without
    what is right; `shop_quiz` is asked in the shop (docs/method.md, "Policies").
    """

    SCOPE: ClassVar[Scope] = Downward(capability="policies.read", unit="policy__unit_id", and_above=True)

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions", verbose_name=_("policy"))
    number = models.PositiveSmallIntegerField(_("version"))
    body = models.TextField(_("text"))
    card = models.TextField(_("plain card for the retailer"), blank=True)
    market_types = ArrayField(
        models.CharField(max_length=1), verbose_name=_("market type"), default=list, db_default=[], blank=True
    )
    business_types = ArrayField(
        models.CharField(max_length=1), verbose_name=_("business type"), default=list, db_default=[], blank=True
    )
    terminal_types = ArrayField(
        models.CharField(max_length=10), verbose_name=_("terminal type"), default=list, db_default=[], blank=True
    )
    tier_from = models.PositiveSmallIntegerField(_("from tier"), null=True, blank=True)
    tier_to = models.PositiveSmallIntegerField(_("to tier"), null=True, blank=True)
    effective_on = models.DateField(_("effective on"), null=True, blank=True)
    quiz = models.JSONField(_("quiz"), default=list, db_default=[], blank=True)
    quiz_shown = models.JSONField(default=list, db_default=[], editable=False)
    quiz_salt = models.CharField(max_length=32, blank=True, db_default="", editable=False)
    shop_quiz = models.JSONField(_("questions for the shop"), default=list, db_default=[], blank=True)
    pass_percent = models.PositiveSmallIntegerField(_("passed from, percent"), default=80, db_default=80)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    brief_by = models.DateField(_("to be briefed by"), null=True, blank=True)
    superseded_at = models.DateTimeField(_("superseded"), null=True, blank=True)
    recalled_at = models.DateTimeField(_("recalled"), null=True, blank=True)
    recall_reason = models.CharField(_("why recalled"), max_length=200, blank=True, db_default="")

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ("policy_id", "number")
        constraints = (
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once"),
            models.CheckConstraint(condition=Q(pass_percent__gte=1, pass_percent__lte=100), name="policy_pass_percent"),
            models.CheckConstraint(
                condition=(Q(tier_from=None) | Q(tier_from__gte=1, tier_from__lte=30))
                & (Q(tier_to=None) | Q(tier_to__gte=1, tier_to__lte=30))
                & (Q(tier_from=None) | Q(tier_to=None) | Q(tier_from__lte=F("tier_to"))),
                name="policy_tiers_1_to_30",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=False) | Q(superseded_at=None, recalled_at=None),
                name="policy_version_released_first",
            ),
        )

    def __str__(self) -> str:
        return f"{self.policy.title} v{self.number}"
