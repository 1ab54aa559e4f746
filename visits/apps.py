"""Registers the app with Django, and what it follows and tells with marks, outbox, uploads, feeds and the tick."""

from __future__ import annotations

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    """What happened in the shop."""

    name = "visits"
    verbose_name = "走访"

    def ready(self) -> None:
        from backend import feeds, marks, outbox, ticks, uploads
        from backend.exports import kinds as exported
        from visits import (
            checked,
            compliance,  # noqa: F401 - its figures declare themselves
            display_tasks,
            exports,
            following,
            photo_notices,
            photo_processing,
            photo_signals,
            photos,
            proof,
            quiz,
            quiz_push,
            rejudging,
            searching,
            visit_feed,
        )
        from visits.feeds import FEEDS

        feeds.register(visit_feed.VISITS, display_tasks.FEED, *FEEDS, *quiz_push.FEEDS)
        exported.register(*exports.KINDS)
        uploads.set_taker(photos.TAKER)
        outbox.register(quiz.REJUDGE, rejudging.rejudge)
        marks.subscribe(following.CONSUMER, following.KINDS)
        marks.subscribe(checked.CONSUMER, checked.KINDS)
        marks.subscribe(proof.CONSUMER, proof.KINDS)
        marks.subscribe(photo_signals.CONSUMER, photo_signals.KINDS)
        ticks.register("visits.photo_notices", photo_notices.reconcile)
        ticks.register("visits.photo_signals", photo_signals.follow)
        ticks.register("visits.photos", photo_processing.process_due)
        ticks.register("visits.stops", following.follow)
        ticks.register("visits.checks", checked.follow)
        ticks.register("visits.briefings", proof.follow)
        ticks.register("visits.words", searching.merge)
