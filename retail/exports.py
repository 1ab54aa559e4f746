"""Shops as an export: the file of each with its classes and territory of today; registered by retail/apps.py."""

from __future__ import annotations

from django.db.models import Q

from backend import clock
from backend.exports.kinds import Column, ExportKind, Personal, Sql, Type, Wanted, select
from backend.scope import units_under, visible_to
from retail import queries
from retail.filters import RetailerFilters
from retail.models import Classification, Retailer

COLUMNS = (
    Column("id", "客户编号", "shop id", Type.UUID),
    Column("code", "客户编码", "shop code"),
    Column("name", "店名", "shop"),
    Column("licence_no", "许可证号", "licence number", personal=Personal.NUMBER),
    Column("licence_valid_until", "许可证有效期至", "licence valid until", Type.DATE),
    Column("holder", "持证人", "licence holder", personal=Personal.NAME),
    Column("address", "地址", "address", personal=Personal.HIDDEN),
    Column("contact_name", "首要联系人", "first contact", personal=Personal.NAME),
    Column("contact_phone", "联系电话", "phone", personal=Personal.HIDDEN),
    Column("county_name", "县", "county"),
    Column("territory_code", "片区编码", "territory code"),
    Column("territory_name", "片区", "territory"),
    Column("state", "状态", "state", values=dict(Classification.State.choices)),
    Column("business_type", "业态", "business type", values=dict(Classification.BusinessType.choices)),
    Column("market_type", "市场类型", "market type", values=dict(Classification.MarketType.choices)),
    Column("scale", "规模", "scale", Type.INTEGER),
    Column("tier", "档位", "tier", Type.INTEGER),
    Column("integrity_grade", "诚信等级", "integrity grade"),
    Column("terminal_type", "终端类型", "terminal type"),
    Column("trade_area", "商圈", "trade area"),
    Column("visit_class", "走访类别", "visit class"),
    Column("order_weekday", "订货日", "order weekday", Type.INTEGER),
    Column("opened_on", "建户日期", "client since", Type.DATE),
    Column("lon", "经度", "longitude", Type.FLOAT, Personal.POINT),
    Column("lat", "纬度", "latitude", Type.FLOAT, Personal.POINT),
    Column("datum", "坐标系", "datum"),
)  # fmt: skip


def retailers(wanted: Wanted) -> Sql:
    """One row a shop. The tier for those alone who may read it."""
    today = clock.today()
    rows = wanted.filtered(RetailerFilters, visible_to(Retailer.objects.all(), wanted.actor))
    if wanted.unit_id is not None:
        below = units_under([wanted.unit_id])
        rows = rows.filter(Q(owner__territory_id__in=below) | Q(owner__territory_id=None, county_id__in=below))
    inner = select(rows.values("pk"))
    tier = "k.tier" if queries.may_read_tier(wanted.actor) else "NULL::smallint AS tier"
    return Sql(
        f"""SELECT r.id, r.code, r.name, r.licence_no, r.licence_valid_until, r.holder, r.address,
            n.name AS contact_name, n.phone AS contact_phone, c.name AS county_name, t.code AS territory_code,
            t.name AS territory_name, k.state, k.business_type, k.market_type, k.scale, {tier}, k.integrity_grade,
            k.terminal_type, k.trade_area, k.visit_class, r.order_weekday, r.opened_on, r.lon, r.lat, r.datum
        FROM retail_retailer r
        JOIN backend_unit c ON c.id = r.county_id
        LEFT JOIN retail_classification k ON k.retailer_id = r.id AND k.during @> %s::date
        LEFT JOIN retail_assignment a ON a.retailer_id = r.id AND a.during @> %s::date
        LEFT JOIN backend_unit t ON t.id = a.territory_id
        LEFT JOIN retail_contact n ON n.retailer_id = r.id AND n.is_primary
        WHERE r.id IN ({inner.text})""",  # noqa: S608
        (today, today, *inner.params),
    )


RETAILERS = ExportKind("retailers", "客户", "shops", "retail.read", COLUMNS, retailers, RetailerFilters, has_days=False)
