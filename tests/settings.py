"""Settings of the tests: the throw-away cluster, three partitions a table around a pinned day, fast hashing.

DATABASE_URL is ignored, so that a test run can never touch a real database; TEST_DATABASE_URL names another server.
"""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path

from config import database, postgres
from config.settings import *  # noqa: F403

TEST_SERVER_IS_EMBEDDED = "TEST_DATABASE_URL" not in os.environ
TEST_SERVER_URL = os.environ.get("TEST_DATABASE_URL") or postgres.address("test", "postgres")
DATABASES = {"default": database.settings_from(TEST_SERVER_URL)}
DATABASE_IS_EMBEDDED = True
DEMO_ALLOWED = True

TODAY = date(2026, 3, 16)
PARTITION_MONTHS_BACK = 1
PARTITION_MONTHS_AHEAD = 1
PARTITIONS_AROUND = TODAY

SECRET_KEY = "tests only"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
BROKER_URL = "memory://"
IMPORTS_DIR = Path(tempfile.gettempdir(), f"imports-of-tests-{os.getpid()}")
EXPORTS_DIR = Path(tempfile.gettempdir(), f"exports-of-tests-{os.getpid()}")
UPLOADS_DIR = Path(tempfile.gettempdir(), f"uploads-of-tests-{os.getpid()}")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "exports": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "photos": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "reports": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
