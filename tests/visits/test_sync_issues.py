"""What a phone was refused is settled there too once it stands: mended by hand, or by the quiz that it waited for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from backend import clock, outbox
from tests.cast import NOW, Cast
from tests.sync.wire import Phone, made
from tests.visits.items import item
from visits import quiz
from visits.models import Policy, PolicyVersion, Visit

pytestmark = pytest.mark.django_db


def told(issues: Phone) -> list[tuple[str, str]]:
    """What the phone hears of its issues since the last time: (visit, state)."""
    return [(document["submission_id"], document["state"]) for document in issues.page()]


def synced(sent: dict[str, Any]) -> dict[str, Any]:
    return {"id": sent["submission_id"], **{name: value for name, value in sent.items() if name != "sent_at"}}


def test_a_refused_visit_that_is_mended_on_the_phone_is_no_open_issue_there(cast: Cast, as_lin: APIClient) -> None:
    visits, issues = Phone(as_lin, "visits"), Phone(as_lin, "sync_issues")
    bad = synced(item(cast, observations=[{"product_id": 99_999_999}]))
    visits.push(made(bad))
    assert told(issues) == [(bad["id"], "open")]
    visits.push(made({**bad, "observations": []}))
    assert (told(issues), str(Visit.objects.get().pk)) == ([(bad["id"], "resent")], bad["id"])


def test_a_visit_that_waited_for_its_quiz_is_no_open_issue_once_it_stands(cast: Cast, as_lin: APIClient) -> None:
    visits, issues = Phone(as_lin, "visits"), Phone(as_lin, "sync_issues")
    asked = [{"question": "?", "choices": ["a", "b"], "right": 0}]
    policy = Policy.objects.create(unit=cast.prefecture, code="gated", title="测验")
    version = PolicyVersion.objects.create(
        policy=policy, number=1, body="x", quiz=asked, released_at=NOW - timedelta(hours=3)
    )
    sent = synced(item(cast, briefings=[{"policy_version_id": version.pk}]))
    visits.push(made(sent))
    assert told(issues) == [(sent["id"], "open")]
    begun = NOW - timedelta(minutes=50)
    given = quiz.Given(uuid4(), version.pk, [(0, 0)], begun - timedelta(minutes=5), begun)
    quiz.attempt(actor=cast.actor("lin"), given=given, arrival=quiz.Arrival(clock.now()))
    assert outbox.run_due() == 1
    assert told(issues) == [(sent["id"], "resent")]
