"""Items of market intelligence: what was sent up from visits, what became of each, and who did what when."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.scope import Actor, Internal, Restrictable, Scope, visible_to
from visits.models import Remark


class OfItem(Scope):
    """What happened to items that the reader may see."""

    def where(self, actor: Actor, on: date) -> Q:
        return Q(item__in=visible_to(IntelligenceItem.objects.all(), actor, on))


class Sent(Restrictable):
    """As what visits learnt, but for what no longer stands; and to its submitter always, also when the shop has moved
    to somebody else."""

    def where(self, actor: Actor, on: date) -> Q:
        return super().where(actor, on) & ~Q(state="withdrawn") | Q(**{self.owner: actor.person_id})


class IntelligenceItem(models.Model):
    """One thing that a visit learnt, on its way to somebody who decides, and back to its submitter.

    Follows its line of the visit (a remark, or a product that was looked at); `said`: what else the line tells. Items
    of one `group_id` are about one thing; `group_on`: the day of the first of them. `due_on` is the last day of the
    clock, `overdue_at` when it was told that nobody had decided. `level`: of the unit where an escalated one waits.
    """

    SCOPE: ClassVar[Scope] = Sent(capability="visits.read", restricted="restricted.read", owner="person_id")
    OUT_OF_STOCK: ClassVar[str] = "out_of_stock"
    PRICE: ClassVar[str] = "price"
    KINDS: ClassVar[list[tuple[str, object]]] = [
        *Remark.Kind.choices,
        ("out_of_stock", _("out of stock")),
        ("price", _("price far from the guide price")),
    ]

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("submitted")
        RETURNED = "returned", _("returned to its submitter")
        VERIFIED = "verified", _("verified")
        ESCALATED = "escalated", _("escalated")
        DECIDED = "decided", _("is decided")
        WITHDRAWN = "withdrawn", _("no longer stands")

    class Decision(models.TextChoices):
        ACT = "act", _("something is done")
        NOTED = "noted", _("taken note of")
        DISMISSED = "dismissed", _("nothing follows")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    visit_id = models.UUIDField()
    month = models.DateField(_("month of the visit"))
    place_no = models.PositiveIntegerField()  # as in visits.Intelligence
    retailer = models.ForeignKey("retail.Retailer", models.PROTECT, related_name="+", verbose_name=_("retailer"))
    person = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("submitter"))
    territory = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("territory"))
    county = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", db_index=False)
    on_date = models.DateField(_("business date"))
    kind = models.CharField(_("kind"), max_length=16, choices=KINDS)
    product = models.ForeignKey(
        "brands.Product", models.PROTECT, null=True, related_name="+", verbose_name=_("product")
    )
    text = models.TextField(_("words"), blank=True)
    place = models.CharField(_("place"), max_length=120, blank=True)
    confidence = models.PositiveSmallIntegerField(_("confidence"), choices=Remark.Confidence.choices, null=True)
    said = models.JSONField(_("figures"), default=dict)
    is_restricted = models.BooleanField(_("restricted"), default=False)
    group_id = models.UUIDField()
    group_on = models.DateField()
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.SUBMITTED)
    level = models.PositiveSmallIntegerField(_("level of the unit where it waits"), null=True)
    sent_at = models.DateTimeField(_("sent"))
    due_on = models.DateField(_("to be decided by"), null=True)
    overdue_at = models.DateTimeField(_("overdue since"), null=True)
    owner = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+", verbose_name=_("owner"))
    decision = models.CharField(_("decision"), max_length=9, choices=Decision.choices, blank=True)
    words_back = models.CharField(_("words to the submitter"), max_length=500, blank=True)
    decided_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided at"), null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("item of intelligence")
        verbose_name_plural = _("items of intelligence")
        ordering = ("-sent_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["visit_id", "place_no", "kind", "is_restricted"], name="intelligence_item_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="decided") | Q(decided_at__isnull=False) & ~Q(decision=""),
                name="intelligence_item_decided_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="escalated") | Q(level__in=(2, 3)), name="intelligence_item_waits_somewhere"
            ),
        )
        indexes = (
            models.Index(fields=["territory", "on_date"], name="intelligence_item_day"),
            models.Index(fields=["county", "kind", "on_date"], name="intelligence_item_alike"),
            models.Index(fields=["group_id"], name="intelligence_item_group"),
            models.Index(fields=["-sent_at", "-id"], name="intelligence_item_newest"),
            models.Index(
                fields=["due_on"],
                name="intelligence_item_due",
                condition=Q(state__in=("submitted", "verified", "escalated")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.on_date} {self.kind}"


class IntelligenceEvent(models.Model):
    """Something that happened to an item; never changed. `before`: what an edited line said until then."""

    SCOPE: ClassVar[Scope] = OfItem()

    class Act(models.TextChoices):
        SENT = "sent", _("sent")
        EDITED = "edited", _("edited")
        WITHDRAWN = "withdrawn", _("no longer stands")
        RETURNED = "returned", _("returned to its submitter")
        VERIFIED = "verified", _("verified")
        ASSIGNED = "assigned", _("assigned")
        ESCALATED = "escalated", _("escalated")
        DECIDED = "decided", _("is decided")
        OVERDUE = "overdue", _("overdue")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    item = models.ForeignKey(IntelligenceItem, models.CASCADE, related_name="events", verbose_name=_("item"))
    at = models.DateTimeField(_("moment"))
    act = models.CharField(_("act"), max_length=9, choices=Act.choices)
    person = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+", verbose_name=_("who"))
    words = models.CharField(_("words"), max_length=500, blank=True)
    before = models.JSONField(_("before"), null=True)

    class Meta:
        verbose_name = _("event of an item of intelligence")
        verbose_name_plural = _("events of items of intelligence")
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.item_id} {self.act}"


class IntelligenceMorning(models.Model):
    """The leaders of a unit were told the digest of a day; there is no second one."""

    SCOPE: ClassVar[Scope] = Internal()

    pk = models.CompositePrimaryKey("day", "unit_id")
    day = models.DateField()
    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.day} {self.unit_id}"
