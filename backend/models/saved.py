"""A filter of a list that a reader keeps under a name; written by web/boards/saved.py (docs/decisions/0029)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.links import far
from backend.scope import Owned, Scope


class SavedFilter(models.Model):
    """One reader's, of one list: `page` is the name of its address, `query` its filters as sorted, encoded pairs."""

    SCOPE: ClassVar[Scope] = Owned(capability="", owner="person_id")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = far("backend.Person")
    page = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=40)
    query = models.CharField(max_length=1000)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ("page", "name")
        constraints = (models.UniqueConstraint(fields=["person", "page", "name"], name="saved_filter_once"),)

    def __str__(self) -> str:
        return f"{self.page} {self.name}"
