"""What phones cost: the first sync of a territory with 300 shops and 13 months, a pull with nothing new, a push.

`python -m benchmarks.sync [--quick]`. CPU is that of the whole request, here (middleware, log-in, queries, packing) and
in the database. Every collection that the apps register is pulled, each from its beginning to its end.
"""

from __future__ import annotations

import gc
import gzip
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks import field as fields
from benchmarks import measure
from benchmarks.measure import Meter, Spent, figure, say

SHOPS, MONTHS, PRODUCTS = 300, 13, 120
VISITS_A_MONTH, ORDERS_A_MONTH, PRODUCTS_SOLD = 2, 4, 40
PAGE = 500
USABLE = "retailers"  # with its first page a phone shows shops
WARM, ROUNDS, QUICK_ROUNDS = 3, 40, 10

_ORDERS = """
INSERT INTO market_order (id, month, order_no, retailer_id, territory_id, county_id, on_date, cartons, amount_fen)
SELECT gen_random_uuid(), m::date, to_char(m, 'YYMM') || n || '-' || s.code, s.id, %(territory)s, %(county)s,
    m::date + n * 7 - 7, 5 + n, (5 + n) * 15000
FROM generate_series(date_trunc('month', %(today)s::date) - interval '12 months', %(today)s::date, '1 month') m,
    generate_series(1, %(orders)s) n, retail_retailer s
"""
_SOLD = """
INSERT INTO market_shopproductmonth (month, retailer_id, product_id, cartons, amount_fen)
SELECT m::date, s.id, p.id, 1 + p.id %% 5, 15000 * (1 + p.id %% 5)
FROM generate_series(date_trunc('month', %(today)s::date) - interval '12 months', %(today)s::date, '1 month') m,
    retail_retailer s, (SELECT id FROM brands_product ORDER BY id LIMIT %(sold)s) p
"""
_CONTACTS = """
INSERT INTO retail_contact (id, retailer_id, name, phone, relation, is_primary, version)
SELECT gen_random_uuid(), id, '店主' || code, '138' || right(code, 8), '', true, 1 FROM retail_retailer
"""
_PRICES = "UPDATE brands_product SET guide_carton_fen = 15000 + id % 90 * 100, transfer_fen = 10000 + id % 90 * 100"


@dataclass
class Synced:
    """What one phone's sync of one collection came to."""

    pages: int = 0
    documents: int = 0
    plain: int = 0
    packed: int = 0
    checkpoint: dict[str, Any] = field(default_factory=lambda: {"id": "", "lwt": 0})


def main() -> int:
    options = measure.arguments(__doc__ or "")
    with measure.database("sync"):
        from backend import feeds

        made = fields.build(SHOPS, PRODUCTS)
        _seed(made)
        names = [(feed.collection, feed.version) for feed in feeds.latest()]
        gc.collect()
        gc.freeze()  # as config/wsgi.py does
        passed = first_sync(names)
        passed &= nothing_new(names, QUICK_ROUNDS if options.quick else ROUNDS)
        passed &= pushes(made, QUICK_ROUNDS if options.quick else ROUNDS)
    return 0 if passed else 1


def _seed(made: fields.Field) -> None:
    from django.db import connection

    from backend import clock

    visits = SHOPS * VISITS_A_MONTH * MONTHS
    fields.store_past(made, visits, people=1)
    named = {
        "territory": made.territory.pk, "county": made.county.pk, "today": clock.today(), "orders": ORDERS_A_MONTH,
        "sold": PRODUCTS_SOLD,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_CONTACTS)
        cursor.execute(_PRICES)
        cursor.execute(_ORDERS, named)
        orders = cursor.rowcount
        cursor.execute(_SOLD, named)
        cursor.execute("ANALYZE")
    say(f"{SHOPS} shops, {visits:,} visits, {orders:,} orders of {MONTHS} months, {PRODUCTS} products")


# -- the first sync ----------------------------------------------------------------------------------------------------


def first_sync(names: list[tuple[str, int]]) -> bool:
    """The whole of it twice: by the unit's first phone of the day, which has its streams compared, and by another."""
    phone = _phone()
    sync_all(phone, names[:1], Meter())  # imports and plans of the first request of a process
    _forget()
    first, wall = _first_page(phone)
    _forget()
    meters: dict[str, Meter] = {}
    cold = sync_each(phone, names, meters)
    packed, cpu = sum(one.packed for one in cold.values()), sum(m.spent.cpu for m in meters.values())
    for name, one in cold.items():
        spent = meters[name].spent
        say(
            f"  {name}: {one.documents} documents in {one.pages} pages, {one.plain / 1024:.0f} KB,"
            f" {one.packed / 1024:.1f} KB packed, {spent.cpu * 1000:.0f} ms"
            f" ({spent.client_cpu * 1000:.0f} server, {spent.server_cpu * 1000:.0f} database)"
        )
    again: dict[str, Meter] = {}
    sync_each(phone, names, again)
    documents = sum(one.documents for one in cold.values())
    say(f"first sync: {documents} documents, {packed / 1024:.0f} KB packed, {cpu:.3f} s of CPU")
    say(f"  another phone of the unit on the same day: {sum(m.spent.cpu for m in again.values()):.3f} s of CPU")
    say(f"first page ({first} {USABLE}): {wall * 1000:.0f} ms wall, comparison included")
    ok = figure("first_sync_packed_mb", packed / 1_000_000, 1, at_most=True)
    ok &= figure("first_sync_cpu_over_400ms", cpu / 0.4, 1, at_most=True)
    return figure("first_page_over_200ms", wall / 0.2, 1, at_most=True) and ok


def sync_each(phone: Any, names: list[tuple[str, int]], meters: dict[str, Meter]) -> dict[str, Synced]:
    from django.db import connection

    found: dict[str, Synced] = {}
    for name, version in names:
        meters[name] = Meter([measure.backend_pid(connection.connection)])
        found |= sync_all(phone, [(name, version)], meters[name])
    return found


def sync_all(phone: Any, names: list[tuple[str, int]], meter: Meter) -> dict[str, Synced]:
    """Every collection from its beginning to its end, as the client does; what is read of an answer is not counted."""
    found = {}
    for name, version in names:
        one = found[name] = Synced()
        while True:
            with meter.running():
                answer = _pull(phone, name, version, one.checkpoint)
            body = gzip.decompress(answer.content) if "Content-Encoding" in answer else answer.content
            page = json.loads(body)
            one.pages, one.documents = one.pages + 1, one.documents + len(page["documents"])
            one.plain, one.packed = one.plain + len(body), one.packed + len(answer.content)
            one.checkpoint = page["checkpoint"]
            if len(page["documents"]) < PAGE:
                break
    return found


def _pull(phone: Any, name: str, version: int, checkpoint: dict[str, Any]) -> Any:
    answer = phone.get(f"/sync/{name}/{version}/pull", {**checkpoint, "limit": PAGE}, HTTP_ACCEPT_ENCODING="gzip")
    if answer.status_code != 200:
        raise SystemExit(f"{name} answered {answer.status_code}: {answer.content[:300]!r}")
    return answer


def _first_page(phone: Any) -> tuple[int, float]:
    began = time.perf_counter()
    answer = _pull(phone, USABLE, 1, {"id": "", "lwt": 0})
    wall = time.perf_counter() - began
    return len(json.loads(gzip.decompress(answer.content))["documents"]), wall


def _forget() -> None:
    """Nobody has pulled from the unit yet."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE backend_syncentry, backend_synccounter")


# -- nothing new -------------------------------------------------------------------------------------------------------


def nothing_new(names: list[tuple[str, int]], rounds: int) -> bool:
    """An incremental pull of each collection: CPU of a request, and its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    phone = _phone()
    stands = {name: (version, sync_all(phone, [(name, version)], Meter())[name]) for name, version in names}
    costs, queries = {}, set()
    for name, (version, one) in stands.items():
        with CaptureQueriesContext(connection) as captured:
            _pull(phone, name, version, one.checkpoint)
        queries.add(len(captured))
        meter = Meter([measure.backend_pid(connection.connection)])
        with meter.running():
            for _ in range(rounds):
                _pull(phone, name, version, one.checkpoint)
        costs[name] = meter.spent.cpu / rounds * 1000
    worst = max(costs, key=lambda name: costs[name])
    mean = sum(costs.values()) / len(costs)
    say(f"nothing new: {mean:.1f} ms of CPU a pull, at most {costs[worst]:.1f} ({worst}), queries {sorted(queries)}")
    return figure("nothing_new_over_10ms", costs[worst] / 10, 1, at_most=True) and len(queries) == 1


# -- pushing -----------------------------------------------------------------------------------------------------------


def pushes(made: fields.Field, rounds: int) -> bool:
    """The same visits by turns through the batch endpoint and through sync, 100 at a time."""
    from django.db import connection

    from backend import clock

    phone, rng = _phone(), random.Random(135)
    sides: dict[str, Callable[[list[dict[str, Any]]], None]] = {
        "batch": lambda visits: _batch(phone, visits),
        "sync": lambda visits: _sync(phone, visits),
    }
    spent = {name: Meter([measure.backend_pid(connection.connection)]) for name in sides}
    for number in range(rounds + WARM):
        for name, push in sides.items():
            visits = fields.batch(made, rng, clock.now())
            with Meter().running() if number < WARM else spent[name].running():
                push(visits)
    per = {name: meter.spent.cpu / rounds / 100 for name, meter in spent.items()}
    for name, cost in per.items():
        say(f"push by {name}: {cost * 1e6:.0f} us of CPU a visit, {_split(spent[name].spent, rounds)}")
    return figure("push_by_sync_vs_batch", per["batch"] / per["sync"], 0.8)


def _split(spent: Spent, rounds: int) -> str:
    per = 1e6 / rounds / 100
    return f"{spent.client_cpu * per:.0f} here and {spent.server_cpu * per:.0f} in the database"


def _batch(phone: Any, visits: list[dict[str, Any]]) -> None:
    answer = phone.generic("POST", "/api/v1/visits/batch", fields.encoded(visits), content_type="application/json")
    assert answer.content.count(b'"created"') == len(visits), answer.content[:500]


def _sync(phone: Any, visits: list[dict[str, Any]]) -> None:
    rows = [{"newDocumentState": {"id": v.pop("submission_id"), **_unsent(v), "_deleted": False}} for v in visits]
    answer = phone.generic("POST", "/sync/visits/1/push", fields.encoded(rows), content_type="application/json")
    assert (answer.status_code, answer.content) == (200, b"[]"), answer.content[:500]


def _unsent(visit: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in visit.items() if name != "sent_at"}


def _phone() -> Any:
    from rest_framework.test import APIClient

    client = APIClient(SERVER_NAME="localhost")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {fields.TOKEN}")
    return client


if __name__ == "__main__":
    sys.exit(main())
