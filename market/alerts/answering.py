"""Verbs on alerts: acknowledge one, keep one quiet for a while; called by api.py."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from backend import audit, clock
from backend.errors import Problem
from backend.reach import require_unit
from backend.scope import Actor, visible_to
from market.alerts.rules import EDIT
from market.models import Alert, AlertTold

ANSWER = "alerts.answer"
LONGEST_QUIET = timedelta(days=92)


def acknowledge(*, actor: Actor, alert: Alert, words: str) -> Alert:
    """Somebody has taken it up, and says so; nobody is told again or upward. `alerts.answer`, and told of it or
    `alerts.edit` over its unit, else `forbidden`; `conflict` when it is acknowledged or closed already."""
    with transaction.atomic():
        held = _held(actor, alert)
        if held.state != Alert.State.OPEN:
            raise Problem("conflict")
        held.state, held.words = Alert.State.ACKNOWLEDGED, words
        held.said_by_id, held.said_at = actor.person_id, clock.now()
        return _saved(actor, held, "acknowledge", "state", "words", "said_by", "said_at")


def mute(*, actor: Actor, alert: Alert, until: date, words: str) -> Alert:
    """Up to that day nobody is told of it. As acknowledge; `bad_date` for a day that has passed or is over 92 days
    ahead; `conflict` when it is closed."""
    if not clock.today() <= until <= clock.today() + LONGEST_QUIET:
        raise Problem("bad_date")
    with transaction.atomic():
        held = _held(actor, alert)
        if held.state == Alert.State.CLOSED:
            raise Problem("conflict")
        held.muted_until, held.words = until, words
        return _saved(actor, held, "mute", "muted_until", "words")


def _held(actor: Actor, alert: Alert) -> Alert:
    held = visible_to(Alert.objects.select_for_update(of=("self",)), actor).filter(pk=alert.pk).first()
    if held is None:
        raise Problem("not_found")
    if not AlertTold.objects.filter(alert=held, person_id=actor.person_id, told_at__isnull=False).exists():
        try:
            require_unit(actor, EDIT, held.unit_id)
        except Problem:
            raise Problem("forbidden") from None
    return held


def _saved(actor: Actor, held: Alert, act: str, *fields: str) -> Alert:
    before = audit.snapshot(Alert.objects.get(pk=held.pk))
    held.version += 1
    held.save(update_fields=[*fields, "version"])
    audit.record(actor, f"alert.{act}", held, before=before, after=audit.snapshot(held), unit_id=held.unit_id)
    return held
