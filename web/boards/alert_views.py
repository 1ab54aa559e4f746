"""`/alerts`, `/alerts/rules`, `/alerts/rules/<id>`: what crossed a line and who was told why; rules, tried out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor
from backend.kpis import kpi
from backend.reach import reaches
from backend.scope import Actor, visible_to
from market.alerts import answering, rules
from market.alerts.api import AlertFilters, AlertRuleFilters
from market.alerts.words import plain, said, said_watch
from market.models import Alert, AlertRule, AlertTold
from web.boards import acts, alert_making, chain, field_place, place
from web.boards.acts import Form, Stale

READ: Final = rules.READ
NARROWING: Final = ("state", "rule", "kpi")
State = Alert.State


@acts.page
def alerts(request: HttpRequest) -> HttpResponse:
    """`/alerts?unit=&state=&rule=`: figures under the unit that crossed a line, newest first; those open where nothing
    is chosen. Up to fourteen queries."""
    here, who = field_place.of(request, READ, *NARROWING, "after"), actor(request)
    done = acts.run(request, {"acknowledge": acknowledge, "mute": mute})
    if isinstance(done, HttpResponse):
        return done
    listed = field_place.narrowed(request, here, *NARROWING)
    chosen = {"state": State.OPEN.value, **listed.kept}
    asked = {name: value for name, value in chosen.items() if value != "all"}
    filters = AlertFilters({"unit": str(here.unit.pk), **asked}, queryset=visible_to(Alert.objects.all(), who))
    if not filters.is_valid():
        raise field_place.bad(next(iter(filters.errors)))
    heard = AlertTold.objects.select_related("person", "role", "place")
    rows = filters.qs.select_related("rule", "unit", "said_by").prefetch_related(Prefetch("told", heard))
    page, after = chain.page(rows.order_by("-opened_at", "-id"), request.GET.get("after"))
    states = [*State.choices, ("all", _("all"))]
    told: dict[str, Any] = {
        "here": here,
        "listed": listed,
        "states": [(listed.to(state=code), word, chosen["state"] == code) for code, word in states],
        "rows": [_shown(who, row) for row in page],
        "may_answer": who.can(answering.ANSWER),
        "today": clock.today(),
        "longest": clock.today() + answering.LONGEST_QUIET,
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/alerts.html", told, done)


def _shown(who: Actor, row: Alert) -> dict[str, Any]:
    """One alert in the reader's words; why he was told, if he was."""
    figure, english = kpi(row.rule.kpi), place.is_english()
    heard = list(row.told.all())
    return {
        "row": row,
        "figure": figure,
        "value": said(row.value, figure)[english],
        "line": said_watch(row.rule)[english],
        "mine": [one for one in heard if one.person_id == who.person_id],
        "told": heard,
        "behind": f"/market/figure?{place.address(row.unit_id, row.month, kpi=row.rule.kpi, subject=row.rule.subject)}",
        "is_quiet": row.muted_until is not None and row.muted_until >= clock.today(),
    }


def acknowledge(form: Form) -> str:
    answering.acknowledge(actor=form.actor, alert=form.mine(Alert.objects.all()), words=_words(form))
    return _("Acknowledged; nobody is told of it again.")


def mute(form: Form) -> str:
    try:
        until = date.fromisoformat(form.text("until"))
    except ValueError:
        raise Problem("bad_date") from None
    answering.mute(actor=form.actor, alert=form.mine(Alert.objects.all()), until=until, words=_words(form))
    return _("Quiet up to that day.")


def _words(form: Form) -> str:
    found = form.words("words")
    if not found:
        raise Problem("invalid", detail_zh="请写明正在怎么处理。", detail_en="Say what is being done about it.")
    return found


@acts.page
def alert_rules(request: HttpRequest) -> HttpResponse:
    """`/alerts/rules?unit=`: the rules of the unit, of those above that watch it and of those under it; a rule that
    ships is adopted, or one of one's own made. Up to eleven queries."""
    here, who = field_place.of(request, READ), actor(request)
    verbs: dict[str, acts.Verb] = {"adopt": lambda form: adopt(form, here)}
    verbs["make"] = lambda form: alert_making.make(form, here)
    done = acts.run(request, verbs)
    if isinstance(done, HttpResponse):
        return done
    seen = visible_to(AlertRule.objects.select_related("unit", "owner_role"), who)
    may_edit = reaches(who, rules.EDIT, here.unit.pk)
    under = AlertRuleFilters({"under": str(here.unit.pk)}, queryset=seen).qs
    rows = under | seen.filter(unit_id__in=here.unit.ancestors)
    told: dict[str, Any] = {
        "here": here,
        "rows": [_rule_shown(row) for row in rows.distinct().order_by("unit__level", "unit__code", "kpi", "id")],
        "shipped": [
            (one.code, one.values["name_en" if place.is_english() else "name"], kpi(one.values["kpi"]))
            for one in rules.SHIPPED.values()
        ],
        "may_edit": may_edit,
        "making": alert_making.choices(here) if may_edit else None,
    }
    return acts.shown(request, "boards/alert_rules.html", told, done)


def _rule_shown(row: AlertRule) -> dict[str, Any]:
    return {"row": row, "figure": kpi(row.kpi), "line": said_watch(row)[place.is_english()]}


def adopt(form: Form, here: place.Place) -> str:
    made = rules.adopt(actor=form.actor, unit=here.unit, code=form.text("code"))
    return _("%s is watched from now on.") % ((place.is_english() and made.name_en) or made.name)


@acts.page
def alert_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """`/alerts/rules/<id>`: one rule, what it would have said in the last twelve months, and its line. A constant
    number of queries a month."""
    place.known(request)
    who = actor(request)
    row = _rule(who, pk)
    done = acts.run(request, {"change": lambda form: change(form, pk)})
    if isinstance(done, HttpResponse):
        return done
    row = _rule(who, pk)
    here = field_place.nearest(who, READ, row.unit, clock.now())
    told: dict[str, Any] = {
        "here": here,
        **_rule_shown(row),
        "below": "" if row.below is None else plain(row.below),
        "above": "" if row.above is None else plain(row.above),
        "margin": plain(row.margin),
        "tried": rules.tried(row, who),
        "may_edit": reaches(who, rules.EDIT, row.unit_id),
    }
    return acts.shown(request, "boards/alert_rule.html", told, done)


def _rule(who: Actor, pk: int) -> AlertRule:
    if not who.can(READ):
        raise Problem("forbidden")
    found = visible_to(AlertRule.objects.select_related("unit", "owner_role"), who).filter(pk=pk).first()
    if found is None:
        raise Problem("not_found")
    return found


def change(form: Form, pk: int) -> str:
    """The line, its days and whether it is on, as the reader saw the rule. Problems as rules.change."""
    seen = visible_to(AlertRule.objects.all(), form.actor)
    list(AlertRule.objects.select_for_update().filter(pk=pk).values_list("pk"))
    row = seen.select_related("unit", "owner_role").filter(pk=pk).first()
    if row is None:
        raise Problem("not_found")
    if form.text("version") != str(row.version):
        raise Stale(row)
    rules.change(actor=form.actor, rule=row, given=_given(form))
    return _("Kept. What is open is looked at anew within minutes.")


def _given(form: Form) -> Mapping[str, Any]:
    return {
        "below": alert_making.decimal(form, "below"),
        "above": alert_making.decimal(form, "above"),
        "margin": alert_making.decimal(form, "margin") or Decimal(0),
        "from_day": _whole(form, "from_day", 28),
        "remind_days": _whole(form, "remind_days", 365),
        "escalate_days": _whole(form, "escalate_days", 365),
        "is_on": form.text("is_on") == "on",
    }


def _whole(form: Form, name: str, most: int) -> int:
    text = form.text(name)
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or int(text) > most:
        raise alert_making.no_number(name)
    return int(text)
