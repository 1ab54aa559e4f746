"""What is one person's own travels in the stream of a unit, and nobody else there learns so much as its id."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from backend import feeds, synclog
from backend.models import Notice, Position, Quarantined
from backend.notices import FEED, Told, register, tell
from backend.quarantine import ISSUES
from market.intelligence.news import FEED as INTELLIGENCE
from tests.cast import Cast
from tests.sync.wire import Phone, made

pytestmark = pytest.mark.django_db


def refused(client: APIClient, cast: Cast, shop: int = 0) -> str:
    """A need that is refused; the id that its author's issue speaks of."""
    need: dict[str, Any] = {"id": str(uuid4()), "retailer_id": str(cast.shops[shop].pk), "kind": "nonsense"}
    assert Phone(client, "needs").push(made({**need, "text": "x", "raised_on": "2026-03-16"})) == []
    return str(need["id"])


def issue_of(cast: Cast, who: str) -> Quarantined:
    return Quarantined.objects.get(person=cast.people[who])


def test_a_market_manager_is_not_told_the_ids_of_what_an_account_manager_was_refused(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    chen, lin = Phone(as_chen, "sync_issues"), Phone(as_lin, "sync_issues")
    assert (chen.page(), refused(as_lin, cast) != "") == ([], True)
    assert chen.page() == []
    assert Phone(as_chen, "sync_issues").page() == []
    assert [document["id"] for document in lin.page()] == [str(issue_of(cast, "lin").pk)]


def test_what_is_not_shown_any_more_is_told_as_deleted_to_its_author_alone(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    lin, chen = Phone(as_lin, "sync_issues"), Phone(as_chen, "sync_issues")
    refused(as_lin, cast)
    lin.page()
    issue = issue_of(cast, "lin")
    Quarantined.objects.filter(pk=issue.pk).update(state="dismissed", settled_at="2026-01-01T00:00Z")
    with transaction.atomic():
        synclog.append("sync_issues", {cast.territory.pk: [issue.pk]}, deleted=True)
    assert lin.page() == [{"_deleted": True, "id": str(issue.pk)}]
    assert chen.page() == []


def test_others_entries_are_passed_over_before_the_limit_of_a_page(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    for _ in range(3):
        refused(as_lin, cast)
    refused(as_chen, cast)
    phone = Phone(as_chen, "sync_issues")
    assert [document["id"] for document in phone.page(limit=2)] == [str(issue_of(cast, "chen").pk)]
    assert phone.page(limit=2) == []


def test_a_stream_that_ended_is_walked_down_without_the_ids_of_colleagues(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    register("test", "甲", "a")
    with transaction.atomic():
        tell([Told(cast.people[who].pk, "test", uuid4()) for who in ("lin", "chen")])
    phone, lin = Phone(as_chen, "notices"), Phone(as_lin, "notices")
    own = Notice.objects.get(person=cast.people["chen"])
    assert [document["id"] for document in phone.page()] == [str(own.pk)]
    Position.objects.filter(person=cast.people["chen"]).update(unit=cast.other_office)
    assert [document["id"] for document in phone.page()] == [str(own.pk)]  # it is with its person, wherever she works
    assert [document["_deleted"] for document in lin.page()] == [False]


def test_the_feeds_of_persons_are_these() -> None:
    assert [feed for feed in feeds.feeds() if feed.personal] == [INTELLIGENCE, FEED, ISSUES]
