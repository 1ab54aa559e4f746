"""Areas on the map and whether a point lies in one: boxes, and shapes of rings under a grid; called by geography.py.

Points are degrees, longitude first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol

Point = tuple[float, float]
Ring = Sequence[Point]

GRID: Final = 96


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


def rings(geometry: dict[str, object]) -> list[Ring]:
    """All rings of a GeoJSON Polygon or MultiPolygon (RFC 7946)."""
    coordinates = geometry["coordinates"]
    assert isinstance(coordinates, list)
    polygons = [coordinates] if geometry["type"] == "Polygon" else coordinates
    return [[(float(lon), float(lat)) for lon, lat in ring] for polygon in polygons for ring in polygon]
