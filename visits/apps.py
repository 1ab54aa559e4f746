"""Registers the app with Django, its planned stops with the change marks and the tick."""

from __future__ import annotations

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    """What happened in the shop."""

    name = "visits"
    verbose_name = "走访"

    def ready(self) -> None:
        from backend import marks, ticks
        from visits import following

        marks.subscribe(following.CONSUMER, following.KINDS)
        ticks.register("visits.stops", following.follow)
