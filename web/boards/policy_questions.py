"""`/policies/questions`: what shops asked and nobody could answer, with who owes the answer and by when."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor
from backend.scope import Actor, visible_to
from visits import faq, policies
from visits.models import PolicyQuestion
from visits.policy_filters import QuestionFilters
from web.boards import acts, chain, field_place
from web.boards.acts import Form

READ = "policies.read"
NARROWING = ("state", "overdue", "policy", "owner", "policy_version", "asked_by", "retailer")
MOST = 2_000  # characters of an answer, as the API takes it


@acts.page
def questions(request: HttpRequest) -> HttpResponse:
    """`/policies/questions?unit=&state=&overdue=&policy=&after=`: the soonest due first; without `state` those that
    wait. Up to nine queries."""
    here, who = field_place.of(request, READ, *NARROWING, "after"), actor(request)
    done = acts.run(request, {"answer": answer})
    if isinstance(done, HttpResponse):
        return done
    listed = field_place.narrowed(request, here, *NARROWING)
    given = {"state": PolicyQuestion.State.OPEN, **listed.kept, "unit": str(here.unit.pk)}
    rows = visible_to(PolicyQuestion.objects.all(), who)
    filters = QuestionFilters(given, queryset=rows)
    if not filters.is_valid():
        raise field_place.bad(next(iter(filters.errors)))
    found = filters.qs.select_related("policy_version__policy__unit", "retailer", "asked_by", "entry__answered_by")
    page, after = chain.page(found.order_by("due_on", "id"), request.GET.get("after"))
    state, overdue = listed.kept.get("state"), listed.kept.get("overdue")
    told: dict[str, Any] = {
        "here": here,
        "listed": listed,
        "states": [
            (listed.to(state=None, overdue=None), _("waiting"), state in (None, "open") and not overdue),
            (listed.to(state="open", overdue="true"), _("overdue"), overdue == "true"),
            (listed.to(state="answered", overdue=None), _("answered"), state == "answered"),
        ],
        "total": filters.qs.order_by().count(),
        "rows": [(row, _may_answer(who, row)) for row in page],
        "today": clock.today(),
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/policy_questions.html", told, done)


def _may_answer(who: Actor, row: PolicyQuestion) -> bool:
    owner = row.policy_version.policy.unit
    is_open = row.state == PolicyQuestion.State.OPEN
    return is_open and not set(who.units(policies.EDIT)).isdisjoint(owner.ancestors)


def answer(form: Form) -> str:
    if not form.actor.can(policies.EDIT):
        raise Problem("forbidden")
    if not form.text("answer"):
        raise Problem("invalid", detail_zh="请写明答复。", detail_en="Write the answer.")
    rows = PolicyQuestion.objects.select_related("policy_version__policy")
    reply = faq.Reply(form.words("answer", MOST), form.words("question", MOST))
    faq.answer(actor=form.actor, question=form.mine(rows), reply=reply)
    return _("Answered: the asker is told, and it shows with the policy to all who read it.")
