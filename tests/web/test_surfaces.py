"""Every surface reads the KPI registry: the same unit and month show one value over HTTP, on the page, in a finding."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from typing import Any

from django.test import Client
from rest_framework.test import APIClient

from backend import kpis as registry
from backend.kpis import Kpi
from cycles import month as months
from cycles.metrics import metrics
from cycles.models import ManagerCycle
from cycles.rules.rule import rules
from market.kpis import PRODUCT_FIGURES, UNIT_FIGURES
from market.orders import loading
from market.orders.loading import OrderLineRow, TargetRow, TotalRow
from market.rollups import recompute
from tests.cast import TODAY, Cast
from tests.ground import standing
from tests.market.facts import Seen, visit

MARCH = TODAY.replace(day=1)
BOARD = "/api/v1/boards/market"


@standing
def worked(cast: Cast) -> Cast:
    """A month in which every figure of the boards has a value."""
    months.open_month(MARCH)
    first, second, _ = cast.products
    loading.load_totals([TotalRow(TODAY.replace(2025, 6, 1), cast.shops[0].code, "P1", 1_000, 9_000_000)])
    loading.load_orders([OrderLineRow("D1", cast.shops[0].code, TODAY, "P1", 30, 20, 20, 334_400)])
    loading.load_targets([TargetRow(cast.territory.code, None, MARCH, 70), TargetRow("420222", None, MARCH, 90)])
    lines = [
        {"product": first, "carton_price_fen": 19_380, "stock_packs": 21, "on_shelf": True, "oos_days": 0},
        {"product": second, "carton_price_fen": 9_990, "stock_packs": 4, "on_shelf": False, "oos_days": 3},
    ]
    seen = Seen(
        observations=lines,
        briefings=[cast.policy.pk],
        pitches=[(first.pk, True), (first.pk, False)],
        score=80,
        note="价",
    )
    visit(cast.shops[0], cast.territory, cast.lin, TODAY, seen)
    visit(cast.shops[1], cast.territory, cast.lin, TODAY, Seen(score=75))
    recompute.rebuild(TODAY.replace(2025, 6, 1))
    recompute.turn()
    recompute.drain()
    return cast


def page(cast: Cast, name: str, address: str) -> str:
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    client.force_login(cast.people[name], backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def asked(client: APIClient, address: str, **given: str) -> Any:
    answer = client.get(address, given)
    assert answer.status_code == 200, answer.content
    return answer.json()


def number(shown: str, kpi: Kpi) -> Decimal | None:
    """What a page shows as a value: money is written in yuan."""
    if shown == "–":
        return None
    return Decimal(shown.replace(",", "")) * (100 if kpi.unit == "fen" else 1)


def of_api(figures: Any) -> dict[str, Decimal | None]:
    return {f["kpi"]: None if f["value"] is None else Decimal(f["value"]) for f in figures}


def table(html: str, anchor: str) -> dict[str, dict[str, Decimal | None]]:
    """A table of the page by what its rows are called: the values under their heads, without the change beside each."""
    body = html.split(f'id="{anchor}"')[1].split("</table>")[0]
    by_name = {kpi.name: kpi for kpi in (*UNIT_FIGURES, *PRODUCT_FIGURES)}
    heads = re.findall(r'<th scope="col"[^>]*><a [^>]*>([^<▴▾]*)', body)
    columns = [by_name[name] for name in heads if name in by_name]
    found = {}
    for called, line in re.findall(r'<tr><th scope="row"><a [^>]*>([^<]*)</a></th>(.*)</tr>', body):
        values = re.findall(r"<td>([^<]*)<small", line)
        found[unescape(called)] = {k.id: number(v, k) for k, v in zip(columns, values, strict=True)}
    return found


def test_the_board_of_a_unit_says_the_same_over_http_and_on_the_page(worked: Cast, as_zhao: APIClient) -> None:
    for unit in (worked.territory, worked.county):
        told = of_api(asked(as_zhao, BOARD, unit=str(unit.pk), month="2026-03")["figures"])
        html = page(worked, "zhao", f"/?unit={unit.pk}&month=2026-03")
        shown = {
            unescape(name): value for name, value in re.findall(r"<dt>([^<]*)</dt>\s*<dd><a [^>]*><b>([^<]*)</b>", html)
        }
        compared = {k.id: number(shown[k.name], k) for k in UNIT_FIGURES if k.name in shown}
        assert compared == {k: told[k] for k in compared}
        assert set(told) == {k.id for k in UNIT_FIGURES}
        assert len(compared) >= len(UNIT_FIGURES) - 2
        assert [k for k, value in compared.items() if value is None] == []


def test_the_tables_of_units_and_products_say_the_same_over_http_and_on_the_page(
    worked: Cast, as_zhao: APIClient
) -> None:
    html = page(worked, "zhao", f"/?unit={worked.office.pk}&month=2026-03&products=all")
    for path, anchor, columns in (("children", "h-children", 10), ("products", "products", 7)):
        rows = asked(as_zhao, f"{BOARD}/{path}", unit=str(worked.office.pk), month="2026-03")[path]
        told = {(row.get("unit") or row["product"])["name"]: of_api(row["figures"]) for row in rows}
        shown = table(html, anchor)
        assert shown.keys() == told.keys()
        for called, values in shown.items():
            assert values == {kpi: told[called][kpi] for kpi in values}
            assert len(values) == columns


def test_the_scorecard_of_a_month_says_the_same_over_http_and_on_the_page(worked: Cast, as_lin: APIClient) -> None:
    cycle = ManagerCycle.objects.get(person=worked.lin, month=MARCH)
    told = asked(as_lin, f"/api/v1/manager-cycles/{cycle.pk}")["scorecard"]
    html = page(worked, "lin", f"/months/{cycle.pk}").split('id="h-score"')[1]
    shown = {unescape(name): v for name, v in re.findall(r"<dt>([^<]*)</dt>\s*<dd><b>([^<]*)</b>", html)}
    for one in told:
        kpi = registry.kpi(one["kpi"])
        assert number(shown[kpi.name], kpi) == (None if one["value"] is None else Decimal(str(one["value"]))), kpi.id
    assert len(told) == 7


def test_what_a_figure_is_called_is_said_once_in_the_registry(worked: Cast, as_zhao: APIClient) -> None:
    catalogue = {one.id: one for one in registry.catalogue()}
    assert {k.id for k in (*UNIT_FIGURES, *PRODUCT_FIGURES)} <= catalogue.keys()
    names = [one.name for one in catalogue.values()]
    assert sorted(names) == sorted(set(names))
    for figure in asked(as_zhao, BOARD, unit=str(worked.county.pk), month="2026-03")["figures"]:
        assert (figure["name"], figure["version"]) == (catalogue[figure["kpi"]].name, catalogue[figure["kpi"]].version)


def test_every_goal_of_a_rule_is_measured_by_a_metric_that_exists() -> None:
    known = {one.name for one in metrics()}
    assert {one.proposal.metric for one in rules() if one.proposal} - known == set()
