"""The steward's import: a file with twelve kinds of bad rows sent by a double click, looked at, applied, taken back."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from pathlib import Path

from django.db.models import Sum
from playwright.sync_api import expect

from backend import clock
from backend.models import ImportReject, ImportRun
from market.models import Order
from tests.browser.desk import Desk, desk
from tests.browser.stage import Stage
from tests.cast import Cast
from tests.market.importing import orders, work

BAD = (
    # what stands in the row, and what is told of it: column, reason
    (",{A},{day},P1,,,1,1", "order_no", "missing_value"),
    ("D\x01X,{A},{day},P1,,,1,1", "order_no", "invalid_text"),
    ("D" + "9" * 40 + ",{A},{day},P1,,,1,1", "order_no", "too_long"),
    ("D 9,{A},{day},P1,,,1,1", "order_no", "bad_format"),
    ("X1,nobody,{day},P1,,,1,1", "retailer_code", "unknown_retailer"),
    ("X2,{A},2026-02-30,P1,,,1,1", "on_date", "bad_date"),
    ("X3,{A},{day},P9,,,1,1", "product_code", "unknown_product"),
    ("X4,{A},{day},P1,,,1.5,1", "ordered_cartons", "bad_integer"),
    ("X5,{A},{day},P1,-1,,1,1", "demanded_cartons", "out_of_range"),
    ("X6,{A},{day},P1,,,1,1.005", "amount_fen", "bad_money"),
    ("X7,{A},{later},P1,,,1,1", "on_date", "in_future_order"),
    ("X8,{A},{day},P1,,,1,1,extra", "", "too_many_cells"),
)


def walk(stage: Stage) -> None:
    """Nothing is written before she says so, the good rows stand then, and nothing stands after the undo."""
    file = _file(stage.cast, stage.folder)
    with desk(stage) as qian:
        qian.sign_in("qian")
        run = _sends(qian, file)
        assert not Order.objects.exists()
        _looks(qian, run, stage)
        _applies(qian, run)
        _takes_back(qian, run)


def _file(cast: Cast, folder: Path) -> Path:
    """Two good orders of 5 and 7 cartons, 440.00 and 616.00 yuan, and the bad rows after them."""
    today, shop = clock.today(), cast.shops[0].code
    rows = [f"G{n},{shop},{today},P1,9,,{n},{n * 88}.00" for n in (5, 7)]
    rows += [row.format(A=shop, day=today, later=today + timedelta(days=1)) for row, _, _ in BAD]
    file = folder / "十一月订单.csv"
    file.write_text(orders(*rows), encoding="utf-8")
    return file


def _sends(qian: Desk, file: Path) -> ImportRun:
    """The file is sent by a double click: there is one import."""
    page = qian.page
    page.goto("/imports")
    page.locator("select[name=kind]").select_option("orders")
    page.locator("input[name=file]").set_input_files(file)
    page.locator("select[name=mode]").select_option("dry_run")
    page.get_by_role("button", name="上传", exact=True).dblclick()
    expect(page).to_have_url(re.compile(r"/imports/[0-9a-f-]{36}$"))  # by whichever of the two came back
    run = ImportRun.objects.get()
    assert page.url.endswith(f"/imports/{run.pk}")
    page.reload()
    assert ImportRun.objects.count() == 1
    return run


def _looks(qian: Desk, run: ImportRun, stage: Stage) -> None:
    """The page follows the work; the difference and every bad row stand on it, and in the file."""
    work()
    run.refresh_from_db()
    assert (run.state, run.error) == ("checked", ""), (run.state, run.error)
    page = qian.page
    expect(page.get_by_role("heading", name="前后对比")).to_be_visible()
    after = page.get_by_role("region", name="前后对比").locator("tbody tr")
    cells = [one.inner_text() for one in after.locator("td, th").all()]
    assert cells == [f"{clock.today():%Y-%m}", stage.cast.county.name, "0", "12", "0.00", "1,056.00"], cells
    told = list(ImportReject.objects.filter(run=run).order_by("row_no", "id").values_list("row_no", "column", "code"))
    assert told == [(4 + n, column, code) for n, (_, column, code) in enumerate(BAD)], told
    assert page.get_by_role("region", name="问题所在").locator("tbody tr").count() == len(BAD)
    with page.expect_download() as asked:
        page.locator("a[download]").click()
    kept = stage.folder / "rejects.csv"
    asked.value.save_as(kept)
    with kept.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 1 + len(BAD)


def _applies(qian: Desk, run: ImportRun) -> None:
    qian.page.get_by_role("button", name="导入正确的行").dblclick()
    expect(qian.page.locator(".said")).to_be_visible()
    work()
    expect(qian.page.locator(".why")).to_contain_text("已导入")
    sums = Order.objects.aggregate(cartons=Sum("cartons"), fen=Sum("amount_fen"))
    assert (sums, Order.objects.count()) == ({"cartons": 12, "fen": 105_600}, 2)
    run.refresh_from_db()
    assert (run.state, run.rows, run.good, run.bad, run.created) == ("applied", 14, 2, 12, 2)


def _takes_back(qian: Desk, run: ImportRun) -> None:
    page = qian.page
    page.locator("details summary", has_text="撤销导入").click()
    page.locator("button[value=undo]").click()
    expect(page.locator(".said")).to_be_visible()
    work()
    page.goto(f"/imports/{run.pk}")
    run.refresh_from_db()
    expect(page.locator(".why")).to_contain_text(str(run.get_state_display()))
    assert (run.state, Order.objects.count()) == ("undone", 0)
