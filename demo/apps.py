"""Registers the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """A real prefecture to try the system on, and the simulated phones."""

    name = "demo"
    verbose_name = "演示"

    def ready(self) -> None:
        from backend import guests
        from demo.guests import while_loaded

        guests.offer(while_loaded)
