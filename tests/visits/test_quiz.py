"""Quizzes: read and passed before a policy is told; late ones open what waited; recalled policies are told no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from backend import clock, outbox
from backend.models import Quarantined
from tests.cast import NOW, Cast
from tests.visits.items import item, receive
from visits import quiz
from visits.models import Briefing, PolicyReading, PolicyVersion, QuizAttempt, Visit

pytestmark = pytest.mark.django_db

ATTEMPTS, VERSIONS = "/api/v1/quiz-attempts", "/api/v1/policy-versions"
QUIZ = [{"question": f"第{n}题", "choices": ["甲", "乙", "丙"], "right": n % 3} for n in range(5)]
SHOP_QUIZ = [{"question": f"问店{n}", "choices": ["是", "否"], "right": 0} for n in range(3)]


@pytest.fixture
def as_zhou(sign_in: Any) -> APIClient:
    return sign_in("zhou")


@pytest.fixture
def gated(cast: Cast) -> PolicyVersion:
    """A version with five questions for account managers and three for shops, released at 09:00 today."""
    return PolicyVersion.objects.create(
        policy=cast.policy.policy, number=2, body="新档位", quiz=QUIZ, quiz_salt="salt",
        quiz_shown=quiz.shown(QUIZ, "salt"), shop_quiz=SHOP_QUIZ, released_at=NOW - timedelta(hours=1),
    )  # fmt: skip


def attempt(version: PolicyVersion, right: int, at: datetime | None = None, **changes: Any) -> dict[str, Any]:
    """An attempt with so many right answers, answered now."""
    answered = at or clock.now()
    answers = [{"question": n, "choice": (n + (n >= right)) % 3} for n in range(5)]
    found = {
        "id": str(uuid4()),
        "policy_version": version.pk,
        "answers": answers,
        "read_at": (answered - timedelta(minutes=10)).isoformat(),
        "answered_at": answered.isoformat(),
    }
    return found | changes


def send(phone: APIClient, body: dict[str, Any]) -> Any:
    return phone.post(ATTEMPTS, body, format="json")


def briefing(version: PolicyVersion, **changes: Any) -> list[dict[str, Any]]:
    return [{"policy_version_id": version.pk, **changes}]


def test_three_of_five_shut_the_briefing_and_five_of_five_open_it_after_two_and_a_half_hours(
    as_lin: APIClient, cast: Cast, gated: PolicyVersion
) -> None:
    failed = send(as_lin, attempt(gated, 3))
    assert (failed.status_code, failed.json()["right"], failed.json()["passed"]) == (201, 3, False)
    [refused] = receive(cast.actor("lin"), item(cast, briefings=briefing(gated)))
    assert (refused.word, refused.problem.code, refused.problem.status) == ("rejected", "briefing_not_open", 422)
    assert [error.pointer for error in refused.problem.errors] == ["/briefings/0/policy_version_id"]
    assert (Visit.objects.count(), Quarantined.objects.get().problem["en"]["code"]) == (0, "briefing_not_open")
    with clock.at(NOW + timedelta(hours=1, minutes=30)):  # 11:30
        passed = send(as_lin, attempt(gated, 5)).json()
        assert (passed["right"], passed["passed"], passed["hours_from_release"]) == (5, True, 2.5)
    with clock.at(NOW + timedelta(hours=3)):
        [told] = receive(cast.actor("lin"), item(cast, briefings=briefing(gated)))
    assert (told.word, Briefing.objects.count()) == ("created", 1)


def test_eighty_percent_pass_and_what_is_left_out_is_wrong(as_lin: APIClient, gated: PolicyVersion) -> None:
    four = attempt(gated, 4)
    assert send(as_lin, four).json()["passed"] is True
    fewer = attempt(gated, 5)
    fewer["answers"] = fewer["answers"][:3]
    assert (send(as_lin, fewer).json()["right"], send(as_lin, fewer).json()["passed"]) == (3, False)


def test_the_same_attempt_again_changes_nothing_and_another_under_its_id_is_a_conflict(
    as_lin: APIClient, as_wu: APIClient, gated: PolicyVersion
) -> None:
    body = attempt(gated, 3)
    first, again = send(as_lin, body), send(as_lin, body | {"sent_at": clock.now().isoformat()})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert send(as_lin, body | {"answers": attempt(gated, 5)["answers"]}).status_code == 409
    assert send(as_wu, body).status_code == 409
    assert list(QuizAttempt.objects.values_list("right", "passed")) == [(3, False)]


def test_a_visit_made_after_the_quiz_but_sent_before_it_stands_by_itself_once_the_quiz_comes(
    as_lin: APIClient, cast: Cast, gated: PolicyVersion
) -> None:
    with clock.at(NOW + timedelta(hours=2)):
        early = item(cast, started_at=(NOW - timedelta(minutes=20)).isoformat(), briefings=briefing(gated))
        late = item(cast, briefings=briefing(gated))
        assert [one.word for one in receive(cast.actor("lin"), early, late)] == ["rejected", "rejected"]
        send(as_lin, attempt(gated, 4, at=NOW))  # passed offline at 10:00, an hour and a half before the late one
        assert outbox.run_due() == 1
        assert [str(visit.pk) for visit in Visit.objects.all()] == [late["submission_id"]]
        assert dict(Quarantined.objects.values_list("submission_id", "state")) == {
            Visit.objects.get().pk: "resent", Quarantined.objects.get(state="open").submission_id: "open",
        }  # fmt: skip
        assert str(Quarantined.objects.get(state="open").submission_id) == early["submission_id"]
    with clock.at(NOW + timedelta(hours=2, minutes=2)):
        assert (outbox.run_due(), Visit.objects.count()) == (1, 1)  # the second look finds nothing more


def test_a_quiz_passed_after_the_visit_began_does_not_open_it(
    as_lin: APIClient, cast: Cast, gated: PolicyVersion
) -> None:
    send(as_lin, attempt(gated, 5))
    [refused] = receive(cast.actor("lin"), item(cast, briefings=briefing(gated)))  # began half an hour ago
    assert (refused.problem.code, Visit.objects.count()) == ("briefing_not_open", 0)


def test_ones_own_quiz_opens_nobody_elses_briefing(as_wu: APIClient, cast: Cast, gated: PolicyVersion) -> None:
    send(as_wu, attempt(gated, 5, at=NOW - timedelta(minutes=50)))
    [refused] = receive(cast.actor("lin"), item(cast, briefings=briefing(gated)))
    assert refused.problem.code == "briefing_not_open"


def test_a_phone_whose_clock_is_wrong_is_corrected_by_what_it_says_when_it_sends(
    as_lin: APIClient, gated: PolicyVersion
) -> None:
    ahead = timedelta(hours=3)
    body = attempt(gated, 5, at=NOW + ahead, sent_at=(NOW + ahead).isoformat())
    assert send(as_lin, body).json()["answered_at"] == "2026-03-16T10:00:00+08:00"
    future = attempt(gated, 5, at=NOW + ahead)
    assert send(as_lin, future).json()["answered_at"] == "2026-03-16T10:00:00+08:00"


@pytest.mark.parametrize(
    ("before_release_s", "answered", "hours"),
    [(-600, timedelta(seconds=600), 0.2), (120, timedelta(), 0.0), (121, timedelta(hours=1), 1.0),
     (40 * 86_400, timedelta(hours=1), 1.0)],
)  # fmt: skip
def test_an_answer_dated_before_the_release_counts_from_its_receipt(
    as_lin: APIClient, gated: PolicyVersion, before_release_s: int, answered: timedelta, hours: float
) -> None:
    released = gated.released_at
    assert released is not None
    said = released - timedelta(seconds=before_release_s)
    body = attempt(gated, 5) | {"read_at": said.isoformat(), "answered_at": said.isoformat()}
    with clock.at(released + timedelta(hours=1)):
        found = send(as_lin, body)
    assert (found.status_code, found.json()["passed"], found.json()["hours_from_release"]) == (201, True, hours)
    kept = QuizAttempt.objects.get()
    assert (kept.answered_at, kept.read_at) == (released + answered, released + answered)


def test_an_answer_dated_before_the_release_opens_no_visit_that_came_before_it(
    as_lin: APIClient, cast: Cast, gated: PolicyVersion
) -> None:
    body = attempt(gated, 5)
    long_ago = (gated.released_at - timedelta(days=1)).isoformat()  # type: ignore[operator, union-attr]
    assert send(as_lin, body | {"read_at": long_ago, "answered_at": long_ago}).json()["passed"] is True
    [refused] = receive(cast.actor("lin"), item(cast, briefings=briefing(gated)))
    assert (refused.word, refused.problem.code) == ("rejected", "briefing_not_open")


def test_phones_see_the_questions_without_what_is_right_and_can_tell_by_its_hash(
    as_lin: APIClient, as_zhou: APIClient, gated: PolicyVersion
) -> None:
    shown = as_lin.get(f"{VERSIONS}/{gated.pk}").json()
    assert [set(question) for question in shown["quiz"]] == [{"question", "choices", "check"}] * 5
    assert [question["check"] == quiz.digest(shown["quiz_salt"], 1, choice) for choice in range(3)
            for question in [shown["quiz"][1]]] == [False, True, False]  # fmt: skip
    assert as_zhou.get(f"{VERSIONS}/{gated.pk}").json()["quiz"][1]["right"] == 1


@pytest.mark.parametrize(
    ("changes", "status", "pointer"),
    [
        ({"answers": [{"question": 5, "choice": 0}]}, 400, "/answers/0"),
        ({"answers": [{"question": 1, "choice": 3}]}, 400, "/answers/0"),
        ({"answers": [{"question": 1, "choice": 0}, {"question": 1, "choice": 1}]}, 400, "/answers/1"),
        ({"policy_version": 4_242_424}, 404, None),
    ],
)
def test_an_attempt_that_does_not_fit_is_refused_and_nothing_is_kept(
    as_lin: APIClient, gated: PolicyVersion, changes: dict[str, Any], status: int, pointer: str | None
) -> None:
    answer = send(as_lin, attempt(gated, 5, **changes))
    assert answer.status_code == status
    if pointer:
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert (QuizAttempt.objects.count(), PolicyReading.objects.count()) == (0, 0)


def test_a_draft_and_a_policy_of_another_county_have_no_quiz_to_be_passed(
    as_lin: APIClient, as_wu: APIClient, cast: Cast, gated: PolicyVersion
) -> None:
    gated.policy.__class__.objects.update(unit=cast.county)
    assert send(as_wu, attempt(gated, 5)).status_code == 404
    PolicyVersion.objects.filter(pk=gated.pk).update(released_at=None)
    assert send(as_lin, attempt(gated, 5)).status_code == 404
    assert send(as_lin, attempt(cast.policy, 5)).status_code == 400  # no quiz
    assert QuizAttempt.objects.count() == 0


def test_attempts_are_read_by_their_author_and_those_who_see_her_and_by_nobody_else(
    as_lin: APIClient, as_chen: APIClient, as_wu: APIClient, sign_in: Any, gated: PolicyVersion
) -> None:
    made = send(as_lin, attempt(gated, 3)).json()
    for phone in (as_lin, as_chen, sign_in("he")):
        assert [row["id"] for row in phone.get(f"{ATTEMPTS}?policy_version={gated.pk}").json()["results"]] == [
            made["id"]
        ]
    for phone in (as_wu, sign_in("ma")):
        assert phone.get(ATTEMPTS).json()["results"] == []
        assert phone.get(f"{ATTEMPTS}/{made['id']}").status_code == 404


def test_the_first_reading_stays(as_lin: APIClient, as_wu: APIClient, gated: PolicyVersion) -> None:
    address = f"{VERSIONS}/{gated.pk}/read"
    for minutes, key in ((30, "k1"), (5, "k2")):
        at = (NOW - timedelta(minutes=minutes)).isoformat()
        as_lin.post(address, {"read_at": at}, format="json", HTTP_IDEMPOTENCY_KEY=key)
    [reading] = as_lin.get("/api/v1/policy-readings").json()["results"]
    assert reading["read_at"] == "2026-03-16T09:30:00+08:00"
    assert as_wu.get("/api/v1/policy-readings").json()["results"] == []


def test_a_recalled_version_is_told_no_more_and_what_was_told_before_stands(as_zhou: APIClient, cast: Cast) -> None:
    version, address = cast.policy, f"{VERSIONS}/{cast.policy.pk}/recall"
    before, during = item(cast, briefings=briefing(version)), item(cast, briefings=briefing(version))
    assert receive(cast.actor("lin"), before)[0].word == "created"
    recalled = as_zhou.post(address, {"reason": "档位算错"}, format="json", HTTP_IDEMPOTENCY_KEY="k1").json()
    assert (recalled["recalled_at"], recalled["recall_reason"]) == ("2026-03-16T10:00:00+08:00", "档位算错")
    assert as_zhou.post(address, {"reason": "x"}, format="json", HTTP_IDEMPOTENCY_KEY="k2").status_code == 409
    assert receive(cast.actor("lin"), during)[0].word == "created"  # made half an hour before the recall, sent after
    with clock.at(NOW + timedelta(hours=1)):
        [refused] = receive(cast.actor("lin"), item(cast, briefings=briefing(version)))
    assert (refused.problem.code, Briefing.objects.count()) == ("policy_recalled", 2)


def test_a_release_supersedes_the_versions_before_it_and_late_work_on_those_is_kept(
    as_zhou: APIClient, cast: Cast
) -> None:
    body = {"policy": cast.policy.policy_id, "body": "第二版", "market_types": ["C"], "tier_from": 10, "tier_to": 20}
    draft = as_zhou.post(VERSIONS, body, format="json", HTTP_IDEMPOTENCY_KEY="k1").json()
    assert (draft["market_types"], draft["tier_from"], draft["tier_to"]) == (["C"], 10, 20)
    as_zhou.post(f"{VERSIONS}/{draft['id']}/release", {}, format="json", HTTP_IDEMPOTENCY_KEY="k2")
    assert as_zhou.get(f"{VERSIONS}/{cast.policy.pk}").json()["superseded_at"] == "2026-03-16T10:00:00+08:00"
    assert receive(cast.actor("lin"), item(cast, briefings=briefing(cast.policy)))[0].word == "created"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"tier_from": 20, "tier_to": 10}, "/tier_to"),
        ({"quiz": [{"question": "?", "choices": ["a", "b"], "right": 2}]}, "/quiz/0/right"),
        ({"shop_quiz": [{"question": "?", "choices": ["a", "b"], "right": 0}]}, "/shop_quiz"),
        ({"market_types": ["Z"]}, "/market_types/0"),
    ],
)
def test_a_version_that_nobody_could_use_is_not_written(
    as_zhou: APIClient, cast: Cast, changes: dict[str, Any], pointer: str
) -> None:
    body = {"policy": cast.policy.policy_id, "body": "x"} | changes
    answer = as_zhou.post(VERSIONS, body, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("told", "passed"),
    [
        ({"answers": [{"question": n, "choice": 0} for n in range(3)]}, True),
        ({"answers": [{"question": 0, "choice": 0}, {"question": 1, "choice": 0}, {"question": 2, "choice": 1}]}, True),
        ({"answers": [{"question": 0, "choice": 0}, {"question": 1, "choice": 1}]}, False),
        ({"answers": [{"question": 0, "choice": 0}]}, False),  # one right of the two that count
        ({"understanding": 5}, None),  # a version with questions is not proven by a level
        ({}, None),
    ],
)
def test_what_a_shops_answers_come_to(
    as_lin: APIClient, cast: Cast, gated: PolicyVersion, told: dict[str, Any], passed: bool | None
) -> None:
    PolicyVersion.objects.filter(pk=gated.pk).update(quiz=[])
    [outcome] = receive(cast.actor("lin"), item(cast, briefings=briefing(gated, **told)))
    assert outcome.word == "created"
    assert Briefing.objects.get().passed is passed


@pytest.mark.parametrize(("level", "passed"), [(5, True), (4, True), (3, False), (None, None)])
def test_a_version_that_asks_nothing_is_understood_by_its_level(
    cast: Cast, level: int | None, passed: bool | None
) -> None:
    told = {} if level is None else {"understanding": level}
    receive(cast.actor("lin"), item(cast, briefings=briefing(cast.policy, **told)))
    assert Briefing.objects.get().passed is passed


def test_answers_to_what_is_not_asked_are_refused(cast: Cast, gated: PolicyVersion) -> None:
    PolicyVersion.objects.filter(pk=gated.pk).update(quiz=[])
    answers = [{"question": 3, "choice": 0}]
    [refused] = receive(cast.actor("lin"), item(cast, briefings=briefing(gated, answers=answers)))
    assert [error.pointer for error in refused.problem.errors] == ["/briefings/0/answers/0"]
    assert Visit.objects.count() == 0
