"""Registers the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages only: the boards and the phone app."""

    name = "web"
    verbose_name = "页面"
