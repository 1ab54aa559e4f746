"""Registers the app with Django, tells the floor whose shop is whose, and names the import and the planned moves."""

from __future__ import annotations

from django.apps import AppConfig

from backend import scope


class RetailConfig(AppConfig):
    """The client: retailers, their classes, assignments, needs and promises."""

    name = "retail"
    verbose_name = "客户"

    def ready(self) -> None:
        from backend import feeds, outbox, ticks  # models are loaded by now
        from backend.exports import kinds as exported
        from backend.imports import kinds
        from retail import assignment, exports, imports, parameters, reminding  # noqa: F401 - parameters declare themselves
        from retail.feeds import FEEDS

        scope.register_assignment("retail.Assignment")
        outbox.register(assignment.BEGINS, assignment.begin)
        kinds.register(imports.RETAILERS)
        exported.register(exports.RETAILERS)
        feeds.register(*FEEDS)
        ticks.register("retail.reminders", reminding.remind)
