"""The visit and what it carries, partitioned by the business month of its corrected start; written by verbs only."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.links import far
from backend.scope import Internal, Scope, Stamped


class Visit(models.Model):
    """One call at one shop, under the phone's own UUID, stamped with the units of its business date."""

    SCOPE: ClassVar[Scope] = Stamped(capability="visits.read")
    PARTITIONED: ClassVar[str] = "monthly"

    class Presence(models.TextChoices):
        VALID = "valid", _("at the shop")
        TO_VERIFY = "to_verify", _("to verify")
        UNKNOWN = "unknown", _("no position")

    id = models.UUIDField(primary_key=True)  # in the database (id, month)
    month = models.DateField()
    retailer = far("retail.Retailer")
    person = far("backend.Person")
    device = far("backend.Device", null=True)
    territory = far("backend.Unit")
    county = far("backend.Unit")
    on_date = models.DateField(_("business date"))
    started_at = models.DateTimeField(_("started (corrected)"))
    ended_at = models.DateTimeField(_("ended (corrected)"), null=True)
    device_started_at = models.DateTimeField(_("started by the phone's clock"))
    device_ended_at = models.DateTimeField(_("ended by the phone's clock"), null=True)
    received_at = models.DateTimeField(_("received"))
    device_offset_s = models.BigIntegerField(_("phone's clock ahead by, s"), null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    datum = models.CharField(max_length=8, default="unknown")
    accuracy_m = models.FloatField(null=True)
    distance_m = models.FloatField(_("distance from the shop, m"), null=True)
    presence = models.CharField(max_length=10, choices=Presence.choices)
    flags = ArrayField(models.CharField(max_length=16), default=list)
    away_reason = models.CharField(_("why away from the shop"), max_length=200, blank=True)
    persons_met = models.CharField(_("persons met"), max_length=120, blank=True)
    note = models.TextField(_("note"), blank=True)
    template_version = far("visits.TemplateVersion", null=True)
    display_score = models.DecimalField(_("display score"), max_digits=5, decimal_places=2, null=True)

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ("-started_at", "-id")
        indexes = (
            models.Index(fields=["territory", "-started_at"], name="visit_territory"),
            models.Index(fields=["retailer", "-started_at"], name="visit_retailer"),
            models.Index(fields=["person", "-started_at"], name="visit_person"),
            models.Index(fields=["-started_at", "-id"], name="visit_recent"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class VisitLine(models.Model):
    """What every captured line shares: it belongs to a visit of the same month and is reached through it."""

    SCOPE: ClassVar[Scope] = Internal()
    PARTITIONED: ClassVar[str] = "monthly"

    month = models.DateField()
    visit_id = models.UUIDField()
    line_no = models.PositiveSmallIntegerField()

    class Meta:
        abstract = True


class CheckLine(VisitLine):
    """One answered item of the display check. `passed` null = not applicable."""

    pk = models.CompositePrimaryKey("month", "visit_id", "line_no")
    item_code = models.CharField(max_length=32)
    answer = models.CharField(max_length=80)
    passed = models.BooleanField(null=True)
    points = models.DecimalField(max_digits=5, decimal_places=2)


class Observation(VisitLine):
    """What was seen of one product: price, stock, facings, days out of stock. Null = not looked at."""

    pk = models.CompositePrimaryKey("month", "visit_id", "line_no")
    product = far("brands.Product")
    on_shelf = models.BooleanField(null=True)
    carton_price_fen = models.PositiveIntegerField(null=True)
    pack_price_fen = models.PositiveIntegerField(null=True)
    stock_packs = models.PositiveIntegerField(null=True)
    facings = models.PositiveSmallIntegerField(null=True)
    oos_days = models.PositiveSmallIntegerField(null=True)


class Remark(VisitLine):
    """A retailer's opinion on a brand or a policy, or a rival's move with what we could do about it."""

    class Kind(models.TextChoices):
        BRAND_OPINION = "brand_opinion", _("opinion on a brand")
        POLICY_OPINION = "policy_opinion", _("opinion on a policy")
        RIVAL_MOVE = "rival_move", _("a rival's move")

    pk = models.CompositePrimaryKey("month", "visit_id", "line_no")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    product = far("brands.Product", null=True)
    policy = far("visits.Policy", null=True)
    text = models.TextField()
    counter_proposal = models.TextField(blank=True)


class Briefing(VisitLine):
    """A policy version told to the retailer. `understanding` 1 (not at all) to 5 (fully), null = not asked."""

    pk = models.CompositePrimaryKey("month", "visit_id", "line_no")
    policy_version = far("visits.PolicyVersion")
    told_to = models.CharField(max_length=60, blank=True)
    understanding = models.PositiveSmallIntegerField(null=True)
    question = models.TextField(blank=True)


class Pitch(VisitLine):
    """A product recommended to the retailer: taken or not, and if not, why."""

    class Refusal(models.TextChoices):
        PRICE = "price", _("price")
        SLOW = "slow", _("sells slowly")
        STOCK = "stock", _("stock left")
        UNKNOWN_PRODUCT = "unknown", _("customers do not know it")
        MARGIN = "margin", _("margin")
        OTHER = "other", _("other")

    pk = models.CompositePrimaryKey("month", "visit_id", "line_no")
    product = far("brands.Product")
    accepted = models.BooleanField()
    refusal = models.CharField(max_length=10, choices=Refusal.choices, blank=True)
    words = models.CharField(max_length=200, blank=True)
