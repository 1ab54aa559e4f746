"""A token in every text of Lin's county, and a client that looks for it in everything it receives."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import UUID

from django.db.models import CharField, Model, TextField
from django.http import HttpResponseBase

from backend.models import AuditEntry, Quarantined
from tests.walk.asking import Ask, content, undone
from tests.walk.policy import MOVED, OWN
from tests.walk.world import TOKEN, World
from visits.models import Briefing, CheckLine, Pitch, Remark, Training, Visit

_numbers = itertools.count()
KEPT_AS_THEY_ARE = {"password", "username"}
KEPT_OF_ONE = {"cycles.Misfire.answer"}  # nobody has answered yet


def put(world: World) -> int:
    """Every free text of every row of Lin's county holds the token; returns how many texts."""
    count = 0
    for row in world.rows:
        if isinstance(row, AuditEntry):  # holds it from the start: nobody changes an audit entry
            continue
        count += _mark(type(row)._base_manager.filter(pk=row.pk), type(row))
    refused = [row.pk for row in world.rows if isinstance(row, Quarantined)]
    count += Quarantined.objects.filter(pk__in=refused).update(payload=f'{{"note": "{TOKEN}"}}'.encode())
    visits = [world.visits[OWN], world.visits[MOVED]]
    count += _mark(Visit.objects.filter(pk__in=visits), Visit)
    for lines in (CheckLine, Remark, Briefing, Pitch, Training):
        count += _mark(lines.objects.filter(visit_id__in=visits), lines)
    return count


def _mark(rows: Any, model: type[Model]) -> int:
    count = 0
    for field in model._meta.concrete_fields:
        if not _is_free_text(field):
            continue
        for row in rows.all():
            text = f"{TOKEN}{row.pk if field.unique else next(_numbers)}"
            count += rows.filter(pk=row.pk).update(**{field.name: text[: field.max_length]})
    return count


def _is_free_text(field: Any) -> bool:
    if not isinstance(field, CharField | TextField) or field.choices:
        return False
    if field.name in KEPT_AS_THEY_ARE or str(field) in KEPT_OF_ONE:
        return False
    return field.max_length is None or field.max_length >= len(TOKEN)


def secrets_of(world: World) -> list[bytes]:
    """What no answer to the other county may hold: the token, and the ids of every row of Lin's county."""
    ids = [row.pk for row in world.rows] + [world.visits[OWN], world.visits[MOVED]]
    return [TOKEN.encode(), *(str(key).encode() for key in ids if isinstance(key, UUID) or _is_telling(key))]


def _is_telling(key: Any) -> bool:
    """Whether a number is found in a text by nothing but itself."""
    return isinstance(key, int) and key > 1_000_000


class Spy:
    """A principal's client that fails on an answer holding a secret, unless the request itself named it."""

    def __init__(self, client: Any, secrets: list[bytes]) -> None:
        self.client = client
        self.secrets = secrets
        self.answers = 0

    def get_answer(self, ask: Ask, *named: Any, **headers: str) -> HttpResponseBase:
        """The answer to a request whose writes are taken back; `named` are the secrets that it names itself."""
        response = undone(ask, self.client, **headers)
        told = content(response) + repr(sorted(response.items())).encode()
        known = {str(one).encode() for key in named for one in (key.values() if isinstance(key, dict) else [key])}
        found = [secret for secret in self.secrets if secret not in known and secret in told]
        assert not found, f"{ask.method} {ask.path}?{ask.query} told {found}: {told[:2000]!r}"
        self.answers += 1
        return response
