"""Counties and townships of Hubei and points inside them; called by the organisation, the shops and the phones.

Coordinates are degrees, longitude first, WGS-84. The shapes are schematic, drawn for this demo (demo/draw_shapes.py);
DEMO_SHAPES may name a GeoJSON file of real ones instead. Every point made here is invented inside them.
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Final, Protocol

Point = tuple[float, float]
Ring = Sequence[Point]

DATA: Final = Path(__file__).parent / "data"
DATUM: Final = "WGS-84"
DEMO_PREFECTURE: Final = "4209"
KM_PER_DEGREE: Final = 111.32
GRID: Final = 96
BOX_STEP: Final = 0.14  # degrees between the boxes of a prefecture without shapes
BOX_SIDE: Final = 0.12


class Region(Protocol):
    """An area that can say whether a point lies in it."""

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north, in degrees."""
        ...

    def contains(self, lon: float, lat: float) -> bool:
        """Whether the point lies inside."""
        ...


@dataclass(frozen=True, slots=True)
class Box:
    """A square of degrees that stands for a county without a shape."""

    bounds: tuple[float, float, float, float]

    def contains(self, lon: float, lat: float) -> bool:
        """Whether the point lies inside."""
        west, south, east, north = self.bounds
        return west <= lon <= east and south <= lat <= north


def inside_rings(rings: Sequence[Ring], lon: float, lat: float) -> bool:
    """Even-odd rule over all rings of a polygon or of disjoint polygons; holes count as outside."""
    inside = False
    for ring in rings:
        before_lon, before_lat = ring[-1]
        for here_lon, here_lat in ring:
            if (here_lat > lat) != (before_lat > lat):
                crossing = here_lon + (lat - here_lat) * (before_lon - here_lon) / (before_lat - here_lat)
                if lon < crossing:
                    inside = not inside
            before_lon, before_lat = here_lon, here_lat
    return inside


class Shape:
    """A county's rings under a grid: a cell that no border crosses answers at once, the others by the exact rule."""

    def __init__(self, rings: Sequence[Ring]) -> None:
        self.rings: Final = rings
        lons = [lon for ring in rings for lon, _ in ring]
        lats = [lat for ring in rings for _, lat in ring]
        self.bounds = (min(lons), min(lats), max(lons), max(lats))
        self._west, self._south = self.bounds[0], self.bounds[1]
        self._step_lon = (self.bounds[2] - self._west) / GRID
        self._step_lat = (self.bounds[3] - self._south) / GRID
        self._cells: Final = self._classify()

    def contains(self, lon: float, lat: float) -> bool:
        """Whether the point lies inside the county."""
        column, row = int((lon - self._west) / self._step_lon), int((lat - self._south) / self._step_lat)
        if lon < self._west or lat < self._south or column >= GRID or row >= GRID:
            return False
        known = self._cells[row * GRID + column]
        return inside_rings(self.rings, lon, lat) if known is None else known

    def _classify(self) -> list[bool | None]:
        border = {cell for ring in self.rings for cell in self._crossed(ring)}
        cells: list[bool | None] = []
        for row in range(GRID):
            for column in range(GRID):
                centre = (self._west + (column + 0.5) * self._step_lon, self._south + (row + 0.5) * self._step_lat)
                cells.append(None if (column, row) in border else inside_rings(self.rings, *centre))
        return cells

    def _crossed(self, ring: Ring) -> Iterator[tuple[int, int]]:
        """Every cell that an edge may touch: each edge in pieces shorter than a cell, all cells of the piece's box."""
        for (lon1, lat1), (lon2, lat2) in zip([ring[-1], *ring[:-1]], ring, strict=True):
            pieces = 1 + int(max(abs(lon2 - lon1) / self._step_lon, abs(lat2 - lat1) / self._step_lat))
            step_lon, step_lat = (lon2 - lon1) / pieces, (lat2 - lat1) / pieces
            at = [self._cell(lon1 + step_lon * i, lat1 + step_lat * i) for i in range(pieces + 1)]
            for (column1, row1), (column2, row2) in pairwise(at):
                for column in range(min(column1, column2), max(column1, column2) + 1):
                    for row in range(min(row1, row2), max(row1, row2) + 1):
                        yield column, row

    def _cell(self, lon: float, lat: float) -> tuple[int, int]:
        column, row = int((lon - self._west) / self._step_lon), int((lat - self._south) / self._step_lat)
        return min(column, GRID - 1), min(row, GRID - 1)


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


def rings(geometry: dict[str, object]) -> list[Ring]:
    """All rings of a GeoJSON Polygon or MultiPolygon (RFC 7946)."""
    coordinates = geometry["coordinates"]
    assert isinstance(coordinates, list)
    polygons = [coordinates] if geometry["type"] == "Polygon" else coordinates
    return [[(float(lon), float(lat)) for lon, lat in ring] for polygon in polygons for ring in polygon]


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
