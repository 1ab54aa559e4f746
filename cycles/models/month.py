"""The month of the 135 method: when it runs, how far each prefecture is with it, every retailer's 15 cells."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.links import far
from backend.scope import Everyone, Internal, Scope, Stamped
from cycles.grid import CELLS, CellState


class CalendarDay(models.Model):
    """Overrides the published working calendar for one day (a holiday, a make-up day, a local rule)."""

    SCOPE: ClassVar[Scope] = Everyone()

    day = models.DateField(_("day"), primary_key=True)
    is_working = models.BooleanField(_("working day"))
    name = models.CharField(_("name"), max_length=60, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ("day",)

    def __str__(self) -> str:
        return str(self.day)


class Month(models.Model):
    """One month of the method and how far it has come. Its dates follow from cycles/calendar.py."""

    SCOPE: ClassVar[Scope] = Everyone()

    class State(models.TextChoices):
        OPENING = "opening", _("opening")
        OPEN = "open", _("open")
        LOCKED = "locked", _("locked")

    month = models.DateField(_("month"), primary_key=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    opening_at = models.DateTimeField(_("opening began"))
    opened_at = models.DateTimeField(_("opened"), null=True)
    followed_on = models.DateField(_("members and owners last compared"), null=True)

    class Meta:
        verbose_name = _("month")
        verbose_name_plural = _("months")
        ordering = ("-month",)
        constraints = (models.CheckConstraint(condition=Q(month__day=1), name="month_first_day"),)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class PrefectureMonth(models.Model):
    """How far a prefecture is with a month after it opened: its dates are its own (parameters), so it is measured,
    locked and reopened by itself. Missing: the month is open there."""

    SCOPE: ClassVar[Scope] = Everyone()

    class State(models.TextChoices):
        OPEN = "open", _("open")
        MEASURED = "measured", _("measured")
        LOCKED = "locked", _("locked")

    pk = models.CompositePrimaryKey("month", "prefecture_id")
    month = models.DateField(_("month"))
    prefecture = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("prefecture"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    analyzed_on = models.DateField(_("analyzed as of"), null=True)  # the day whose facts the findings were made from
    redrafted_at = models.DateTimeField(_("drafted again after the month before"), null=True)
    planned_at = models.DateTimeField(_("stops drafted"), null=True)
    measured_at = models.DateTimeField(_("measured"), null=True)
    locked_at = models.DateTimeField(_("locked"), null=True)
    reopened_at = models.DateTimeField(_("reopened"), null=True)
    reopened_until = models.DateField(_("reopened until the end of"), null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("month of a prefecture")
        verbose_name_plural = _("months of prefectures")
        ordering = ("-month", "prefecture_id")

    def __str__(self) -> str:
        return f"{self.prefecture_id} {self.month:%Y-%m}"


class OpeningChunk(models.Model):
    """A share of the retailers to open: claimed, filled, done. A killed worker's chunk is done again."""

    SCOPE: ClassVar[Scope] = Internal()

    pk = models.CompositePrimaryKey("month", "number")
    month = models.DateField()
    number = models.PositiveIntegerField()
    after = models.UUIDField(null=True)  # retailer ids in (after, upto]
    upto = models.UUIDField(null=True)
    filled_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(null=True)


class RetailerCycle(models.Model):
    """One retailer's month: 15 derived cells (cycles/grid.py). The territory follows the owner until the lock."""

    SCOPE: ClassVar[Scope] = Stamped(capability="cycles.read")
    PARTITIONED: ClassVar[str] = "opened"

    pk = models.CompositePrimaryKey("month", "retailer_id")
    month = models.DateField()
    retailer = far("retail.Retailer")
    territory = far("backend.Unit")
    county = far("backend.Unit")

    class Meta:
        verbose_name = _("retailer's month")
        verbose_name_plural = _("retailers' months")
        ordering = ("-month", "retailer_id")
        indexes = (models.Index(fields=["territory"], name="retailer_cycle_territory"),)


for _cell in CELLS:
    RetailerCycle.add_to_class(
        _cell.column, models.SmallIntegerField(_cell.name, choices=CellState.choices, default=_cell.opens_as)
    )
