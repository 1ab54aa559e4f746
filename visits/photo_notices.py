"""Declared photos that did not come: after a day their account manager and market manager are told; by the tick."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from backend import clock, notices
from backend.notices import Told
from visits import photos

KIND = "photos_missing"
AFTER = timedelta(hours=24)
BACK = timedelta(days=14)  # older ones were told long ago
MOST = 500  # visits in one run: the next tick takes the others

notices.register(
    KIND,
    "{shop}({on_date})的走访声明了 {declared} 张照片，{missing} 张超过 24 小时仍未上传；{person}的手机报告还有 {unsent} 项未发送。",  # noqa: E501
    "The visit to {shop} ({on_date}) declares {declared} photos; {missing} have not come within 24 hours. "
    "The phone of {person} reports {unsent} items unsent.",
)

# The months of the last two weeks only, so that no other partition is read.
_ORPHANS = """
SELECT p.photo_id FROM visits_photo p JOIN visits_storedphoto s ON s.id = p.photo_id AND s.sha256 = p.sha256
WHERE p.month = ANY(%s::date[]) AND p.arrived_at IS NULL
"""
_MISSING = """
SELECT v.id, v.person_id, v.on_date, v.photos_declared, v.photos_missing, r.name, p.name, coalesce(d.unsent, 0),
    array(SELECT DISTINCT h.person_id FROM backend_position h JOIN backend_unit u ON u.id = v.territory_id
          WHERE h.role_id = 'market_manager' AND h.during @> %(today)s::date AND h.unit_id = ANY(u.ancestors))
FROM visits_visit v
JOIN retail_retailer r ON r.id = v.retailer_id
JOIN backend_person p ON p.id = v.person_id
LEFT JOIN backend_device d ON d.id = v.device_id
WHERE v.month = ANY(%(months)s::date[]) AND v.photos_missing > 0
AND v.received_at <= %(until)s AND v.received_at > %(since)s
AND NOT EXISTS (SELECT FROM backend_notice n
                WHERE n.person_id = v.person_id AND n.kind = %(kind)s AND n.subject = v.id)
ORDER BY v.received_at, v.id LIMIT %(most)s
"""


def reconcile() -> int:
    """The tick: what is here belongs to its visit, and of what is still missing after 24 hours the account manager and
    her market manager are told, once. Returns how many notices were new. Queries do not grow with the photos."""
    now = clock.now()
    months = sorted({clock.month_of(now - BACK - timedelta(days=31)), clock.month_of(now - BACK), clock.month_of(now)})
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ORPHANS, [months])
        photos.link(row[0] for row in cursor.fetchall())
        asked: dict[str, Any] = {
            "today": clock.today(), "months": months, "until": now - AFTER, "since": now - BACK, "kind": KIND,
            "most": MOST,
        }  # fmt: skip
        cursor.execute(_MISSING, asked)
        return notices.tell([told for row in cursor.fetchall() for told in _told(row)])


def _told(row: tuple[Any, ...]) -> list[Told]:
    visit_id, person_id, on_date, declared, missing, shop, person, unsent, managers = row
    params = {
        "on_date": on_date.isoformat(), "declared": declared, "missing": missing, "shop": shop, "person": person,
        "unsent": unsent,
    }  # fmt: skip
    return [Told(who, KIND, visit_id, params) for who in dict.fromkeys([person_id, *managers])]
