"""The shapes say rightly what lies inside, and points made in them do."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from random import Random

import pytest
from django.conf import settings

from demo import geography
from demo.draw_shapes import SEATS, area_km2, draw
from demo.geography import centres, counties, region, scatter, seat, townships, uniform
from demo.regions import Shape, inside_rings

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


def test_the_demo_prefecture_has_its_seven_counties_at_their_official_size() -> None:
    assert [(c.code, c.name) for c in counties() if c.code in XIAOGAN] == [
        ("420902", "孝南区"),
        ("420921", "孝昌县"),
        ("420922", "大悟县"),
        ("420923", "云梦县"),
        ("420981", "应城市"),
        ("420982", "安陆市"),
        ("420984", "汉川市"),
    ]
    for code, (_, _, lon, lat, area) in SEATS.items():
        shape = region(code)
        assert isinstance(shape, Shape)
        assert _area_km2(shape) == pytest.approx(area, rel=0.05)
        assert seat(code) == (lon, lat)


def test_every_place_inside_the_prefecture_lies_in_one_county_and_no_border_leaves_a_gap() -> None:
    rng, shapes = Random(5), [region(code) for code in XIAOGAN]
    west, south = min(s.bounds[0] for s in shapes), min(s.bounds[1] for s in shapes)
    east, north = max(s.bounds[2] for s in shapes), max(s.bounds[3] for s in shapes)
    points = [(rng.uniform(west, east), rng.uniform(south, north)) for _ in range(4_000)]
    counts = [sum(shape.contains(*point) for shape in shapes) for point in points]
    assert set(counts) == {0, 1}
    inner = [(rng.uniform(113.65, 113.95), rng.uniform(30.65, 31.40)) for _ in range(4_000)]  # far from the outline
    assert {sum(shape.contains(*point) for shape in shapes) for point in inner} == {1}


def test_the_committed_map_is_what_the_script_draws() -> None:
    committed = json.loads((geography.DATA / "xiaogan_counties.geojson").read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(draw()))


def test_a_file_of_real_shapes_may_take_the_place_of_the_drawn_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    square = [[[113.0, 30.0], [114.0, 30.0], [114.0, 31.0], [113.0, 31.0], [113.0, 30.0]]]
    feature = {"properties": {"adcode": "420902"}, "geometry": {"type": "Polygon", "coordinates": square}}
    (tmp_path / "real.geojson").write_text(json.dumps({"features": [feature]}))
    monkeypatch.setenv("DEMO_SHAPES", str(tmp_path / "real.geojson"))
    for cached in (geography._features, geography._shapes, geography.region, geography.seat):
        cached.cache_clear()
    try:
        assert region("420902").bounds == (113.0, 30.0, 114.0, 31.0)
        assert seat("420902") == (113.5, 30.5)
    finally:
        monkeypatch.delenv("DEMO_SHAPES")
        for cached in (geography._features, geography._shapes, geography.region, geography.seat):
            cached.cache_clear()


def test_every_county_elsewhere_has_a_box_and_townships_of_its_own() -> None:
    assert len(counties()) == 99
    assert len({county.prefecture_code for county in counties()}) == 13
    for county in counties():
        west, south, east, north = county.box.bounds
        assert (east - west, north - south) == pytest.approx((0.12, 0.12))
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
    town = seat("420902")
    points = [scatter(Random(i), shape, town, 1.0) for i in range(1_000)]
    north_km = [(lat - town[1]) * geography.KM_PER_DEGREE for _, lat in points]
    assert math.sqrt(sum(d * d for d in north_km) / len(north_km)) == pytest.approx(1.0, abs=0.1)


@pytest.mark.real_data
@pytest.mark.skipif(not settings.REAL_DATA_DIR.exists(), reason=f"no real data at {settings.REAL_DATA_DIR}")
def test_the_committed_counties_are_those_of_the_source() -> None:
    source = Path(settings.REAL_DATA_DIR) / "cn_admin_divisions" / "hubei_org_tree.csv"
    with source.open(encoding="utf-8", newline="") as file:
        tree = {row["code"]: row for row in csv.DictReader(file)}
    for county in counties():
        assert (tree[county.code]["name"], tree[county.code]["parent_code"]) == (county.name, county.prefecture_code)
        for place in townships()[county.code]:
            assert tree[place.code]["name"] == place.name


def _area_km2(shape: Shape) -> float:
    """Of a shape in degrees: turned to kilometres at the prefecture's middle latitude."""
    per_lon = geography.KM_PER_DEGREE * math.cos(math.radians(31.1))
    return sum(area_km2([(lon * per_lon, lat * geography.KM_PER_DEGREE) for lon, lat in ring]) for ring in shape.rings)
