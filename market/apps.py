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
        from market import (  # three declare themselves
            acts_due,
            alert_telling,
            alerting,
            digest,
            exports,
            intelligence_due,
            intelligence_follow,
            kpis,  # noqa: F401
            launch_verdicts,
            parameters,  # noqa: F401
            prices_used,
            rollup_check,
            rollups,
            samples,
            segments,
            trade_kpis,  # noqa: F401
        )
        from market.feeds import FEEDS
        from market.order_import import ORDERS
        from market.supply_import import KINDS as SUPPLY

        exported.register(*exports.KINDS)
        feeds.register(*FEEDS)
        for kind in (ORDERS, *SUPPLY):
            kinds.register(kind)
        marks.subscribe(rollups.CONSUMER, rollups.KINDS)
        marks.subscribe(segments.CONSUMER, segments.KINDS)
        marks.subscribe(samples.CONSUMER, samples.KINDS)
        ticks.register("acts_due", acts_due.follow)
        ticks.register("alerts", alerting.watch)
        ticks.register("alerts_told", alert_telling.follow)
        marks.subscribe(intelligence_follow.CONSUMER, intelligence_follow.KINDS)
        ticks.register("intelligence", intelligence_follow.follow)
        ticks.register("intelligence_digest", digest.tell)
        ticks.register("intelligence_due", intelligence_due.follow)
        ticks.register("launches", launch_verdicts.judge)
        ticks.register("rollups", rollups.drain)
        ticks.register("samples", samples.follow)
        ticks.register("rollups_check", rollup_check.follow)
        ticks.register("rollups_goods", prices_used.follow)
        ticks.register("rollups_segments", segments.follow)
        ticks.register("rollups_turn", rollups.turn)
