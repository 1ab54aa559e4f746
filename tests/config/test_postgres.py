"""The embedded PostgreSQL: shared by a lease, back after kill -9, in any folder."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config import launcher

CLEAN = """
import shutil
from config import postgres, postgres_home
postgres.stop("test")
for folder in [postgres_home.socket_folder("test"), *postgres_home.outside_folders()]:
    shutil.rmtree(folder, ignore_errors=True)
"""
IS_UP = 'from config import postgres, postgres_home; print(postgres.is_up(postgres_home.locate("test")))'
DATA = 'from config import postgres_home; print(postgres_home.locate("test").data)'
COMMIT = """
import psycopg
from config import postgres
with psycopg.connect(postgres.ensure("test"), autocommit=True) as connection:
    connection.execute("CREATE TABLE kept AS SELECT 135 AS n")
    connection.execute("CHECKPOINT")  # this cluster runs without fsync
"""
QUERY = """
import psycopg
from config import postgres
with psycopg.connect(postgres.ensure("test"), autocommit=True) as connection:
    print(connection.execute({statement!r}).fetchone()[0])
"""


@pytest.fixture(params=["open", "closed"])
def checkout(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A checkout with a space in its path; `closed` lies under a 0700 folder, which root's server cannot enter."""
    top = Path(tempfile.mkdtemp(prefix="field135 tests "))
    top.chmod(0o755 if request.param == "open" else 0o700)
    place = launcher.make_checkout(top / "a checkout")
    try:
        yield place
    finally:
        launcher.run(place, CLEAN)
        shutil.rmtree(top)


def test_the_last_of_its_users_stops_the_server(checkout: Path) -> None:
    first = launcher.start(checkout, launcher.USE_UNTIL_TOLD)
    postmaster = launcher.line(first)
    second = launcher.start(checkout, launcher.USE_UNTIL_TOLD)
    assert launcher.line(second) == postmaster
    launcher.let_go(first)
    assert launcher.run(checkout, IS_UP) == "True"
    launcher.let_go(second)
    assert launcher.run(checkout, IS_UP) == "False"


def test_a_killed_server_comes_back_with_what_was_committed(checkout: Path) -> None:
    user = launcher.start(checkout, launcher.USE_UNTIL_TOLD)
    postmaster = int(launcher.line(user))
    launcher.run(checkout, COMMIT)
    os.kill(postmaster, signal.SIGKILL)
    assert launcher.run(checkout, QUERY.format(statement="SELECT n FROM kept")) == "135"
    launcher.let_go(user)


def test_root_keeps_the_data_out_of_a_closed_checkout_and_changes_no_parent(checkout: Path) -> None:
    mode = checkout.parent.stat().st_mode
    data = Path(launcher.run(checkout, DATA))
    launcher.run(checkout, IS_UP)
    closed_to_the_server = os.geteuid() == 0 and not mode & 0o005
    assert data.is_relative_to(checkout) is not closed_to_the_server
    assert checkout.parent.stat().st_mode == mode
