"""`/misfires`: what managers said of rules that misfire, and the answers; telling one stands on the finding's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backend.errors import Problem
from backend.http.auth import actor
from backend.reach import units_reached
from backend.scope import Actor, units_under, visible_to
from cycles import chain_reads, gate, misfires
from cycles.actions_filters import MisfireFilters
from cycles.models import Finding, Misfire
from web.boards import acts, chain, field_place, place
from web.boards.acts import Form
from web.boards.place import Place

READ: Final = "cycles.read"
NARROWING: Final = ("rule", "answered")
SHOWN: Final = 5  # findings named in a line; the others are counted


@acts.page
def told(request: HttpRequest) -> HttpResponse:
    """`/misfires?unit=&rule=&answered=&after=`: what was said of rules under a unit, newest first; without `answered`
    what waits. Up to nine queries."""
    here, who = place.of(request, *NARROWING, "after"), actor(request)
    if not who.can(READ):
        raise Problem("forbidden")
    done = acts.run(request, {"answer": answer})
    if isinstance(done, HttpResponse):
        return done
    listed = field_place.narrowed(request, here, *NARROWING)
    answered = listed.kept.get("answered", "false")
    filters = MisfireFilters({} if answered == "all" else {"answered": answered}, queryset=under(who, here))
    if not filters.is_valid():
        raise field_place.bad("answered")
    rows = filters.qs.select_related("person", "unit", "answered_by")
    if rule := listed.kept.get("rule"):
        if chain_reads.rule_or_none(rule) is None:
            raise field_place.bad("rule")
        rows = rows.filter(rule=rule)
    page, after = chain.page(rows.order_by("-told_at", "id"), request.GET.get("after"))
    known, reached = _findings(who, page), units_reached(who, misfires.ANSWER)
    context: dict[str, Any] = {
        "here": here,
        "listed": listed,
        "choices": [
            (listed.to(answered=code), word, answered == code)
            for code, word in (("false", _("waiting for an answer")), ("true", _("answered")), ("all", _("all")))
        ],
        "rows": [_shown(row, known, row.unit_id in reached) for row in page],
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/misfires.html", context, done)


def under(who: Actor, here: Place) -> QuerySet[Misfire]:
    """What was said of rules at or under the place, as far as the reader sees it."""
    return visible_to(Misfire.objects.filter(unit_id__in=units_under([here.unit.pk])), who)


def of_finding(who: Actor, finding: Finding) -> list[Misfire]:
    """What was said of the rule with this finding attached, newest first. One query."""
    rows = visible_to(Misfire.objects.filter(rule=finding.rule, findings__contains=[finding.pk]), who)
    return list(rows.select_related("person", "answered_by").order_by("-told_at", "id"))


def may_tell(who: Actor, finding: Finding) -> bool:
    """Whether the reader plans for the finding's subject, and its rule is still asked. One query at most."""
    if finding.is_restricted or not who.can(gate.CAPABILITY) or chain_reads.rule_or_none(finding.rule) is None:
        return False
    return gate.planned_by(who, Finding.objects.filter(pk=finding.pk)).exists()


def tell(form: Form, finding: Finding) -> str:
    """The rule is said to misfire, with this finding attached. Problems as misfires.tell."""
    misfires.tell(actor=form.actor, rule=finding.rule, findings=[finding.pk], words=_words(form, "请写明为何不准。"))
    return _("Told to those who set the rules; the answer will stand here.")


def answer(form: Form) -> str:
    """What was told has its answer. Problems as misfires.answer."""
    words = _words(form, "请写明答复。")
    misfires.answer(actor=form.actor, misfire=form.mine(Misfire.objects.all()), words=words)
    return _("Answered. Who told it reads the answer with the finding.")


def _words(form: Form, missing: str) -> str:
    if not form.text("words"):
        raise Problem("invalid", detail_zh=missing, detail_en="Say it in words.")
    return form.words("words")


def _findings(who: Actor, page: Sequence[Misfire]) -> dict[UUID, Finding]:
    """Those of the attached findings that the reader may see. One query."""
    wanted = {key for row in page for key in row.findings}
    return {row.pk: row for row in visible_to(chain.with_names(Finding.objects.filter(pk__in=wanted)), who)}


def _shown(row: Misfire, known: dict[UUID, Finding], is_mine: bool) -> dict[str, Any]:
    seen = [known[key] for key in row.findings if key in known]
    return {
        "row": row,
        "findings": seen[:SHOWN],
        "more": len(row.findings) - len(seen[:SHOWN]),
        "may_answer": is_mine and row.answered_at is None,
    }
