"""Retries in parallel and out of order: one visit per id, the same receipt for all, nobody waits for ever."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend import clock
from backend.models import Quarantined, Receipt
from tests.cast import NOW, Cast
from tests.visits.items import full_item, item, receive
from visits.models import CheckLine, Observation, Visit


def words_and_receipts(cast_actor: Any, batch: list[dict[str, Any]], barrier: Barrier) -> list[tuple[str, Any]]:
    try:
        barrier.wait()
        with clock.at(NOW):
            outcomes = receive(cast_actor, *batch)
        return [
            (o.word, o.receipt and (o.submission_id, bytes(o.receipt.sha256), o.receipt.received_at, o.receipt.month))
            for o in outcomes
        ]
    finally:
        connections.close_all()


@pytest.fixture
def many(transactional_db: None, cast: Cast) -> Cast:
    return cast


def together(cast: Cast, batches: list[list[dict[str, Any]]]) -> list[list[tuple[str, Any]]]:
    barrier, actor = Barrier(len(batches)), cast.actor("lin")
    with ThreadPoolExecutor(len(batches)) as pool:
        return list(pool.map(lambda batch: words_and_receipts(actor, batch, barrier), batches))


def test_twenty_parallel_replays_are_one_row(many: Cast) -> None:
    sent = full_item(many)
    answers = [answer for [answer] in together(many, [[sent]] * 20)]
    assert sorted(word for word, _ in answers) == ["created", *["duplicate"] * 19]
    assert len({receipt for _, receipt in answers}) == 1
    assert (Visit.objects.count(), Receipt.objects.count(), CheckLine.objects.count()) == (1, 1, 5)


def test_shuffled_batches_in_parallel_end_without_a_deadlock_in_one_visit_each(many: Cast) -> None:
    sent = [full_item(many) for _ in range(30)]
    shuffler = random.Random(135)
    batches = [shuffler.sample(sent, len(sent)) for _ in range(8)]
    answers = together(many, batches)
    created = [word for batch in answers for word, _ in batch if word == "created"]
    assert len(created) == 30
    assert len({receipt for batch in answers for _, receipt in batch}) == 30
    assert (Visit.objects.count(), Observation.objects.count()) == (30, 60)


def test_parallel_contents_under_one_id_leave_one_visit_and_the_others_in_quarantine(many: Cast) -> None:
    sent = item(many)
    answers = [word for [(word, _)] in together(many, [[{**sent, "note": str(n)}] for n in range(8)])]
    assert sorted(answers) == [*["conflict"] * 7, "created"]
    assert (Visit.objects.count(), Quarantined.objects.count()) == (1, 7)
    kept = {bytes(q.payload) for q in Quarantined.objects.all()}
    assert len(kept) == 7


def test_a_worker_whose_connection_dies_leaves_nothing_and_the_retry_stores_all(many: Cast) -> None:
    from unittest.mock import patch

    from django.db import OperationalError

    sent = [full_item(many) for _ in range(3)]

    def killed(*_: object, **__: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with patch("backend.synclog.append", killed), pytest.raises(OperationalError):
        receive(many.actor("lin"), *sent)
    connection.close()
    assert (Visit.objects.count(), Receipt.objects.count(), Observation.objects.count()) == (0, 0, 0)
    assert [o.word for o in receive(many.actor("lin"), *sent)] == ["created"] * 3
    assert (Visit.objects.count(), Observation.objects.count()) == (3, 6)


@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_and_repetition_of_batches_ends_in_the_same_rows(cast: Cast, data: st.DataObject) -> None:
    sent = [item(cast, note=str(n)) for n in range(6)]
    rounds = data.draw(st.lists(st.lists(st.sampled_from(range(6)), max_size=10), max_size=5))
    before = Visit.objects.count()
    for chosen in [*rounds, range(6)]:
        outcomes = receive(cast.actor("lin"), *(sent[n] for n in chosen))
        assert {o.word for o in outcomes} <= {"created", "duplicate"}
    assert Visit.objects.count() == before + 6
    stored = Visit.objects.filter(pk__in=[entry["submission_id"] for entry in sent])
    assert sorted(stored.values_list("note", flat=True)) == ["0", "1", "2", "3", "4", "5"]
