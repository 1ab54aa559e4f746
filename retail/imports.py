"""The import kind `retailers`: a client file becomes shops, their classes and their territories; registered by apps.py.

A shop is known by its client code. An empty cell keeps what is stored; a new shop needs licence, name, holder, business
type, market type, scale and territory, and is visited monthly (class C) unless the file says otherwise. What differs
counts from `effective_on` (today where it is empty), so the days before keep their classes and their territory.
"""

from __future__ import annotations

from typing import Any

from backend.imports import reasons
from backend.imports.cells import choice, clock_time, day, number, text, whole
from backend.imports.kinds import Column, Context, ImportKind, fault
from retail.imports_apply import apply


def _words(meanings: dict[Any, str]) -> dict[str, Any]:
    """Every word of a cell, with what it stands for."""
    return {word: meaning for meaning, words in meanings.items() for word in words.split()}


BUSINESS_TYPES = _words(
    {
        "Z": "Z 食杂店",
        "B": "B 便利店",
        "S": "S 超市",
        "N": "N 商场",
        "Y": "Y 烟酒商店 烟酒店",
        "F": "F 娱乐服务",
        "Q": "Q 其他",
    }
)
MARKET_TYPES = _words({"C": "C 城镇 城网 urban", "X": "X 乡村 农网 rural"})
SCALES = _words({1: "1 大 large", 2: "2 中 middle", 3: "3 小 small"})
STATES = _words({"active": "active 正常", "suspended": "suspended 停业 暂停", "closed": "closed 歇业 注销"})
TERMINALS = _words(
    {"ordinary": "ordinary 普通 普通终端", "modern": "modern 现代 现代终端", "franchise": "franchise 加盟 加盟终端"}
)
VISIT_CLASSES = _words({"A": "A 每周", "B": "B 每两周", "C": "C 每月"})
DATUMS = _words({"WGS-84": "WGS-84 WGS84", "GCJ-02": "GCJ-02 GCJ02", "BD-09": "BD-09 BD09", "unknown": "unknown 未知"})
WEEKDAYS = {f"{word}{sign}": n for n, sign in enumerate("一二三四五六日", 1) for word in ("周", "星期")}
WEEKDAYS |= {str(n): n for n in range(1, 8)}

COLUMNS = (
    Column("code", ("客户编码", "零售户编码", "客户代码"), "text", text(20, r"[\w-]+"), True),
    Column("licence_no", ("许可证号", "烟草专卖许可证号", "licence"), "text", text(20, r"[\w-]+")),
    Column("licence_valid_until", ("许可证有效期至", "有效期至"), "date", day),
    Column("name", ("店名", "客户名称", "店铺名称", "字号"), "text", text(120)),
    Column("holder", ("持证人", "负责人", "经营者"), "text", text(60)),
    Column("address", ("地址", "经营地址"), "text", text(200)),
    Column("lon", ("经度", "longitude"), "double precision", number(-180, 180, 12)),
    Column("lat", ("纬度", "latitude"), "double precision", number(-90, 90, 12)),
    Column("datum", ("坐标系",), "text", choice(DATUMS)),
    Column("opens_at", ("开门时间", "营业开始"), "time", clock_time),
    Column("closes_at", ("关门时间", "营业结束"), "time", clock_time),
    Column("order_weekday", ("订货日", "订货星期"), "smallint", choice(WEEKDAYS)),
    Column("opened_on", ("建户日期", "入网日期"), "date", day),
    Column("territory_code", ("片区编码", "片区代码", "territory"), "text", text(32)),
    Column("state", ("状态", "经营状态"), "text", choice(STATES)),
    Column("business_type", ("业态", "经营业态"), "text", choice(BUSINESS_TYPES)),
    Column("market_type", ("市场类型",), "text", choice(MARKET_TYPES)),
    Column("scale", ("经营规模", "规模"), "smallint", choice(SCALES)),
    Column("tier", ("档位", "客户档位"), "smallint", whole(1, 30)),
    Column("integrity_grade", ("诚信等级",), "text", text(4)),
    Column("terminal_type", ("终端类型",), "text", choice(TERMINALS)),
    Column("trade_area", ("商圈",), "text", text(20)),
    Column("visit_class", ("走访类别", "走访周期", "拜访类别", "拜访周期"), "text", choice(VISIT_CLASSES)),
    Column("effective_on", ("生效日期", "effective_date"), "date", day),
)

for _code, _zh, _en in (
    ("code_not_yours", "该客户编码已被使用，且不在您的管辖范围内", "The client code is in use outside your scope"),
    ("licence_of_another", "该许可证号属于另一零售户", "Another retailer has this licence"),
    ("unknown_territory", "没有此片区，或不在您的管辖范围内", "No such territory, or it is outside your scope"),
    ("point_not_whole", "经度与纬度须同时填写", "Longitude and latitude come together"),
    ("in_future", "生效日期不能晚于今天", "The effective date cannot lie ahead"),
    ("before_first_class", "生效日期早于该户的首次分类", "The effective date is before the shop's first class"),
    ("backdated", "不能划转到过去的日期", "A transfer cannot begin in the past"),
    ("planned_move", "该户已有计划中的划转", "A transfer of this shop is planned already"),
    ("licence_expired", "许可证已过期", "The licence has ended"),
    ("datum_unknown", "坐标系未知，距离将无法核对", "The datum is unknown: distances cannot be checked"),
):
    reasons.register(_code, _zh, _en)

_RESOLVE = """
UPDATE import_row i SET since = coalesce(i.effective_on, CASE WHEN r.id IS NULL THEN i.opened_on END, %(today)s),
    shop = r.id, territory_id = t.id, is_mine = r.id IS NULL OR c.ancestors && %(units)s::bigint[]
FROM import_row j LEFT JOIN retail_retailer r ON r.code = j.code LEFT JOIN backend_unit c ON c.id = r.county_id
LEFT JOIN backend_unit t ON t.code = j.territory_code AND t.level = 5 AND t.ancestors && %(units)s::bigint[]
    AND t.during @> %(today)s::date
WHERE j.row_no = i.row_no"""
# A transfer or reclassification of one of these shops waits from here on: what is compared is what will be changed.
_LOCK = """
SELECT id FROM retail_retailer WHERE id IN (SELECT shop FROM import_row WHERE shop IS NOT NULL AND is_mine)
ORDER BY id FOR NO KEY UPDATE"""
_IN_FORCE = """
UPDATE import_row i
SET class_id = c.id, class_until = upper(c.during), held_id = a.id, held_territory_id = a.territory_id
FROM import_row j
LEFT JOIN retail_classification c ON c.retailer_id = j.shop AND c.during @> j.since
LEFT JOIN retail_assignment a ON a.retailer_id = j.shop AND a.during @> j.since
WHERE j.row_no = i.row_no AND j.shop IS NOT NULL"""
_FAULTS = """
SELECT row_no, 'code', 'error', 'code_not_yours', code FROM import_row WHERE NOT is_mine
UNION ALL SELECT i.row_no, 'licence_no', 'error', 'licence_of_another', i.licence_no FROM import_row i
    JOIN retail_retailer r ON r.licence_no = i.licence_no AND r.code <> i.code
UNION ALL SELECT row_no, 'territory_code', 'error', 'unknown_territory', territory_code FROM import_row
    WHERE territory_code IS NOT NULL AND territory_id IS NULL
UNION ALL SELECT i.row_no, need.name, 'error', 'missing_value', '' FROM import_row i
    CROSS JOIN LATERAL (VALUES ('licence_no', licence_no), ('name', name), ('holder', holder),
        ('territory_code', territory_code), ('business_type', business_type), ('market_type', market_type),
        ('scale', scale::text)) AS need(name, value) WHERE i.shop IS NULL AND need.value IS NULL
UNION ALL SELECT row_no, 'lon', 'error', 'point_not_whole', concat_ws(' ', lon, lat) FROM import_row
    WHERE (lon IS NULL) <> (lat IS NULL)
UNION ALL SELECT row_no, 'effective_on', 'error', 'in_future', since::text FROM import_row WHERE since > %(today)s
UNION ALL SELECT row_no, 'effective_on', 'error', 'before_first_class', since::text FROM import_row
    WHERE shop IS NOT NULL AND is_mine AND class_id IS NULL AND since <= %(today)s
UNION ALL SELECT row_no, 'effective_on', 'error', 'backdated', since::text FROM import_row
    WHERE held_territory_id <> territory_id AND is_mine AND since < %(today)s
UNION ALL SELECT i.row_no, 'territory_code', 'error', 'planned_move', i.territory_code FROM import_row i
    WHERE i.shop IS NOT NULL AND i.is_mine AND i.territory_id IS DISTINCT FROM i.held_territory_id
      AND i.territory_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM retail_assignment a WHERE a.retailer_id = i.shop AND lower(a.during) > i.since)
UNION ALL SELECT row_no, 'licence_valid_until', 'warning', 'licence_expired', licence_valid_until::text FROM import_row
    WHERE licence_valid_until < %(today)s AND coalesce(state, 'active') = 'active'
UNION ALL SELECT i.row_no, 'datum', 'warning', 'datum_unknown', concat_ws(' ', i.lon, i.lat) FROM import_row i
    LEFT JOIN retail_retailer r ON r.id = i.shop
    WHERE i.lon IS NOT NULL AND coalesce(i.datum, r.datum, 'unknown') = 'unknown'
"""
_COMPARE = """
UPDATE import_row i SET
    shop_differs = (j.licence_no <> r.licence_no OR j.name <> r.name OR j.holder <> r.holder OR j.address <> r.address
        OR j.licence_valid_until <> coalesce(r.licence_valid_until, 'infinity') OR j.lon <> coalesce(r.lon, 999)
        OR j.lat <> coalesce(r.lat, 999) OR j.datum <> r.datum OR j.opened_on <> r.opened_on
        OR (j.opens_at IS NOT NULL AND j.opens_at IS DISTINCT FROM r.opens_at)
        OR (j.closes_at IS NOT NULL AND j.closes_at IS DISTINCT FROM r.closes_at)
        OR j.order_weekday <> coalesce(r.order_weekday, 0)) IS TRUE,
    class_differs = (j.state <> c.state OR j.business_type <> c.business_type OR j.market_type <> c.market_type
        OR j.scale <> c.scale OR j.tier <> coalesce(c.tier, 0) OR j.integrity_grade <> c.integrity_grade
        OR j.terminal_type <> c.terminal_type OR j.trade_area <> c.trade_area OR j.visit_class <> c.visit_class)
        IS TRUE,
    moves = j.territory_id IS NOT NULL AND j.territory_id IS DISTINCT FROM j.held_territory_id
FROM import_row j LEFT JOIN retail_retailer r ON r.id = j.shop LEFT JOIN retail_classification c ON c.id = j.class_id
WHERE j.row_no = i.row_no"""


def check(cursor: Any, context: Context) -> None:
    """Finds each row's shop, territory and the rows in force on its day; lists what does not fit. Five queries."""
    cursor.execute(
        """ALTER TABLE import_row ADD shop uuid, ADD territory_id bigint, ADD since date, ADD is_mine boolean,
        ADD class_id bigint, ADD class_until date, ADD held_id bigint, ADD held_territory_id bigint,
        ADD shop_differs boolean, ADD class_differs boolean, ADD moves boolean"""
    )
    given = {"today": context.today, "units": context.unit_ids}
    cursor.execute(_RESOLVE, given)
    cursor.execute(_LOCK)
    cursor.execute(_IN_FORCE)
    fault(cursor, _FAULTS, given)


def compare(cursor: Any, context: Context) -> None:
    """Says of each row whether its shop is new, differs in anything on its day, or is the same. Two queries."""
    cursor.execute(_COMPARE)
    cursor.execute(
        """UPDATE import_row SET effect = CASE WHEN shop IS NULL THEN 'created'
            WHEN shop_differs OR class_differs OR moves THEN 'changed' ELSE 'unchanged' END"""
    )


RETAILERS = ImportKind(
    code="retailers",
    title="零售户",
    title_en="retailers",
    capability="retail.edit",
    columns=COLUMNS,
    check=check,
    compare=compare,
    apply=apply,
    unique=("code", "licence_no"),
)
