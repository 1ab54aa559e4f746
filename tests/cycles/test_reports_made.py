"""Monthly reports are made after the lock, once, whatever stops the making."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from cycles import report, report_files, report_fonts
from cycles.models import MonthlyReport, PrefectureMonth, ReportFile, ReportRun
from tests.cast import Cast
from tests.cycles.reporting import MARCH, at, kept, march_of, of, read, stored_in, units


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Any) -> None:
    settings.STORAGES = stored_in(tmp_path)


@pytest.fixture
def march(cast: Cast) -> Cast:
    return march_of(cast)


def test_every_unit_has_one_report_after_the_lock_and_a_second_tick_adds_none(march: Cast) -> None:
    with at(4, 8, 23):
        kept()
        assert PrefectureMonth.objects.get(month=MARCH).state != "locked"
        assert MonthlyReport.objects.count() == 0
    with at(4, 9, 9):
        kept()
        kept()
        made = list(MonthlyReport.objects.order_by("unit_id").values_list("unit_id", "number", "state", "version"))
        assert made == [(unit.pk, 1, "drafted", 1) for unit in sorted(units(march), key=lambda one: one.pk)]
        run = ReportRun.objects.get()
        assert (run.cause, run.number, run.of, run.done, run.error) == ("lock", 1, 8, 8, "")
        assert run.done_at is not None


def test_without_a_chinese_font_the_paper_is_refused_and_the_report_stands(
    march: Cast, as_zhao: APIClient, tmp_path: Path
) -> None:
    report_fonts._found.cache_clear()
    with override_settings(REPORT_SYSTEM_FONTS=False, REPORT_FONT_DIRS=[tmp_path]), at(4, 9, 9):
        kept()
        run = ReportRun.objects.get()
        assert (run.of, run.done, run.error) == (8, 0, "report_font_missing")
        one = of(march.prefecture)
        assert read(as_zhao, one).status_code == 200
        answer = as_zhao.get(f"/api/v1/reports/{one.pk}/pdf")
        assert (answer.status_code, answer.json()["code"]) == (503, "report_font_missing")
        assert (ReportFile.objects.count(), of(march.prefecture).fetched_at) == (0, None)
    with at(4, 9, 12):
        assert as_zhao.get(f"/api/v1/reports/{one.pk}/pdf").status_code == 200


def test_a_killed_worker_is_followed_by_one_that_makes_the_files_that_lack(
    march: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    ensure: Callable[..., Any] = report_files.ensure

    def dies_at_the_fourth(one: MonthlyReport, *, restricted: bool) -> ReportFile:
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(ensure(one, restricted=restricted))
        return made[-1]

    monkeypatch.setattr(report_files, "ensure", dies_at_the_fourth)
    with at(4, 9, 9):
        with pytest.raises(KeyboardInterrupt):
            kept()
        assert (MonthlyReport.objects.count(), ReportFile.objects.count()) == (8, 2)
        monkeypatch.setattr(report_files, "ensure", ensure)
        report.keep()
        run = ReportRun.objects.get()
        assert (run.done, run.of, run.done_at is not None) == (8, 8, True)
        restricted = MonthlyReport.objects.exclude(restricted={}).count()
        assert (restricted, ReportFile.objects.count()) == (4, 12)
