"""Registers the app with Django, its figures with the floor, and its roll-ups with the change marks and the tick."""

from __future__ import annotations

from django.apps import AppConfig


class MarketConfig(AppConfig):
    """Orders, stock, targets, roll-ups and the boards on them."""

    name = "market"
    verbose_name = "市场"

    def ready(self) -> None:
        from backend import feeds, marks, ticks
        from backend.exports import kinds as exported
        from backend.imports import kinds
        from market import exports
        from market.alerts import telling, watching
        from market.feeds import FEEDS
        from market.figures import trade_kpis  # three declare themselves # noqa: F401 # noqa: F401 # noqa: F401
        from market.intelligence import digest, due
        from market.intelligence import follow as intelligence_follow
        from market.launches import verdicts
        from market.orders.order_import import ORDERS
        from market.orders.supply_import import KINDS as SUPPLY
        from market.rollups import acts_due, check, prices_used, recompute, segments
        from market.samples import weekly

        exported.register(*exports.KINDS)
        feeds.register(*FEEDS)
        for kind in (ORDERS, *SUPPLY):
            kinds.register(kind)
        marks.subscribe(recompute.CONSUMER, recompute.KINDS)
        marks.subscribe(segments.CONSUMER, segments.KINDS)
        marks.subscribe(weekly.CONSUMER, weekly.KINDS)
        ticks.register("acts_due", acts_due.follow)
        ticks.register("alerts", watching.watch)
        ticks.register("alerts_told", telling.follow)
        marks.subscribe(intelligence_follow.CONSUMER, intelligence_follow.KINDS)
        ticks.register("intelligence", intelligence_follow.follow)
        ticks.register("intelligence_digest", digest.tell)
        ticks.register("intelligence_due", due.follow)
        ticks.register("launches", verdicts.judge)
        ticks.register("rollups", recompute.drain)
        ticks.register("samples", weekly.follow)
        ticks.register("rollups_check", check.follow)
        ticks.register("rollups_goods", prices_used.follow)
        ticks.register("rollups_segments", segments.follow)
        ticks.register("rollups_turn", recompute.turn)
