"""What of visits is exported: the visits themselves, their lines of three kinds, and market intelligence.

Each is what the list of the same things shows its reader, by the same scope and filters; registered by visits/apps.py.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from backend.exports.kinds import Column, ExportKind, Personal, Sql, Type, Wanted, select
from backend.scope import units_under, visible_to
from visits.filters import VisitFilters
from visits.intelligence_api import IntelligenceFilters
from visits.models import Briefing, Intelligence, Remark, Visit

_SHOP = (
    Column("retailer_id", "客户编号", "shop id", Type.UUID),
    Column("retailer_code", "客户编码", "shop code"),
    Column("retailer_name", "店名", "shop"),
)
_WHO = (
    Column("person_id", "走访人编号", "visitor id", Type.UUID),
    Column("person_name", "走访人", "visitor", personal=Personal.NAME),
)
_WHERE = (
    Column("county_name", "县", "county"),
    Column("territory_code", "片区编码", "territory code"),
    Column("territory_name", "片区", "territory"),
)
_VISIT = (
    Column("visit_id", "走访编号", "visit id", Type.UUID),
    Column("on_date", "业务日期", "business date", Type.DATE),
    *_SHOP,
    *_WHO,
    *_WHERE,
)
_PRODUCT = (
    Column("product_code", "商品编码", "product code"),
    Column("product_name", "商品", "product"),
)
VISIT_COLUMNS = (
    Column("id", "走访编号", "visit id", Type.UUID),
    Column("month", "月份", "month", Type.MONTH),
    Column("on_date", "业务日期", "business date", Type.DATE),
    *_SHOP,
    *_WHO,
    *_WHERE,
    Column("started_at", "开始时间", "started", Type.MOMENT),
    Column("ended_at", "结束时间", "ended", Type.MOMENT),
    Column("received_at", "收到时间", "received", Type.MOMENT),
    Column("presence", "到店", "presence", values=dict(Visit.Presence.choices)),
    Column("distance_m", "距店(米)", "distance, m", Type.FLOAT),
    Column("lon", "经度", "longitude", Type.FLOAT, Personal.POINT),
    Column("lat", "纬度", "latitude", Type.FLOAT, Personal.POINT),
    Column("datum", "坐标系", "datum"),
    Column("flags", "标记", "flags"),
    Column("away_reason", "不在店原因", "why away", personal=Personal.WORDS),
    Column("persons_met", "接待人", "persons met", personal=Personal.NAME),
    Column("note", "走访记录", "note", personal=Personal.WORDS),
    Column("display_score", "陈列得分", "display score", Type.DECIMAL),
    Column("unplanned_reason", "计划外原因", "why unplanned"),
    Column("purposes", "目的", "purposes"),
    Column("tags", "标签", "tags"),
    Column("typed_s", "录入秒数", "seconds typing", Type.INTEGER),
    Column("photos_declared", "照片数", "photos", Type.INTEGER),
    Column("photos_missing", "缺照片数", "photos missing", Type.INTEGER),
    Column("revision", "版本", "revision", Type.INTEGER),
)

_NAMED = """
JOIN retail_retailer r ON r.id = v.retailer_id
JOIN backend_person p ON p.id = v.person_id
JOIN backend_unit t ON t.id = v.territory_id
JOIN backend_unit c ON c.id = v.county_id"""
_NAMES = """r.code AS retailer_code, r.name AS retailer_name, p.name AS person_name, c.name AS county_name,
    t.code AS territory_code, t.name AS territory_name"""


def _asked(wanted: Wanted) -> QuerySet[Any]:
    """The visits that are asked for, as the list of visits shows them."""
    rows = wanted.filtered(VisitFilters, visible_to(Visit.objects.all(), wanted.actor))
    if wanted.unit_id is not None:
        rows = rows.filter(territory_id__in=units_under([wanted.unit_id]))
    return wanted.in_days(rows, month="month")


def visits(wanted: Wanted) -> Sql:
    """One row a visit, without its lines."""
    inner = select(_asked(wanted))
    return Sql(
        f"""SELECT v.id, v.month, v.on_date, v.retailer_id, v.person_id, v.started_at, v.ended_at, v.received_at,
            v.presence, v.distance_m, v.lon, v.lat, v.datum, array_to_string(v.flags, ';') AS flags, v.away_reason,
            v.persons_met, v.note, v.display_score, v.unplanned_reason, array_to_string(v.purposes, ';') AS purposes,
            array_to_string(v.tags, ';') AS tags, v.typed_s, v.photos_declared, v.photos_missing, v.revision, {_NAMES}
        FROM ({inner.text}) v {_NAMED}""",  # noqa: S608
        inner.params,
    )


def _lines(wanted: Wanted, table: str, columns: str, joined: str = "") -> Sql:
    """The lines of the visits that are asked for, each with the visit that it belongs to."""
    inner = select(
        _asked(wanted).only("id", "month", "on_date", "retailer_id", "person_id", "territory_id", "county_id")
    )
    return Sql(
        f"""SELECT v.id AS visit_id, v.on_date, v.retailer_id, v.person_id, {_NAMES}, l.line_no, {columns}
        FROM ({inner.text}) v JOIN {table} l ON l.month = v.month AND l.visit_id = v.id {joined} {_NAMED}""",  # noqa: S608
        inner.params,
    )


def observations(wanted: Wanted) -> Sql:
    """One row a product that was looked at."""
    return _lines(
        wanted,
        "visits_observation",
        """g.code AS product_code, g.name AS product_name, l.on_shelf, l.carton_price_fen, l.pack_price_fen,
        l.stock_packs, l.facings, l.oos_days, l.confidence""",
        "JOIN brands_product g ON g.id = l.product_id",
    )


def checks(wanted: Wanted) -> Sql:
    """One row an item of a display check."""
    return _lines(wanted, "visits_checkline", "l.item_code, l.answer, l.passed, l.points, l.fixed")


def briefings(wanted: Wanted) -> Sql:
    """One row a policy version that was told."""
    return _lines(
        wanted,
        "visits_briefing",
        """o.code AS policy_code, o.title AS policy_title, w.number AS policy_version, l.channel, l.told_to,
        l.understanding, l.passed, l.question, l.unanswered""",
        """JOIN visits_policyversion w ON w.id = l.policy_version_id JOIN visits_policy o ON o.id = w.policy_id""",
    )


def intelligence(wanted: Wanted) -> Sql:
    """One row a line of what visits learnt; what is restricted for its author and for those who may read it."""
    rows = wanted.filtered(IntelligenceFilters, visible_to(Intelligence.objects.all(), wanted.actor))
    if wanted.unit_id is not None:
        rows = rows.filter(territory_id__in=units_under([wanted.unit_id]))
    inner = select(wanted.in_days(rows, month="month"))
    return Sql(
        f"""SELECT v.visit_id, v.on_date, v.retailer_id, v.person_id, {_NAMES}, v.place_no AS line_no, v.kind,
            g.code AS product_code, g.name AS product_name, o.code AS policy_code, v.on_shelf, v.carton_price_fen,
            v.pack_price_fen, v.stock_packs, v.facings, v.oos_days, v.confidence, v.text, v.counter_proposal, v.place,
            v.campaign, v.price_fen, v.quantity, v.is_restricted
        FROM ({inner.text}) v {_NAMED}
        LEFT JOIN brands_product g ON g.id = v.product_id LEFT JOIN visits_policy o ON o.id = v.policy_id""",  # noqa: S608
        inner.params,
    )


_LINE = Column("line_no", "行号", "line", Type.INTEGER)
_SEEN = (
    Column("on_shelf", "在架", "on the shelf", Type.BOOLEAN),
    Column("carton_price_fen", "条价", "carton price", Type.FEN),
    Column("pack_price_fen", "盒价", "pack price", Type.FEN),
    Column("stock_packs", "库存(盒)", "stock, packs", Type.INTEGER),
    Column("facings", "陈列面", "facings", Type.INTEGER),
    Column("oos_days", "断货天数", "days out of stock", Type.INTEGER),
    Column("confidence", "可信度", "confidence", Type.INTEGER, values=dict(Remark.Confidence.choices)),
)  # fmt: skip

KINDS = (
    ExportKind("visits", "走访", "visits", "visits.read", VISIT_COLUMNS, visits, VisitFilters),
    ExportKind(
        "observations",
        "走访：商品观察",
        "observations of products",
        "visits.read",
        (*_VISIT, _LINE, *_PRODUCT, *_SEEN),
        observations,
        VisitFilters,
    ),
    ExportKind(
        "checks",
        "走访：陈列检查",
        "items of display checks",
        "visits.read",
        (
            *_VISIT,
            _LINE,
            Column("item_code", "检查项", "item"),
            Column("answer", "结果", "answer", personal=Personal.WORDS),
            Column("passed", "合格", "passed", Type.BOOLEAN),
            Column("points", "得分", "points", Type.DECIMAL),
            Column("fixed", "当场整改", "put right on the spot", Type.BOOLEAN),
        ),
        checks,
        VisitFilters,
    ),
    ExportKind(
        "briefings",
        "走访：政策宣讲",
        "policies told",
        "visits.read",
        (
            *_VISIT,
            _LINE,
            Column("policy_code", "政策编码", "policy code"),
            Column("policy_title", "政策", "policy"),
            Column("policy_version", "版本", "version", Type.INTEGER),
            Column("channel", "方式", "channel", values=dict(Briefing.Channel.choices)),
            Column("told_to", "宣讲对象", "told to", personal=Personal.NAME),
            Column("understanding", "理解程度", "understanding", Type.INTEGER),
            Column("passed", "问答通过", "passed", Type.BOOLEAN),
            Column("question", "提问", "question", personal=Personal.WORDS),
            Column("unanswered", "未能答复", "not answered", Type.BOOLEAN),
        ),
        briefings,
        VisitFilters,
    ),
    ExportKind(
        "intelligence",
        "市场信息",
        "market intelligence",
        "visits.read",
        (
            *_VISIT,
            _LINE,
            Column("kind", "类别", "kind", values={Intelligence.PRODUCT: "", **dict(Remark.Kind.choices)}),
            *_PRODUCT,
            Column("policy_code", "政策编码", "policy code"),
            *_SEEN,
            Column("text", "内容", "text", personal=Personal.WORDS),
            Column("counter_proposal", "建议", "counter-proposal", personal=Personal.WORDS),
            Column("place", "地点", "place", personal=Personal.WORDS),
            Column("campaign", "活动", "campaign", personal=Personal.WORDS),
            Column("price_fen", "流通价", "price among dealers", Type.FEN),
            Column("quantity", "数量(条)", "cartons", Type.INTEGER),
            Column("is_restricted", "受限", "restricted", Type.BOOLEAN),
        ),
        intelligence,
        IntelligenceFilters,
    ),
)
