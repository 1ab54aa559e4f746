"""Registers the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages only: the boards and the phone app."""

    name = "web"
    verbose_name = "页面"

    def ready(self) -> None:
        from web.boards import parameters  # noqa: F401 - declares its switch
