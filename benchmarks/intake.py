"""Taking in visits, in CPU seconds of client + server per visit: `python -m benchmarks.intake [--quick]`.

Reference: binary COPY of ready-made rows into the same partitioned tables, one commit per 100 visits. Then the same
intake behind gunicorn, nested REST framework serializers with one POST per visit, and the last 50 visits read back.
"""

from __future__ import annotations

import gc
import http.client
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import copied, field, measure
from benchmarks.measure import Meter, Spent, figure, say

PORT = 18_135
WARM, SINGLES = 3, 5  # rounds that fill plans and caches; nested posts a round
Bytes = list[bytes]


def main() -> None:
    options = measure.arguments(__doc__ or "")
    rounds = 12 if options.quick else 60
    with measure.database("intake") as url:
        made = field.build()
        lines = f"{field.CHECKS} check lines and {field.OBSERVATIONS} observations"
        say(f"{rounds} rounds by turns: 100 visits a side, {lines} each, {SINGLES} nested posts")
        spent = by_turns(made, rounds, url)
        per = {name: spent[name].cpu / count for name, count in counts(rounds).items()}
        for name, count in counts(rounds).items():
            show(name, spent[name], count)
        figure("intake_without_http_vs_copy", per["COPY"] / per["intake"], 0.30)
        figure("intake_over_http_vs_copy", per["COPY"] / per["intake over HTTP"], 0.20)
        figure("intake_over_http_vs_nested_serializers", per["nested serializers"] / per["intake over HTTP"], 40)
        read_back(made, 20_000 if options.quick else 200_000)


def counts(rounds: int) -> dict[str, int]:
    """Visits that each side took in."""
    return {
        "COPY": rounds * 100,
        "intake": rounds * 100,
        "intake over HTTP": rounds * 100,
        "nested serializers": rounds * SINGLES,
    }


def show(name: str, spent: Spent, count: int) -> None:
    per = 1e6 / count
    say(
        f"{name}: {spent.cpu * per:.0f} us CPU a visit (client {spent.client_cpu * per:.0f},"
        f" server {spent.server_cpu * per:.0f}), {count / spent.wall:.0f} visits/s"
    )


def bodies(made: field.Field, count: int, size: int = 100) -> Bytes:
    from backend import clock

    rng = random.Random(135)
    return [field.encoded(field.batch(made, rng, clock.now(), size)) for _ in range(count)]


# -- the sides ---------------------------------------------------------------------------------------------------------


def by_turns(made: field.Field, rounds: int, url: str) -> dict[str, Spent]:
    """All sides by turns in one database, so that they meet the same machine and the same growing tables."""
    import psycopg
    from django.db import connection

    connection.ensure_connection()
    own = measure.backend_pid(connection.connection)
    with psycopg.connect(url) as plain, served() as process:
        sides = sides_of(made, rounds + WARM, plain)
        gc.collect()
        gc.freeze()  # as config/wsgi.py does
        meters = {name: Meter([own]) for name in sides}
        copying = measure.backend_pid(plain)
        meters["COPY"] = Meter([copying])
        for number in range(rounds + WARM):
            if number == WARM:
                backends = set(measure.server_pids(url)) - {own, copying}
                meters["intake over HTTP"] = Meter([*measure.children_of(process.pid), *backends])
            for name, side in sides.items():
                with Meter().running() if number < WARM else meters[name].running():
                    side(number)
    meters["intake over HTTP"].spent.client_cpu = 0.0  # the phone's
    return {name: meter.spent for name, meter in meters.items()}


def sides_of(made: field.Field, rounds: int, plain: Any) -> dict[str, Callable[[int], object]]:
    """What each side does in one round, its input made beforehand."""
    from backend.scope import actor_of

    ready = [copied.rows_of(made, body) for body in bodies(made, rounds)]
    for_us, for_http = bodies(made, rounds), bodies(made, rounds)
    actor = actor_of(made.person, device_id=made.device.pk)  # over HTTP it is found at each request
    address = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    post = nested_post(made, rounds)
    return {
        "COPY": lambda n: copied.copy(plain, ready[n]),
        "intake": lambda n: take(actor, for_us[n]),
        "intake over HTTP": lambda n: push(address, for_http[n]),
        "nested serializers": post,
    }


def take(actor: Any, body: bytes) -> bytes:
    """Ours, from the bytes of the batch to the bytes of the answer."""
    import msgspec

    from backend import clock
    from backend.http import jsonbody
    from visits import intake, shapes

    outcomes = intake.receive_batch(actor=actor, items=jsonbody.decode_list(body, 200), received_at=clock.now())
    said = [shapes.outcome(outcome, "zh-hans") for outcome in outcomes]
    assert all(entry["outcome"] == "created" for entry in said), said[0]
    return msgspec.json.encode(said)


# -- over HTTP ---------------------------------------------------------------------------------------------------------


@contextmanager
def served() -> Iterator[subprocess.Popen[bytes]]:
    command = [
        sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", "1", "--threads", "2",
        "--worker-class", "gthread", "--bind", f"127.0.0.1:{PORT}", "--log-level", "error",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                http.client.HTTPConnection("127.0.0.1", PORT, timeout=5).connect()
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def push(address: http.client.HTTPConnection, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {field.TOKEN}", "Content-Type": "application/json"}
    address.request("POST", "/api/v1/visits/batch", body, headers)
    answer = address.getresponse()
    said = answer.read()
    assert answer.status == 200, said[:500]
    assert said.count(b'"created"') == 100, said[:500]


# -- what it replaces --------------------------------------------------------------------------------------------------


def nested_post(made: field.Field, rounds: int) -> Callable[[int], None]:
    """Writable nested serializers as REST framework's guide writes them, one request a visit, signed in by token."""
    from rest_framework.test import APIRequestFactory

    from benchmarks.nested import NestedVisitView

    view, factory = NestedVisitView.as_view(), APIRequestFactory()
    items = json.loads(bodies(made, 1, rounds * SINGLES)[0])
    requests = [
        factory.post("/visits", item, format="json", HTTP_AUTHORIZATION=f"Bearer {field.TOKEN}") for item in items
    ]

    def post(number: int) -> None:
        for request in requests[number * SINGLES : (number + 1) * SINGLES]:
            answer = view(request)
            answer.render()
            assert answer.status_code == 201, answer.data

    return post


# -- reads -------------------------------------------------------------------------------------------------------------


def read_back(made: field.Field, stored: int) -> None:
    """An account manager's last 50 visits with all lines, at so many visits stored; then as a whole request."""
    import msgspec
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from backend.scope import actor_of
    from visits import queries

    field.store_past(made, stored, people=stored // 2_000)  # five visits a day and person
    actor = actor_of(made.person)
    reader = Client(HTTP_AUTHORIZATION=f"Bearer {field.TOKEN}", SERVER_NAME="localhost")

    def read() -> bytes:
        return msgspec.json.encode(queries.recent(actor))

    def request() -> bytes:
        return reader.get("/api/v1/visits/recent").content

    found = json.loads(request())["results"]
    assert len(found) == 50
    assert all(len(row["checks"]) == field.CHECKS and len(row["observations"]) == 8 for row in found)
    with CaptureQueriesContext(connection) as captured:
        read()
    queries_made = len(captured)
    cost, whole = mean_cpu_ms(read), mean_cpu_ms(request)
    say(f"last 50 visits with all lines at {stored:,} stored: {cost:.1f} ms CPU in {queries_made} queries")
    say(f"  with the whole request around it (sign-in, middleware, log): {whole:.1f} ms CPU")
    figure("recent_visits_cpu_ms", cost, 10, at_most=True)


def mean_cpu_ms(work: Callable[[], bytes], turns: int = 40) -> float:
    from django.db import connection

    meter = Meter([measure.backend_pid(connection.connection)])
    for _ in range(3):
        work()
    with meter.running():
        for _ in range(turns):
            work()
    return meter.spent.cpu / turns * 1000


if __name__ == "__main__":
    main()
