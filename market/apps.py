"""Registers the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class MarketConfig(AppConfig):
    """Orders, stock, targets, roll-ups and the boards on them."""

    name = "market"
    verbose_name = "市场"
