"""The language of the reader: Chinese unless English was asked for; read wherever both words stand side by side."""

from __future__ import annotations

from django.utils.translation import get_language


def is_english() -> bool:
    """Whether this request is answered in English."""
    return (get_language() or "").startswith("en")
