"""What the wire must remember: receipts, what was refused, answers to repeat, and the order of changes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.scope import Downward, Internal, Scope


class Receipt(models.Model):
    """The phone's UUID is the key for ever: written first, unpartitioned, never changed. The intake's audit."""

    SCOPE: ClassVar[Scope] = Internal()

    submission_id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=24)
    sha256 = models.BinaryField(max_length=32)
    person = models.ForeignKey("backend.Person", models.DO_NOTHING, db_constraint=False, related_name="+")
    month = models.DateField()
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.submission_id)


class Quarantined(models.Model):
    """A refused item with its reason, kept as the bytes that came, until somebody fixes it or lets it go."""

    SCOPE: ClassVar[Scope] = Downward(capability="quarantine.read", unit="unit_id", owner="person_id")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        RESENT = "resent", _("fixed and sent again")
        DISMISSED = "dismissed", _("let go")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=24)
    submission_id = models.UUIDField(null=True)
    person = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("person"))
    unit = models.ForeignKey("backend.Unit", models.PROTECT, null=True, related_name="+", verbose_name=_("unit"))
    sha256 = models.BinaryField(max_length=32)
    payload = models.BinaryField()
    problem = models.JSONField(_("problem"))
    standing = models.JSONField(null=True)  # what stood here when it came, with its author and time (a conflict)
    received_at = models.DateTimeField(_("received"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    settled_at = models.DateTimeField(_("settled"), null=True)
    settled_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("quarantined item")
        verbose_name_plural = _("quarantine")
        ordering = ("-received_at", "-id")
        constraints = (models.UniqueConstraint(fields=["person", "kind", "sha256"], name="quarantined_once"),)
        indexes = (
            models.Index(
                fields=["person", "kind", "submission_id"], name="quarantined_open", condition=models.Q(state="open")
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class IdempotencyKey(models.Model):
    """An answer kept 30 days, written in the transaction of its effect, so that a repeat gets the same answer."""

    SCOPE: ClassVar[Scope] = Internal()

    person = models.ForeignKey("backend.Person", models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    route = models.CharField(max_length=200)
    sha256 = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "key"], name="idempotency_once"),)
        indexes = (models.Index(fields=["created_at"], name="idempotency_age"),)

    def __str__(self) -> str:
        return self.key


class SyncCounter(models.Model):
    """One counter per unit and collection, taken last in a transaction: the checkpoint follows commit order.

    `reconciled_on` is the business day on which the unit's documents were last compared with its entries as a whole.
    """

    SCOPE: ClassVar[Scope] = Internal()

    pk = models.CompositePrimaryKey("territory_id", "collection")
    territory = models.ForeignKey("backend.Unit", models.CASCADE, related_name="+")
    collection = models.CharField(max_length=24)
    value = models.BigIntegerField(default=0)
    reconciled_on = models.DateField(null=True)


class SyncEntry(models.Model):
    """The latest change of one document in one unit's stream; `deleted` is a tombstone for phones.

    `first_sequence` is that with which the document came into the stream: a phone whose checkpoint is below it has
    never been told of it. `digest` is that of the document when it was last reconciled; None: told by its writer.
    """

    SCOPE: ClassVar[Scope] = Internal()

    pk = models.CompositePrimaryKey("territory_id", "collection", "document_id")
    territory = models.ForeignKey("backend.Unit", models.CASCADE, related_name="+")
    collection = models.CharField(max_length=24)
    document_id = models.UUIDField()
    sequence = models.BigIntegerField()
    first_sequence = models.BigIntegerField(default=0)
    digest = models.BinaryField(max_length=16, null=True)
    deleted = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["territory", "collection", "sequence"], name="sync_sequence_once"),
        )
