"""Registers the app with Django, and tells the floor which model says what shop belongs to which territory."""

from __future__ import annotations

from django.apps import AppConfig

from backend import scope


class RetailConfig(AppConfig):
    """The client: retailers, their classes, assignments, needs and promises."""

    name = "retail"
    verbose_name = "客户"

    def ready(self) -> None:
        scope.register_assignment("retail.Assignment")
