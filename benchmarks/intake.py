"""Taking in visits, in CPU seconds of client + server per visit: `python -m benchmarks.intake [--quick]`.

Reference: binary COPY of ready-made rows into the same partitioned tables, one commit per 100 visits. Then the same
intake behind gunicorn, nested REST framework serializers with one POST per visit, and the last 50 visits read back.
"""

from __future__ import annotations

import gc
import http.client
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from benchmarks import field, measure
from benchmarks.measure import Meter, Spent, figure, say

PORT = 18_135
Bytes = list[bytes]


def main() -> None:
    options = measure.arguments(__doc__ or "")
    rounds = 12 if options.quick else 60
    with measure.database("intake") as url:
        made = field.build()
        lines = f"{field.CHECKS} check lines and {field.OBSERVATIONS} observations"
        say(f"{rounds} batches of 100 visits a side, {lines} each")
        copied, taken = alternate(made, rounds)
        show("COPY", copied, rounds * 100)
        show("intake without HTTP", taken, rounds * 100)
        figure("intake_without_http_vs_copy", copied.cpu / taken.cpu, 0.30)
        served = over_http(made, rounds, url)
        show("intake over HTTP", served, rounds * 100)
        figure("intake_over_http_vs_copy", copied.cpu / served.cpu, 0.20)
        singles = 60 if options.quick else 400
        nested = one_by_one(made, singles)
        show("nested serializers, one POST a visit", nested, singles)
        per_visit = served.cpu / (rounds * 100)
        figure("intake_over_http_vs_nested_serializers", nested.cpu / singles / per_visit, 40)
        read_back(made, 20_000 if options.quick else 200_000)


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


# -- the two sides -----------------------------------------------------------------------------------------------------


def alternate(made: field.Field, rounds: int) -> tuple[Spent, Spent]:
    """Both sides by turns in one database, so that both meet the same machine and the same growing tables."""
    import psycopg
    from django.db import connection

    from backend.scope import actor_of

    gc.collect()
    gc.freeze()  # as config/wsgi.py does
    connection.ensure_connection()
    own = measure.backend_pid(connection.connection)
    with psycopg.connect(os.environ["DATABASE_URL"]) as plain:
        copying, taking = Meter([measure.backend_pid(plain)]), Meter([own])
        prepared = [rows_of(made, body) for body in bodies(made, rounds + 2)]
        for number, (rows, body) in enumerate(zip(prepared, bodies(made, rounds + 2), strict=True)):
            warm = number < 2  # plans and caches of both sides
            with Meter().running() if warm else copying.running():
                copy(plain, rows)
            actor = actor_of(made.person, device_id=made.device.pk)  # who signs in with HTTP
            with Meter().running() if warm else taking.running():
                take(actor, body)
    return copying.spent, taking.spent


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


VISIT = (
    ("id", "uuid"), ("month", "date"), ("retailer_id", "uuid"), ("person_id", "uuid"), ("device_id", "uuid"),
    ("territory_id", "int8"), ("county_id", "int8"), ("on_date", "date"), ("started_at", "timestamptz"),
    ("ended_at", "timestamptz"), ("device_started_at", "timestamptz"), ("device_ended_at", "timestamptz"),
    ("received_at", "timestamptz"), ("device_offset_s", "int8"), ("lon", "float8"), ("lat", "float8"),
    ("datum", "text"), ("accuracy_m", "float8"), ("distance_m", "float8"), ("presence", "text"), ("flags", "varchar[]"),
    ("away_reason", "text"), ("persons_met", "text"), ("note", "text"), ("template_version_id", "int8"),
    ("display_score", "numeric"),
)  # fmt: skip
CHECK = (
    ("month", "date"), ("visit_id", "uuid"), ("line_no", "int2"), ("item_code", "text"), ("answer", "text"),
    ("passed", "bool"), ("points", "numeric"),
)  # fmt: skip
OBSERVATION = (
    ("month", "date"), ("visit_id", "uuid"), ("line_no", "int2"), ("product_id", "int8"), ("on_shelf", "bool"),
    ("carton_price_fen", "int4"), ("pack_price_fen", "int4"), ("stock_packs", "int4"), ("facings", "int2"),
    ("oos_days", "int2"),
)  # fmt: skip
TABLES = {"visits_visit": VISIT, "visits_checkline": CHECK, "visits_observation": OBSERVATION}
Rows = dict[str, list[tuple[Any, ...]]]


def rows_of(made: field.Field, body: bytes) -> Rows:
    """The batch as typed tuples, ready to be copied: made beforehand and not part of what COPY costs."""
    from decimal import Decimal

    found: Rows = {name: [] for name in TABLES}
    for item in json.loads(body):
        started, ended, sent = (datetime.fromisoformat(item[k]) for k in ("started_at", "ended_at", "sent_at"))
        key, month, place = UUID(item["submission_id"]), started.date().replace(day=1), item["place"]
        found["visits_visit"].append(
            (key, month, UUID(item["retailer_id"]), made.person.pk, made.device.pk, made.territory.pk, made.county.pk,
             started.date(), started, ended, started, ended, sent, 0, place["lon"], place["lat"], place["datum"],
             place["accuracy_m"], 40.0, "valid", [], "", item["persons_met"], item["note"], made.template.pk,
             Decimal("80.00"))
        )  # fmt: skip
        found["visits_checkline"] += [
            (month, key, n, line["item"], str(line["answer"]), bool(line["answer"]), Decimal(10 * line["answer"]))
            for n, line in enumerate(item["check"]["answers"], 1)
        ]
        found["visits_observation"] += [
            (month, key, n, *line.values()) for n, line in enumerate(item["observations"], 1)
        ]
    return found


def copy(plain: Any, rows: Rows) -> None:
    """The reference: three binary COPYs and a commit."""
    with plain.cursor() as cursor:
        for table, columns in TABLES.items():
            names = ", ".join(name for name, _ in columns)
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as stream:
                stream.set_types([kind for _, kind in columns])
                for row in rows[table]:
                    stream.write_row(row)
    plain.commit()


# -- over HTTP ---------------------------------------------------------------------------------------------------------


def over_http(made: field.Field, rounds: int, url: str) -> Spent:
    """The same batches to gunicorn; counted are its worker and the database, not the phone that sends."""
    prepared = bodies(made, rounds + 4)
    with served() as process:
        address = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        for body in prepared[:4]:
            push(address, body)
        meter = Meter([*measure.children_of(process.pid), *measure.server_pids(url)])
        with meter.running():
            for body in prepared[4:]:
                push(address, body)
    meter.spent.client_cpu = 0.0  # the phone's
    return meter.spent


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


def one_by_one(made: field.Field, count: int) -> Spent:
    """Writable nested serializers as REST framework's guide writes them, one request per visit, signed in by token."""
    from django.db import connection
    from rest_framework.test import APIRequestFactory

    from benchmarks.nested import NestedVisitView

    view, factory = NestedVisitView.as_view(), APIRequestFactory()
    items = json.loads(bodies(made, 1, count + 5)[0])
    requests = [
        factory.post("/visits", item, format="json", HTTP_AUTHORIZATION=f"Bearer {field.TOKEN}") for item in items
    ]
    meter = Meter([measure.backend_pid(connection.connection)])
    for number, request in enumerate(requests):
        with Meter().running() if number < 5 else meter.running():
            answer = view(request)
            answer.render()
            assert answer.status_code == 201, answer.data
    return meter.spent


# -- reads -------------------------------------------------------------------------------------------------------------


def read_back(made: field.Field, stored: int) -> None:
    """GET /visits/recent, the whole request in this process, at so many visits stored."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    field.store_past(made, stored, people=stored // 2_000)  # five visits a day and person
    reader = Client(HTTP_AUTHORIZATION=f"Bearer {field.TOKEN}", SERVER_NAME="localhost")
    for _ in range(5):
        reader.get("/api/v1/visits/recent")
    meter, turns = Meter([measure.backend_pid(connection.connection)]), 40
    with meter.running():
        for _ in range(turns):
            answer = reader.get("/api/v1/visits/recent")
    found = answer.json()["results"]
    assert len(found) == 50, answer.content[:300]
    assert all(len(row["checks"]) == field.CHECKS for row in found)
    with CaptureQueriesContext(connection) as queries:
        reader.get("/api/v1/visits/recent")
    cost = meter.spent.cpu / turns * 1000
    say(f"last 50 visits with all lines at {stored:,} stored: {cost:.1f} ms CPU, {len(queries)} queries")
    figure("recent_visits_cpu_ms", cost, 10, at_most=True)


if __name__ == "__main__":
    main()
