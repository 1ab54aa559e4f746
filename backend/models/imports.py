"""What was imported, by whom, with what result, and every row that was refused or flagged (backend/imports)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.scope import Downward, Scope


class ImportProfile(models.Model):
    """How a source's files are read: which heading is which column, what it does not say, its dates, units and money.

    `rules` is checked by backend/imports/profiles.py, which says what it may hold.
    """

    SCOPE: ClassVar[Scope] = Downward(capability="imports.run", unit="unit_id")

    kind = models.CharField(_("kind"), max_length=24)
    name = models.CharField(_("name"), max_length=60)
    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    rules = models.JSONField(_("how files are read"), default=dict)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("import profile")
        verbose_name_plural = _("import profiles")
        ordering = ("kind", "name", "id")
        constraints = (models.UniqueConstraint(fields=["unit", "kind", "name"], name="import_profile_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class ImportRun(models.Model):
    """One file that was tried or applied. Its counts are of data rows, the header not counted.

    Large kinds are jobs: what waits or runs has no `finished_at` yet; `rows` of `rows_expected` have been read.
    """

    SCOPE: ClassVar[Scope] = Downward(capability="imports.run", unit="unit_id", owner="person_id")

    class Mode(models.TextChoices):
        DRY_RUN = "dry_run", _("only look")
        APPLY = "apply", _("apply the good rows")
        STRICT = "strict", _("apply all or none")

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting to be read")
        READING = "reading", _("being read")
        CHECKED = "checked", _("read and compared, nothing written")
        APPLYING = "applying", _("being applied")
        LOOKED = "looked", _("looked at, nothing written")
        APPLIED = "applied", _("applied")
        REFUSED = "refused", _("refused, nothing written")
        CANCELLED = "cancelled", _("cancelled, nothing written")
        FAILED = "failed", _("failed, nothing written")
        UNDOING = "undoing", _("being taken back")
        UNDONE = "undone", _("taken back")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=24)
    mode = models.CharField(_("mode"), max_length=8, choices=Mode.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    person = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("person"))
    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    file_format = models.CharField(_("format"), max_length=8)
    encoding = models.CharField(_("encoding"), max_length=12, blank=True)
    size_bytes = models.PositiveIntegerField(_("bytes"))
    sha256 = models.BinaryField(max_length=32)
    ignored_columns = models.JSONField(_("columns not read"), default=list)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    good = models.PositiveIntegerField(_("good rows"), default=0)
    bad = models.PositiveIntegerField(_("bad rows"), default=0)
    flagged = models.PositiveIntegerField(_("good rows with a warning"), default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    removed = models.PositiveIntegerField(_("removed"), default=0)
    difference = models.JSONField(_("before and after"), default=list)
    rows_expected = models.PositiveIntegerField(_("rows of the file, about"), default=0)
    profile = models.ForeignKey(
        ImportProfile, models.SET_NULL, null=True, related_name="+", verbose_name=_("import profile")
    )
    rules = models.JSONField(default=dict)  # the profile's, as they were when the file came
    error = models.CharField(_("why it failed"), max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    cancel_asked_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-started_at", "-id")
        indexes = (models.Index(fields=["started_at"], name="import_open", condition=models.Q(finished_at=None)),)

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"


class ImportReject(models.Model):
    """One thing wrong with one row: as an error the row was left out, as a warning it was kept."""

    SCOPE: ClassVar[Scope] = Downward(capability="imports.run", unit="run__unit_id", owner="run__person_id")

    class Severity(models.TextChoices):
        ERROR = "error", _("left out")
        WARNING = "warning", _("kept, but look")

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rejects", verbose_name=_("import"))
    row_no = models.PositiveIntegerField(_("row in the file"))  # as a spreadsheet counts: the header is row 1
    column = models.CharField(_("column"), max_length=40, blank=True)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices)
    code = models.CharField(_("reason"), max_length=40)
    value = models.CharField(_("what stood there"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")
        ordering = ("run_id", "row_no", "id")
        indexes = (models.Index(fields=["run", "row_no", "id"], name="importreject_row"),)

    def __str__(self) -> str:
        return f"{self.row_no} {self.column} {self.code}"
