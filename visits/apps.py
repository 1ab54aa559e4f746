"""Registers the app with Django, its planned stops with the change marks and the tick."""

from __future__ import annotations

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    """What happened in the shop."""

    name = "visits"
    verbose_name = "走访"

    def ready(self) -> None:
        from backend import feeds, marks, outbox, ticks
        from visits import feeds as held
        from visits import following, proof, quiz, rejudging, visit_feed

        feeds.register(visit_feed.VISITS, *held.FEEDS)
        marks.subscribe(following.CONSUMER, following.KINDS)
        marks.subscribe(proof.CONSUMER, proof.KINDS)
        outbox.register(quiz.REJUDGE, rejudging.rejudge)
        ticks.register("visits.stops", following.follow)
        ticks.register("visits.briefings", proof.follow)
