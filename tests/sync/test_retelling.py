"""A pull overtakes the answer to a push, and RxDB passes over what it told: two minutes later it is told once more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend import clock, outbox
from backend.models import OutboxItem, SyncCounter
from backend.retelling import AFTER
from tests.cast import NOW, TODAY, Cast, phone_of
from tests.sync.feeds import planned, tick, transfer
from tests.sync.test_refused_edits import need
from tests.sync.wire import Phone, made

pytestmark = pytest.mark.django_db


def passed_over(phone: Phone) -> list[dict[str, Any]]:
    """What was told while the push was not answered, which its phone does not take; then nothing is new."""
    told = phone.page()
    assert phone.page() == []
    return told


def later(phone: Phone) -> list[dict[str, Any]]:
    """What is told when two minutes have gone by, and not a second earlier; and told once."""
    with clock.at(NOW + AFTER - timedelta(seconds=1)):
        assert outbox.run_due() == 0
    with clock.at(NOW + AFTER):
        tick()
        told = phone.page()
        tick()
        assert phone.page() == []
    return told


def test_an_accepted_edit_is_told_again_with_what_the_server_added(cast: Cast, as_lin: APIClient) -> None:
    phone = Phone(as_lin, "needs")
    phone.push(made(need(cast)))
    [held] = phone.pull().values()
    with clock.at(NOW + AFTER):
        tick()
        phone.pull()
    assert phone.push(made({**held, "text": "仍缺货"}, held)) == []
    [told] = passed_over(phone)
    assert (told["text"], told["version"]) == ("仍缺货", 2)
    assert later(phone) == [told]


def test_a_push_that_is_repeated_because_its_answer_was_lost_counts_anew(cast: Cast, as_lin: APIClient) -> None:
    phone, mine = Phone(as_lin, "needs"), made(need(cast, priority=2))
    assert phone.push(mine) == []
    with clock.at(NOW - AFTER):
        OutboxItem.objects.update(due_at=clock.now())
        outbox.run_due()  # days ago; the phone was not online since
    assert phone.push(mine) == []
    [told] = passed_over(phone)
    assert later(phone) == [told]


def test_what_stands_in_place_of_a_refused_edit_is_told_again(cast: Cast, as_lin: APIClient) -> None:
    stop = planned(cast, 0, TODAY, state="dropped", words="关门")
    phone = Phone(as_lin, "plan")
    [held] = phone.pull().values()
    assert phone.push(made({**held, "words": "离线时改的", "position": 7}, held)) == []
    [told] = passed_over(phone)
    assert (told["id"], told["words"], told["position"]) == (str(stop.pk), "关门", 1)
    assert later(phone) == [told]


def test_what_has_left_is_told_again_as_gone(cast: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    stop = planned(cast, 0, TODAY)
    phone = Phone(as_lin, "plan")
    [held] = phone.pull().values()
    transfer(as_chen, cast, str(cast.shops[0].pk))
    tick()
    assert phone.push(made({**held, "words": "离线时改的"}, held)) == []
    gone = [{"id": str(stop.pk), "_deleted": True}]
    assert passed_over(phone) == gone
    assert later(phone) == gone


def test_a_conflict_and_a_refused_new_document_are_answered_and_not_told_later(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    phone, chen = Phone(as_lin, "needs"), Phone(as_chen, "needs")
    phone.push(made(need(cast)))
    [held] = chen.pull().values()
    chen.push(made({**held, "text": "陈改的"}, held))
    OutboxItem.objects.all().delete()
    assert len(phone.push(made({**held, "text": "林改的"}, held))) == 1
    assert phone.push(made(need(cast, kind="nonsense"))) == []
    assert not OutboxItem.objects.exists()


def test_of_a_document_that_nobody_was_told_of_nothing_is_told_later(cast: Cast, as_lin: APIClient) -> None:
    Phone(as_lin, "needs").push(made(need(cast)))
    item = OutboxItem.objects.get()
    assert (item.topic, item.due_at, item.payload["person"]) == ("phones.retell", NOW + AFTER, str(cast.lin.pk))
    item.payload["ids"] = ["00000000-0000-4000-8000-000000000001"]
    item.save()
    before = list(SyncCounter.objects.order_by("pk").values())
    with clock.at(NOW + AFTER):
        assert outbox.run_due() == 1
    assert list(SyncCounter.objects.order_by("pk").values()) == before


def test_another_persons_phone_of_another_territory_is_told_nothing(cast: Cast, as_lin: APIClient) -> None:
    ma = Phone(phone_of(cast.people["ma"]), "needs")
    ma.pull()
    Phone(as_lin, "needs").push(made(need(cast)))
    with clock.at(NOW + AFTER):
        tick()
        assert ma.page() == []
