"""The tests' own database: cloned, migrated, with the promised partitions."""

from __future__ import annotations

import pytest
from django.db import connection


@pytest.mark.django_db
def test_each_process_has_a_migrated_database_of_its_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), to_regclass('django_migrations') IS NOT NULL")
        name, migrated = cursor.fetchone()
    assert name.startswith("test_")
    assert migrated is True
