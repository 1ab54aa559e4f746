"""What phones hold of the catalogue: products, and the key lists of the units above; registered by apps.py.

Products stand at the nation, a listing at the unit that put it on its list: what a unit above lists is key below it.
"""

from __future__ import annotations

from backend.feeds import Feed
from backend.ids import numbered_sql
from brands.feed_shapes import Products

CATALOGUE = "catalogue"  # the mark: what is sold has changed, or what it costs

_PRODUCT, _LISTING = numbered_sql(1, "g.id"), numbered_sql(2, "k.id")
# What is sold, and what is still on a list; a listing until its last day has passed.
_DOCUMENTS = f"""
SELECT u.id, {_PRODUCT}, json_build_object(
    'id', {_PRODUCT}, 'kind', 'product', 'product_id', g.id, 'code', g.code, 'name', g.name,
    'brand_id', g.brand_id, 'brand', b.name, 'maker', b.maker, 'is_home', b.is_home,
    'carton_code', g.carton_code, 'pack_code', g.pack_code, 'packs_per_carton', g.packs_per_carton,
    'blend', g.blend, 'tar_mg', g.tar_mg::text, 'guide_pack_fen', g.guide_pack_fen,
    'guide_carton_fen', g.guide_carton_fen, 'wholesale_fen', g.wholesale_fen, 'price_class', p.price_class,
    'on_sale', g.on_sale, 'version', g.version)
FROM backend_unit u CROSS JOIN brands_product g JOIN brands_brand b ON b.id = g.brand_id
LEFT JOIN brands_priceclassband p ON p.during @> %(today)s::date AND p.transfer_fen @> g.transfer_fen
WHERE u.id = ANY(%(units)s) AND u.level = 0
AND (g.on_sale OR EXISTS (SELECT FROM brands_keyproduct k
    WHERE k.product_id = g.id AND NOT k.during << daterange(%(today)s, NULL)))
AND (%(ids)s::uuid[] IS NULL OR {_PRODUCT} = ANY(%(ids)s::uuid[]))
UNION ALL
SELECT k.unit_id, {_LISTING}, json_build_object(
    'id', {_LISTING}, 'kind', 'key', 'unit_id', k.unit_id, 'product_id', k.product_id,
    'from_date', lower(k.during), 'to_date', upper(k.during), 'is_launch', k.is_launch, 'version', k.version)
FROM brands_keyproduct k
WHERE k.unit_id = ANY(%(units)s) AND NOT k.during << daterange(%(today)s, NULL)
AND (%(ids)s::uuid[] IS NULL OR {_LISTING} = ANY(%(ids)s::uuid[]))
"""  # noqa: S608  names of our own

FEEDS = (Feed("products", 1, "brands.read", _DOCUMENTS, above=True, kinds=(CATALOGUE, "key_products"), shape=Products),)
