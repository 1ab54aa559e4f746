"""A locked month is opened once more on its reports' page: by who leads the prefecture, with a reason and an end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pytest

from backend import clock
from backend.models import AuditEntry
from cycles import changes
from cycles import month as months
from cycles.models import PrefectureMonth
from market.rollups import recompute
from tests.cast import Cast
from tests.web import forms
from tests.web.forms import words

MARCH = date(2026, 3, 1)


@pytest.fixture
def locked(cast: Cast) -> Iterator[Cast]:
    """March is locked, and it is the ninth of April."""
    months.keep()
    with clock.at(datetime(2026, 4, 9, 9, tzinfo=clock.BUSINESS_ZONE)):
        recompute.drain()
        changes.drain_once()
        months.keep()
        yield cast


def page_of(cast: Cast) -> str:
    return f"/reports?unit={cast.prefecture.pk}&month=2026-03"


def month_of(cast: Cast) -> PrefectureMonth:
    return PrefectureMonth.objects.get(month=MARCH, prefecture=cast.prefecture)


def asked(cast: Cast, **changes: str) -> dict[str, str]:
    version = str(month_of(cast).version)
    return {"month": "2026-03", "version": version, "reason": "两份订单补录", "until": "2026-04-12", **changes}


def test_a_leader_opens_it_with_a_reason_until_a_day(locked: Cast) -> None:
    zhao = forms.of(locked, "zhao")
    page = zhao.read(page_of(locked))
    assert "已锁定" in words(page)
    assert 'name="until" required min="2026-04-09" max="2026-05-10" value="2026-04-16"' in page
    given = asked(locked)
    said = zhao.done(page_of(locked), "reopen", **given)
    assert said == "已重开，至 2026-04-12 当天结束，届时自动锁定。"
    row = month_of(locked)
    assert (row.state, row.reopened_until) == ("measured", date(2026, 4, 12))
    audited = AuditEntry.objects.filter(act="months.reopen").values_list("actor_id", "reason", "unit_id")
    assert list(audited) == [(locked.people["zhao"].pk, "两份订单补录", locked.prefecture.pk)]
    page = zhao.read(page_of(locked))
    assert "重开至 2026-04-12" in words(page)
    assert 'value="reopen"' not in page
    assert zhao.send(page_of(locked), "reopen", **given).status_code == 412
    assert zhao.send(page_of(locked), "reopen", **asked(locked)).status_code == 409


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"reason": " "}, 400),
        ({"until": "2026-04-08"}, 400),
        ({"until": "2026-05-11"}, 400),
        ({"until": "下周"}, 400),
        ({"month": "2026-02"}, 404),
        ({"month": "二月"}, 400),
    ],
)
def test_without_reason_or_a_day_within_reach_it_stays_locked(
    locked: Cast, changes: dict[str, str], status: int
) -> None:
    answer = forms.of(locked, "zhao").send(page_of(locked), "reopen", **asked(locked, **changes))
    assert answer.status_code == status
    assert len(forms.told(answer.content.decode())) == 1
    assert (month_of(locked).state, month_of(locked).reopened_at) == ("locked", None)


def test_who_does_not_lead_the_prefecture_is_offered_nothing_and_refused(locked: Cast) -> None:
    for name in ("chen", "wu", "lin"):
        browser = forms.of(locked, name)
        page = browser.read("/reports?month=2026-03")
        assert ("已锁定" in words(page), 'value="reopen"' in page) == (True, False)
        assert browser.send("/reports?month=2026-03", "reopen", **asked(locked)).status_code == 404
    assert month_of(locked).state == "locked"
