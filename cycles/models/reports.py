"""The monthly report of a unit: what was told of its month, who wrote a line to it, and the files made of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.scope import Downward, Internal, Scope


class ReportRun(models.Model):
    """One making of the reports of a prefecture's month: after its lock, or when what was locked came out otherwise.

    The row is the job: figures stand from `made_at`, files follow one by one until `done_at`.
    """

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="prefecture_id")

    class Cause(models.TextChoices):
        LOCK = "lock", _("the month was locked")
        REOPENED = "reopened", _("the month was reopened and locked again")
        ADJUSTED = "adjusted", _("late facts changed figures of the locked month")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    month = models.DateField(_("month"))
    prefecture = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("prefecture"))
    number = models.PositiveSmallIntegerField(_("number"))
    cause = models.CharField(_("cause"), max_length=8, choices=Cause.choices)
    locked_at = models.DateTimeField(_("locked"))  # of the lock whose figures these are
    made_at = models.DateTimeField(_("figures made"))
    of = models.PositiveIntegerField(_("reports"))
    done = models.PositiveIntegerField(_("reports with their files"), default=0)
    done_at = models.DateTimeField(_("files made"), null=True)
    error = models.CharField(_("problem"), max_length=60, blank=True)  # why files wait: a problem code

    class Meta:
        verbose_name = _("making of reports")
        verbose_name_plural = _("makings of reports")
        ordering = ("-month", "prefecture_id", "-number")
        constraints = (
            models.UniqueConstraint(fields=["month", "prefecture", "number"], name="report_run_once"),
            models.CheckConstraint(condition=Q(done__lte=models.F("of")), name="report_run_done_within"),
        )

    def __str__(self) -> str:
        return f"{self.prefecture_id} {self.month:%Y-%m} #{self.number}"


class MonthlyReport(models.Model):
    """A unit's month in nine sections, as it stood when it was made; a later making stands beside it, never over it.

    `content` is what everybody who reads the unit's boards may read, `restricted` what is added to its sections for
    those who hold restricted.read there. `words` are the human lines, one each by section or finding: they alone
    change, until the report is released.
    """

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="unit_id")

    class State(models.TextChoices):
        DRAFTED = "drafted", _("drafted")
        RELEASED = "released", _("report released")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(ReportRun, models.PROTECT, related_name="reports")
    month = models.DateField(_("month"))
    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    number = models.PositiveSmallIntegerField(_("number"))  # of the unit's month: 1, and 2 for what was told anew
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFTED)
    template = models.PositiveSmallIntegerField(_("version of the template"))
    content = models.JSONField(_("content"))
    restricted = models.JSONField(_("restricted content"), default=dict)
    words = models.JSONField(_("human lines"), default=dict)
    made_at = models.DateTimeField(_("made"))
    released_at = models.DateTimeField(_("released"), null=True)
    released_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, related_name="+")  # null: by itself
    mailed_at = models.DateTimeField(_("mailed"), null=True)
    fetched_at = models.DateTimeField(_("first fetched"), null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("monthly report")
        verbose_name_plural = _("monthly reports")
        ordering = ("-month", "unit_id", "-number")
        constraints = (
            models.UniqueConstraint(fields=["month", "unit", "number"], name="report_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="report_month_first_day"),
            models.CheckConstraint(
                condition=Q(state="drafted", released_at=None, released_by=None)
                | Q(state="released", released_at__isnull=False),
                name="report_released_when",
            ),
            models.CheckConstraint(condition=Q(mailed_at=None) | Q(state="released"), name="report_mailed_released"),
        )

    def __str__(self) -> str:
        return f"{self.unit_id} {self.month:%Y-%m} #{self.number}"


class ReportFile(models.Model):
    """A PDF of a report as one kind of reader may have it, and as its words were then."""

    SCOPE: ClassVar[Scope] = Internal()  # served through its report

    report = models.ForeignKey(MonthlyReport, models.CASCADE, related_name="files")
    is_restricted = models.BooleanField(_("with what is restricted"))
    of_version = models.PositiveIntegerField(_("version of the report"))
    name = models.CharField(_("where it stands"), max_length=120)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField(_("bytes"))
    made_at = models.DateTimeField(_("made"))

    class Meta:
        verbose_name = _("file of a report")
        verbose_name_plural = _("files of reports")
        ordering = ("report_id", "is_restricted", "of_version")
        constraints = (
            models.UniqueConstraint(fields=["report", "is_restricted", "of_version"], name="report_file_once"),
        )

    def __str__(self) -> str:
        return self.name
