"""Which constraint the database refused a write by; for verbs that turn it into a refusal, and for the admin pages."""

from __future__ import annotations

from django.db import IntegrityError


def violated(error: IntegrityError) -> str:
    """The constraint's name; "" where the database did not say."""
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "")
