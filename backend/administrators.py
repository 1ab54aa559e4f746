"""The first person of an installation: `manage.py createsuperuser` makes an administrator of the whole tree."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import audit, clock
from backend.models import Level, Person, Position, Role, Unit

ROOT: Final = {"code": "CN", "name": "国家烟草专卖局", "name_en": "State Tobacco Monopoly Administration"}


def make_administrator(*, username: str, name: str, password: str | None) -> Person:
    """The person may sign in and is administrator of the nation from today; a missing nation is made.

    The only act without an actor: whoever may run `manage.py` holds the database anyway. Audited. At most six queries.
    """
    during = DateRange(clock.today(), None)
    with transaction.atomic():
        nation = Unit.objects.filter(level=Level.NATION, during__contains=clock.today()).order_by("code").first()
        if nation is None:
            nation = Unit.objects.create(**ROOT, level=Level.NATION, during=during)
        person = Person(username=username, name=name)
        person.set_password(password)
        person.save(force_insert=True)
        role = Role.objects.get(pk="administrator")
        position = Position.objects.create(person=person, unit=nation, role=role, during=during)
        audit.record(None, "position.appoint", position, after=audit.snapshot(position), unit_id=nation.pk)
    return person
