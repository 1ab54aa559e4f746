"""Many workers on one month, and workers killed in the middle: always the rows of one clean run."""

from __future__ import annotations

import contextvars
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections, transaction

from backend import ticks
from cycles import month as months
from cycles.models import Month, OpeningChunk, RetailerCycle
from tests.cast import Cast, build_cast
from tests.cycles.crowd import add_shops, hash_of

MARCH = date(2026, 3, 1)
CHUNK = 20


@pytest.fixture
def crowd(transactional_db: None) -> Cast:
    cast = build_cast()
    add_shops(cast.territory, 183)
    return cast


def hash_of_a_clean_run() -> str:
    """What one worker alone would have made, taken back afterwards."""
    with transaction.atomic():
        assert months.open_month(MARCH).added == 188
        found = hash_of(MARCH)
        transaction.set_rollback(True)
    return found


def all_at_once(acts: list[Callable[[], object]]) -> list[object]:
    """Each act in a thread with a connection of its own, all let go at the same moment."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=30)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        futures = [pool.submit(contextvars.copy_context().run, run, act) for act in acts]
        return [future.result(timeout=60) for future in futures]


def test_eight_workers_and_two_ticks_on_one_month_make_the_rows_of_a_clean_run(crowd: Cast) -> None:
    clean = hash_of_a_clean_run()
    opened: list[months.Opening] = []

    def work() -> None:
        opened.append(months.open_month(MARCH, chunk_retailers=CHUNK))

    all_at_once([*[work] * 8, *[ticks.run_all] * 2])
    months.open_due()  # the last to finish may have found another at work: the next tick
    assert hash_of(MARCH) == clean
    assert Month.objects.get(month=MARCH).state == "open"
    assert sum(o.added for o in opened) <= 188
    assert RetailerCycle.objects.filter(month=MARCH).count() == 188


def killed_before(statement: int) -> bool:
    """Opens the month in a process of its own that is killed (SIGKILL) before its n-th statement; False when it came
    to the end first."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        seen = 0

        def count(execute: Callable[..., Any], *call: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == statement:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*call)

        try:
            with connection.execute_wrapper(count):
                months.open_month(MARCH, chunk_retailers=90)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def test_a_worker_killed_before_any_statement_leaves_what_the_next_one_finishes(crowd: Cast) -> None:
    """Killed before statement 1, resumed and killed before 2, and so on until one comes through: no start is lost, and
    the month is never seen half."""
    clean = hash_of_a_clean_run()
    statement, kills = 1, 0
    while killed_before(statement):
        kills += 1
        statement += 1
        assert RetailerCycle.objects.filter(month=MARCH).count() in {0, 188}
    assert kills > 10
    assert hash_of(MARCH) == clean
    assert Month.objects.get(month=MARCH).state == "open"
    assert OpeningChunk.objects.filter(month=MARCH, filled_at=None).count() == 0


def test_each_opening_killed_once_in_a_month_of_its_own_equals_a_clean_run(crowd: Cast) -> None:
    """From nothing, killed once before its n-th statement, then finished by another worker, for every n."""
    clean = hash_of_a_clean_run()
    statement = 1
    while killed_before(statement):
        assert months.open_month(MARCH).is_open
        assert hash_of(MARCH) == clean
        _take_back()
        statement += 1
    assert statement > 25
    assert hash_of(MARCH) == clean


def _take_back() -> None:
    """As if the month had never been opened."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE cycles_retailercycle_202603")
        cursor.execute("TRUNCATE cycles_month, cycles_openingchunk, cycles_managercycle CASCADE")
