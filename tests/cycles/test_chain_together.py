"""Any order of acts, and many workers at once, end in what the facts say: results, improvements and cells."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend import clock
from backend.errors import Problem
from cycles import actions, building, cells, evaluate, evidence, improve
from cycles import month as months
from cycles.models import Action, Evidence, Improvement, Result, RetailerCycle
from tests.cast import TODAY, Cast, build_cast
from tests.cycles.chain import APRIL, FELL, FIGURES, MARCH, find, rules_of_tests
from tests.cycles.deeds import draft, lin, measure, on, order, post
from tests.cycles.facts import land_visit


@pytest.fixture(autouse=True)
def rules_of_this_file() -> Iterator[None]:
    with rules_of_tests():
        yield


def chain() -> dict[str, list[dict[str, Any]]]:
    """Every row of the chain and of the cells, but for when it was written."""
    found = {}
    for model in (Action, Evidence, Result, Improvement, RetailerCycle):
        rows = [{k: v for k, v in row.items() if not k.endswith("_at")} for row in model.objects.values()]
        found[model.__name__] = sorted(rows, key=repr)
    return found


# -- any order ---------------------------------------------------------------------------------------------------------

Act = Callable[[Cast, int], object]


def _of(cast: Cast, month: date) -> Action:
    found = Action.objects.filter(month=month).first()
    if found is None:
        raise Problem("not_found")
    return found


def _improvement() -> Improvement:
    found = Improvement.objects.first()
    if found is None:
        raise Problem("not_found")
    return found


def _in_april(act: Callable[[], object]) -> object:
    with on(date(2026, 4, 1)):
        months.open_month(APRIL)
        return act()


ACTS: dict[str, Act] = {
    "order": lambda cast, n: order(cast, date(2026, 3, 9), n),
    "visit": lambda cast, n: land_visit(cast, cast.shops[0], TODAY),
    "draft": lambda cast, n: draft(),
    "found": lambda cast, n: find(FELL, cast.shops[0], cast.territory, {**FIGURES, "target": 5 + n}),
    "accept": lambda cast, n: actions.accept(actor=cast.actor("lin"), action=_of(cast, MARCH)),
    "edit": lambda cast, n: actions.edit(actor=cast.actor("lin"), action=_of(cast, MARCH), target=n),  # type: ignore[arg-type]
    "drop": lambda cast, n: actions.drop(actor=cast.actor("lin"), action=_of(cast, MARCH), reason="later"),
    "measure": lambda cast, n: measure(),
    "reason": lambda cast, n: evaluate.give_reason(
        actor=cast.actor("lin"), action=_of(cast, MARCH), reason="price" if n % 2 else "other"
    ),
    "carry on": lambda cast, n: improve.accept(actor=cast.actor("lin"), improvement=_improvement()),
    "let go": lambda cast, n: improve.drop(actor=cast.actor("lin"), improvement=_improvement(), reason="x" * (n % 3)),
    "draft April": lambda cast, n: _in_april(lambda: draft(APRIL)),
    "accept April": lambda cast, n: _in_april(lambda: actions.accept(actor=cast.actor("lin"), action=_of(cast, APRIL))),
    "order April": lambda cast, n: order(cast, date(2026, 4, 7), n),
    "measure April": lambda cast, n: _in_april(lambda: measure(APRIL)),
}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(1, 20)), min_size=4, max_size=14))
def test_any_order_of_acts_ends_in_what_the_facts_say_and_a_refusal_changes_nothing(
    cast: Cast, acts: list[tuple[str, int]]
) -> None:
    with transaction.atomic():
        months.open_month(MARCH)
        find(FELL, cast.shops[0], cast.territory, FIGURES)
        draft()
        for name, number in acts:
            before = chain()
            try:
                with transaction.atomic():
                    ACTS[name](cast, number)
            except Problem:
                assert chain() == before, name
        _holds(cast)
        transaction.set_rollback(True)


def _holds(cast: Cast) -> None:
    measure()
    if RetailerCycle.objects.filter(month=APRIL).exists():
        _in_april(lambda: measure(APRIL))
    measure()
    once = chain()
    assert measure() == (0, 0, 0)
    assert chain() == once
    _nothing_is_silent()
    Evidence.objects.all().delete()
    kept = {row.pk: (row.reason, row.words) for row in Result.objects.all()}
    for month in (MARCH, APRIL):
        with transaction.atomic():
            building.lock_month(month)
            evidence.link(month)
    assert chain()["Evidence"] == once["Evidence"]
    Result.objects.all().delete()
    with transaction.atomic():
        evaluate.measure(MARCH)
        evaluate.measure(APRIL)
    figures = {row["action_id"]: (row["value"], row["outcome"], row["evidence_count"]) for row in once["Result"]}
    assert {row.pk: (row.value, row.outcome, row.evidence_count) for row in Result.objects.all()} == figures
    assert set(kept) == set(figures)


def _nothing_is_silent() -> None:
    """An improvement that is closed says what it came to or why; each accepted action of a measured month has a result,
    and each miss an improvement that began with it or was carried by it."""
    for row in Improvement.objects.all():
        assert (row.closed_on is None) == (row.state in {"proposed", "open"})
        assert row.closed_on is None or row.outcome is not None or row.reason.strip()
    assert not Action.objects.filter(state="accepted", month=MARCH, result=None).exists()
    assert not Result.objects.exclude(action__state="accepted").exists()
    missed = Action.objects.filter(result__outcome="miss", improvement=None)
    assert not missed.filter(became=None).exists()


# -- many at once ------------------------------------------------------------------------------------------------------


def all_at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        futures = [pool.submit(contextvars.copy_context().run, run, act) for act in acts]
        return [future.result(timeout=60) for future in futures]


def test_eight_workers_that_draft_and_measure_make_the_rows_of_one(transactional_db: None) -> None:
    cast = build_cast()
    months.open_month(MARCH)
    for shop in cast.shops:
        find(FELL, shop, cast.territory, FIGURES)
        land_visit(cast, shop, TODAY)
        order(cast, date(2026, 3, 9), 6, shop=cast.shops.index(shop))
    assert sorted(all_at_once([draft] * 8)) == [0] * 7 + [3]
    Action.objects.update(state="accepted")
    done = all_at_once([measure] * 8)
    assert [sum(column) for column in zip(*done, strict=True)] == [3, 3, 3]
    assert (Evidence.objects.count(), Result.objects.count(), Improvement.objects.count()) == (3, 3, 3)
    once = chain()
    assert all_at_once([measure] * 4) == [(0, 0, 0)] * 4
    assert chain() == once


def test_a_plan_that_is_changed_while_it_is_measured_waits_and_is_then_refused_or_measured_as_it_stands(
    transactional_db: None,
) -> None:
    cast = build_cast()
    months.open_month(MARCH)
    find(FELL, cast.shops[0], cast.territory, FIGURES)
    draft()
    action = Action.objects.get()
    order(cast, date(2026, 3, 9), 6)

    def accept() -> int:
        return int(post(lin(cast), f"/actions/{action.pk}/accept").status_code)

    all_at_once([accept, measure, measure])
    measure()
    assert Action.objects.get().state == "accepted"
    assert Result.objects.get().value == 6
    assert clock.today() == TODAY
    with transaction.atomic():
        assert cells.derive(MARCH) == 0
