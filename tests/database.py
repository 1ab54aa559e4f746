"""Gives every pytest process a migrated database of its own, cloned from one template; loaded by tests/conftest.py.

The template is built once per state of the migrations, under an advisory lock, so that parallel workers and several
test runs at once share it. A database is called test_<process of the run>_<worker>; those of dead runs are swept.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction
from django.test import TransactionTestCase
from psycopg import sql
from pytest_django.plugin import blocking_manager_key

from config import postgres
from tests.settings import TEST_SERVER_IS_EMBEDDED, TEST_SERVER_URL

ROOT = Path(__file__).resolve().parent.parent
LOCK = 135_000_001
KEPT_TEMPLATES = 4
_run_id = str(os.getpid())


@cache
def template_name() -> str:
    """Return t_<hash> of everything that shapes an empty database."""
    digest = hashlib.sha256(f"{settings.PARTITIONS_AROUND}{settings.PARTITION_MONTHS_BACK}".encode())
    sources = [p for p in ROOT.glob("*/migrations/**/*") if p.suffix in {".py", ".sql"} and p.parts[-2] != ".venv"]
    for path in sorted([*sources, ROOT / "backend" / "partitions.py", ROOT / "requirements.txt"]):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return f"t_{digest.hexdigest()[:16]}"


def prepare() -> None:
    """Make the server answer and the template exist; safe when several processes do so at once."""
    if TEST_SERVER_IS_EMBEDDED:
        postgres.ensure("test")
    with _server() as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        name = template_name()
        if not _exists(server, name):
            _build_template(server, name)
        _sweep(server, name)


def _server() -> psycopg.Connection[Any]:
    return psycopg.connect(TEST_SERVER_URL, autocommit=True)


def _exists(server: psycopg.Connection[Any], name: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _build_template(server: psycopg.Connection[Any], name: str) -> None:
    from backend.partitions import ensure_partitions

    building = f"{name}_building"
    _drop(server, building)
    server.execute(_sql("CREATE DATABASE {}", building))
    _point_at(building)
    call_command("migrate", verbosity=0, interactive=False)
    ensure_partitions(around=settings.PARTITIONS_AROUND)
    connections.close_all()
    server.execute(_sql("ALTER DATABASE {} RENAME TO {}", building, name))
    server.execute(_sql("ALTER DATABASE {} ALLOW_CONNECTIONS false", name))


def _sweep(server: psycopg.Connection[Any], current: str) -> None:
    """Drop databases of runs that died, and all but the newest templates."""
    names = [row[0] for row in server.execute("SELECT datname FROM pg_database ORDER BY oid DESC")]
    if TEST_SERVER_IS_EMBEDDED:  # elsewhere a process id says nothing about another machine's run
        for name in names:
            found = re.fullmatch(r"test_(\d+)_\w+", name)
            if found and not Path(f"/proc/{found[1]}").exists() and os.path.isdir("/proc/self"):
                _drop(server, name)
    templates = [n for n in names if re.fullmatch(r"t_[0-9a-f]{16}", n) and n != current]
    for name in templates[KEPT_TEMPLATES - 1 :]:
        _drop(server, name)


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    server.execute(_sql("DROP DATABASE IF EXISTS {} WITH (FORCE)", name))


def _sql(statement: str, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))


def _point_at(name: str) -> None:
    connections.close_all()
    settings.DATABASES["default"]["NAME"] = name
    connections["default"].settings_dict["NAME"] = name


def clone(name: str) -> str:
    """Create a database from the template, replacing one of the same name; return its name."""
    with _server() as server:
        _drop(server, name)
        # As files: to log thousands of mostly empty blocks takes three times as long.
        server.execute(_sql("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template_name()))
    return name


def url_of(name: str) -> str:
    """Return the DATABASE_URL of a database on the test server, for tests that start processes of their own."""
    if TEST_SERVER_IS_EMBEDDED:
        return postgres.address("test", name)
    return re.sub(r"(//[^/]*/)[^?]*", rf"\g<1>{name}", TEST_SERVER_URL, count=1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: object) -> None:
    """Build the template in the controlling process, before any worker asks for it."""
    with config.stash[blocking_manager_key].unblock():
        prepare()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each worker the run that its database belongs to."""
    node.workerinput["database_run"] = _run_id


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """Replace pytest-django's own set-up: clone the template for this process, drop the clone at the end."""
    workerinput = getattr(request.config, "workerinput", None)
    run, worker = (workerinput["database_run"], workerinput["workerid"]) if workerinput else (_run_id, "main")
    with django_db_blocker.unblock():
        if workerinput is None:
            prepare()
        name = clone(f"test_{run}_{worker}")
        _point_at(name)
        with _fresh_clone_after_transactional_tests(name):
            yield
        connections.close_all()
        with _server() as server:
            _drop(server, name)


@contextmanager
def _fresh_clone_after_transactional_tests(name: str) -> Iterator[None]:
    """Django would truncate every table, and with them the roles and price classes that migrations wrote."""

    def start_over(case: TransactionTestCase) -> None:
        connections.close_all()
        clone(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", start_over)
        yield


@pytest.fixture(scope="module")
def four_months_back(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Partitions of four months back under all tests of a module; for modules without transactional tests.

    Each test still takes back its own rows: it is a savepoint here. Made in every test, they cost it 0.2 s.
    """
    from backend.partitions import ensure_partitions

    with django_db_blocker.unblock(), transaction.atomic():
        ensure_partitions(around=settings.PARTITIONS_AROUND, back=4, ahead=0)
        yield
        transaction.set_rollback(True)
