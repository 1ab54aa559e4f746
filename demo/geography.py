"""Counties and townships of Hubei and points inside them; called by the organisation, the shops and the phones.

Coordinates are degrees, longitude first, WGS-84. The shapes are schematic, drawn for this demo (demo/draw_shapes.py);
DEMO_SHAPES may name a GeoJSON file of real ones instead. Every point made here is invented inside them.
"""

from __future__ import annotations

import csv
import json
import math
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from demo.regions import Box, Point, Region, Shape, rings

DATA: Final = Path(__file__).parent / "data"
DATUM: Final = "WGS-84"
DEMO_PREFECTURE: Final = "4209"
KM_PER_DEGREE: Final = 111.32
BOX_STEP: Final = 0.14  # degrees between the boxes of a prefecture without shapes
BOX_SIDE: Final = 0.12


@dataclass(frozen=True, slots=True)
class Township:
    """A real township or street: `kind` is street, town or rural; its centre is invented (see `centres`)."""

    code: str
    county_code: str
    name: str
    name_en: str
    kind: str


@dataclass(frozen=True, slots=True)
class County:
    """A real county with its code; `box` stands for it on a grid around the middle of its prefecture."""

    code: str
    name: str
    name_en: str
    prefecture_code: str
    prefecture_name: str
    prefecture_name_en: str
    box: Box


@cache
def counties() -> tuple[County, ...]:
    """99 counties of Hubei's 13 prefectures by code; the demo prefecture's 7 among them."""
    middles = {row["code"]: (float(row["lon"]), float(row["lat"])) for row in _rows("prefectures.csv")}
    grouped: dict[str, list[dict[str, str]]] = {}
    for row in _rows("counties.csv"):
        grouped.setdefault(row["prefecture_code"], []).append(row)
    return tuple(
        County(**row, box=box)
        for prefecture, rows in sorted(grouped.items())
        for row, box in zip(rows, _boxes_around(middles[prefecture], len(rows)), strict=True)
    )


@cache
def townships() -> dict[str, tuple[Township, ...]]:
    """Real streets, towns and rural townships by county code, each in code order."""
    grouped: dict[str, list[Township]] = {}
    for row in _rows("townships.csv"):
        grouped.setdefault(row["county_code"], []).append(Township(**row))
    return {county: tuple(found) for county, found in grouped.items()}


@cache
def region(county_code: str) -> Region:
    """The county's shape in the demo prefecture, a box inside it elsewhere; StopIteration for an unknown code."""
    shape = _shapes().get(county_code)
    return shape if shape is not None else next(c.box for c in counties() if c.code == county_code)


@cache
def seat(county_code: str) -> Point:
    """Where the county's town lies: as its shape says, else the middle of the box."""
    for feature in _features():
        if feature["properties"].get("code") == county_code and "seat" in feature["properties"]:
            lon, lat = feature["properties"]["seat"]
            if region(county_code).contains(lon, lat):
                return lon, lat
    west, south, east, north = region(county_code).bounds
    middle = ((west + east) / 2, (south + north) / 2)
    return middle if region(county_code).contains(*middle) else uniform(Random(county_code), region(county_code))


def uniform(rng: Random, area: Region) -> Point:
    """A point anywhere inside the area, every square degree of it as likely."""
    west, south, east, north = area.bounds
    while True:
        lon, lat = west + rng.random() * (east - west), south + rng.random() * (north - south)
        if area.contains(lon, lat):
            return lon, lat


def scatter(rng: Random, area: Region, centre: Point, sigma_km: float) -> Point:
    """A point inside the area, normally distributed around `centre` (which must be inside) with `sigma_km` per axis."""
    lon0, lat0 = centre
    spread = sigma_km
    per_lon = KM_PER_DEGREE * math.cos(math.radians(lat0))
    for _ in range(40):
        lon = round(lon0 + rng.gauss(0.0, spread) / per_lon, 6)
        lat = round(lat0 + rng.gauss(0.0, spread) / KM_PER_DEGREE, 6)
        if area.contains(lon, lat):
            return lon, lat
        spread *= 0.85  # a centre beside the border: come nearer instead of trying for ever
    return centre


@cache
def centres(county_code: str) -> dict[str, Point]:
    """An invented centre for each township of a county: streets near the county's centre, the others spread out.

    Around the county the townships follow each other in code order, so that neighbours in the list are
    neighbours on the map. The same code always gives the same points.
    """
    rng, area = Random(f"centres/{county_code}"), region(county_code)
    found = townships()[county_code]
    town = seat(county_code)
    streets = [place for place in found if place.kind == "street"]
    others = [place for place in found if place.kind != "street"]
    near = [scatter(rng, area, town, 1.6) for _ in streets]
    far = _spread(rng, area, [town], len(others))
    return {
        place.code: point
        for places, points in ((streets, near), (others, far))
        for place, point in zip(places, sorted(points, key=lambda p: _angle(town, p)), strict=True)
    }


def _spread(rng: Random, area: Region, taken: list[Point], count: int) -> list[Point]:
    """Best of 24 candidates each time: the one farthest from all points before it."""
    points: list[Point] = []
    for _ in range(count):
        candidates = [uniform(rng, area) for _ in range(24)]
        points.append(max(candidates, key=lambda p: min(math.dist(p, other) for other in taken + points)))
    return points


def _angle(origin: Point, point: Point) -> float:
    """Clockwise from north, 0 to 2 pi."""
    return math.atan2(point[0] - origin[0], point[1] - origin[1]) % math.tau


def _boxes_around(middle: Point, count: int) -> list[Box]:
    """Squares on a grid around a prefecture's middle, row by row."""
    columns = math.ceil(math.sqrt(count))
    west = middle[0] - columns * BOX_STEP / 2
    south = middle[1] - math.ceil(count / columns) * BOX_STEP / 2
    corners = [(west + i % columns * BOX_STEP, south + i // columns * BOX_STEP) for i in range(count)]
    return [Box((lon, lat, lon + BOX_SIDE, lat + BOX_SIDE)) for lon, lat in corners]


@cache
def _features() -> list[dict[str, Any]]:
    source = Path(os.environ.get("DEMO_SHAPES") or DATA / "xiaogan_counties.geojson")
    found: list[dict[str, Any]] = json.loads(source.read_text(encoding="utf-8"))["features"]
    return found


@cache
def _shapes() -> dict[str, Shape]:
    """By county code; real shapes call it `adcode`."""
    named = ((f["properties"].get("code") or f["properties"]["adcode"], f) for f in _features())
    return {code: Shape(rings(f["geometry"])) for code, f in named if code.startswith(DEMO_PREFECTURE)}


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
