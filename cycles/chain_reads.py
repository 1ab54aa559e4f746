"""Reads of the chain with a name: why an action stands, what it came to, what is behind each cell of a shop's month.

Called by cycles/actions_api.py, cycles/improvements_api.py and cycles/api.py. Each is a constant number of queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from backend.language import is_english
from backend.scope import Actor, visible_to
from cycles import evidence
from cycles.models import Action, Evidence, Finding, Improvement, Sighting
from cycles.rules.rule import Rule, rules
from cycles.sentences import say
from visits.models import Visit


def rule_or_none(code: str) -> Rule | None:
    """A rule by its code, where it still exists. Findings outlive their rules."""
    return next((rule for rule in rules() if rule.code == code), None)


def rule_name(code: str) -> str:
    """The rule's name in the reader's language; its code where it exists no more; nothing for what was set by hand."""
    found = rule_or_none(code)
    return code if found is None else (found.name_en if is_english() else found.name)


def sentence_of(template: str, version: int, parameters: dict[str, Any], *, english: bool | None = None) -> str:
    """What a template says (default: in the reader's language); nothing where it is gone."""
    try:
        return say(template, version, parameters, english=english)
    except KeyError:
        return ""


def asks(row: Action | Improvement) -> str:
    """What an action or improvement asks to be done, in the reader's language. Its own numbers are the agreed ones."""
    return asked_in(row, english=is_english())


def asked_in(row: Action | Improvement, *, english: bool) -> str:
    """What an action or improvement asks to be done, in Chinese or English."""
    numbers = {"target": _plain(row.target), "baseline": _plain(row.baseline)}
    return sentence_of(f"action.{row.kind}", 1, {**row.parameters, **numbers}, english=english)


def _plain(number: Decimal | None) -> int | float | None:
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


@dataclass(frozen=True)
class Seen:
    """A finding as it was sighted in a month."""

    finding: Finding
    sighting: Sighting

    @property
    def sentence(self) -> str:
        sighting = self.sighting
        return sentence_of(f"rule.{self.finding.rule}", sighting.rule_version, sighting.figures)


def seen_in(month: date, findings: QuerySet[Finding]) -> list[Seen]:
    """These findings with what they said in the month, those to look at first before the others. Two queries."""
    sightings = {row.finding_id: row for row in _sightings(month, findings)}
    rows = Finding.objects.filter(pk__in=list(sightings)).order_by("severity", "opened_on", "id")
    return [Seen(row, sightings[row.pk]) for row in rows]


def _sightings(month: date, findings: QuerySet[Finding]) -> QuerySet[Sighting]:
    return Sighting.objects.filter(month=month, finding_id__in=findings.values("pk"))


@dataclass(frozen=True)
class Linked:
    """A visit that serves an action, by which rule, with how many of its lines."""

    visit_id: UUID
    on_date: date
    attached_by: str
    lines: int

    @property
    def rule_name(self) -> str:
        zh, en = evidence.NAMES[self.attached_by]
        return en if is_english() else zh


@dataclass
class Proof:
    """The visits linked to an action that the reader may open, and how many others count beside them."""

    visits: list[Linked] = field(default_factory=list)
    moved: int = 0


def proof_of(actor: Actor, action_ids: Iterable[UUID]) -> dict[UUID, Proof]:
    """The evidence of actions. Two queries for any number."""
    found: dict[UUID, Proof] = {key: Proof() for key in action_ids}
    rows = list(Evidence.objects.filter(action_id__in=found).order_by("on_date", "visit_id"))
    ids, months = {row.visit_id for row in rows}, {row.month for row in rows}
    mine: set[UUID] = set()
    if ids and actor.can("visits.read"):
        readable = visible_to(Visit.objects.filter(pk__in=ids, month__in=months), actor)
        mine = set(readable.values_list("pk", flat=True))
    for row in rows:
        proof = found[row.action_id]
        if row.visit_id in mine:
            proof.visits.append(Linked(row.visit_id, row.on_date, row.attached_by, row.lines))
        else:
            proof.moved += 1
    return found


def seen_of(action: Action) -> Seen | None:
    """The finding that an action came from, as sighted in its month. One query; none for what was set by hand."""
    if action.finding is None:
        return None
    sighting = Sighting.objects.filter(month=action.month, finding_id=action.finding.pk).first()
    return None if sighting is None else Seen(action.finding, sighting)


# -- the 15 cells of a shop's month ------------------------------------------------------------------------------------


@dataclass
class Behind:
    """What is behind the cells of a shop's month, by dimension."""

    findings: list[Seen] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    improvements: list[Improvement] = field(default_factory=list)


def behind(actor: Actor, month: date, retailer_id: UUID) -> dict[str, Behind]:
    """Findings sighted, actions with their results, and improvements that came from or were carried into the month, of
    one shop. Restricted findings move no cell and are not among them. Four queries."""
    found = {dimension: Behind() for dimension in ("client", "brand", "market")}
    of_shop = visible_to(Finding.objects.filter(retailer_id=retailer_id, is_restricted=False), actor)
    for seen in seen_in(month, of_shop):
        found[seen.finding.dimension].findings.append(seen)
    actions = list(with_names(visible_to(Action.objects.filter(retailer_id=retailer_id, month=month), actor)))
    for action in sorted(actions, key=lambda row: row.pk):
        found[action.dimension].actions.append(action)
    carried = [action.improvement_id for action in actions if action.improvement_id]
    rows = visible_to(Improvement.objects.filter(retailer_id=retailer_id), actor)
    for row in ledger(rows.filter(Q(month=month) | Q(pk__in=carried))).order_by("opened_on", "id"):
        found[row.dimension].improvements.append(row)
    return found


def with_names(rows: QuerySet[Action]) -> QuerySet[Action]:
    """Actions with the shop, unit and product that they are about, their result and their finding: one query."""
    return rows.select_related("retailer", "unit", "product", "result", "finding")


def ledger(rows: QuerySet[Improvement]) -> QuerySet[Improvement]:
    """Improvements with what they are about and the newest action that carries each: one query."""
    newest = Action.objects.filter(improvement_id=OuterRef("pk")).order_by("-month")
    return rows.select_related("retailer", "unit", "product").annotate(
        carried_by=Subquery(newest.values("pk")[:1]), carried_into=Subquery(newest.values("month")[:1])
    )  # fmt: skip


def step_of(column: str, found: dict[str, Behind], proofs: dict[UUID, Proof]) -> dict[str, Sequence[Any]]:
    """What stands behind one cell: analyze its findings, plan and execute its actions, evaluate those with a result,
    improve the improvements. Execute also names the linked visits with the actions. Pure."""
    dimension, step = column.split("_", 1)
    of = found[dimension]
    accepted = [row for row in of.actions if row.state == Action.State.ACCEPTED]
    actions = {"plan": of.actions, "execute": accepted, "evaluate": [row for row in accepted if hasattr(row, "result")]}
    return {
        "findings": of.findings if step == "analyze" else [],
        "actions": [Shown(row, proofs.get(row.pk, Proof())) for row in actions.get(step, [])],
        "improvements": of.improvements if step == "improve" else [],
    }


@dataclass(frozen=True)
class Shown:
    """An action with its evidence."""

    action: Action
    proof: Proof
