"""The outbox: done once, retried later each time, parked after five tries; and the sync order follows commits."""

from __future__ import annotations

from datetime import timedelta
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from backend import clock, outbox, synclog, ticks
from backend.models import OutboxItem, SyncEntry, Unit
from tests.cast import ALWAYS, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    done: list[dict[str, Any]] = []
    monkeypatch.setattr(outbox, "_handlers", {"note": done.append})
    return done


def test_what_is_due_is_done_once(handled: list[dict[str, Any]]) -> None:
    outbox.put("note", {"n": 1})
    outbox.put("note", {"n": 2}, due_at=NOW + timedelta(hours=1))
    assert outbox.run_due() == 1
    assert outbox.run_due() == 0
    assert handled == [{"n": 1}]
    assert list(OutboxItem.objects.values_list("payload", flat=True)) == [{"n": 2}]


def test_a_failing_item_waits_longer_each_time_and_is_parked_after_five(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(payload: dict[str, Any]) -> None:
        raise LookupError("no such retailer")

    done: list[dict[str, Any]] = []
    monkeypatch.setattr(outbox, "_handlers", {"bad": fail, "note": done.append})
    outbox.put("bad", {})
    outbox.put("note", {"n": 1})
    waits = []
    moment = NOW
    for _ in range(6):
        with clock.at(moment):
            outbox.run_due()
            item = OutboxItem.objects.get(topic="bad")
            waits.append(int((item.due_at - moment).total_seconds()))
            moment = item.due_at
    assert waits == [30, 90, 270, 810, 2430, 0]
    assert (item.attempts, item.last_error) == (5, "LookupError: no such retailer")
    assert item.parked_at == NOW + timedelta(seconds=30 + 90 + 270 + 810)
    assert done == [{"n": 1}]  # the failing one held nobody up


def test_an_item_leased_by_a_dead_worker_is_done_when_its_lease_runs_out(handled: list[dict[str, Any]]) -> None:
    item = outbox.put("note", {"n": 1})
    OutboxItem.objects.filter(pk=item.pk).update(leased_until=NOW + outbox.LEASE, attempts=1)
    assert outbox.run_due() == 0
    with clock.at(NOW + outbox.LEASE):
        assert outbox.run_due() == 1
    assert handled == [{"n": 1}]


def document(number: int) -> UUID:
    return UUID(int=number)


def test_a_document_keeps_one_entry_with_its_latest_place() -> None:
    nation = Unit.objects.create(code="CN", name="全国", level=0, during=ALWAYS)
    synclog.append("visits", {nation.pk: [document(1), document(2)]})
    synclog.append("visits", {nation.pk: [document(1)]}, deleted=True)
    entries = SyncEntry.objects.order_by("sequence").values_list("document_id", "sequence", "deleted")
    assert list(entries) == [(document(2), 2, False), (document(1), 3, True)]


@pytest.mark.django_db(transaction=True)
def test_numbers_become_visible_in_the_order_of_commits() -> None:
    nation = Unit.objects.create(code="CN", name="全国", level=0, during=ALWAYS)
    first_has_its_number, seen = Event(), []

    def second() -> None:
        first_has_its_number.wait(timeout=10)
        with transaction.atomic():
            synclog.append("visits", {nation.pk: [document(2)]})
        seen.append(list(SyncEntry.objects.order_by("sequence").values_list("sequence", flat=True)))
        connection.close()

    writer = Thread(target=second)
    writer.start()
    with transaction.atomic():
        synclog.append("visits", {nation.pk: [document(1)]})
        first_has_its_number.set()
        writer.join(timeout=0.2)
        assert writer.is_alive()  # the later number waits for the earlier commit
    writer.join(timeout=10)
    assert seen == [[1, 2]]


def test_a_failing_check_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def fail() -> None:
        raise ArithmeticError

    monkeypatch.setattr(ticks, "_checks", {"a": fail, "b": lambda: ran.append("b")})
    assert ticks.run_all() == {"a": False, "b": True}
    assert ran == ["b"]
