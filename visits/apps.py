"""Registers the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    """What happened in the shop."""

    name = "visits"
    verbose_name = "走访"
