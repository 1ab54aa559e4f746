"""A refused edit does not stay on its phone as if it were stored: what stands is told once more, or that it is gone."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from backend.models import Quarantined
from tests.cast import TODAY, Cast
from tests.sync.feeds import planned, tick, transfer
from tests.sync.wire import Phone, made

pytestmark = pytest.mark.django_db


def need(cast: Cast, **changes: Any) -> dict[str, Any]:
    shop = str(cast.shops[0].pk)
    return {
        "id": str(uuid4()),
        "retailer_id": shop,
        "kind": "supply",
        "text": "缺货",
        "raised_on": "2026-03-16",
        **changes,
    }


def test_what_stands_is_told_again_after_a_refused_edit(cast: Cast, as_lin: APIClient) -> None:
    phone = Phone(as_lin, "needs")
    assert phone.push(made(need(cast))) == []
    [held] = phone.pull().values()
    assert phone.push(made({**held, "raised_on": "2026-03-15"}, held)) == []
    assert phone.page() == [held]
    assert phone.push(made({**held, "version": 9}, held)) == []  # a field of the server's
    assert phone.page() == [held]
    assert phone.page() == []


def test_an_edit_of_what_has_left_is_answered_by_its_deletion(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    stop = planned(cast, 0, TODAY)
    phone = Phone(as_lin, "plan")
    [held] = phone.pull().values()
    transfer(as_chen, cast, str(cast.shops[0].pk))
    tick()
    assert phone.page() == [{"id": str(stop.pk), "_deleted": True}]
    assert phone.push(made({**held, "words": "离线时改的"}, held)) == []
    assert phone.page() == [{"id": str(stop.pk), "_deleted": True}]
    chens = Phone(as_chen, "plan")
    [theirs] = chens.pull().values()
    assert (theirs["id"], theirs["words"]) == (str(stop.pk), None)


def test_what_was_refused_for_another_reason_and_conflicts_when_it_comes_again_shows_both_values(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    """The shop had left when the edit came first; when its phone repeats it the shop is back, and was edited."""
    stop, shop = planned(cast, 0, TODAY), str(cast.shops[0].pk)
    lin, chen, issues = Phone(as_lin, "plan"), Phone(as_chen, "plan"), Phone(as_lin, "sync_issues")
    [held] = lin.pull().values()
    mine = made({**held, "words": "林改的"}, held)
    transfer(as_chen, cast, shop)
    assert lin.push(mine, mine) == []
    [issue] = issues.page()
    assert (issue["problem"]["en"]["code"], issue["conflict"], issue["state"]) == ("not_found", None, "open")
    transfer(as_chen, cast, shop, back=True)
    [theirs] = chen.pull().values()
    assert chen.push(made({**theirs, "words": "陈改的"}, theirs)) == []
    for _ in range(2):  # a lost answer, and the phone repeats it
        assert [document["words"] for document in lin.push(mine, mine)] == ["陈改的"]
    [now] = issues.page()
    assert (now["id"], now["problem"]["en"]["code"], now["state"]) == (issue["id"], "sync_conflict", "open")
    assert (now["submission_id"], now["conflict"]["mine_at"]) == (str(stop.pk), "2026-03-16T02:00:00Z")
    values = [now["conflict"][name] for name in ("mine_by", "theirs_by")]
    assert [*values, now["conflict"]["mine"]["words"], now["conflict"]["theirs"]["words"]] == [
        "林小梅", "陈国庆", "林改的", "陈改的",
    ]  # fmt: skip
    transfer(as_chen, cast, shop)
    assert lin.push(mine) == [{"id": str(stop.pk), "_deleted": True}]  # no longer hers: what she was told of it stays
    assert issues.page() == []
    assert (Quarantined.objects.get().version, Quarantined.objects.get().state) == (2, "open")


def test_a_refused_new_document_stays_on_its_phone(cast: Cast, as_lin: APIClient) -> None:
    phone = Phone(as_lin, "needs")
    phone.pull()
    assert phone.push(made(need(cast, kind="nonsense"))) == []
    assert phone.page() == []


def test_a_conflict_says_who_wrote_what_stands_last_and_when(cast: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    lin, chen = Phone(as_lin, "needs"), Phone(as_chen, "needs")
    assert lin.push(made(need(cast))) == []
    [held] = chen.pull().values()
    assert chen.push(made({**held, "text": "陈改的"}, held)) == []
    [answered] = lin.push(made({**held, "text": "林改的"}, held))
    assert answered["text"] == "陈改的"
    [issue] = Phone(as_lin, "sync_issues").pull().values()
    told = issue["conflict"]
    assert (told["mine"]["text"], told["mine_by"], told["theirs"]["text"], told["theirs_by"]) == (
        "林改的", "林小梅", "陈改的", "陈国庆",
    )  # fmt: skip
    assert told["mine_at"] == told["theirs_at"] == "2026-03-16T02:00:00Z"
