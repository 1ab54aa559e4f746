"""Settings of the server that the browser talks to: the tests', a database of its own, and today's months."""

from __future__ import annotations

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ.get("BROWSER_DATABASE", "")
PARTITIONS_AROUND = None  # the browser lives today
PARTITION_MONTHS_BACK = 14
AXES_ENABLED = False  # everybody signs in from one address
