"""Log-ins that the log-in page offers to everybody: an app above registers its source; read by backend/pages.py.

The floor knows no demo. `demo/guests.py` offers its people while the generated data is loaded; nobody else does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Guest:
    """Somebody as whom anybody may sign in."""

    username: str
    password: str
    name: str
    name_en: str


_sources: list[Callable[[], Sequence[Guest]]] = []


def offer(source: Callable[[], Sequence[Guest]]) -> None:
    """The log-in page asks this source at each request from now on; called when an app is ready."""
    _sources.append(source)


def offered() -> list[Guest]:
    """Everybody on offer now; empty in a system that holds real data. As many queries as the sources need."""
    return [guest for source in _sources for guest in source()]
