"""The spine of the method, one fact per step: finding -> action -> evidence -> result -> improvement.

A subject is a shop (`retailer`), or a unit (`unit`: a territory or one above), or a product in a unit; never two of
these. `territory` and `county` are the stamps that scope reads: those of the shop's owner, or of the unit itself.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.links import far
from backend.scope import About, Internal, Scope
from cycles.grid import DIMENSION_NAMES

DIMENSIONS = [(str(dimension), name) for dimension, name in DIMENSION_NAMES.items()]


class Goal(models.TextChoices):
    """Which way a target is reached."""

    AT_LEAST = "at_least", _("at least")
    AT_MOST = "at_most", _("at most")


class Subject(models.Model):
    """What a finding, an action or an improvement is about, and who may see it."""

    SCOPE: ClassVar[Scope] = About(capability="cycles.read")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    dimension = models.CharField(_("dimension"), max_length=6, choices=DIMENSIONS)
    retailer = far("retail.Retailer", null=True)
    unit = far("backend.Unit", null=True)
    product = far("brands.Product", null=True)
    territory = far("backend.Unit", null=True)  # null: about a unit above the territories
    county = far("backend.Unit", null=True)  # null: about a unit above the counties

    class Meta:
        abstract = True


ABOUT_ONE = Q(retailer__isnull=False, unit=None, product=None) | Q(retailer=None, unit__isnull=False)


class Finding(Subject):
    """A rule holds for a subject. One row while it holds, however many months; what it said is in its sightings."""

    SCOPE: ClassVar[Scope] = About(capability="cycles.read", restricted="restricted.read")

    rule = models.CharField(_("rule"), max_length=40)
    is_restricted = models.BooleanField(_("restricted"), default=False)
    severity = models.PositiveSmallIntegerField(_("severity (1 = look first)"))
    opened_on = models.DateField(_("first seen"))
    first_month = models.DateField(_("first month"))
    last_month = models.DateField(_("last month"))
    closed_on = models.DateField(_("no longer so since"), null=True)

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ("severity", "-opened_on", "id")
        constraints = (
            models.CheckConstraint(condition=ABOUT_ONE, name="finding_about_one"),
            models.UniqueConstraint(
                fields=["rule", "retailer", "unit", "product"],
                condition=Q(closed_on=None),
                nulls_distinct=False,
                name="finding_open_once",
            ),
        )
        indexes = (
            models.Index(fields=["territory", "last_month"], name="finding_territory"),
            models.Index(fields=["retailer"], name="finding_retailer"),
            models.Index(fields=["unit"], name="finding_unit"),
        )

    def __str__(self) -> str:
        return f"{self.rule} {self.retailer_id or self.unit_id}"


class Sighting(models.Model):
    """What a finding said in a month: its figures, the threshold it crossed, and the records that prove it.

    `figures` feed the rule's sentence. `evidence` is {"kind", "ids": at most 50, "rows": how many} or {"query", its
    parameters, "rows"}; both find the same rows again.
    """

    SCOPE: ClassVar[Scope] = Internal()
    PARTITIONED: ClassVar[str] = "monthly"

    pk = models.CompositePrimaryKey("month", "finding_id")
    month = models.DateField()
    finding_id = models.UUIDField()
    rule_version = models.PositiveSmallIntegerField()
    as_of = models.DateField()  # facts dated before this day were read
    severity = models.PositiveSmallIntegerField()
    threshold = models.JSONField()
    figures = models.JSONField()
    evidence = models.JSONField()


class Action(Subject):
    """What is to be done about a finding in a month: a number to reach by a day, and the evidence that it takes."""

    class State(models.TextChoices):
        DRAFTED = "drafted", _("drafted")
        ACCEPTED = "accepted", _("accepted")
        DROPPED = "dropped", _("dropped")

    class Serves(models.TextChoices):
        """The kind of record that is evidence of an action."""

        VISIT = "visit", _("visit")
        CHECK = "check", _("display check")
        BRIEFING = "briefing", _("briefing")
        PITCH = "pitch", _("pitch")
        OBSERVATION = "observation", _("observation")
        NOTHING = "nothing", _("no record of a visit")

    month = models.DateField(_("month"))
    finding = models.ForeignKey(Finding, models.PROTECT, null=True, related_name="actions", verbose_name=_("finding"))
    improvement = models.ForeignKey(
        "cycles.Improvement", models.PROTECT, null=True, related_name="actions", verbose_name=_("carried improvement")
    )
    rule = models.CharField(_("rule"), max_length=40)
    kind = models.CharField(_("what to do"), max_length=40)
    parameters = models.JSONField(_("figures of the sentence"), default=dict)
    metric = models.CharField(_("metric"), max_length=40)
    goal = models.CharField(_("goal"), max_length=8, choices=Goal.choices)
    baseline = models.DecimalField(_("stands at"), max_digits=14, decimal_places=2, null=True)
    drafted_target = models.DecimalField(_("target as drafted"), max_digits=14, decimal_places=2)
    target = models.DecimalField(_("target"), max_digits=14, decimal_places=2)
    best = models.DecimalField(_("best of the last 12 months"), max_digits=14, decimal_places=2, null=True)
    due_on = models.DateField(_("due"))
    serves = models.CharField(_("evidence is a"), max_length=12, choices=Serves.choices)
    evidence_needed = models.PositiveSmallIntegerField(_("records needed"), default=1)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFTED)
    is_flagged = models.BooleanField(_("to be looked at by itself"), default=False)
    drop_reason = models.CharField(_("reason for dropping"), max_length=20, blank=True)
    words = models.TextField(_("words"), blank=True)
    decided_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        ordering = ("-month", "id")
        constraints = (
            models.CheckConstraint(condition=ABOUT_ONE, name="action_about_one"),
            models.CheckConstraint(condition=~Q(state="dropped", drop_reason=""), name="action_dropped_with_reason"),
            models.UniqueConstraint(
                fields=["month", "finding"], condition=Q(finding__isnull=False), name="action_of_finding_once"
            ),
            models.UniqueConstraint(
                fields=["month", "improvement"],
                condition=Q(improvement__isnull=False),
                name="action_of_improvement_once",
            ),
        )
        indexes = (
            models.Index(fields=["month", "territory"], name="action_territory"),
            models.Index(fields=["month", "retailer"], name="action_retailer"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.month:%Y-%m}"


class Evidence(models.Model):
    """A record of a visit that serves an accepted action, attached when it arrived, by a rule that is named."""

    SCOPE: ClassVar[Scope] = Internal()

    pk = models.CompositePrimaryKey("action_id", "visit_id")
    action = models.ForeignKey(Action, models.CASCADE, related_name="evidence")
    visit_id = models.UUIDField()
    month = models.DateField()  # that of the visit: (visit_id, month) is its address
    on_date = models.DateField()
    attached_by = models.CharField(max_length=40)  # the linking rule, cycles/evidence.py
    lines = models.PositiveSmallIntegerField()  # how many of its lines served

    class Meta:
        indexes = (models.Index(fields=["visit_id"], name="evidence_visit"),)


class Result(models.Model):
    """What an action came to: the measured value against the target; a reason is asked of a miss only."""

    SCOPE: ClassVar[Scope] = Internal()

    class Outcome(models.TextChoices):
        HIT = "hit", _("hit")
        MISS = "miss", _("miss")
        NOT_MEASURABLE = "not_measurable", _("not measurable")

    action = models.OneToOneField(Action, models.CASCADE, primary_key=True, related_name="result")
    value = models.DecimalField(_("measured"), max_digits=14, decimal_places=2, null=True)
    outcome = models.CharField(_("outcome"), max_length=14, choices=Outcome.choices)
    evidence_count = models.PositiveIntegerField(_("records"))
    measured_at = models.DateTimeField(_("measured at"))
    reason = models.CharField(_("reason of the miss"), max_length=20, blank=True)
    words = models.TextField(_("words"), blank=True)
    reason_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    reason_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(outcome="not_measurable") | Q(value__isnull=False), name="result_measured_or_said_so"
            ),
        )

    def __str__(self) -> str:
        return f"{self.action_id} {self.outcome}"


class Improvement(Subject):
    """The ledger of the fifth step: a miss carried on until it is met, partly met, or dropped with a reason."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        OPEN = "open", _("open")
        MET = "met", _("met")
        PARTLY = "partly", _("partly met")
        DROPPED = "dropped", _("dropped, with a reason")

    month = models.DateField(_("month of the miss"))
    origin = models.OneToOneField(Action, models.PROTECT, related_name="became", verbose_name=_("missed action"))
    rule = models.CharField(_("rule"), max_length=40)
    kind = models.CharField(_("what to do"), max_length=40)
    parameters = models.JSONField(_("figures of the sentence"), default=dict)
    metric = models.CharField(_("metric"), max_length=40)
    goal = models.CharField(_("goal"), max_length=8, choices=Goal.choices)
    baseline = models.DecimalField(_("stood at"), max_digits=14, decimal_places=2, null=True)
    target = models.DecimalField(_("target"), max_digits=14, decimal_places=2)
    due_on = models.DateField(_("due"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PROPOSED)
    months_open = models.PositiveSmallIntegerField(_("months measured without being met"), default=0)
    outcome = models.DecimalField(_("measured"), max_digits=14, decimal_places=2, null=True)
    reason = models.TextField(_("reason"), blank=True)
    opened_on = models.DateField(_("opened"))
    closed_on = models.DateField(_("closed"), null=True)
    decided_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("improvement")
        verbose_name_plural = _("improvements")
        ordering = ("opened_on", "id")
        constraints = (
            models.CheckConstraint(condition=ABOUT_ONE, name="improvement_about_one"),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "open"], closed_on=None)
                | Q(state__in=["met", "partly"], closed_on__gte=F("opened_on"), outcome__isnull=False)
                | (Q(state="dropped", closed_on__gte=F("opened_on")) & ~Q(reason="")),
                name="improvement_never_closes_silently",
            ),
        )
        indexes = (
            models.Index(fields=["territory", "state"], name="improvement_territory"),
            models.Index(fields=["retailer"], name="improvement_retailer"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.month:%Y-%m}"
