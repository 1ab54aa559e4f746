"""Watches the rules: what crossed its line becomes an alert, what is back closes it. Called by the tick.

Figures come from market/figures/values.py alone, so an alert says what the board says. A rule is looked at anew when
roll-ups of its units were recomputed since, when its day began, and when it was changed; at most once a minute.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F

from backend import clock, workdays
from backend.marks import BAD_KEY
from backend.models import Unit
from market.alerts import telling
from market.alerts.line import Line, line_of, measured, month_watched
from market.figures import subjects, values
from market.figures.formulas import Figure
from market.models import Alert, AlertRule

log = logging.getLogger(__name__)

PAUSE = timedelta(minutes=1)
_PLACES = Decimal("0.0001")

_DUE = """
SELECT r.id FROM market_alertrule r
WHERE r.is_on AND (r.looked_at IS NULL OR r.looked_at < %(today_began)s OR (r.looked_at < %(before)s AND EXISTS (
    SELECT FROM backend_unit u JOIN market_unitmonth m ON m.unit_id = u.id
        AND m.month = CASE WHEN %(day)s >= r.from_day THEN %(running)s ELSE %(last)s END::date
    WHERE u.level = r.level AND u.ancestors @> ARRAY[r.unit_id] AND m.computed_at > r.looked_at)))
ORDER BY r.id
"""


@dataclass(frozen=True)
class Looked:
    """What one look at a rule changed."""

    opened: int = 0
    closed: int = 0


def watch() -> int:
    """Every rule that is due is looked at, each in a transaction of its own; how many alerts opened or closed.

    Two workers do not look at one rule together; a second look at once changes nothing. One that fails is logged.
    """
    now = clock.now()
    running = clock.month_of(clock.today())
    named: dict[str, Any] = {
        "today_began": clock.start_of(clock.today()),
        "before": now - PAUSE,
        "day": clock.today().day,
        "running": running,
        "last": clock.add_months(running, -1),
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, named)
        due = [row[0] for row in cursor.fetchall()]
    changed = 0
    for pk in due:
        try:
            changed += _watch_one(pk)
        except OperationalError:  # a lost connection or a deadlock: at the next tick
            raise
        except BAD_KEY:  # its figure cannot be told or kept: the others are looked at, and it again when figures change
            log.exception("a rule cannot be looked at", extra={"rule": pk})
            AlertRule.objects.filter(pk=pk).update(looked_at=now)
    return changed


def _watch_one(pk: int) -> int:
    with transaction.atomic():
        rule = AlertRule.objects.select_for_update(skip_locked=True).filter(pk=pk, is_on=True).first()
        looked = Looked() if rule is None else look(rule)
    return looked.opened + looked.closed


def look(rule: AlertRule) -> Looked:
    """The rule's alerts say what its units' figures say now. In the caller's transaction, which holds the rule.

    A figure that cannot be told neither opens nor closes anything. A constant number of queries for any number of
    units beyond those of the figures.
    """
    now, month = clock.now(), month_watched(clock.today(), rule.from_day)
    units = watched(rule, [month])[month]
    found = compared(rule, units, [month])[month]
    line = line_of(rule)
    held = {alert.unit_id: alert for alert in Alert.objects.filter(rule=rule).exclude(state=Alert.State.CLOSED)}
    opened = [
        _new(rule, unit, month, (figure, value))
        for unit, (figure, value) in found.items()
        if unit not in held and line.is_crossed(value)
    ]
    followed = [_follow(alert, month, line, found[unit]) for unit, alert in held.items() if unit in found]
    gone = [_close(alert, Alert.Closed.UNIT_GONE) for unit, alert in held.items() if unit not in set(units)]
    with_dates(rule, opened, now)
    Alert.objects.bulk_create(opened)
    Alert.objects.bulk_update([*followed, *gone], _FOLLOWED, batch_size=500)
    closed = [alert for alert in (*followed, *gone) if alert.state == Alert.State.CLOSED]
    telling.tell_first(rule, opened)
    telling.tell_over(rule, closed)
    AlertRule.objects.filter(pk=rule.pk).update(looked_at=now)
    return Looked(len(opened), len(closed))


def watched(rule: AlertRule, months: Sequence[date]) -> dict[date, list[int]]:
    """By month the units of the rule's level under its unit that were in force on a day of it. One query."""
    found = Unit.objects.filter(level=rule.level, ancestors__contains=[rule.unit_id]).order_by("id")
    units = list(found.values_list("pk", "during"))
    return {month: [pk for pk, during in units if _is_in_force(during, month)] for month in months}


def _is_in_force(during: DateRange, month: date) -> bool:
    """On a day of the month, as `&&` of PostgreSQL says. Pure."""
    begins = during.lower is None or during.lower < clock.add_months(month, 1)
    return not during.isempty and begins and (during.upper is None or month < during.upper)


def compared(
    rule: AlertRule, units: Sequence[int], months: Sequence[date]
) -> dict[date, dict[int, tuple[Figure, Decimal]]]:
    """By month unit -> (figure, what the rule compares of it) where both can be told."""
    subject, segment = subjects.subject(rule.subject), subjects.segment(rule.segment)
    found = values.in_months(units, months, [rule.kpi], subject, segment)
    return {month: dict(_measured(rule, of)) for month, of in found.items()}


def _measured(
    rule: AlertRule, found: Mapping[int, Mapping[str, Figure]]
) -> Iterator[tuple[int, tuple[Figure, Decimal]]]:
    for unit, by_kpi in found.items():
        figure = by_kpi[rule.kpi]
        value = measured(figure, rule.compared)
        if value is not None:
            yield unit, (figure, value)


def close_all(rule: AlertRule) -> int:
    """What is open of a rule that was switched off is closed. In the caller's transaction. Two queries."""
    return (
        Alert.objects.filter(rule=rule)
        .exclude(state=Alert.State.CLOSED)
        .update(
            state=Alert.State.CLOSED,
            closed_at=clock.now(),
            closed_why=Alert.Closed.RULE_OFF,
            version=F("version") + 1,
        )
    )


def with_dates(rule: AlertRule, alerts: Sequence[Alert], now: datetime) -> None:
    """When each is told again and told upward, by the rule; nothing where the rule says never. One query at most."""
    if not alerts:
        return
    today = clock.business_date(now)
    remind = today + timedelta(days=rule.remind_days) if rule.remind_days else None
    upward = workdays.days_after(workdays.calendar(), today, rule.escalate_days) if rule.escalate_days else None
    for alert in alerts:
        alert.remind_on, alert.escalate_on = remind, upward


_FOLLOWED = ("state", "month", "value", "measured", "worst", "seen_at", "closed_at", "closed_why", "version")


def _new(rule: AlertRule, unit: int, month: date, found: tuple[Figure, Decimal]) -> Alert:
    now = clock.now()
    value = found[1].quantize(_PLACES)
    return Alert(
        rule=rule,
        unit_id=unit,
        month=month,
        value=Decimal(found[0].value or 0).quantize(_PLACES),
        measured=value,
        worst=value,
        line=line_of(rule).at,
        opened_at=now,
        seen_at=now,
    )


def _follow(alert: Alert, month: date, line: Line, found: tuple[Figure, Decimal]) -> Alert:
    """An open alert with what is measured now; closed when that is back."""
    value = found[1].quantize(_PLACES)
    if value != alert.measured or month != alert.month:
        alert.version += 1
    alert.month, alert.value, alert.measured = month, Decimal(found[0].value or 0).quantize(_PLACES), value
    alert.worst, alert.seen_at = line.worse(alert.worst, value), clock.now()
    return _close(alert, Alert.Closed.RETURNED) if line.is_back(value) else alert


def _close(alert: Alert, why: str) -> Alert:
    alert.state, alert.closed_at, alert.closed_why = Alert.State.CLOSED, clock.now(), why
    alert.version += 1
    return alert
