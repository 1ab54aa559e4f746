"""What may be done with a day of the plan: each form calls one verb on stops. Called by plan_views.py."""

from __future__ import annotations

from datetime import date
from functools import partial
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.errors import FieldError, Problem
from backend.models import Unit
from backend.scope import visible_to
from cycles import replan
from visits import stops
from visits.models import PlannedStop, Replan
from web.boards import forecasting, leaves
from web.boards.acts import Form, Verb

STOP_WORDS_MAX = 200


def verbs(territory: Unit, on: date) -> dict[str, Verb]:
    """The acts of one day of a territory."""
    return {
        "move": move,
        "drop": drop,
        "miss_reason": miss_reason,
        "earlier": partial(_turn, territory, on, -1),
        "later": partial(_turn, territory, on, 1),
        "replan": partial(_replan, territory, on),
        "undo": undo,
        "forecast": forecasting.decide,
        "leave": partial(leaves.enter, territory),
        "leave_back": leaves.take_back,
    }


def move(form: Form) -> str:
    stop = stops.move(actor=form.actor, stop=_stop(form), to=_date(form, "to"))
    return _("%(shop)s now stands on %(day)s.") % {"shop": stop.retailer.name, "day": f"{stop.on_date:%m-%d}"}


def drop(form: Form) -> str:
    stop = stops.drop(actor=form.actor, stop=_stop(form), words=form.words("words", STOP_WORDS_MAX))
    return _("%s is off the plan.") % stop.retailer.name


def miss_reason(form: Form) -> str:
    reason = form.text("reason")
    if reason not in PlannedStop.MissReason.values:
        raise Problem("invalid", errors=[FieldError("invalid", "请选择原因", "Choose a reason", "/reason")])
    words = form.words("words", STOP_WORDS_MAX)
    stops.say_why_missed(actor=form.actor, stop=_stop(form), reason=reason, words=words)
    return _("The reason is kept.")


def undo(form: Form) -> str:
    left = replan.undo(actor=form.actor, made=form.mine(Replan.objects.all()))
    said = _("The stops stand where they stood.")
    if left:
        said += " " + ngettext(
            "%d was changed since and is left.", "%d were changed since and are left.", len(left)
        ) % len(left)
    return said


def _replan(territory: Unit, on: date, form: Form) -> str:
    made = replan.replan(actor=form.actor, territory_id=territory.pk, lost_on=on)
    moved = sum(1 for one in made.moves if one["to"])
    return (
        ngettext(
            "%d stop was moved; it can be taken back below.", "%d stops were moved; it can be taken back below.", moved
        )
        % moved
    )


def _turn(territory: Unit, on: date, step: int, form: Form) -> str:
    """The stop changes places with the one before or after it."""
    stop = _stop(form)
    rows = PlannedStop.objects.filter(territory_id=territory.pk, on_date=on).exclude(state=PlannedStop.State.DROPPED)
    order: list[UUID] = list(visible_to(rows, form.actor).order_by("position", "id").values_list("pk", flat=True))
    at = order.index(stop.pk) if stop.pk in order else -1
    if at < 0 or not 0 <= at + step < len(order):
        raise Problem("conflict")
    order[at], order[at + step] = order[at + step], order[at]
    stops.reorder(actor=form.actor, territory_id=territory.pk, on=on, order=order)
    return _("%(shop)s is number %(n)d of the day.") % {"shop": stop.retailer.name, "n": at + step + 1}


def _stop(form: Form) -> PlannedStop:
    return form.mine(PlannedStop.objects.select_related("retailer"))


def _date(form: Form, name: str) -> date:
    try:
        return date.fromisoformat(form.text(name))
    except ValueError:
        raise Problem("bad_date") from None
