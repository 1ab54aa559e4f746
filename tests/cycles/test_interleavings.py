"""Whatever happens in whatever order, the month ends in the figures that a recomputation from nothing comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backend import audit, clock, marks
from backend.errors import Problem
from cycles import actions, changes, evaluate, improve, prefectures, reopening
from cycles import month as months
from cycles.models import Action, Improvement, PrefectureMonth, Result
from cycles.recompute import Report, recompute
from market.models import ShopProductMonth
from market.rollups import recompute as rollups
from market.rollups import segments
from retail.models import Assignment, Classification, Retailer
from tests.cast import Cast
from tests.cycles.facts import land_visit
from tests.cycles.orders import order
from tests.examples import examples
from visits import following
from visits.models import PresenceVerdict, Visit

MARCH = date(2026, 3, 1)
FIRST = datetime(2026, 3, 2, 9, tzinfo=clock.BUSINESS_ZONE)

LAST = datetime(2026, 4, 28, 9, tzinfo=clock.BUSINESS_ZONE)


@dataclass
class World:
    """The cast at a moment of its own, and what may happen there; each act says only which shop, day or choice."""

    cast: Cast
    now: datetime = FIRST
    visits: list[Any] = field(default_factory=list)

    @property
    def today(self) -> date:
        return clock.business_date(self.now)

    @property
    def shops(self) -> list[Retailer]:
        return [*self.cast.shops, *self.cast.wu_shops]

    def wait(self, days: int) -> None:
        self.now = min(self.now + timedelta(days=days), LAST)

    def tick(self, *_: int) -> None:
        rollups.drain()
        rollups.turn()
        segments.drain()
        following.follow()
        changes.drain_once()
        months.keep()

    def keep_only(self, *_: int) -> None:
        """The months move on while marks still wait."""
        months.keep()

    def visit(self, shop: int, back: int, presence: int) -> None:
        """Early, late, or still to be verified; with a look at a key product or another."""
        on = max(self.today - timedelta(days=back * 6), date(2026, 2, 10))
        seen = ({"product_id": self.cast.products[back % 2].pk, "carton_price_fen": 19_000 + shop},)
        where = ("valid", "unknown", "to_verify")[presence]
        territory = self._territory(shop, on)
        if territory is None:
            return
        chosen = land_visit(self.cast, self.shops[shop], on, territory=territory, presence=where, observations=seen)
        Visit.objects.filter(pk=chosen).update(received_at=clock.now())
        self.visits.append((chosen, on, territory))

    def verify(self, number: int, *_: int) -> None:
        """Somebody decides that a visit was, or was not, at the shop."""
        if self.visits:
            visit, on, territory = self.visits[number % len(self.visits)]
            with transaction.atomic():
                row = Visit.objects.get(pk=visit, month=on.replace(day=1))
                word = "rejected" if row.presence == "valid" else "valid"
                Visit.objects.filter(pk=visit).update(presence=word)
                told = {
                    "month": row.month, "retailer_id": row.retailer_id, "person_id": row.person_id, "presence": word,
                    "territory": territory, "county_id": row.county_id, "on_date": on, "decided_at": clock.now(),
                    "decided_by": self.cast.chen,
                }  # fmt: skip
                PresenceVerdict.objects.update_or_create(visit_id=visit, defaults=told)
                marks.mark("visits", [(territory.pk, on)])

    def order(self, shop: int, back: int, *_: int) -> None:
        on = max(self.today - timedelta(days=back * 6), date(2026, 2, 10))
        if (territory := self._territory(shop, on)) is None:
            return
        with transaction.atomic():
            product = self.cast.products[0]
            order(self.shops[shop], territory, on, 10, lines={product.pk: (10, 10)})
            row, _made = ShopProductMonth.objects.get_or_create(
                month=on.replace(day=1), retailer=self.shops[shop], product=product,
                defaults={"cartons": 0, "amount_fen": 0},
            )  # fmt: skip
            ShopProductMonth.objects.filter(pk=row.pk).update(
                cartons=row.cartons + 10, amount_fen=row.amount_fen + 1_000
            )
            marks.mark("orders", [(territory.pk, on)])

    def decide(self, number: int, choice: int, *_: int) -> None:
        """Lin or Wu accepts, changes or drops one of the actions."""
        rows = list(Action.objects.order_by("month", "retailer_id", "rule", "pk"))
        if not rows:
            return
        action = rows[number % len(rows)]
        mine = self.cast.actor("wu" if action.territory_id == self.cast.other_territory.pk else "lin")
        acts: tuple[Callable[[], object], ...] = (
            lambda: actions.accept(actor=mine, action=action),
            lambda: actions.edit(actor=mine, action=action, target=Decimal(1)),
            lambda: actions.drop(actor=mine, action=action, reason="later"),
        )
        self._try(acts[choice])

    def explain(self, number: int, choice: int, *_: int) -> None:
        """A miss gets its reason, an improvement its decision."""
        for result in Result.objects.filter(outcome="miss", reason="").order_by("action_id")[number % 2 : 2]:
            self._try(lambda r=result: evaluate.give_reason(  # type: ignore[misc]  # bound now
                actor=self.cast.actor("lin"), action=r.action, reason="other", words="道路施工"))  # fmt: skip
        row = Improvement.objects.filter(state="proposed").order_by("pk").first()
        if row is not None:
            mine = self.cast.actor("lin")
            self._try(
                lambda: (
                    improve.accept(actor=mine, improvement=row)
                    if choice
                    else improve.drop(actor=mine, improvement=row, reason="不再销售")
                )
            )

    def move(self, shop: int, *_: int) -> None:
        """One of Lin's shops goes to Ma today, if it is still hers."""
        moved = self.cast.shops[shop % 3]
        held = Assignment.objects.filter(retailer=moved, during__endswith=None).get()
        if held.territory_id == self.cast.territory.pk and held.during.lower < self.today:
            with transaction.atomic():
                Assignment.objects.filter(pk=held.pk).update(during=DateRange(held.during.lower, self.today))
                Assignment.objects.create(
                    retailer=moved, territory=self.cast.next_territory, during=DateRange(self.today, None)
                )
                ours = [(self.cast.territory.pk, self.today), (self.cast.next_territory.pk, self.today)]
                marks.mark("assignments", ours)
                audit.record(None, "assignment.transfer", held, unit_id=self.cast.territory.pk)

    def close(self, shop: int, *_: int) -> None:
        """A shop closes today."""
        held = Classification.objects.filter(retailer=self.shops[shop], during__endswith=None).get()
        if held.state == "active" and held.during.lower < self.today:
            with transaction.atomic():
                Classification.objects.filter(pk=held.pk).update(during=DateRange(held.during.lower, self.today))
                held.pk, held.during, held.state = None, DateRange(self.today, None), "closed"
                held.save(force_insert=True)
                territory = self._territory(shop, self.today).pk
                marks.mark("retailers", [(territory, self.today)])
                audit.record(None, "retailer.reclassify", held, unit_id=territory)

    def reopen(self, *_: int) -> None:
        self._try(lambda: reopening.reopen(
            actor=self.cast.actor("zhao"), month=MARCH, prefecture=self.cast.prefecture.pk, reason="补录",
            until=self.today + timedelta(days=3)))  # fmt: skip

    def _territory(self, shop: int, on: date) -> Any:
        held = Assignment.objects.filter(retailer=self.shops[shop], during__contains=on).select_related("territory")
        row = held.first()
        return row and row.territory

    def _try(self, act: Callable[[], object]) -> None:
        """What is refused changes nothing."""
        try:
            with transaction.atomic():
                act()
        except Problem:
            pass


ACTS = (
    "visit",
    "visit",
    "order",
    "decide",
    "decide",
    "verify",
    "explain",
    "move",
    "close",
    "reopen",
    "tick",
    "keep_only",
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([1, 3, 9, 16]), st.just(0), st.just(0)),
        st.tuples(st.sampled_from(ACTS), st.integers(0, 4), st.integers(0, 2), st.integers(0, 2)),
    ),
    min_size=6,
    max_size=16,
)


def play(world: World, steps: Iterable[tuple[str, int, int, int]]) -> Report:
    """The acts one after the other, then the marks to their end; what a recomputation of March says then."""
    with clock.at(world.now):
        world.tick()
    for act, *chosen in steps:
        if act == "wait":
            world.wait(chosen[0])
        else:
            with clock.at(world.now):
                getattr(world, act)(*chosen)
    with clock.at(world.now):
        while any(marks.lag(consumer).count for consumer in (changes.CONSUMER, rollups.CONSUMER, segments.CONSUMER)):
            world.tick()
        world.tick()
        return recompute(MARCH)


@pytest.mark.parametrize("lead", [(), (("wait", 31, 0, 0), ("tick", 0, 0, 0)), (("wait", 40, 0, 0), ("tick", 0, 0, 0))])
@given(steps=STEPS)
@settings(
    max_examples=examples(3, thorough=12),
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_interleaving_ends_in_the_figures_of_a_recomputation_from_nothing(
    cast: Cast, lead: tuple[tuple[str, int, int, int], ...], steps: list[tuple[str, int, int, int]]
) -> None:
    """Begun on 2 March, on 2 April with March measured, and on 11 April with March locked."""
    with transaction.atomic():
        accepted = [("decide", n, 0, 0) for n in range(4)]
        report = play(World(cast), [("tick", 0, 0, 0), *accepted, *lead, *steps])
        found = {name: kind.shown for name, kind in report.kinds.items() if kind.differ > kind.explained}
        assert found == {}
        state = PrefectureMonth.objects.get(month=MARCH).state
        assert state in prefectures.State.values
        transaction.set_rollback(True)
