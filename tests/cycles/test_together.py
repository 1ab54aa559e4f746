"""Many workers on one month, and workers killed in the middle: always the rows of one clean run."""

from __future__ import annotations

import contextvars
import hashlib
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from backend import clock, ticks
from cycles import month as months
from cycles import stages
from cycles.models import Action, Month, OpeningChunk, RetailerCycle
from tests.cast import TODAY, Cast, build_cast
from tests.cycles.crowd import add_shops, hash_of
from tests.cycles.facts import land_visit

MARCH = date(2026, 3, 1)
CHUNK = 20


@pytest.fixture
def crowd(transactional_db: None) -> Cast:
    cast = build_cast()
    add_shops(cast.territory, 183)
    return cast


def hash_of_a_clean_run(*, drafted: bool = False) -> str:
    """What one worker alone would have made, taken back afterwards."""
    with transaction.atomic():
        assert months.open_month(MARCH).added == 188
        if drafted:
            stages.advance()
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
    clean = hash_of_a_clean_run(drafted=True)  # the ticks draft what is open
    opened: list[months.Opening] = []

    def work() -> None:
        opened.append(months.open_month(MARCH, chunk_retailers=CHUNK))

    all_at_once([*[work] * 8, *[ticks.run_all] * 2])
    months.keep()  # the last to finish may have found another at work: the next tick
    assert hash_of(MARCH) == clean
    assert Month.objects.get(month=MARCH).state == "open"
    assert sum(o.added for o in opened) <= 188
    assert RetailerCycle.objects.filter(month=MARCH).count() == 188


def killed_before(statement: int) -> bool:
    """Opens the month in a process of its own that is killed before its n-th statement."""
    return killed_in(lambda: months.open_month(MARCH, chunk_retailers=90), statement)


def killed_in(act: Callable[[], object], statement: int) -> bool:
    """The act in a process of its own that is killed (SIGKILL) before its n-th statement; False when it came to the end
    first."""
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
                act()
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


# -- what follows the opening: drafted, measured, locked --------------------------------------------------------------


def made() -> str:
    """A hash over everything that drafting, measuring and locking leave, but for ids and moments."""
    parts: list[object] = [hash_of(MARCH)]
    with connection.cursor() as cursor:
        for query in (
            "SELECT rule, retailer_id, unit_id, opened_on, closed_on FROM cycles_finding",
            "SELECT f.rule, f.retailer_id, s.as_of, s.figures::text FROM cycles_sighting s"
            " JOIN cycles_finding f ON f.id = s.finding_id",
            "SELECT month, rule, retailer_id, unit_id, state, target FROM cycles_action",
            "SELECT retailer_id, on_date, position, state FROM visits_plannedstop",
            "SELECT month, unit_id, model_cartons, cartons FROM cycles_forecast",
            "SELECT a.retailer_id, a.rule, r.value, r.outcome FROM cycles_result r"
            " JOIN cycles_action a ON a.id = r.action_id",
            "SELECT i.rule, i.retailer_id, i.state, i.months_open FROM cycles_improvement i",
            "SELECT m.person_id, c.cell, c.state FROM cycles_managercell c"
            " JOIN cycles_managercycle m ON m.id = c.cycle_id",
            "SELECT unit_id, kpi, value FROM cycles_frozenfigure",
            "SELECT month, prefecture_id, state, analyzed_on FROM cycles_prefecturemonth",
        ):
            cursor.execute(query)
            parts.append(sorted(map(repr, cursor.fetchall())))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def draft_all() -> None:
    stages.advance()


def accept_and_see(cast: Cast) -> None:
    """Some of the drafted actions are agreed on, and one shop is seen."""
    Action.objects.filter(month=MARCH, retailer__in=cast.shops).update(
        state="accepted", target=1, decided_at=clock.now(), decided_by=cast.lin
    )
    land_visit(cast, cast.shops[0], TODAY)


def end_month() -> None:
    """Measured and locked in one go, long after."""
    with clock.at(datetime(2026, 4, 9, 9, tzinfo=clock.BUSINESS_ZONE)):
        stages.advance()


def test_drafting_and_locking_by_eight_at_once_make_the_rows_of_one(crowd: Cast) -> None:
    months.open_month(MARCH)
    with transaction.atomic():
        draft_all()
        accept_and_see(crowd)
        end_month()
        clean = made()
        transaction.set_rollback(True)
    all_at_once([draft_all] * 8)
    accept_and_see(crowd)
    all_at_once([end_month] * 8)
    assert made() == clean
    draft_all()
    end_month()
    assert made() == clean


KILLS = 20


def test_drafting_and_locking_killed_at_twenty_points_end_in_the_rows_of_one(crowd: Cast) -> None:
    """Killed before a statement, taken up by the next worker and killed further on: the drafting, then the end."""
    months.open_month(MARCH)
    steps: dict[Callable[[], None], int] = {}
    with transaction.atomic():
        for act in (draft_all, end_month):
            with CaptureQueriesContext(connection) as seen:
                act()
            steps[act] = len(seen)
            if act is draft_all:
                accept_and_see(crowd)
        clean = made()
        transaction.set_rollback(True)
    killed = 0
    for act, statements in steps.items():
        for point in range(KILLS // 2):
            killed += killed_in(act, 1 + point * statements // (KILLS // 2 + 1))
        act()
        if act is draft_all:
            accept_and_see(crowd)
    assert killed >= KILLS - 4  # what was done is not done again, so the last ones may find less to do
    assert made() == clean


def _take_back() -> None:
    """As if the month had never been opened."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE cycles_retailercycle_202603")
        cursor.execute("TRUNCATE cycles_month, cycles_openingchunk, cycles_managercycle CASCADE")
