"""Opens a prefecture's locked month once more: an audited act with a reason and an end; called by the API.

The lines that stood beside the figures are absorbed into them (docs/decisions/0011-months-are-locked-by-prefecture.md).
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from backend import audit, clock
from backend.errors import FieldError, Problem, register
from backend.reach import require_unit
from backend.scope import Actor
from cycles import building, manager_month, prefectures, stages
from cycles.models import Adjustment, Month, PrefectureMonth
from cycles.prefectures import State

CAPABILITY = "months.reopen"
LONGEST_DAYS = 31

register(
    "month_not_locked",
    409,
    ("该月份尚未锁定", "The month is not locked"),
    ("只有已锁定的月份才需要重新打开。", "Only a month that is locked can be reopened."),
)


def reopen(*, actor: Actor, month: date, prefecture: int, reason: str, until: date) -> PrefectureMonth:
    """The prefecture's locked month is measured again: its lines are absorbed into the figures, and it locks once more
    at the end of `until` (today to 31 days from now).

    `not_found` outside the actor's units with months.reopen or where the month has no such prefecture;
    `month_not_locked`; `invalid` for the day or an empty reason. Audited with the reason.
    """
    require_unit(actor, CAPABILITY, prefecture)
    _check(reason, until)
    with transaction.atomic():
        building.lock_month(month)
        row = PrefectureMonth.objects.select_for_update().filter(month=month, prefecture_id=prefecture).first()
        if row is None:
            raise Problem("not_found")
        if row.state != State.LOCKED:
            raise Problem("month_not_locked")
        before = audit.snapshot(row)
        row.state, row.reopened_at, row.reopened_until = State.MEASURED, clock.now(), until
        row.version += 1
        row.save(update_fields=["state", "reopened_at", "reopened_until", "version"])
        Month.objects.filter(month=month).update(state=Month.State.OPEN)
        _absorb(month, prefecture)
        manager_month.reopen(month, prefecture)
        stages.settle(month, prefecture)
        audit.record(
            actor, "months.reopen", row, before=before, after=audit.snapshot(row), reason=reason, unit_id=prefecture
        )
    return row


def _absorb(month: date, prefecture: int) -> None:
    lines = Adjustment.objects.filter(month=month, absorbed_at=None)
    below = prefectures.units_of([prefecture])
    lines.filter(territory_id__in=below).update(absorbed_at=clock.now())
    lines.filter(unit_id__in=below).update(absorbed_at=clock.now())


def _check(reason: str, until: date) -> None:
    today = clock.today()
    faults = []
    if not reason.strip():
        faults.append(FieldError("invalid", "请写明原因", "say why", pointer="/reason"))
    if not today <= until <= today + timedelta(days=LONGEST_DAYS):
        faults.append(FieldError("invalid", "须为今日起 31 天之内", "from today to 31 days from now", pointer="/until"))
    if faults:
        raise Problem("invalid", errors=faults)
