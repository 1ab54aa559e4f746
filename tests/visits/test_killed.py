"""A worker that is killed with -9 in the middle of its batches: each item is wholly there or wholly absent."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from tests.cast import Cast
from tests.database import url_of
from tests.visits.items import encoded, full_item, receive
from visits.models import CheckLine, Observation, Visit

WORKER = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from datetime import datetime
from uuid import UUID
from backend import clock
from backend.http.jsonbody import decode_list
from backend.scope import Actor
from visits.intake import receive_batch
with clock.at(datetime.fromisoformat(sys.argv[2])):
    for line in open(sys.argv[3], "rb"):
        items, actor = decode_list(line, 200), Actor(person_id=UUID(sys.argv[1]))
        outcomes = receive_batch(actor=actor, items=items, received_at=clock.now())
        for outcome in outcomes:
            print(outcome.submission_id, outcome.word, flush=False)
        sys.stdout.flush()
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_at_any_moment_leaves_whole_items_and_keeps_what_it_acknowledged(
    cast: Cast, tmp_path: Path, held_clock: object
) -> None:
    sent = [[full_item(cast) for _ in range(20)] for _ in range(40)]
    journal = tmp_path / "batches"
    journal.write_bytes(b"\n".join(encoded(batch) for batch in sent))
    acknowledged: set[str] = set()
    chance = random.Random(135)
    for _ in range(3):
        acknowledged |= _run_and_kill(cast, journal, chance.uniform(0.0, 0.25))
    stored = {str(key) for key in Visit.objects.values_list("pk", flat=True)}
    assert acknowledged <= stored
    assert CheckLine.objects.count() == 5 * len(stored)
    assert Observation.objects.count() == 2 * len(stored)
    for batch in sent:
        receive(cast.actor("lin"), *batch)
    assert (Visit.objects.count(), CheckLine.objects.count()) == (800, 4_000)


def _run_and_kill(cast: Cast, journal: Path, after_s: float) -> set[str]:
    """Starts a worker over the journal, kills it so long after its first answer, returns what it acknowledged."""
    name = connection.settings_dict["NAME"]
    environment = {**os.environ, "DATABASE_URL": url_of(name), "PYTHONPATH": os.getcwd()}
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(cast.lin.pk), "2026-03-16T10:00:00+08:00", str(journal)],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert worker.stdout is not None
    first = worker.stdout.readline()
    time.sleep(after_s)  # not a wait for something to happen: the moment of death is the point
    worker.send_signal(signal.SIGKILL)
    rest = worker.stdout.read()
    worker.wait()
    lines = [line for line in (first + rest).split("\n")[:-1] if line]
    return {line.split()[0] for line in lines if len(line.split()) == 2 and line.split()[1] in ("created", "duplicate")}
