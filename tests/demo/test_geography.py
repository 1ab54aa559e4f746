"""The shapes say rightly what lies inside, and points made in them do."""

from __future__ import annotations

import json
import math
from pathlib import Path
from random import Random

import pytest
from django.conf import settings

from demo import geography
from demo.geography import Shape, centres, counties, inside_rings, region, scatter, townships, uniform

SQUARE_WITH_HOLE = [
    [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)],
    [(1.0, 1.0), (3.0, 1.0), (3.0, 3.0), (1.0, 3.0)],
]
XIAOGAN = [county.code for county in counties() if county.prefecture_code == geography.DEMO_PREFECTURE]


@pytest.mark.parametrize(
    ("lon", "lat", "inside"),
    [(0.5, 0.5, True), (2.0, 2.0, False), (3.5, 2.0, True), (4.5, 2.0, False), (2.0, -0.5, False), (-1.0, 5.0, False)],
)
def test_a_hole_is_outside(lon: float, lat: float, inside: bool) -> None:
    assert inside_rings(SQUARE_WITH_HOLE, lon, lat) is inside
    assert Shape(SQUARE_WITH_HOLE).contains(lon, lat) is inside


@pytest.mark.parametrize("code", XIAOGAN)
def test_the_grid_answers_like_the_exact_rule(code: str) -> None:
    shape, rng = region(code), Random(7)
    assert isinstance(shape, Shape)
    west, south, east, north = shape.bounds
    points = [(rng.uniform(west - 0.01, east + 0.01), rng.uniform(south - 0.01, north + 0.01)) for _ in range(3_000)]
    points += [(lon + rng.gauss(0, 0.002), lat + rng.gauss(0, 0.002)) for ring in shape.rings for lon, lat in ring]
    answers = [shape.contains(*point) for point in points]
    assert answers == [inside_rings(shape.rings, *point) for point in points]
    assert set(answers) == {True, False}


def test_the_demo_prefecture_has_its_seven_counties_at_their_true_size() -> None:
    assert [(c.code, c.name) for c in counties() if c.code in XIAOGAN] == [
        ("420902", "孝南区"),
        ("420921", "孝昌县"),
        ("420922", "大悟县"),
        ("420923", "云梦县"),
        ("420981", "应城市"),
        ("420982", "安陆市"),
        ("420984", "汉川市"),
    ]
    for county in counties():
        if county.code in XIAOGAN:
            shape = region(county.code)
            assert isinstance(shape, Shape)
            assert _area_km2(shape) == pytest.approx(county.area_km2, rel=0.015)


def test_every_county_elsewhere_has_a_box_and_townships_of_its_own() -> None:
    assert len(counties()) == 99
    assert len({county.prefecture_code for county in counties()}) == 13
    for county in counties():
        west, south, east, north = county.box.bounds
        assert 0.005 < east - west < 1.0
        assert 0.005 < north - south < 1.0
        assert all(place.code.startswith(county.code) for place in townships()[county.code])


def test_township_centres_lie_inside_and_never_move() -> None:
    for code in XIAOGAN:
        found = centres(code)
        assert list(found) != []
        assert all(region(code).contains(*point) for point in found.values())
    before = dict(centres("420902"))
    centres.cache_clear()
    assert centres("420902") == before
    assert len(set(before.values())) == len(townships()["420902"]) == 15


def test_scattered_points_stay_inside_even_beside_the_border() -> None:
    shape = region("420923")
    assert isinstance(shape, Shape)
    rng = Random(11)
    edge = min((uniform(rng, shape) for _ in range(500)), key=lambda point: point[0])
    points = [scatter(rng, shape, edge, 5.0) for _ in range(500)]
    assert all(inside_rings(shape.rings, *point) for point in points)
    assert len(set(points)) > 450


def test_a_scatter_is_as_wide_as_asked() -> None:
    shape = region("420902")
    seat = next(county.centre for county in counties() if county.code == "420902")
    points = [scatter(Random(i), shape, seat, 1.0) for i in range(1_000)]
    north_km = [(lat - seat[1]) * geography.KM_PER_DEGREE for _, lat in points]
    assert math.sqrt(sum(d * d for d in north_km) / len(north_km)) == pytest.approx(1.0, abs=0.1)


@pytest.mark.real_data
@pytest.mark.skipif(not settings.REAL_DATA_DIR.exists(), reason=f"no real data at {settings.REAL_DATA_DIR}")
def test_the_committed_shapes_are_those_of_the_source() -> None:
    source = Path(settings.REAL_DATA_DIR) / "cn_admin_divisions" / "hubei_counties.geojson"
    theirs = {f["properties"]["adcode"]: f["geometry"] for f in json.loads(source.read_text())["features"]}
    ours = json.loads((geography.DATA / "xiaogan_counties.geojson").read_text(encoding="utf-8"))["features"]
    assert {f["properties"]["code"]: f["geometry"] for f in ours} == {code: theirs[code] for code in XIAOGAN}
    for county in counties():
        west, south, east, north = county.box.bounds
        found = geography.rings(theirs[county.code])
        assert all(inside_rings(found, lon, lat) for lon in (west, east) for lat in (south, north))


def _area_km2(shape: Shape) -> float:
    """Shoelace area with degrees turned to kilometres at the shape's mean latitude."""
    per_lon = geography.KM_PER_DEGREE * math.cos(math.radians((shape.bounds[1] + shape.bounds[3]) / 2))
    total = 0.0
    for ring in shape.rings:
        pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
        total += abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2
    return total * per_lon * geography.KM_PER_DEGREE
