"""The roll-up rows of units above the territory: sums of the level below; recompute.py runs these level by level.

Parameters as in leaves.py; %(units)s are units of one level, whose children's rows are already right.
"""

from __future__ import annotations

from market.rollups.leaves import stored_prices

PRICES = stored_prices("""
    SELECT u.parent_id AS unit_id, c.product_id, c.price_fen, sum(c.count) AS count
    FROM backend_unit u JOIN market_unitpricecount c ON c.unit_id = u.id AND c.month = %(month)s
    WHERE u.parent_id = ANY(%(units)s) GROUP BY u.parent_id, c.product_id, c.price_fen""")

STATEMENTS: tuple[str, ...] = (PRICES,)
