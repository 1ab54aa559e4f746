"""Brakes on guessing passwords (django-axes): one per account, a wider one per address; settings name this module.

A whole office signs in from one address, so an address may fail ten times as often as an account before it must wait.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_cool_off, get_lockout_parameters
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse

from backend.errors import Problem
from backend.http import problems

PEOPLE_PER_ADDRESS = 10


class TwoBrakes(AxesDatabaseHandler):
    """Counts the failures of an address as a tenth of those of an account."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        counts = []
        for named, attempts in zip(
            get_lockout_parameters(request, credentials), self.get_user_attempts(request, credentials), strict=True
        ):
            failures = attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0
            counts.append(failures // PEOPLE_PER_ADDRESS if named == "ip_address" else failures)
        return max(counts)


def locked_out(request: HttpRequest, original: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """The answer while the brake is on: 429 too_many_attempts with Retry-After."""
    wait = get_cool_off(request) or timedelta(minutes=15)
    return problems.answer(
        Problem("too_many_attempts", headers={"Retry-After": str(int(wait.total_seconds()))}), request
    )
