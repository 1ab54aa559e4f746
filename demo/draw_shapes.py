"""Draws the demo prefecture's counties as a schematic map of our own; run by hand: `python -m demo.draw_shapes`.

Public facts go in (where the county seats lie, to two decimals, and the official areas); a power diagram of the seats
inside a smooth outline comes out, weighted until every county has its area. docs/decisions/0007-own-county-shapes.md
says why no surveyed shape is here. The same code gives the same bytes.
"""

from __future__ import annotations

import json
import math
from itertools import pairwise
from random import Random
from typing import Final

from demo.geography import DATA, KM_PER_DEGREE
from demo.regions import Point

# code: name, English name, longitude and latitude of the seat (WGS-84), official area in km2.
SEATS: Final = {
    "420902": ("孝南区", "Xiaonan District", 113.93, 30.92, 1_020),
    "420921": ("孝昌县", "Xiaochang County", 113.99, 31.26, 1_217),
    "420922": ("大悟县", "Dawu County", 114.13, 31.56, 1_979),
    "420923": ("云梦县", "Yunmeng County", 113.75, 31.02, 604),
    "420981": ("应城市", "Yingcheng City", 113.57, 30.93, 1_103),
    "420982": ("安陆市", "Anlu City", 113.69, 31.26, 1_355),
    "420984": ("汉川市", "Hanchuan City", 113.84, 30.65, 1_632),
}
# A freehand outline, clockwise from the north; smoothed and scaled to the sum of the areas before use.
OUTLINE: Final = (
    (114.22, 31.84), (114.42, 31.76), (114.54, 31.60), (114.46, 31.44), (114.30, 31.34), (114.22, 31.18),
    (114.18, 31.00), (114.14, 30.84), (114.08, 30.70), (114.06, 30.56), (113.94, 30.44), (113.72, 30.40),
    (113.50, 30.44), (113.42, 30.58), (113.44, 30.72), (113.36, 30.86), (113.34, 31.00), (113.40, 31.14),
    (113.38, 31.30), (113.48, 31.44), (113.66, 31.50), (113.82, 31.54), (113.92, 31.66), (114.04, 31.80),
)  # fmt: skip
MIDDLE: Final = (113.9, 31.1)
PER_LON: Final = KM_PER_DEGREE * math.cos(math.radians(MIDDLE[1]))
CLOSE_KM2: Final = 0.5
WIGGLE: Final = 0.05


def draw() -> dict[str, object]:
    """The seven counties as a GeoJSON FeatureCollection (RFC 7946): neighbours share every point of their border."""
    seats = {code: _to_km((lon, lat)) for code, (_, _, lon, lat, _) in SEATS.items()}
    outline = _scaled(_smooth([_to_km(point) for point in OUTLINE]), sum(row[4] for row in SEATS.values()))
    cells = _weighted_cells(seats, outline)
    border = {_key(point) for point in outline}
    features = []
    for code, (name, name_en, lon, lat, area) in SEATS.items():
        ring = [_to_degrees(point) for point in _wiggled(cells[code], border)]
        properties = {"code": code, "name": name, "name_en": name_en, "seat": [lon, lat], "area_km2": area}
        geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def area_km2(ring: list[Point]) -> float:
    """Shoelace area of a ring in kilometres."""
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise([*ring, ring[0]]))) / 2


def _weighted_cells(seats: dict[str, Point], outline: list[Point]) -> dict[str, list[Point]]:
    """Power cells whose areas are the official ones: a county too small gets more weight, until all are close."""
    weights = dict.fromkeys(seats, 0.0)
    for _ in range(5_000):
        cells = {code: _cell(code, seats, weights, outline) for code in seats}
        missing = {code: SEATS[code][4] - area_km2(cells[code]) for code in seats}
        if max(map(abs, missing.values())) < CLOSE_KM2:
            return cells
        weights = {code: weight + 0.25 * missing[code] for code, weight in weights.items()}
    raise ArithmeticError("the areas cannot be reached inside this outline")


def _cell(code: str, seats: dict[str, Point], weights: dict[str, float], outline: list[Point]) -> list[Point]:
    """What of the outline is nearer (by squared distance less weight) to this seat than to any other."""
    x0, y0 = seats[code]
    ring = outline
    for other, (x, y) in seats.items():
        if other != code:
            level = (x * x + y * y - weights[other] - x0 * x0 - y0 * y0 + weights[code]) / 2
            ring = _clipped(ring, (x - x0, y - y0), level)
    return ring


def _clipped(ring: list[Point], normal: Point, level: float) -> list[Point]:
    """The part of a ring on the near side of a line (Sutherland and Hodgman, 1974)."""
    kept: list[Point] = []
    for here, there in pairwise([*ring, ring[0]]):
        a = here[0] * normal[0] + here[1] * normal[1] - level
        b = there[0] * normal[0] + there[1] * normal[1] - level
        if a <= 0:
            kept.append(here)
        if (a < 0 < b) or (b < 0 < a):
            share = a / (a - b)
            kept.append((here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1])))
    return kept


def _wiggled(ring: list[Point], border: set[Point]) -> list[Point]:
    """The ring with its inner borders bent like a stream; both neighbours bend a border alike."""
    bent: list[Point] = []
    for here, there in pairwise([*ring, ring[0]]):
        bent.append(here)
        on_outline = math.dist(here, there) < 4.0 and (_key(here) in border or _key(there) in border)
        if not on_outline and math.dist(here, there) > 4.0:
            first, last = sorted((_key(here), _key(there)))
            middle = _bent(first, last, Random(f"{first}/{last}"), 4)
            bent.extend(middle if first == _key(here) else reversed(middle))
    return bent


def _bent(first: Point, last: Point, rng: Random, depth: int) -> list[Point]:
    """Points between two ends, each middle pushed aside a little."""
    if depth == 0:
        return []
    push = rng.uniform(-WIGGLE, WIGGLE)
    middle = (
        (first[0] + last[0]) / 2 - push * (last[1] - first[1]),
        (first[1] + last[1]) / 2 + push * (last[0] - first[0]),
    )
    return [*_bent(first, middle, rng, depth - 1), middle, *_bent(middle, last, rng, depth - 1)]


def _smooth(ring: list[Point]) -> list[Point]:
    """Corners cut three times (Chaikin, 1974)."""
    for _ in range(3):
        ring = [
            (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))
            for a, b in pairwise([*ring, ring[0]])
            for share in (0.25, 0.75)
        ]
    return ring


def _scaled(ring: list[Point], wanted_km2: float) -> list[Point]:
    factor = math.sqrt(wanted_km2 / area_km2(ring))
    return [(x * factor, y * factor) for x, y in ring]


def _to_km(point: Point) -> Point:
    return (point[0] - MIDDLE[0]) * PER_LON, (point[1] - MIDDLE[1]) * KM_PER_DEGREE


def _to_degrees(point: Point) -> Point:
    return round(MIDDLE[0] + point[0] / PER_LON, 4), round(MIDDLE[1] + point[1] / KM_PER_DEGREE, 4)


def _key(point: Point) -> Point:
    """The point to a metre: the same corner reached from two counties."""
    return round(point[0], 3), round(point[1], 3)


if __name__ == "__main__":
    drawn = draw()
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in drawn["features"])  # type: ignore[attr-defined]
    text = '{"type":"FeatureCollection","features":[\n' + lines + "\n]}\n"
    (DATA / "xiaogan_counties.geojson").write_text(text, encoding="utf-8")
