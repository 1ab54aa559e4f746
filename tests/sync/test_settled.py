"""What was refused and is accepted later leaves the open issues of its author's phone."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from backend.models import Quarantined
from tests.cast import NOW, Cast
from tests.sync.test_refused_edits import need
from tests.sync.wire import Phone, made

pytestmark = pytest.mark.django_db


def test_a_refused_edit_is_settled_when_the_document_is_accepted_and_its_phone_is_told(
    cast: Cast, as_lin: APIClient
) -> None:
    phone, issues = Phone(as_lin, "needs"), Phone(as_lin, "sync_issues")
    assert phone.push(made(need(cast))) == []
    [held] = phone.pull().values()
    refused = made({**held, "raised_on": "2026-03-15"}, held)
    assert phone.push(refused) == []
    assert phone.push(made(need(cast))) == []  # another document settles nothing
    assert [(issue["submission_id"], issue["state"]) for issue in issues.page()] == [(held["id"], "open")]
    assert phone.push(made({**held, "text": "仍缺货"}, held)) == []
    assert [(issue["submission_id"], issue["state"]) for issue in issues.page()] == [(held["id"], "resent")]
    kept = Quarantined.objects.get()
    assert (kept.state, kept.settled_at, kept.settled_by_id, kept.version) == ("resent", NOW, cast.lin.pk, 2)


def test_a_refused_new_document_is_settled_when_it_comes_again_mended(cast: Cast, as_lin: APIClient) -> None:
    phone, document = Phone(as_lin, "needs"), need(cast)
    assert phone.push(made({**document, "kind": "nonsense"})) == []
    assert Quarantined.objects.get().state == "open"
    assert phone.push(made(document)) == []
    assert Quarantined.objects.get().state == "resent"


def test_of_two_rows_of_a_document_in_one_push_the_last_says_whether_it_is_open(cast: Cast, as_lin: APIClient) -> None:
    phone, document = Phone(as_lin, "needs"), need(cast)
    wrong = {**document, "raised_on": "2026-03-15"}
    assert len(phone.push(made(document), made(wrong, document))) == 1  # a conflict
    assert Quarantined.objects.get().state == "open"


def test_what_another_person_had_refused_stays_open(cast: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    lin, chen = Phone(as_lin, "needs"), Phone(as_chen, "needs")
    assert lin.push(made(need(cast))) == []
    [held] = lin.pull().values()
    assert lin.push(made({**held, "raised_on": "2026-03-15"}, held)) == []
    assert chen.push(made({**held, "text": "陈改的"}, held)) == []
    assert Quarantined.objects.get().state == "open"
