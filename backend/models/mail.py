"""What goes to people by e-mail: where to, how often, and what waits (backend/mail.py)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.scope import Internal, Scope


class MailChoice(models.Model):
    """Where a person's mail goes and how often it is wanted. Without a row nothing is sent."""

    SCOPE: ClassVar[Scope] = Internal()

    class Wanted(models.TextChoices):
        NONE = "none", _("no mail")
        EACH = "each", _("each as it comes")
        DAILY = "daily", _("one mail each working morning")

    person = models.OneToOneField("backend.Person", models.CASCADE, primary_key=True, related_name="+")
    address = models.EmailField(_("address"), max_length=254)
    wanted = models.CharField(_("wanted"), max_length=5, choices=Wanted.choices, default=Wanted.DAILY)

    def __str__(self) -> str:
        return f"{self.person_id} {self.wanted}"


class MailLine(models.Model):
    """One thing to be told to one person by mail, once for ever by its key. `words`: by language, subject and body."""

    SCOPE: ClassVar[Scope] = Internal()

    person = models.ForeignKey("backend.Person", models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=120)
    words = models.JSONField()
    made_at = models.DateTimeField()
    queued_at = models.DateTimeField(null=True)  # handed to the outbox
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "key"], name="mail_line_once"),)
        indexes = (models.Index(fields=["made_at"], name="mail_line_waiting", condition=Q(queued_at=None)),)

    def __str__(self) -> str:
        return f"{self.person_id} {self.key}"
