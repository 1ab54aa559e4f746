"""Quiz attempts as phones push and hold them, and what was asked of policies; for visits/apps.py.

Each attempt goes through the verb of quiz.py under the phone's own UUID; none is changed or taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from backend import clock, rowwise
from backend.errors import Problem
from backend.feeds import Document, Feed, Pushed, Sent, Verdict
from backend.rowwise import Stored
from backend.scope import Actor
from visits import faq, feed_shapes, quiz
from visits.models import QuizAttempt
from visits.wire import QuizAnswer

Moment = Annotated[datetime, Meta(tz=True)]


class AttemptState(Struct, frozen=True):
    """What a phone says of an attempt."""

    version_id: Annotated[int, Meta(ge=1, le=2**53)]
    answers: Annotated[list[QuizAnswer], Meta(max_length=quiz.MOST_QUESTIONS)]
    read_at: Moment
    answered_at: Moment


OWNED = frozenset(AttemptState.__struct_fields__)
_SAID = frozenset({"version_id", "answers"})  # times are corrected by what the phone says when it sends: not compared


def push(actor: Actor, rows: Sequence[Pushed], sent: Sent) -> list[Verdict]:
    """Attempts are kept and graded. Problems are those of `quiz.attempt`, `conflict` for a change of one that stands
    and for its removal, `device_ended`. One query, and for each new one those of its verb and one."""
    arrival = quiz.Arrival(sent.received_at, sent.sent_at)

    def write(row: Pushed, stored: Document | None) -> None:
        if stored is not None or row.deleted:
            raise Problem("conflict", detail_zh="测验记录不可修改。", detail_en="An attempt is never changed.")
        new = rowwise.shaped(row, AttemptState)
        rowwise.require_before_end(sent, clock.business_date(arrival.corrected(new.answered_at)))
        answers = [(answer.question, answer.choice) for answer in new.answers]
        given = quiz.Given(row.id, new.version_id, answers, new.read_at, new.answered_at)
        quiz.attempt(actor=actor, given=given, arrival=arrival)

    return rowwise.one_by_one(rows, owned=_SAID, read=_read, write=write)


def _read(ids: Iterable[UUID]) -> dict[UUID, Stored]:
    found = QuizAttempt.objects.select_related("person").filter(pk__in=list(ids)).order_by("pk")
    return {
        row.pk: Stored(
            {"version_id": row.policy_version_id, "answers": row.answers}, by=row.person.name, at=row.received_at
        )
        for row in found
    }


# Of the last 13 months, in the stream of the territory where they were made; whose they are stands in each.
_ATTEMPTS = """
SELECT a.unit_id, a.id, json_build_object(
    'id', a.id, 'version_id', a.policy_version_id, 'person_id', a.person_id, 'answers', a.answers,
    'read_at', a.read_at, 'answered_at', a.answered_at, 'received_at', a.received_at, 'asked', a.asked,
    'right', a."right", 'passed', a.passed, 'minutes_from_release', a.minutes_from_release)
FROM visits_quizattempt a
WHERE a.unit_id = ANY(%(units)s) AND a.answered_at > %(today)s::date - interval '13 months'
AND (%(ids)s::uuid[] IS NULL OR a.id = ANY(%(ids)s::uuid[]))
"""

# What shops of the territory asked in the last three months, with the answer once it is there.
_QUESTIONS = """
SELECT q.territory_id, q.id, json_build_object(
    'id', q.id, 'version_id', q.policy_version_id, 'retailer_id', q.retailer_id, 'visit_id', q.visit_id,
    'asked_by', q.asked_by_id, 'asked_on', q.asked_on, 'text', q.text, 'due_on', q.due_on, 'state', q.state,
    'answer', e.answer)
FROM visits_policyquestion q LEFT JOIN visits_policyanswer e ON e.id = q.entry_id
WHERE q.territory_id = ANY(%(units)s) AND q.asked_on > %(today)s::date - interval '3 months'
AND (%(ids)s::uuid[] IS NULL OR q.id = ANY(%(ids)s::uuid[]))
"""

FEEDS = (
    Feed(
        "quiz_attempts",
        1,
        "visits.record",
        _ATTEMPTS,
        kinds=(quiz.MARK,),
        owned=OWNED,
        push=push,
        shape=feed_shapes.QuizAttempts,
    ),
    Feed("policy_questions", 1, "policies.read", _QUESTIONS, kinds=(faq.QUESTIONS,), shape=feed_shapes.PolicyQuestions),
)
