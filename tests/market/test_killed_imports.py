"""Imports whose process is killed in the middle: what is imported to is untouched, and the next tick goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from rest_framework.test import APIClient

from backend import marks
from backend.imports import working
from backend.models import ImportReject, ImportRun
from market.models import LoadedKey, Order, OrderLine, ShopProductMonth
from tests.cast import Cast, build_cast, phone_of
from tests.market.importing import counts, orders, post, run_of, send, stood, work

A = "420200000000"
ROWS = [f"D{n // 3},{A},2026-03-{1 + n // 3 % 16:02d},P{1 + n % 3},2,1,1,88.00" for n in range(3_000)]

# A worker in a process of its own: where it is told to, it says so and waits for its end.
WORKER = """
import sys, time
import django
django.setup()
from backend import clock
from backend.imports import bulk, working
from market.orders import order_import
from tests.cast import NOW

def stop(*_):
    print("here", flush=True)
    time.sleep(60)

place = {"reading": (working, "_tell"), "applying": (order_import, "_totals"), "committing": (working, "keep_rejects")}
setattr(*place[sys.argv[1]], stop)
with clock.at(NOW):
    working.work()
"""


@pytest.fixture
def as_qian(transactional_db: None) -> Iterator[APIClient]:
    _no_files()  # of another test of this process, whose rows were taken back
    cast: Cast = build_cast()
    yield phone_of(cast.people["qian"])
    _no_files()


def _no_files() -> None:
    for path in Path(settings.IMPORTS_DIR).glob("*"):
        path.unlink()


def killed_while(place: str) -> None:
    """A worker came as far as this and was killed with -9."""
    of = connection.settings_dict
    host = f"?host={of['HOST']}" if of["HOST"].startswith("/") else ""
    server = "" if host else f"{of['HOST']}"
    url = f"postgresql://{of['USER']}:{of['PASSWORD']}@{server}:{of['PORT']}/{of['NAME']}{host}"
    environment = {**os.environ, "DATABASE_URL": url, "IMPORTS_DIR": str(settings.IMPORTS_DIR),
                   "DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "tests only"}  # fmt: skip
    command = [sys.executable, "-c", WORKER, place]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR) as child:
        assert child.stdout is not None
        told = ""
        while told.strip() != "here":
            told = child.stdout.readline()
            assert told, "the worker ended by itself"
        os.kill(child.pid, signal.SIGKILL)
        child.wait(timeout=30)
    _until_its_session_ended()


def _until_its_session_ended() -> None:
    """The server notices a killed client when it next writes to it; its locks are held until then."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def nothing_stands() -> tuple[Any, ...]:
    kinds = (Order, OrderLine, ShopProductMonth, LoadedKey, ImportReject)
    return (*(kind.objects.count() for kind in kinds), marks.lag("rollups").count)


@pytest.mark.parametrize(("place", "state"), [("reading", "reading"), ("applying", "applying"),
                                              ("committing", "applying")])  # fmt: skip
def test_a_worker_that_is_killed_leaves_all_as_it_was_and_the_next_one_goes_on(
    as_qian: APIClient, place: str, state: str
) -> None:
    sent = send(as_qian, "orders", orders(*ROWS, "X,nobody,2026-03-04,P1,,,1,1"), "apply").json()
    killed_while(place)
    assert nothing_stands() == (0, 0, 0, 0, 0, 0)
    assert run_of(as_qian, sent["id"])["state"] == state
    work()
    assert counts(run_of(as_qian, sent["id"])) == ("applied", 3_001, 3_000, 1, 3_000, 0, 0, 0)
    assert nothing_stands()[:2] == (1_000, 3_000)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'import!_%' ESCAPE '!'")
        assert cursor.fetchone() == (0,)
    assert list(Path(settings.IMPORTS_DIR).glob("*")) == []


def test_what_kills_its_worker_three_times_has_failed_and_can_be_cancelled_before(as_qian: APIClient) -> None:
    sent = [send(as_qian, "orders", orders(*ROWS), "apply").json()["id"] for _ in range(2)]
    killed_while("applying")
    assert post(as_qian, f"imports/{sent[0]}/cancel").json()["state"] == "applying"
    ImportRun.objects.filter(pk=sent[1]).update(attempts=working.MOST_ATTEMPTS)
    work()
    found = [run_of(as_qian, run_id) for run_id in sent]
    assert [(run["state"], run["error"]) for run in found] == [("cancelled", ""), ("failed", "import_gave_up")]
    assert nothing_stands() == (0, 0, 0, 0, 0, 0)


def test_rows_that_a_crash_of_the_database_emptied_are_read_again(as_qian: APIClient) -> None:
    sent = send(as_qian, "orders", orders(*ROWS)).json()
    work()
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {working.schema_of(ImportRun.objects.get().pk)}.import_row")
    post(as_qian, f"imports/{sent['id']}/apply")
    work()
    assert counts(run_of(as_qian, sent["id"])) == ("applied", 3_000, 3_000, 0, 3_000, 0, 0, 0)
    assert len(stood()) == 1_000
