"""The nightly check: a sample of roll-up keys is computed again from facts beside what is kept; differences are told.

Run by the tick, once a night. Nothing is lost of what differs: it is in the log, in RollupCheck, in the metrics and in
a notice to the administrators; then its territories are marked, so that the boards are right again.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db import connection, transaction

from backend import clock, marks, metrics, notices
from backend.locks import Lock, take
from backend.marks import Key
from backend.notices import Told
from market.models import RollupCheck
from market.rollups import prices_used, segments
from market.rollups import recompute as rollups

log = logging.getLogger(__name__)

HOURS = range(2, 5)  # in Shanghai: nobody waits for a board, and the day has turned
SAMPLE = 20  # (territory, month) keys a night, and of one of them the classes of shops of its county
KIND = "rollups_differ"
notices.register(
    KIND,
    "{on_date} 夜间核对：抽查的 {keys} 个汇总中有 {differing} 处与事实不一致（如 {first}），已安排重算，请查看日志。",
    "Nightly check of {on_date}: of {keys} roll-ups sampled {differing} differ from the facts (such as {first});"
    " they are being recomputed. See the log.",
)
metrics.register(
    "rollups_differing",
    "Roll-up tables of units that differed from the facts in the last nightly check",
    "SELECT coalesce((SELECT jsonb_array_length(differing) FROM market_rollupcheck ORDER BY on_date DESC LIMIT 1), 0)",
)
metrics.register(
    "rollups_check_age_seconds",
    "Age of the last nightly check of roll-ups",
    "SELECT coalesce((SELECT extract(epoch FROM %(now)s - max(checked_at)) FROM market_rollupcheck), 0)",
)
for _consumer in (rollups.CONSUMER, segments.CONSUMER):
    _mine = f"FROM backend_changemark WHERE consumer = '{_consumer}'"
    _oldest = f"{_mine} ORDER BY id LIMIT 1"
    metrics.register(f"{_consumer}_waiting", "Change marks that wait for it", f"SELECT count(*) {_mine}")
    metrics.register(
        f"{_consumer}_lag_seconds",
        "Age of the oldest change mark that waits for it",
        f"SELECT coalesce(extract(epoch FROM %(now)s - min(marked_at)), 0) {_mine}",  # noqa: S608 - ours
    )
    metrics.register(
        f"{_consumer}_oldest_unit",
        "Unit of the oldest change mark that waits for it, 0 if none does",
        f"SELECT coalesce((SELECT unit_id {_oldest}), 0)",
    )
    metrics.register(
        f"{_consumer}_oldest_date",
        "Business date of the oldest change mark that waits for it as yyyymmdd, 0 if none does",
        f"SELECT coalesce((SELECT to_char(on_date, 'YYYYMMDD')::integer {_oldest}), 0)",
    )

_KEYS = """
SELECT t.month, u.id FROM market_rollupturn t JOIN backend_unit u ON u.level = 5
WHERE t.counted_on = least((t.month + interval '1 month - 1 day')::date, %s) AND t.month > %s
ORDER BY random() LIMIT %s
"""
_ADMINISTRATORS = "SELECT person_id FROM backend_position WHERE role_id = 'administrator' AND during @> %s::date"

Rows = dict[tuple[str, int], set[str]]


def follow() -> RollupCheck | None:
    """The tick: the check of this night, unless it was made or the roll-ups are behind (then a later tick makes it)."""
    now = clock.now().astimezone(clock.BUSINESS_ZONE)
    if now.hour not in HOURS or RollupCheck.objects.filter(on_date=clock.today()).exists():
        return None
    if marks.lag(rollups.CONSUMER).count or marks.lag(segments.CONSUMER).count:
        return None
    return check()


def check(sample: int = SAMPLE) -> RollupCheck:
    """A random sample of territories and months, with the units above them, is recomputed and compared. Statements do
    not grow with the sample, only with its months."""
    oldest = clock.add_months(clock.month_of(clock.today()), -rollups.MONTHS_BACK)
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, [clock.today(), oldest, sample])
        keys = cursor.fetchall()
    months: defaultdict[date, list[int]] = defaultdict(list)
    for month, unit in keys:
        months[month].append(unit)
    differing = [found for month in sorted(months) for found in _differing(month, months[month])]
    with transaction.atomic():
        values = {"checked_at": clock.now(), "keys": len(keys), "differing": differing}
        made, _ = RollupCheck.objects.update_or_create(on_date=clock.today(), defaults=values)
        if differing:
            log.error("roll-ups differ from the facts", extra={"differing": differing})
            # Which of its territories is wrong a unit above does not say: all that were sampled are made anew.
            marks.mark(prices_used.MARK, [(unit, month) for month, unit in keys])
            _tell(made)
    return made


def _differing(month: date, territories: Sequence[int]) -> list[dict[str, Any]]:
    """What differs, by unit and table, with how many rows; leaves the rows as they are."""
    with transaction.atomic():
        take(Lock.ROLLUPS, month)
        kept = _rows(month, territories)
        rollups.recompute([Key(unit, month) for unit in territories])
        segments.recompute([Key(territories[0], month)])
        computed = _rows(month, territories)
        transaction.set_rollback(True)
    return [
        {
            "month": f"{month:%Y-%m}",
            "unit": unit,
            "table": table,
            "rows": len(kept[table, unit] ^ computed[table, unit]),
        }
        for table, unit in sorted({*kept, *computed})
        if kept[table, unit] != computed[table, unit]
    ]


def _rows(month: date, territories: Sequence[int]) -> Rows:
    """Every row of these territories and the units above them as text, but for the moment of its computation."""
    found: Rows = defaultdict(set)
    with connection.cursor() as cursor:
        for table in rollups.TABLES:
            cursor.execute(
                f"SELECT r.unit_id, (to_jsonb(r) - 'computed_at')::text FROM {table} r"  # noqa: S608 - ours
                " WHERE r.month = %s AND r.unit_id IN (SELECT unnest(ancestors) FROM backend_unit WHERE id = ANY(%s))",
                [month, list(territories)],
            )
            for unit, row in cursor.fetchall():
                found[table, unit].add(row)
    return found


def _tell(made: RollupCheck) -> None:
    first = made.differing[0]
    params = {
        "on_date": f"{made.on_date}",
        "keys": made.keys,
        "differing": len(made.differing),
        "first": f"{first['table']} {first['month']} {first['unit']}",
    }
    subject = uuid5(NAMESPACE_URL, f"{KIND} {made.on_date}")
    with connection.cursor() as cursor:
        cursor.execute(_ADMINISTRATORS, [clock.today()])
        people = {row[0] for row in cursor.fetchall()}
    notices.tell([Told(person, KIND, subject, params) for person in sorted(people)])
