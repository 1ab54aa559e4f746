"""Shops on the ground for the tests of plans: many at once, with points and visit classes, written set-based."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection

from backend.models import Unit
from cycles import building, plan
from visits.models import PlannedStop

_SHOPS = """
WITH wanted AS (
    SELECT n, (%(classes)s::text[])[n] AS visit_class, md5(%(seed)s || n)::uuid AS id
    FROM generate_series(1, cardinality(%(classes)s::text[])) n),
shop AS (
    INSERT INTO retail_retailer (id, code, licence_no, name, holder, address, county_id, datum, opened_on, version,
        lon, lat)
    SELECT id, %(seed)s || n, %(seed)s || 'L' || n, 'shop ' || n, 'holder', '', %(county)s, 'WGS-84', %(since)s, 1,
        114.3 + (hashtextextended(id::text, 1) & 1023) / 5120.0, 30.5 + (hashtextextended(id::text, 2) & 1023) / 5120.0
    FROM wanted),
classified AS (
    INSERT INTO retail_classification (retailer_id, during, state, business_type, market_type, scale, integrity_grade,
        terminal_type, trade_area, visit_class, tier)
    SELECT id, daterange(%(since)s, NULL), 'active', 'B', 'C', 2, '', 'ordinary', '', visit_class, 1 + n %% 30
    FROM wanted)
INSERT INTO retail_assignment (retailer_id, territory_id, during)
SELECT id, %(territory)s, daterange(%(since)s, NULL) FROM wanted
"""


def settle(territory: Unit, classes: str, *, seed: str = "G", since: date = date(2024, 1, 1)) -> None:
    """One active ordinary shop for each letter (its visit class), over 20 km by 20 km, assigned to the territory."""
    values: dict[str, Any] = {"classes": list(classes), "seed": seed, "county": territory.ancestors[3], "since": since}
    with connection.cursor() as cursor:
        cursor.execute(_SHOPS, {**values, "territory": territory.pk})


def draft(month: date, prefectures: list[int] | None = None) -> int:
    """Drafts as the month does: under its lock."""
    building.lock_month(month)
    return plan.draft_stops(month, prefectures)


def rows(month: date) -> list[tuple[Any, ...]]:
    """Every stop of the month, whole."""
    names = [field.attname for field in PlannedStop._meta.concrete_fields]
    return sorted(PlannedStop.objects.filter(month=month).values_list(*names), key=repr)
