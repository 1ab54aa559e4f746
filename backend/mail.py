"""Tells people by e-mail what the system told them, each as it comes or one mail a working morning, as they chose.

Whoever has something to tell calls `tell` in the transaction that causes it; the outbox sends. A line is sent once by
its key; a mail that an SMTP server took twice carries the same Message-ID. Mails hold no restricted facts: callers give
words that anybody of the unit may read, and a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction

from backend import clock, outbox, workdays
from backend.errors import FieldError, Problem
from backend.models import MailChoice, MailLine, Person
from backend.scope import Actor

TOPIC = "mail"
MORNING = time(8, 0)
MOST_LINES = 100  # of one mail; what is beyond is said as a number
KEPT = timedelta(days=92)
_SALT = "mail.stop"


@dataclass(frozen=True)
class Words:
    """What a mail says, without mark-up. `body` may hold several lines."""

    subject: str
    body: str


@dataclass(frozen=True)
class Letter:
    """One thing to tell one person. `key` names it for ever: a second letter of one key and person is not sent."""

    person_id: UUID
    key: str
    zh: Words
    en: Words


_PUT = """
INSERT INTO backend_mailline (person_id, key, words, made_at)
SELECT d.person_id, d.key, d.words, %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS d(person_id uuid, key text, words jsonb)
JOIN backend_mailchoice c ON c.person_id = d.person_id AND c.wanted <> 'none'
ORDER BY d.person_id, d.key
ON CONFLICT (person_id, key) DO NOTHING
RETURNING id, person_id
"""
_EACH = """
UPDATE backend_mailline l SET queued_at = %(now)s FROM backend_mailchoice c
WHERE l.id = ANY(%(ids)s) AND c.person_id = l.person_id AND c.wanted = 'each' RETURNING l.person_id, l.id
"""
_MORNING = """
UPDATE backend_mailline l SET queued_at = %(now)s
WHERE l.id IN (
    SELECT w.id FROM backend_mailline w JOIN backend_mailchoice c ON c.person_id = w.person_id AND c.wanted <> 'none'
    WHERE w.queued_at IS NULL AND w.made_at < %(before)s ORDER BY w.id FOR UPDATE OF w SKIP LOCKED)
RETURNING l.person_id, l.id
"""


def tell(letters: Sequence[Letter]) -> int:
    """Each goes out as its person chose, unless it did before; who wants no mail gets none, also not later.

    Returns how many were taken. In the caller's transaction. Two queries for any number, and one for each person who
    wants each as it comes.
    """
    if not letters:
        return 0
    rows = [
        {
            "person_id": one.person_id,
            "key": one.key,
            "words": {"zh-hans": [one.zh.subject, one.zh.body], "en": [one.en.subject, one.en.body]},
        }
        for one in letters
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PUT, {"now": clock.now(), "rows": msgspec.json.encode(rows).decode()})
        taken = [line for line, _ in cursor.fetchall()]
        cursor.execute(_EACH, {"now": clock.now(), "ids": taken})
        for person, line in cursor.fetchall():
            outbox.put(TOPIC, {"person": str(person), "lines": [line]})
    return len(taken)


def gather() -> int:
    """On a working morning, from 8 o'clock, everybody's waiting lines become one mail each; the number of mails.

    Idempotent: lines are handed over once. Lines made after 8 o'clock wait for the next morning. Called by the tick.
    """
    morning = _this_morning()
    if morning is None:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MORNING, {"now": clock.now(), "before": morning})
        held: dict[UUID, list[int]] = {}
        for person, line in cursor.fetchall():
            held.setdefault(person, []).append(line)
        for person in sorted(held):
            outbox.put(TOPIC, {"person": str(person), "lines": sorted(held[person])})
        cursor.execute("DELETE FROM backend_mailline WHERE made_at < %s", [clock.now() - KEPT])
    return len(held)


def send(payload: Mapping[str, Any]) -> None:
    """The outbox's handler: one mail with these lines to where the person wants it now; nothing where none is wanted,
    where the person may not sign in any more, or where all lines were sent. Raises what the mail server answers."""
    choice = MailChoice.objects.filter(person_id=payload["person"], person__is_active=True).first()
    lines = list(
        MailLine.objects.select_for_update().filter(pk__in=payload["lines"], sent_at=None).order_by("made_at", "pk")
    )
    if choice is None or choice.wanted == MailChoice.Wanted.NONE or not lines:
        return
    person = Person.objects.get(pk=choice.person_id)
    with get_connection() as server:
        _message(person, choice.address, lines, server).send()
    MailLine.objects.filter(pk__in=[line.pk for line in lines]).update(sent_at=clock.now())


def chosen(actor: Actor) -> MailChoice:
    """What the person chose; without a choice: no mail, no address. One query."""
    none = MailChoice(person_id=actor.person_id, address="", wanted=MailChoice.Wanted.NONE)
    return MailChoice.objects.filter(person_id=actor.person_id).first() or none


def choose(*, actor: Actor, address: str, wanted: str) -> MailChoice:
    """From now on the person's mail goes there, that often. `invalid` for an address outside the company's domains, or
    none where mail is wanted. One query."""
    allowed = settings.MAIL_DOMAINS
    if address and allowed and address.rpartition("@")[2].casefold() not in allowed:
        told = "、".join(allowed), ", ".join(allowed)
        fault = FieldError("invalid", f"只能使用这些邮箱域名：{told[0]}", f"Use one of {told[1]}", pointer="/address")
        raise Problem("invalid", errors=[fault])
    if not address and wanted != MailChoice.Wanted.NONE:
        raise Problem("invalid", errors=[FieldError("required", pointer="/address")])
    values = {"address": address, "wanted": wanted}
    return MailChoice.objects.update_or_create(person_id=actor.person_id, defaults=values)[0]


def stop_link(person_id: UUID) -> str:
    """Where a mail's reader ends it without signing in."""
    return f"{settings.PUBLIC_URL}/mail/stop/{signing.dumps(str(person_id), salt=_SALT)}"


def stop(token: str) -> bool:
    """The person of the link gets no more mail; False for a link that is not ours. Said twice it is said once."""
    try:
        person = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return False
    MailChoice.objects.filter(person_id=person).update(wanted=MailChoice.Wanted.NONE)
    return True


def _this_morning() -> datetime | None:
    """8 o'clock of today, when it is past and a working day."""
    today = clock.today()
    morning = clock.start_of(today) + timedelta(hours=MORNING.hour, minutes=MORNING.minute)
    if clock.now() < morning or workdays.calendar().nth_from(today, 1) != today:
        return None
    return morning


def _message(person: Person, address: str, lines: Sequence[MailLine], server: Any) -> EmailMessage:
    english = person.language.startswith("en")
    told = [Words(*line.words["en" if english else "zh-hans"]) for line in lines]
    link = stop_link(person.pk)
    ends = (
        f"Sent to {person.name_en or person.name}. No more mails: {link}"
        if english
        else f"发给{person.name}。不再接收邮件：{link}"
    )
    return EmailMessage(
        subject=_one_line(told[0].subject if len(told) == 1 else _many(len(told), english=english)),
        body="\n\n".join([*_bodies(told, english=english), f"-- \n{ends}"]),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        headers={
            "Message-ID": f"<{_digest(line.pk for line in lines)}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2]}>",
            "List-Unsubscribe": f"<{link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
        connection=server,
    )


def _bodies(told: Sequence[Words], *, english: bool) -> list[str]:
    if len(told) == 1:
        return [told[0].body]
    shown = [f"{number}. {one.subject}\n{one.body}" for number, one in enumerate(told[:MOST_LINES], start=1)]
    more = len(told) - MOST_LINES
    if more > 0:
        shown.append(
            f"And {more} more at {settings.PUBLIC_URL}" if english else f"另有 {more} 条，见 {settings.PUBLIC_URL}"
        )
    return shown


def _many(count: int, *, english: bool) -> str:
    return f"{count} messages" if english else f"{count} 条消息"


def _one_line(words: str) -> str:
    """A header holds one line: what a name or a shop smuggles in becomes blanks."""
    return " ".join(words.split())[:200]


def _digest(numbers: Iterable[int]) -> str:
    return sha256(" ".join(map(str, numbers)).encode()).hexdigest()[:32]
