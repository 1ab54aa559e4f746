"""The first person of an installation: `manage.py createsuperuser` makes an administrator of the whole tree."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import audit, clock
from backend.models import Level, Person, Position, Role, Unit

ROOT: Final = {"code": "CN", "name": "国家烟草专卖局", "name_en": "State Tobacco Monopoly Administration"}

SINCE: Final = date(2000, 1, 1)  # the root is older than whatever is opened below it


def make_administrator(*, username: str, name: str, password: str | None) -> Person:
    """The person may sign in and is administrator of the nation from today; a missing nation is made.

    The only act without an actor: whoever may run `manage.py` holds the database anyway. Audited. At most six queries.
    """
    today = clock.today()
    with transaction.atomic():
        nation = Unit.objects.filter(level=Level.NATION, during__contains=today).order_by("code").first()
        if nation is None:
            nation = Unit.objects.create(**ROOT, level=Level.NATION, during=DateRange(SINCE, None))
        person = Person(username=username, name=name)
        person.set_password(password)
        person.save(force_insert=True)
        role = Role.objects.get(pk="administrator")
        position = Position.objects.create(person=person, unit=nation, role=role, during=DateRange(today, None))
        audit.record(None, "position.appoint", position, after=audit.snapshot(position), unit_id=nation.pk)
    return person
