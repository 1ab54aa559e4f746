"""Registers the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class CyclesConfig(AppConfig):
    """The month: three dimensions and five steps."""

    name = "cycles"
    verbose_name = "135 工作法"
