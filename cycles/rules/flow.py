"""The restricted market rule: small or rural shops whose orders suddenly do not fit them. For those who may see it.

It looks for goods that may leave the area. A holiday or a launch moves the whole class, so a shop is held against both
its own past and its class in the same weeks; one of them alone never fires. It proposes nothing and moves no cell.
"""

from __future__ import annotations

from backend.parameters import Declared
from cycles.grid import Dimension
from cycles.rules.client import OURS, in_force
from cycles.rules.rule import Rule, add
from cycles.rules.subjects import NO_UNIT

FLOOR = Declared("market.flow_floor_cartons", int, 20, "异常流动起算量(条/四周)", "flow: from so many cartons", OURS)
PEERS = Declared("market.flow_peers", int, 5, "异常流动最少同类户数", "flow: so many peers at least", OURS)
LARGE_OWN = Declared(
    "market.flow_own_times", float, 2.0, "订货量为本户此前户均的倍数", "flow: times its own mean", OURS
)
LARGE_PEERS = Declared(
    "market.flow_peer_times", float, 3.0, "订货量为同类户均的倍数", "flow: times its peers' mean", OURS
)
DEAR = Declared(
    "market.flow_dear_times", float, 1.5, "条均价为本户此前及同类户的倍数", "flow: dear by so many times", OURS
)

_LARGE = "(o.w0 > b.flow_own_times * o.own_mean AND o.w0 > b.flow_peer_times * o.peer_mean)"
_DEAR = """(o.price_fen > b.flow_dear_times * o.own_price_fen
    AND o.price_fen > b.flow_dear_times * o.peer_price_fen)"""

ABNORMAL = Rule(
    code="market.flow",
    version=1,
    dimension=Dimension.MARKET,
    subject="shop",
    name="卷烟异常流动",
    name_en="abnormal flow",
    reads="小型或乡村零售户近四周订货量与条均价，与本户此前三个四周及同县同类户相比；近十六周未连续订货的不判",
    reads_en="cartons and price per carton of small or rural shops in four weeks, against their own twelve weeks before"
    " and their class in the county; not for shops that skipped a window",
    zh="近四周订货 {w0:n} 条（此前户均 {own_mean:n} 条，同类户均 {peer_mean:n} 条），"
    "条均 {price:yuan} 元（上四周 {own_price:yuan} 元，同类 {peer_price:yuan} 元）。",
    en="Ordered {w0:n} cartons in four weeks (its own mean before {own_mean:n}, its class {peer_mean:n}) at"
    " {price:yuan} yuan a carton ({own_price:yuan} in the four weeks before, its class {peer_price:yuan}).",
    find=f"""
    WITH {in_force(FLOOR, PEERS, LARGE_OWN, LARGE_PEERS, DEAR)}
    SELECT o.retailer_id, {NO_UNIT}, jsonb_build_object('w0', o.w0, 'own_mean', round(o.own_mean, 1),
            'peer_mean', round(o.peer_mean, 1), 'peers', o.peers, 'price', round(o.price_fen),
            'own_price', round(o.own_price_fen), 'peer_price', round(o.peer_price_fen),
            'is_large', {_LARGE}, 'is_dear', {_DEAR}) AS figures,
        b.threshold, jsonb_build_object('query', 'orders_of_shop', 'parameters', jsonb_build_object(
            'retailer', o.retailer_id, 'since', %(from0)s, 'until', %(as_of)s), 'rows', o.orders0) AS evidence
    FROM an_flow o JOIN b USING (territory_id)
    WHERE o.w0 >= b.flow_floor_cartons AND o.peers >= greatest(b.flow_peers, 1) AND ({_LARGE} OR {_DEAR})
    """,  # noqa: S608
    bases=("an_flow", "an_unit"),
    severity=1,
    thresholds=(FLOOR, PEERS, LARGE_OWN, LARGE_PEERS, DEAR),
    restricted=True,
)

add(ABNORMAL)
