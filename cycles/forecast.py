"""Verbs on forecasts: draft those of a month from the model, decide one; called by stages.py, the API and the pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import connection, transaction

from backend import audit, clock
from backend.errors import Problem, register
from backend.kpis import Kpi
from backend.kpis import register as register_kpi
from backend.reach import require_unit
from backend.scope import Actor
from cycles import forecast_model, standing
from cycles.models import Forecast

CAPABILITY = "cycles.plan"

register(
    "forecast_needs_reason",
    409,
    ("改动预测须写明原因", "A changed forecast needs a reason"),
    (
        "与模型给出的数不同时，请写明原因；两个数都会保留。",
        "Say why it differs from the drafted number; both are kept.",
    ),
)
ACCURACY = Kpi(
    "forecast_accuracy",
    1,
    "预测准确率",
    "forecast accuracy",
    "1 - |cartons ordered - cartons forecast| / cartons ordered, of the territories with a forecast, never below 0",
    "percent",
    "a month that is over; cartons of the shops that are the unit's on its last day",
    "docs/method.md, Forecast",
)
register_kpi(ACCURACY)

# A decided forecast stays; one that says the same already is not touched, so that a second draft changes nothing.
_DRAFT = """
, written AS (
    INSERT INTO cycles_forecast AS f (id, month, unit_id, model_cartons, last_month_cartons, last_year_cartons, parts,
        cartons, reason, made_at, version)
    SELECT gen_random_uuid(), %(month)s, p.territory_id, p.model_cartons, p.last_month_cartons, p.last_year_cartons,
        p.parts, coalesce(p.model_cartons, p.last_month_cartons, p.last_year_cartons), '', %(now)s, 1
    FROM predicted p JOIN backend_unit u ON u.id = p.territory_id WHERE {unlocked}
    ORDER BY p.territory_id
    ON CONFLICT (month, unit_id) DO UPDATE SET model_cartons = excluded.model_cartons,
        last_month_cartons = excluded.last_month_cartons, last_year_cartons = excluded.last_year_cartons,
        parts = excluded.parts, cartons = excluded.cartons, made_at = excluded.made_at, version = f.version + 1
    WHERE f.decided_at IS NULL AND (f.model_cartons, f.last_month_cartons, f.last_year_cartons, f.parts)
        IS DISTINCT FROM (excluded.model_cartons, excluded.last_month_cartons, excluded.last_year_cartons,
            excluded.parts)
    RETURNING 1)
SELECT count(*) FROM written
"""


def draft(month: date, prefectures: Sequence[int] | None = None) -> int:
    """Every territory of the prefectures (None: all) with an active shop has a forecast for the month, from the facts
    dated before today and before the month; one that somebody decided stays as it is. Returns the rows written.

    Without three months of history there is no model, and the naive number of last month stands. A month that was
    measured or locked is left alone. In the caller's transaction; one query. docs/method.md, "Forecast".
    """
    asked = forecast_model.values(month, clock.today(), prefectures) | {"now": clock.now()}
    drafting = forecast_model.statement(_DRAFT.format(unlocked=standing.still_planned("u")))
    with connection.cursor() as cursor:
        cursor.execute(drafting, asked)
        return int(cursor.fetchone()[0])


def decide(*, actor: Actor, forecast: Forecast, cartons: int, reason: str = "") -> Forecast:
    """The territory's forecast is what the manager says; the drafted number stays beside it.

    Problems: `not_found` without cycles.plan there, `month_locked` or `month_measured` when it is too late,
    `forecast_needs_reason` for another number than the drafted one without a reason. Six queries at most.
    """
    require_unit(actor, CAPABILITY, forecast.unit_id)
    with transaction.atomic():
        standing.hold(forecast.month)
        standing.require_planned(forecast.month, forecast.unit_id)
        row = Forecast.objects.select_for_update().get(pk=forecast.pk)
        if cartons != drafted_cartons(row) and not reason.strip():
            raise Problem("forecast_needs_reason")
        before = audit.snapshot(row)
        row.cartons, row.reason = cartons, reason.strip()
        row.decided_by_id, row.decided_at, row.version = actor.person_id, clock.now(), row.version + 1
        row.save(update_fields=["cartons", "reason", "decided_by", "decided_at", "version"])
        audit.record(actor, "forecast.decide", row, before=before, after=audit.snapshot(row), unit_id=row.unit_id)
    return row


def drafted_cartons(row: Forecast) -> int | None:
    """The number that was proposed: the model's, else the naive one."""
    found = (row.model_cartons, row.last_month_cartons, row.last_year_cartons)
    return next((number for number in found if number is not None), None)
