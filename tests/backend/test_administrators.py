"""The first person of an installation, made the ordinary Django way."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from backend import clock
from backend.models import AuditEntry, Level, Person, Position, Unit
from tests.cast import Cast


def make(monkeypatch: pytest.MonkeyPatch, username: str) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "kaoshan-7731")
    call_command("createsuperuser", username=username, name="孙立新", interactive=False, verbosity=0)


@pytest.mark.django_db
def test_in_an_empty_database_the_first_administrator_gets_the_root_of_the_tree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make(monkeypatch, "first")
    nation = Unit.objects.get()
    assert (nation.code, nation.level, nation.parent_id, nation.ancestors) == ("CN", Level.NATION, None, [nation.pk])
    position = Position.objects.get()
    assert (position.person.username, position.unit_id, position.role_id) == ("first", nation.pk, "administrator")
    assert (position.during.lower, position.during.upper) == (clock.today(), None)
    assert (nation.during.lower, AuditEntry.objects.get().unit_id) == (date(2000, 1, 1), nation.pk)

    browser = Client()
    answer = browser.post("/login", {"username": "first", "password": "kaoshan-7731"})
    assert (answer.status_code, browser.get("/").headers["Location"]) == (302, "/desk/")
    assert browser.get("/desk/backend/person/add/").status_code == 200


def test_beside_a_tree_the_administrator_is_appointed_at_its_root(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Unit.objects.count()
    make(monkeypatch, "second")
    assert Unit.objects.count() == before
    assert Position.objects.get(person__username="second").unit_id == cast.nation.pk


def test_a_username_that_is_taken_is_refused_and_nothing_changes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (Person.objects.count(), Position.objects.count(), AuditEntry.objects.count())
    with pytest.raises(CommandError):
        make(monkeypatch, "lin")
    assert (Person.objects.count(), Position.objects.count(), AuditEntry.objects.count()) == before
