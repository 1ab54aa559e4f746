"""What arrives in pieces (backend/uploads.py), and what the system tells one person by itself (backend/notices.py)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.links import far
from backend.scope import Internal, Owned, Scope


class Upload(models.Model):
    """A file on its way by tus. How much of it is here is the size of its part file, and nothing else.

    `done_at`: it was taken over as a whole; the row stays until it expires, so that a lost last answer can be repeated.
    """

    SCOPE: ClassVar[Scope] = Internal()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = far("backend.Person")
    device = far("backend.Device", null=True)
    length = models.PositiveBigIntegerField()
    sha256 = models.BinaryField(max_length=32)  # of the whole, as the phone declared it
    metadata = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["expires_at"], name="upload_expiry"),
            models.Index(fields=["created_at"], name="upload_open", condition=models.Q(done_at=None)),
            models.Index(fields=["person"], name="upload_open_of_person", condition=models.Q(done_at=None)),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Notice(models.Model):
    """One thing told to one person; its words are made from `kind` and `params` in the reader's language."""

    SCOPE: ClassVar[Scope] = Owned(capability="", owner="person_id")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey("backend.Person", models.CASCADE, related_name="+", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=32)
    subject = models.UUIDField()  # what it is about, by its kind: a visit
    params = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("told"))
    read_at = models.DateTimeField(_("read"), null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ("-created_at", "-id")
        constraints = (models.UniqueConstraint(fields=["person", "kind", "subject"], name="notice_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
