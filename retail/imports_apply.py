"""What applying a client file writes: shops, classes from a day, assignments from a day; the last step of imports.py.

`import_row` holds good rows only by now, each with its shop, its day (`since`) and what differs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from typing import Any
from uuid import UUID

from backend import audit, marks
from backend.audit import Act
from backend.ids import UUID7_SQL
from backend.imports.kinds import Context
from retail import news, queries
from retail.models import Retailer

_NEW = (
    f"UPDATE import_row SET shop = {UUID7_SQL} WHERE effect = 'created'",  # noqa: S608 - an expression of ours
    """INSERT INTO retail_retailer (id, code, licence_no, licence_valid_until, name, holder, address, county_id,
        lon, lat, datum, opens_at, closes_at, order_weekday, opened_on, version)
    SELECT i.shop, i.code, i.licence_no, i.licence_valid_until, i.name, i.holder, coalesce(i.address, ''),
        u.ancestors[4], i.lon, i.lat, coalesce(i.datum, 'unknown'), i.opens_at, i.closes_at, i.order_weekday,
        coalesce(i.opened_on, i.since), 1
    FROM import_row i JOIN backend_unit u ON u.id = i.territory_id WHERE i.effect = 'created' ORDER BY i.row_no""",
    """INSERT INTO retail_classification (retailer_id, during, state, business_type, market_type, scale, tier,
        integrity_grade, terminal_type, trade_area, visit_class)
    SELECT shop, daterange(since, NULL), coalesce(state, 'active'), business_type, market_type, scale, tier,
        coalesce(integrity_grade, ''), coalesce(terminal_type, 'ordinary'), coalesce(trade_area, ''),
        coalesce(visit_class, 'C') FROM import_row WHERE effect = 'created' ORDER BY row_no""",
)
_SHOPS = (
    """UPDATE retail_retailer r SET licence_no = coalesce(i.licence_no, r.licence_no),
        licence_valid_until = coalesce(i.licence_valid_until, r.licence_valid_until), name = coalesce(i.name, r.name),
        holder = coalesce(i.holder, r.holder), address = coalesce(i.address, r.address), lon = coalesce(i.lon, r.lon),
        lat = coalesce(i.lat, r.lat), datum = coalesce(i.datum, r.datum), opens_at = coalesce(i.opens_at, r.opens_at),
        closes_at = coalesce(i.closes_at, r.closes_at), order_weekday = coalesce(i.order_weekday, r.order_weekday),
        opened_on = coalesce(i.opened_on, r.opened_on), version = r.version + 1,
        county_id = CASE WHEN i.moves THEN u.ancestors[4] ELSE r.county_id END
    FROM import_row i LEFT JOIN backend_unit u ON u.id = i.territory_id
    WHERE r.id = i.shop AND i.effect = 'changed'""",
)
# The row in force on the day is corrected when it began on that day; otherwise it is closed at the day, and its
# successor takes over what the file does not say and runs to where it ended.
_CLASSES = (
    """UPDATE retail_classification c SET state = coalesce(i.state, c.state),
        business_type = coalesce(i.business_type, c.business_type),
        market_type = coalesce(i.market_type, c.market_type), scale = coalesce(i.scale, c.scale),
        tier = coalesce(i.tier, c.tier), integrity_grade = coalesce(i.integrity_grade, c.integrity_grade),
        terminal_type = coalesce(i.terminal_type, c.terminal_type), trade_area = coalesce(i.trade_area, c.trade_area),
        visit_class = coalesce(i.visit_class, c.visit_class)
    FROM import_row i WHERE c.id = i.class_id AND i.class_differs AND lower(c.during) = i.since""",
    """UPDATE retail_classification c SET during = daterange(lower(c.during), i.since)
    FROM import_row i WHERE c.id = i.class_id AND i.class_differs AND lower(c.during) < i.since""",
    """INSERT INTO retail_classification (retailer_id, during, state, business_type, market_type, scale, tier,
        integrity_grade, terminal_type, trade_area, visit_class)
    SELECT i.shop, daterange(i.since, i.class_until), coalesce(i.state, c.state),
        coalesce(i.business_type, c.business_type), coalesce(i.market_type, c.market_type), coalesce(i.scale, c.scale),
        coalesce(i.tier, c.tier), coalesce(i.integrity_grade, c.integrity_grade),
        coalesce(i.terminal_type, c.terminal_type), coalesce(i.trade_area, c.trade_area),
        coalesce(i.visit_class, c.visit_class)
    FROM import_row i JOIN retail_classification c ON c.id = i.class_id
    WHERE i.class_differs AND upper(c.during) = i.since""",
)
_MOVES = (
    """UPDATE retail_assignment a SET territory_id = i.territory_id
    FROM import_row i WHERE a.id = i.held_id AND i.moves AND lower(a.during) = i.since""",
    """UPDATE retail_assignment a SET during = daterange(lower(a.during), i.since)
    FROM import_row i WHERE a.id = i.held_id AND i.moves AND lower(a.during) < i.since""",
    """INSERT INTO retail_assignment (retailer_id, territory_id, during)
    SELECT i.shop, i.territory_id, daterange(i.since, NULL) FROM import_row i WHERE i.moves AND NOT EXISTS (
        SELECT 1 FROM retail_assignment a WHERE a.retailer_id = i.shop AND a.during @> i.since) ORDER BY i.row_no""",
)


def apply(cursor: Any, context: Context) -> None:
    """Shops, classes and assignments stand as the good rows say, from each row's day on; audited by shop, marked, and
    entered for phones. The number of queries depends on the territories only."""
    for step in (*_NEW, *_SHOPS, *_CLASSES, *_MOVES):
        cursor.execute(step)
    _audit(cursor, context)
    _tell(cursor, context)


def _audit(cursor: Any, context: Context) -> None:
    cursor.execute(
        """SELECT effect, shop, coalesce(territory_id, held_territory_id), held_territory_id,
            jsonb_strip_nulls(to_jsonb(i) - %s::text[])::text FROM import_row i WHERE effect <> 'unchanged'
        ORDER BY row_no""",
        [["row_no", "effect", "shop", "is_mine", "class_id", "class_until", "held_id", "held_territory_id",
          "shop_differs", "class_differs", "moves"]],
    )  # fmt: skip
    done: dict[str, list[Act]] = defaultdict(list)
    for effect, shop, unit, old, after in cursor.fetchall():
        done[effect].append(Act(shop, unit, {"territory_id": old} if old else None, json.loads(after)))
    for effect, act in (("created", "retailer.register"), ("changed", "retailer.import")):
        audit.record_many(context.actor, act, Retailer, done[effect])


def _tell(cursor: Any, context: Context) -> None:
    """Marks for both sides of every move and for every changed shop; phones of old owners drop, of new ones pull."""
    cursor.execute(
        "SELECT shop, since, moves, territory_id, held_territory_id FROM import_row WHERE effect <> 'unchanged'"
    )
    rows = cursor.fetchall()
    owners = queries.owners([row[0] for row in rows], context.today)
    left: dict[int, list[UUID]] = defaultdict(list)
    joined: dict[int, list[UUID]] = defaultdict(list)
    moved: set[tuple[int, date]] = set()
    for shop, since, moves, new, old in rows:
        if shop in owners:
            joined[owners[shop]].append(shop)
        if moves:
            moved |= {(unit, since) for unit in (new, old) if unit is not None}
            if old is not None:
                left[old].append(shop)
    marks.mark("assignments", moved)
    cursor.execute(
        """SELECT DISTINCT a.territory_id, i.since FROM import_row i JOIN retail_assignment a
        ON a.retailer_id = i.shop AND a.during && daterange(i.since, %s, '[]') WHERE i.effect <> 'unchanged'""",
        [context.today],
    )
    marks.mark("retailers", cursor.fetchall())
    news.tell_moved(left, joined)
