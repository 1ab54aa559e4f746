"""Celery's door into the floor: thin, it calls the tick, or one check of it, and nothing else."""

from __future__ import annotations

from celery import shared_task

from backend import ticks


@shared_task(name="backend.tasks.tick")
def tick() -> None:
    """Run every registered check once (backend/ticks.py). Twice or not at all leaves the same rows."""
    ticks.run_all()


@shared_task(name="backend.tasks.check")
def check(name: str) -> None:
    """Run one check of the tick, for what must not wait for the others. Twice or not at all leaves the same rows."""
    ticks.run_one(name)
