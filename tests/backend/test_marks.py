"""Change marks: nothing is recomputed too early, nothing is lost, and a failure leaves the work waiting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from threading import Thread

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection, transaction

from backend import marks
from backend.marks import Key
from backend.models import ChangeMark

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 16)


@pytest.fixture(autouse=True)
def two_consumers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_subscribers", {"visits": ("rollups", "cycles")})


def test_a_mark_fans_out_to_each_consumer_and_folds_when_drained() -> None:
    marks.mark("visits", [(7, DAY), (7, DAY), (8, DAY)])
    marks.mark("visits", [(7, DAY)])
    seen: list[Key] = []
    assert marks.drain("rollups", "visits", seen.extend) == 2
    assert sorted(seen) == [Key(7, DAY), Key(8, DAY)]
    assert marks.lag("rollups").count == 0
    assert marks.lag("cycles").count == 3


def test_a_kind_nobody_subscribed_to_costs_nothing() -> None:
    marks.mark("orders", [(7, DAY)])
    assert ChangeMark.objects.count() == 0


def test_a_key_that_cannot_be_recomputed_keeps_only_its_own_mark(caplog: pytest.LogCaptureFixture) -> None:
    marks.mark("visits", [(7, DAY), (8, DAY), (9, DAY)])
    done: list[Key] = []

    def recompute(keys: Sequence[Key]) -> None:
        if Key(8, DAY) in keys:
            raise ArithmeticError
        done.extend(keys)

    assert marks.drain_all("rollups", "visits", recompute) == 2
    assert done == [Key(7, DAY), Key(9, DAY)]
    waiting = ChangeMark.objects.filter(consumer="rollups").values_list("unit_id", flat=True)
    assert list(waiting) == [8]
    assert {record.getMessage() for record in caplog.records} == {"a key cannot be recomputed"}


def test_a_recomputation_that_must_wait_leaves_its_marks_and_no_complaint(caplog: pytest.LogCaptureFixture) -> None:
    marks.mark("visits", [(7, DAY), (8, DAY)])

    def wait(keys: Sequence[Key]) -> None:
        raise marks.NotNow

    assert marks.drain("rollups", "visits", wait) == 0
    assert marks.lag("rollups").count == 2
    assert caplog.records == []


@pytest.mark.parametrize("end", [OperationalError, InterfaceError, SoftTimeLimitExceeded])
def test_a_lost_connection_or_a_time_limit_is_not_taken_for_a_bad_key(end: type[Exception]) -> None:
    marks.mark("visits", [(7, DAY), (8, DAY)])
    asked: list[Sequence[Key]] = []

    def stop(keys: Sequence[Key]) -> None:
        asked.append(keys)
        raise end

    with pytest.raises(end):
        marks.drain("rollups", "visits", stop)
    assert len(asked) == 1  # the keys were not tried one by one
    assert marks.lag("rollups").count == 2


@pytest.mark.django_db(transaction=True)
def test_a_mark_of_a_writer_that_commits_during_the_drain_survives_it() -> None:
    with transaction.atomic():
        marks.mark("visits", [(7, DAY)])

    def write() -> None:
        with transaction.atomic():
            marks.mark("visits", [(7, DAY)])
        connection.close()

    def recompute(keys: Sequence[Key]) -> None:
        writer = Thread(target=write)
        writer.start()
        writer.join(timeout=10)
        assert not writer.is_alive()  # a writer never waits for a recomputation

    assert marks.drain("rollups", "visits", recompute) == 1
    assert marks.lag("rollups").count == 1


@pytest.mark.django_db(transaction=True)
def test_two_drainers_never_recompute_one_key_at_once() -> None:
    with transaction.atomic():
        marks.mark("visits", [(7, DAY), (8, date(2026, 2, 1))])
    others: list[int] = []

    def drain_too() -> None:
        others.append(marks.drain("rollups", "visits", lambda keys: None))
        connection.close()

    def recompute(keys: Sequence[Key]) -> None:
        second = Thread(target=drain_too)
        second.start()
        second.join(timeout=10)

    assert marks.drain("rollups", "visits", recompute, limit=1) == 1
    assert others == [1]  # the second took the other key and left the held one
    assert marks.lag("rollups").count == 0
