"""A push enters what it tells at its end, in one order, so that two pushes cannot wait for each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import synclog
from backend.errors import Problem
from backend.models import SyncEntry
from tests.cast import Cast
from tests.sync.test_refused_edits import need
from tests.sync.wire import Phone, made

pytestmark = pytest.mark.django_db


def uid(number: int) -> UUID:
    return UUID(int=number)


def taken(doing: Callable[[], Any]) -> list[tuple[str, int]]:
    """The counters that were taken, in their order."""
    found: list[tuple[str, int]] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql == synclog._COUNT:
            found.append((params[1], params[0]))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        doing()
    return found


def entries() -> set[tuple[str, int, UUID, bool]]:
    return set(SyncEntry.objects.values_list("collection", "territory_id", "document_id", "deleted"))


def test_what_is_gathered_is_entered_by_collection_and_unit_and_what_was_refused_last(cast: Cast) -> None:
    low: int
    high: int
    low, high = sorted([cast.territory.pk, cast.other_territory.pk])

    def writing() -> None:
        with transaction.atomic(), synclog.gathered():
            synclog.append("sync_issues", {low: [uid(1)]})
            synclog.append("visits", {high: [uid(2)]})
            synclog.append("needs", {high: [uid(3)]})
            with synclog.gathered():
                synclog.append("visits", {low: [uid(4)], high: [uid(5)]})
            assert not SyncEntry.objects.exists()

    assert taken(writing) == [("needs", high), ("visits", low), ("visits", high), ("sync_issues", low)]
    assert entries() == {
        ("needs", high, uid(3), False),
        ("visits", low, uid(4), False),
        ("visits", high, uid(2), False),
        ("visits", high, uid(5), False),
        ("sync_issues", low, uid(1), False),
    }


def refuse_after_telling(unit: int) -> None:
    with synclog.gathered():
        synclog.append("visits", {unit: [uid(2), uid(3)]}, deleted=True)
        raise Problem("conflict")


def test_the_later_word_about_a_document_counts_and_what_a_fault_took_back_is_forgotten(cast: Cast) -> None:
    unit = cast.territory.pk
    with transaction.atomic(), synclog.gathered():
        synclog.append("visits", {unit: [uid(1), uid(2)]})
        synclog.append("visits", {unit: [uid(1)]}, deleted=True)
        with pytest.raises(Problem):
            refuse_after_telling(unit)
    assert entries() == {("visits", unit, uid(1), True), ("visits", unit, uid(2), False)}


def test_a_push_takes_each_counter_once_and_after_all_that_it_writes(cast: Cast, as_lin: APIClient) -> None:
    phone = Phone(as_lin, "needs")
    assert phone.push(made(need(cast))) == []
    [held] = phone.pull().values()
    refused = made({**held, "raised_on": "2026-03-15"}, held)
    with CaptureQueriesContext(connection) as queries:
        order = taken(lambda: phone.push(refused, made(need(cast)), made(need(cast))))
    assert order == [("needs", cast.territory.pk), ("sync_issues", cast.territory.pk)]
    texts = [query["sql"] for query in queries]
    first = next(place for place, text in enumerate(texts) if "INSERT INTO backend_synccounter" in text)
    assert not [text for text in texts[:first] if "UPDATE backend_syncentry" in text]  # nor holds an entry before it
    assert not [text for text in texts[first:] if "retail_need" in text or "backend_quarantined" in text]


def test_a_page_that_doubts_an_entry_holds_its_counter_first(cast: Cast, as_lin: APIClient) -> None:
    """Whoever enters a change takes the counter, then entries; a page that took them otherwise could wait for ever."""
    phone = Phone(as_lin, "needs")
    assert phone.push(made(need(cast))) == []
    assert len(phone.pull()) == 1
    SyncEntry.objects.filter(collection="needs").update(deleted=True)  # the log says gone, and it is here
    with CaptureQueriesContext(connection) as queries:
        assert len(Phone(as_lin, "needs").page()) == 1
    texts = [query["sql"] for query in queries]
    doubted = next(place for place, text in enumerate(texts) if "WITH doubted" in text)
    assert "FROM backend_synccounter" in texts[doubted - 1]
    assert texts[doubted - 1].rstrip().endswith("FOR NO KEY UPDATE")
