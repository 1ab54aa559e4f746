"""What may be decided on the pages about actions, results and improvements: each form's `act` calls one verb.

Called by the pages of a shop, of the actions and of the improvements.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.errors import FieldError, Problem
from backend.scope import Actor, visible_to
from cycles import actions, evaluate, gate, improve, standing
from cycles.metrics import unit_of
from cycles.models import Action, Improvement, Result
from web.boards import place
from web.boards.acts import Form, Verb
from web.templatetags.chain_tags import goal


def may_plan(actor: Actor) -> bool:
    """Whether the pages offer forms at all; the verbs decide about each row."""
    return actor.can(gate.CAPABILITY)


def reasons() -> dict[str, list[tuple[str, str]]]:
    """The reason codes to choose from, with their words."""
    return {
        "drop": [(str(code), str(name)) for code, name in actions.DropReason.choices],
        "miss": [(str(code), str(name)) for code, name in evaluate.MissReason.choices],
    }


def _action(form: Form) -> Action:
    return form.mine(Action.objects.all(), before=lambda row: standing.hold(row.month))


def accept(form: Form) -> str:
    row = actions.accept(actor=form.actor, action=_action(form))
    return _("Accepted: %s.") % goal(row)


def edit(form: Form) -> str:
    action = _action(form)
    row = actions.edit(actor=form.actor, action=action, target=_target(form, action.metric))
    if row.is_flagged:
        return _("The target is now %s. It is flagged: look whether it can be reached.") % goal(row)
    return _("The target is now %s.") % goal(row)


def drop(form: Form) -> str:
    actions.drop(actor=form.actor, action=_action(form), reason=form.text("reason"), words=form.words("words"))
    return _("Dropped. It can be accepted again as long as the month is not measured.")


def accept_all(form: Form) -> str:
    """Every unflagged drafted action of the territory of the page's address."""
    here = place.of(form.request, *form.request.GET)
    done = actions.accept_all(actor=form.actor, month=here.month, territory=here.unit)
    taken = sum(one.outcome == "accepted" for one in done)
    said = ngettext("%d action accepted.", "%d actions accepted.", taken) % taken
    if left := len(done) - taken:
        said += " " + ngettext("%d asks for a look.", "%d ask for a look.", left) % left
    return said


def give_reason(form: Form) -> str:
    visible = visible_to(Action.objects.all(), form.actor)
    result = form.row(
        Result.objects.filter(action__in=visible).select_related("action"),
        before=lambda row: standing.hold(row.action.month),
    )
    evaluate.give_reason(actor=form.actor, action=result.action, reason=form.text("reason"), words=form.words("words"))
    return _("The reason is kept.")


def _improvement(form: Form) -> Improvement:
    return form.mine(Improvement.objects.all())


def improvement_accept(form: Form) -> str:
    improve.accept(actor=form.actor, improvement=_improvement(form))
    return _("Carried on: it stands open until it is met or dropped.")


def improvement_drop(form: Form) -> str:
    row = form.mine(Improvement.objects.all(), before=improve.hold)
    improve.drop(actor=form.actor, improvement=row, reason=form.words("reason"))
    return _("Dropped, with the reason.")


VERBS: dict[str, Verb] = {
    verb.__name__: verb for verb in (accept, edit, drop, accept_all, give_reason, improvement_accept, improvement_drop)
}


def _target(form: Form, name: str) -> Decimal:
    """The number that was typed, in the metric's own unit (fen for yuan); `invalid` for what is none."""
    try:
        value = Decimal(form.text("target").replace(",", "").replace("，", ""))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value < 10**9 or value != round(value, 2):
        wrong = FieldError(
            "invalid", "目标须是数字，最多两位小数", "The target is a number, at most two decimals", "/target"
        )
        raise Problem("invalid", errors=[wrong])
    return value * 100 if unit_of(name) == "fen" else value
