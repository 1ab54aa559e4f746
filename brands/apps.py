"""Registers the app with Django, the catalogue import and what phones hold of it with the floor."""

from __future__ import annotations

from django.apps import AppConfig


class BrandsConfig(AppConfig):
    """Brands, products, price classes and key products."""

    name = "brands"
    verbose_name = "品牌"

    def ready(self) -> None:
        from backend import feeds
        from backend.imports import kinds
        from brands.feeds import FEEDS
        from brands.imports import PRODUCTS

        kinds.register(PRODUCTS)
        feeds.register(*FEEDS)
