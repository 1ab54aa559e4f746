"""What was done to master data and by whom; rows are only ever added (a trigger refuses the rest)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.scope import Downward, Scope


class AuditEntry(models.Model):
    """One act: who, what, on which object, before and after, and the reason given."""

    SCOPE: ClassVar[Scope] = Downward(capability="audit.read", unit="unit_id")

    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+", verbose_name=_("actor"))
    act = models.CharField(_("act"), max_length=64)
    object_type = models.CharField(_("kind of object"), max_length=64)
    object_id = models.CharField(_("object"), max_length=64)
    unit = models.ForeignKey("backend.Unit", models.PROTECT, null=True, related_name="+", verbose_name=_("unit"))
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    reason = models.TextField(_("reason"), blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ("-id",)
        indexes = (models.Index(fields=["object_type", "object_id"], name="audit_object"),)

    def __str__(self) -> str:
        return f"{self.act} #{self.pk}"
