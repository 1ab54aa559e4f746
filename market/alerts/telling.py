"""Who is told of an alert, why, and when: owners first, then reminders, then upward; never in the quiet hours.

Each telling is a row (AlertTold) made when its cause happens; it is told, in the system and by e-mail as the person
chose, when it falls due, unless the alert was over, acknowledged or muted by then, or the person has left the post.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from backend import clock, mail, notices, workdays
from backend.mail import Letter, Words
from backend.models import Position
from backend.notices import Told
from market.alerts import words as alert_words
from market.alerts.line import when_to_tell
from market.models import Alert, AlertRule, AlertTold

UPWARD = "reports.write"  # who answers for a unit is told when nobody below acknowledges
_SAID = (Alert.State.ACKNOWLEDGED, Alert.State.CLOSED)

# The nearest unit at or above each alert's unit where the role (or, without one, the capability) is held today, and
# everybody who holds it there. `under`: only units above that level.
_HOLDERS = """
SELECT a.alert, p.person_id, p.role_id, p.unit_id, w.level
FROM unnest(%(alerts)s::uuid[], %(units)s::bigint[], %(under)s::int[]) AS a(alert, unit_id, under)
JOIN backend_unit u ON u.id = a.unit_id
CROSS JOIN LATERAL (
    SELECT n.id, n.level FROM backend_position p JOIN backend_role r ON r.code = p.role_id
    JOIN backend_person h ON h.id = p.person_id AND h.is_active
    JOIN backend_unit n ON n.id = p.unit_id
    WHERE p.unit_id = ANY(u.ancestors) AND p.during @> %(today)s::date AND n.level < a.under
        AND (p.role_id = %(role)s OR (%(role)s IS NULL AND %(capability)s = ANY(r.capabilities)))
    ORDER BY n.level DESC LIMIT 1) w
JOIN backend_position p ON p.unit_id = w.id AND p.during @> %(today)s::date
JOIN backend_role r ON r.code = p.role_id
    AND (p.role_id = %(role)s OR (%(role)s IS NULL AND %(capability)s = ANY(r.capabilities)))
JOIN backend_person h ON h.id = p.person_id AND h.is_active
ORDER BY a.alert, p.person_id, p.role_id
"""
ANY_LEVEL = 99
MOST = 500  # of one turn; the rest follows with the next tick


@dataclass(frozen=True)
class Holder:
    """A person who is to hear of an alert, as what and of which unit."""

    alert: UUID
    person: UUID
    role: str
    place: int
    level: int


def holders(alerts: Sequence[Alert], role: str | None, under: Sequence[int] | None = None) -> list[Holder]:
    """Who holds the role (None: may be told upward) nearest at or above each alert's unit. One query."""
    if not alerts:
        return []
    named: dict[str, Any] = {
        "alerts": [alert.pk for alert in alerts],
        "units": [alert.unit_id for alert in alerts],
        "under": list(under or [ANY_LEVEL] * len(alerts)),
        "role": role,
        "capability": UPWARD,
        "today": clock.today(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, named)
        return [Holder(*row) for row in cursor.fetchall()]


def tell_first(rule: AlertRule, alerts: Sequence[Alert]) -> None:
    """The rule's owners are to hear of new alerts; where nobody holds the role, whoever is nearest above."""
    found = holders(alerts, rule.owner_role_id)
    heard = {one.alert for one in found}
    found += holders([alert for alert in alerts if alert.pk not in heard], None)
    _put(rule, found, AlertTold.Why.OWNER)


def tell_over(rule: AlertRule, alerts: Sequence[Alert]) -> None:
    """Whoever was told of these hears that they are over; whoever was to be told is not any more. Two queries."""
    if not alerts:
        return
    rows = AlertTold.objects.filter(alert__in=alerts)
    heard = rows.filter(told_at__isnull=False).order_by("alert_id", "person_id", "-due_at")
    found = [
        Holder(one.alert_id, one.person_id, one.role_id, one.place_id, ANY_LEVEL)
        for one in heard.distinct("alert_id", "person_id")
    ]
    rows.filter(told_at=None).update(dropped=True)
    _put(rule, found, AlertTold.Why.RETURNED)


def follow() -> int:
    """What is still open is told again, and upward, when its day has come; then everything due is told. Called by the
    tick; the number of people told."""
    with transaction.atomic():
        _again(clock.today())
        _upward(clock.today())
    return _tell_due()


def _waiting(day: str, today: date) -> list[Alert]:
    """Open alerts nobody has acknowledged whose day has come, held to the end of the transaction."""
    is_loud = Q(muted_until=None) | Q(muted_until__lt=today)
    due = Alert.objects.select_for_update(of=("self",), skip_locked=True).select_related("rule", "rule__owner_role")
    return list(due.filter(is_loud, state=Alert.State.OPEN, **{f"{day}__lte": today}).order_by("rule_id", "id")[:MOST])


def _again(today: date) -> None:
    alerts = _waiting("remind_on", today)
    for rule, group in _by_rule(alerts):
        _put(rule, holders(group, rule.owner_role_id), AlertTold.Why.REMINDER)
        for alert in group:
            alert.remind_on = today + timedelta(days=rule.remind_days) if rule.remind_days else None
    Alert.objects.bulk_update(alerts, ["remind_on"])


def _upward(today: date) -> None:
    alerts = _waiting("escalate_on", today)
    calendar = workdays.calendar() if alerts else None
    for rule, group in _by_rule(alerts):
        told = holders(group, None, [ANY_LEVEL if a.told_level is None else a.told_level for a in group])
        _put(rule, told, AlertTold.Why.ESCALATION)
        levels = {one.alert: one.level for one in told}
        for alert in group:
            above = levels.get(alert.pk)
            alert.told_level = alert.told_level if above is None else above
            ends = above is None or not rule.escalate_days or calendar is None
            alert.escalate_on = None if ends else workdays.days_after(calendar, today, rule.escalate_days)  # type: ignore[arg-type]
    Alert.objects.bulk_update(alerts, ["told_level", "escalate_on"])


def _by_rule(alerts: Iterable[Alert]) -> list[tuple[AlertRule, list[Alert]]]:
    groups: dict[int, tuple[AlertRule, list[Alert]]] = {}
    for alert in alerts:
        groups.setdefault(alert.rule_id, (alert.rule, []))[1].append(alert)
    return list(groups.values())


def _put(rule: AlertRule, found: Sequence[Holder], why: AlertTold.Why) -> None:
    if not found:
        return
    due = when_to_tell(clock.now(), (rule.quiet_from, rule.quiet_until), workdays.calendar())
    people: dict[tuple[UUID, UUID], Holder] = {}
    for one in found:  # a person who holds two posts is told once
        people.setdefault((one.alert, one.person), one)
    AlertTold.objects.bulk_create(
        [
            AlertTold(
                alert_id=one.alert, person_id=one.person, why=why, role_id=one.role, place_id=one.place, due_at=due
            )
            for one in people.values()
        ]
    )
    if why == AlertTold.Why.OWNER:
        lowest = {one.alert: one.level for one in people.values()}
        Alert.objects.bulk_update([Alert(pk=pk, told_level=level) for pk, level in lowest.items()], ["told_level"])


def _tell_due() -> int:
    with transaction.atomic():
        due = AlertTold.objects.select_for_update(of=("self",), skip_locked=True).filter(
            told_at=None, dropped=False, due_at__lte=clock.now()
        )
        rows = list(
            due.select_related("alert", "alert__unit", "alert__rule", "role", "place", "person").order_by(
                "due_at", "id"
            )[:500]
        )
        holding = _holding(rows)
        spoken = [row for row in rows if row.pk in holding and not _is_moot(row)]
        AlertTold.objects.filter(pk__in=[r.pk for r in rows if r not in spoken]).update(dropped=True)
        AlertTold.objects.filter(pk__in=[r.pk for r in spoken]).update(told_at=clock.now())
        mail.tell([_letter(row) for row in spoken])
        notices.tell([Told(row.person_id, f"alert_{row.why}", row.pk, _params(row)) for row in spoken])
    return len(spoken)


def _holding(rows: Sequence[AlertTold]) -> set[UUID]:
    """Those whose person still holds the post that was to be told: quiet hours may last longer. One query."""
    named = {"role": OuterRef("role"), "unit": OuterRef("place"), "person": OuterRef("person")}
    posts = Position.objects.filter(during__contains=clock.today(), **named)
    held = AlertTold.objects.filter(Exists(posts), pk__in=[row.pk for row in rows], person__is_active=True)
    return set(held.values_list("pk", flat=True))


def _is_moot(row: AlertTold) -> bool:
    """Whether what was to be told has been overtaken while it waited."""
    if row.why == AlertTold.Why.RETURNED:
        return False
    muted = row.alert.muted_until is not None and row.alert.muted_until >= clock.today()
    return muted or row.alert.state in _SAID


def _params(row: AlertTold) -> dict[str, Any]:
    return {**alert_words.params(row), "alert": str(row.alert_id)}


def _letter(row: AlertTold) -> Letter:
    told = notices.words(f"alert_{row.why}", _params(row))
    subject = alert_words.subject(row)
    return Letter(row.person_id, f"alert:{row.pk}", Words(subject[0], told["zh-hans"]), Words(subject[1], told["en"]))
