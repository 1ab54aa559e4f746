"""Registers the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class BackendConfig(AppConfig):
    """The shared platform: who you are, what you may see, how API and sync behave."""

    name = "backend"
    verbose_name = "平台"
