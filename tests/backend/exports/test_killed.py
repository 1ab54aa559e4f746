"""Exports as processes: killed in the middle, at work twice, cancelled while they run; on a database of their own."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from backend.exports import asking, launching, working
from backend.exports.asking import Asked
from backend.models import Export
from config import photo_store
from tests.cast import Cast
from tests.database import url_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders, and an environment in which `manage.py make_export` works on this test's database."""
    making, store = tmp_path / "making", tmp_path / "store"
    settings.EXPORTS_DIR = making
    settings.STORAGES = {**settings.STORAGES, "exports": photo_store.backend(store, {})}
    for name, value in {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": url_of(connection.settings_dict["NAME"]),
        "EXPORTS_DIR": str(making),
        "EXPORTS_STORE": str(store),
        "LOG_LEVEL": "ERROR",
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def asked(cast: Cast) -> UUID:
    return asking.start(actor=cast.actor("zhao"), asked=Asked("retailers", "csv")).pk


def until(holds: Any, seconds: float = 30) -> None:
    """Waits for another process."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "did not come"
        time.sleep(0.05)


def files(place: Path) -> list[Path]:
    return [path for path in (place / "store").rglob("*") if path.is_file()]


def test_a_killed_one_leaves_no_file_and_is_made_anew(cast: Cast, place: Path) -> None:
    export_id = asked(cast)
    with psycopg.connect(url_of(connection.settings_dict["NAME"])) as other:
        other.execute("LOCK TABLE retail_retailer IN ACCESS EXCLUSIVE MODE")
        process = launching.start(export_id)
        until(lambda: Export.objects.filter(pk=export_id, state="running").exists())
        assert launching.unattended() == []  # somebody is at it
        assert not working.make(export_id)  # and nobody else can be
        process.send_signal(signal.SIGKILL)
        process.wait()
        other.rollback()
    assert files(place) == []
    assert Export.objects.values_list("state", "name").get(pk=export_id) == ("running", "")
    until(lambda: launching.unattended() == [export_id])
    assert launching.start(export_id).wait(60) == 0
    export = Export.objects.get(pk=export_id)
    assert (export.state, export.attempts, export.rows) == ("ready", 2, 5)
    [kept] = files(place)
    assert kept.stat().st_size == export.size_bytes
    assert list((place / "making").iterdir()) == []


def test_the_tick_starts_what_waits_and_no_more_than_two(cast: Cast, place: Path) -> None:
    ids = [asked(cast) for _ in range(3)]
    assert launching.unattended() == ids[:2]
    launching.tend()
    started = list(launching._started)
    assert len(started) == 2
    assert [process.wait(60) for process in started] == [0, 0]
    assert list(Export.objects.order_by("asked_at", "id").values_list("state", flat=True)) == [
        "ready",
        "ready",
        "queued",
    ]


def test_a_cancel_while_it_runs_ends_it_without_a_file(cast: Cast, place: Path) -> None:
    export_id = asked(cast)
    with psycopg.connect(url_of(connection.settings_dict["NAME"])) as other:
        other.execute("LOCK TABLE retail_retailer IN ACCESS EXCLUSIVE MODE")
        process = launching.start(export_id)
        until(lambda: Export.objects.filter(pk=export_id, state="running").exists())
        asking.cancel(actor=cast.actor("zhao"), export=Export.objects.get(pk=export_id))
        other.rollback()
    assert process.wait(60) == 0
    assert Export.objects.values_list("state", "name").get(pk=export_id) == ("cancelled", "")
    assert files(place) == []
