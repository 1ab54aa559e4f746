"""Every read of findings with a name: what a page of them said in a month, and the whole story of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from backend.language import is_english
from backend.scope import Actor
from cycles import proof
from cycles.models import Finding, Sighting
from cycles.rules.rule import Rule, rule, rules
from cycles.sentences import say


def rule_of(finding: Finding) -> Rule | None:
    """The rule that made it; None when this version of the system no longer has it."""
    try:
        return rule(finding.rule)
    except KeyError:
        return None


def reads_of(rule: Rule) -> str:
    """What a rule reads, in the reader's language."""
    return rule.reads_en if is_english() and rule.reads_en else rule.reads


def sentence(finding: Finding, sighting: Sighting | None) -> str:
    """What it said, in the reader's language; nothing where the words of that version are no longer kept."""
    if sighting is None:
        return ""
    try:
        return say(f"rule.{finding.rule}", sighting.rule_version, sighting.figures)
    except KeyError:
        return ""


def sightings_of(findings: Sequence[Finding], month: date | None) -> dict[Any, Sighting]:
    """What each said in the month (null: the last in which it was seen), by its id. One query for any number."""
    wanted = {finding.pk: month or finding.last_month for finding in findings}
    if not wanted:
        return {}
    rows = Sighting.objects.filter(finding_id__in=list(wanted), month__in=sorted(set(wanted.values())))
    return {row.finding_id: row for row in rows if wanted[row.finding_id] == row.month}


def story_of(finding: Finding) -> list[Sighting]:
    """Every month in which it was seen, newest first. One query."""
    months = {"month__gte": finding.first_month, "month__lte": finding.last_month}
    return list(Sighting.objects.filter(finding_id=finding.pk, **months).order_by("-month"))


def evidence_of(sighting: Sighting) -> dict[str, Any]:
    """The records that prove it, found again now, with their addresses. One query."""
    kept: Mapping[str, Any] = sighting.evidence
    found = proof.find(kept)
    return {
        "kind": found.kind,
        "rows": found.rows,
        "links": found.links,
        "query": kept.get("query"),
        "parameters": kept.get("parameters", {}),
    }


def age_months(finding: Finding) -> int:
    """In how many months it stood so far: 1 in its first."""
    first, last = finding.first_month, finding.last_month
    return (last.year - first.year) * 12 + last.month - first.month + 1


def rules_for(actor: Actor) -> list[Rule]:
    """The rules whose findings the actor may ever see: restricted ones take `restricted.read`. No query."""
    return [one for one in rules() if not one.restricted or actor.can("restricted.read")]


def thresholds_of(shown: Iterable[Rule]) -> list[str]:
    """Keys of every threshold of these rules, each once."""
    return sorted({threshold.key for one in shown for threshold in one.thresholds})
