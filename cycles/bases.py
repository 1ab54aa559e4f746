"""What rules read: the facts of a day, laid out per shop and product in tables of this transaction alone.

Called by cycles/analyze.py before it runs the rules (and by whoever needs the same figures in the same transaction).
Windows are four weeks: window 0 is [as_of - 28 days, as_of), window k the 28 days before (docs/decisions/0012). Every
shop has one order window a week, so each holds four of them, while calendar months hold four or five.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from backend import parameters
from backend.models import Level, Unit
from cycles.queries import working_calendar

WINDOW_DAYS = 28
SEEN_DAYS = 2 * WINDOW_DAYS  # how long what was seen in a shop is taken to be so
WORKDAYS_BACK = 60  # days up to as_of of which rules may ask whether they were worked
# Months are joined one by one, and each sum stays in memory; both for the caller's transaction alone.
ROOM = """SELECT set_config('work_mem', '96MB', true), set_config('enable_partitionwise_join', 'on', true),
    set_config('jit', 'off', true)"""


@dataclass(frozen=True)
class Base:
    """A table that rules read. `sql` is its SELECT over facts and the tables it needs; see `register`."""

    name: str
    sql: str
    needs: tuple[str, ...] = ()


_bases: dict[str, Base] = {}


def register(name: str, sql: str, needs: Sequence[str] = ()) -> None:
    """Adds a base: `CREATE TEMP TABLE name AS sql`. A per cent sign in it is written twice.

    It may use %(as_of)s, %(month)s, %(prefectures)s (null = all), %(from0)s ... %(from3)s (first days of the windows),
    %(seen_from)s, the first days of the months that hold these: %(month_of_from0)s ... , %(month_of_seen_from)s and
    %(as_of_month)s, for the partitions, %(year_ago)s (first day of the month a year before that of as_of) and
    %(workdays)s (the days of the last 60, as_of among them, that are worked). The planner is told its size.
    """
    base = Base(name, sql, tuple(needs))
    if _bases.setdefault(name, base) != base:
        raise ValueError(f"base {name} is defined twice")


def build(
    names: Iterable[str], as_of: date, month: date, prefectures: Sequence[int] | None, *, among: str | None = None
) -> None:
    """These bases and what they need stand as temporary tables until the end of the caller's transaction.

    Facts dated before as_of, of the shops assigned on as_of in these prefectures (null: everywhere). What an earlier
    call in the transaction built is built again. `among` names a table with retailer_id: shops that are not in it are
    left out, for who asks about few (no rule does: peers are all shops). One statement a base and one to tell the
    planner; the
    thresholds in force are resolved by one query per level of units asked for. KeyError for a base nobody registered.
    """
    given = values(as_of, month, prefectures)
    with connection.cursor() as cursor:
        cursor.execute(ROOM)
        for name in _in_order(names):
            cursor.execute(f'DROP TABLE IF EXISTS pg_temp."{name}"')
            if name in _UNITS:
                _build_units(cursor, name, given)
            else:
                cursor.execute(f'CREATE TEMP TABLE "{name}" ON COMMIT DROP AS {_bases[name].sql}', given)
            if name == "an_shop" and among is not None:
                cursor.execute(f'DELETE FROM an_shop WHERE retailer_id NOT IN (SELECT retailer_id FROM "{among}")')  # noqa: S608
            cursor.execute(f'ANALYZE pg_temp."{name}"')


def _in_order(names: Iterable[str]) -> list[str]:
    """The names and what they need, each after its needs."""
    ordered: list[str] = []

    def put(name: str) -> None:
        if name not in ordered:
            for need in () if name in _UNITS else _bases[name].needs:
                put(need)
            ordered.append(name)

    for name in names:
        put(name)
    return ordered


def values(as_of: date, month: date, prefectures: Sequence[int] | None) -> dict[str, Any]:
    """What bases and rules may name in their SQL (see `register`). One query, for the calendar."""
    firsts = {f"from{k}": as_of - timedelta(days=WINDOW_DAYS * (k + 1)) for k in range(4)}
    firsts["seen_from"] = as_of - timedelta(days=SEEN_DAYS)
    return {
        "as_of": as_of,
        "month": month,
        "prefectures": None if prefectures is None else list(prefectures),
        **firsts,
        **{f"month_of_{name}": day.replace(day=1) for name, day in firsts.items()},
        "as_of_month": as_of.replace(day=1),
        "year_ago": as_of.replace(year=as_of.year - 1, day=1),
        "workdays": _workdays(as_of),
    }


def _workdays(as_of: date) -> list[date]:
    calendar = working_calendar()
    days = (as_of - timedelta(days=back) for back in range(WORKDAYS_BACK))
    return [day for day in days if calendar.is_working(day)]


# -- units with the thresholds in force there --------------------------------------------------------------------------

_UNITS = {"an_county": Level.COUNTY, "an_office": Level.OFFICE, "an_unit": Level.TERRITORY}
_COLUMNS = {
    "an_county": "u.id AS unit_id, u.ancestors[3] AS prefecture_id",
    "an_office": "u.id AS unit_id, u.ancestors[4] AS county_id, u.ancestors[3] AS prefecture_id",
    "an_unit": "u.id AS territory_id, u.ancestors[5] AS office_id, u.ancestors[4] AS county_id,"
    " u.ancestors[3] AS prefecture_id",
}


def _build_units(cursor: Any, name: str, given: dict[str, Any]) -> None:
    """The units of a level in force on the day, with `t`: every declared threshold by its key."""
    units = Unit.objects.filter(level=_UNITS[name], during__contains=given["as_of"])
    if given["prefectures"] is not None:
        units = units.filter(ancestors__overlap=given["prefectures"])
    ids = list(units.values_list("id", flat=True))
    found = parameters.values([threshold.key for threshold in parameters.catalogue()], ids, given["as_of"])
    # Kept in the row itself and as it is: `t` is read for every shop.
    cursor.execute(
        f'CREATE TEMP TABLE "{name}" ON COMMIT DROP AS'  # noqa: S608  names of our own
        f" SELECT {_COLUMNS[name]}, NULL::jsonb AS t FROM backend_unit u WHERE false"
    )
    cursor.execute(f'ALTER TABLE pg_temp."{name}" SET (toast_tuple_target = 8160)')
    cursor.execute(
        f'INSERT INTO "{name}" SELECT {_COLUMNS[name]}, k.t::jsonb'  # noqa: S608  names of our own
        " FROM unnest(%s::bigint[], %s::text[]) AS k(id, t) JOIN backend_unit u ON u.id = k.id",
        [ids, [json.dumps(found[unit]) for unit in ids]],
    )


# -- shops -------------------------------------------------------------------------------------------------------------

register(
    "an_shop",
    """
    SELECT a.retailer_id, a.territory_id, u.ancestors[4] AS county_id, u.ancestors[3] AS prefecture_id,
        c.market_type, c.business_type, c.scale, c.market_type || c.business_type || c.scale AS class,
        c.terminal_type, c.visit_class, c.state, r.opened_on, r.licence_valid_until, r.order_weekday
    FROM retail_assignment a JOIN backend_unit u ON u.id = a.territory_id
    JOIN retail_classification c
        ON c.retailer_id = a.retailer_id AND c.during @> %(as_of)s::date AND c.state <> 'closed'
    JOIN retail_retailer r ON r.id = a.retailer_id
    WHERE a.during @> %(as_of)s::date AND u.during @> %(as_of)s::date
    AND (%(prefectures)s::bigint[] IS NULL OR u.ancestors[3] = ANY(%(prefectures)s::bigint[]))
    """,
)

# The working days of the last 60 days, as_of among them if it is one.
register("an_workday", "SELECT unnest(%(workdays)s::date[]) AS on_date")

# -- orders ------------------------------------------------------------------------------------------------------------

# The only base that reads every order line: once, for what was ordered and for what was asked for.
register(
    "an_line",
    """
    SELECT o.retailer_id, l.product_id,
        coalesce(sum(l.ordered_cartons) FILTER (WHERE o.on_date >= %(from0)s), 0)::int AS w0,
        coalesce(sum(l.ordered_cartons) FILTER (WHERE o.on_date < %(from0)s AND o.on_date >= %(from1)s), 0)::int AS w1,
        coalesce(sum(l.ordered_cartons) FILTER (WHERE o.on_date < %(from1)s AND o.on_date >= %(from2)s), 0)::int AS w2,
        coalesce(sum(l.ordered_cartons) FILTER (WHERE o.on_date < %(from2)s), 0)::int AS w3,
        (count(*) FILTER (WHERE o.on_date >= %(from0)s AND l.demanded_cartons > 0))::int AS demanded,
        (count(*) FILTER (WHERE o.on_date >= %(from0)s AND l.demanded_cartons > 0 AND l.ordered_cartons = 0))::int
            AS zero_ordered
    FROM an_shop s JOIN market_order o ON o.retailer_id = s.retailer_id
    JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id
    WHERE o.month BETWEEN %(month_of_from3)s AND %(as_of_month)s
    AND l.month BETWEEN %(month_of_from3)s AND %(as_of_month)s AND o.on_date >= %(from3)s AND o.on_date < %(as_of)s
    GROUP BY o.retailer_id, l.product_id
    """,
    needs=("an_shop",),
)
register(
    "an_sales",
    "SELECT retailer_id, product_id, w0, w1, w2, w3 FROM an_line WHERE w0 > 0 OR w1 > 0 OR w2 > 0 OR w3 > 0",
    needs=("an_line",),
)
register(
    "an_demand",
    "SELECT retailer_id, product_id, demanded, zero_ordered FROM an_line WHERE demanded > 0",
    needs=("an_line",),
)
register(
    "an_total",
    """
    SELECT o.retailer_id,
        coalesce(sum(o.cartons) FILTER (WHERE o.on_date >= %(from0)s), 0)::int AS w0,
        coalesce(sum(o.cartons) FILTER (WHERE o.on_date < %(from0)s AND o.on_date >= %(from1)s), 0)::int AS w1,
        coalesce(sum(o.cartons) FILTER (WHERE o.on_date < %(from1)s AND o.on_date >= %(from2)s), 0)::int AS w2,
        coalesce(sum(o.cartons) FILTER (WHERE o.on_date < %(from2)s), 0)::int AS w3,
        coalesce(sum(o.amount_fen) FILTER (WHERE o.on_date >= %(from0)s), 0)::bigint AS f0,
        coalesce(sum(o.amount_fen) FILTER (WHERE o.on_date < %(from0)s AND o.on_date >= %(from1)s), 0)::bigint AS f1,
        (count(*) FILTER (WHERE o.on_date >= %(from0)s))::int AS orders0,
        (count(*) FILTER (WHERE o.on_date < %(from0)s AND o.on_date >= %(from1)s))::int AS orders1
    FROM an_shop s JOIN market_order o ON o.retailer_id = s.retailer_id
    WHERE o.month BETWEEN %(month_of_from3)s AND %(as_of_month)s AND o.on_date >= %(from3)s AND o.on_date < %(as_of)s
    GROUP BY o.retailer_id
    """,
    needs=("an_shop",),
)
register(
    "an_recent",
    """
    SELECT retailer_id, rank, order_id, month, on_date, cartons FROM (
        SELECT o.retailer_id, o.id AS order_id, o.month, o.on_date, o.cartons,
            (row_number() OVER (PARTITION BY o.retailer_id ORDER BY o.on_date DESC, o.id DESC))::int AS rank
        FROM an_shop s JOIN market_order o ON o.retailer_id = s.retailer_id
        WHERE o.month BETWEEN %(month_of_from3)s AND %(as_of_month)s
        AND o.on_date >= %(from3)s AND o.on_date < %(as_of)s) ranked
    WHERE rank <= 4
    """,
    needs=("an_shop",),
)
# The best whole calendar month of the last twelve: what a goal is held against.
register(
    "an_best",
    """
    SELECT retailer_id, max(cartons)::int AS cartons FROM (
        SELECT o.retailer_id, o.month, sum(o.cartons) AS cartons
        FROM an_shop s JOIN market_order o ON o.retailer_id = s.retailer_id
        WHERE o.month >= %(year_ago)s AND o.month < %(as_of_month)s GROUP BY o.retailer_id, o.month) by_month
    GROUP BY retailer_id
    """,
    needs=("an_shop",),
)
