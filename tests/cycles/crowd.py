"""Many shops at once for the tests of the month, written set-based: a territory of 186, and what a month came to."""

from __future__ import annotations

import hashlib
from datetime import date

from django.db import connection

from backend.models import Unit
from cycles.grid import COLUMNS

_SHOPS = """
WITH shop AS (
    INSERT INTO retail_retailer (id, code, licence_no, name, holder, address, county_id, datum, opened_on, version)
    SELECT md5(%(seed)s || n)::uuid, %(seed)s || n, %(seed)s || 'L' || n, 'shop', 'holder', '', %(county)s,
        'unknown', %(since)s, 1
    FROM generate_series(1, %(count)s) n
    RETURNING id),
classified AS (
    INSERT INTO retail_classification (retailer_id, during, state, business_type, market_type, scale, integrity_grade,
        terminal_type, trade_area, visit_class)
    SELECT id, daterange(%(since)s, NULL), 'active', 'B', 'C', 2, '', 'ordinary', '', 'C' FROM shop)
INSERT INTO retail_assignment (retailer_id, territory_id, during)
SELECT id, %(territory)s, daterange(%(since)s, NULL) FROM shop
"""


def add_shops(territory: Unit, count: int, *, seed: str = "S", since: date = date(2024, 1, 1)) -> None:
    """That many active shops, assigned to the territory since a day."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SHOPS,
            {
                "seed": seed,
                "county": territory.ancestors[3],
                "territory": territory.pk,
                "since": since,
                "count": count,
            },
        )


def hash_of(month: date) -> str:
    """A hash over every row of the month, retailers' and managers' (but for the ids that chance decides)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT month, retailer_id, territory_id, county_id, {', '.join(COLUMNS)} FROM cycles_retailercycle"
            " WHERE month = %s ORDER BY retailer_id",
            [month],
        )
        rows = cursor.fetchall()
        cursor.execute(
            "SELECT month, role_id, unit_id, person_id FROM cycles_managercycle"
            " WHERE month = %s ORDER BY role_id, unit_id, person_id",
            [month],
        )
        rows += cursor.fetchall()
    return hashlib.sha256(repr(rows).encode()).hexdigest()
