"""The 120 products of the demo, from demo/data/products.csv; called by the loader and the order generator."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final

from demo.geography import DATA

# Price classes by the untaxed transfer price per carton (docs/method.md): (class, from fen, below fen).
PRICE_CLASS_BANDS: Final = (
    (1, 10_000, None),
    (2, 7_000, 10_000),
    (3, 3_000, 7_000),
    (4, 1_650, 3_000),
    (5, 0, 1_650),
)


@dataclass(frozen=True, slots=True)
class Product:
    """One SKU. Prices are integer fen; `popularity` is its weight in demand, 1 to 100; `transfer_fen` may be unknown.

    Facts and prices are approximate general knowledge, the codes are invented (demo/data/README.md).
    """

    code: str
    name: str
    brand: str
    brand_en: str
    maker: str
    blend: str
    tar_mg: Decimal
    pack_code: str
    carton_code: str
    packs_per_carton: int
    guide_pack_fen: int
    guide_carton_fen: int
    wholesale_fen: int
    transfer_fen: int | None
    is_home: bool
    popularity: int
    is_key: bool
    launched_months_ago: int | None

    @property
    def price_class(self) -> int | None:
        """Class 1 to 5 by the untaxed transfer price, null where that is unknown."""
        if self.transfer_fen is None:
            return None
        return next(number for number, low, _ in PRICE_CLASS_BANDS if self.transfer_fen >= low)

    def sold_since(self, as_of: date) -> date | None:
        """First day of the month in which a launch came on sale, counted back from `as_of`; null if always on sale."""
        if self.launched_months_ago is None:
            return None
        months = as_of.year * 12 + as_of.month - 1 - self.launched_months_ago
        return date(months // 12, months % 12 + 1, 1)


@cache
def products() -> tuple[Product, ...]:
    """All products in code order; ValueError where a bar code's check digit is wrong or a code occurs twice."""
    with (DATA / "products.csv").open(encoding="utf-8", newline="") as file:
        found = tuple(_product(row) for row in csv.DictReader(file))
    bar_codes = [code for product in found for code in (product.pack_code, product.carton_code)]
    wrong = [code for code in bar_codes if not is_ean13(code)]
    if wrong or len(set(bar_codes)) < len(bar_codes):
        raise ValueError(f"products.csv: wrong or repeated bar codes: {wrong}")
    return found


def is_ean13(code: str) -> bool:
    """Whether `code` is 13 ASCII digits with the right check digit (GB 12904, GS1 General Specifications 7.9)."""
    if len(code) != 13 or not (code.isascii() and code.isdigit()):
        return False
    return sum(int(digit) * (3 if i % 2 else 1) for i, digit in enumerate(code)) % 10 == 0


def _product(row: dict[str, str]) -> Product:
    return Product(
        code=row["code"],
        name=row["name"],
        brand=row["brand"],
        brand_en=row["brand_en"],
        maker=row["maker"],
        blend=row["blend"],
        tar_mg=Decimal(row["tar_mg"]),
        pack_code=row["pack_code"],
        carton_code=row["carton_code"],
        packs_per_carton=int(row["packs_per_carton"]),
        guide_pack_fen=int(row["guide_pack_fen"]),
        guide_carton_fen=int(row["guide_carton_fen"]),
        wholesale_fen=int(row["wholesale_fen"]),
        transfer_fen=int(row["transfer_fen"]) if row["transfer_fen"] else None,
        is_home=row["is_home"] == "1",
        popularity=int(row["popularity"]),
        is_key=row["is_key"] == "1",
        launched_months_ago=int(row["launched_months_ago"]) if row["launched_months_ago"] else None,
    )
