"""Registers the app with Django, and the floor's own checks with the tick."""

from __future__ import annotations

from django.apps import AppConfig


class BackendConfig(AppConfig):
    """The shared platform: who you are, what you may see, how API and sync behave."""

    name = "backend"
    verbose_name = "平台"

    def ready(self) -> None:
        # Here, because models are loaded by now.
        from backend import (
            checks,
            feeds,
            mail,
            notices,
            outbox,
            partitions,
            phones,
            quarantine,
            retelling,
            ticks,
            uploads,
        )
        from backend.exports import launching
        from backend.http import idempotency
        from backend.imports import launching as imports_launching

        assert checks  # importing it registers the system checks
        outbox.register(mail.TOPIC, mail.send)
        outbox.register(retelling.TOPIC, retelling.retell)
        ticks.register("exports", launching.tend)
        ticks.register("idempotency", idempotency.forget_old)
        ticks.register("imports", imports_launching.tend)
        ticks.register("mail", mail.gather)
        ticks.register("outbox", outbox.run_due)
        ticks.register("partitions", partitions.ensure_partitions)
        ticks.register("phones", phones.follow)
        ticks.register("uploads", uploads.sweep)
        feeds.register(quarantine.ISSUES, notices.FEED)
