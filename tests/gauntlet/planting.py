"""Defects planted in a running test, named by PLANT: a pytest plugin for tests/gauntlet/planted.py alone.

What the product lacks is taken away from outside; nothing in the product knows of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest

_NUMBER = "SELECT coalesce(max(sequence), 0) + %s FROM backend_syncentry WHERE territory_id = %s AND collection = %s"


@pytest.fixture(autouse=True)
def planted(request: pytest.FixtureRequest) -> Iterator[None]:
    """The defect is there while a test runs."""
    plants = {
        "unique": _unique_dropped,
        "photo": _photo_before_its_hash,
        "scope": _feed_without_scope,
        "checkpoint": _checkpoint_by_time,
    }
    yield from plants[os.environ["PLANT"]](request)


def _unique_dropped(request: pytest.FixtureRequest) -> Iterator[None]:
    """Receipts and visits may stand twice under one id, and are inserted after a look whether one is there."""
    from django.db import connection
    from django.db.backends.utils import CursorWrapper

    request.getfixturevalue("transactional_db")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint"
            " WHERE contype IN ('p', 'u') AND conparentid = 0"
            " AND conrelid::regclass::text SIMILAR TO 'visits_%|backend_receipt'"
        )
        for table, name in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}" CASCADE')

    def execute(self: Any, sql: Any, params: Any = None) -> Any:
        plain = re.sub(r"ON CONFLICT (\(\w+\) )?DO NOTHING", "", sql) if "backend_receipt" in str(sql) else sql
        return original(self, plain, params)

    original = CursorWrapper.execute
    with patch.object(CursorWrapper, "execute", execute):
        yield


def _photo_before_its_hash(request: pytest.FixtureRequest) -> Iterator[None]:
    """An upload counts as whole whatever its bytes are."""
    from backend import uploads

    def finish(upload: Any, *digest: Any) -> None:
        upload.sha256 = sha256(uploads.part_of(upload.pk).read_bytes()).digest()  # whatever came is what was told
        original(upload, *digest)

    original = uploads._finish
    with patch.object(uploads, "_finish", finish):
        yield


def _feed_without_scope(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everybody who pulls anything is served the streams of all."""
    from backend import streams_sql

    everywhere = streams_sql.MINE.replace("(u.id = ANY(%(held)s) OR u.parent_id = ANY(%(offices)s)) AND ", "")
    assert everywhere != streams_sql.MINE
    with patch.object(streams_sql, "MINE", everywhere):
        yield


def _checkpoint_by_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """A change is numbered when it is written, by the clock, and not in the order of commits."""
    from django.db import connection

    from backend import synclog

    def append(collection: str, changes: Mapping[int, Iterable[UUID]], *, deleted: bool = False) -> None:
        with connection.cursor() as cursor:
            for territory, documents in sorted(changes.items()):
                if ids := sorted(set(documents)):
                    cursor.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
                    [first] = cursor.fetchone()
                    cursor.execute(synclog._ENTER, [territory, collection, first, first, deleted, ids])
                    cursor.execute(_HIGHEST, [territory, collection])

    with patch.object(synclog, "append", append), patch("backend.streams._counters", _by_entries()):
        yield


_HIGHEST = """
INSERT INTO backend_synccounter (territory_id, collection, value) VALUES (%s, %s, 0)
ON CONFLICT (territory_id, collection) DO NOTHING
"""


def _by_entries() -> Any:
    """The present number of a stream is that of the newest entry which is visible."""
    from django.db import connection

    from backend import streams

    original = streams._counters

    def counters(feed: Any, positions: list[int], actor: Any) -> list[tuple[Any, ...]]:
        found = []
        for unit, number, on, database in original(feed, positions, actor):
            with connection.cursor() as cursor:
                cursor.execute(_NUMBER, [0, unit, feed.collection])
                [newest] = cursor.fetchone()
            found.append((unit, max(number, newest), on, database))
        return found

    return counters
