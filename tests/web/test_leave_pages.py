"""Leave on the page of the plan: entered for who stands in the territory, taken back, refused elsewhere."""

from __future__ import annotations

from datetime import date

import pytest

from backend.models import AuditEntry
from cycles import month as months
from cycles import plan
from tests.cast import Cast
from tests.cycles.chain import MARCH
from tests.web import forms
from tests.web.forms import words
from visits.models import Leave


def at(cast: Cast, day: str = "2026-03-25") -> str:
    return f"/plan?unit={cast.territory.pk}&day={day}"


def asked(cast: Cast, **changes: str) -> dict[str, str]:
    days = {"first": "2026-03-25", "last": "2026-03-26"}
    return {"person": str(cast.lin.pk), **days, "kind": "年休假", **changes}


def test_a_market_manager_enters_leave_and_takes_it_back(cast: Cast) -> None:
    months.open_month(MARCH)
    before = plan.summary(cast.territory.pk, MARCH).capacity.days
    chen = forms.of(cast, "chen")
    assert "本月没有人请假。" in words(chen.read(at(cast)))
    assert chen.done(at(cast), "leave", **asked(cast)) == "林小梅 03-25 至 03-26 请假，可以撤销。"
    row = Leave.objects.get()
    assert (row.person_id, row.unit_id, row.during.lower, row.during.upper, row.kind) == (
        cast.lin.pk, cast.territory.pk, date(2026, 3, 25), date(2026, 3, 27), "年休假"
    )  # fmt: skip
    assert plan.summary(cast.territory.pk, MARCH).capacity.days == before - 2
    assert "请假 林小梅 · 年休假" in words(forms.of(cast, "lin").read(at(cast, "2026-03-26")))
    assert "请假 林小梅 · 年休假" not in words(chen.read(at(cast, "2026-03-27")))
    assert "林小梅 · 03-25 至 03-26 · 年休假" in words(chen.read(at(cast, "2026-03-02")))
    assert chen.done(at(cast), "leave_back", row) == "请假已撤销，这几天重新计入。"
    assert not Leave.objects.exists()
    assert plan.summary(cast.territory.pk, MARCH).capacity.days == before
    acts = AuditEntry.objects.filter(act__startswith="leave").order_by("pk").values_list("act", "actor_id")
    assert list(acts) == [("leave.enter", cast.chen.pk), ("leave.take_back", cast.chen.pk)]


def test_one_day_needs_no_last_day(cast: Cast) -> None:
    forms.of(cast, "lin").done(at(cast), "leave", **asked(cast, last=""))
    row = Leave.objects.get()
    assert (row.during.lower, row.during.upper) == (date(2026, 3, 25), date(2026, 3, 26))


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"first": "2026-03-26", "last": "2026-03-25"}, 400, "结束日期不能早于开始日期。"),
        ({"first": "明天"}, 400, "请填写日期"),
        ({"kind": "长" * 41}, 400, "最多 40 字。"),
        ({"first": "2026-03-24", "last": "2026-03-24"}, 409, "这几天已经登记了请假。"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    cast: Cast, changes: dict[str, str], status: int, said: str
) -> None:
    chen = forms.of(cast, "chen")
    chen.done(at(cast), "leave", **asked(cast, first="2026-03-23", last="2026-03-24"))
    answer = chen.send(at(cast), "leave", **asked(cast, **{"kind": "事假", **changes}))
    page = answer.content.decode()
    assert (answer.status_code, forms.told(page), Leave.objects.count()) == (status, [said], 1)
    assert f'value="{changes.get("kind", "事假")}"' in page


def test_nobody_enters_or_takes_back_leave_where_she_does_not_plan(cast: Cast) -> None:
    forms.of(cast, "chen").done(at(cast), "leave", **asked(cast))
    row = Leave.objects.get()
    zhao = forms.of(cast, "zhao")
    assert 'value="leave"' not in zhao.read(at(cast))
    other = asked(cast, first="2026-03-30", last="")
    for name in ("zhao", "wu"):
        assert forms.of(cast, name).send(at(cast), "leave", **other).status_code == 404
        assert forms.of(cast, name).send(at(cast), "leave_back", row).status_code == 404
    stranger = asked(cast, person=str(cast.wu.pk), first="2026-03-30", last="")
    assert forms.of(cast, "chen").send(at(cast), "leave", **stranger).status_code == 404
    nobody = {name: value for name, value in other.items() if name != "person"}
    assert forms.of(cast, "chen").send(at(cast), "leave", **nobody).status_code == 404
    assert list(Leave.objects.values_list("pk", flat=True)) == [row.pk]
