"""Thresholds: each declared once with type, default and source; values per unit and period, nearest ancestor wins."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Declared:
    """A threshold that an app reads: what it is, what it is when nobody set it, and where that default comes from."""

    key: str
    kind: type
    default: Any
    title: str
    title_en: str
    source: str


MARK = "settings"  # values of a unit have changed

_declared: dict[str, Declared] = {}


class UnknownParameter(LookupError):
    """A key that no app has declared."""


def declare(*parameters: Declared) -> None:
    """Adds thresholds to the catalogue; called when an app's parameters.py is imported."""
    for parameter in parameters:
        if not isinstance(parameter.default, parameter.kind):
            raise TypeError(f"{parameter.key}: the default is not a {parameter.kind.__name__}")
        _declared[parameter.key] = parameter


def catalogue() -> list[Declared]:
    """Every declared threshold, by key."""
    return [_declared[key] for key in sorted(_declared)]


def declared(key: str) -> Declared:
    """One threshold; UnknownParameter when no app has declared it."""
    try:
        return _declared[key]
    except KeyError:
        raise UnknownParameter(key) from None


# `ancestors` runs from the nation down to the unit itself, so the nearest set value has the largest place in it.
_NEAREST = """
SELECT DISTINCT ON (u.id, k.on_date, p.key) u.id, k.on_date, p.key, p.value
FROM unnest(%s::bigint[], %s::date[]) AS k(unit_id, on_date)
JOIN backend_unit u ON u.id = k.unit_id
JOIN backend_parameter p ON p.unit_id = ANY(u.ancestors) AND p.key = ANY(%s) AND p.during @> k.on_date
ORDER BY u.id, k.on_date, p.key, array_position(u.ancestors, p.unit_id) DESC
"""


def values(keys: Iterable[str], unit_ids: Iterable[int], on: date) -> dict[int, dict[str, Any]]:
    """For each unit the value of each key on a day: that of the nearest ancestor that has one, else the default.

    One query for any number of units and keys. A value of the wrong type counts as not set.
    """
    return {unit: found for (unit, _), found in values_at(keys, [(unit, on) for unit in unit_ids]).items()}


def values_at(keys: Iterable[str], places: Iterable[tuple[int, date]]) -> dict[tuple[int, date], dict[str, Any]]:
    """The same for (unit, day) pairs, each by what was in force there on that day. One query for any number."""
    wanted, pairs = [declared(key) for key in keys], list(places)
    found = {pair: {d.key: d.default for d in wanted} for pair in pairs}
    with connection.cursor() as cursor:
        cursor.execute(_NEAREST, [[u for u, _ in pairs], [on for _, on in pairs], [d.key for d in wanted]])
        for unit, on_date, key, value in cursor.fetchall():
            decoded = fit(declared(key), value)
            if decoded is not None:
                found[unit, on_date][key] = decoded
    return found


def value(key: str, unit_id: int, on: date) -> Any:
    """The value of one key for one unit on a day. One query."""
    return values([key], [unit_id], on)[unit_id][key]


def fit(parameter: Declared, stored: Any) -> Any | None:
    """A stored value as the declared type, or None when it does not fit. A whole number fits a float; true does not."""
    raw = json.loads(stored) if isinstance(stored, str | bytes) else stored
    if isinstance(raw, bool) is not (parameter.kind is bool):
        return None
    if parameter.kind is float and isinstance(raw, int):
        return float(raw)
    return raw if isinstance(raw, parameter.kind) else None
