"""What was exported, by whom, with which scope, and where its file stands until it expires (backend/exports)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.scope import Downward, Scope


class Export(models.Model):
    """One export that somebody asked for. What waits or runs has no `finished_at` yet.

    `unit` is where it stands in the audit, `under` the unit that was asked for (null: all that the person reaches).
    Who reads the audit sees that it was made; its file is its person's alone.
    """

    SCOPE: ClassVar[Scope] = Downward(capability="audit.read", unit="unit_id", owner="person_id")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"
        PARQUET = "parquet", "Parquet"

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting to be made")
        RUNNING = "running", _("being made")
        READY = "ready", _("ready to be fetched")
        FAILED = "failed", _("failed, there is no file")
        CANCELLED = "cancelled", _("cancelled, there is no file")
        EXPIRED = "expired", _("expired, its file is gone")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=24)
    format = models.CharField(_("format"), max_length=8, choices=Format.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    person = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("person"))
    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    under = models.ForeignKey("backend.Unit", models.PROTECT, null=True, related_name="+")
    since = models.DateField(_("from day"), null=True)
    until = models.DateField(_("to day"), null=True)
    filters = models.JSONField(_("filters"), default=dict)
    language = models.CharField(max_length=8)
    reason = models.CharField(_("reason for personal data"), max_length=500, blank=True)
    is_masked = models.BooleanField(_("personal data is masked"), default=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    rows_expected = models.PositiveIntegerField(_("rows, about"), default=0)
    size_bytes = models.PositiveBigIntegerField(_("bytes"), null=True)
    sha256 = models.BinaryField(max_length=32, null=True)
    name = models.CharField(max_length=120, blank=True)  # of the file in the store
    manifest = models.JSONField(null=True)
    error = models.CharField(_("why it failed"), max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    cancel_asked_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(_("asked"))
    as_of = models.DateTimeField(_("data as of"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    expires_at = models.DateTimeField(_("file kept until"), null=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ("-asked_at", "-id")
        indexes = (
            models.Index(fields=["asked_at"], name="export_open", condition=models.Q(finished_at=None)),
            models.Index(fields=["person", "-asked_at"], name="export_person"),
            models.Index(fields=["expires_at"], name="export_expiry", condition=models.Q(state="ready")),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.asked_at:%Y-%m-%d}"
