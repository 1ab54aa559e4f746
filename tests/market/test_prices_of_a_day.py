"""What a price change of today does to figures: nothing to those of months that are over."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from backend import clock, ticks
from market.figures import values
from market.figures.subjects import ALL, Subject
from market.models import SubjectKind
from market.orders import loading
from market.orders.loading import TotalRow
from market.rollups import recompute
from tests.brands.test_prices import edit
from tests.cast import TODAY, Cast, SignIn
from tests.market.facts import Seen, visit

LAST_YEAR, FEBRUARY, MARCH = date(2025, 6, 1), date(2026, 2, 1), date(2026, 3, 1)
INDEX, COMPLIANCE = "price_index", "price_compliance"


def told(cast: Cast, month: date) -> tuple[object, object]:
    found = values.figures([cast.prefecture.pk], month, [INDEX, COMPLIANCE])[cast.prefecture.pk]
    return found[INDEX].value, found[COMPLIANCE].value


def test_a_past_price_index_does_not_move_when_todays_guide_price_changes(cast: Cast, sign_in: SignIn) -> None:
    shop, first = cast.shops[0], cast.products[0]
    loading.load_totals([TotalRow(LAST_YEAR, shop.code, "P1", 100, 1_672_000)])
    for day in (date(2026, 2, 10), date(2026, 3, 10)):
        line = {"product": first, "carton_price_fen": 19_000}
        visit(shop, cast.territory, cast.lin, day, Seen(observations=[line]))
    for month in (LAST_YEAR, FEBRUARY, MARCH):
        recompute.rebuild(month)
    assert told(cast, FEBRUARY) == told(cast, MARCH) == (Decimal("100.0"), Decimal("100.0"))
    edit(sign_in("feng"), first, guide_carton_fen=20_000)
    for name in ("rollups_goods", "rollups"):
        assert ticks.run_one(name)
    assert told(cast, FEBRUARY) == (Decimal("100.0"), Decimal("100.0"))
    assert told(cast, MARCH) == (Decimal("95.0"), Decimal("0.0"))
    recompute.rebuild(FEBRUARY)
    assert told(cast, FEBRUARY) == (Decimal("100.0"), Decimal("100.0"))
    assert clock.today() == TODAY


def test_a_product_stays_in_the_class_of_a_past_month(cast: Cast, sign_in: SignIn) -> None:
    shop, first = cast.shops[0], cast.products[0]
    for month in (FEBRUARY, MARCH):
        loading.load_totals([TotalRow(month, shop.code, "P1", 10, 167_200)])
        recompute.rebuild(month)
    edit(sign_in("feng"), first, transfer_fen=6_000)  # class 1 before, 3 from today on
    for name in ("rollups_goods", "rollups"):
        assert ticks.run_one(name)
    recompute.rebuild(FEBRUARY)

    def cartons(month: date, subject: Subject) -> object:
        return values.figures([cast.county.pk], month, ["sales"], subject)[cast.county.pk]["sales"].value

    of_class = [Subject(SubjectKind.PRICE_CLASS, number) for number in (1, 3)]
    assert [cartons(FEBRUARY, subject) or 0 for subject in (*of_class, ALL)] == [10, 0, 10]
    rows = {subject.id: values.by_month([cast.county.pk], [MARCH], ["shops_ordering"], subject) for subject in of_class}
    assert [rows[number][cast.county.pk, MARCH]["shops_ordering"] for number in (1, 3)] == [0, 1]
