"""The shapes of what phones hold of the catalogue; for brands/feeds.py, which has the statements."""

from __future__ import annotations

from datetime import date

from backend.documents import Decimal, Told


class Product(Told, kw_only=True, tag="product", tag_field="kind"):
    """A product on sale, or still on somebody's list."""

    product_id: int
    code: str
    name: str
    brand_id: int
    brand: str
    maker: str
    is_home: bool
    carton_code: str | None
    pack_code: str | None
    packs_per_carton: int
    blend: str
    tar_mg: Decimal | None
    guide_pack_fen: int | None
    guide_carton_fen: int | None
    wholesale_fen: int | None
    price_class: int | None
    on_sale: bool
    version: int


class KeyListing(Told, kw_only=True, tag="key", tag_field="kind"):
    """A unit's listing of a product as key, to a day that is not in it."""

    unit_id: int
    product_id: int
    from_date: date | None
    to_date: date | None
    is_launch: bool
    version: int


Products = Product | KeyListing
