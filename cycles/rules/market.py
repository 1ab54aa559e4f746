"""The market rules over territories that sell: volume and revenue per box against the county, forecast against orders.

Prices and stock of a territory are in status.py, what stands in its shops in storefront.py, what may leave the area in
flow.py. Figures by the KPI registry; thresholds are those in force in the territory.
"""

from __future__ import annotations

from backend.parameters import Declared
from cycles.grid import Dimension
from cycles.models import Action, Goal
from cycles.rules import growth
from cycles.rules.client import MONTH_DAYS, OURS, TRADE, in_force
from cycles.rules.rule import Proposal, Rule, add
from cycles.rules.subjects import TERRITORY, WINDOW, proof

GROWTH_LIMIT = Declared(
    "market.growth_limit", float, 0.8, "片区与县区增长率之比下限", "growth against the county at least", TRADE
)
GROWTH_GAP = Declared(
    "market.growth_gap_points", float, 5.0, "与县区增长率之差(百分点)", "gap to the county's growth, points", OURS
)
GROWTH_FLOOR = Declared(
    "market.growth_floor_cartons", int, 200, "片区增长率基数下限(条/四周)", "smallest base of a growth, cartons", OURS
)
ACCURACY = Declared("market.forecast_accuracy", float, 95.0, "预测准确率目标(%)", "target of forecast, %", TRADE)
ACCURACY_FLOOR = Declared(
    "market.forecast_floor_cartons", int, 100, "预测准确率最低订货量(条)", "forecast: from so many cartons", OURS
)

_COUNTY = """c AS (
    SELECT county_id, sum(w0) AS w0, sum(w1) AS w1, sum(f0) AS f0, sum(f1) AS f1 FROM an_area GROUP BY county_id)"""
_AREA = """FROM an_area o JOIN b USING (territory_id) JOIN c USING (county_id)
    JOIN backend_unit u ON u.id = o.county_id"""
_OWN_VOLUME, _ALL_VOLUME = growth.Pair("o.w0", "o.w1"), growth.Pair("c.w0", "c.w1")

VOLUME = Rule(
    code="market.volume",
    version=1,
    dimension=Dimension.MARKET,
    subject="territory",
    name="片区销量增长落后县区",
    name_en="territory's volume falls behind the county",
    reads="近两个四周窗口的订货总量，与全县（区）相比",
    reads_en="all orders of the last two four-week windows, against the county",
    zh="近四周订货 {w0:n} 条，环比 {growth:percent}；{place}全县环比 {county_growth:percent}，落后 {gap:points}。",
    en="{w0:n} cartons in four weeks, {growth:percent} on the four before; all of {place} made {county_growth:percent}:"
    " {gap:points} behind.",
    find=f"""
    WITH {in_force(GROWTH_LIMIT, GROWTH_GAP, GROWTH_FLOOR)}, {_COUNTY}
    SELECT {TERRITORY}, jsonb_build_object('w0', o.w0, 'w1', o.w1, 'growth', {_OWN_VOLUME.percent}, 'place', u.name,
            'county_w0', c.w0, 'county_w1', c.w1, 'county_growth', {_ALL_VOLUME.percent},
            'ratio', {growth.ratio(_OWN_VOLUME, _ALL_VOLUME)},
            'gap', round(100 * (c.w0 / c.w1::numeric - o.w0 / o.w1::numeric), 1),
            'baseline', round(o.w0 * {MONTH_DAYS} / 28), 'best', NULL,
            'target', ceil(o.w1 * c.w0 / c.w1::numeric * {MONTH_DAYS} / 28)) AS figures,
        b.threshold, {proof("orders_of_unit", "o.orders0", on="%(as_of)s", **WINDOW)} AS evidence
    {_AREA}
    WHERE o.w1 >= b.growth_floor_cartons
    AND {growth.falls_behind(_OWN_VOLUME, _ALL_VOLUME, limit="b.growth_limit", gap="b.growth_gap_points / 100")}
    """,
    bases=("an_area", "an_unit"),
    severity=2,
    thresholds=(GROWTH_LIMIT, GROWTH_GAP, GROWTH_FLOOR),
    proposal=Proposal(
        "market.volume",
        "查清下滑的品规与零售户，调整货源与走访重点，当月订货达到 {target:n} 条（按近四周进度为 {baseline:n} 条）",
        "Find which products and shops fell, and turn supply and visits to them: {target:n} cartons this month (at the"
        " pace of the last four weeks: {baseline:n})",
        "cartons",
        Goal.AT_LEAST,
        Action.Serves.VISIT,
    ),
)

_OWN_VALUE = growth.Pair("(250.0 * o.f0 / nullif(o.w0, 0))", "(250.0 * o.f1 / nullif(o.w1, 0))")
_ALL_VALUE = growth.Pair("(250.0 * c.f0 / nullif(c.w0, 0))", "(250.0 * c.f1 / nullif(c.w1, 0))")

STRUCTURE = Rule(
    code="market.revenue_per_box",
    version=1,
    dimension=Dimension.MARKET,
    subject="territory",
    name="单箱销售收入增长落后县区",
    name_en="revenue per box falls behind the county",
    reads="近两个四周窗口的单箱销售收入，与全县（区）相比",
    reads_en="revenue per box of the last two four-week windows, against the county",
    zh="近四周单箱 {value:yuan} 元，环比 {growth:percent}；"
    "{place}全县环比 {county_growth:percent}，落后 {gap:points}。",
    en="{value:yuan} yuan a box in four weeks, {growth:percent} on the four before; all of {place} made"
    " {county_growth:percent}: {gap:points} behind.",
    find=f"""
    WITH {in_force(GROWTH_LIMIT, GROWTH_GAP, GROWTH_FLOOR)}, {_COUNTY}
    SELECT {TERRITORY}, jsonb_build_object('value', round({_OWN_VALUE.now}), 'before', round({_OWN_VALUE.before}),
            'growth', {_OWN_VALUE.percent}, 'place', u.name, 'county_value', round({_ALL_VALUE.now}),
            'county_before', round({_ALL_VALUE.before}), 'county_growth', {_ALL_VALUE.percent},
            'ratio', {growth.ratio(_OWN_VALUE, _ALL_VALUE)},
            'gap', round(100 * ({_ALL_VALUE.now} / {_ALL_VALUE.before} - {_OWN_VALUE.now} / {_OWN_VALUE.before}), 1),
            'baseline', round({_OWN_VALUE.now}), 'best', NULL,
            'target', ceil({_OWN_VALUE.before} * {_ALL_VALUE.now} / {_ALL_VALUE.before})) AS figures,
        b.threshold, {proof("orders_of_unit", "o.orders0", on="%(as_of)s", **WINDOW)} AS evidence
    {_AREA}
    WHERE o.w1 >= b.growth_floor_cartons AND o.w0 > 0 AND o.f1 > 0 AND c.f1 > 0
    AND {growth.falls_behind(_OWN_VALUE, _ALL_VALUE, limit="b.growth_limit", gap="b.growth_gap_points / 100")}
    """,
    bases=("an_area", "an_unit"),
    severity=2,
    thresholds=(GROWTH_LIMIT, GROWTH_GAP, GROWTH_FLOOR),
    proposal=Proposal(
        "market.revenue_per_box",
        "提升结构：重点推介中高价位品规，单箱销售收入由 {baseline:yuan} 元提高到 {target:yuan} 元",
        "Lift the structure with middle and upper price bands: revenue per box from {baseline:yuan} to"
        " {target:yuan} yuan",
        "revenue_per_box",
        Goal.AT_LEAST,
        Action.Serves.PITCH,
    ),
)

FORECAST = Rule(
    code="market.forecast",
    version=1,
    dimension=Dimension.MARKET,
    subject="territory",
    name="需求预测偏差大",
    name_en="forecast missed",
    reads="上一个完整月份的需求预测与实际订货量",
    reads_en="the forecast of the last whole month, and what was ordered",
    zh="{of:day}所在月预测 {forecast:n} 条，实际订货 {actual:n} 条，准确率 {rate:percent}（目标 {limit:percent}）。",
    en="The forecast for the month of {of:day} was {forecast:n} cartons, {actual:n} were ordered: accuracy"
    " {rate:percent} (target {limit:percent}).",
    find=f"""
    WITH {in_force(ACCURACY, ACCURACY_FLOOR)},
    o AS (SELECT f.*, greatest(100 - round(100.0 * abs(f.actual - f.forecast) / nullif(f.actual, 0), 1), 0) AS rate
        FROM an_forecast f)
    SELECT {TERRITORY}, jsonb_build_object('of', o.month, 'forecast', o.forecast, 'actual', o.actual, 'rate', o.rate,
            'limit', b.forecast_accuracy, 'baseline', o.rate, 'target', b.forecast_accuracy, 'best', NULL) AS figures,
        b.threshold, {proof("orders_of_unit", "o.orders", since="o.month", until="o.last + 1", on="o.last")} AS evidence
    FROM o JOIN b USING (territory_id)
    WHERE o.actual >= greatest(b.forecast_floor_cartons, 1)
    AND 100 * abs(o.actual - o.forecast) > (100 - b.forecast_accuracy) * o.actual
    """,  # noqa: S608
    bases=("an_forecast", "an_unit"),
    severity=3,
    thresholds=(ACCURACY, ACCURACY_FLOOR),
    proposal=Proposal(
        "market.forecast",
        "预测前逐户核对波动大的零售户，预测准确率由 {baseline:percent} 提高到 {target:percent}",
        "Before forecasting, ask the shops that swing most: accuracy from {baseline:percent} to {target:percent}",
        "forecast_accuracy",
        Goal.AT_LEAST,
        Action.Serves.VISIT,
    ),
)

add(VOLUME, STRUCTURE, FORECAST)
