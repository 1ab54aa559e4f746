"""Photos of the tests are kept in folders of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def stores(settings: Any, tmp_path: Path) -> Path:
    """Part files and photos of this test, in real folders."""
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.STORAGES = {
        **settings.STORAGES,
        "photos": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "photos"), "file_permissions_mode": 0o600},
        },
    }
    return tmp_path
