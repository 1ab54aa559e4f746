"""How far forecasts were off: the model held against both naive ones over past months; what was forecast against what
was ordered. Called by `manage.py forecast_errors`, benchmarks and the 135 board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from backend import clock
from backend.clock import add_months
from cycles import forecast_model

METHODS = ("model", "last_month", "last_year")

# What the shops ordered that are the territory's on the month's last day.
ACTUAL = """
SELECT a.territory_id, sum(s.cartons) AS cartons FROM market_shopproductmonth s
JOIN retail_assignment a ON a.retailer_id = s.retailer_id AND a.during @> (%(next)s::date - 1)
WHERE s.month = %(month)s GROUP BY 1
"""
_MISSED = f"""
, actual AS ({ACTUAL})
SELECT e.method, count(*), avg(e.error), avg(greatest(0, 1 - e.error)) FROM predicted p
JOIN actual a ON a.territory_id = p.territory_id AND a.cartons > 0
CROSS JOIN LATERAL (VALUES ('model', p.model_cartons), ('last_month', p.last_month_cartons),
    ('last_year', p.last_year_cartons)) AS m(method, cartons)
CROSS JOIN LATERAL (SELECT m.method, abs(a.cartons - m.cartons)::numeric / a.cartons AS error) e
WHERE p.model_cartons IS NOT NULL AND p.last_month_cartons IS NOT NULL AND p.last_year_cartons IS NOT NULL
GROUP BY 1
"""  # noqa: S608 - statements of ours


@dataclass(frozen=True)
class Missed:
    """How far one method was off in a month: territories held against it, mean |a-f|/a, mean accuracy, in percent."""

    month: date
    method: str
    territories: int
    error: Decimal
    accuracy: Decimal


def backtest(months: int, *, last: date | None = None) -> list[Missed]:
    """For each of the last whole months what each method would have said on its first day, held against what came.

    Only territories for which all three say something, so that they are held against the same months. One query a
    month, whatever the number of territories.
    """
    until = last or add_months(clock.month_of(clock.today()), -1)
    found: list[Missed] = []
    for step in range(months - 1, -1, -1):
        month = add_months(until, -step)
        asked = forecast_model.values(month, month) | {"next": add_months(month, 1)}
        with connection.cursor() as cursor:
            cursor.execute(forecast_model.statement(_MISSED), asked)
            rows = {method: figures for method, *figures in cursor.fetchall()}
        found += [_missed(month, method, *rows[method]) for method in METHODS if method in rows]
    return found


def total(found: Sequence[Missed]) -> dict[str, tuple[Decimal, Decimal]]:
    """(error, accuracy) of each method over all months, each territory and month alike; a method without any is out."""
    sums: dict[str, list[Decimal]] = {}
    for one in found:
        held = sums.setdefault(one.method, [Decimal(0)] * 3)
        for place, value in enumerate((Decimal(1), one.error, one.accuracy)):
            held[place] += one.territories * value
    return {method: (_tenth(e / n), _tenth(a / n)) for method, (n, e, a) in sums.items()}


def _missed(month: date, method: str, territories: int, error: Decimal, accuracy: Decimal) -> Missed:
    return Missed(month, method, territories, 100 * error, 100 * accuracy)


def _tenth(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"))


# Of every unit its territories' sums; a territory without a forecast is in neither. A number that one of them lacks is
# no number of the unit: the sum of the others, held against what all ordered, would look worse than it is.
_WHOLE = "CASE WHEN count(f.{0}) = count(*) THEN sum(f.{0}) END"
_ACCURACY = f"""
WITH actual AS ({ACTUAL})
SELECT u.id, sum(f.cartons), sum(coalesce(a.cartons, 0)), {_WHOLE.format("model_cartons")},
    {_WHOLE.format("last_month_cartons")}, {_WHOLE.format("last_year_cartons")}, count(f.decided_at), count(*)
FROM backend_unit u JOIN backend_unit t ON t.ancestors && ARRAY[u.id] JOIN cycles_forecast f ON f.unit_id = t.id
LEFT JOIN actual a ON a.territory_id = t.id
WHERE u.id = ANY(%(units)s) AND f.month = %(month)s AND f.cartons IS NOT NULL
GROUP BY 1
"""  # noqa: S608 - statements of ours


@dataclass(frozen=True)
class Held:
    """A unit's forecast beside what came: cartons. `actual` and `accuracy` (percent) are null while the month runs;
    `model`, `last_month` and `last_year` where a territory of the unit lacks that number."""

    cartons: int
    model: int | None
    last_month: int | None
    last_year: int | None
    territories: int
    decided: int
    actual: int | None
    accuracy: Decimal | None


def held(month: date, units: Sequence[int]) -> dict[int, Held]:
    """What was forecast for each unit, of any level, against what was ordered; units without any are left out.

    `accuracy` is the figure `forecast_accuracy`. One query.
    """
    is_over = add_months(month, 1) <= clock.today()
    with connection.cursor() as cursor:
        cursor.execute(_ACCURACY, {"month": month, "next": add_months(month, 1), "units": list(units)})
        rows = cursor.fetchall()
    found = {}
    for unit, cartons, actual, *naive, decided, territories in rows:
        seen = int(actual) if is_over else None
        model, last_month, last_year = (None if one is None else int(one) for one in naive)
        found[unit] = Held(
            int(cartons), model, last_month, last_year, territories, decided, seen, accuracy(int(cartons), seen)
        )
    return found


def accuracy(forecast: int | None, actual: int | None) -> Decimal | None:
    """1 - |a - f| / a in percent with one decimal, never below 0; null without a forecast or anything ordered."""
    if forecast is None or not actual:
        return None
    return max(Decimal(0), 100 - Decimal(100) * abs(actual - forecast) / actual).quantize(Decimal("0.1"))
