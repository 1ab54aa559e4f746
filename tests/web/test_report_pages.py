"""The monthly reports in the browser: the list opens where reports stand, one report, and who may read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from cycles.models import MonthlyReport, ReportRun
from tests.cast import Cast
from tests.cycles.reporting import at, kept, march_of, of, stored_in
from tests.web import forms
from tests.web.forms import words


@pytest.fixture
def reported(cast: Cast, tmp_path: Any, settings: Any) -> Iterator[Cast]:
    """March is locked and reported, and it is the ninth of April."""
    settings.STORAGES = stored_in(tmp_path)
    march_of(cast)
    with at(4, 9, 9):
        kept()
        kept()
        yield cast


def test_the_list_opens_at_the_newest_month_that_was_reported(reported: Cast) -> None:
    chen = forms.of(reported, "chen")
    page = chen.read("/reports")
    assert "2026年3月" in words(page)
    assert f'href="/reports/{of(reported.office).pk}"' in page
    assert f"{reported.office.name} 市场部 · {reported.county.name}" in words(page)
    assert "2026年3月" in words(chen.read(f"/reports?unit={reported.office.pk}"))


def test_a_month_without_reports_leads_to_the_newest_that_has_them(reported: Cast) -> None:
    page = forms.of(reported, "chen").read(f"/reports?unit={reported.office.pk}&month=2026-04")
    assert "本月还没有报告。月份锁定后系统自动生成。 查看2026年3月的报告" in words(page)
    assert f'href="/reports?unit={reported.office.pk}&month=2026-03"' in page
    MonthlyReport.objects.all().delete()
    page = words(forms.of(reported, "chen").read("/reports"))
    assert "2026年4月" in page
    assert "查看" not in page


def test_a_report_opens_for_its_own_people_alone(reported: Cast) -> None:
    office, foreign = of(reported.office), of(reported.other_county)
    chen = forms.of(reported, "chen")
    assert reported.office.name in words(chen.read(f"/reports/{office.pk}"))
    for one in (foreign.pk, uuid4()):
        assert chen.client.get(f"/reports/{one}").status_code == 404
        assert chen.client.get(f"/reports/{one}/pdf").status_code == 404
    assert ReportRun.objects.filter(month=date(2026, 3, 1)).count() == 1
