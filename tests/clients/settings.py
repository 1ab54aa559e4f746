"""Settings of the server that the real clients talk to: the tests', a database of its own and the feed `humans`."""

from __future__ import annotations

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, INSTALLED_APPS

DATABASES["default"]["NAME"] = os.environ.get("CLIENTS_DATABASE", "")
INSTALLED_APPS = [*INSTALLED_APPS, "tests.clients.humans.apps.HumansConfig"]
ROOT_URLCONF = "tests.clients.urls"
PARTITIONS_AROUND = None  # the clients live today
PARTITION_MONTHS_BACK = 14
