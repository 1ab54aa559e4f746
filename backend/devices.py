"""Phones and their tokens: sign in, sign out, end, report lost, and whom a token stands for; HTTP calls it.

A token is opaque and kept as its SHA-256. It slides 30 days with use, 180 at most after signing in. An ended device may
still push what was recorded before its end, for 14 days; a lost one gets nothing.
"""

from __future__ import annotations

import json
import random
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend import audit, clock, prepared
from backend.errors import Problem
from backend.models import Device, DeviceState, Person
from backend.scope import Actor, Held, Owned, actor_of

SLIDES = timedelta(days=30)
LASTS = timedelta(days=180)
PUSHES_AFTER_END = timedelta(days=14)
HEARD_EVERY = timedelta(minutes=5)
REPORTS_EVERY_S = 15 * 60
LARGEST_OFFSET_S = 2_000_000_000  # a clock that stands in 1970 or 2089 is told as it is
TO_END = Owned(capability="people.manage", owner="person_id")  # reading asks for less: Device.SCOPE
_REPORTED = ("heard_at", "unsent", "app_version", "oldest_unsent_at", "offset_s")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}")


@dataclass(frozen=True)
class SignedIn:
    """What signing in gives: the device, its token in clear (shown once), and the actor it stands for."""

    device: Device
    token: str
    actor: Actor


def sign_in(*, person: Person, device_id: UUID, name: str) -> SignedIn:
    """The person's phone holds a fresh token; an earlier one of the same phone is void.

    The caller has checked the password. Problem device_lost when this phone was reported lost. Five queries.
    """
    now = clock.now()
    token = secrets.token_urlsafe(32)
    actor = actor_of(person)
    fresh: dict[str, Any] = {
        "name": name,
        "token_hash": _hash(token),
        "signed_in_at": now,
        "last_used_at": now,
        "expires_at": now + SLIDES,
        "state": DeviceState.ACTIVE,
        "ended_at": None,
        "unsent": 0,
    }
    with transaction.atomic():
        device, made = Device.objects.select_for_update().get_or_create(
            person=person, device_id=str(device_id), defaults=fresh
        )
        if device.state == DeviceState.LOST:
            raise Problem("device_lost")
        if not made:
            _change(device, **fresh)
        audit.record(actor, "device.sign_in", device, after={"name": name}, unit_id=_unit_of(actor))
    return SignedIn(device, token, Actor(actor.person_id, actor.held, device.pk))


def sign_out(*, actor: Actor, device: Device, unsent: int = 0) -> Device:
    """The device is ended. With unsent items its token may still push them for 14 days; without any it is forgotten."""
    return _close(actor, device.pk, state=DeviceState.ENDED, unsent=unsent, forget=unsent == 0)


def end_device(*, actor: Actor, device_id: UUID) -> Device:
    """The device is ended, effective at its next request: my own, or one of a person under my units (people.manage).

    Problem not_found outside that. A device that is ended or lost already stays as it is.
    """
    return _close(actor, device_id, state=DeviceState.ENDED)


def mark_lost(*, actor: Actor, device_id: UUID) -> Device:
    """The device gets nothing from its next request on and cannot sign in again. Reach and problems as `end_device`."""
    return _close(actor, device_id, state=DeviceState.LOST)


@dataclass(frozen=True)
class Report:
    """What a phone says of itself: how much it has yet to push, since when, its app, and its clock as it sent this."""

    unsent: int
    oldest_at: datetime | None
    app_version: str
    sent_at: datetime


def hear(*, device: Device, report: Report) -> Device:
    """The device's row says what it reported, when, and how far its clock is off (its own less ours, whole seconds).

    Not audited: it comes every quarter of an hour. One query.
    """
    now = clock.now()
    device.heard_at = now
    device.unsent, device.app_version = report.unsent, report.app_version
    device.oldest_unsent_at = report.oldest_at if report.unsent else None
    device.offset_s = max(-LARGEST_OFFSET_S, min(LARGEST_OFFSET_S, round((report.sent_at - now).total_seconds())))
    _change(device, **{name: getattr(device, name) for name in _REPORTED})
    return device


def next_report_in_s() -> int:
    """When a phone is to report next: in a quarter of an hour, give or take a fifth: not all at once."""
    return random.randint(REPORTS_EVERY_S * 4 // 5, REPORTS_EVERY_S * 6 // 5)


def identify(token: str) -> tuple[Device, Actor]:
    """The device of a token, and the actor with the positions of today. One query, at most one write in 5 minutes.

    Problems not_authenticated, token_expired, device_lost. Whether an ended device may go on is the caller's question.
    """
    now = clock.now()
    if (found := _present(token)) is None or not found[0].person.is_active:
        raise Problem("not_authenticated")
    device, held = found
    if device.state == DeviceState.LOST:
        raise Problem("device_lost")
    if device.state == DeviceState.ENDED:
        if device.ended_at is None or now >= device.ended_at + PUSHES_AFTER_END:
            raise Problem("device_ended")
    elif now >= device.expires_at:
        raise Problem("token_expired")
    if device.last_used_at <= now - HEARD_EVERY:
        _heard(device)
    return device, Actor(device.person_id, held, device.pk)


def data_epoch() -> str:
    """Changes when the database was restored or replaced, so that phones offer their last 14 days again. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.system_identifier, c.timeline_id, d.oid FROM pg_control_system() s, pg_control_checkpoint() c,"
            " pg_database d WHERE d.datname = current_database()"
        )
        row = cursor.fetchone()
    return sha256(repr(row).encode()).hexdigest()[:16]


# ----------------------------------------------------------------------------------------------------------------------


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()


# Asked once for every request, so it is written out: composing it anew each time took longer than all the rest of it.
_OF_DEVICE, _OF_PERSON = Device._meta.concrete_fields, Person._meta.concrete_fields
_PRESENT = f"""
SELECT {", ".join(f'd."{one.column}"' for one in _OF_DEVICE)}, {", ".join(f'o."{one.column}"' for one in _OF_PERSON)},
    (SELECT coalesce(jsonb_agg(jsonb_build_array(p.unit_id, u.level, p.role_id, r.capabilities, u.ancestors)), '[]')
        FROM backend_position p JOIN backend_unit u ON u.id = p.unit_id JOIN backend_role r ON r.code = p.role_id
        WHERE p.person_id = o.id AND p.during @> %(today)s::date AND u.during @> %(today)s::date)::text
FROM backend_device d JOIN backend_person o ON o.id = d.person_id WHERE d.token_hash = %(hash)s
"""  # noqa: S608  columns of our own models


def _present(token: str) -> tuple[Device, tuple[Held, ...]] | None:
    """The device of a token with its person, and the positions of today."""
    if not _TOKEN.fullmatch(token):
        return None
    with prepared.cursor() as cursor:
        cursor.execute(_PRESENT, {"today": clock.today(), "hash": _hash(token)})
        if (row := cursor.fetchone()) is None:
            return None
    end = len(_OF_DEVICE)
    device = Device.from_db(connection.alias, [one.attname for one in _OF_DEVICE], row[:end])
    device.person = Person.from_db(connection.alias, [one.attname for one in _OF_PERSON], row[end:-1])
    held = (Held(u, level, role, frozenset(can), tuple(above)) for u, level, role, can, above in json.loads(row[-1]))
    return device, tuple(held)


def _heard(device: Device) -> None:
    now = clock.now()
    slides = min(now + SLIDES, device.signed_in_at + LASTS)
    ends = {"expires_at": slides} if device.state == DeviceState.ACTIVE else {}
    Device.objects.filter(pk=device.pk, token_hash=device.token_hash).update(last_used_at=now, **ends)
    device.last_used_at, device.expires_at = now, ends.get("expires_at", device.expires_at)


def _close(actor: Actor, device_id: UUID, *, state: DeviceState, unsent: int = 0, forget: bool = False) -> Device:
    with transaction.atomic():
        reach = Device.objects.select_for_update(of=("self",)).filter(TO_END.where(actor, clock.today()))
        device = reach.filter(pk=device_id).first()
        if device is None:
            raise Problem("not_found")
        if device.state in {state, DeviceState.LOST}:
            return device
        before = {"state": device.state}
        told: dict[str, Any] = {"state": state, "unsent": unsent, "ended_at": device.ended_at or clock.now()}
        if forget:
            told["token_hash"] = None
        _change(device, **told)
        act = "device.lost" if state == DeviceState.LOST else "device.end"
        audit.record(actor, act, device, before=before, after={"state": state}, unit_id=_unit_of(actor))
    return device


def _change(device: Device, **values: Any) -> None:
    for name, value in values.items():
        setattr(device, name, value)
    device.version += 1
    device.save(update_fields=[*values, "version"])


def _unit_of(actor: Actor) -> int | None:
    """The unit in whose audit the act shows: that of the first position held."""
    return min((p.unit_id for p in actor.held), default=None)
