"""The walk's world, built once per module and taken back as a whole."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from rest_framework.test import APIClient

from backend import clock
from tests.cast import NOW, PASSWORD
from tests.walk.asking import LeftAs, fingerprint
from tests.walk.principals import phones
from tests.walk.world import World, build_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Every test of the module sees the same rows; a test that writes undoes it (asking.undone)."""
    with django_db_blocker.unblock(), transaction.atomic():
        with clock.at(NOW):
            found = build_world()
            found.cast.lin.set_password(PASSWORD)
            found.cast.lin.save()
        cache.clear()
        yield found
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of requests: a log line each would take longer than the requests."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def clients(world: World) -> dict[str, APIClient]:
    """A signed-in (or deliberately not signed-in) client per principal."""
    with clock.at(NOW):
        return phones(world.cast)


@pytest.fixture(scope="module")
def left_as(world: World, clients: dict[str, APIClient]) -> LeftAs:
    """What every table holds once the world and its phones stand, and then what each test that asked it left."""
    return LeftAs(fingerprint())
