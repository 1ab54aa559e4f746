"""Whatever happens, in whatever order: the roll-ups drained equal those rebuilt, and every column adds up."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Sum

from backend import clock
from backend.models import Unit
from brands.models import Brand, Product, ProductPrice
from market.models import SubjectKind, UnitProductMonth, UnitSubjectMonth
from market.orders import loading
from market.orders.loading import AllotmentRow, OrderLineRow, StockRow, TotalRow
from market.rollups import prices_used, recompute, segments
from market.rollups.trade_sums import BUYERS, COLUMNS
from retail.assignment import Move, transfer
from retail.classes import reclassify
from retail.models import Assignment, Classification, Retailer
from tests.cast import Cast
from tests.market.facts import Seen, rollup_rows, visit

MONTHS = [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
BUILT = [f"{month:%Y-%m}" for month in MONTHS]
SHOP_COUNTS = {*BUYERS, "shelf_n", "on_shelf", "shelf_cartons", "on_shelf_cartons", "asked", "out", "counted"}
ADDITIVE = [name for name in COLUMNS if name not in SHOP_COUNTS]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_any_sequence_of_facts_equals_a_full_rebuild_and_adds_up(cast: Cast, seed: int) -> None:
    world = World(cast, random.Random(seed))
    call_command("rebuild_rollups", *BUILT, verbosity=0)
    for day in range(2, 17):
        with clock.at(datetime(2026, 3, day, 18, tzinfo=clock.BUSINESS_ZONE)):
            world.day()
    equals_a_rebuild()
    for act in world.acts[2 * seed - 2 : 2 * seed]:  # each alone: nothing else renews what it changed
        for _ in range(3):
            act()
        equals_a_rebuild()
    units_add_up(cast)
    subjects_add_up()
    classes_add_up()


def equals_a_rebuild() -> None:
    recompute.turn()
    prices_used.follow()
    recompute.drain()
    segments.drain()
    drained, classes = rollup_rows(), of_classes()
    assert len(drained["UnitProductMonth"]) > 60
    assert len(classes) > 200
    call_command("rebuild_rollups", *BUILT, verbosity=0)
    assert rollup_rows() == drained
    assert of_classes() == classes


class World:
    """Shops, people, products and prices to which things happen."""

    def __init__(self, cast: Cast, chance: random.Random) -> None:
        self.cast, self.chance, self.number = cast, chance, 0
        self.shops: list[Retailer] = [*cast.shops, *cast.wu_shops]
        self.homes = [cast.territory, cast.next_territory, cast.other_territory]
        Product.objects.filter(code="P3").update(brand=Brand.objects.create(name="利群", maker="浙江中烟"))
        Classification.objects.filter(retailer__in=self.shops[1::2]).update(market_type="X", tier=4)

    @property
    def acts(self) -> list[Callable[[], None]]:
        return [
            self.orders, self.visits, self.totals, self.stock, self.offers, self.moves, self.classes, self.prices,
        ]  # fmt: skip

    def day(self) -> None:
        for act in self.acts:
            if self.chance.random() < 0.5:
                act()
        for keep in (recompute.turn, recompute.drain, segments.drain, prices_used.follow):
            if self.chance.random() < 0.4:
                keep()

    def _day(self, back: int) -> date:
        return clock.today() - timedelta(days=self.chance.randint(0, back))

    def _code(self) -> str:
        return self.chance.choice(["P1", "P2", "P3"])

    def _some(self, *choices: int | None) -> Any:
        return self.chance.choice(choices)

    def orders(self) -> None:
        rows = []
        for _ in range(self.chance.randint(1, 4)):
            self.number += 1
            shop, on = self.chance.choice(self.shops).code, self._day(28)
            rows += [
                OrderLineRow(f"N{self.number}", shop, on, code, self._some(None, 0, 6), self._some(None, 0, 4),
                             self._some(0, 3, 7), 70_000)
                for code in self.chance.sample(["P1", "P2", "P3"], 2)
            ]  # fmt: skip
        assert loading.load_orders(rows).refused == []

    def visits(self) -> None:
        shop, territory = self.chance.choice(self.shops), self.chance.choice(self.homes)
        lines = [
            {"product": product, "carton_price_fen": self._some(None, 18_900, 19_000, 10_000),
             "stock_packs": self._some(None, 0, 20, 90), "oos_days": self._some(None, 0, 4),
             "on_shelf": self._some(None, True, False)}
            for product in self.cast.products if self.chance.random() < 0.7
        ]  # fmt: skip
        presence = self.chance.choice(["valid", "valid", "to_verify", "rejected"])
        visit(shop, territory, self.cast.lin, self._day(28), Seen(observations=lines, presence=presence))

    def totals(self) -> None:
        shop, month = self.chance.choice(self.shops).code, self.chance.choice(MONTHS[:2])
        loading.load_totals([TotalRow(month, shop, self._code(), self._some(0, 5), 50_000)])

    def stock(self) -> None:
        rows = [StockRow(shop.code, self._code(), self._day(30), self._some(0, 30, 80), "count") for shop in self.shops]
        loading.load_stock_counts(rows)

    def offers(self) -> None:
        on = self._day(20)
        shop = self.chance.choice(self.shops).code
        loading.load_allotments([AllotmentRow(shop, self._code(), on, on + timedelta(days=6), self._some(0, 5))])

    def moves(self) -> None:
        move = Move([self.chance.choice(self.shops).pk], self.chance.choice(self.homes), clock.today())
        transfer(actor=self.cast.actor("zhao"), move=move)

    def classes(self) -> None:
        shop = self.chance.choice(self.shops)
        changes = self.chance.choice([{"market_type": "C"}, {"market_type": "X"}, {"business_type": "Z"}])
        owner = Assignment.objects.get(retailer=shop, during__contains=clock.today()).territory
        actor = self.cast.actor("wu" if owner == self.cast.other_territory else "chen")
        reclassify(actor=actor, retailer=shop, from_date=clock.today(), changes=changes)

    def prices(self) -> None:
        product = Product.objects.get(code=self._code())
        if ProductPrice.objects.filter(product=product, during__overlap=DateRange(clock.today(), None)).exists():
            return
        before = ProductPrice.objects.filter(product=product).order_by("-during").first()
        since = before.during.upper if before else date(2024, 1, 1)
        if since < clock.today():
            during = DateRange(since, clock.today())
            old = {"guide_fen": product.guide_carton_fen, "transfer_fen": product.transfer_fen}
            ProductPrice.objects.create(product=product, during=during, **old)
        new = self.chance.choice([3_000, 6_900, 12_540])
        Product.objects.filter(pk=product.pk).update(transfer_fen=new, guide_carton_fen=new * 3 // 2)


def of_classes() -> list[tuple[Any, ...]]:
    names = [f.attname for f in UnitSubjectMonth._meta.concrete_fields]
    return sorted(UnitSubjectMonth.objects.filter(segment_kind__gt=0).values_list(*names), key=repr)


def summed(rows: Any, *keys: str, names: Any = COLUMNS) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The sums of the columns by key, without those that are 0 altogether."""
    sums = rows.order_by().values_list(*keys).annotate(*(Sum(name, default=0) for name in names))
    found = {row[: len(keys)]: row[len(keys) :] for row in sums}
    return {key: row for key, row in found.items() if any(row)}


def units_add_up(cast: Cast) -> None:
    subject = ("month", "segment_kind", "segment_value", "subject_kind", "subject_id")
    for unit in Unit.objects.filter(level__lt=5):
        of_products = UnitProductMonth.objects
        own, below = of_products.filter(unit=unit), of_products.filter(unit__parent=unit)
        assert summed(own, "month", "product_id") == summed(below, "month", "product_id")
        rows = UnitSubjectMonth.objects.filter(unit=unit)
        if unit.level >= 3:  # classes of shops are counted from the county up
            rows = rows.filter(segment_kind=0)
        assert summed(rows, *subject) == summed(UnitSubjectMonth.objects.filter(unit__parent=unit), *subject)


def subjects_add_up() -> None:
    """What is no count of shops adds up over products, brands, classes and bands alike, in every unit and segment."""
    keys = ("month", "unit_id", "segment_kind", "segment_value")
    rows = UnitSubjectMonth.objects.all()
    everything = summed(rows.filter(subject_kind=SubjectKind.ALL), *keys, names=ADDITIVE)
    assert len(everything) > 50
    for kind in (SubjectKind.BRAND, SubjectKind.PRICE_CLASS, SubjectKind.PRICE_BAND):
        assert summed(rows.filter(subject_kind=kind), *keys, names=ADDITIVE) == everything
    products = summed(UnitProductMonth.objects.all(), "month", "unit_id", names=ADDITIVE)
    everyone = {key[:2]: row for key, row in everything.items() if key[2] == 0}
    assert products == everyone


def classes_add_up() -> None:
    """A shop is of one market type, one business type and one tier: every column adds up over the classes."""
    keys = ("month", "unit_id", "subject_kind", "subject_id")
    rows = UnitSubjectMonth.objects.filter(unit__level__lte=3)
    products = UnitProductMonth.objects.filter(unit__level__lte=3).annotate(subject_id=F("product_id"))
    everyone = summed(rows.filter(segment_kind=0), *keys)
    of_products = summed(products, "month", "unit_id", "subject_id")
    everyone |= {
        (month, unit, SubjectKind.PRODUCT, product): row for (month, unit, product), row in of_products.items()
    }
    for kind in (1, 2, 3):
        assert summed(rows.filter(segment_kind=kind), *keys) == everyone
