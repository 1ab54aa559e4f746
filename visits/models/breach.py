"""What follows from checks: repair tasks that return until evidence closes them, and breaches told to the bureau."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.links import far
from backend.scope import NOTHING, OFFICE, Actor, Scope, Stamped


class DisplayTask(models.Model):
    """An item that failed and was not put right on the spot, until a later check passes it or shows it mended.

    Derived from the check lines of the shop's visits (visits/display_tasks.py). `opened_*` is the first failing check
    in a row, `closed_*` the check that ended the row.
    """

    SCOPE: ClassVar[Scope] = Stamped(capability="visits.read")

    class Kind(models.TextChoices):
        ITEM = "item", _("display item")
        TAGS = "tags", _("price tags")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind.choices)
    retailer = far("retail.Retailer")
    territory = far("backend.Unit")
    county = far("backend.Unit")
    template = far("visits.DisplayTemplate", null=True)
    item_code = models.CharField(_("item"), max_length=32)
    name = models.CharField(_("what is to be mended"), max_length=200)
    name_en = models.CharField(_("what is to be mended, in English"), max_length=200, blank=True)
    figures = models.JSONField(_("figures"), default=dict)
    opened_on = models.DateField(_("found"))
    opened_visit_id = models.UUIDField(_("visit that found it"))
    opened_month = models.DateField()
    failures = models.PositiveSmallIntegerField(_("times found"), default=1)
    last_on = models.DateField(_("last found"))
    due_on = models.DateField(_("due"))
    closed_on = models.DateField(_("mended"), null=True)
    closed_visit_id = models.UUIDField(_("visit that showed it mended"), null=True)
    closed_month = models.DateField(null=True)
    closed_by_photo = models.BooleanField(_("shown by a photo after"), default=False)
    days = models.PositiveIntegerField(_("days until mended"), null=True)

    class Meta:
        verbose_name = _("repair task")
        verbose_name_plural = _("repair tasks")
        ordering = ("due_on", "id")
        constraints = (
            models.UniqueConstraint(fields=["opened_visit_id", "kind", "item_code"], name="display_task_once"),
            models.CheckConstraint(
                condition=Q(closed_on=None, days=None) | Q(closed_on__gte=F("opened_on"), days__isnull=False),
                name="display_task_closed_after",
            ),
        )
        indexes = (
            models.Index(fields=["retailer", "opened_on"], name="display_task_retailer"),
            models.Index(fields=["territory", "due_on"], name="display_task_territory"),
            models.Index(fields=["closed_on"], name="display_task_closed", condition=Q(closed_on__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.item_code} {self.retailer_id}"


class Reported(Scope):
    """Breaches: an account manager those that he reported himself, offices and above those stamped under them; what is
    marked `is_restricted` only with restricted.read there."""

    def where(self, actor: Actor, on: date) -> Q:
        above = tuple(one for one in actor.held if one.level <= OFFICE)
        trusted = tuple(one for one in above if "restricted.read" in one.capabilities)
        stamped = Stamped(capability="breaches.read")
        reach = Q(person_id=actor.person_id) if actor.can("breaches.read") else NOTHING
        reach |= stamped.where(Actor(actor.person_id, above), on) & Q(is_restricted=False)
        return reach | stamped.where(Actor(actor.person_id, trusted), on)


class Breach(models.Model):
    """Something against the law that a visit found: reported to the bureau, whose people alone say what becomes of it.

    No score and no punishment follows from it here.
    """

    SCOPE: ClassVar[Scope] = Reported()

    class Kind(models.TextChoices):
        OVER_CAP = "over_cap", _("a price above the highest allowed")
        LICENCE_HIDDEN = "licence_hidden", _("licence not shown")
        NOT_HOLDER = "not_holder", _("the holder does not trade")
        NOT_GENUINE = "not_genuine", _("goods not genuine")
        NO_MINORS_SIGN = "no_minors_sign", _("no sign against sale to minors")
        NEAR_SCHOOL = "near_school", _("near a school")
        IRREGULAR = "irregular", _("irregular trade")

    class State(models.TextChoices):
        REPORTED = "reported", _("reported")
        SEEN = "seen", _("seen by the bureau")
        CLOSED = "closed", _("closed")

    class Severity(models.IntegerChoices):
        HIGH = 1, _("high")
        ORDINARY = 2, _("ordinary")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    visit_id = models.UUIDField(_("visit"))
    month = models.DateField(_("month"))
    retailer = far("retail.Retailer")
    person = far("backend.Person")
    territory = far("backend.Unit")
    county = far("backend.Unit")
    on_date = models.DateField(_("found"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices)
    is_restricted = models.BooleanField(_("restricted"), default=False)
    figures = models.JSONField(_("figures"), default=dict)
    words = models.TextField(_("what was found"), blank=True)
    reported_at = models.DateTimeField(_("reported"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.REPORTED)
    seen_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    seen_at = models.DateTimeField(_("seen"), null=True)
    closed_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(_("closed"), null=True)
    outcome = models.CharField(_("what became of it"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("breach")
        verbose_name_plural = _("breaches")
        ordering = ("-reported_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=["visit_id", "kind"], name="breach_once"),
            models.CheckConstraint(
                condition=~Q(state="closed") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="breach_closed_with_words",
            ),
        )
        indexes = (
            models.Index(fields=["county", "-reported_at"], name="breach_county"),
            models.Index(fields=["territory", "-reported_at"], name="breach_territory"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.visit_id}"
