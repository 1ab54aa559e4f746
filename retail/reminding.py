"""Reminders of what is owed to shops: promises that fall due, replies that a department let go by; the tick calls it.

Who is told is read from today's assignment: after a transfer the reminders of a shop reach those who have it now.
Rule: docs/method.md, Service.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from backend import clock, metrics, notices, parameters
from backend.models import Level
from backend.notices import Told
from retail.models import Need
from retail.parameters import PROMISE_NOTICE_DAYS
from retail.requests import DEPARTMENT_NAMES

SOON, TODAY, LATE = "promise.due_soon", "promise.due_today", "need.reply_late"
LONGEST = 14  # days: nobody is reminded earlier, whatever a unit's parameter says

notices.register(SOON, "对零售户“{shop}”的承诺将于 {on} 到期：{text}", "A promise to {shop} is due on {on}: {text}")
notices.register(TODAY, "对零售户“{shop}”的承诺今天到期：{text}", "A promise to {shop} is due today: {text}")
notices.register(LATE, "{zh}部门逾期未答复零售户“{shop}”的诉求", "{en} has not replied in time about {shop}")
metrics.register(
    "requests_overdue",
    "Routed needs that no department has replied to in time",
    "SELECT count(*) FROM retail_need WHERE department <> '' AND replied_at IS NULL AND closed_on IS NULL"
    " AND reply_due_at < %(now)s",
)

_TERRITORIES = """
SELECT DISTINCT a.territory_id FROM retail_promise p
JOIN retail_assignment a ON a.retailer_id = p.retailer_id AND a.during @> %(today)s::date
WHERE p.state = 'open' AND p.due_on BETWEEN %(today)s AND %(today)s::date + %(longest)s
"""
# Not on the day it was made: who promises something for tomorrow knows it.
_PROMISES = """
SELECT h.person_id, p.id, s.name, p.text, p.due_on
FROM retail_promise p
JOIN retail_assignment a ON a.retailer_id = p.retailer_id AND a.during @> %(today)s::date
JOIN unnest(%(territories)s::bigint[], %(days)s::int[]) AS t(id, days) ON t.id = a.territory_id
JOIN retail_retailer s ON s.id = p.retailer_id
JOIN backend_position h ON h.unit_id = t.id AND h.during @> %(today)s::date
WHERE p.state = 'open' AND p.due_on BETWEEN %(today)s AND %(today)s::date + %(longest)s
AND (p.due_on = %(today)s OR p.due_on <= %(today)s::date + t.days AND p.promised_on < %(today)s)
AND NOT EXISTS (
    SELECT FROM backend_notice n WHERE n.person_id = h.person_id AND n.subject = p.id
    AND n.kind = CASE WHEN p.due_on = %(today)s THEN %(kind_today)s ELSE %(kind_soon)s END)
"""
_REPLIES = """
SELECT DISTINCT h.person_id, n.id, s.name, n.department
FROM retail_need n
JOIN retail_retailer s ON s.id = n.retailer_id
JOIN retail_assignment a ON a.retailer_id = n.retailer_id AND a.during @> %(today)s::date
JOIN backend_unit t ON t.id = a.territory_id
JOIN backend_position h ON h.unit_id = t.ancestors[%(office)s] AND h.during @> %(today)s::date
JOIN backend_role r ON r.code = h.role_id AND 'retail.edit' = ANY(r.capabilities)
WHERE n.department <> '' AND n.replied_at IS NULL AND n.closed_on IS NULL AND n.reply_due_at < %(now)s
AND NOT EXISTS (
    SELECT FROM backend_notice o WHERE o.person_id = h.person_id AND o.subject = n.id AND o.kind = %(kind)s)
"""


def remind() -> int:
    """The tick: whoever has the shop today has heard of each open promise some days before and on its day, and its
    office's managers of each reply that is overdue; each once. Returns how many notices are new. Two queries where
    no promise falls due soon, else those of a threshold and one more; and those of `notices.tell`."""
    with transaction.atomic():
        return notices.tell([*_promises(), *_late_replies()])


def _promises() -> list[Told]:
    today = clock.today()
    values: dict[str, Any] = {"today": today, "longest": LONGEST, "kind_today": TODAY, "kind_soon": SOON}
    with connection.cursor() as cursor:
        cursor.execute(_TERRITORIES, values)
        if not (territories := [unit for (unit,) in cursor.fetchall()]):
            return []
        days = parameters.values([PROMISE_NOTICE_DAYS], territories, today)
        values["territories"] = territories
        values["days"] = [days[unit][PROMISE_NOTICE_DAYS] for unit in territories]
        cursor.execute(_PROMISES, values)
        return [
            Told(person, TODAY if on == today else SOON, promise, {"shop": shop, "text": text[:200], "on": str(on)})
            for person, promise, shop, text, on in cursor.fetchall()
        ]


def _late_replies() -> list[Told]:
    values: dict[str, Any] = {"today": clock.today(), "now": clock.now(), "office": Level.OFFICE + 1, "kind": LATE}
    with connection.cursor() as cursor:
        cursor.execute(_REPLIES, values)
        rows = cursor.fetchall()
    told = []
    for person, need, shop, department in rows:
        zh, en = DEPARTMENT_NAMES[Need.Department(department)]
        told.append(Told(person, LATE, need, {"shop": shop, "zh": zh, "en": en}))
    return told
