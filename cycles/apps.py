"""Registers the app with Django, its ticks and the change marks it listens to with the floor."""

from __future__ import annotations

from django.apps import AppConfig

from backend import marks, ticks, workdays


class CyclesConfig(AppConfig):
    """The month: three dimensions and five steps."""

    name = "cycles"
    verbose_name = "135 工作法"

    def ready(self) -> None:
        from backend import feeds
        from backend.exports import kinds as exported
        from cycles import (  # noqa: F401  rules, metrics and sentences declare themselves
            changes,
            exports,
            manager_sentences,
            measures,
            month,
            queries,
            report,
            rules,
            settings_feed,
        )
        from cycles.feeds import FEEDS

        exported.register(*exports.KINDS)
        feeds.register(*FEEDS, settings_feed.feed())
        workdays.register(queries.working_calendar)
        marks.subscribe(changes.CONSUMER, changes.KINDS)
        ticks.register("cycles.changes", changes.drain_once)
        ticks.register("cycles.month", month.keep)
        ticks.register("cycles.reports", report.keep)
