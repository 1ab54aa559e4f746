"""The forecast of a territory's month on the page of its plan: said by who plans there, with a reason where changed."""

from __future__ import annotations

import pytest

from backend import clock
from backend.models import AuditEntry
from cycles import month as months
from cycles.models import Forecast, PrefectureMonth
from tests.cast import Cast
from tests.cycles.chain import MARCH
from tests.web import forms
from tests.web.forms import words


@pytest.fixture
def drafted(cast: Cast) -> Forecast:
    """March is open, and 131 cartons were drafted for Lin's territory."""
    months.open_month(MARCH)
    Forecast.objects.filter(unit=cast.territory, month=MARCH).delete()
    return Forecast.objects.create(
        month=MARCH, unit=cast.territory, model_cartons=131, last_month_cartons=120, cartons=131, made_at=clock.now()
    )


def at(cast: Cast) -> str:
    return f"/plan?unit={cast.territory.pk}&day=2026-03-20"


def test_another_number_takes_a_reason_and_the_drafted_one_stays_beside_it(cast: Cast, drafted: Forecast) -> None:
    chen = forms.of(cast, "chen")
    assert "131 条 同上月 120" in words(chen.read(at(cast)))
    assert chen.refused(at(cast), "forecast", drafted, cartons="150", reason=" ")[0] == 409
    assert (
        chen.done(at(cast), "forecast", drafted, cartons="150", reason="工地开工")
        == "本月预测为 150 条，原草拟数保留在旁。"
    )
    drafted.refresh_from_db()
    assert (drafted.cartons, drafted.reason, drafted.decided_by_id, drafted.model_cartons) == (
        150, "工地开工", cast.chen.pk, 131
    )  # fmt: skip
    page = words(forms.of(cast, "lin").read(at(cast)))
    assert "150" in page
    assert "工地开工" in page
    assert chen.done(at(cast), "forecast", drafted, cartons="131", reason="") == "本月预测为 131 条，原草拟数保留在旁。"
    drafted.refresh_from_db()
    assert (drafted.cartons, drafted.reason) == (131, "")
    assert AuditEntry.objects.filter(act="forecast.decide", actor=cast.chen).count() == 2


@pytest.mark.parametrize("typed", ["", "-1", "1.5", "许多", "99999999999", "4294967296"])
def test_what_is_no_number_of_cartons_changes_nothing_and_stays_typed(
    cast: Cast, drafted: Forecast, typed: str
) -> None:
    answer = forms.of(cast, "lin").send(at(cast), "forecast", drafted, cartons=typed, reason="工地开工")
    page = answer.content.decode()
    assert (answer.status_code, forms.told(page)) == (400, ["请填写条数"])
    assert 'value="工地开工"' in page
    drafted.refresh_from_db()
    assert (drafted.cartons, drafted.decided_at) == (131, None)


def test_who_does_not_plan_there_and_who_comes_too_late_are_refused(cast: Cast, drafted: Forecast) -> None:
    assert 'value="forecast"' not in forms.of(cast, "zhao").read(at(cast))
    for name in ("zhao", "wu"):
        answer = forms.of(cast, name).send(at(cast), "forecast", drafted, cartons="150", reason="x")
        assert answer.status_code == 404, name
    lin = forms.of(cast, "lin")
    PrefectureMonth.objects.update_or_create(month=MARCH, prefecture=cast.prefecture, defaults={"state": "measured"})
    assert lin.send(at(cast), "forecast", drafted, cartons="150", reason="x").status_code == 409
    drafted.refresh_from_db()
    assert (drafted.cartons, drafted.decided_at, drafted.version) == (131, None, 1)
