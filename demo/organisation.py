"""The org tree of the demo, down to territories of 149 to 186 shops; called by people, shops and the loader."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from demo.geography import DEMO_PREFECTURE, County, Township, counties, townships

NATION, PROVINCE, PREFECTURE, COUNTY, OFFICE, TERRITORY = range(6)
HOME_COUNTY: Final = "420902"
OTHER_COUNTY: Final = "420984"
LIN_SHOPS: Final = 186
SHOPS_PER_TERRITORY: Final = 165
TERRITORIES_PER_OFFICE: Final = 2.5
FEWEST_SHOPS: Final = 400
MOST_SHOPS: Final = 500_000
SHOPS_PER_PREFECTURE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Unit:
    """A node of the org tree; `code` is the division code (GB/T 2260), with -office and -territory numbers below it."""

    code: str
    level: int
    name: str
    name_en: str
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class Territory:
    """One account manager's shops: how many, and the townships they stand in."""

    code: str
    office_code: str
    county_code: str
    shops: int
    places: tuple[Township, ...]


@dataclass(frozen=True, slots=True)
class Organisation:
    """Units with parents before children, and the territories in code order; the first of HOME_COUNTY is Lin's."""

    units: tuple[Unit, ...]
    territories: tuple[Territory, ...]

    @property
    def lin_territory(self) -> Territory:
        """Lin's territory: exactly LIN_SHOPS shops."""
        return next(territory for territory in self.territories if territory.county_code == HOME_COUNTY)


def build(shops: int = 2_000) -> Organisation:
    """The organisation that serves `shops` retailers (400 to 500,000; ValueError outside).

    Up to 20,000 shops it is one prefecture with its 7 real counties; above, further prefectures of Hubei join in
    code order. Every county has at least one market office, every office at least one territory, and the
    territories' shop counts add up to `shops`.
    """
    if not FEWEST_SHOPS <= shops <= MOST_SHOPS:
        raise ValueError(f"shops must lie between {FEWEST_SHOPS} and {MOST_SHOPS}")
    served = _served_counties(shops)
    count = max(len(served), 1 + round((shops - LIN_SHOPS) / SHOPS_PER_TERRITORY))
    per_county = apportion(count, [_weight(county) for county in served])
    built = [_county(county, territories) for county, territories in zip(served, per_county, strict=True)]
    units = (*_upper_units(served), *(unit for found, _ in built for unit in found))
    return Organisation(units, _sized([territory for _, found in built for territory in found], shops))


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Whole shares of `total` by weight, each at least 1, largest remainders first; `total` >= len(weights)."""
    spare = total - len(weights)
    exact = [spare * weight / sum(weights) for weight in weights]
    shares = [1 + math.floor(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (math.floor(exact[i]) - exact[i], i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares


def _served_counties(shops: int) -> list[County]:
    codes = sorted({county.prefecture_code for county in counties()}, key=lambda code: (code != DEMO_PREFECTURE, code))
    used = set(codes[: math.ceil(shops / SHOPS_PER_PREFECTURE)])
    return [county for county in counties() if county.prefecture_code in used]


def _weight(county: County) -> float:
    """Trade follows people: townships counted, streets twice, and the prefecture's seat more."""
    towns = sum(2 if place.kind == "street" else 1 for place in townships()[county.code])
    return towns * (2.5 if county.code == HOME_COUNTY else 1.0)


def _upper_units(served: list[County]) -> list[Unit]:
    units = [
        Unit("CN", NATION, "国家烟草专卖局（演示）", "State bureau (demo)", None),
        Unit("42", PROVINCE, "湖北省", "Hubei", "CN"),
    ]
    seen: set[str] = set()
    for county in served:
        if county.prefecture_code not in seen:
            seen.add(county.prefecture_code)
            units.append(
                Unit(county.prefecture_code, PREFECTURE, county.prefecture_name, county.prefecture_name_en, "42")
            )
    return units


def _county(county: County, count: int) -> tuple[list[Unit], list[Territory]]:
    """The county with its offices and `count` territories, each a run of townships that are neighbours on the map."""
    places = _by_sector(townships()[county.code], count)
    offices = min(count, math.ceil(count / TERRITORIES_PER_OFFICE), len(townships()[county.code]))
    units = [Unit(county.code, COUNTY, county.name, county.name_en, county.prefecture_code)]
    territories: list[Territory] = []
    named: dict[str, int] = {}
    for office in range(offices):
        mine = range(math.ceil(office * count / offices), math.ceil((office + 1) * count / offices))
        seat = _unused_name([place for i in mine for place in places[i]], named)
        code = f"{county.code}-{office + 1:02d}"
        units.append(Unit(code, OFFICE, f"{seat.name}市场部", f"{seat.name_en} market office", county.code))
        for number, i in enumerate(mine, start=1):
            lead = places[i][0]
            name, name_en = f"{_stem(lead)}{number}片区", f"{lead.name_en.split()[0]} territory {number}"
            units.append(Unit(f"{code}-{number:02d}", TERRITORY, name, name_en, code))
            territories.append(Territory(f"{code}-{number:02d}", code, county.code, 0, places[i]))
    return units, territories


def _by_sector(found: tuple[Township, ...], count: int) -> list[tuple[Township, ...]]:
    """Deal streets and other townships separately, so that every territory has town and country while both last."""
    streets = [place for place in found if place.kind == "street"]
    others = [place for place in found if place.kind != "street"]
    return [(*_run(streets, i, count), *_run(others, i, count)) for i in range(count)]


def _run(places: list[Township], i: int, count: int) -> list[Township]:
    """The i-th of `count` consecutive runs; where there are fewer places than runs, neighbours share one."""
    if not places:
        return []
    first = i * len(places) // count
    return places[first : max((i + 1) * len(places) // count, first + 1)]


def _unused_name(places: list[Township], named: dict[str, int]) -> Township:
    """The first township that gave no office its name yet; a second office there gets a number."""
    for place in places:
        if place.code not in named:
            named[place.code] = 1
            return place
    place = places[0]
    named[place.code] += 1
    return replace(place, name=f"{place.name}第{named[place.code]}", name_en=f"{place.name_en} No. {named[place.code]}")


def _stem(place: Township) -> str:
    return place.name.removesuffix("街道").removesuffix("镇").removesuffix("乡")


def _sized(territories: list[Territory], shops: int) -> tuple[Territory, ...]:
    """Give every territory its shops: LIN_SHOPS for Lin, the others within 10 % of their mean, in a fixed pattern."""
    others = len(territories) - 1
    weights = [1.0 + 0.1 * math.sin(2.4 * i) for i in range(others)]
    rest = iter(apportion(shops - LIN_SHOPS, weights))
    lin = next(i for i, territory in enumerate(territories) if territory.county_code == HOME_COUNTY)
    return tuple(
        replace(territory, shops=LIN_SHOPS if i == lin else next(rest)) for i, territory in enumerate(territories)
    )
