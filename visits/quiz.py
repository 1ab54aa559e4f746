"""Quizzes: what a sound one is, what phones are shown of it, how an attempt is graded and kept.

Called by visits/policies.py, visits/quiz_api.py and the feed of attempts. Rules: docs/method.md, "Policies";
docs/decisions/0017-quizzes-are-graded-here.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend import clock, marks, outbox
from backend.errors import FieldError, Problem
from backend.scope import Actor
from visits.models import PolicyReading, PolicyVersion, QuizAttempt
from visits.parameters import SKEW_TOLERATED_S
from visits.wire import EARLIEST_YEAR, LATEST_YEAR

REJUDGE = "visits.rejudge"  # outbox topic; visits/rejudging.py
MARK = "quiz"
SECOND_LOOK = timedelta(minutes=1)

MOST_QUESTIONS, MOST_CHOICES = 20, 6
LONGEST_QUESTION, LONGEST_CHOICE = 300, 200  # characters
SHOP_QUESTIONS = (2, 3)  # as many are asked in a shop

Question = Mapping[str, Any]
_NOT_ASKED = ("没有这道题或这个选项", "There is no such question or choice")
_TWICE = ("同一题只能回答一次", "A question is answered once")


def shown(quiz: Sequence[Question], salt: str) -> list[dict[str, Any]]:
    """The questions as phones get them: what is right only as a salted hash, so that a phone without a signal can tell
    whether its answer was. It is no secret to somebody with tools; what counts is the grading here. Pure."""
    checks = [digest(salt, n, question["right"]) for n, question in enumerate(quiz)]
    return [
        {**{key: value for key, value in question.items() if key != "right"}, "check": check}
        for question, check in zip(quiz, checks, strict=True)
    ]


def digest(salt: str, question: int, choice: int) -> str:
    """sha256, hex, of "salt:question:choice", both counted from 0."""
    return sha256(f"{salt}:{question}:{choice}".encode()).hexdigest()


def judged(quiz: Sequence[Question], answers: Sequence[tuple[int, int]], place: str) -> list[bool]:
    """Whether each answer (question, choice) is right, in their order. Problem invalid with a pointer under `place` for
    what was not asked, and for a question that is answered twice. Pure."""
    errors = []
    for n, (question, choice) in enumerate(answers):
        if question >= len(quiz) or choice >= len(quiz[question]["choices"]):
            errors.append(FieldError("unknown_reference", *_NOT_ASKED, pointer=f"{place}/{n}"))
        elif question in {earlier for earlier, _ in answers[:n]}:
            errors.append(FieldError("duplicate_line", *_TWICE, pointer=f"{place}/{n}"))
    if errors:
        raise Problem("invalid", errors=errors)
    return [bool(quiz[question]["right"] == choice) for question, choice in answers]


@dataclass(frozen=True)
class Given:
    """An attempt as the phone tells it; times by its clock."""

    id: UUID
    policy_version_id: int
    answers: Sequence[tuple[int, int]]
    read_at: datetime
    answered_at: datetime


@dataclass(frozen=True)
class Arrival:
    """When it came, and when the phone says that it sent it: what its clock is corrected by."""

    received_at: datetime
    sent_at: datetime | None = None

    def corrected(self, moment: datetime) -> datetime:
        """By our clock, as a visit's times are (docs/method.md): less an offset over 120 s, never after receipt.
        Problem bad_date for years that no clock shows."""
        sent_at = self.received_at if self.sent_at is None else self.sent_at
        if not all(EARLIEST_YEAR < told.year < LATEST_YEAR for told in (moment, sent_at)):
            raise Problem("bad_date", detail_zh="年份超出范围。", detail_en="The year is out of range.")
        offset = sent_at - self.received_at
        shift = offset if abs(offset) > timedelta(seconds=SKEW_TOLERATED_S) else timedelta()
        return min(moment - shift, self.received_at)


# Where the author recorded visits on the day of the attempt, nearest the shops first, under the policy's unit.
_DESK = """
SELECT u.id FROM backend_position p JOIN backend_role r ON r.code = p.role_id JOIN backend_unit u ON u.id = p.unit_id
JOIN visits_policyversion v ON v.id = %s JOIN visits_policy y ON y.id = v.policy_id
WHERE p.person_id = %s AND p.during @> %s AND 'visits.record' = ANY(r.capabilities)
AND (u.ancestors @> ARRAY[y.unit_id] OR EXISTS (
    SELECT FROM backend_unit w WHERE w.id = y.unit_id AND w.ancestors @> ARRAY[u.id]))
ORDER BY u.level DESC, u.id LIMIT 1
"""


def attempt(*, actor: Actor, given: Given, arrival: Arrival) -> QuizAttempt:
    """The attempt is kept and graded under the phone's UUID, the text counts as read, and where it was passed visits
    that waited for it are judged again. The same attempt again changes nothing and gives what stands.

    Problems: not_found for a version that is not released for a unit where the author recorded visits that day;
    conflict for other content or another author under the id; invalid for answers that do not fit and for a version
    without a quiz; bad_date for a text read after it was answered. Passed: at least the version's percentage right;
    what was left out is wrong. What a phone dates before the release counts from its receipt. Eight queries at most.
    """
    if (standing := QuizAttempt.objects.filter(pk=given.id).first()) is not None:
        return _unchanged(standing, actor, given)
    version = PolicyVersion.objects.filter(pk=given.policy_version_id, released_at__isnull=False).first()
    answered_at, read_at = arrival.corrected(given.answered_at), arrival.corrected(given.read_at)
    is_backwards = read_at > answered_at
    if version is not None:
        answered_at = since_release(version, answered_at, arrival.received_at)
        read_at = min(since_release(version, read_at, answered_at), answered_at)
    unit = _desk(actor, given.policy_version_id, answered_at) if version is not None else None
    if version is None or unit is None:
        raise Problem("not_found")
    if is_backwards:
        raise Problem("bad_date", detail_zh="先阅读，后答题。", detail_en="The text is read before it is answered.")
    if not version.quiz:
        raise Problem("invalid", detail_zh="该政策没有测验。", detail_en="The policy has no quiz.")
    right = sum(judged(version.quiz, given.answers, "/answers"))
    made = QuizAttempt(
        id=given.id, person_id=actor.person_id, unit_id=unit, policy_version=version, answers=_plain(given.answers),
        read_at=read_at, answered_at=answered_at, received_at=arrival.received_at, asked=len(version.quiz), right=right,
        passed=100 * right >= version.pass_percent * len(version.quiz),
        minutes_from_release=minutes_from(version, answered_at),
    )  # fmt: skip
    return _kept(made, actor, given)


def since_release(version: PolicyVersion, moment: datetime, ours: datetime) -> datetime:
    """A moment by a phone's clock, which cannot lie before the release: within the tolerance it was at the release;
    earlier still the clock is known to be wrong, and `ours`, a time of the server's, stands. Pure."""
    assert version.released_at is not None
    if moment >= version.released_at:
        return moment
    is_near = version.released_at - moment <= timedelta(seconds=SKEW_TOLERATED_S)
    return version.released_at if is_near else max(ours, version.released_at)


def minutes_from(version: PolicyVersion, answered_at: datetime) -> int:
    """Whole minutes from release to the answer, which is not before it."""
    assert version.released_at is not None
    return int((answered_at - version.released_at).total_seconds() // 60)


def read(*, actor: Actor, version: PolicyVersion, at: datetime) -> PolicyReading:
    """The actor has read the version; the first reading stays. Three queries and those of a change mark."""
    with transaction.atomic():
        _note_reading(actor.person_id, version.pk, at)
        marks.mark(MARK, [(version.policy.unit_id, clock.business_date(at))])
        return PolicyReading.objects.get(person_id=actor.person_id, policy_version=version)


def _kept(made: QuizAttempt, actor: Actor, given: Given) -> QuizAttempt:
    with transaction.atomic():
        _, fresh = QuizAttempt.objects.get_or_create(
            pk=made.pk,
            defaults={f.attname: getattr(made, f.attname) for f in made._meta.concrete_fields if f.name != "id"},
        )
        if fresh:
            _note_reading(actor.person_id, made.policy_version_id, made.read_at)
            marks.mark(MARK, [(made.unit_id, clock.business_date(made.answered_at))])
            if made.passed:
                outbox.put(REJUDGE, {"person": str(actor.person_id)})
                # a visit that is being refused at this very moment is found by the second look
                outbox.put(REJUDGE, {"person": str(actor.person_id)}, clock.now() + SECOND_LOOK)
            return made
    return _unchanged(QuizAttempt.objects.get(pk=made.pk), actor, given)


def _unchanged(standing: QuizAttempt, actor: Actor, given: Given) -> QuizAttempt:
    """What stands under the id, when it is what is told again: times are not compared, a phone's offset may differ."""
    same = (standing.policy_version_id, standing.answers) == (given.policy_version_id, _plain(given.answers))
    if standing.person_id != actor.person_id or not same:
        raise Problem("conflict")
    return standing


def _desk(actor: Actor, version_id: int, at: datetime) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(_DESK, [version_id, actor.person_id, clock.business_date(at)])
        found = cursor.fetchone()
    return found[0] if found else None


_READ = """
INSERT INTO visits_policyreading (id, person_id, policy_version_id, read_at, received_at)
VALUES (gen_random_uuid(), %s, %s, %s, %s)
ON CONFLICT (person_id, policy_version_id) DO NOTHING
"""


def _note_reading(person_id: UUID, version_id: int, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_READ, [person_id, version_id, at, clock.now()])


def _plain(answers: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
    return [{"question": question, "choice": choice} for question, choice in answers]
