"""The shapes of counties that boards are painted on: a GeoJSON file of the installation (setting COUNTY_SHAPES).

Shipped is the demo's own schematic map (docs/decisions/0007-own-county-shapes.md); another file with `code` or `adcode`
may be named. Called by figures_api.py.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings


def codes() -> frozenset[str]:
    """Codes of the counties that have a shape."""
    return frozenset(_features(str(settings.COUNTY_SHAPES)))


def shapes(wanted: Collection[str]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of these counties by code, WGS-84; those without a shape are absent."""
    found = _features(str(settings.COUNTY_SHAPES))
    return {"type": "FeatureCollection", "features": [found[code] for code in sorted(wanted) if code in found]}


@cache
def _features(path: str) -> dict[str, dict[str, Any]]:
    """By code, read once a process; none where there is no file."""
    if not Path(path).is_file():
        return {}
    told = json.loads(Path(path).read_text(encoding="utf-8"))
    found = {}
    for feature in told["features"]:
        given = feature["properties"]
        code = str(given.get("code") or given.get("adcode") or "")
        properties = {"code": code, "name": given.get("name", ""), "name_en": given.get("name_en", "")}
        found[code] = {"type": "Feature", "id": code, "properties": properties, "geometry": feature["geometry"]}
    return found
