"""Which routes there are and who answers them; read by the system checks and the tests that walk over all routes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from backend.http.problems import API_PREFIXES

# Served without signing in: what the system is, never what is in it.
PUBLIC_ROUTES = frozenset({"/api/v1/auth/login", "/api/v1/openapi.json", "/api/docs"})


@dataclass(frozen=True)
class Route:
    """One address pattern and what answers it. `acts` maps methods to actions where a DRF view answers."""

    path: str
    view: Any
    acts: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_api(self) -> bool:
        return self.path.startswith(API_PREFIXES)


def all_routes() -> list[Route]:
    """Every route of the system, by path; `<uuid:pk>` stays as it is written."""
    return sorted(_walk(get_resolver().url_patterns, "/"), key=lambda route: route.path)


def _walk(patterns: Iterable[URLPattern | URLResolver], prefix: str) -> Iterator[Route]:
    for entry in patterns:
        path = prefix + re.sub(r"\\Z|[\^$]", "", str(entry.pattern)).replace("\\", "")
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, path)
        else:
            callback: Any = entry.callback
            view = getattr(callback, "cls", callback)
            yield Route(path, view, _acts(callback, view))


def _acts(callback: Any, view: Any) -> dict[str, str]:
    if hasattr(callback, "actions") and callback.actions:
        return {method.upper(): act for method, act in callback.actions.items()}
    names = ("get", "post", "put", "patch", "delete")
    return {name.upper(): name for name in names if isinstance(view, type) and hasattr(view, name)}
