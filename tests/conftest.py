"""What every test may use: the database (tests/database.py), cheap clients, and derandomised property tests."""

from __future__ import annotations

import gc
import os

from hypothesis import settings as hypothesis_settings

pytest_plugins = ["tests.database", "tests.middleware", "tests.cast", "tests.ground"]

hypothesis_settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
hypothesis_settings.register_profile("default", deadline=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_collection_finish() -> None:
    """What was imported stays: looking through all of it again and again was a tenth of the time of the tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
