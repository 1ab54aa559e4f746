"""Work that follows a write: keys to recompute (change marks) and things to do once (outbox)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from backend.scope import Internal, Scope


class ChangeMark(models.Model):
    """ "Recompute this key from facts." Appended by the writer, folded when drained (backend/marks.py)."""

    SCOPE: ClassVar[Scope] = Internal()

    consumer = models.CharField(max_length=16)
    kind = models.CharField(max_length=24)
    unit_id = models.BigIntegerField()
    on_date = models.DateField()
    marked_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["consumer", "kind", "unit_id", "on_date"], name="mark_key"),)

    def __str__(self) -> str:
        return f"{self.consumer} {self.kind} {self.unit_id} {self.on_date}"


class OutboxItem(models.Model):
    """ "Do this once." Committed with the data; leased, tried at most 5 times, then parked with its last error."""

    SCOPE: ClassVar[Scope] = Internal()

    topic = models.CharField(max_length=48)
    payload = models.JSONField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        indexes = (models.Index(fields=["due_at"], name="outbox_due", condition=Q(parked_at=None)),)

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"
