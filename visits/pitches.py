"""What came of pitches: taken or refused, and why, by product; for visits/service_api.py.

Success is counted over three months: fewer than 20 pitches say nothing, below half the account manager is coached, not
punished. Rule: docs/method.md, Service.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from django.db import connection

from backend import clock
from backend.kpis import percent
from backend.models import Unit
from visits.presence import counts

MONTHS = 3
FEWEST = 20
HALF = 50

_BY_PRODUCT = f"""
SELECT p.id, p.name, sum(g.n), coalesce(sum(g.n) FILTER (WHERE g.accepted), 0),
    coalesce(jsonb_object_agg(g.refusal, g.n) FILTER (WHERE NOT g.accepted AND g.refusal <> ''), '{{}}')::text
FROM (
    SELECT l.product_id, l.accepted, l.refusal, count(*) AS n
    FROM visits_visit v JOIN visits_pitch l ON l.month = v.month AND l.visit_id = v.id
    JOIN backend_unit t ON t.id = v.territory_id
    WHERE v.month BETWEEN %(since)s AND %(month)s AND {counts()}
    AND t.ancestors @> ARRAY[%(unit)s::bigint]
    GROUP BY l.product_id, l.accepted, l.refusal) AS g
JOIN brands_product p ON p.id = g.product_id
GROUP BY p.id, p.name ORDER BY sum(g.n) DESC, p.id
"""  # noqa: S608 - our own condition


def of_unit(unit: Unit, month: date) -> dict[str, Any]:
    """Pitches of the month and the two before in the unit: their number, how many were taken, the success rate (null
    below 20) with its verdict (too_small, coaching, passes), and by product why they were refused. One query."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"unit": unit.pk, "month": month, "since": clock.add_months(month, 1 - MONTHS)}
        cursor.execute(_BY_PRODUCT, values)
        names = ("product_id", "product_name", "pitches", "accepted", "refusals")
        rows = [(*row[:4], msgspec.json.decode(row[4])) for row in cursor.fetchall()]
    products = [dict(zip(names, row, strict=True)) for row in rows]
    made, taken = (sum(int(row[name]) for row in products) for name in ("pitches", "accepted"))
    rate = percent(taken, made) if made >= FEWEST else None
    verdict = "too_small" if rate is None else "coaching" if rate < HALF else "passes"
    return {"pitches": made, "accepted": taken, "success_rate": rate, "verdict": verdict, "products": products}
