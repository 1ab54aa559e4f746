"""Quiz attempts both ways, policies that are recalled, and answers that come back, as phones hear of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend import clock, outbox, phones
from backend.models import Quarantined
from tests.cast import NOW, Cast
from tests.sync.feeds import post
from tests.sync.wire import Phone, made, uid
from tests.visits.items import item, receive
from visits import proof, quiz
from visits.models import PolicyVersion, QuizAttempt, Visit

pytestmark = pytest.mark.django_db

QUIZ = [{"question": f"第{n}题", "choices": ["甲", "乙"], "right": 0} for n in range(5)]


@pytest.fixture
def gated(cast: Cast) -> PolicyVersion:
    return PolicyVersion.objects.create(
        policy=cast.policy.policy, number=2, body="新档位", quiz=QUIZ, quiz_salt="s",
        quiz_shown=quiz.shown(QUIZ, "s"), released_at=NOW - timedelta(hours=2),
    )  # fmt: skip


def attempt(version: PolicyVersion, number: int = 1, right: int = 5) -> dict[str, Any]:
    return {
        "id": str(uid(number)),
        "version_id": version.pk,
        "answers": [{"question": n, "choice": 0 if n < right else 1} for n in range(5)],
        "read_at": "2026-03-16T08:50:00+08:00",
        "answered_at": "2026-03-16T09:00:00+08:00",
    }


def test_an_attempt_made_offline_is_graded_and_opens_the_visit_that_came_before_it(
    cast: Cast, as_lin: APIClient, as_wu: APIClient, gated: PolicyVersion
) -> None:
    told = item(cast, briefings=[{"policy_version_id": gated.pk}])
    [refused] = receive(cast.actor("lin"), told)
    assert refused.problem.code == "briefing_not_open"
    phone, mine = Phone(as_lin, "quiz_attempts"), attempt(gated)
    assert phone.push(made(mine)) == []
    assert (outbox.run_due(), str(Visit.objects.get().pk)) == (1, told["submission_id"])
    phones.follow()
    held = phone.pull()[mine["id"]]
    assert (held["right"], held["passed"], held["person_id"]) == (5, True, str(cast.lin.pk))
    assert held["minutes_from_release"] == 60
    assert phone.push(made(mine)) == []  # a lost answer repeated
    assert (QuizAttempt.objects.count(), Phone(as_wu, "quiz_attempts").pull()) == (1, {})


def test_an_attempt_is_never_changed_or_taken_back(cast: Cast, as_lin: APIClient, gated: PolicyVersion) -> None:
    phone, mine = Phone(as_lin, "quiz_attempts"), attempt(gated, right=2)
    phone.push(made(mine))
    phones.follow()
    held = phone.pull()[mine["id"]]
    better = {**held, "answers": attempt(gated)["answers"]}
    phone.push(made(better, held))
    phone.push({"assumedMasterState": held, "newDocumentState": {**held, "_deleted": True}})
    [standing] = phone.push(made({**mine, "answers": attempt(gated)["answers"]}))  # it did not know of the first one
    assert standing["right"] == 2
    assert [row.problem["en"]["code"] for row in Quarantined.objects.order_by("received_at", "id")][:2] == [
        "conflict"
    ] * 2
    assert list(QuizAttempt.objects.values_list("right", "passed")) == [(2, False)]


def test_a_bad_attempt_refuses_itself_only(cast: Cast, as_lin: APIClient, gated: PolicyVersion) -> None:
    wrong = attempt(gated, 2) | {"answers": [{"question": 7, "choice": 0}]}
    unread = attempt(gated, 3) | {"read_at": "2026-03-16T09:30:00+08:00"}
    assert Phone(as_lin, "quiz_attempts").push(made(wrong), made(unread), made(attempt(gated))) == []
    assert [str(row.pk) for row in QuizAttempt.objects.all()] == [str(uid(1))]
    assert sorted(row.problem["en"]["code"] for row in Quarantined.objects.all()) == ["bad_date", "invalid"]


@pytest.mark.parametrize(
    "odd",
    [
        {"answered_at": "0001-01-01T00:00:00+14:00"},
        {"read_at": "0001-01-01T00:00:00+14:00"},
        {"answered_at": "9999-12-31T23:59:59-12:00", "read_at": "9999-12-31T23:59:59-12:00"},
    ],
)
def test_an_attempt_of_a_year_that_there_is_not_refuses_itself_only(
    cast: Cast, as_lin: APIClient, gated: PolicyVersion, odd: dict[str, str]
) -> None:
    phone = Phone(as_lin, "quiz_attempts")
    assert phone.push(made({**attempt(gated, 2), **odd}), made(attempt(gated))) == []
    assert [row.pk for row in QuizAttempt.objects.all()] == [uid(1)]
    assert [row.problem["en"]["code"] for row in Quarantined.objects.all()] == ["bad_date"]


def test_phones_hear_of_a_recall_and_get_the_quiz_without_what_is_right(
    cast: Cast, as_lin: APIClient, sign_in: Any, gated: PolicyVersion
) -> None:
    phone = Phone(as_lin, "policies")
    [shown] = [one for one in phone.pull().values() if one["version_id"] == gated.pk]
    assert set(shown["quiz"][0]) == {"question", "choices", "check"}
    post(sign_in("zhou"), f"policy-versions/{gated.pk}/recall", {"reason": "有误"})
    phones.follow()
    phone.told = []
    phone.pull()
    assert [(one["version_id"], one["recall_reason"]) for one in phone.told] == [(gated.pk, "有误")]


def test_an_answer_comes_back_to_the_phone_that_asked_and_to_all_with_the_policy(
    cast: Cast, as_lin: APIClient, as_wu: APIClient, sign_in: Any
) -> None:
    told = [{"policy_version_id": cast.policy.pk, "question": "为什么降档？", "unanswered": True}]
    receive(cast.actor("lin"), item(cast, briefings=told))
    proof.follow()
    phones.follow()
    asked, wus = Phone(as_lin, "policy_questions"), Phone(as_wu, "policies")
    [question] = asked.pull().values()
    assert (question["text"], question["state"], question["answer"]) == ("为什么降档？", "open", None)
    assert [one["answers"] for one in wus.pull().values()] == [[]]
    with clock.at(NOW + timedelta(hours=1)):
        post(sign_in("zhou"), f"policy-questions/{question['id']}/answer", {"answer": "销量降了。"})
        phones.follow()
        assert asked.pull()[question["id"]]["answer"] == "销量降了。"
        assert [one["answers"] for one in wus.pull().values()] == [
            [{"question": "为什么降档？", "answer": "销量降了。"}]
        ]
    assert Phone(as_wu, "policy_questions").pull() == {}
