"""How the rows of brand and market rules name their subject and the records that prove it, as SQL.

Many products of one shop are one finding that names them.
"""

from __future__ import annotations

TERRITORY = "NULL::uuid AS retailer_id, o.territory_id AS unit_id, NULL::bigint AS product_id"
NO_UNIT = "NULL::bigint AS unit_id, NULL::bigint AS product_id"

# Over `hit` (retailer_id, product_id, visit_id, weight): one row a shop, its products with the weightiest first.
LISTED = """listed AS (
    SELECT h.retailer_id, count(*)::int AS n, jsonb_agg(g.name ORDER BY h.weight DESC, g.code) AS products,
        jsonb_agg(g.id ORDER BY h.weight DESC, g.code) AS product_ids, array_agg(DISTINCT h.visit_id) AS visits,
        min(h.weight) AS lightest, max(h.weight) AS weightiest
    FROM hit h JOIN brands_product g ON g.id = h.product_id GROUP BY h.retailer_id)"""

# The visits in which they were seen.
SEEN_IN = """jsonb_build_object('kind', 'visit', 'ids', to_jsonb(l.visits[1:50]),
    'rows', cardinality(l.visits))"""

NAMED = "'n', l.n, 'products', l.products, 'product_ids', l.product_ids"


def orders_of_shop(first: str, month_of_first: str) -> str:
    """SQL of evidence: the shop's orders since a day of cycles/bases.py."""
    return f"""jsonb_build_object('query', 'orders_of_shop', 'parameters', jsonb_build_object(
        'retailer', l.retailer_id, 'since', %({first})s, 'until', %(as_of)s), 'rows', (
            SELECT count(*) FROM market_order o WHERE o.retailer_id = l.retailer_id AND o.on_date >= %({first})s
            AND o.on_date < %(as_of)s AND o.month BETWEEN %({month_of_first})s AND %(as_of_month)s))"""  # noqa: S608


def proof(query: str, rows: str, **parameters: str) -> str:
    """SQL of evidence: a query of cycles/proof_market.py on the territory `o`, with its parameters as SQL."""
    named = "".join(f", '{name}', {value}" for name, value in parameters.items())
    return f"""jsonb_build_object('query', '{query}', 'parameters', jsonb_build_object('unit', o.territory_id{named}),
        'rows', {rows})"""


WINDOW = {"since": "%(from0)s", "until": "%(as_of)s"}  # parameters of a query on the newest four weeks
# ... of the one that asks for stock seen twice.
LOOKED = {name: f"%({name})s" for name in ("as_of", "from0", "seen_from", "month_of_seen_from", "as_of_month")}
