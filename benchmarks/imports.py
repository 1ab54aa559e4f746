"""Importing a file of order lines, against a bare COPY of it into an indexed table: `python -m benchmarks.imports`.

The file has 25 lines an order, four orders a shop in the month, 120 products, and 1 % bad rows of 12 kinds; the bare
COPY gets the same file without them, into a table keyed by order and product with an index by shop and day. CPU seconds
of client and server together. Then the same rows as XLSX: wall time, and memory of the reading process. The listed
rejects must be the planted ones. Roll-ups drain apart and are not in it (benchmarks/rollups.py).
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import measure
from benchmarks.measure import Meter, Spent, figure, say
from benchmarks.month import load_shops, server_pid, spent_told, without_parallel_workers

TODAY = date(2026, 3, 31)
LINES_PER_ORDER, ORDERS_PER_SHOP, PRODUCTS = 25, 4, 120
XLSX_WALL_S, XLSX_MEMORY_MB, CSV_RATIO = 120, 1_000, 3.0
HEADING = ["订单号", "客户编码", "订单日期", "商品编码", "需求量", "限量", "订货量", "金额(元)"]
PLACES = ("order_no", "retailer_code", "on_date", "product_code", "demanded", "allotted", "ordered", "amount")
# What stands in a bad row: the place of a cell and its content; at 8 there is one cell too many.
BAD: tuple[tuple[int, str], ...] = (
    (0, ""), (0, "D\x01"), (0, "D" * 40), (0, "D 1"), (1, "nobody"), (2, "2026-02-30"), (2, "2027-01-01"),
    (3, "G999"), (4, "-1"), (6, "1.5"), (7, "12.345"), (8, "?"),
)  # fmt: skip
_PRODUCTS = (
    "INSERT INTO brands_brand (name, name_en, maker, is_home, version) VALUES ('brand', '', '', true, 1)",
    """INSERT INTO brands_product (brand_id, code, name, packs_per_carton, blend, guide_carton_fen, on_sale, version)
    SELECT (SELECT id FROM brands_brand), 'G' || n, 'product ' || n, 10, '', 10000 + n * 300, true, 1
    FROM generate_series(0, %(products)s - 1) n""",
)
_REFERENCE = """
CREATE TABLE reference (order_no text, retailer_code text, on_date date, product_code text, demanded integer,
    allotted integer, ordered integer, amount numeric(12, 2), PRIMARY KEY (order_no, product_code));
CREATE INDEX ON reference (retailer_code, on_date)
"""


def main() -> int:
    asked = measure.arguments(__doc__ or "", _more)
    from django.conf import settings

    lines = asked.lines or (100_000 if asked.quick else 1_000_000)
    with tempfile.TemporaryDirectory() as folder, measure.database("imports", around=TODAY) as url:
        settings.IMPORTS_DIR = Path(folder, "waiting")
        without_parallel_workers(url)
        load_shops(-(-lines // (LINES_PER_ORDER * ORDERS_PER_SHOP)))
        _catalogue()
        clean, dirty, book = (Path(folder, name) for name in ("clean.csv", "dirty.csv", "rows.xlsx"))
        planted = _write(clean, dirty, lines)
        passed = _csv(clean, dirty, (lines, planted), rounds=asked.rounds)
        return 0 if _xlsx(clean, book, lines) and passed else 1


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lines", type=int, default=0, help="how many order lines (1000000; with --quick 100000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often the two take turns")


def _catalogue() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in _PRODUCTS:
            cursor.execute(statement, {"products": PRODUCTS})
        cursor.execute("VACUUM ANALYZE")


def _rows(lines: int) -> Iterator[list[str]]:
    shops = -(-lines // (LINES_PER_ORDER * ORDERS_PER_SHOP))
    for n in range(lines):
        order = n // LINES_PER_ORDER
        product = (order * 7 + n % LINES_PER_ORDER * 4) % PRODUCTS
        cartons = 1 + n * 7919 % 30
        day = 1 + order // shops * 7 + order % 5
        yield [f"D{order:010d}", f"R{order % shops}", f"2026-03-{day:02d}", f"G{product}", str(cartons + n % 3),
               str(cartons), str(cartons), f"{cartons * (100 + product)}.00"]  # fmt: skip


def _write(clean: Path, dirty: Path, lines: int) -> int:
    """Both files; returns how many bad rows the second has more."""
    planted = 0
    with clean.open("w", newline="") as good, dirty.open("w", newline="") as both:
        tidy, mixed = csv.writer(good), csv.writer(both)
        tidy.writerow(HEADING)
        mixed.writerow(HEADING)
        for n, row in enumerate(_rows(lines)):
            tidy.writerow(row)
            mixed.writerow(row)
            if n % 100 == 50:
                place, cell = BAD[planted % len(BAD)]
                bad = [f"X{n}", *row[1:], ""]
                bad[place] = cell
                mixed.writerow(bad if place == len(row) else bad[:-1])
                planted += 1
    say(f"{lines} lines, {clean.stat().st_size / 1e6:.0f} MB, {planted} bad ones more")
    return planted


# -- CSV ---------------------------------------------------------------------------------------------------------------


def _csv(clean: Path, dirty: Path, expected: tuple[int, int], *, rounds: int) -> bool:
    ours, reference, again = [], [], Spent()
    for turn in range(rounds):
        _empty()
        reference.append(_copied(clean, expected[0]))
        ours.append(_imported(dirty, (*expected, expected[0], 0)))
        if turn == 0:
            again = _imported(dirty, (*expected, 0, expected[0]))
            say(f"the same file again: {spent_told(again)}")
        say(f"round {turn + 1} import: {spent_told(ours[-1])}; COPY: {spent_told(reference[-1])}")
    cpu, wall = (median(getattr(s, kind) for s in ours) for kind in ("cpu", "wall"))
    copied, copied_wall = (median(getattr(s, kind) for s in reference) for kind in ("cpu", "wall"))
    say(f"{expected[0]} lines: import {cpu:.2f} s CPU, {wall:.2f} s; COPY {copied:.2f} s CPU, {copied_wall:.2f} s")
    say(f"process {measure.peak_memory_mb():.0f} MB")
    return all([
        figure("import_csv_vs_copy", cpu / copied, CSV_RATIO, at_most=True),
        figure("import_csv_vs_copy_wall", wall / copied_wall, CSV_RATIO, at_most=True),
    ])  # fmt: skip


def _empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS reference")
        cursor.execute(_REFERENCE)
        cursor.execute(
            "TRUNCATE market_order, market_orderline, market_shopproductmonth, market_loadedkey, backend_changemark"
        )
        cursor.execute("CHECKPOINT")


def _copied(file: Path, lines: int) -> Spent:
    from django.db import connection

    connection.ensure_connection()
    raw: Any = connection.connection
    meter = Meter([server_pid()])
    copy = "COPY reference FROM STDIN (FORMAT csv, HEADER true)"
    with meter.running(), file.open("rb") as rows, raw.cursor().copy(copy) as writing:
        while data := rows.read(1 << 18):
            writing.write(data)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reference")
        if cursor.fetchone()[0] != lines:
            raise SystemExit("the reference holds other rows than the file")
    return meter.spent


def _imported(file: Path, expected: tuple[int, int, int, int]) -> Spent:
    """The file through the door of jobs; it must end with so many good and bad rows, so many created and unchanged."""
    from backend import clock
    from backend.imports import asking, kinds, working
    from backend.imports.asking import Asked
    from backend.models import ImportReject, ImportRun

    actor = _steward()
    meter = Meter([server_pid()])
    with clock.at(datetime(2026, 3, 31, 9, tzinfo=clock.BUSINESS_ZONE)), meter.running():
        with file.open("rb") as source:
            pieces = iter(lambda: source.read(1 << 16), b"")
            asked = Asked(kinds.kind("orders"), "apply", file.name)
            made = asking.start(actor=actor, asked=asked, pieces=pieces)
        while working.work():
            pass
    run = ImportRun.objects.get(pk=made.pk)
    if (run.good, run.bad, run.created, run.unchanged) != expected or run.state != "applied":
        raise SystemExit(f"{run.state} {run.error}: {run.good} good, {run.bad} bad, {run.created} new, {run.unchanged}")
    if ImportReject.objects.filter(run=run, severity="error").values("row_no").distinct().count() != expected[1]:
        raise SystemExit("the rejects are not those that were planted")
    return meter.spent


def _steward() -> Any:
    from django.db.backends.postgresql.psycopg_any import DateRange

    from backend import clock
    from backend.models import Person, Position, Unit
    from backend.scope import actor_of

    person, is_new = Person.objects.get_or_create(username="steward", defaults={"name": "steward"})
    if is_new:
        unit = Unit.objects.get(code="P")
        Position.objects.create(person=person, unit=unit, role_id="data_steward", during=DateRange(date(2020, 1, 1)))
    with clock.at(datetime(2026, 3, 31, 9, tzinfo=clock.BUSINESS_ZONE)):
        return actor_of(person)


# -- XLSX --------------------------------------------------------------------------------------------------------------


def _xlsx(clean: Path, book: Path, lines: int) -> bool:
    import xlsxwriter

    began = time.perf_counter()
    with xlsxwriter.Workbook(book, {"constant_memory": True}) as made, clean.open(newline="") as source:
        sheet = made.add_worksheet()
        for number, row in enumerate(csv.reader(source)):
            typed: list[Any] = row if number == 0 else [*row[:4], *map(int, row[4:7]), float(row[7])]
            sheet.write_row(number, 0, typed)
    say(f"wrote {book.stat().st_size / 1e6:.0f} MB of XLSX in {time.perf_counter() - began:.0f} s")
    _empty()
    spent = _imported(book, (lines, 0, lines, 0))
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    memory = child + measure.peak_memory_mb()
    say(f"XLSX: {spent_told(spent)}; reading process {child:.0f} MB, both {memory:.0f} MB")
    return all([
        figure("import_xlsx_wall", spent.wall / (XLSX_WALL_S * lines / 1_000_000), 1.0, at_most=True),
        figure("import_xlsx_memory", memory / XLSX_MEMORY_MB, 1.0, at_most=True),
    ])  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(main())
