"""The celery application: it wakes work whose truth is in PostgreSQL; run by config.supervisor as worker and beat.

One frequent tick asks the database what is due and not done (months to open, marks to drain, outbox items to send);
there is no monthly crontab, because two beats fire twice and a missed beat fires never. A tick that is lost, doubled
or killed leaves the same rows: the next one is five seconds away.
"""

from __future__ import annotations

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# The warning is about pickle under root; we accept JSON only.
warnings.filterwarnings("ignore", category=SecurityWarning)

TICK_S = 5.0
FRESH_S = 2.0  # boards are to be at most five seconds behind: their check comes oftener than the others
SOFT_LIMIT_S = 240
HARD_LIMIT_S = 270
VISIBILITY_S = 300  # above the hard limit: an unfinished task is never handed to a second worker while it runs


def _make() -> Celery:
    from django.conf import settings

    app = Celery("config")
    app.conf.update(
        broker_url=settings.BROKER_URL,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_S,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 30,
            "retry_on_timeout": True,
        },
        result_backend=None,
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_soft_time_limit=SOFT_LIMIT_S,
        task_time_limit=HARD_LIMIT_S,
        task_publish_retry=False,  # a request never waits for the broker: the row in the outbox is the promise
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        task_serializer="json",
        accept_content=["json"],
        timezone="Asia/Shanghai",
        enable_utc=True,
        beat_schedule={
            "tick": {"task": "backend.tasks.tick", "schedule": TICK_S, "options": {"expires": TICK_S}},
            "fresh": {
                "task": "backend.tasks.check",
                "args": ["rollups"],
                "schedule": FRESH_S,
                "options": {"expires": FRESH_S},
            },
        },
    )
    app.autodiscover_tasks()
    return app


@setup_logging.connect
def _keep_our_logging(**_: object) -> None:
    """Tell celery that logging is configured already (config.logs)."""


app = _make()
