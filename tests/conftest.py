"""What every test may use: the database (tests/database.py) and derandomised property tests."""

from __future__ import annotations

import os

from hypothesis import settings as hypothesis_settings

pytest_plugins = ["tests.database", "tests.cast"]

hypothesis_settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
hypothesis_settings.register_profile("default", deadline=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "default")
