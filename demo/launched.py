"""The demo's new products: planned by the brand manager, approved by the leader; called by loading.py at its end.

Their third and sixth months are judged by the same tick as anybody's (market/launches/verdicts.py).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from backend import clock
from backend.models import Level, Person, Unit
from backend.scope import actor_of
from brands.models import Product
from demo import catalogue
from demo.staging import Plan
from market.launches import launch as launches
from market.launches import verdicts
from market.models import Launch

PLANNER, LEADER = "luo", "zhao"
PLANNED_BEFORE, APPROVED_BEFORE = timedelta(days=20), timedelta(days=12)
FIRST_CARTONS: Final = 300  # where the price class sold nothing that says how many
TERMS: Final = {
    "how": "订货会推介，客户经理逐户介绍",
    "places": "城区与乡镇商圈",
    "audience": "有同价类销售的零售户",
}


def write(plan: Plan) -> None:
    """Every product that came within the demo's time has its launch, and those that are due their verdict."""
    prefecture = Unit.objects.filter(level=Level.PREFECTURE).order_by("pk").first()
    for one in catalogue.products():
        supply_on = one.sold_since(plan.as_of)
        if supply_on is not None and prefecture is not None:
            _launch(prefecture, Product.objects.get(code=one.code), supply_on, plan.shops // 3)
    while verdicts.judge():
        pass


def _launch(prefecture: Unit, product: Product, supply_on: date, volume: int) -> None:
    with clock.at(_noon(supply_on - PLANNED_BEFORE)):
        by = actor_of(Person.objects.get(username=PLANNER))
        values = {"unit": prefecture, "product": product, "supply_on": supply_on, "volume_goal": volume, **TERMS}
        made = launches.plan(actor=by, values=values)
        launches.edit(actor=by, launch=made, values={"first_cartons": _first_purchase(made)})
    with clock.at(_noon(supply_on - APPROVED_BEFORE)):
        launches.approve(actor=actor_of(Person.objects.get(username=LEADER)), launch=made)


def _first_purchase(made: Launch) -> int:
    """Half of what a product of its class sells a month."""
    most = launches.category_mean(made)
    return FIRST_CARTONS if most is None else max(1, int(most / 2))


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=clock.BUSINESS_ZONE)
