"""The facts that a manager's month speaks of, kind by kind, as SQL; drafted from by drafting.py, found again by `rows`.

One SELECT per kind yields a row per fact and manager with the columns that sentences count and evidence is told by, so
that a sentence and the search for its evidence cannot read different facts (docs/method.md, "The manager's month").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import connection

from backend import clock, parameters
from cycles.goals import AMBITIOUS
from visits.presence import counts

SHOWN_IDS = 50

# Whose month, and which units it speaks of: the manager's own and every one below; `child_id` is the one right below.
_COVER = """
cover AS MATERIALIZED (
    SELECT w.id AS cycle_id, w.level AS own_level, w.unit_id AS own_id, t.id AS unit_id,
        t.ancestors[w.level + 2] AS child_id
    FROM who w JOIN backend_unit t ON t.ancestors @> ARRAY[w.unit_id])
"""
_MANAGERS = """
who AS MATERIALIZED (
    SELECT m.id, m.unit_id, m.role_id, u.level FROM cycles_managercycle m JOIN backend_unit u ON u.id = m.unit_id
    WHERE m.month = %(month)s AND (%(cycles)s::uuid[] IS NULL OR m.id = ANY(%(cycles)s::uuid[]))
        AND (%(prefectures)s::bigint[] IS NULL OR u.ancestors && %(prefectures)s::bigint[]))
"""
_UNIT = """
who AS MATERIALIZED (
    SELECT NULL::uuid AS id, u.id AS unit_id, NULL::text AS role_id, u.level FROM backend_unit u
    WHERE u.id = %(unit)s)
"""
WHO = f"{_MANAGERS}, {_COVER}"
_ONE_UNIT = f"{_UNIT}, {_COVER}"


def _about(table: str) -> str:
    """Rows of the chain about a territory of the manager's, and those about a unit above the territories."""
    return f"""(
        SELECT c.cycle_id, c.child_id, c.unit_id AS of_unit, x.* FROM cover c
        JOIN {table} x ON x.territory_id = c.unit_id
        UNION ALL
        SELECT c.cycle_id, c.child_id, c.unit_id, x.* FROM cover c
        JOIN {table} x ON x.unit_id = c.unit_id AND x.territory_id IS NULL)"""  # noqa: S608  tables of our own


# To be explained: what is to be looked at first and was not seen in the months before; those had their words then.
FINDINGS = f"""
SELECT f.cycle_id, f.child_id, f.of_unit, f.id, f.dimension, f.rule, f.retailer_id, f.product_id, s.severity, s.figures,
    f.first_month, f.opened_on, f.first_month < %(month)s AS carried,
    s.severity = 1 AND f.first_month = %(month)s AS flagged
FROM {_about("cycles_finding")} f JOIN cycles_sighting s ON s.month = %(month)s AND s.finding_id = f.id
WHERE NOT f.is_restricted
"""  # noqa: S608  names of our own
_SERVED = """
a.state = 'accepted' AND a.serves <> 'nothing' AND a.evidence_needed <= (
    SELECT count(*) FROM cycles_evidence e WHERE e.action_id = a.id)
"""
# Actions are flagged for other reasons too (a finding to look at first, an improvement missed twice). Words are asked
# only of a goal beyond the limit in force for its unit, for that is what the sentence says of it.
_LIMIT = f"""coalesce((
    SELECT (p.value #>> '{{}}')::numeric FROM backend_unit u JOIN backend_parameter p ON p.unit_id = ANY(u.ancestors)
    WHERE u.id = a.of_unit AND p.key = '{AMBITIOUS}' AND p.during @> %(month)s::date
        AND jsonb_typeof(p.value) = 'number'
    ORDER BY array_position(u.ancestors, p.unit_id) DESC LIMIT 1), {parameters.declared(AMBITIOUS).default})"""  # noqa: S608 - our own condition
_ABOVE_BEST = f"a.goal = 'at_least' AND a.best > 0 AND a.target > a.best * {_LIMIT}"
ACTIONS = f"""
SELECT a.cycle_id, a.child_id, a.of_unit, a.id, a.dimension, a.rule, a.retailer_id, a.product_id, a.state,
    a.state = 'accepted' AND a.serves <> 'nothing' AS wants_record, {_SERVED} AS served,
    coalesce(a.state = 'accepted' AND a.is_flagged AND a.words = '' AND {_ABOVE_BEST}, FALSE) AS flagged
FROM {_about("cycles_action")} a WHERE a.month = %(month)s
"""  # noqa: S608  names of our own
RESULTS = f"""
SELECT a.cycle_id, a.child_id, a.of_unit, a.id, a.dimension, a.rule, a.retailer_id, a.product_id, r.outcome,
    r.outcome <> 'not_measurable' AS told, r.outcome = 'miss' AND r.reason = '' AS flagged
FROM {_about("cycles_action")} a JOIN cycles_result r ON r.action_id = a.id WHERE a.month = %(month)s
"""  # noqa: S608  names of our own
IMPROVEMENTS = f"""
SELECT i.cycle_id, i.child_id, i.of_unit, i.id, i.dimension, i.rule, i.retailer_id, i.product_id, i.state,
    i.months_open, i.state IN ('proposed', 'open') AND i.months_open >= 2 AS aged
FROM {_about("cycles_improvement")} i
WHERE i.month <= %(month)s AND (i.closed_on IS NULL OR i.closed_on >= %(month)s)
"""  # noqa: S608  names of our own
STOPS = """
SELECT c.cycle_id, c.child_id, c.unit_id AS of_unit, p.id, 'client' AS dimension, p.retailer_id,
    NULL::bigint AS product_id, p.on_date, p.state, p.state = 'missed' AND p.miss_reason = '' AS flagged
FROM cover c JOIN visits_plannedstop p ON p.territory_id = c.unit_id
    AND p.on_date >= %(month)s AND p.on_date < %(after)s
WHERE p.state <> 'dropped'
"""
VISITS = f"""
SELECT c.cycle_id, c.child_id, c.unit_id AS of_unit, v.id, 'client' AS dimension, v.retailer_id,
    NULL::bigint AS product_id, p.pitches, p.accepted, o.seen, p.pitches > 0 AS pitched, o.seen > 0 AS priced
FROM cover c JOIN visits_visit v ON v.territory_id = c.unit_id AND v.month = %(month)s,
LATERAL (SELECT count(*) AS pitches, count(*) FILTER (WHERE p.accepted) AS accepted
    FROM visits_pitch p WHERE p.month = %(month)s AND p.visit_id = v.id) p,
LATERAL (SELECT count(*) AS seen FROM visits_observation o WHERE o.month = %(month)s AND o.visit_id = v.id AND (
    o.carton_price_fen IS NOT NULL OR o.pack_price_fen IS NOT NULL OR o.stock_packs IS NOT NULL)) o
WHERE {counts()}
"""  # noqa: S608 - our own condition
FORECASTS = """
SELECT c.cycle_id, c.child_id, c.unit_id AS of_unit, f.id, 'market' AS dimension, f.cartons, f.model_cartons,
    f.last_month_cartons, f.reason, f.decided_at IS NOT NULL AND f.cartons IS DISTINCT FROM f.model_cartons AS changed
FROM cover c JOIN cycles_forecast f ON f.month = %(month)s AND f.unit_id = c.unit_id
WHERE f.cartons IS NOT NULL
"""
ADVICE = """
SELECT c.cycle_id, c.child_id, c.unit_id AS of_unit, a.id, 'client' AS dimension, a.retailer_id,
    a.words <> '' AS written
FROM cover c JOIN cycles_advicesheet a ON a.month = %(month)s AND a.territory_id = c.unit_id
"""

KINDS: dict[str, str] = {
    "findings": FINDINGS,
    "actions": ACTIONS,
    "results": RESULTS,
    "improvements": IMPROVEMENTS,
    "stops": STOPS,
    "visits": VISITS,
    "forecast": FORECASTS,
    "advice_sheets": ADVICE,
}
# A finding is about a product by itself, or names it among others (cycles/rules: figures "product_ids").
OF_PRODUCT = "fact.product_id = {product} OR fact.figures -> 'product_ids' @> to_jsonb({product}::bigint)"
# What evidence may be narrowed by, beside the month and the unit: columns of the SELECTs above.
TOLD_BY = ("dimension", "rule", "flagged", "carried", "wants_record", "aged", "pitched", "priced", "told")


def moments(month: date) -> dict[str, Any]:
    """What every statement over a manager's month is given beside the managers themselves."""
    return {"month": month, "after": clock.add_months(month, 1), "ends_on": clock.month_end(month)}


def rows(evidence: Mapping[str, Any]) -> list[str]:
    """The ids of the records that prove a sentence, found by its evidence alone, in the order of ids. One query."""
    query = evidence["query"]
    month = date.fromisoformat(f"{query['month']}-01")
    values: dict[str, Any] = {**moments(month), "unit": query["unit"]}
    narrowed = ["true"]
    for name in TOLD_BY:
        if name in query:
            values[f"by_{name}"] = query[name]
            narrowed.append(f"fact.{name} = %(by_{name})s")
    if "product" in query:
        values["by_product"] = query["product"]
        narrowed.append(f"({OF_PRODUCT.format(product='%(by_product)s')})")
    statement = f"""
        WITH {_ONE_UNIT}, fact AS ({KINDS[evidence["kind"]]})
        SELECT DISTINCT fact.id::text FROM fact WHERE {" AND ".join(narrowed)} ORDER BY 1"""  # noqa: S608  our own
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]
