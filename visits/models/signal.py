"""What somebody should look at in a visit: each signal with its reason; a person decides, nothing follows by itself."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.links import far
from backend.scope import Scope, Stamped


class Signal(models.Model):
    """Something about a visit, or about one of its photos, that a person should judge.

    Derived from facts until somebody has said something about it; from then on it stays. `figures` are what its
    reason in words is written from (visits/signalling.py).
    """

    SCOPE: ClassVar[Scope] = Stamped(capability="visits.read")

    class Kind(models.TextChoices):
        TOO_FAR = "too_far", _("far from the shop")
        NO_REASON = "no_reason", _("away without reason or photo")
        MOCK_LOCATION = "mock_location", _("mock location")
        TOO_SHORT = "too_short", _("short stay")
        LATE = "late", _("told late")
        CLOCK_SKEW = "clock_skew", _("the phone's clock is wrong")
        OUTSIDE_HOURS = "outside_hours", _("outside hours")
        LEFT_FAR = "left_far", _("left far from the shop")
        PHOTO_REUSE = "photo_reuse", _("photo used before")
        PHOTO_FAR = "photo_far", _("photo taken elsewhere")
        PHOTO_TIME = "photo_time", _("photo taken at another time")
        STOCK_ODD = "stock_odd", _("stock does not add up")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ANSWERED = "answered", _("answered")
        ACCEPTED = "accepted", _("taken as explained")
        DISMISSED = "dismissed", _("found to be as signalled")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    visit_id = models.UUIDField(_("visit"))
    month = models.DateField(_("month"))
    retailer = far("retail.Retailer")
    person = far("backend.Person")
    territory = far("backend.Unit")
    county = far("backend.Unit")
    on_date = models.DateField(_("business date"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    photo_id = models.UUIDField(_("photo"), null=True)
    figures = models.JSONField(_("figures"), default=dict)
    raised_at = models.DateTimeField(_("raised"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    answer = models.CharField(_("what the account manager says"), max_length=500, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    decided_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True)
    words = models.CharField(_("why decided so"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("signal")
        verbose_name_plural = _("signals")
        ordering = ("-raised_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=["visit_id", "kind", "photo_id"], name="signal_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(state__in=("open", "answered"), decided_at=None)
                | Q(state__in=("accepted", "dismissed"), decided_at__isnull=False, decided_by__isnull=False),
                name="signal_decided_whole",
            ),
        )
        indexes = (
            models.Index(fields=["territory", "-raised_at"], name="signal_territory"),
            models.Index(fields=["retailer", "-raised_at"], name="signal_retailer"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.visit_id}"


class PresenceVerdict(models.Model):
    """What a person decided about a visit whose place was to be verified; the visit's presence follows it."""

    SCOPE: ClassVar[Scope] = Stamped(capability="visits.read")

    class Word(models.TextChoices):
        VALID = "valid", _("at the shop")
        REJECTED = "rejected", _("rejected")

    visit_id = models.UUIDField(_("visit"), primary_key=True)
    month = models.DateField(_("month"))
    retailer = far("retail.Retailer")
    person = far("backend.Person")
    territory = far("backend.Unit")
    county = far("backend.Unit")
    on_date = models.DateField(_("business date"))
    presence = models.CharField(_("verdict"), max_length=10, choices=Word.choices)
    words = models.CharField(_("why"), max_length=500, blank=True)
    decided_by = models.ForeignKey("backend.Person", models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("decided"))

    class Meta:
        verbose_name = _("verdict on a visit's place")
        verbose_name_plural = _("verdicts on visits' places")
        ordering = ("-decided_at", "visit_id")

    def __str__(self) -> str:
        return f"{self.visit_id} {self.presence}"


class PointProposal(models.Model):
    """Where a shop without a point may be: the fix of its first accepted visit that has one, until somebody decides."""

    SCOPE: ClassVar[Scope] = Stamped(capability="visits.read")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CONFIRMED = "confirmed", _("confirmed")
        REJECTED = "rejected", _("rejected")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    retailer = models.ForeignKey("retail.Retailer", models.PROTECT, related_name="+", verbose_name=_("retailer"))
    visit_id = models.UUIDField(_("visit"))
    month = models.DateField(_("month"))
    person = far("backend.Person")
    territory = far("backend.Unit")
    county = far("backend.Unit")
    lon = models.FloatField(_("longitude"))
    lat = models.FloatField(_("latitude"))
    datum = models.CharField(_("datum"), max_length=8)
    accuracy_m = models.FloatField(_("accuracy, m"), null=True)
    proposed_at = models.DateTimeField(_("proposed"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True)
    words = models.CharField(_("why decided so"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("proposed point")
        verbose_name_plural = _("proposed points")
        ordering = ("-proposed_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=["visit_id"], name="point_proposed_once"),
            models.UniqueConstraint(fields=["retailer"], condition=Q(state="open"), name="point_one_open"),
        )
        indexes = (models.Index(fields=["territory", "-proposed_at"], name="point_territory"),)

    def __str__(self) -> str:
        return f"{self.retailer_id} {self.state}"
