"""A March that ends in monthly reports, and reading them; for test_reports.py and test_reports_made.py."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from rest_framework.test import APIClient

from backend import clock
from backend.models import Unit
from cycles import changes, report
from cycles import month as months
from cycles.models import MonthlyReport
from market.orders import loading
from market.orders.loading import OrderLineRow
from market.rollups import recompute, segments
from tests.cast import TODAY, Cast
from tests.cycles.facts import land_visit
from visits.models import Remark

MARCH = date(2026, 3, 1)
OUTFLOW = "外地车辆成箱收烟"
EVENT = "周末庙会"


def at(month: int, day: int, hour: int = 0) -> Any:
    return clock.at(datetime(2026, month, day, hour, tzinfo=clock.BUSINESS_ZONE))


def bought(order_no: str, shop: Any, product: str, cartons: int, on: date = TODAY) -> OrderLineRow:
    return OrderLineRow(order_no, shop.code, on, product, cartons + 5, cartons, cartons, cartons * 16_720)


def kept() -> None:
    recompute.turn()
    recompute.drain()
    segments.follow()
    while changes.drain_once():
        pass
    months.keep()
    report.keep()


def stored_in(folder: Path) -> dict[str, Any]:
    """STORAGES with the reports in a folder."""
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    return {**settings.STORAGES, "reports": files}


def march_of(cast: Cast) -> Cast:
    """Lin's shops bought 30 and 12 cartons, Wu's 8; one visit told of an event, and of irregular trade."""
    months.keep()
    loading.load_orders(
        [
            bought("D1", cast.shops[0], "P1", 30),
            bought("D2", cast.shops[1], "P2", 12),
            bought("D3", cast.wu_shops[0], "P3", 8),
        ]
    )
    visit = land_visit(cast, cast.shops[0], TODAY)
    for line, (kind, text) in enumerate((("event", EVENT), ("irregular", OUTFLOW))):
        Remark.objects.create(
            month=MARCH,
            visit_id=visit,
            line_no=line,
            kind=kind,
            text=text,
            confidence=Remark.Confidence.SEEN,
            is_restricted=kind == "irregular",
        )
    return cast


def of(unit: Unit, number: int = 1) -> MonthlyReport:
    return MonthlyReport.objects.get(month=MARCH, unit=unit, number=number)


def read(client: APIClient, one: MonthlyReport) -> Any:
    return client.get(f"/api/v1/reports/{one.pk}")


def section(body: Any, number: int) -> Any:
    return body["sections"][number - 1]


def column(table: Any, code: str) -> list[str | None]:
    place = [one["code"] for one in table["columns"]].index(code)
    return [row["values"][place] for row in table["rows"]]


def figure(body: Any, number: int, kpi: str) -> Any:
    return next(one["value"] for one in section(body, number)["figures"] if one["kpi"] == kpi)


def table(body: Any, number: int, code: str) -> Any:
    return next((one for one in section(body, number)["tables"] if one["code"] == code), None)


def units(cast: Cast) -> list[Unit]:
    return [cast.prefecture, cast.county, cast.other_county, cast.office, cast.other_office, cast.territory,
            cast.other_territory, cast.next_territory]  # fmt: skip
