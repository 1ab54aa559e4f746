"""Registers the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class BrandsConfig(AppConfig):
    """Brands, products, price classes and key products."""

    name = "brands"
    verbose_name = "品牌"
