"""A late file of orders of a month that is locked: nothing of the month changes, adjustments stand beside it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from backend import clock
from cycles import changes
from cycles import month as months
from cycles.models import Action, Adjustment, FrozenFigure, PrefectureMonth, Result
from market.rollups import recompute
from tests.cast import Cast, SignIn
from tests.market.importing import counts, done, orders, post, run_of, work

MARCH = date(2026, 3, 1)
EARLY, LATE = (datetime(2026, 4, day, 9, tzinfo=clock.BUSINESS_ZONE) for day in (9, 10))
A = "420200000001"


def drained() -> None:
    recompute.drain()
    while changes.drain_once():
        pass


def kept() -> tuple[object, ...]:
    return (
        list(Result.objects.order_by("pk").values_list("pk", "value", "outcome")),
        list(FrozenFigure.objects.order_by("unit_id", "kpi").values_list("unit_id", "kpi", "value")),
    )


def test_a_late_correction_stands_beside_the_locked_month_until_it_is_taken_back(cast: Cast, sign_in: SignIn) -> None:
    qian = sign_in("qian")
    months.keep()
    done(qian, "orders", orders(f"D1,{A},2026-03-04,P1,,,8,1337.60"))
    Action.objects.filter(month=MARCH, retailer=cast.shops[1], rule="client.visit_overdue").update(
        state="accepted", metric="cartons", target=10, decided_at=clock.now(), decided_by=cast.lin
    )
    with clock.at(EARLY):
        drained()
        months.keep()
    assert PrefectureMonth.objects.get(month=MARCH).state == "locked"
    before = kept()
    assert [value for _, value, _ in Result.objects.values_list("pk", "value", "outcome")] == [Decimal(8)]
    with clock.at(LATE):
        late = done(qian, "orders", orders(f"D1,{A},2026-03-04,P1,,,8,1337.60", f"D1,{A},2026-03-04,P2,,,5,440"))
        assert counts(late) == ("applied", 2, 2, 0, 1, 0, 1, 0)
        drained()
        lines = Adjustment.objects.filter(month=MARCH, action_id__isnull=False).order_by("id")
        assert list(lines.values_list("before", "after", "on_date")) == [(Decimal(8), Decimal(13), date(2026, 4, 10))]
        assert post(qian, f"imports/{late['id']}/undo").status_code == 200
        work()
        drained()
    assert run_of(qian, late["id"])["state"] == "undone"
    assert list(lines.values_list("before", "after")) == [(Decimal(8), Decimal(13)), (Decimal(13), Decimal(8))]
    assert kept() == before
