"""Imports as processes of their own: started by the tick, one of a kind, killed in the middle and taken up again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from rest_framework.test import APIClient

from backend.imports import launching, working
from backend.models import ImportRun
from market.models import LoadedKey, Order, OrderLine
from tests.cast import Cast, build_cast, phone_of
from tests.database import url_of
from tests.market.importing import counts, orders, post, run_of, send

A = "420200000000"
FIRST, SECOND = orders(f"D1,{A},2026-03-04,P1,,,7,1170.40"), orders(f"D1,{A},2026-03-04,P1,,,9,1504.80")
STOCK = f"客户编码,商品编码,盘点日期,库存(包),来源\n{A},P1,2026-03-04,12,盘点\n"


@pytest.fixture
def as_qian(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[APIClient]:
    """The steward, and an environment in which `manage.py run_import` works on this test's database."""
    for name, value in {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": url_of(connection.settings_dict["NAME"]),
        "IMPORTS_DIR": str(settings.IMPORTS_DIR),
        "LOG_LEVEL": "ERROR",
    }.items():
        monkeypatch.setenv(name, value)
    _without_files()
    cast: Cast = build_cast()
    yield phone_of(cast.people["qian"])
    _without_files()


def _without_files() -> None:
    """Tests that are rolled back leave the files of their imports."""
    for path in Path(settings.IMPORTS_DIR).glob("*"):
        path.unlink()


def until(holds: Callable[[], Any], seconds: float = 60) -> None:
    """Waits for another process."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "did not come"
        time.sleep(0.05)


def stood() -> tuple[int, list[int], int]:
    cartons = OrderLine.objects.values_list("ordered_cartons", flat=True)
    return Order.objects.count(), list(cartons), LoadedKey.objects.count()


def test_the_tick_starts_one_of_each_kind_and_the_later_file_has_the_last_word(as_qian: APIClient) -> None:
    sent = [
        send(as_qian, *what, "apply").json()["id"]
        for what in (("orders", FIRST), ("orders", SECOND), ("stock-counts", STOCK))
    ]
    assert [str(run_id) for run_id in launching.unattended()] == [sent[0], sent[2]]
    launching.tend()
    started = list(launching._started)
    assert len(started) == 2
    assert [process.wait(120) for process in started] == [0, 0]
    assert [run_of(as_qian, run_id)["state"] for run_id in sent] == ["applied", "queued", "applied"]
    assert stood() == (1, [7], 2)
    launching.tend()
    assert [process.wait(120) for process in launching._started] == [0]
    assert counts(run_of(as_qian, sent[1])) == ("applied", 1, 1, 0, 0, 1, 0, 0)
    assert stood() == (1, [9], 3)


def test_a_killed_process_leaves_all_as_it_was_and_the_next_tick_takes_the_run_up(as_qian: APIClient) -> None:
    run_id = send(as_qian, "orders", FIRST, "apply").json()["id"]
    own = ImportRun.objects.filter(pk=run_id)
    with psycopg.connect(url_of(connection.settings_dict["NAME"])) as other:
        other.execute("LOCK TABLE market_orderline IN ACCESS EXCLUSIVE MODE")
        process = launching.start(own.get().pk)
        until(lambda: own.filter(state="applying").exists())
        assert launching.unattended() == []  # somebody is at it
        assert not working.work_on(own.get().pk)  # and nobody else can be
        process.send_signal(signal.SIGKILL)
        process.wait()
        other.rollback()
    until(lambda: launching.unattended() == [own.get().pk])
    assert (stood(), own.get().state) == ((0, [], 0), "applying")
    assert launching.start(own.get().pk).wait(120) == 0
    assert (counts(run_of(as_qian, run_id)), own.get().attempts) == (("applied", 1, 1, 0, 1, 0, 0, 0), 2)
    assert stood() == (1, [7], 1)


def test_a_cancel_while_it_runs_ends_the_process_and_nothing_stands(as_qian: APIClient) -> None:
    run_id = send(as_qian, "orders", FIRST, "apply").json()["id"]
    own = ImportRun.objects.filter(pk=run_id)
    with psycopg.connect(url_of(connection.settings_dict["NAME"])) as other:
        other.execute("LOCK TABLE brands_product IN ACCESS EXCLUSIVE MODE")
        process = launching.start(own.get().pk)
        until(lambda: own.filter(state="applying").exists())
        assert post(as_qian, f"imports/{run_id}/cancel").status_code == 200
        other.rollback()
    assert process.wait(120) == 0
    assert (run_of(as_qian, run_id)["state"], stood()) == ("cancelled", (0, [], 0))
