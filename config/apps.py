"""Loads the celery application with Django, so that a task sent from any process goes to the right broker."""

from __future__ import annotations

from django.apps import AppConfig


class WiringConfig(AppConfig):
    """How the process starts."""

    name = "config"
    verbose_name = "接线"

    def ready(self) -> None:
        """Import the celery application, which makes itself the default one."""
        from config import celery  # noqa: F401
