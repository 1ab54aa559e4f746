"""The import kind `products`: a catalogue file becomes brands and products; registered by apps.py.

A product is known by its code. An empty cell keeps what is stored; a new brand is made by its name. Where a file names
several makers of one brand, the first one counts.
"""

from __future__ import annotations

from typing import Any

from backend.imports import reasons
from backend.imports.cells import YES_NO, number, text, whole, yuan_as_fen
from backend.imports.kinds import Column, Context, ImportKind, fault
from brands import catalogue, prices

COLUMNS = (
    Column("code", ("商品编码", "卷烟编码", "编码", "product_code", "source_id"), "text", text(20, r"[\w.-]+"), True),
    Column("brand", ("品牌", "品牌名称"), "text", text(60), True),
    Column("name", ("商品名称", "卷烟名称", "规格", "名称"), "text", text(100), True),
    Column("maker", ("生产企业", "厂家", "工业公司"), "text", text(80)),
    Column("carton_code", ("条码", "条包条码", "carton_barcode"), "text", text(14, r"\d{8,14}")),
    Column("pack_code", ("盒码", "盒包条码", "pack_barcode"), "text", text(14, r"\d{8,14}")),
    Column("packs_per_carton", ("每条盒数",), "smallint", whole(1, 100)),
    Column("blend", ("类型", "烟型", "blend_type"), "text", text(20)),
    Column("tar_mg", ("焦油", "焦油含量", "焦油量(mg)"), "numeric(4,1)", number(0, 99, 1)),
    Column("guide_pack_fen", ("盒零售价(元)", "盒价", "retail_price_pack_yuan", "guide_pack_yuan"),
           "integer", yuan_as_fen()),
    Column("guide_carton_fen", ("条零售价(元)", "条价", "指导零售价", "retail_price_carton_yuan", "guide_carton_yuan"),
           "integer", yuan_as_fen()),
    Column("wholesale_fen", ("批发价", "条批发价(元)", "wholesale_yuan"), "integer", yuan_as_fen()),
    Column("transfer_fen", ("调拨价", "不含税调拨价(元)", "transfer_yuan"), "integer", yuan_as_fen()),
    Column("on_sale", ("在销",), "boolean", YES_NO),
)  # fmt: skip

reasons.register("carton_not_ten_packs", "条价不等于盒价乘以每条盒数", "The carton price is not the packs' price")
reasons.register("carton_price_missing", "有盒价而无条价", "A pack price without a carton price")
reasons.register("pack_price_missing", "有条价而无盒价", "A carton price without a pack price")
reasons.register("code_of_another", "该条码已属于另一商品", "Another product has this bar code")


def check(cursor: Any, context: Context) -> None:
    """Flags prices that do not fit together (rows are kept); refuses bar codes of other products. Three queries."""
    fault(
        cursor,
        """SELECT row_no, CASE WHEN guide_pack_fen IS NULL THEN 'guide_pack_fen' ELSE 'guide_carton_fen' END, 'warning',
            CASE WHEN guide_pack_fen IS NULL THEN 'pack_price_missing'
                 WHEN guide_carton_fen IS NULL THEN 'carton_price_missing' ELSE 'carton_not_ten_packs' END,
            concat_ws(' / ', to_char(guide_pack_fen / 100.0, 'FM9999990.00'),
                      to_char(guide_carton_fen / 100.0, 'FM9999990.00'))
        FROM import_row
        WHERE guide_carton_fen IS DISTINCT FROM guide_pack_fen * coalesce(packs_per_carton, 10)""",
    )
    fault(
        cursor,
        """SELECT r.row_no, 'carton_code', 'error', 'code_of_another', r.carton_code FROM import_row r
        JOIN brands_product p ON p.carton_code = r.carton_code AND p.code <> r.code""",
    )
    fault(
        cursor,
        """SELECT r.row_no, 'pack_code', 'error', 'code_of_another', r.pack_code FROM import_row r
        JOIN brands_product p ON p.pack_code = r.pack_code AND p.code <> r.code""",
    )


def compare(cursor: Any, context: Context) -> None:
    """Says of each row whether its product is new, differs, or is the same. One query."""
    cursor.execute(
        """WITH makers AS (
            SELECT DISTINCT ON (brand) brand, maker FROM import_row WHERE maker IS NOT NULL ORDER BY brand, row_no)
        UPDATE import_row SET effect = known.effect FROM (
            SELECT r.row_no, CASE
                WHEN p.id IS NULL THEN 'created'
                WHEN b.name <> r.brand OR p.name <> r.name OR b.maker <> m.maker
                  OR r.carton_code <> coalesce(p.carton_code, '') OR r.pack_code <> coalesce(p.pack_code, '')
                  OR r.packs_per_carton <> p.packs_per_carton OR r.blend <> p.blend
                  OR r.tar_mg <> coalesce(p.tar_mg, -1) OR r.guide_pack_fen <> coalesce(p.guide_pack_fen, -1)
                  OR r.guide_carton_fen <> coalesce(p.guide_carton_fen, -1)
                  OR r.wholesale_fen <> coalesce(p.wholesale_fen, -1)
                  OR r.transfer_fen <> coalesce(p.transfer_fen, -1) OR r.on_sale <> p.on_sale
                THEN 'changed' ELSE 'unchanged' END AS effect
            FROM import_row r LEFT JOIN brands_product p ON p.code = r.code
            LEFT JOIN brands_brand b ON b.id = p.brand_id LEFT JOIN makers m ON m.brand = r.brand
        ) known WHERE known.row_no = import_row.row_no"""
    )


_PRICES = """
SELECT p.id AS product_id, coalesce(r.guide_carton_fen, p.guide_carton_fen) AS guide_fen,
    coalesce(r.wholesale_fen, p.wholesale_fen) AS wholesale_fen,
    coalesce(r.transfer_fen, p.transfer_fen) AS transfer_fen
FROM import_row r JOIN brands_product p ON p.code = r.code WHERE r.effect = 'changed'
"""


def apply(cursor: Any, context: Context) -> None:
    """Brands and products stand as the good rows say, past days keep their prices, and phones learn of it. Nine
    queries."""
    prices.keep_selected(cursor, _PRICES)
    cursor.execute(
        """INSERT INTO brands_brand (name, name_en, maker, is_home, version)
        SELECT DISTINCT ON (brand) brand, '', coalesce(maker, ''), false, 1 FROM import_row
        ORDER BY brand, maker IS NULL, row_no ON CONFLICT (name) DO NOTHING"""
    )
    cursor.execute(
        """UPDATE brands_brand b SET maker = r.maker, version = b.version + 1 FROM (
            SELECT DISTINCT ON (brand) brand, maker FROM import_row WHERE maker IS NOT NULL ORDER BY brand, row_no) r
        WHERE b.name = r.brand AND b.maker <> r.maker"""
    )
    cursor.execute(
        """UPDATE brands_product p SET brand_id = b.id, name = r.name,
            carton_code = coalesce(r.carton_code, p.carton_code), pack_code = coalesce(r.pack_code, p.pack_code),
            packs_per_carton = coalesce(r.packs_per_carton, p.packs_per_carton), blend = coalesce(r.blend, p.blend),
            tar_mg = coalesce(r.tar_mg, p.tar_mg), guide_pack_fen = coalesce(r.guide_pack_fen, p.guide_pack_fen),
            guide_carton_fen = coalesce(r.guide_carton_fen, p.guide_carton_fen),
            wholesale_fen = coalesce(r.wholesale_fen, p.wholesale_fen),
            transfer_fen = coalesce(r.transfer_fen, p.transfer_fen), on_sale = coalesce(r.on_sale, p.on_sale),
            version = p.version + 1
        FROM import_row r JOIN brands_brand b ON b.name = r.brand WHERE p.code = r.code AND r.effect = 'changed'"""
    )
    cursor.execute(
        """INSERT INTO brands_product (code, brand_id, name, carton_code, pack_code, packs_per_carton, blend, tar_mg,
            guide_pack_fen, guide_carton_fen, wholesale_fen, transfer_fen, on_sale, version)
        SELECT r.code, b.id, r.name, r.carton_code, r.pack_code, coalesce(r.packs_per_carton, 10),
            coalesce(r.blend, ''), r.tar_mg, r.guide_pack_fen, r.guide_carton_fen, r.wholesale_fen, r.transfer_fen,
            coalesce(r.on_sale, true), 1
        FROM import_row r JOIN brands_brand b ON b.name = r.brand WHERE r.effect = 'created' ORDER BY r.row_no"""
    )
    catalogue.changed()


PRODUCTS = ImportKind(
    code="products",
    title="商品目录",
    title_en="product catalogue",
    capability="brands.edit",
    columns=COLUMNS,
    check=check,
    compare=compare,
    apply=apply,
    unique=("code", "carton_code", "pack_code"),
)
