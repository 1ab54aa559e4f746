"""The client rules over orders: shops that fall behind, grow large, order oddly or stop; declared at start.

Volumes are cartons of four-week windows (cycles/bases.py). Thresholds are those in force in the shop's territory.
"""

from __future__ import annotations

from backend.parameters import Declared
from cycles.grid import Dimension
from cycles.models import Action, Goal
from cycles.rules import growth
from cycles.rules.rule import Proposal, Rule, add

TRADE, OURS = "trade usage; docs/method.md", "our proposal; docs/method.md"

GROWTH_LIMIT = Declared(
    "client.growth_limit", float, 0.8, "增长率与同类户之比下限", "growth against peers at least", TRADE
)
GROWTH_GAP = Declared(
    "client.growth_gap_points", float, 5.0, "与同类户增长率之差(百分点)", "gap to peers' growth, points", OURS
)
GROWTH_FLOOR = Declared(
    "client.growth_floor_cartons", int, 20, "增长率基数下限(条/四周)", "smallest base of a growth, cartons", OURS
)
PEERS_MIN = Declared(
    "client.peers_min", int, 5, "同类户最少户数（不足则比全市）", "peers at least, else the prefecture's", OURS
)
LARGE_CARTONS = Declared("client.large_cartons", int, 1000, "大户订货量(条/四周)", "large: over so many cartons", TRADE)
LARGE_TIMES = Declared(
    "client.large_times", float, 4.0, "大户为同市场类型户均的倍数", "large: over so many times the mean", TRADE
)
LARGE_RULE = Declared(
    "client.large_rule",
    str,
    "or",
    "大户条件组合（or 任一 / and 同时）",
    "large: one condition (or) or both (and)",
    OURS,
)
ODD_PERCENT = Declared(
    "client.odd_order_percent",
    float,
    250.0,
    "异常订单：占前三次均量上限（%）",
    "odd order: over % of three before",
    TRADE,
)
ODD_FLOOR = Declared(
    "client.odd_order_floor_cartons", int, 20, "异常订单起算量(条)", "odd order: not under so many cartons", TRADE
)
SILENT_WINDOWS = Declared(
    "client.silent_windows", int, 3, "连续未订货的订货周期数", "order windows without an order", OURS
)

MONTH_DAYS = "extract(day FROM %(month)s::date + interval '1 month - 1 day')"  # a window has 28
NO_UNIT = "NULL::bigint AS unit_id, NULL::bigint AS product_id"


def in_force(*thresholds: Declared) -> str:
    """SQL of a table expression `b`: the thresholds in force per territory, each as a column named like its key's end,
    and `threshold`, the same as jsonb. Read once per territory and not once per shop."""
    kinds = {int: "int", float: "numeric", str: "text"}
    columns = [f"(t->>'{d.key}')::{kinds[d.kind]} AS {d.key.rpartition('.')[2]}" for d in thresholds]
    pairs = [f"'{d.key}', t->'{d.key}'" for d in thresholds]
    return f"""b AS MATERIALIZED (
        SELECT territory_id, {", ".join(columns)}, jsonb_build_object({", ".join(pairs)}) AS threshold
        FROM an_unit)"""  # noqa: S608  keys of our own


def among_peers(group: str, quantities: tuple[str, ...]) -> str:
    """SQL of table expressions over `own` (one row a shop, with county_id, prefecture_id and these quantities): `peers`
    has for each shop how many others of its group there are in its county (in the prefecture where these are fewer than
    peers_min), in which unit, and the sums of their quantities. No row where the prefecture has too few, too."""
    sums = ", ".join(f"sum({q}) AS {q}" for q in quantities)
    rest = ", ".join(f"CASE WHEN c.n > b.peers_min THEN c.{q} ELSE p.{q} END - o.{q} AS {q}" for q in quantities)
    return f"""in_county AS (SELECT county_id, {group}, count(*) AS n, {sums} FROM own GROUP BY county_id, {group}),
    in_prefecture AS (SELECT prefecture_id, {group}, count(*) AS n, {sums} FROM own GROUP BY prefecture_id, {group}),
    peers AS (
        SELECT o.retailer_id, CASE WHEN c.n > b.peers_min THEN c.n ELSE p.n END - 1 AS n,
            CASE WHEN c.n > b.peers_min THEN o.county_id ELSE o.prefecture_id END AS place_id, {rest}
        FROM own o JOIN b USING (territory_id) JOIN in_county c USING (county_id, {group})
        JOIN in_prefecture p USING (prefecture_id, {group}) WHERE p.n > b.peers_min)"""  # noqa: S608  of our own


def orders_since(first: str, rows: str) -> str:
    """SQL of evidence: the shop's orders from a day (a name of cycles/bases.py) until the day of the analysis."""
    return f"""jsonb_build_object('query', 'orders_of_shop', 'parameters', jsonb_build_object(
        'retailer', o.retailer_id, 'since', %({first})s, 'until', %(as_of)s), 'rows', {rows})"""


_OWN, _PEERS = growth.Pair("o.w0", "o.w1"), growth.Pair("p.w0", "p.w1")

FALLING = Rule(
    code="client.growth",
    version=1,
    dimension=Dimension.CLIENT,
    subject="shop",
    name="增长落后同类户",
    name_en="falls behind its peers",
    reads="近两个四周窗口的订货量，与同县（不足时同市）同类别零售户相比",
    reads_en="orders of the last two four-week windows, against shops of the class in the county (else the prefecture)",
    zh="近四周订货 {w0:n} 条，环比 {growth:percent}；"
    "{place}同类（{group}）零售户 {peers:n} 户环比 {peer_growth:percent}，"
    "落后 {gap:points}。",
    en="Ordered {w0:n} cartons in four weeks, {growth:percent} on the four before; {peers:n} shops of the same class"
    " ({group}) in {place} made {peer_growth:percent}: {gap:points} behind.",
    # Shops that were there in both windows; what others of the class sold together is what the shop is held against.
    find=f"""
    WITH {in_force(GROWTH_LIMIT, GROWTH_GAP, GROWTH_FLOOR, PEERS_MIN)},
    own AS MATERIALIZED (
        SELECT s.retailer_id, s.territory_id, s.county_id, s.prefecture_id, s.class, x.w0, x.w1,
            x.orders0 + x.orders1 AS orders
        FROM an_shop s JOIN an_total x USING (retailer_id)
        WHERE s.state = 'active' AND s.opened_on <= %(from1)s AND x.w1 > 0),
    {among_peers("class", ("w0", "w1"))}
    SELECT o.retailer_id, {NO_UNIT}, jsonb_build_object('w0', o.w0, 'w1', o.w1, 'growth', {_OWN.percent},
            'group', o.class, 'peers', p.n, 'peers_w0', p.w0, 'peers_w1', p.w1, 'peer_growth', {_PEERS.percent},
            'ratio', {growth.ratio(_OWN, _PEERS)},
            'gap', round(100 * (p.w0 / p.w1::numeric - o.w0 / o.w1::numeric), 1), 'place', u.name,
            'baseline', round(o.w0 * {MONTH_DAYS} / 28), 'best', y.cartons,
            'target', ceil(o.w1 * p.w0 / p.w1::numeric * {MONTH_DAYS} / 28)) AS figures,
        b.threshold, {orders_since("from1", "o.orders")} AS evidence
    FROM own o JOIN peers p USING (retailer_id) JOIN b USING (territory_id) JOIN backend_unit u ON u.id = p.place_id
    LEFT JOIN an_best y USING (retailer_id)
    WHERE o.w1 >= b.growth_floor_cartons
    AND {growth.falls_behind(_OWN, _PEERS, limit="b.growth_limit", gap="b.growth_gap_points / 100")}
    """,  # noqa: S608
    bases=("an_total", "an_best"),
    severity=2,
    thresholds=(GROWTH_LIMIT, GROWTH_GAP, GROWTH_FLOOR, PEERS_MIN),
    proposal=Proposal(
        "client.recover",
        "上门了解订货下滑原因，调整货源与品类建议，当月订货达到 {target:n} 条（按近四周进度为 {baseline:n} 条）",
        "Find out at the shop why orders fell and adjust what is offered: {target:n} cartons this month"
        " (at the pace of the last four weeks: {baseline:n})",
        "cartons",
        Goal.AT_LEAST,
        Action.Serves.VISIT,
    ),
)

# A visit that was made before it was noticed is no answer to it.
_ONE_MORE_VISIT = "'baseline', coalesce(v.visits_so_far, 0), 'target', coalesce(v.visits_so_far, 0) + 1"
_OVER_CARTONS = "o.w0 > b.large_cartons"
_OVER_MEAN = "coalesce(o.w0 * p.n > b.large_times * p.w0 AND p.w0 > 0, false)"

LARGE = Rule(
    code="client.large",
    version=2,
    dimension=Dimension.CLIENT,
    subject="shop",
    name="大户预警",
    name_en="large account",
    reads="近四周订货量，与同县（不足时同市）同市场类型零售户户均相比",
    reads_en="orders of the last four weeks, against the mean of the market type in the county (else the prefecture)",
    zh="近四周订货 {w0:n} 条，同市场类型零售户户均 {mean:n} 条，{reasons:over}；须书面说明原因并跟踪流向。",
    en="Ordered {w0:n} cartons in four weeks where shops of its market type ordered {mean:n} on average:"
    " {reasons:over}. The cause is to be put in writing, and where the goods go.",
    find=f"""
    WITH {in_force(LARGE_CARTONS, LARGE_TIMES, LARGE_RULE, PEERS_MIN)},
    own AS MATERIALIZED (
        SELECT s.retailer_id, s.territory_id, s.county_id, s.prefecture_id, s.market_type, x.w0, x.orders0
        FROM an_shop s JOIN an_total x USING (retailer_id) WHERE s.state = 'active' AND x.w0 > 0),
    {among_peers("market_type", ("w0",))}
    SELECT o.retailer_id, {NO_UNIT}, jsonb_build_object('w0', o.w0, 'mean', round(p.w0 / p.n, 1), 'peers', p.n,
            'place', u.name, 'market_type', o.market_type, 'reasons', to_jsonb(array_remove(ARRAY[
                CASE WHEN {_OVER_CARTONS} THEN 'GT_' || b.large_cartons END,
                CASE WHEN {_OVER_MEAN} THEN 'GT_' || trim_scale(b.large_times) || 'X' END], NULL)),
            {_ONE_MORE_VISIT}, 'best', NULL) AS figures,
        b.threshold, {orders_since("from0", "o.orders0")} AS evidence
    FROM own o JOIN b USING (territory_id) LEFT JOIN peers p USING (retailer_id)
    LEFT JOIN backend_unit u ON u.id = p.place_id LEFT JOIN an_visit v USING (retailer_id)
    WHERE CASE WHEN b.large_rule = 'and' THEN {_OVER_CARTONS} AND {_OVER_MEAN}
        ELSE {_OVER_CARTONS} OR {_OVER_MEAN} END
    """,  # noqa: S608
    bases=("an_total", "an_visit"),
    severity=1,
    thresholds=(LARGE_CARTONS, LARGE_TIMES, LARGE_RULE, PEERS_MIN),
    proposal=Proposal(
        "client.explain_large",
        "到店清点库存，核实大批量订货的用途与流向，写明原因，当月至少 {target:n} 次",
        "Count the stock at the shop, find out where so much goes and write it down. Visits this month:"
        " at least {target:n}",
        "visits",
        Goal.AT_LEAST,
        Action.Serves.OBSERVATION,
    ),
)

ODD_ORDER = Rule(
    code="client.odd_order",
    version=2,
    dimension=Dimension.CLIENT,
    subject="shop",
    name="异常订单",
    name_en="odd order",
    reads="最近一次订单（四周内），与此前三次订单均量相比；不足三次的新户不判",
    reads_en="the last order (of four weeks) against the mean of the three before; not for shops with fewer",
    zh="{on_date:date}订货 {cartons:n} 条，为前三次均量 {mean:n} 条的 {percent:percent}（上限 {limit:percent}）。",
    en="Ordered {cartons:n} cartons on {on_date:date}: {percent:percent} of the mean of the three orders before"
    " ({mean:n}); the limit is {limit:percent}.",
    find=f"""
    WITH {in_force(ODD_PERCENT, ODD_FLOOR)},
    own AS (
        SELECT retailer_id, max(cartons) FILTER (WHERE rank = 1) AS cartons,
            max(on_date) FILTER (WHERE rank = 1) AS on_date, sum(cartons) FILTER (WHERE rank > 1) AS before,
            jsonb_agg(order_id ORDER BY rank) AS ids
        FROM an_recent GROUP BY retailer_id HAVING count(*) = 4)
    SELECT o.retailer_id, {NO_UNIT}, jsonb_build_object('cartons', o.cartons, 'on_date', o.on_date,
            'mean', round(o.before / 3.0, 1), 'percent', round(300.0 * o.cartons / o.before, 1),
            'limit', b.odd_order_percent, {_ONE_MORE_VISIT}, 'best', NULL) AS figures,
        b.threshold, jsonb_build_object('kind', 'order', 'ids', o.ids, 'rows', 4) AS evidence
    FROM own o JOIN an_shop s USING (retailer_id) JOIN b USING (territory_id) LEFT JOIN an_visit v USING (retailer_id)
    WHERE s.state = 'active' AND o.on_date >= %(from0)s AND o.before > 0
    AND o.cartons >= b.odd_order_floor_cartons AND 300 * o.cartons > b.odd_order_percent * o.before
    """,  # noqa: S608
    bases=("an_recent", "an_visit"),
    severity=1,
    thresholds=(ODD_PERCENT, ODD_FLOOR),
    every_day=True,
    proposal=Proposal(
        "client.check_order",
        "到货后上门核对库存与实际销售，排除新品上市、节日备货等原因，当月至少 {target:n} 次",
        "Check stock against sales at the shop after delivery; launches and holidays explain much. Visits this month:"
        " at least {target:n}",
        "visits",
        Goal.AT_LEAST,
        Action.Serves.OBSERVATION,
    ),
)

SILENT = Rule(
    code="client.silent",
    version=1,
    dimension=Dimension.CLIENT,
    subject="shop",
    name="连续未订货",
    name_en="stopped ordering",
    reads="最近十六周的订单；每周一个订货周期",
    reads_en="orders of the last sixteen weeks; one order window a week",
    zh="已连续 {windows:n} 个订货周期未订货（上次订货：{last_on:day}）。",
    en="No order for {windows:n} order windows (last order: {last_on:day}).",
    # A shop that never ordered counts from its first day; beyond sixteen weeks nothing is counted any more. What it
    # ordered early in the month, before it fell silent, is no order won back: the goal is one more than that.
    find=f"""
    WITH {in_force(SILENT_WINDOWS)},
    own AS (
        SELECT s.retailer_id, s.territory_id, r.order_id, r.on_date,
            (%(as_of)s - greatest(coalesce(r.on_date, s.opened_on), %(from3)s - 1) - 1) / 7 AS windows,
            coalesce(m.orders, 0) AS ordered
        FROM an_shop s LEFT JOIN an_recent r ON r.retailer_id = s.retailer_id AND r.rank = 1
        LEFT JOIN (SELECT retailer_id, count(*) AS orders FROM an_recent WHERE month = %(month)s AND cartons > 0
            GROUP BY retailer_id) m ON m.retailer_id = s.retailer_id
        WHERE s.state = 'active')
    SELECT o.retailer_id, {NO_UNIT}, jsonb_build_object('windows', o.windows, 'last_on', o.on_date,
            'baseline', o.ordered, 'target', o.ordered + 1, 'best', NULL) AS figures,
        b.threshold, CASE WHEN o.order_id IS NULL
            THEN jsonb_build_object('kind', 'retailer', 'ids', jsonb_build_array(o.retailer_id), 'rows', 1)
            ELSE jsonb_build_object('kind', 'order', 'ids', jsonb_build_array(o.order_id), 'rows', 1) END AS evidence
    FROM own o JOIN b USING (territory_id) WHERE o.windows >= b.silent_windows
    """,  # noqa: S608
    bases=("an_recent",),
    severity=1,
    thresholds=(SILENT_WINDOWS,),
    every_day=True,
    proposal=Proposal(
        "client.win_back",
        "上门了解停订原因，恢复正常订货，当月至少订货 {target:n} 次",
        "Find out at the shop why it stopped ordering, and win it back: {target:n} order this month",
        "orders",
        Goal.AT_LEAST,
        Action.Serves.VISIT,
    ),
)

add(FALLING, LARGE, ODD_ORDER, SILENT)
