"""Where things are: points of any datum as WGS-84, and metres between two of them. Pure; for visits and reads.

WGS-84 is what a phone's receiver gives, GCJ-02 what Chinese maps show (shifted by up to 700 m inside China), BD-09 what
Baidu adds to that. The raw value is what is stored; this is only for comparing.
"""

from __future__ import annotations

from math import asin, atan2, cos, pi, radians, sin, sqrt

EARTH_M = 6_371_008.8  # mean radius, IUGG
_SEMI_MAJOR_M = 6_378_245.0  # Krasovsky 1940, on which GCJ-02 is built
_ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943
_BAIDU = pi * 3000 / 180

Point = tuple[float, float]
"""(longitude, latitude) in degrees."""


def to_wgs84(lon: float, lat: float, datum: str) -> Point | None:
    """The point in WGS-84, within a metre; None when the datum is not known."""
    if datum == "WGS-84":
        return lon, lat
    if datum == "GCJ-02":
        return _without_shift(lon, lat)
    if datum == "BD-09":
        x, y = lon - 0.0065, lat - 0.006
        away = sqrt(x * x + y * y) - 0.00002 * sin(y * _BAIDU)
        angle = atan2(y, x) - 0.000003 * cos(x * _BAIDU)
        return _without_shift(away * cos(angle), away * sin(angle))
    return None


def distance_m(here: Point, there: Point) -> float:
    """Metres between two points of one datum, along the great circle."""
    (lon, lat), (lon2, lat2) = here, there
    half = sin(radians(lat2 - lat) / 2) ** 2
    half += cos(radians(lat)) * cos(radians(lat2)) * sin(radians(lon2 - lon) / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(half)))


def to_gcj02(lon: float, lat: float) -> Point:
    """The point as Chinese maps show it; outside China nothing is shifted."""
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    north = -100.0 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += _ripple(x) + (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300.0 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += _ripple(x) + (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    phi = lat / 180 * pi
    magic = 1 - _ECCENTRICITY_SQUARED * sin(phi) ** 2
    root = sqrt(magic)
    north = north * 180 / (_SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / (magic * root) * pi)
    east = east * 180 / (_SEMI_MAJOR_M / root * cos(phi) * pi)
    return lon + east, lat + north


def _ripple(x: float) -> float:
    return (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3


def _without_shift(lon: float, lat: float) -> Point:
    """Inverts the shift by fixed point; it changes so slowly that three turns are below a centimetre."""
    found = lon, lat
    for _ in range(3):
        shifted = to_gcj02(*found)
        found = found[0] + lon - shifted[0], found[1] + lat - shifted[1]
    return found
