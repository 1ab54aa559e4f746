"""All 15 cells of the shops' months follow the chain of facts and the visits. Called by stages.py and locking.py.

analyze: a finding was sighted · plan: every action proposed for it was decided · execute: the visits of
cycles/execute.py, and each accepted action has the evidence that it takes · evaluate: each accepted action was measured
and each miss has its reason · improve: each miss became an improvement that somebody decided on. A shop without
findings keeps its cells at "nothing to do" and costs nobody a keystroke (docs/method.md, "The 15 cells").
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from backend import clock
from cycles import standing
from cycles.building import PARENT
from cycles.execute import KEY_PRODUCT, LANDED, PRICE_OR_STOCK
from cycles.grid import COLUMNS, CellState, Dimension

NONE, OPEN, DONE, MISSED, NOT_APPLICABLE = (int(state) for state in CellState)
_OF_ALL = f'SELECT c.retailer_id, c.territory_id FROM "{PARENT}" c WHERE c.month = %(month)s'  # noqa: S608
# Shops of the territories today, and shops that moved away: visited by somebody of these territories before, or with an
# action that was decided there and keeps its stamp (its new owner's decisions are marked by that stamp).
_OF_TERRITORIES = f"""
{_OF_ALL} AND c.territory_id = ANY(%(territories)s)
UNION
{_OF_ALL} AND c.retailer_id IN (
    SELECT v.retailer_id FROM visits_visit v WHERE v.month = %(month)s AND v.territory_id = ANY(%(territories)s)
    UNION
    SELECT a.retailer_id FROM cycles_action a WHERE a.month = %(month)s AND a.territory_id = ANY(%(territories)s))
"""  # noqa: S608  names of our own


def _steps(dimension: Dimension) -> str:
    """The five states of one dimension; {d} is its row of `chain`, found.<dimension> whether a finding was sighted."""
    d, base = str(dimension), f"base.{dimension}"
    execute = f"CASE WHEN {base} AND NOT coalesce({d}.lacking, FALSE) THEN {DONE} ELSE {OPEN} END"
    if dimension is Dimension.BRAND:
        # No key product in force: nothing to look at, but what was agreed to be done is still to be done.
        execute = f"""CASE WHEN base.has_key THEN {execute} WHEN {d}.needs_evidence IS NOT TRUE THEN {NOT_APPLICABLE}
            WHEN {d}.lacking THEN {OPEN} ELSE {DONE} END"""
    return f"""
    CASE WHEN found.{d} THEN {DONE} ELSE {NONE} END AS {d}_analyze,
    CASE WHEN {d}.drafted IS NULL THEN {NONE} WHEN {d}.drafted THEN {OPEN} ELSE {DONE} END AS {d}_plan,
    {execute} AS {d}_execute,
    CASE WHEN {d}.accepted IS NOT TRUE THEN {NONE} WHEN {d}.unsettled THEN {OPEN} ELSE {DONE} END AS {d}_evaluate,
    CASE WHEN {d}.missed IS NOT TRUE THEN {NONE} WHEN {d}.undecided THEN {OPEN} ELSE {DONE} END AS {d}_improve"""


_TOLD = ", ".join(f"bool_or(f.dimension = '{d}') AS {d}" for d in Dimension)
_CHAINS = "\n".join(
    f"LEFT JOIN chain {d} ON {d}.retailer_id = base.retailer_id AND {d}.dimension = '{d}'" for d in Dimension
)
# Of a shop that has closed nothing more is asked: what was done stays done.
_OF_CLOSED = ", ".join(
    f"CASE WHEN d.is_closed AND d.{x} = {OPEN} THEN {NOT_APPLICABLE} ELSE d.{x} END AS {x}" for x in COLUMNS
)
_DERIVE = f"""
WITH touched AS MATERIALIZED ({{touched}}),
place AS MATERIALIZED (
    SELECT u.id, EXISTS (
        SELECT 1 FROM brands_keyproduct k
        WHERE k.unit_id = ANY(u.ancestors) AND k.during && daterange(%(month)s, %(next)s)) AS has_key
    FROM backend_unit u WHERE u.id IN (SELECT territory_id FROM touched) AND {standing.not_locked("u")}),
shop AS MATERIALIZED (
    SELECT t.retailer_id, p.has_key, EXISTS (
        SELECT 1 FROM retail_classification x
        WHERE x.retailer_id = t.retailer_id AND x.during @> %(on)s::date AND x.state = 'closed') AS is_closed
    FROM touched t JOIN place p ON p.id = t.territory_id),
landed AS MATERIALIZED (
    SELECT v.id, v.retailer_id, v.territory_id, v.on_date
    FROM visits_visit v JOIN shop t ON t.retailer_id = v.retailer_id WHERE {LANDED}),
seen AS MATERIALIZED (
    SELECT v.retailer_id, v.territory_id, v.on_date, o.product_id, {PRICE_OR_STOCK} AS priced
    FROM landed v JOIN visits_observation o ON o.month = %(month)s AND o.visit_id = v.id),
offered AS MATERIALIZED (
    SELECT DISTINCT v.retailer_id, v.territory_id, v.on_date, v.product_id FROM (
        SELECT retailer_id, territory_id, on_date, product_id FROM seen
        UNION ALL
        SELECT v.retailer_id, v.territory_id, v.on_date, p.product_id
        FROM landed v JOIN visits_pitch p ON p.month = %(month)s AND p.visit_id = v.id) v),
found AS MATERIALIZED (
    SELECT f.retailer_id, {_TOLD}
    FROM cycles_sighting s JOIN cycles_finding f ON f.id = s.finding_id JOIN shop t ON t.retailer_id = f.retailer_id
    WHERE s.month = %(month)s AND NOT f.is_restricted GROUP BY f.retailer_id),
act AS MATERIALIZED (
    SELECT a.id, a.retailer_id, a.dimension, a.state = 'drafted' AS drafted, a.state = 'accepted' AS accepted,
        a.state = 'accepted' AND a.serves <> 'nothing' AND a.evidence_needed > 0 AS needs_evidence, a.evidence_needed,
        r.outcome IS NULL OR (r.outcome = 'miss' AND r.reason = '') AS unsettled, r.outcome = 'miss' AS missed,
        became.state <> 'dropped' AND became.decided_by_id IS NULL OR carried.state = 'proposed' AS undecided
    FROM cycles_action a JOIN shop t ON t.retailer_id = a.retailer_id
    LEFT JOIN cycles_result r ON r.action_id = a.id
    LEFT JOIN cycles_improvement became ON became.origin_id = a.id
    LEFT JOIN cycles_improvement carried ON carried.id = a.improvement_id
    WHERE a.month = %(month)s),
linked AS MATERIALIZED (
    SELECT e.action_id, count(*) AS n FROM cycles_evidence e JOIN act a ON a.id = e.action_id AND a.needs_evidence
    GROUP BY e.action_id),
chain AS MATERIALIZED (
    SELECT a.retailer_id, a.dimension, bool_or(a.drafted) AS drafted, bool_or(a.accepted) AS accepted,
        bool_or(a.needs_evidence) AS needs_evidence,
        bool_or(a.needs_evidence AND coalesce(e.n, 0) < a.evidence_needed) AS lacking,
        bool_or(a.accepted AND a.unsettled) AS unsettled, bool_or(a.missed) AS missed,
        bool_or(a.missed AND a.undecided) AS undecided
    FROM act a LEFT JOIN linked e ON e.action_id = a.id GROUP BY a.retailer_id, a.dimension),
done AS MATERIALIZED (
    SELECT retailer_id, bool_or(client) AS client, bool_or(brand) AS brand, bool_or(market) AS market FROM (
        SELECT retailer_id, TRUE AS client, FALSE AS brand, FALSE AS market FROM landed
        UNION ALL
        SELECT v.retailer_id, FALSE, TRUE, FALSE FROM offered v WHERE {KEY_PRODUCT.format(line="v")}
        UNION ALL
        SELECT retailer_id, FALSE, FALSE, TRUE FROM seen WHERE priced) x
    GROUP BY retailer_id),
base AS MATERIALIZED (
    SELECT t.retailer_id, t.has_key, t.is_closed, d.client IS TRUE AS client, d.brand IS TRUE AS brand,
        d.market IS TRUE AS market
    FROM shop t LEFT JOIN done d ON d.retailer_id = t.retailer_id),
derived AS (
    SELECT base.retailer_id, base.is_closed, {", ".join(_steps(d) for d in Dimension)}
    FROM base LEFT JOIN found ON found.retailer_id = base.retailer_id
    {_CHAINS}),
said AS (SELECT d.retailer_id, {_OF_CLOSED} FROM derived d)
UPDATE "{PARENT}" c SET {", ".join(f"{column} = d.{column}" for column in COLUMNS)}
FROM said d
WHERE c.month = %(month)s AND c.retailer_id = d.retailer_id
AND ({", ".join(f"c.{column}" for column in COLUMNS)}) IS DISTINCT FROM ({", ".join(f"d.{c}" for c in COLUMNS)})
"""  # noqa: S608  names and numbers of our own


def derive(month: date, territories: Sequence[int] | None = None) -> int:
    """The 15 cells of the shops of these territories (default: of all) say what the month's facts say.

    Rows of a prefecture that has locked the month stay as they are. Runs in the caller's transaction, under the month's
    lock (`building.lock_month`). Returns how many rows changed. One query, whatever the number of shops.
    """
    values: dict[str, Any] = {"month": month, "next": clock.add_months(month, 1)}
    values["territories"] = list(territories or ())
    values["on"] = min(clock.today(), clock.month_end(month))  # who has closed by then
    with connection.cursor() as cursor:
        cursor.execute(_DERIVE.format(touched=_OF_ALL if territories is None else _OF_TERRITORIES), values)
        return cursor.rowcount


_MISS = f"""
UPDATE "{PARENT}" c SET {", ".join(f"{x} = CASE c.{x} WHEN {OPEN} THEN {MISSED} ELSE c.{x} END" for x in COLUMNS)}
FROM backend_unit u
WHERE c.month = %(month)s AND u.id = c.territory_id AND {{within}} AND {standing.not_locked("u")}
AND ({" OR ".join(f"c.{x} = {OPEN}" for x in COLUMNS)})
"""  # noqa: S608  names and numbers of our own


def miss_open(month: date, prefectures: Sequence[int] | None = None) -> int:
    """What is still open when these prefectures (default: all) lock the month was missed: called right before their
    state says locked. Returns how many rows changed. One query."""
    values: dict[str, Any] = {"month": month, "prefectures": list(prefectures or ())}
    with connection.cursor() as cursor:
        cursor.execute(_MISS.format(within=standing.within("u", prefectures)), values)
        return cursor.rowcount
