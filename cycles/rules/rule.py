"""What a rule is: data that says what to notice, from which facts, beyond which threshold, and what to do about it.

The rules stand in client.py, brand.py and market.py; cycles/analyze.py runs each as one statement over all subjects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backend.parameters import Declared, declare
from cycles.grid import Dimension
from cycles.models import Action, Goal
from cycles.sentences import Template, register

SubjectKind = Literal["shop", "territory", "unit", "product"]  # product: a product in a unit


@dataclass(frozen=True)
class Proposal:
    """What a finding asks to be done. The sighting's figures carry `baseline`, `target` and (may be null) `best`."""

    kind: str  # the sentence "action.<kind>"
    zh: str
    en: str
    metric: str  # cycles/metrics.py
    goal: Goal
    serves: Action.Serves
    evidence_needed: int = 1
    due_days: int | None = None  # None: by the end of the month


@dataclass(frozen=True)
class Rule:
    """One thing to notice. `find` is a SELECT over the tables of cycles/bases.py that yields, per subject that the rule
    holds for: retailer_id, unit_id, product_id (those that do not apply are null), figures jsonb, threshold jsonb,
    evidence jsonb. It guards its own bases: zero, negative and tiny ones never fire.

    A change of what it finds or says is a new version. Months keep what they were told, so the words of every version
    stay registered: those of before `words_since` by hand, beside the rule. `every_day` rules are asked again each
    business day of the running month; the others at the opening and once more when the month before has been measured.
    A restricted rule is shown only with `restricted.read`, moves no cell and proposes nothing.
    """

    code: str
    version: int
    dimension: Dimension
    subject: SubjectKind
    name: str
    name_en: str
    reads: str  # facts and window, in words
    zh: str  # the sentence, with the figures in braces
    en: str
    find: str
    bases: tuple[str, ...]
    severity: int  # 1 look first, 2 this month, 3 know
    thresholds: tuple[Declared, ...] = ()
    proposal: Proposal | None = None
    every_day: bool = False
    restricted: bool = False
    reads_en: str = ""
    words_since: int = 1  # the first version that said it in these words

    @property
    def template(self) -> str:
        return f"rule.{self.code}"


_rules: dict[str, Rule] = {}


def add(*rules: Rule) -> None:
    """Adds rules with their thresholds and sentences; called once, when cycles.rules is imported."""
    for rule in rules:
        if rule.code in _rules:
            raise ValueError(f"rule {rule.code} is defined twice")
        _rules[rule.code] = rule
        declare(*rule.thresholds)
        versions = range(rule.words_since, rule.version + 1)
        register(*(Template(rule.template, version, rule.zh, rule.en) for version in versions))
        if rule.proposal:
            register(Template(f"action.{rule.proposal.kind}", 1, rule.proposal.zh, rule.proposal.en))


def rule(code: str) -> Rule:
    """A rule by its code; KeyError when there is none."""
    return _rules[code]


def rules() -> list[Rule]:
    """Every rule, by dimension and code."""
    return sorted(_rules.values(), key=lambda one: (list(Dimension).index(one.dimension), one.code))
