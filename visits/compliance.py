"""Price tags, licence and minors as rates of a unit and month, and how long repairs take; for visits/breach_api.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from backend import clock
from backend.kpis import Kpi, percent, ratio, register
from visits.presence import counts

METHOD = "docs/method.md, Price tags, licence and minors"
LOOKS = "visits of the month that looked, by the unit stamped on them"

TAGS = Kpi("price_tag_rate", 2, "明码标价率", "price tag rate",
           "products on show with a right tag (on show - without - mismatched - altered) / products on show",
           "percent", LOOKS, METHOD)  # fmt: skip
LICENCE = Kpi("licence_rate", 1, "亮证经营率", "licence in order",
              "looks at which the licence was shown and its holder traded / looks at the licence", "percent", LOOKS,
              METHOD)  # fmt: skip
MINORS = Kpi("minors_rate", 1, "未成年人保护达标率", "protection of minors in order",
             "looks at which the sign was in sight (and age was asked, where that was seen) / looks at the sign",
             "percent", LOOKS, METHOD)  # fmt: skip
MENDING = Kpi("time_to_fix_days", 1, "整改用时(天)", "time to fix, days",
              "days from found to mended / repair tasks that were mended in the month", "days",
              "repair tasks mended in the month, by the unit stamped on the visit that found them", METHOD)  # fmt: skip
LATE = Kpi("repairs_overdue", 1, "逾期未整改", "repairs overdue",
           "repair tasks open on the month's last day (today while it runs) and due before it", "count",
           "repair tasks by the unit stamped on the visit that found them", METHOD)  # fmt: skip
KPIS = (TAGS, LICENCE, MINORS, MENDING, LATE)
register(*KPIS)

# Looks count by the unit stamped on them; rejected visits and those to be verified do not.
_RATES = f"""
WITH unit AS (SELECT * FROM unnest(%(units)s::bigint[]) AS u(id)),
below AS MATERIALIZED (
    SELECT u.id, t.id AS territory_id FROM unit u JOIN backend_unit t ON t.ancestors @> ARRAY[u.id] AND t.level = 5),
look AS (
    SELECT b.id, sum(c.tags_shown) FILTER (WHERE c.tags_shown > 0) AS shown,
        sum(greatest(0, c.tags_shown - coalesce(c.tags_missing, 0) - coalesce(c.tags_mismatched, 0)
            - coalesce(c.tags_altered, 0))) FILTER (WHERE c.tags_shown > 0) AS placed,
        count(c.licence_shown) AS licences,
        count(*) FILTER (WHERE c.licence_shown AND coalesce(c.holder_trades, true)) AS licensed,
        count(c.minors_sign) AS signs,
        count(*) FILTER (WHERE c.minors_sign AND coalesce(c.id_asked, true)) AS signed
    FROM below b JOIN visits_visit v ON v.territory_id = b.territory_id AND v.month = %(month)s
        AND {counts()}
    JOIN visits_compliancecheck c ON c.month = %(month)s AND c.visit_id = v.id
    GROUP BY b.id),
task AS (
    SELECT b.id, sum(t.days) FILTER (WHERE t.closed_on BETWEEN %(month)s AND %(last)s) AS days,
        count(*) FILTER (WHERE t.closed_on BETWEEN %(month)s AND %(last)s) AS mended,
        count(*) FILTER (WHERE t.opened_on <= %(last)s AND t.due_on < %(last)s
            AND (t.closed_on IS NULL OR t.closed_on > %(last)s)) AS late
    FROM below b JOIN visits_displaytask t ON t.territory_id = b.territory_id GROUP BY b.id)
SELECT u.id, l.placed, l.shown, l.licensed, l.licences, l.signed, l.signs, t.days, t.mended, coalesce(t.late, 0)
FROM unit u LEFT JOIN look l USING (id) LEFT JOIN task t USING (id) ORDER BY u.id
"""  # noqa: S608 - our own condition


def rates(units: Sequence[int], month: date) -> dict[int, dict[str, Decimal | int | None]]:
    """Unit -> KPI id -> value; None where nothing was looked at or mended, never 0. One query for any number."""
    last = min(max(clock.today(), month), clock.month_end(month))
    found: dict[int, dict[str, Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_RATES, {"units": list(units), "month": month, "last": last})
        for unit, placed, shown, licensed, licences, signed, signs, days, mended, late in cursor.fetchall():
            found[unit] = {
                TAGS.id: percent(placed, shown),
                LICENCE.id: percent(licensed, licences),
                MINORS.id: percent(signed, signs),
                MENDING.id: ratio(days, mended, places=1),
                LATE.id: late,
            }
    return found
