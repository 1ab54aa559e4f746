"""The boards' pages at 113,000 shops over 15 months and 120 products: the drill from the nation to one order, as HTML.

`python -m benchmarks.pages [--quick]`. Pages are asked through Django's test client: middleware, session, queries and
templates, without gunicorn's socket. The data is that of benchmarks/boards.py; it holds no visits and no months of the
method, so the pages of the field and the reviews are not asked here. The reference, in the same run, is the API's
answer of the same nine blocks.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import boards, measure

GOAL_MS: Final = 300
QUERIES_MOST: Final = 90
MONTH: Final = f"{boards.MONTH:%Y-%m}"
EVERY, TERRITORIES = range(6), range(5, 6)


@dataclass(frozen=True)
class Page:
    """A page, what stands in its address beside unit and month, and the levels of units that it is asked for."""

    name: str
    path: str
    more: dict[str, str]
    levels: range


@dataclass(frozen=True)
class Measured:
    """One page over its units: CPU and wall at the 95th percentile, the most queries, and bytes of the largest."""

    cpu_ms: float
    wall_ms: float
    queries: int
    size: int


def main() -> int:
    asked = measure.arguments(__doc__ or "", _more)
    shops = asked.shops or (boards.QUICK_SHOPS if asked.quick else boards.FULL_SHOPS)
    with measure.database("pages", around=boards.MONTH):
        from backend import clock

        with clock.at(datetime(2026, 3, 16, 10, tzinfo=clock.BUSINESS_ZONE)):
            return _run(shops, quick=asked.quick)


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shops", type=int, help="how many shops the roll-ups stand for")


def _run(shops: int, *, quick: bool) -> int:
    import config.urls  # noqa: F401  every page's code is read before the load, not in the first answer

    began = time.perf_counter()
    boards._seed(shops, max(round(shops / (boards.SHOPS_PER_TERRITORY * 180)), 1), boards._months(quick))
    api, reader, units = boards._reader(), _reader(), boards._units()
    measure.say(f"{shops:,} shops made in {time.perf_counter() - began:.0f} s")
    passed = True
    for page in _pages():
        asked = [{"unit": str(unit), "month": MONTH, **page.more} for unit, level in units if level in page.levels]
        passed &= _told(page.name, _measured(reader, page.path, asked), len(asked))
    passed &= _told("page_order", _measured(reader, _an_order(), [{}]), 1)
    _beside_the_api(reader, api, units)
    return 0 if passed else 1


def _pages() -> list[Page]:
    from brands.models import Brand

    brand = f"brand:{Brand.objects.order_by('pk')[0].pk}"
    return [
        Page("page_home", "/", {}, EVERY),
        Page("page_market", "/market", {}, EVERY),
        Page("page_market_of_segment", "/market", {"segment": "tier:12"}, range(4)),
        Page("page_figure", "/market/figure", {"kpi": "sales"}, EVERY),
        Page("page_figure_of_brand", "/market/figure", {"kpi": "sell_through_rate", "subject": brand}, EVERY),
        Page("page_products", "/market/products", {}, EVERY),
        Page("page_subject", "/market/subject", {"subject": brand}, EVERY),
        Page("page_key", "/market/key", {}, EVERY),
        Page("page_few", "/market/few", {}, EVERY),
        Page("page_shops", "/market/shops", {}, EVERY),
        Page("page_orders", "/market/orders", {}, EVERY),
        Page("page_orders_of_shop", "/market/orders", {"retailer": _a_shop()}, TERRITORIES),
    ]


def _a_shop() -> str:
    from market.models import Order

    return str(Order.objects.order_by("pk").values_list("retailer", flat=True)[0])


def _an_order() -> str:
    from market.models import Order

    return f"/market/orders/{Order.objects.order_by('pk').values_list('pk', flat=True)[0]}"


def _reader() -> Any:
    """A browser signed in as the leader of the province whom boards._reader made."""
    from django.test import Client

    from backend.models import Person

    client = Client(SERVER_NAME="localhost")
    leader = Person.objects.get(username="leader")
    client.force_login(leader, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _measured(client: Any, path: str, asked: Sequence[dict[str, str]]) -> Measured:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    costs, queries, sizes = [], [], []
    for parameters in asked:
        costs.append(boards._cost(partial(_opened, client, path, parameters)))
        with CaptureQueriesContext(connection) as counted:
            sizes.append(len(_opened(client, path, parameters)))
        queries.append(len(counted))
    cpu, wall = ([getattr(cost, kind) for cost in costs] for kind in ("cpu", "wall"))
    return Measured(boards._p95_ms(cpu), boards._p95_ms(wall), max(queries), max(sizes))


def _opened(client: Any, path: str, parameters: dict[str, str]) -> bytes:
    answer = client.get(path, parameters)
    if answer.status_code != 200:
        raise SystemExit(f"{path} {parameters} answered {answer.status_code}: {answer.content[:300]!r}")
    content: bytes = answer.content
    return content


def _told(name: str, found: Measured, units: int) -> bool:
    measure.say(
        f"{name}: p95 {found.cpu_ms:.0f} ms of CPU ({found.wall_ms:.0f} ms wall) over {units} units,"
        f" {found.queries} queries, {found.size / 1024:.0f} KiB"
    )
    is_quick = measure.figure(f"{name}_p95_over_300ms", found.cpu_ms / GOAL_MS, 1, at_most=True)
    return is_quick & measure.figure(f"{name}_queries_over_{QUERIES_MOST}", found.queries / QUERIES_MOST, 1,
                                     at_most=True)  # fmt: skip


def _beside_the_api(reader: Any, api: Any, units: Sequence[tuple[int, int]]) -> None:
    """What HTML, charts and the head of the page cost over the figures themselves, of one unit of each level."""
    for level in EVERY:
        unit = next(pk for pk, at in units if at == level)
        asked = {"unit": str(unit), "month": MONTH}
        asks: dict[str, Callable[[], object]] = {
            "page": partial(_opened, reader, "/market", asked),
            "api": partial(api.get, "/api/v1/boards/blocks", asked),
        }
        spent = {name: boards._cost(ask).cpu for name, ask in asks.items()}
        measure.say(
            f"/market of level {level}: {spent['page'] * 1000:.0f} ms of CPU, its nine blocks by the API"
            f" {spent['api'] * 1000:.0f} ms, {spent['page'] / spent['api']:.2f} times"
        )


if __name__ == "__main__":
    raise SystemExit(main())
