"""`manage.py recompute`: nothing differs while the verbs kept the month; whatever is tampered with is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from backend import clock
from backend.models import Unit
from cycles import changes
from cycles import month as months
from cycles.models import (
    Action,
    Evidence,
    FrozenFigure,
    ManagerCycle,
    PrefectureMonth,
    Result,
    RetailerCycle,
    Sighting,
)
from cycles.recompute import KINDS, recompute
from market.models import UnitMonth
from market.rollups import recompute as rollups
from market.rollups import segments
from retail.models import Retailer
from tests.cast import NOW, TODAY, Cast, build_cast
from tests.cycles.crowd import hash_of
from tests.cycles.facts import land_visit
from visits.models import Visit

MARCH = date(2026, 3, 1)


def at(month: int, day: int, hour: int = 0) -> Any:
    return clock.at(datetime(2026, month, day, hour, tzinfo=clock.BUSINESS_ZONE))


def kept() -> None:
    """What the ticks do: roll-ups, cells, months."""
    rollups.drain()
    segments.drain()
    while changes.drain_once():
        pass
    rollups.turn()
    months.keep()


@pytest.fixture(scope="module")
def march_of_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """A running March: two shops were visited, each with an action that was accepted. Taken back as a whole."""
    with django_db_blocker.unblock(), transaction.atomic():
        with clock.at(NOW):
            cast = build_cast()
            kept()
            Action.objects.filter(month=MARCH, retailer__in=cast.shops, rule="client.visit_overdue").update(
                state="accepted", target=1, decided_at=clock.now(), decided_by=cast.lin
            )
            seen = ({"product_id": cast.products[0].pk, "carton_price_fen": 19_000},)
            for shop in cast.shops[:2]:
                land_visit(cast, shop, TODAY, observations=seen, pitched=(cast.products[0].pk,))
            kept()
        yield cast
        transaction.set_rollback(True)


@pytest.fixture
def march(march_of_module: Cast, db: None) -> Cast:
    """That March; what a test does to it is taken back: it is a savepoint here."""
    return march_of_module


def lock(month: int = 4, day: int = 9) -> None:
    for hour, on in ((1, 1), (1, 3)):
        with at(4, on, hour):
            kept()
    with at(month, day):
        kept()


@pytest.fixture(scope="class")
def locked_of_class(march_of_module: Cast, django_db_blocker: Any) -> Iterator[Cast]:
    """That March, locked under all tests of a class, and running again for those after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        lock()
        yield march_of_module
        transaction.set_rollback(True)


@pytest.fixture
def locked(locked_of_class: Cast, db: None) -> Cast:
    """That locked March; what a test does to it is taken back."""
    return locked_of_class


def land_late(cast: Cast, shop: Retailer, on: date, territory: Unit) -> None:
    """A visit that arrives at this moment."""
    visit = land_visit(cast, shop, on, territory=territory)
    Visit.objects.filter(pk=visit).update(received_at=clock.now())


def found() -> dict[str, tuple[int, int]]:
    """Kind -> how many differ and how many of these are explained, of the kinds where something does."""
    kinds = recompute(MARCH).kinds
    assert list(kinds) == list(KINDS)
    return {name: (kind.differ, kind.explained) for name, kind in kinds.items() if kind.differ}


def test_nothing_differs_in_a_running_a_measured_and_a_locked_month(march: Cast) -> None:
    before = hash_of(MARCH)
    assert found() == {}
    assert hash_of(MARCH) == before
    with at(4, 1, 1):
        kept()
        assert PrefectureMonth.objects.get(month=MARCH).state == "measured"
        assert (Result.objects.filter(outcome="hit").count(), found()) == (2, {})
    lock()
    with at(4, 10, 9):
        assert PrefectureMonth.objects.get(month=MARCH).state == "locked"
        before = hash_of(MARCH)
        assert found() == {}
        assert hash_of(MARCH) == before


def test_late_visits_are_in_the_lines_and_the_evidence_that_they_bring_is_explained(march: Cast) -> None:
    lock()
    with at(4, 10, 9):
        land_late(march, march.shops[2], date(2026, 3, 30), march.territory)
        kept()
        assert found() == {"evidence": (1, 1), "improvements": (1, 1)}  # its miss would have been none


def test_a_finding_that_would_be_another_by_a_visit_that_came_late_is_explained(march: Cast) -> None:
    """As of the 16th nobody had been in the shop since it opened; the visit of the 12th arrived on the 18th."""
    with at(3, 18, 9):
        land_late(march, march.wu_shops[0], date(2026, 3, 12), march.other_territory)
        rollups.drain()
        segments.drain()
        changes.drain_once()
        assert found() == {"findings": (1, 1)}


def test_the_command_says_how_many_differ_of_each_kind(march: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("recompute", "--month", "2026-03", "--prefecture", march.prefecture.code)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "2026-03"
    assert said[-1] == "  0 处差异 · differences"
    assert [line.split(":")[0].strip() for line in said[1:-1]] == list(KINDS)
    with pytest.raises(CommandError):
        call_command("recompute", "--month", "2026-04")
    with pytest.raises(CommandError):
        call_command("recompute", "--month", "2026-03", "--prefecture", march.county.code)


class TestALockedMonth:
    @pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "improvements"])
    def test_whatever_is_tampered_with_is_found(self, locked: Cast, kind: str) -> None:
        row = RetailerCycle.objects.filter(month=MARCH, retailer=locked.shops[0])
        tamper: dict[str, Callable[[], object]] = {
            "rows": lambda: row.delete(),
            "cells": lambda: row.update(brand_execute=1),
            "evidence": lambda: Evidence.objects.filter(action__retailer=locked.shops[0]).update(lines=9),
            "results": lambda: Result.objects.filter(action__retailer=locked.shops[0]).update(value=Decimal(7)),
            "figures": lambda: FrozenFigure.objects.filter(unit=locked.county, kpi="visits").update(value=Decimal(7)),
            "scorecards": lambda: ManagerCycle.objects.filter(person=locked.lin).update(
                scorecard={"price_tags_in_place": "7"}
            ),
            "roll-ups": lambda: UnitMonth.objects.filter(unit=locked.territory, month=MARCH).update(visits=7),
            "findings": lambda: Sighting.objects.filter(month=MARCH, figures__has_key="every").update(
                figures={"every": 7}
            ),
        }
        tamper[kind]()
        with at(4, 10, 9):
            report = recompute(MARCH)
            assert report.kinds[kind].differ >= 1
            assert len(report.kinds[kind].shown) == min(report.kinds[kind].differ, 20)
            if kind != "rows":  # who is missing from a locked month is told, but as what was entered since
                with pytest.raises(SystemExit) as ended:
                    call_command("recompute", "--month", "2026-03")
                assert ended.value.code == 1
