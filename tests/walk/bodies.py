"""A valid body for every writing route, with nested ids from a column of the policy table; a route without one fails.

`VALID` maps a route to what a careful client sends. Ids inside come from `Place`, so that the same body can speak of
Lin's shop, of Wu's, or of one that is nowhere.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from tests.cast import PASSWORD
from tests.walk.asking import Ask, address
from tests.walk.photo_things import FORMS as FORMS
from tests.walk.policy import NOWHERE, OWN, Rule
from tests.walk.world import NO_UUID, Place, World

Body = Callable[[World, Place], Any]


def nothing(world: World, place: Place) -> None:
    """The route takes no body."""


WINDOW = {"opens_weekday": 6, "opens_at": "19:00:00", "closes_weekday": 7, "closes_at": "16:00:00"}
SUBMISSION = "5b1d9f0e-0000-4000-8000-000000000135"


def visit(world: World, place: Place) -> dict[str, Any]:
    """A visit two days ago, before Lin's old phone was ended and the moved shop moved."""
    return {
        "submission_id": SUBMISSION,
        "retailer_id": str(place.shop),
        "started_at": "2026-03-14T15:00:00+08:00",
        "ended_at": "2026-03-14T15:20:00+08:00",
        "note": "缺货两天",
    }


def edited_visit(world: World, place: Place) -> dict[str, Any]:
    """Another content of the visit of this shop."""
    known = [column for column, shop in world.shops.items() if shop.pk == place.shop]
    return visit(world, place) | ({"submission_id": str(world.visits[known[0]])} if known else {})


VALID: dict[str, Body] = {
    "POST /sync/<slug:collection>/<int:version>/push": lambda w, p: [
        {
            "newDocumentState": {
                "id": SUBMISSION,
                "retailer_id": str(p.shop),
                "kind": "supply",
                "text": "要货架",
                "raised_on": "2026-03-14",
            }
        }
    ],
    "POST /api/v1/auth/login": lambda w, p: {
        "username": "lin",
        "password": PASSWORD,
        "device_id": str(uuid4()),
        "device_name": "phone",
    },
    "POST /api/v1/auth/logout": lambda w, p: {"unsent": 3},
    "POST /api/v1/devices/heartbeat": lambda w, p: {
        "unsent": 0,
        "oldest_at": None,
        "app_version": "1.0",
        "sent_at": "2026-03-16T10:00:00+08:00",
    },
    "POST /api/v1/devices/<uuid:pk>/end": nothing,
    "POST /api/v1/devices/<uuid:pk>/lost": nothing,
    "POST /api/v1/units": lambda w, p: {
        "parent": p.county,
        "code": "new-office",
        "name": "新市场部",
        "from_date": "2026-04-01",
    },
    "POST /api/v1/units/<int:pk>/close": lambda w, p: {"on": "2026-04-01", "reason": "撤销"},
    "POST /api/v1/positions": lambda w, p: {
        "person": p.person,
        "unit": p.county,
        "role": "analyst",
        "from_date": "2026-04-01",
    },
    "POST /api/v1/positions/<int:pk>/end": lambda w, p: {"on": "2026-04-01", "reason": "调动"},
    "POST /api/v1/exports": lambda w, p: {"kind": "retailers", "format": "csv", "unit": p.territory},
    "POST /api/v1/exports/<uuid:pk>/cancel": nothing,
    "POST /api/v1/brands": lambda w, p: {"name": "新品牌", "name_en": "New", "maker": "厂", "is_home": False},
    "PATCH /api/v1/brands/<int:pk>": lambda w, p: {"maker": "另一厂"},
    "POST /api/v1/products": lambda w, p: {"code": "NEW1", "name": "新品", "brand": w.cast.products[0].brand_id},
    "PATCH /api/v1/products/<int:pk>": lambda w, p: {"name": "改名"},
    "POST /api/v1/key-products": lambda w, p: {
        "unit": p.county,
        "product": w.cast.products[2].pk,
        "from_date": "2026-04-01",
    },
    "POST /api/v1/key-products/<int:pk>/end": lambda w, p: {"on": "2026-04-01", "reason": "季节结束"},
    "POST /api/v1/launches": lambda w, p: {
        "unit": p.county,
        "product": w.cast.products[0].pk,
        "supply_on": "2026-04-01",
    },
    "PATCH /api/v1/launches/<uuid:pk>": lambda w, p: {"how": "改方法"},
    "POST /api/v1/launches/<uuid:pk>/approve": lambda w, p: {},
    "POST /api/v1/launches/<uuid:pk>/decide": lambda w, p: {"keep": True, "words": "再看"},
    "POST /api/v1/alert-rules": lambda w, p: {
        "unit": p.county,
        "level": 5,
        "name": "走访覆盖率低",
        "kpi": "visit_coverage_rate",
        "below": "90",
        "owner_role": "market_manager",
    },
    "POST /api/v1/alert-rules/adopt": lambda w, p: {"unit": p.county, "code": "tags"},
    "PATCH /api/v1/alert-rules/<int:pk>": lambda w, p: {"below": "80"},
    "POST /api/v1/alerts/<uuid:pk>/acknowledge": lambda w, p: {"words": "本周补访"},
    "POST /api/v1/alerts/<uuid:pk>/mute": lambda w, p: {"until": "2026-03-31", "words": "等新人"},
    "POST /api/v1/retailers": lambda w, p: {
        "code": "4202NEW",
        "licence_no": "4202NEW",
        "name": "新店",
        "holder": "持证人",
        "opened_on": "2026-03-16",
        "territory": p.territory,
        "from_date": "2026-03-16",
        "classes": {"business_type": "B", "market_type": "C", "scale": 2},
    },
    "PATCH /api/v1/retailers/<uuid:pk>": lambda w, p: {"address": "人民路 1 号"},
    "POST /api/v1/retailers/<uuid:pk>/reclassify": lambda w, p: {
        "from_date": "2026-03-20",
        "changes": {"visit_class": "B"},
    },
    "POST /api/v1/assignments": lambda w, p: {
        "retailers": [p.unassigned],
        "to_territory": p.territory,
        "from_date": "2026-03-20",
    },
    "POST /api/v1/assignments/transfer": lambda w, p: {
        "retailers": [p.shop],
        "from_territory": p.holder,
        "to_territory": p.other_holder,
        "from_date": "2026-03-20",
    },
    "POST /api/v1/contacts": lambda w, p: {"retailer": p.shop, "name": "老板娘"},
    "PATCH /api/v1/contacts/<uuid:pk>": lambda w, p: {"phone": "13800000000"},
    "DELETE /api/v1/contacts/<uuid:pk>": nothing,
    "POST /api/v1/needs": lambda w, p: {
        "retailer": p.shop,
        "kind": "supply",
        "text": "要货架",
        "raised_on": "2026-03-16",
    },
    "PATCH /api/v1/needs/<uuid:pk>": lambda w, p: {"priority": 1},
    "POST /api/v1/needs/<uuid:pk>/route": lambda w, p: {"department": "logistics"},
    "POST /api/v1/needs/<uuid:pk>/take": nothing,
    "POST /api/v1/needs/<uuid:pk>/reply": lambda w, p: {"words": "已安排"},
    "POST /api/v1/collection-points": lambda w, p: {"territory": p.territory, "retailers": [p.spare]},
    "POST /api/v1/collection-points/<uuid:pk>/replace": lambda w, p: {"reason": "hours"},
    "POST /api/v1/samples/<uuid:pk>/decide": lambda w, p: {"accepted": True},
    "POST /api/v1/intelligence/items/<uuid:pk>/verify": nothing,
    "POST /api/v1/intelligence/items/<uuid:pk>/return": lambda w, p: {"words": "哪条路？"},
    "POST /api/v1/intelligence/items/<uuid:pk>/assign": lambda w, p: {"owner": w.cast.zhao.pk},
    "POST /api/v1/intelligence/items/<uuid:pk>/escalate": nothing,
    "POST /api/v1/intelligence/items/<uuid:pk>/decide": lambda w, p: {"decision": "noted", "words": "已了解"},
    "POST /api/v1/needs/<uuid:pk>/close": lambda w, p: {"on": "2026-03-16", "outcome": "已解决"},
    "POST /api/v1/promises": lambda w, p: {
        "retailer": p.shop,
        "text": "送货架",
        "promised_on": "2026-03-16",
        "due_on": "2026-03-20",
    },
    "POST /api/v1/promises/<uuid:pk>/keep": lambda w, p: {"on": "2026-03-16"},
    "POST /api/v1/promises/<uuid:pk>/drop": lambda w, p: {"on": "2026-03-16", "reason": "店主不要了"},
    "POST /api/v1/visits": lambda w, p: visit(w, p),
    "POST /api/v1/visits/batch": lambda w, p: [visit(w, p)],
    "PUT /api/v1/visits/<uuid:pk>": lambda w, p: edited_visit(w, p),
    "POST /api/v1/visits/<uuid:pk>/withdraw": lambda w, p: {"reason": "记错店"},
    "POST /api/v1/quarantine/<uuid:pk>/resend": lambda w, p: visit(w, p),
    "POST /api/v1/quarantine/<uuid:pk>/dismiss": lambda w, p: {"reason": "重复"},
    "POST /api/v1/quarantine/<uuid:pk>/reopen": lambda w, p: {},
    "POST /api/v1/stops": lambda w, p: {"retailer": p.shop, "on_date": "2026-03-22"},
    "PATCH /api/v1/stops/<uuid:pk>": lambda w, p: {"on_date": "2026-03-22"},
    "POST /api/v1/stops/<uuid:pk>/drop": lambda w, p: {"words": "店休"},
    "POST /api/v1/stops/<uuid:pk>/miss-reason": lambda w, p: {"reason": "weather"},
    "POST /api/v1/leaves": lambda w, p: {
        "person": p.person,
        "unit": p.territory,
        "first_day": "2026-04-01",
        "last_day": "2026-04-02",
    },
    "PATCH /api/v1/leaves/<uuid:pk>": lambda w, p: {"kind": "病假"},
    "DELETE /api/v1/leaves/<uuid:pk>": nothing,
    "POST /api/v1/plans/<int:territory_id>/<str:month>/replan": lambda w, p: {"lost_on": "2026-03-21"},
    "POST /api/v1/plans/<int:territory_id>/<str:month>/undo": lambda w, p: {"replan": w.replans[p.territory]},
    "POST /api/v1/plans/<int:territory_id>/<str:month>/reorder": lambda w, p: {"on_date": "2026-03-21"},
    "POST /api/v1/actions": lambda w, p: {
        "month": "2026-03",
        "retailer": p.shop,
        "dimension": "client",
        "words": "谈陈列协议",
        "metric": "visits",
        "goal": "at_least",
        "target": 2,
        "due_on": "2026-03-31",
    },
    "PATCH /api/v1/actions/<uuid:pk>": lambda w, p: {"target": 3},
    "POST /api/v1/actions/<uuid:pk>/accept": nothing,
    "POST /api/v1/actions/<uuid:pk>/drop": lambda w, p: {"reason": "later"},
    "POST /api/v1/actions/<uuid:pk>/reason": lambda w, p: {"reason": "supply"},
    "POST /api/v1/actions/accept-all": lambda w, p: {"month": "2026-03", "territory": p.territory},
    "POST /api/v1/actions/bulk": lambda w, p: {
        "month": "2026-03",
        "items": [{"action": w.actions.get(p.shop, p.shop), "do": "accept"}],
    },
    "PATCH /api/v1/forecasts/<uuid:pk>": lambda w, p: {"cartons": 95, "reason": "工地开工"},
    "PATCH /api/v1/improvements/<uuid:pk>": lambda w, p: {"target": 3, "due_on": "2026-04-30"},
    "POST /api/v1/improvements/<uuid:pk>/accept": nothing,
    "POST /api/v1/improvements/<uuid:pk>/drop": lambda w, p: {"reason": "店主改行"},
    "POST /api/v1/rules/<str:code>/misfires": lambda w, p: {
        "findings": [w.findings.get(p.shop, p.shop)],
        "words": "装修歇业",
    },
    "POST /api/v1/rules/<str:code>/misfires/<uuid:pk>/answer": lambda w, p: {"words": "已调整"},
    "POST /api/v1/manager-cycles/<uuid:pk>/cells/<slug:cell>/words": lambda w, p: {"words": "店主住院两周"},
    "POST /api/v1/manager-cycles/<uuid:pk>/cells/<slug:cell>/submit": nothing,
    "POST /api/v1/manager-cycles/<uuid:pk>/cells/<slug:cell>/withdraw": nothing,
    "POST /api/v1/manager-cycles/<uuid:pk>/submit": lambda w, p: {"step": "plan"},
    "POST /api/v1/manager-cycles/<uuid:pk>/cells/<slug:cell>/approve": nothing,
    "POST /api/v1/manager-cycles/<uuid:pk>/cells/<slug:cell>/send-back": lambda w, p: {"reason": "请补充依据"},
    "POST /api/v1/manager-cycles/review": lambda w, p: {
        "items": [{"cycle": str(w.papers.get(p.territory, NO_UUID)), "cell": "client_evaluate", "act": "approve"}]
    },
    "PATCH /api/v1/reports/<uuid:pk>": lambda w, p: {"key": "section-1", "words": "按计划推进"},
    "POST /api/v1/reports/<uuid:pk>/release": nothing,
    "PATCH /api/v1/advice-sheets/<uuid:pk>": lambda w, p: {"words": "多订软蓝，少压硬盒"},
    "POST /api/v1/advice-sheets/prepare": lambda w, p: {"month": "2026-03", "territory": p.territory},
    "POST /api/v1/display-schemes": lambda w, p: {"unit": p.county, "code": "new-scheme", "name": "新陈列"},
    "POST /api/v1/templates": lambda w, p: {
        "template": w.templates.get(p.policy, p.policy),
        "items": [{"code": "a", "name": "整洁", "kind": "yes_no", "weight": 100}],
    },
    "POST /api/v1/templates/<int:pk>/release": lambda w, p: {"from_date": "2026-03-20"},
    "POST /api/v1/templates/<int:pk>/retire": lambda w, p: {"on": "2026-03-20"},
    "POST /api/v1/signals/<uuid:pk>/answer": lambda w, p: {"answer": "店主在门口等"},
    "POST /api/v1/signals/<uuid:pk>/decide": lambda w, p: {"decision": "accepted"},
    "POST /api/v1/visits/verify": lambda w, p: {
        "visits": [w.visited.get(p.shop, p.shop)],
        "presence": "rejected",
        "words": "不在店",
    },
    "POST /api/v1/point-proposals/<uuid:pk>/confirm": lambda w, p: {"words": "属实"},
    "POST /api/v1/point-proposals/<uuid:pk>/reject": lambda w, p: {"words": "在仓库"},
    "POST /api/v1/breaches/<uuid:pk>/see": nothing,
    "POST /api/v1/breaches/<uuid:pk>/close": lambda w, p: {"outcome": "已责令改正"},
    "POST /api/v1/imports/<uuid:pk>/apply": nothing,
    "POST /api/v1/imports/<uuid:pk>/cancel": nothing,
    "POST /api/v1/imports/<uuid:pk>/undo": nothing,
    "POST /api/v1/import-profiles": lambda w, p: {"kind": "orders", "name": "ERP", "unit": p.county, "rules": {}},
    "PATCH /api/v1/import-profiles/<int:pk>": lambda w, p: {"name": "ERP 2"},
    "DELETE /api/v1/import-profiles/<int:pk>": nothing,
    "POST /api/v1/orders": lambda w, p: {
        "orders": [{"order_no": "D1", "retailer_code": "nobody", "on_date": "2026-03-16", "lines": [{}]}]
    },
    "POST /api/v1/order-windows": lambda w, p: {"unit": p.county, "order_weekday": 2, **WINDOW},
    "PATCH /api/v1/order-windows/<int:pk>": lambda w, p: WINDOW,
    "DELETE /api/v1/order-windows/<int:pk>": nothing,
    "POST /uploads": nothing,  # all of it is in headers: tests/walk/photo_things.py
    "PATCH /uploads/<uuid:pk>": nothing,
    "DELETE /uploads/<uuid:pk>": nothing,
    "POST /api/v1/notices/<uuid:pk>/read": nothing,
    "PUT /api/v1/me/mail": lambda w, p: {"address": "me@example.cn", "wanted": "daily"},
    "POST /api/v1/policies": lambda w, p: {"unit": p.county, "code": "new-policy", "title": "新政策"},
    "POST /api/v1/policy-versions": lambda w, p: {"policy": p.policy, "body": "正文"},
    "POST /api/v1/policy-versions/<int:pk>/recall": lambda w, p: {"reason": "有误"},
    "POST /api/v1/policy-versions/<int:pk>/read": lambda w, p: {"read_at": "2026-03-16T09:00:00+08:00"},
    "POST /api/v1/quiz-attempts": lambda w, p: {
        "id": SUBMISSION,
        "policy_version": p.policy_version,
        "answers": [{"question": 0, "choice": 0}],
        "read_at": "2026-03-16T09:00:00+08:00",
        "answered_at": "2026-03-16T09:05:00+08:00",
    },
    "POST /api/v1/policy-questions/<uuid:pk>/answer": lambda w, p: {"answer": "每季度一次。"},
    "POST /api/v1/policy-versions/<int:pk>/release": lambda w, p: {"brief_by": "2026-03-31"},
    "POST /api/v1/months/<str:month>/prefectures/<int:unit>/reopen": lambda w, p: {
        "reason": "补录走访",
        "until": "2026-03-20",
    },
    "PUT /api/v1/calendar-days/<str:day>": lambda w, p: {"is_working": False, "name": "停电"},
    "DELETE /api/v1/calendar-days/<str:day>": nothing,
}
FILES: dict[str, Callable[[World, Place], bytes]] = {
    "POST /api/v1/import-kinds/<slug:kind>": lambda w, p: "商品编码,品牌,商品名称\nX1,红双喜,红双喜(软)\n".encode(),
}
# What a reading route cannot be asked without.
ASKED: dict[str, Callable[[World, Place], dict[str, Any]]] = {
    "GET /api/v1/parameters": lambda w, p: {"unit": p.territory},
    "GET /api/v1/order-windows/of-shop": lambda w, p: {"retailer": p.shop},
    "GET /api/v1/collection-points/proposed": lambda w, p: {"unit": p.territory},
    "GET /api/v1/second-touches": lambda w, p: {"policy_version": p.policy_version},
    "GET /sync/stream": lambda w, p: {"collections": "needs/1"},
    "GET /sync/<slug:collection>/<int:version>/pull": lambda w, p: {"lwt": 0, "id": ""},
}


def ask(world: World, route: str, rule: Rule, column: str) -> Ask:
    """The request for a route about the column's object: named by the address, or else by the body."""
    method, path = route.split(" ", 1)
    kind = rule.of
    place = world.place(OWN if not column or (kind and column == NOWHERE) else column)
    where = address(path, world.key(kind, column)) if kind else path
    if route in FORMS:
        return Ask(method, where, form=FORMS[route]())
    if route in FILES:
        file = io.BytesIO(FILES[route](world, place))
        file.name = "file.csv"
        return Ask(method, where, file=file)
    if method == "GET":
        return Ask(method, where, query=urlencode(ASKED[route](world, place)) if route in ASKED else "")
    return Ask(method, where, body=VALID[route](world, place))


def writes(routes: dict[str, Any]) -> list[str]:
    """The writing routes among the given ones."""
    return [route for route in routes if not route.startswith(("GET ", "HEAD "))]
