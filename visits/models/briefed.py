"""Who knows a policy: what its readers read and passed, which shops were told, what was asked, and the seal on it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.links import far
from backend.scope import Downward, Internal, Owned, Scope, Stamped


class PolicyReading(models.Model):
    """Somebody has read a version, first at this time."""

    SCOPE: ClassVar[Scope] = Owned(capability="people.read", owner="person_id")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("person"))
    policy_version = models.ForeignKey("visits.PolicyVersion", models.PROTECT, related_name="+")
    read_at = models.DateTimeField(_("read"))
    received_at = models.DateTimeField(_("received"))
    is_sealed = models.BooleanField(default=False, db_default=False, editable=False)  # says visits/sealing.py

    class Meta:
        verbose_name = _("reading of a policy")
        verbose_name_plural = _("readings of policies")
        ordering = ("-read_at", "-id")
        constraints = (models.UniqueConstraint(fields=["person", "policy_version"], name="policy_read_once"),)
        indexes = (models.Index(fields=["id"], name="reading_unsealed", condition=models.Q(is_sealed=False)),)

    def __str__(self) -> str:
        return f"{self.person_id} {self.policy_version_id}"


class QuizAttempt(models.Model):
    """One try at a version's quiz, under the phone's own UUID, graded here. Never changed.

    `answers` [{"question", "choice"}] as given; times are corrected by the phone's measured offset. `unit` is where its
    author recorded visits that day, so that her phone and those above her find it.
    """

    SCOPE: ClassVar[Scope] = Owned(capability="people.read", owner="person_id")

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("person"))
    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    policy_version = models.ForeignKey("visits.PolicyVersion", models.PROTECT, related_name="+", db_index=False)
    answers = models.JSONField(_("answers"))
    read_at = models.DateTimeField(_("read"))
    answered_at = models.DateTimeField(_("answered"))
    received_at = models.DateTimeField(_("received"))
    asked = models.PositiveSmallIntegerField(_("questions"))
    right = models.PositiveSmallIntegerField(_("right answers"))
    passed = models.BooleanField(_("passed"))
    minutes_from_release = models.PositiveIntegerField(_("minutes from release"))
    is_sealed = models.BooleanField(default=False, db_default=False, editable=False)  # says visits/sealing.py

    class Meta:
        verbose_name = _("quiz attempt")
        verbose_name_plural = _("quiz attempts")
        ordering = ("-answered_at", "-id")
        indexes = (
            models.Index(fields=["policy_version", "person", "answered_at"], name="quiz_attempt_version"),
            models.Index(fields=["person", "-answered_at"], name="quiz_attempt_person"),
            models.Index(fields=["id"], name="quiz_attempt_unsealed", condition=models.Q(is_sealed=False)),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Briefed(models.Model):
    """A shop knows a version: the briefing that counts, of all that it got. Derived from visits (visits/matrix.py).

    The first that was passed counts, where none was passed the latest. `visit_id`, `month` are the visit's address.
    """

    SCOPE: ClassVar[Scope] = Stamped(capability="visits.read")

    pk = models.CompositePrimaryKey("policy_version_id", "retailer_id")
    policy_version = far("visits.PolicyVersion")
    retailer = far("retail.Retailer")
    visit_id = models.UUIDField()
    month = models.DateField()
    territory = far("backend.Unit")
    county = far("backend.Unit")
    person = far("backend.Person")
    on_date = models.DateField(_("business date"))
    briefed_at = models.DateTimeField(_("briefed"))
    channel = models.CharField(max_length=8)
    told_to = models.CharField(max_length=60, blank=True)
    understanding = models.PositiveSmallIntegerField(null=True)
    passed = models.BooleanField(null=True)

    class Meta:
        verbose_name = _("shop that was briefed")
        verbose_name_plural = _("shops that were briefed")
        ordering = ("-briefed_at", "retailer_id", "policy_version_id")
        indexes = (
            models.Index(fields=["retailer", "-briefed_at"], name="briefed_retailer"),
            models.Index(fields=["policy_version", "-briefed_at"], name="briefed_version"),
            models.Index(fields=["territory", "on_date"], name="briefed_day"),
        )

    def __str__(self) -> str:
        return f"{self.retailer_id} {self.policy_version_id}"


class PolicyQuestion(models.Model):
    """What a shop asked of a version and the account manager could not answer; the policy's unit owes an answer.

    Opened by the briefing that said so (visits/faq.py). `entry`: the answer that was given to it.
    """

    SCOPE: ClassVar[Scope] = Downward(capability="policies.read", unit="territory_id", owner="asked_by_id")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ANSWERED = "answered", _("answered")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    policy_version = models.ForeignKey("visits.PolicyVersion", models.PROTECT, related_name="+")
    visit_id = models.UUIDField()
    month = models.DateField()
    retailer = models.ForeignKey("retail.Retailer", models.PROTECT, related_name="+", verbose_name=_("retailer"))
    territory = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("territory"))
    asked_by = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_on = models.DateField(_("asked on"))
    text = models.TextField(_("question"))
    due_on = models.DateField(_("to be answered by"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    entry = models.ForeignKey("visits.PolicyAnswer", models.PROTECT, null=True, related_name="questions")
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("question about a policy")
        verbose_name_plural = _("questions about policies")
        ordering = ("due_on", "id")
        constraints = (
            models.UniqueConstraint(fields=["visit_id", "policy_version"], name="policy_question_once"),
            models.CheckConstraint(
                condition=models.Q(state="open", entry=None) | models.Q(state="answered", entry__isnull=False),
                name="policy_question_answered_by_an_entry",
            ),
        )
        indexes = (models.Index(fields=["due_on", "id"], name="policy_question_due", condition=models.Q(state="open")),)

    def __str__(self) -> str:
        return self.text[:40]


class PolicyAnswer(models.Model):
    """A question and its answer as the policy's unit words them: shown with the policy to all who read it."""

    SCOPE: ClassVar[Scope] = Downward(
        capability="policies.read", unit="policy_version__policy__unit_id", and_above=True
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    policy_version = models.ForeignKey("visits.PolicyVersion", models.PROTECT, related_name="answers")
    question = models.TextField(_("question"))
    answer = models.TextField(_("answer"))
    answered_by = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("answered by"))
    answered_at = models.DateTimeField(_("answered"))

    class Meta:
        verbose_name = _("answer about a policy")
        verbose_name_plural = _("answers about policies")
        ordering = ("-answered_at", "-id")

    def __str__(self) -> str:
        return self.question[:40]


class Seal(models.Model):
    """One link of the chain over receipts of briefings, readings and quiz attempts (visits/sealing.py). Never changed.

    hash = sha256(previous | content); content = sha256 of the record as it stood, null for one that was withdrawn.
    """

    SCOPE: ClassVar[Scope] = Internal()

    class Kind(models.TextChoices):
        BRIEFING = "briefing", _("briefing")
        READING = "reading", _("reading")
        ATTEMPT = "attempt", _("quiz attempt")

    sequence = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    record = models.UUIDField()  # the visit, the reading or the attempt
    part = models.BigIntegerField(default=0)  # of a briefing its policy version
    month = models.DateField(null=True)  # of the visit
    revision = models.PositiveSmallIntegerField(default=1)  # of the visit
    content = models.BinaryField(max_length=32, null=True)
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ("sequence",)
        indexes = (models.Index(fields=["record", "part", "-sequence"], name="seal_record"),)

    def __str__(self) -> str:
        return str(self.sequence)
