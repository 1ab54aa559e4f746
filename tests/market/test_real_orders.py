"""The real purchases of shared/data/store_sales through a profile, and what the boards say of them, against DuckDB."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.conf import settings
from rest_framework.test import APIClient

from backend.partitions import ensure_partitions
from brands.models import Product
from market.models import Order, UnitProductMonth
from market.rollups import recompute
from retail.models import Retailer
from tests.cast import Cast, SignIn, make_shops
from tests.market.importing import counts, done, post, rejects, run_of, work

SALES = Path(settings.REAL_DATA_DIR) / "store_sales" / "tobacco_store_sku_week.csv"
WEEK_ONE = date(2025, 3, 10)  # week 53 begins on 2026-03-09
RULES = {
    "columns": {"order_no": "S{store_id}-W{week}", "retailer_code": "S{store_id}", "on_date": "week",
                "product_code": "product_id", "ordered_cartons": "quantity", "amount_fen": "sales_value"},
    "dates": "week",
    "week_one": WEEK_ONE.isoformat(),
    "units": {"ordered_cartons": "1"},
}  # fmt: skip

pytestmark = [pytest.mark.real_data, pytest.mark.skipif(not SALES.exists(), reason=f"no {SALES}")]


def asked(sql: str) -> list[tuple[Any, ...]]:
    """What DuckDB says of the same file, money as exact decimals."""
    rows = f"""(SELECT *, DATE '{WEEK_ONE}' + (week::integer - 1) * 7 AS day, store_id % 2 AS side
        FROM read_csv('{SALES}', types = {{'sales_value': 'DECIMAL(12,2)'}}))"""
    with duckdb.connect() as database:
        return database.execute(sql.format(rows=rows)).fetchall()


@pytest.fixture
def stores(cast: Cast) -> Cast:
    """Every store is a shop, of Lin's territory or of Wu's by turns, and every product is known."""
    ensure_partitions(back=13, ahead=1)
    numbers = [number for (number,) in asked("SELECT DISTINCT store_id FROM {rows} ORDER BY 1")]
    for side, territory in enumerate((cast.territory, cast.other_territory)):
        mine = [number for number in numbers if number % 2 == side]
        for shop, number in zip(make_shops(territory, range(1_000 * side + 200, 1_000 * side + 200 + len(mine))), mine,
                                strict=True):  # fmt: skip
            Retailer.objects.filter(pk=shop.pk).update(code=f"S{number}")
    codes = [code for (code,) in asked("SELECT DISTINCT product_id FROM {rows}")]
    brand = cast.products[0].brand
    Product.objects.bulk_create(Product(brand=brand, code=str(code), name=str(code)) for code in codes)
    return cast


def test_boards_over_the_real_file_say_what_duckdb_says(stores: Cast, sign_in: SignIn) -> None:
    qian = sign_in("qian")
    profile = post(qian, "import-profiles", {"kind": "orders", "name": "completejourney", "rules": RULES,
                                             "unit": stores.prefecture.pk}).json()  # fmt: skip
    run = done(qian, "orders", SALES.read_bytes(), "dry_run", profile=profile["id"])
    assert (counts(run), rejects(qian, run)) == (("checked", 6078, 6078, 0, 6078, 0, 0, 0), [])
    told = [(r["month"], r["county"], r["cartons_after"], r["fen_after"]) for r in run["difference"]]
    county = {0: stores.county.pk, 1: stores.other_county.pk}
    assert sorted(told) == sorted(
        (month, county[side], cartons, int(yuan * 100))
        for month, side, cartons, yuan in asked(
            "SELECT strftime(day, '%Y-%m'), side, sum(quantity), sum(sales_value) FROM {rows} GROUP BY ALL"
        )
    )
    post(qian, f"imports/{run['id']}/apply")
    work()
    assert run_of(qian, run["id"])["state"] == "applied"
    assert Order.objects.count() == asked("SELECT count(DISTINCT (store_id, week)) FROM {rows}")[0][0]
    while recompute.drain():
        pass
    _sums_agree(stores)
    _boards_agree(stores, sign_in("zhao"))
    again = done(qian, "orders", SALES.read_bytes(), profile=profile["id"])
    assert counts(again) == ("applied", 6078, 6078, 0, 0, 0, 6078, 0)


def _sums_agree(stores: Cast) -> None:
    """Cartons, fen and shops that bought, of every product, month and county, and of the prefecture."""
    wanted = """SELECT CASE WHEN grouping(side) = 1 THEN 2 ELSE side END, product_id::varchar, month,
        sum(cartons)::bigint, (sum(yuan) * 100)::bigint, count(*) FILTER (WHERE cartons > 0)
    FROM (SELECT side, store_id, product_id, date_trunc('month', day)::date AS month, sum(quantity) AS cartons,
        sum(sales_value) AS yuan FROM {rows} GROUP BY ALL)
    GROUP BY GROUPING SETS ((side, product_id, month), (product_id, month))"""
    units = [stores.county.pk, stores.other_county.pk, stores.prefecture.pk]
    expected = {(units[side], *rest) for side, *rest in asked(wanted)}
    rows = UnitProductMonth.objects.filter(unit__in=units)
    found = set(rows.values_list("unit_id", "product__code", "month", "cartons", "amount_fen", "shops_now"))
    assert {row for row in found if any(row[3:])} == {row for row in expected if any(row[3:])}


def _boards_agree(stores: Cast, zhao: APIClient) -> None:
    """The sell-through rate of each month: shops that bought, of those that did in the three months before."""
    for month in (date(2025, 9, 1), date(2026, 2, 1)):
        [(now, before)] = asked(
            f"""SELECT count(DISTINCT store_id) FILTER (WHERE day >= DATE '{month}'),
                count(DISTINCT store_id) FILTER (WHERE day < DATE '{month}')
            FROM {{rows}} WHERE quantity > 0 AND day >= DATE '{month}' - INTERVAL 3 MONTH
            AND day < DATE '{month}' + INTERVAL 1 MONTH"""
        )
        path = f"/api/v1/boards/figures?unit={stores.prefecture.pk}&month={month:%Y-%m}&kpis=sell_through_rate"
        figures = {figure["kpi"]: figure["value"] for figure in zhao.get(path).json()["figures"]}
        assert figures["sell_through_rate"] == str(round(Decimal(now) * 100 / before, 1))
