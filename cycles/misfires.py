""" "This rule misfires": told upward with the findings attached, and answered. Called by cycles/misfires_api.py.

Who reads it are those over the unit of the findings; who answers, those who set the rules there.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from backend import audit, clock
from backend.errors import Problem
from backend.models import Unit
from backend.reach import require_unit
from backend.scope import Actor
from cycles import gate
from cycles.models import Finding, Misfire

MOST = 50
ANSWER = "rules.answer"


def tell(*, actor: Actor, rule: str, findings: Sequence[UUID], words: str) -> Misfire:
    """The rule's findings are said to be wrong, and why. `not_found` where a finding is none of the rule's or none that
    the actor plans for; `too_many_items` over 50; `invalid` without findings or words. It is told of the lowest unit
    that all of them lie in. Four queries."""
    wanted = sorted(set(findings))
    if len(wanted) > MOST:
        raise Problem("too_many_items", limit=MOST)
    if not wanted or not words.strip():
        raise Problem("invalid")
    rows = Finding.objects.filter(pk__in=wanted, rule=rule, is_restricted=False)
    mine = list(gate.planned_by(actor, rows).order_by("pk"))
    if len(mine) != len(wanted):
        raise Problem("not_found")
    with transaction.atomic():
        told = Misfire.objects.create(
            rule=rule,
            unit_id=_over({gate.unit_of(row) for row in mine}),
            person_id=actor.person_id,
            told_at=clock.now(),
            words=words.strip(),
            findings=wanted,
        )
        after = {"rule": rule, "words": told.words, "findings": [str(key) for key in wanted]}
        audit.record(actor, "misfire.tell", told, after=after, unit_id=told.unit_id)
    return told


def _over(units: set[int]) -> int:
    """The lowest unit that all of these lie in: nobody below it reads of findings that are another's. One query."""
    ways = Unit.objects.filter(pk__in=units).values_list("ancestors", flat=True)
    shared = [level[0] for level in zip(*ways, strict=False) if len(set(level)) == 1]
    return int(shared[-1])


def answer(*, actor: Actor, misfire: Misfire, words: str) -> Misfire:
    """It has its answer. `rules.answer` over the unit, else `not_found`; `conflict` when it was answered; `invalid`
    without words. Five queries."""
    if not words.strip():
        raise Problem("invalid")
    require_unit(actor, ANSWER, misfire.unit_id)
    with transaction.atomic():
        held = Misfire.objects.select_for_update().get(pk=misfire.pk)
        if held.answered_at is not None:
            raise Problem("conflict")
        held.answer, held.answered_by_id, held.answered_at = words.strip(), actor.person_id, clock.now()
        held.version += 1
        held.save(update_fields=["answer", "answered_by", "answered_at", "version"])
        after = {"answer": held.answer}
        audit.record(actor, "misfire.answer", held, before={"answer": ""}, after=after, unit_id=held.unit_id)
    return held
