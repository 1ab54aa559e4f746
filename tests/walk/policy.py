"""The one policy table: every route, who may ask it, and whose objects he reaches; read by the walk over all routes.

A verdict follows from two facts: who holds the capability that a route asks for (`HOLDERS`), and who reaches the object
that its address names (`REACH`, by the kind's scope class). A route missing from `POLICY` fails the walk.
"""

from __future__ import annotations

from dataclasses import dataclass

ALLOW, ABSENT, FORBIDDEN, SIGN_IN = "allow", "absent", "forbidden", "sign_in"

PUBLIC = "public"  # served to anybody
SIGNED_IN = "signed in"  # served to everybody with a log-in that stands, also without a position

UNSIGNED = ("anonymous", "expired", "lost", "ended")
# The cast, and three more: Yuan's position ended yesterday, Tang imports and Luo administers in the other county.
PREFECTURE = frozenset({"zhao", "sun", "qian", "zhou", "feng", "shen", "jiang", "bai", "mo"})
SIGNED = ("lin", "ma", "wu", "chen", "he", *sorted(PREFECTURE), "tang", "luo", "yuan")
PRINCIPALS = (*UNSIGNED, *SIGNED)
SAME_ROLE = {"ma": "lin", "wu": "lin", "tang": "qian", "luo": "sun"}  # one: the other of his role

FIELD = frozenset({"lin", "ma", "wu", "chen"})
LEADERS = frozenset({"he", "zhao"})
STEWARDS = frozenset({"qian", "tang"})
DEPARTMENTS = frozenset({"jiang", "bai", "mo"})  # who see of needs only what is routed to them
ADMINISTRATORS = frozenset({"sun", "luo"})

HOLDERS: dict[str, frozenset[str]] = {
    "org.read": frozenset(SIGNED) - {"yuan"},
    "org.edit": ADMINISTRATORS,
    "retail.read": FIELD | LEADERS | STEWARDS | DEPARTMENTS | {"feng"},
    "retail.edit": FIELD | STEWARDS,
    "retail.assign": LEADERS | STEWARDS | {"chen"},
    "brands.read": frozenset(SIGNED) - {"yuan", "shen"},
    "brands.edit": STEWARDS | {"feng"},
    "policies.read": FIELD | LEADERS | ADMINISTRATORS | {"feng", "zhou", "bai", "mo"},
    "requests.answer": DEPARTMENTS | {"feng"},
    "policies.edit": frozenset({"zhou"}),
    "visits.read": FIELD | LEADERS | {"feng"},
    "visits.record": FIELD,
    "visits.record, ever": FIELD | {"yuan"},
    "retail.edit, in the field": FIELD,
    "retail.edit, in the field, ever": FIELD | {"yuan"},
    "visits.verify": frozenset({"chen", "he"}),
    "breaches.read": FIELD | LEADERS | {"jiang"},
    "breaches.settle": frozenset({"jiang"}),
    "quarantine.read": FIELD | LEADERS | STEWARDS,
    "devices.read": ADMINISTRATORS | LEADERS | {"chen"},
    "restricted.read, of visits": LEADERS,
    "quarantine.fix": STEWARDS | {"chen"},
    "quarantine.fix, or one's own": STEWARDS | FIELD,
    "market.read": FIELD | LEADERS | STEWARDS | {"feng"},
    "market.edit": STEWARDS,
    "launches.decide": frozenset({"zhao"}),
    "intelligence.verify": frozenset({"chen", "he", "feng"}),
    "intelligence.decide": LEADERS,
    "boards.read": FIELD | LEADERS | {"feng"},
    "alerts.edit": LEADERS | {"chen", "feng"},
    "alerts.answer": FIELD | LEADERS | {"feng"},
    "reports.write": LEADERS | {"chen"},
    "cycles.read": FIELD | LEADERS | ADMINISTRATORS | {"feng"},
    "cycles.plan": FIELD | {"feng"},
    "rules.answer": ADMINISTRATORS | {"zhao"},
    "months.reopen": ADMINISTRATORS | {"zhao"},
    "cycles.review": LEADERS | {"chen", "feng"},
    "people.read": LEADERS | ADMINISTRATORS | {"chen", "shen"},
    "people.manage": ADMINISTRATORS,
    "calendar.edit": ADMINISTRATORS,
    "parameters.edit": ADMINISTRATORS,
    "audit.read": ADMINISTRATORS | {"shen"},
    "imports.run": STEWARDS,
    "exports.run": LEADERS | STEWARDS | {"chen", "feng"},
    "admin.site": ADMINISTRATORS | STEWARDS | {"zhou"},
}

OWN, MOVED, FOREIGN, NOWHERE = "own", "moved", "foreign", "nowhere"
_LINES = {  # by place alone: the line above each shop or territory; capabilities come on top
    OWN: PREFECTURE | {"lin", "chen", "he"},
    MOVED: PREFECTURE | {"ma", "chen", "he"},
    FOREIGN: PREFECTURE | {"wu", "tang", "luo"},
}
REACH: dict[str, dict[str, frozenset[str]]] = {
    # Lin's shop, the shop that was hers until yesterday and is Ma's today, Wu's shop, and what hangs on each
    "shop": _LINES,
    # a territory's own rows: no rows of it move
    "territory": {OWN: _LINES[OWN], FOREIGN: _LINES[FOREIGN]},
    # another territory of the same office: not for those who hold one beside it
    "office": {OWN: _LINES[OWN] - {"lin"}, FOREIGN: _LINES[FOREIGN] - {"wu"}},
    # what a county has put in force for everybody below it: seen from below as well
    "county": {OWN: _LINES[OWN] | {"ma"}, FOREIGN: _LINES[FOREIGN]},
    # the write gate: whose shop was it on the day of the visit (two days ago), and who held a post above it that day
    "visited": {
        OWN: frozenset({"lin", "chen", "yuan"}),
        MOVED: frozenset({"lin", "chen", "yuan"}),
        FOREIGN: frozenset({"wu"}),
    },
    # a shop that belongs to no territory yet: from the county up
    "unassigned": {OWN: PREFECTURE | {"he"}, FOREIGN: PREFECTURE | {"tang", "luo"}},
    # the territory of a new shop: by those who hold retail.edit there as well as retail.assign
    "registered": {OWN: frozenset({"chen", "qian"}), FOREIGN: frozenset({"qian", "tang"})},
    # for everybody who signed in, and for everybody who holds a position besides
    "anybody": {OWN: frozenset(SIGNED)},
    "everyone": {OWN: frozenset(SIGNED) - {"yuan"}},
    # a collection that phones sync: whoever holds streams of it, or once did
    "field": {OWN: FIELD | {"yuan"}},
    # a try at a quiz: its author's, and theirs who see people above her
    "attempt": {OWN: frozenset({"lin", "chen", "he", "zhao", "sun"}), FOREIGN: frozenset({"wu", "zhao", "sun", "luo"})},
    # somebody's days off: entered by himself, or by those above who see people
    "absence": {OWN: frozenset({"lin", "chen"}), FOREIGN: frozenset({"wu"})},
    # what a shop needs: routed nowhere yet, so no department's posts
    "need": {column: who - DEPARTMENTS for column, who in _LINES.items()},
    # one that is routed to the brand department, which is Feng's
    "routed need": {column: who - DEPARTMENTS for column, who in _LINES.items()},
    # a breach that Lin reported: hers wherever its shop is today, and theirs who see the unit that it is stamped with
    "breach": {
        OWN: PREFECTURE | {"lin", "chen", "he"},
        MOVED: PREFECTURE | {"lin", "chen", "he"},
        FOREIGN: PREFECTURE | {"wu", "tang", "luo"},
    },
    # what Lin sent up from her visit: as what hangs on its shop, and hers wherever the shop is today
    "sent": {**_LINES, MOVED: _LINES[MOVED] | {"lin"}},
    # a cell of Lin's month, and of Wu's: its author's alone
    "author": {OWN: frozenset({"lin"}), FOREIGN: frozenset({"wu"})},
    # a client cell that was handed in: her market manager's; where there is none and no county leader, the prefecture's
    "reviewer": {OWN: frozenset({"chen"}), FOREIGN: frozenset({"zhao"})},
    # what a phone reports: to oneself, and to the market manager, the leaders and the administrators above
    "report": {OWN: frozenset({"lin", "chen", "he", "zhao", "sun"}), FOREIGN: frozenset({"wu", "zhao", "sun", "luo"})},
    # one's phone, to end it: of oneself and of the administrators above
    "phone": {OWN: frozenset({"lin", "sun"}), FOREIGN: frozenset({"wu", "sun", "luo"})},
    # the month of the prefecture: those who hold a right there, not in one of its counties
    "prefecture": {OWN: frozenset({"zhao", "sun"})},
    # what is made of a whole prefecture: theirs whose position is there
    "whole prefecture": {OWN: PREFECTURE},
    # an export of Zhao's and one of Tang's: theirs alone, and told to those above who read the audit
    "export": {OWN: frozenset({"zhao"}), FOREIGN: frozenset({"tang"})},
    "told export": {OWN: frozenset({"zhao", "sun", "shen"}), FOREIGN: frozenset({"tang", "sun", "luo", "shen"})},
    # one file of Qian's, who stands above Tang, and one of Tang's
    "file": {OWN: frozenset({"qian"}), FOREIGN: frozenset({"qian", "tang"})},
}

KINDS: dict[str, str] = {
    # kind of object -> scope class
    "device": "report",
    "device to end": "phone",
    "unit": "office",
    "territory": "territory",
    "person": "territory",
    "position": "territory",
    "audit entry": "territory",
    "import": "file",
    "export": "told export",
    "export file": "export",
    "waiting export": "export",
    "checked import": "file",
    "applied import": "file",
    "import profile": "file",
    "import kind": "everyone",
    "brand": "everyone",
    "product": "everyone",
    "key product": "county",
    "launch": "county",
    "proposed launch": "county",
    "alert rule": "county",
    "alert rule to change": "unassigned",
    "alert": "territory",
    "intelligence item": "sent",
    "verified item": "sent",
    "order": "shop",
    "order window": "county",
    "allotment": "shop",
    "stock count": "shop",
    "target": "territory",
    "forecast": "territory",
    "cycle": "shop",
    "manager cycle": "territory",
    "own month": "author",
    "drafted cell": "author",
    "submitted cell": "author",
    "reviewed cell": "reviewer",
    "advice sheet": "shop",
    "finding": "shop",
    "action": "shop",
    "missed action": "shop",
    "improvement": "shop",
    "told rule": "shop",
    "misfire": "territory",
    "monthly report": "territory",
    "report run": "whole prefecture",
    "rule": "everyone",
    "calendar day": "anybody",
    "open month": "everyone",
    "prefecture month": "everyone",
    "locked month": "prefecture",
    "shop": "shop",
    "unassigned": "unassigned",
    "registered": "registered",
    "contact": "shop",
    "need": "need",
    "routed need": "routed need",
    "promise": "shop",
    "collection point": "shop",
    "sample": "shop",
    "visit": "shop",
    "own visit": "author",
    "visited": "visited",
    "stop": "shop",
    "missed stop": "shop",
    "leave": "territory",
    "absence": "absence",
    "plan": "territory",
    "quarantine": "territory",
    "let go": "territory",
    "photo": "shop",
    "upload": "author",
    "notice": "author",
    "collection": "field",
    "policy": "county",
    "policy version": "county",
    "draft": "county",
    "attempt": "attempt",
    "question": "territory",
    "policy answer": "county",
    "template version": "county",
    "template": "county",
    "template draft": "county",
    "signal": "shop",
    "own signal": "author",
    "doubtful visit": "shop",
    "point proposal": "shop",
    "display task": "shop",
    "breach": "breach",
}


@dataclass(frozen=True)
class Rule:
    """What a route asks for, and the kind of object that its address names (if it names one)."""

    needs: str
    of: str = ""
    about: str = ""  # the kind of object that the body names, where the address names none
    elsewhere: bool = False  # the public port serves it; Django itself answers 501 to those who may
    takes_late_work: bool = False  # an ended phone may still push here
    per_item: bool = False  # answers 200 with an outcome per item: such an answer is kept for its key


def _reads(path: str, needs: str, of: str, pk: str = "uuid") -> dict[str, Rule]:
    """A list and one of it."""
    return {f"GET {path}": Rule(needs), f"GET {path}/<{pk}:pk>": Rule(needs, of)}


POLICY: dict[str, Rule] = {
    # phones; what becomes of each row of a push is in tests/sync
    "GET /sync/<slug:collection>/<int:version>/pull": Rule("retail.edit, in the field", "collection"),
    "GET /sync/<slug:collection>/<int:version>/pullStream": Rule(
        "retail.edit, in the field", "collection", elsewhere=True
    ),
    "GET /sync/stream": Rule(SIGNED_IN, elsewhere=True),
    "POST /sync/<slug:collection>/<int:version>/push": Rule(
        "retail.edit, in the field, ever", "collection", takes_late_work=True
    ),
    # the floor
    "POST /api/v1/auth/login": Rule(PUBLIC),
    "GET /api/v1/openapi.json": Rule(PUBLIC),
    "POST /api/v1/auth/logout": Rule(SIGNED_IN),
    "GET /api/v1/me": Rule(SIGNED_IN),
    "GET /api/v1/me/mail": Rule(SIGNED_IN),
    "PUT /api/v1/me/mail": Rule(SIGNED_IN),
    **_reads("/api/v1/devices", SIGNED_IN, "device"),
    "POST /api/v1/devices/heartbeat": Rule(SIGNED_IN, takes_late_work=True),
    "POST /api/v1/devices/<uuid:pk>/end": Rule(SIGNED_IN, "device to end"),
    "POST /api/v1/devices/<uuid:pk>/lost": Rule(SIGNED_IN, "device to end"),
    **_reads("/api/v1/units", "org.read", "unit", "int"),
    "POST /api/v1/units": Rule("org.edit", about="territory"),
    "POST /api/v1/units/<int:pk>/close": Rule("org.edit", "unit"),
    "GET /api/v1/roles": Rule("org.read"),
    **_reads("/api/v1/people", "people.read", "person"),
    **_reads("/api/v1/positions", "people.read", "position", "int"),
    "POST /api/v1/positions": Rule("people.manage", about="position"),
    "POST /api/v1/positions/<int:pk>/end": Rule("people.manage", "position"),
    **_reads("/api/v1/audit", "audit.read", "audit entry", "int"),
    "GET /api/v1/parameters": Rule("org.read", about="territory"),
    "GET /api/v1/kpis": Rule("boards.read"),
    # imports
    **_reads("/api/v1/imports", "imports.run", "import"),
    "GET /api/v1/imports/<uuid:run_id>/rejects": Rule("imports.run", "import"),
    "GET /api/v1/imports/<uuid:run_id>/rejects.csv": Rule("imports.run", "import"),
    "GET /api/v1/import-kinds/<slug:kind>": Rule("imports.run", "import kind"),
    "POST /api/v1/import-kinds/<slug:kind>": Rule("imports.run", "import kind"),
    "POST /api/v1/imports/<uuid:pk>/apply": Rule("imports.run", "checked import"),
    "POST /api/v1/imports/<uuid:pk>/cancel": Rule("imports.run", "checked import"),
    "POST /api/v1/imports/<uuid:pk>/undo": Rule("imports.run", "applied import"),
    **_reads("/api/v1/import-profiles", "imports.run", "import profile", "int"),
    "POST /api/v1/import-profiles": Rule("imports.run", about="order window"),
    "PATCH /api/v1/import-profiles/<int:pk>": Rule("imports.run", "import profile"),
    "DELETE /api/v1/import-profiles/<int:pk>": Rule("imports.run", "import profile"),
    # exports
    "GET /api/v1/export-kinds": Rule("exports.run"),
    **_reads("/api/v1/exports", SIGNED_IN, "export"),
    "POST /api/v1/exports": Rule("exports.run", about="territory"),
    "POST /api/v1/exports/<uuid:pk>/cancel": Rule("exports.run", "waiting export"),
    "GET /api/v1/exports/<uuid:pk>/manifest": Rule(SIGNED_IN, "export"),
    "GET /api/v1/exports/<uuid:pk>/file": Rule("exports.run", "export file"),
    # brands
    **_reads("/api/v1/brands", "brands.read", "brand", "int"),
    "POST /api/v1/brands": Rule("brands.edit"),
    "PATCH /api/v1/brands/<int:pk>": Rule("brands.edit", "brand"),
    **_reads("/api/v1/products", "brands.read", "product", "int"),
    "POST /api/v1/products": Rule("brands.edit"),
    "PATCH /api/v1/products/<int:pk>": Rule("brands.edit", "product"),
    "GET /api/v1/products/<int:pk>/prices": Rule("brands.read", "product"),
    "GET /api/v1/price-classes": Rule("brands.read"),
    **_reads("/api/v1/key-products", "brands.read", "key product", "int"),
    "POST /api/v1/key-products": Rule("brands.edit", about="key product"),
    "POST /api/v1/key-products/<int:pk>/end": Rule("brands.edit", "key product"),
    **_reads("/api/v1/launches", "brands.read", "launch"),
    "POST /api/v1/launches": Rule("brands.edit", about="launch"),
    "PATCH /api/v1/launches/<uuid:pk>": Rule("brands.edit", "launch"),
    "POST /api/v1/launches/<uuid:pk>/approve": Rule("launches.decide", "launch"),
    "POST /api/v1/launches/<uuid:pk>/decide": Rule("launches.decide", "proposed launch"),
    # retail
    **_reads("/api/v1/retailers", "retail.read", "shop"),
    "POST /api/v1/retailers": Rule("retail.assign", about="registered"),
    "PATCH /api/v1/retailers/<uuid:pk>": Rule("retail.edit", "shop"),
    "POST /api/v1/retailers/<uuid:pk>/reclassify": Rule("retail.edit", "shop"),
    "GET /api/v1/classifications": Rule("retail.read"),
    "GET /api/v1/assignments": Rule("retail.read"),
    "POST /api/v1/assignments": Rule("retail.assign", about="unassigned"),
    "POST /api/v1/assignments/transfer": Rule("retail.assign", about="shop"),
    **_reads("/api/v1/contacts", "retail.read", "contact"),
    "POST /api/v1/contacts": Rule("retail.edit", about="shop"),
    "PATCH /api/v1/contacts/<uuid:pk>": Rule("retail.edit", "contact"),
    "DELETE /api/v1/contacts/<uuid:pk>": Rule("retail.edit", "contact"),
    **_reads("/api/v1/needs", "retail.read", "need"),
    "POST /api/v1/needs": Rule("retail.edit", about="shop"),
    "PATCH /api/v1/needs/<uuid:pk>": Rule("retail.edit", "need"),
    "POST /api/v1/needs/<uuid:pk>/close": Rule("retail.edit", "need"),
    "POST /api/v1/needs/<uuid:pk>/route": Rule("retail.edit", "need"),
    "POST /api/v1/needs/<uuid:pk>/take": Rule("requests.answer", "routed need"),
    "POST /api/v1/needs/<uuid:pk>/reply": Rule("requests.answer", "routed need"),
    **_reads("/api/v1/promises", "retail.read", "promise"),
    "POST /api/v1/promises": Rule("retail.edit", about="shop"),
    "POST /api/v1/promises/<uuid:pk>/keep": Rule("retail.edit", "promise"),
    "POST /api/v1/promises/<uuid:pk>/drop": Rule("retail.edit", "promise"),
    # market
    **_reads("/api/v1/orders", "market.read", "order"),
    **_reads("/api/v1/allotments", "market.read", "allotment", "int"),
    **_reads("/api/v1/stock-counts", "market.read", "stock count"),
    "POST /api/v1/orders": Rule("imports.run"),
    **_reads("/api/v1/order-windows", "market.read", "order window", "int"),
    "POST /api/v1/order-windows": Rule("market.edit", about="order window"),
    "PATCH /api/v1/order-windows/<int:pk>": Rule("market.edit", "order window"),
    "DELETE /api/v1/order-windows/<int:pk>": Rule("market.edit", "order window"),
    "GET /api/v1/order-windows/of-shop": Rule("market.read", about="shop"),
    **_reads("/api/v1/targets", "market.read", "target", "int"),
    **_reads("/api/v1/collection-points", "market.read", "collection point"),
    "POST /api/v1/collection-points": Rule("visits.verify", about="territory"),
    "GET /api/v1/collection-points/proposed": Rule("visits.verify", about="territory"),
    "POST /api/v1/collection-points/<uuid:pk>/replace": Rule("visits.verify", "collection point"),
    **_reads("/api/v1/samples", "market.read", "sample"),
    **_reads("/api/v1/intelligence/items", "visits.read", "intelligence item"),
    **{
        f"POST /api/v1/intelligence/items/<uuid:pk>/{verb}": Rule("intelligence.verify", "intelligence item")
        for verb in ("verify", "return", "assign")
    },
    "POST /api/v1/intelligence/items/<uuid:pk>/escalate": Rule("intelligence.verify", "verified item"),
    "POST /api/v1/intelligence/items/<uuid:pk>/decide": Rule("intelligence.decide", "verified item"),
    "GET /api/v1/intelligence/groups": Rule("visits.read"),
    "GET /api/v1/intelligence/trends": Rule("boards.read"),
    "GET /api/v1/intelligence/digest": Rule("boards.read"),
    "POST /api/v1/samples/<uuid:pk>/decide": Rule("visits.verify", "sample"),
    "GET /api/v1/boards/samples": Rule("boards.read"),
    **{
        f"GET /api/v1/boards/{board}": Rule("boards.read")
        for board in ("figures", "compare", "periods", "rank", "subjects", "map", "shapes", "shops")
    },
    **{
        f"GET /api/v1/boards/{board}": Rule("boards.read")
        for board in ("status", "concentration", "key-products", "blocks")
    },
    **_reads("/api/v1/alert-rules", "boards.read", "alert rule", "int"),
    "GET /api/v1/alert-rules/shipped": Rule("boards.read"),
    "GET /api/v1/alert-rules/<int:pk>/tried": Rule("boards.read", "alert rule"),
    "POST /api/v1/alert-rules": Rule("alerts.edit", about="alert rule to change"),
    "POST /api/v1/alert-rules/adopt": Rule("alerts.edit", about="alert rule to change"),
    "PATCH /api/v1/alert-rules/<int:pk>": Rule("alerts.edit", "alert rule to change"),
    **_reads("/api/v1/alerts", "boards.read", "alert"),
    "POST /api/v1/alerts/<uuid:pk>/acknowledge": Rule("alerts.answer", "alert"),
    "POST /api/v1/alerts/<uuid:pk>/mute": Rule("alerts.answer", "alert"),
    "GET /api/v1/boards/market": Rule("boards.read"),
    "GET /api/v1/boards/market/children": Rule("boards.read"),
    "GET /api/v1/boards/market/products": Rule("boards.read"),
    # visits
    **_reads("/api/v1/visits", "visits.read", "visit"),
    "GET /api/v1/visits/recent": Rule("visits.read"),
    "GET /api/v1/visits/due": Rule("visits.record"),
    "POST /api/v1/visits": Rule("visits.record, ever", about="visited", takes_late_work=True),
    **_reads("/api/v1/photos", "visits.read", "photo"),
    "POST /api/v1/photos": Rule("visits.record, ever", takes_late_work=True),
    "GET /api/v1/photos/<uuid:pk>/exif": Rule("restricted.read, of visits", "photo"),
    "POST /uploads": Rule("visits.record, ever", takes_late_work=True),
    "GET /uploads/<uuid:pk>": Rule(SIGNED_IN, "upload", takes_late_work=True),
    "PATCH /uploads/<uuid:pk>": Rule(SIGNED_IN, "upload", takes_late_work=True),
    "DELETE /uploads/<uuid:pk>": Rule(SIGNED_IN, "upload", takes_late_work=True),
    **_reads("/api/v1/notices", SIGNED_IN, "notice"),
    "POST /api/v1/notices/<uuid:pk>/read": Rule(SIGNED_IN, "notice"),
    "POST /api/v1/visits/batch": Rule("visits.record, ever", about="visited", takes_late_work=True),
    "PUT /api/v1/visits/<uuid:pk>": Rule("visits.record", "own visit"),
    "POST /api/v1/visits/<uuid:pk>/withdraw": Rule("visits.record", "own visit"),
    "GET /api/v1/visits/<uuid:pk>/revisions": Rule("visits.read", "visit"),
    **_reads("/api/v1/stops", "visits.read", "stop"),
    "POST /api/v1/stops": Rule("cycles.plan", about="shop"),
    "PATCH /api/v1/stops/<uuid:pk>": Rule("cycles.plan", "stop"),
    "POST /api/v1/stops/<uuid:pk>/drop": Rule("cycles.plan", "stop"),
    "POST /api/v1/stops/<uuid:pk>/miss-reason": Rule("cycles.plan", "missed stop"),
    **_reads("/api/v1/leaves", "visits.read", "leave"),
    "POST /api/v1/leaves": Rule("cycles.plan", about="absence"),
    "PATCH /api/v1/leaves/<uuid:pk>": Rule("cycles.plan", "leave"),
    "DELETE /api/v1/leaves/<uuid:pk>": Rule("cycles.plan", "leave"),
    **_reads("/api/v1/quarantine", "quarantine.read", "quarantine"),
    "POST /api/v1/quarantine/<uuid:pk>/resend": Rule("quarantine.fix", "quarantine"),
    "POST /api/v1/quarantine/<uuid:pk>/dismiss": Rule("quarantine.fix, or one's own", "quarantine"),
    "POST /api/v1/quarantine/<uuid:pk>/reopen": Rule("quarantine.fix, or one's own", "let go"),
    **_reads("/api/v1/policies", "policies.read", "policy", "int"),
    "POST /api/v1/policies": Rule("policies.edit", about="policy"),
    **_reads("/api/v1/policy-versions", "policies.read", "policy version", "int"),
    "POST /api/v1/policy-versions": Rule("policies.edit", about="policy"),
    "POST /api/v1/policy-versions/<int:pk>/release": Rule("policies.edit", "draft"),
    "POST /api/v1/policy-versions/<int:pk>/recall": Rule("policies.edit", "policy version"),
    "POST /api/v1/policy-versions/<int:pk>/read": Rule("policies.read", "policy version"),
    "GET /api/v1/policy-versions/<int:pk>/reach": Rule("boards.read", "policy version"),
    "GET /api/v1/second-touches": Rule("visits.read", about="policy version"),
    **_reads("/api/v1/quiz-attempts", "policies.read", "attempt"),
    "POST /api/v1/quiz-attempts": Rule("visits.record", about="policy version"),
    "GET /api/v1/policy-readings": Rule("policies.read"),
    **_reads("/api/v1/policy-questions", "policies.read", "question"),
    "POST /api/v1/policy-questions/<uuid:pk>/answer": Rule("policies.edit", "question"),
    **_reads("/api/v1/policy-answers", "policies.read", "policy answer"),
    "GET /api/v1/briefed": Rule("visits.read"),
    "GET /api/v1/trainings": Rule("visits.read"),
    "GET /api/v1/trainings/figures": Rule("boards.read"),
    "GET /api/v1/visits/search": Rule("visits.read"),
    **_reads("/api/v1/templates", "policies.read", "template version", "int"),
    "POST /api/v1/templates": Rule("policies.edit", about="template"),
    "POST /api/v1/templates/<int:pk>/release": Rule("policies.edit", "template draft"),
    "POST /api/v1/templates/<int:pk>/retire": Rule("policies.edit", "template version"),
    **_reads("/api/v1/display-schemes", "policies.read", "template", "int"),
    "POST /api/v1/display-schemes": Rule("policies.edit", about="policy"),
    "GET /api/v1/retailers/<uuid:pk>/template": Rule("visits.read", "shop"),
    "GET /api/v1/visits/<uuid:pk>/score": Rule("visits.read", "visit"),
    "GET /api/v1/observations": Rule("visits.read"),
    "GET /api/v1/boards/service": Rule("boards.read"),
    "GET /api/v1/boards/pitches": Rule("boards.read"),
    "GET /api/v1/boards/compliance": Rule("boards.read"),
    **_reads("/api/v1/signals", "visits.read", "signal"),
    "POST /api/v1/signals/<uuid:pk>/answer": Rule("visits.record", "own signal"),
    "POST /api/v1/signals/<uuid:pk>/decide": Rule("visits.verify", "signal"),
    "GET /api/v1/presence-verdicts": Rule("visits.read"),
    "POST /api/v1/visits/verify": Rule("visits.verify", about="doubtful visit"),
    **_reads("/api/v1/point-proposals", "visits.read", "point proposal"),
    "POST /api/v1/point-proposals/<uuid:pk>/confirm": Rule("visits.verify", "point proposal"),
    "POST /api/v1/point-proposals/<uuid:pk>/reject": Rule("visits.verify", "point proposal"),
    **_reads("/api/v1/display-tasks", "visits.read", "display task"),
    **_reads("/api/v1/breaches", "breaches.read", "breach"),
    "POST /api/v1/breaches/<uuid:pk>/see": Rule("breaches.settle", "breach"),
    "POST /api/v1/breaches/<uuid:pk>/close": Rule("breaches.settle", "breach"),
    # cycles
    "GET /api/v1/cycles": Rule("cycles.read"),
    "GET /api/v1/cycles/<str:month>/<uuid:retailer_id>": Rule("cycles.read", "cycle"),
    "GET /api/v1/cycles/progress": Rule("cycles.read"),
    "GET /api/v1/plans": Rule("visits.read"),
    "GET /api/v1/plans/<int:territory_id>/<str:month>": Rule("visits.read", "plan"),
    "POST /api/v1/plans/<int:territory_id>/<str:month>/replan": Rule("cycles.plan", "plan"),
    "POST /api/v1/plans/<int:territory_id>/<str:month>/undo": Rule("cycles.plan", "plan"),
    "POST /api/v1/plans/<int:territory_id>/<str:month>/reorder": Rule("cycles.plan", "plan"),
    "GET /api/v1/boards/fairness": Rule("boards.read"),
    "GET /api/v1/boards/method": Rule("cycles.read"),
    **_reads("/api/v1/forecasts", "cycles.read", "forecast"),
    "PATCH /api/v1/forecasts/<uuid:pk>": Rule("cycles.plan", "forecast"),
    **_reads("/api/v1/manager-cycles", "cycles.read", "manager cycle"),
    "POST /api/v1/manager-cycles/<uuid:pk>/cells/<slug:cell>/words": Rule("cycles.plan", "drafted cell"),
    "POST /api/v1/manager-cycles/<uuid:pk>/cells/<slug:cell>/submit": Rule("cycles.plan", "drafted cell"),
    "POST /api/v1/manager-cycles/<uuid:pk>/cells/<slug:cell>/withdraw": Rule("cycles.plan", "submitted cell"),
    "POST /api/v1/manager-cycles/<uuid:pk>/submit": Rule("cycles.plan", "own month"),
    "POST /api/v1/manager-cycles/<uuid:pk>/cells/<slug:cell>/approve": Rule("cycles.review", "reviewed cell"),
    "POST /api/v1/manager-cycles/<uuid:pk>/cells/<slug:cell>/send-back": Rule("cycles.review", "reviewed cell"),
    "POST /api/v1/manager-cycles/review": Rule("cycles.review", about="reviewed cell", per_item=True),
    **_reads("/api/v1/reports", "boards.read", "monthly report"),
    "GET /api/v1/reports/<uuid:pk>/pdf": Rule("boards.read", "monthly report"),
    "PATCH /api/v1/reports/<uuid:pk>": Rule("reports.write", "monthly report"),
    "POST /api/v1/reports/<uuid:pk>/release": Rule("reports.write", "monthly report"),
    **_reads("/api/v1/report-runs", "boards.read", "report run"),
    **_reads("/api/v1/advice-sheets", "cycles.read", "advice sheet"),
    "PATCH /api/v1/advice-sheets/<uuid:pk>": Rule("cycles.plan", "advice sheet"),
    "POST /api/v1/advice-sheets/prepare": Rule("cycles.plan", about="territory"),
    "GET /api/v1/advice-sheets/alike": Rule("cycles.read"),
    **_reads("/api/v1/findings", "cycles.read", "finding"),
    **_reads("/api/v1/actions", "cycles.read", "action"),
    "POST /api/v1/actions": Rule("cycles.plan", about="shop"),
    "PATCH /api/v1/actions/<uuid:pk>": Rule("cycles.plan", "action"),
    "POST /api/v1/actions/<uuid:pk>/accept": Rule("cycles.plan", "action"),
    "POST /api/v1/actions/<uuid:pk>/drop": Rule("cycles.plan", "action"),
    "POST /api/v1/actions/<uuid:pk>/reason": Rule("cycles.plan", "missed action"),
    "POST /api/v1/actions/accept-all": Rule("cycles.plan", about="territory"),
    "POST /api/v1/actions/bulk": Rule("cycles.plan", about="action", per_item=True),
    **_reads("/api/v1/improvements", "cycles.read", "improvement"),
    "PATCH /api/v1/improvements/<uuid:pk>": Rule("cycles.plan", "improvement"),
    "POST /api/v1/improvements/<uuid:pk>/accept": Rule("cycles.plan", "improvement"),
    "POST /api/v1/improvements/<uuid:pk>/drop": Rule("cycles.plan", "improvement"),
    "GET /api/v1/rules/<str:code>/misfires": Rule("cycles.read", "rule"),
    "POST /api/v1/rules/<str:code>/misfires": Rule("cycles.plan", "told rule"),
    "POST /api/v1/rules/<str:code>/misfires/<uuid:pk>/answer": Rule("rules.answer", "misfire"),
    "GET /api/v1/rules": Rule("cycles.read"),
    "GET /api/v1/rules/<str:code>": Rule("cycles.read", "rule"),
    "GET /api/v1/months": Rule("cycles.read"),
    "GET /api/v1/months/<str:month>/figures": Rule("boards.read", "open month"),
    "GET /api/v1/months/<str:month>/prefectures/<int:unit>": Rule("cycles.read", "prefecture month"),
    "POST /api/v1/months/<str:month>/prefectures/<int:unit>/reopen": Rule("months.reopen", "locked month"),
    "GET /api/v1/adjustments": Rule("cycles.read"),
    "GET /api/v1/calendar-days": Rule(SIGNED_IN),
    "GET /api/v1/calendar-days/<str:day>": Rule(SIGNED_IN, "calendar day"),
    "PUT /api/v1/calendar-days/<str:day>": Rule("calendar.edit", "calendar day"),
    "DELETE /api/v1/calendar-days/<str:day>": Rule("calendar.edit", "calendar day"),
}


PAGES: dict[str, Rule] = {
    "GET /api/docs": Rule(PUBLIC),
    "GET /favicon.ico": Rule(PUBLIC),
    "GET /mail/stop/<str:token>": Rule(PUBLIC),
    "POST /mail/stop/<str:token>": Rule(PUBLIC),
    "GET /problems": Rule(PUBLIC),
    "GET /problems/<str:code>": Rule(PUBLIC),
    "GET /healthz": Rule(PUBLIC),
    "GET /readyz": Rule(PUBLIC),
    "GET /metrics": Rule(PUBLIC),  # to loopback or with a token of its own
    "GET /login": Rule(PUBLIC),
    "POST /logout": Rule(PUBLIC),
    "POST /language": Rule(PUBLIC),
    "GET /": Rule("boards.read"),
    "GET /cells/<slug:column>": Rule("boards.read"),
    "GET /visits": Rule("visits.read"),
    "GET /filters": Rule("visits.read"),
    "GET /visits/<uuid:visit_id>": Rule("visits.read", "visit"),
    "GET /shops/<uuid:retailer_id>/<str:month>": Rule("cycles.read", "cycle"),
    "GET /field": Rule("visits.read"),
    "GET /field/checks": Rule("visits.read"),
    "GET /field/checks/<uuid:visit_id>": Rule("visits.read", "visit"),
    "GET /field/photos": Rule("visits.read"),
    "GET /field/signals": Rule("visits.read"),
    "GET /field/verify": Rule("visits.read"),
    "GET /needs": Rule("retail.read"),
    "GET /breaches": Rule("breaches.read"),
    "GET /policies": Rule("policies.read"),
    "GET /policies/shops": Rule("visits.read"),
    "GET /policies/questions": Rule("policies.read"),
    "GET /policies/<int:pk>": Rule("policies.read", "policy version"),
    "GET /policies/<int:pk>/shops": Rule("visits.read", "policy version"),
    "GET /policies/<int:pk>/second-touch": Rule("visits.read", "policy version"),
    "GET /quarantine": Rule("quarantine.read"),
    "GET /quarantine/<uuid:pk>": Rule("quarantine.read", "quarantine"),
    "GET /devices": Rule("devices.read"),
    "GET /market": Rule("boards.read"),
    "GET /market/figure": Rule("boards.read"),
    "GET /market/products": Rule("boards.read"),
    "GET /market/subject": Rule("boards.read"),
    "GET /market/key": Rule("boards.read"),
    "GET /market/few": Rule("boards.read"),
    "GET /market/shops": Rule("boards.read"),
    "GET /market/orders": Rule("boards.read"),  # and market.read, which who has it holds
    "GET /market/orders/<uuid:pk>": Rule("market.read", "order"),
    "GET /market/exports/<uuid:pk>": Rule(SIGNED_IN, "export file"),
    "GET /alerts": Rule("boards.read"),
    "GET /alerts/rules": Rule("boards.read"),
    "GET /alerts/rules/<int:pk>": Rule("boards.read", "alert rule"),
    "GET /intelligence": Rule("visits.read"),
    "GET /intelligence/<uuid:pk>": Rule("visits.read", "intelligence item"),
    "GET /intelligence/groups": Rule("visits.read"),
    "GET /intelligence/trends": Rule("boards.read"),
    "GET /launches": Rule("brands.read"),
    "GET /imports": Rule("imports.run"),
    "GET /imports/mapping": Rule("imports.run"),
    "GET /imports/<uuid:pk>": Rule("imports.run", "import"),
    "GET /imports/<uuid:pk>/progress": Rule("imports.run", "import"),
    "GET /exports": Rule("exports.run"),
    "GET /exports/<uuid:pk>": Rule("exports.run", "export file"),
    "GET /exports/<uuid:pk>/progress": Rule("exports.run", "export file"),
    "GET /findings": Rule("boards.read"),
    "GET /findings/<uuid:pk>": Rule("cycles.read", "finding"),
    "GET /misfires": Rule("boards.read"),
    "GET /actions": Rule("boards.read"),
    "GET /improvements": Rule("boards.read"),
    "GET /months/mine": Rule("boards.read"),
    "GET /months/<uuid:pk>": Rule("cycles.read", "manager cycle"),
    "GET /months/<uuid:pk>/<slug:column>/<int:number>": Rule("cycles.read", "manager cycle"),
    "GET /reviews": Rule("boards.read"),
    "GET /plan": Rule("boards.read"),
    "GET /advice": Rule("boards.read"),
    "GET /reports": Rule("boards.read"),
    "GET /reports/<uuid:pk>": Rule("boards.read", "monthly report"),
    "GET /reports/<uuid:pk>/pdf": Rule("boards.read", "monthly report"),
}


def verdict(rule: Rule, principal: str, column: str = "") -> str:
    """What a principal gets from a route, for an object of the column (OWN, MOVED, FOREIGN, NOWHERE; "": none)."""
    if rule.needs == PUBLIC:
        return ALLOW
    if principal == "ended" and rule.takes_late_work:
        principal = "lin"  # whose phone it was; what it pushes here is dated before its end
    if principal in UNSIGNED:
        return SIGN_IN
    if rule.needs != SIGNED_IN and principal not in HOLDERS[rule.needs]:
        return FORBIDDEN
    if column and principal not in REACH[KINDS[rule.of or rule.about]].get(column, frozenset()):
        return ABSENT
    return ALLOW


def columns(rule: Rule) -> tuple[str, ...]:
    """The objects to ask for: those that the kind has, and one that is nowhere."""
    kind = rule.of or rule.about
    return (*REACH[KINDS[kind]], NOWHERE) if kind else ("",)
