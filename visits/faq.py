"""What account managers could not answer: opened by their briefings, answered by the policy's unit with a deadline.

Called by visits/proof.py (open) and visits/faq_api.py (answer). Rules: docs/method.md, "Policies".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from backend import audit, clock, marks, notices, parameters, workdays
from backend.errors import Problem
from backend.ids import UUID7_SQL
from backend.marks import Key
from backend.notices import Told
from backend.reach import require_unit
from backend.scope import Actor
from visits import matrix
from visits.models import PolicyAnswer, PolicyQuestion
from visits.parameters import ANSWER_DAYS
from visits.policies import EDIT, MARK

ANSWERED = "policy.answered"
QUESTIONS = "questions"  # the mark: what phones hold of questions has changed
notices.register(
    ANSWERED, "您问的“{question}”（《{title}》）已有答复：{answer}", "Your question on {title}, “{question}”: {answer}"
)

# What a briefing of a marked visit says now, beside what stands of it. The words of an open question follow an edit;
# one whose briefing no longer says so goes while nobody has answered it.
_ASKED = """
SELECT b.policy_version_id, v.id, v.month, v.retailer_id, v.territory_id, v.person_id, v.on_date, b.question, y.unit_id
FROM unnest(%(territories)s::bigint[], %(days)s::date[]) AS k(territory_id, on_date)
JOIN visits_visit v ON v.territory_id = k.territory_id AND v.on_date = k.on_date AND v.month = ANY(%(months)s::date[])
JOIN visits_briefing b ON b.month = v.month AND b.visit_id = v.id AND b.unanswered AND b.question <> ''
JOIN visits_policyversion p ON p.id = b.policy_version_id JOIN visits_policy y ON y.id = p.policy_id
ORDER BY v.id, b.policy_version_id
"""
_GONE = """
DELETE FROM visits_policyquestion q
USING unnest(%(territories)s::bigint[], %(days)s::date[]) AS k(territory_id, on_date)
WHERE q.territory_id = k.territory_id AND q.asked_on = k.on_date AND q.state = 'open' AND NOT EXISTS (
    SELECT FROM visits_briefing b JOIN visits_visit v ON v.id = b.visit_id AND v.month = b.month
    WHERE b.month = q.month AND b.visit_id = q.visit_id AND b.policy_version_id = q.policy_version_id AND b.unanswered
    AND b.question <> '' AND v.territory_id = q.territory_id AND v.on_date = q.asked_on)
RETURNING q.territory_id
"""
_OPEN = f"""
INSERT INTO visits_policyquestion AS q (id, policy_version_id, visit_id, month, retailer_id, territory_id, asked_by_id,
    asked_on, text, due_on, state, version)
SELECT {UUID7_SQL}, n.policy_version_id, n.visit_id, n.month, n.retailer_id, n.territory_id, n.person_id, n.on_date,
    n.text, n.due_on, 'open', 1
FROM unnest(%s::bigint[], %s::uuid[], %s::date[], %s::uuid[], %s::bigint[], %s::uuid[], %s::date[], %s::text[],
    %s::date[]) AS n(policy_version_id, visit_id, month, retailer_id, territory_id, person_id, on_date, text, due_on)
ON CONFLICT (visit_id, policy_version_id) DO UPDATE SET text = excluded.text, version = q.version + 1
WHERE q.state = 'open' AND q.text <> excluded.text
"""  # noqa: S608 - our own SQL


def follow(keys: Sequence[Key]) -> None:
    """For these territories and days a question stands open for each briefing that left one unanswered, due within the
    unit's working days (visits.answer_working_days); what was answered stays. In the caller's transaction; two queries
    where nothing was asked, else five."""
    values = matrix.places(keys)
    with connection.cursor() as cursor:
        cursor.execute(_GONE, values)
        touched = {territory for (territory,) in cursor.fetchall()}
        cursor.execute(_ASKED, values)
        if asked := cursor.fetchall():
            due = _due({(row[8], row[6]) for row in asked})
            rows = [(*row[:8], due[row[8], row[6]]) for row in asked]
            cursor.execute(_OPEN, [list(column) for column in zip(*rows, strict=True)])
            touched |= {row[4] for row in asked}
    marks.mark(QUESTIONS, [(territory, clock.today()) for territory in touched])


def _due(places: set[tuple[int, date]]) -> dict[tuple[int, date], date]:
    """By when each policy unit answers what was asked on a day. Two queries."""
    calendar, allowed = workdays.calendar(), parameters.values_at([ANSWER_DAYS], places)
    return {
        (unit, on): workdays.days_after(calendar, on, max(0, allowed[unit, on][ANSWER_DAYS])) for unit, on in places
    }


@dataclass(frozen=True)
class Reply:
    """An answer, with the question as all readers shall see it ("" : as it was asked)."""

    answer: str
    question: str = ""


def answer(*, actor: Actor, question: PolicyQuestion, reply: Reply) -> PolicyQuestion:
    """The question is answered, its asker is told, and question and answer show with the policy to all who read it.

    policies.edit over the policy's unit (not_found), an open question (conflict).
    """
    unit = question.policy_version.policy.unit_id
    require_unit(actor, EDIT, unit)
    with transaction.atomic():
        held = PolicyQuestion.objects.select_for_update().get(pk=question.pk)
        if held.state != PolicyQuestion.State.OPEN:
            raise Problem("conflict")
        before = audit.snapshot(held)
        held.entry = PolicyAnswer.objects.create(
            policy_version_id=held.policy_version_id, question=reply.question or held.text, answer=reply.answer,
            answered_by_id=actor.person_id, answered_at=clock.now(),
        )  # fmt: skip
        held.state, held.version = PolicyQuestion.State.ANSWERED, held.version + 1
        held.save(update_fields=["entry", "state", "version"])
        after: dict[str, Any] = {**audit.snapshot(held), "answer": reply.answer}
        audit.record(actor, "policy.answer", held, before=before, after=after, unit_id=unit)
        marks.mark(QUESTIONS, [(held.territory_id, clock.today())])
        marks.mark(MARK, [(unit, clock.today())])
        told = {"title": question.policy_version.policy.title, "question": held.text, "answer": reply.answer}
        notices.tell([Told(held.asked_by_id, ANSWERED, held.pk, told)])
    return held
