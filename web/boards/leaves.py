"""Days on which the account manager of a territory does not visit, on the page of the plan; called by plan_views.py.

The verbs are those of visits/leave.py; the room of the month and the drafts of stops follow from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from backend import clock
from backend.errors import FieldError, Problem
from backend.http.serializers import EARLIEST, LATEST
from backend.models import Person, Position, Unit
from backend.scope import Actor, visible_to
from visits import leave
from visits.leave import Days
from visits.models import Leave
from web.boards.acts import Form

KIND_MAX = 40


@dataclass(frozen=True)
class Off:
    """A leave with its last day, as people say it."""

    row: Leave

    @property
    def first(self) -> date:
        first: date = self.row.during.lower
        return first

    @property
    def last(self) -> date:
        last: date = self.row.during.upper - timedelta(days=1)
        return last

    @property
    def is_one_day(self) -> bool:
        return self.first == self.last

    def holds_on(self, day: date) -> bool:
        return self.first <= day <= self.last


def of_month(actor: Actor, territory: Unit, month: date) -> list[Off]:
    """The leaves of the territory that touch the month, oldest first. One query."""
    rows = Leave.objects.filter(unit_id=territory.pk, during__overlap=_days_of(month))
    return [Off(row) for row in visible_to(rows, actor).select_related("person").order_by("during", "id")]


def people(territory: Unit, month: date) -> QuerySet[Person]:
    """Who holds a position in the territory on a day of the month, so that a leave can be entered. One query."""
    posts = Position.objects.filter(person=OuterRef("pk"), unit_id=territory.pk, during__overlap=_days_of(month))
    return Person.objects.filter(Exists(posts)).order_by("name", "pk")


def enter(territory: Unit, form: Form) -> str:
    """The person does not visit on these days. Problems as leave.enter; one day where no last day is given."""
    first = _day(form, "first")
    person = people(territory, clock.month_of(first)).filter(pk__in=form.keys("person")[:1]).first()
    if person is None:
        raise Problem("not_found")
    days = Days(first, _day(form, "last") if form.text("last") else first)
    kind = form.words("kind", KIND_MAX)
    try:
        made = leave.enter(actor=form.actor, person_id=person.pk, unit_id=territory.pk, days=days, kind=kind)
    except Problem as problem:
        raise _said(problem) from problem
    off = Off(made)
    return _("%(person)s is on leave from %(first)s to %(last)s; it can be taken back.") % {
        "person": person.name,
        "first": f"{off.first:%m-%d}",
        "last": f"{off.last:%m-%d}",
    }


def take_back(form: Form) -> str:
    """The person visits on these days after all. Problems as leave.take_back."""
    leave.take_back(actor=form.actor, leave=form.mine(Leave.objects.all()))
    return _("The leave is taken back: these days count again.")


def _days_of(month: date) -> DateRange:
    return DateRange(month, clock.add_months(month, 1))


def _day(form: Form, name: str) -> date:
    try:
        found = date.fromisoformat(form.text(name))
    except ValueError:
        found = None
    if found is None or not EARLIEST <= found <= LATEST:
        raise Problem("bad_date", errors=[FieldError("bad_date", "请填写日期", "Give a day", f"/{name}")])
    return found


def _said(problem: Problem) -> Problem:
    words = {
        "conflict": ("这几天已经登记了请假。", "A leave that stands holds on one of these days."),
        "bad_date": ("结束日期不能早于开始日期。", "The last day comes before the first."),
    }.get(problem.code)
    return problem if words is None else Problem(problem.code, detail_zh=words[0], detail_en=words[1])
