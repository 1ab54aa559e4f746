"""How far a prefecture is with a month, and opening a locked one once more; called by report_views.py.

The verb is reopening.reopen (docs/decisions/0011-months-are-locked-by-prefecture.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from backend import clock
from backend.errors import FieldError, Problem
from backend.once import Done
from backend.reach import reaches
from backend.scope import Actor
from cycles import reopening
from cycles.models import PrefectureMonth
from cycles.queries import prefecture_of
from web.boards import place
from web.boards.acts import Form, Stale
from web.boards.place import Place

_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class MonthState:
    """The month of the place's prefecture, and whether its reader may open it again."""

    row: PrefectureMonth
    may_reopen: bool

    @property
    def is_locked(self) -> bool:
        return self.row.state == PrefectureMonth.State.LOCKED

    @property
    def is_reopened(self) -> bool:
        return not self.is_locked and self.row.reopened_until is not None

    @property
    def today(self) -> date:
        return clock.today()

    @property
    def offered(self) -> date:
        """The day that the form offers: a week."""
        return clock.today() + _WEEK

    @property
    def latest(self) -> date:
        return clock.today() + timedelta(days=reopening.LONGEST_DAYS)


def state(who: Actor, here: Place) -> MonthState | None:
    """None for a unit above the prefectures, and for a month that has not opened there. Two queries at most."""
    row = _rows(here, here.month).select_related("prefecture").first()
    if row is None:
        return None
    is_locked = row.state == PrefectureMonth.State.LOCKED
    return MonthState(row, is_locked and reaches(who, reopening.CAPABILITY, row.prefecture_id))


def reopen(form: Form, here: Place) -> Done:
    """The month of the form is open again, as its reader saw it. Problems as reopening.reopen, and stale_version."""
    month = place.month_named(form.text("month"))
    row = _rows(here, month).first()
    if row is None:
        raise Problem("not_found")
    if form.text("version") != str(row.version):
        raise Stale(row)
    if not form.text("reason"):
        raise Problem("invalid", detail_zh="请写明原因。", detail_en="Say why.")
    made = reopening.reopen(
        actor=form.actor,
        month=month,
        prefecture=prefecture_of(here.unit),
        reason=form.words("reason"),
        until=_until(form),
    )
    said = _("Open again until the end of %s; then it locks by itself.") % f"{made.reopened_until:%Y-%m-%d}"
    return Done(said, f"{form.request.path}?{place.address(here.unit.pk, month)}")


def _rows(here: Place, month: date) -> QuerySet[PrefectureMonth]:
    return PrefectureMonth.objects.filter(month=month, prefecture_id=prefecture_of(here.unit))


def _until(form: Form) -> date:
    try:
        return date.fromisoformat(form.text("until"))
    except ValueError:
        raise Problem("bad_date", errors=[FieldError("bad_date", "请填写日期", "Give a day", "/until")]) from None
