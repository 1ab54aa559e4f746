"""The statements that draft a manager's cells: one per kind of fact, over all managers at once; run by drafting.py.

Each gives rows (cycle_id, cell, position, template, parameters, evidence, flagged). Counts and evidence come from one
SELECT of cycles/manager_facts.py; a group that holds no fact gives no row, so no sentence is without evidence.
"""

from __future__ import annotations

from cycles.manager_facts import (
    ACTIONS,
    ADVICE,
    FINDINGS,
    FORECASTS,
    IMPROVEMENTS,
    OF_PRODUCT,
    RESULTS,
    SHOWN_IDS,
    STOPS,
    VISITS,
    WHO,
)

ASKS = "900"  # the place of the sentence that asks for words: the last of its cell
NAMED = 5  # shops named in a sentence: as many as its list shows


def _from(fact: str) -> str:
    """Facts of one kind, those about shops with the shop's code, by which names are ordered."""
    coded = f"SELECT x.*, r.code FROM ({fact}) x LEFT JOIN retail_retailer r ON r.id = x.retailer_id"  # noqa: S608
    return f"WITH {WHO}, fact AS MATERIALIZED ({fact if fact == FORECASTS else coded})"


def _group(keys: str = "cycle_id, dimension", where: str = "true", *more: str) -> str:
    """Facts counted by manager and dimension, with the ids that are kept and the names that are shown."""
    columns = ", ".join(
        (
            keys,
            "count(*) AS n",
            f"(array_agg(fact.id ORDER BY fact.id))[1:{SHOWN_IDS}] AS ids",
            *more,
        )
    )
    return f"(SELECT {columns} FROM fact WHERE {where} GROUP BY {keys}) g"  # noqa: S608  names of our own


NAMES = f"""
(SELECT jsonb_agg(coalesce(r.name, p.name, u.name) ORDER BY k.place) FROM unnest((array_agg(
    fact.retailer_id ORDER BY fact.code, fact.id))[1:{NAMED}],
    (array_agg(fact.product_id ORDER BY fact.code, fact.id))[1:{NAMED}],
    (array_agg(fact.of_unit ORDER BY fact.code, fact.id))[1:{NAMED}])
    WITH ORDINALITY AS k(retailer, product, unit, place)
LEFT JOIN retail_retailer r ON r.id = k.retailer LEFT JOIN brands_product p ON p.id = k.product
LEFT JOIN backend_unit u ON u.id = k.unit) AS names
"""  # noqa: S608  names of our own
SHOP_NAMES = f"""
(SELECT jsonb_agg(r.name ORDER BY k.place) FROM unnest((array_agg(fact.retailer_id ORDER BY fact.severity, fact.code)
    FILTER (WHERE fact.retailer_id IS NOT NULL))[1:{NAMED}]) WITH ORDINALITY AS k(retailer, place)
JOIN retail_retailer r ON r.id = k.retailer) AS names
"""  # noqa: S608  names of our own
SHOPS = "count(DISTINCT fact.retailer_id) AS shops"
FEW_OR_MANY = f"|| CASE WHEN g.n > {NAMED} THEN '_many' ELSE '_few' END"


def _proof(kind: str, told: str = "'dimension', g.dimension", unit: str = "w.unit_id") -> str:
    query = f"'month', to_char(%(month)s::date, 'YYYY-MM'), 'unit', {unit}" + (f", {told}" if told else "")
    return (
        f"jsonb_build_object('kind', '{kind}', 'query', jsonb_build_object({query}),"
        " 'ids', to_jsonb(g.ids), 'rows', g.n)"
    )


def _say(place: tuple[str, str], template: str, parameters: str, proof: str, source: str) -> str:
    cell, position = place
    flagged = "true" if position == ASKS else "false"
    return f"""
        SELECT g.cycle_id, {cell} AS cell, {position} AS position, {template} AS template,
            jsonb_build_object({parameters}) AS parameters, {proof} AS evidence, {flagged} AS flagged
        FROM {source} JOIN who w ON w.id = g.cycle_id"""  # noqa: S608  names of our own


def _all(fact: str, *sentences: str) -> str:
    return _from(fact) + " UNION ALL ".join(sentences)


def _cell(step: str) -> str:
    return f"g.dimension || '_{step}'"


_FLAGGED = "'dimension', g.dimension, 'flagged', true"
_RULE = "'rule', coalesce(%(names)s::jsonb -> g.rule ->> 0, g.rule), 'rule_en', coalesce(%(names)s::jsonb -> g.rule ->> 1, g.rule)"  # noqa: E501
_RANKED = f"""
(SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY cycle_id, dimension ORDER BY first, n DESC, rule) AS rank
    FROM {_group("cycle_id, dimension, rule", "true", SHOPS, SHOP_NAMES, "min(fact.severity) AS first")}) g
WHERE rank <= {NAMED}) g
"""  # noqa: S608  names of our own
# The child unit that stands out, for managers above territories: named only where there is something to choose from.
_MOST = f"""
(SELECT DISTINCT ON (g.cycle_id, g.dimension) g.*, g.n * 100.0 / sum(g.n) OVER by_cell AS share,
    count(*) OVER by_cell AS children
FROM {_group("cycle_id, dimension, child_id", "fact.child_id IS NOT NULL")}
WINDOW by_cell AS (PARTITION BY g.cycle_id, g.dimension)
ORDER BY g.cycle_id, g.dimension, g.n DESC, g.child_id) g JOIN backend_unit u ON u.id = g.child_id AND g.children > 1
"""  # noqa: S608  names of our own
_LEAST = f"""
(SELECT DISTINCT ON (g.cycle_id, g.dimension) g.*, count(*) OVER by_cell AS children
FROM {_group("cycle_id, dimension, child_id", "fact.child_id IS NOT NULL AND fact.told", "count(*) FILTER (WHERE outcome = 'hit') AS hit")}
WINDOW by_cell AS (PARTITION BY g.cycle_id, g.dimension)
ORDER BY g.cycle_id, g.dimension, g.hit * 1.0 / g.n, g.n DESC, g.child_id) g
JOIN backend_unit u ON u.id = g.child_id AND g.children > 1
"""  # noqa: S608, E501  names of our own
_PRODUCTS = f"""
(SELECT * FROM (
    SELECT fact.cycle_id, fact.dimension, p.id AS product_id, p.name AS product, count(*) AS n,
        (array_agg(fact.id ORDER BY fact.id))[1:{SHOWN_IDS}] AS ids, {SHOPS},
        row_number() OVER (PARTITION BY fact.cycle_id ORDER BY count(*) DESC, p.code) AS rank
    FROM fact JOIN who b ON b.id = fact.cycle_id AND b.role_id = 'brand_manager'
    JOIN brands_product p ON {OF_PRODUCT.format(product="p.id")}
    WHERE fact.dimension = 'brand' GROUP BY fact.cycle_id, fact.dimension, p.id, p.name, p.code) x
WHERE rank <= {NAMED}) g
"""  # noqa: S608  names of our own

FROM_FINDINGS = _all(
    FINDINGS,
    _say(
        (_cell("analyze"), "100"),
        "'month.findings' || CASE WHEN g.shops > 0 THEN '' ELSE '_of_unit' END",
        "'n', g.n, 'shops', g.shops",
        _proof("findings"),
        _group("cycle_id, dimension", "true", SHOPS),
    ),
    _say(
        (_cell("analyze"), "150"),
        "'month.carried'",
        "'n', g.n, 'since', g.since",
        _proof("findings", "'dimension', g.dimension, 'carried', true"),
        _group("cycle_id, dimension", "fact.carried", "min(fact.opened_on) AS since"),
    ),
    _say(
        (_cell("analyze"), "180"),
        "'month.findings_most'",
        "'unit', u.name, 'n', g.n, 'share', round(g.share, 1)",
        _proof("findings", unit="g.child_id"),
        _MOST,
    ),
    _say(
        (_cell("analyze"), "200 + g.rank"),
        f"'month.rule_' || CASE WHEN g.shops = 0 THEN 'of_unit' WHEN g.shops > {NAMED} THEN 'many' ELSE 'few' END",
        f"{_RULE}, 'n', g.n, 'shops', g.shops, 'names', g.names",
        _proof("findings", "'dimension', g.dimension, 'rule', g.rule"),
        _RANKED,
    ),
    _say(
        (_cell("analyze"), "300 + g.rank"),
        "'month.product'",
        "'product', g.product, 'n', g.n, 'shops', g.shops",
        _proof("findings", "'dimension', g.dimension, 'product', g.product_id"),
        _PRODUCTS,
    ),
    _say(
        (_cell("analyze"), ASKS),
        f"'month.flagged' {FEW_OR_MANY}",
        "'n', g.n, 'names', g.names",
        _proof("findings", _FLAGGED),
        _group("cycle_id, dimension", "fact.flagged", NAMES),
    ),
)

_STATES = "count(*) FILTER (WHERE state = '{0}') AS {0}"
FROM_ACTIONS = _all(
    ACTIONS,
    _say(
        (_cell("plan"), "100"),
        "'month.actions'",
        "'n', g.n, 'accepted', g.accepted, 'drafted', g.drafted, 'dropped', g.dropped",
        _proof("actions"),
        _group("cycle_id, dimension", "true", *(_STATES.format(s) for s in ("accepted", "drafted", "dropped"))),
    ),
    _say(
        (_cell("plan"), ASKS),
        f"'month.above_best' {FEW_OR_MANY}",
        "'n', g.n, 'names', g.names",
        _proof("actions", _FLAGGED),
        _group("cycle_id, dimension", "fact.flagged", NAMES),
    ),
    _say(
        (_cell("execute"), "300"),
        "'month.served'",
        "'n', g.n, 'done', g.done",
        _proof("actions", "'dimension', g.dimension, 'wants_record', true"),
        _group("cycle_id, dimension", "fact.wants_record", "count(*) FILTER (WHERE served) AS done"),
    ),
)

FROM_RESULTS = _all(
    RESULTS,
    _say(
        (_cell("evaluate"), "100"),
        "'month.results'",
        "'n', g.n, 'hit', g.hit, 'miss', g.miss, 'unmeasured', g.n - g.hit - g.miss",
        _proof("results"),
        _group(
            "cycle_id, dimension",
            "true",
            "count(*) FILTER (WHERE outcome = 'hit') AS hit",
            "count(*) FILTER (WHERE outcome = 'miss') AS miss",
        ),
    ),
    _say(
        (_cell("evaluate"), "180"),
        "'month.results_least'",
        "'unit', u.name, 'n', g.n, 'hit', g.hit",
        _proof("results", "'dimension', g.dimension, 'told', true", unit="g.child_id"),
        _LEAST,
    ),
    _say(
        (_cell("evaluate"), ASKS),
        f"'month.misses' {FEW_OR_MANY}",
        "'n', g.n, 'names', g.names",
        _proof("results", _FLAGGED),
        _group("cycle_id, dimension", "fact.flagged", NAMES),
    ),
)

FROM_IMPROVEMENTS = _all(
    IMPROVEMENTS,
    _say(
        (_cell("improve"), "100"),
        "'month.improvements'",
        "'n', g.n, 'proposed', g.proposed, 'open', g.open, 'met', g.met, 'partly', g.partly, 'dropped', g.dropped",
        _proof("improvements"),
        _group(
            "cycle_id, dimension",
            "true",
            *(_STATES.format(s) for s in ("proposed", "open", "met", "partly", "dropped")),
        ),
    ),
    _say(
        (_cell("improve"), "200"),
        "'month.aged'",
        "'n', g.n, 'months', g.months",
        _proof("improvements", "'dimension', g.dimension, 'aged', true"),
        _group("cycle_id, dimension", "fact.aged", "max(fact.months_open) AS months"),
    ),
)

FROM_STOPS = _all(
    STOPS,
    _say(
        ("'client_plan'", "200"),
        "'month.stops'",
        "'n', g.n, 'shops', g.shops, 'days', g.days",
        _proof("stops", ""),
        _group("cycle_id", "true", SHOPS, "count(DISTINCT fact.on_date) AS days"),
    ),
    _say(
        ("'client_execute'", "200"),
        "'month.stops_done'",
        "'n', g.n, 'done', g.done, 'missed', g.missed",
        _proof("stops", ""),
        _group("cycle_id", "true", *(_STATES.format(s) for s in ("done", "missed"))),
    ),
    _say(
        ("'client_execute'", ASKS),
        f"'month.stops_unexplained' {FEW_OR_MANY}",
        "'n', g.n, 'names', g.names",
        _proof("stops", "'flagged', true"),
        _group("cycle_id", "fact.flagged", NAMES),
    ),
)

FROM_VISITS = _all(
    VISITS,
    _say(
        ("'client_execute'", "100"),
        "'month.visits'",
        "'n', g.n, 'shops', g.shops, 'of', (SELECT count(*) FROM cover c JOIN cycles_retailercycle x"
        " ON x.territory_id = c.unit_id AND x.month = %(month)s WHERE c.cycle_id = g.cycle_id)",
        _proof("visits", ""),
        _group("cycle_id", "true", SHOPS),
    ),
    _say(
        ("'brand_execute'", "100"),
        "'month.pitches'",
        "'n', g.pitches, 'accepted', g.accepted, 'share', round(g.accepted * 100.0 / g.pitches, 1)",
        _proof("visits", "'pitched', true"),
        _group("cycle_id", "fact.pitched", "sum(pitches) AS pitches", "sum(accepted) AS accepted"),
    ),
    _say(
        ("'market_execute'", "100"),
        "'month.seen'",
        "'n', g.seen, 'shops', g.shops",
        _proof("visits", "'priced', true"),
        _group("cycle_id", "fact.priced", "sum(seen) AS seen", SHOPS),
    ),
)

# As `forecast_accuracy` counts elsewhere: of territories with a forecast, the shops that are theirs on the last day.
_ORDERED = """
(SELECT sum(o.cartons) FROM fact JOIN retail_assignment a
    ON a.territory_id = fact.of_unit AND a.during @> %(ends_on)s::date
JOIN market_order o ON o.month = %(month)s AND o.retailer_id = a.retailer_id WHERE fact.cycle_id = g.cycle_id)
"""
_OWN_FORECAST = """
(SELECT fact.cycle_id, fact.changed, fact.cartons, fact.model_cartons, fact.last_month_cartons, fact.reason, 1 AS n,
    ARRAY[fact.id] AS ids FROM fact JOIN cover c ON c.cycle_id = fact.cycle_id AND c.unit_id = fact.of_unit
WHERE fact.of_unit = c.own_id) g
"""
_FORECAST_SUMS = f"""
{_group("cycle_id", "fact.child_id IS NOT NULL", "sum(cartons) AS cartons", "sum(last_month_cartons) AS last", "count(*) FILTER (WHERE changed) AS changed")}
"""  # noqa: E501
_MEASURED_FORECAST = f"""
(SELECT *, {_ORDERED} AS actual FROM {_group("cycle_id", "%(today)s > %(ends_on)s", "sum(cartons) AS cartons")}) g
"""  # noqa: S608  names of our own
FROM_FORECASTS = _all(
    FORECASTS,
    _say(
        ("'market_plan'", "150"),
        "CASE WHEN g.changed THEN 'month.forecast_changed' ELSE 'month.forecast' END",
        "'cartons', g.cartons, 'last', g.last_month_cartons, 'model', g.model_cartons,"
        " 'reason', rtrim(g.reason, '。. ')",
        _proof("forecast", ""),
        _OWN_FORECAST,
    ),
    _say(
        ("'market_plan'", "150"),
        "'month.forecasts'",
        "'n', g.n, 'cartons', g.cartons, 'last', g.last, 'changed', g.changed",
        _proof("forecast", ""),
        _FORECAST_SUMS,
    ),
    _say(
        ("'market_evaluate'", "150"),
        "'month.accuracy'",
        "'cartons', g.cartons, 'actual', g.actual,"
        " 'accuracy', greatest(round((1 - abs(g.actual - g.cartons) * 1.0 / g.actual) * 100, 1), 0)",
        _proof("forecast", ""),
        _MEASURED_FORECAST + " ",
    )
    + " WHERE g.actual > 0",
)

FROM_ADVICE = _all(
    ADVICE,
    _say(
        ("'client_improve'", "300"),
        "'month.advice'",
        "'n', g.n, 'written', g.written",
        _proof("advice_sheets", ""),
        _group("cycle_id", "true", "count(*) FILTER (WHERE written) AS written"),
    ),
)

STATEMENTS: tuple[str, ...] = (
    FROM_FINDINGS,
    FROM_ACTIONS,
    FROM_RESULTS,
    FROM_IMPROVEMENTS,
    FROM_STOPS,
    FROM_VISITS,
    FROM_FORECASTS,
    FROM_ADVICE,
)
