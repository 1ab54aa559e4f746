"""Settings of the server that the browser talks to: the tests', a database of its own, and today's months."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from config import photo_store
from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, STORAGES

DATABASES["default"]["NAME"] = os.environ.get("BROWSER_DATABASE", "")
PARTITIONS_AROUND = None  # the browser lives today
PARTITION_MONTHS_BACK = 14
AXES_ENABLED = False  # everybody signs in from one address

FILES = Path(os.environ.get("BROWSER_FILES", tempfile.gettempdir()))  # where a journey finds the bytes that arrived
STORAGES["photos"] = photo_store.backend(FILES / "photos", {})
UPLOADS_DIR = FILES / "uploads"
IMPORTS_DIR = FILES / "imports"  # the server keeps the file, the journey works on it
STORAGES["reports"] = {**STORAGES["reports"], "OPTIONS": {"location": str(FILES / "reports")}}
DEMO_ALLOWED = True
