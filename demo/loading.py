"""Loads the demo: a prefecture with its people, shops and products, and 14 months of a market; called by `load_demo`.

Everything is one transaction, so that an interrupted load leaves nothing. Facts are written by SQL; roll-ups and the
last months of the method are made by the verbs of daily work (demo/months.py).
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Final

from django.core.management import call_command
from django.db import connection, transaction

from backend import clock, marks
from backend.locks import Lock, take
from backend.models import Parameter, Unit
from backend.partitions import ensure_partitions
from demo import (
    aftermath,
    heard,
    launched,
    master,
    months,
    order_history,
    organisation,
    owed,
    sampled,
    shop_history,
    staging,
    visit_extras,
    visit_history,
    visit_lines,
    visit_words,
    watched,
)
from demo.staging import MONTHS_OF_FACTS, Plan, run
from market.models import UnitMonth
from retail.models import Retailer
from visits import proof
from visits.models import Briefing, CheckLine, ComplianceCheck, Observation, Pitch, Remark, Visit
from web.boards.parameters import GENERATED

# What may be asked for, and what each needs; `months` opens the months, `rollups` makes the boards' figures.
TABLES: Final[dict[str, tuple[str, ...]]] = {
    "org": (),
    "products": ("org",),
    "policies": ("org",),
    "shops": ("org",),
    "orders": ("shops", "products"),
    "totals": ("shops", "products"),
    "visits": ("shops", "products", "policies"),
    "stock": ("shops", "products"),
    "targets": ("totals",),
    "rollups": (),
    "months": ("shops", "rollups"),
}

Say = Callable[[str], object]


class NotEmpty(RuntimeError):
    """The database holds retailers or units that are not ours: nothing is loaded beside them."""


def is_loaded() -> bool:
    """Whether this database holds the demo; NotEmpty when it holds other retailers or units. Three queries."""
    if Parameter.objects.filter(key=GENERATED, value=True).exists():
        return True
    if Retailer.objects.exists() or Unit.objects.exists():
        raise NotEmpty("this database holds retailers or units; the demo loads into an empty one only")
    return False


def with_needed(tables: Iterable[str]) -> set[str]:
    """The tables asked for with all that they need. KeyError for an unknown one."""
    wanted: set[str] = set()
    for name in tables:
        wanted |= {name} | with_needed(TABLES[name])
    return wanted


def load(plan: Plan, tables: Iterable[str] = TABLES, say: Say = print) -> None:
    """The demo of the plan stands in an empty database, as of its day. NotEmpty when there are retailers already.

    `say` hears a line for each long step. The number of statements follows the months, not the shops.
    """
    wanted = with_needed(tables)
    morning = clock.start_of(plan.as_of) + timedelta(hours=8)
    with transaction.atomic():
        take(Lock.DEMO)
        if is_loaded():
            return
        with clock.at(morning):
            _fill(plan, wanted, say)
        if "months" in wanted:
            months.leave_the_rest(plan)
    if "months" not in wanted:
        with clock.at(morning):
            finish(wanted, say)


def _fill(plan: Plan, wanted: set[str], say: Say) -> None:
    ensure_partitions(around=plan.as_of, back=MONTHS_OF_FACTS)
    _write(plan, wanted, say)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # before anything reads it: autovacuum comes too late
    if "months" in wanted:
        _live(plan, wanted, say)
    if "visits" in wanted:
        with _step("诉求与采集 · requests and samples", say):
            owed.route(plan)
            sampled.write(plan)
        with _step("市场信息 · intelligence", say):
            heard.answer(plan)
        with _step("看板补算 · roll-ups of what followed", say):
            aftermath.count(plan)
        with _step("新品上市 · launches", say):
            launched.write(plan)
        with _step("预警 · alerts", say):
            watched.write()


def is_finished() -> bool:
    """Whether the boards have figures: an interrupted first start may have left the facts alone. One query."""
    return UnitMonth.objects.exists()


def finish(wanted: set[str], say: Say) -> None:
    """What follows from facts that were loaded alone: the boards' figures, and the running month. May be run again."""
    if "rollups" in wanted:
        with _step("看板汇总 · roll-ups", say):
            call_command("rebuild_rollups", stdout=io.StringIO())
    if "months" in wanted:
        with _step("打开月份 · opening the month", say):
            call_command("open_months", stdout=io.StringIO())


def _live(plan: Plan, wanted: set[str], say: Say) -> None:
    """The last whole months and the running one have been lived up to this moment, on the figures of those before."""
    with _step("看板汇总 · roll-ups", say):
        months.count_before(plan)
    began = time.monotonic()
    write_visits = partial(_write_visits_of, plan, visit_history.PLANNED) if "visits" in wanted else None
    for event in months.live(clock.now(), write_visits):
        say(f"  {event}: {time.monotonic() - began:.1f} s")
        began = time.monotonic()
    if "visits" in wanted:
        with _step("照片与后续 · photos, and what follows from visits", say):
            aftermath.live(plan)


def _write(plan: Plan, wanted: set[str], say: Say) -> None:
    staging.prepare(plan)
    tree = organisation.build(plan.shops)
    with _step("组织与人员 · organisation and people", say):
        units = master.write_tree(tree)
        master.write_people(tree, units, plan)
        master.write_thresholds(units)
    if "products" in wanted:
        master.write_products(units, plan)
    if "policies" in wanted:
        master.write_templates(units)
        master.write_policies(units, plan)
        master.write_passes()
    if "shops" in wanted:
        with _step(f"零售户 · {plan.shops} shops", say):
            staging.stage_shops(plan, tree)
            _write_shops(plan)
    if {"orders", "totals", "visits", "stock"} & wanted:
        with _step("购买习惯 · what each shop buys", say):
            staging.stage_products(plan)
    _write_market(plan, wanted, say)
    if "visits" in wanted:
        _write_visits(plan, wanted, say)


def _write_shops(plan: Plan) -> None:
    span = {"first": plan.first, "as_of": plan.as_of}
    for statements in (shop_history.RETAILERS, shop_history.CLASSES, shop_history.ASSIGNMENTS, shop_history.OWNERS):
        run(statements, span)


def _write_market(plan: Plan, wanted: set[str], say: Say) -> None:
    months = plan.months()
    if "orders" in wanted:
        for first, until in months:
            with _step(f"订单 · orders {first:%Y-%m}", say):
                run(order_history.MONTH, {"first": first, "until": until, "as_of": plan.as_of})
    if "totals" in wanted:
        with _step("月度合计 · monthly totals", say):
            ordered = {first for first, _ in months} if "orders" in wanted else set()
            for month in staging.months_of_totals(plan):
                if month not in ordered:
                    run(order_history.TOTALS, {"month": month, "as_of": plan.as_of})
    if "stock" in wanted:
        with _step("库存与限量 · stock and allotments", say):
            for first, until in months:
                run(order_history.STOCK, {"first": first, "until": until, **staging.PLACES})
            run(order_history.ALLOTMENTS, {"as_of": plan.as_of})
    if "targets" in wanted:
        now = clock.month_of(plan.as_of)
        span = {"from_month": clock.add_months(now, -14), "to_month": clock.add_months(now, -11)}
        run(order_history.TARGETS, span)


def _write_visits(plan: Plan, wanted: set[str], say: Say) -> None:
    """Those of the months that are history; a month that is lived has its visits by its plan, once it has opened."""
    run(visit_history.TABLES)
    lived = months.first_lived(plan.as_of) if "months" in wanted else plan.as_of
    for first, _ in plan.months():
        if first < lived:
            with _step(f"走访 · visits {first:%Y-%m}", say):
                _write_visits_of(plan, visit_history.BY_CLASS, first)


def _write_visits_of(plan: Plan, due: str, month: date) -> None:
    if (until := dict(plan.months()).get(month)) is None:
        return
    span = {"first": month, "until": until, "as_of": plan.as_of, **staging.PLACES, **visit_words.values()}
    stage = visit_history.STAGE.replace("{due}", due)
    extras = visit_extras.ALL if month >= months.first_lived(plan.as_of) else ()
    written = (visit_lines.VISITS, visit_lines.OBSERVATIONS, visit_lines.BRIEFINGS, visit_lines.NEEDS, *extras)
    for statements in (stage, *written):
        run(statements, span)
    owed.score(month)
    staging.analyze(month, Visit, Observation, CheckLine, Briefing, Pitch, Remark, ComplianceCheck)
    told = Visit.objects.filter(month=month).order_by().values_list("territory_id", "on_date").distinct()
    with clock.at(clock.start_of(until) - timedelta(hours=4)):  # nothing is sealed before it was said
        proof.follow_keys([marks.Key(*place) for place in told])


@contextmanager
def _step(label: str, say: Say) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"  {label}: {time.monotonic() - began:.1f} s")
