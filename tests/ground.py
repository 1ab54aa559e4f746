"""The cast stands under all tests that ask for it: built once, and left as it is by every test; loaded by conftest.py.

Built in every test, it cost each of them 15 ms; and a file may put a month of its own upon it (`standing`). A test gets
people and shops of its own (copies), and takes back what it wrote, for it is a savepoint here. Tests that commit, and
those that stand on something else, build their own.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction

from backend import clock
from tests.cast import NOW, Cast, build_cast

Build = Callable[[Cast], Cast]


@dataclass(frozen=True)
class Layer:
    """What stands on what is below it: the open transaction, what built it, and the cast as it was left, pickled."""

    build: Build | None
    transaction: transaction.Atomic
    cast: bytes


class Ground:
    """Nothing; or the cast in an open transaction; or a month of a file's own upon it."""

    def __init__(self) -> None:
        """Nothing stands yet."""
        self._layers: list[Layer] = []

    def prepare(self, wanted: list[Build | None]) -> None:
        """Before a test's own transaction begins: these layers stand, from the cast (None) upwards, and no others."""
        if self._layers and not connection.in_atomic_block:  # a test has lost the connection, and all with it
            self._layers = []
        same = 0
        while same < min(len(wanted), len(self._layers)) and self._layers[same].build is wanted[same]:
            same += 1
        while len(self._layers) > same:
            self._remove()
        if not self._layers and connection.in_atomic_block:
            return  # the file stands on something of its own
        for build in wanted[same:]:
            self._add(build)
        if self._layers:
            connection.connection._prepared.clear()  # as at the end of a transaction: no test finds another's plans

    def cast(self, build: Build | None = None) -> Cast | None:
        """A copy of the cast as it was left by the uppermost layer; None where nothing (or `build` not) stands."""
        if not self._layers or (build is not None and self._layers[-1].build is not build):
            return None
        found: Cast = pickle.loads(self._layers[-1].cast)
        return found

    def _add(self, build: Build | None) -> None:
        opened = transaction.atomic()
        opened.__enter__()
        with clock.at(NOW):
            cast = build_cast() if build is None else build(pickle.loads(self._layers[-1].cast))
        self._layers.append(Layer(build, opened, pickle.dumps(cast)))

    def _remove(self) -> None:
        layer = self._layers.pop()
        transaction.set_rollback(True)
        layer.transaction.__exit__(None, None, None)


ground = Ground()


def standing(build: Build) -> Any:
    """A fixture for the tests of a file: what `build` makes of the cast stands under them, built once as the cast is.

    One of a file at a time: the first of them that a test asks for.
    """
    build.__globals__.setdefault("STANDING", {})[build.__name__] = build

    def stands(cast: Cast) -> Cast:
        return cast if ground.cast(build) is not None else build(cast)

    stands.__doc__ = build.__doc__
    return pytest.fixture(name=build.__name__)(stands)


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: Any, request: pytest.FixtureRequest) -> None:
    """Just before a test's transaction begins; and before anything wider than a test stands in one of its own."""
    if fixturedef.argname == "_django_db_helper":
        with request.getfixturevalue("django_db_blocker").unblock():
            ground.prepare(_wanted(request))
    elif fixturedef.scope != "function" and "django_db_setup" in fixturedef.argnames:
        with request.getfixturevalue("django_db_blocker").unblock():
            ground.prepare([])


def _wanted(request: pytest.FixtureRequest) -> list[Build | None]:
    marker = request.node.get_closest_marker("django_db")
    commits = "transactional_db" in request.fixturenames or (marker and marker.kwargs.get("transaction"))
    if commits or "cast" not in request.fixturenames:
        return []
    known: dict[str, Build] = getattr(request.module, "STANDING", {})
    return [None, *[known[name] for name in request.fixturenames if name in known][:1]]


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast, to be changed at will."""
    return ground.cast() or build_cast()
