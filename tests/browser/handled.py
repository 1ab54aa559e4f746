"""What a house in use has beside its demo: a file looked at, a file made, a visit that was refused, and the reports.

Written by the verbs that people use; called by tests/browser/server.py, so that every page has something to show.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final

from backend import clock, ticks
from backend.exports import asking as exports
from backend.exports import working as making
from backend.http.jsonbody import Item
from backend.imports import asking as imports
from backend.imports import kinds, working
from backend.models import Person
from backend.scope import Actor, actor_of
from cycles import report
from retail.models import Retailer
from visits import intake

ORDERS: Final = "订单号,客户编码,订单日期,商品编码,需求量,限量,订货量,金额(元)\n"


def write() -> None:
    """The tick has followed, reports stand, and each of the three is there."""
    for _ in range(3):
        ticks.run_all()
    report.keep()
    _looked_at(_actor("he"))
    asked = exports.Asked("visits", "csv", since=clock.today(), until=clock.today())
    making.make(exports.start(actor=_actor("zhao"), asked=asked).pk)
    _refused(_actor("lin"))


def _actor(username: str) -> Actor:
    return actor_of(Person.objects.get(username=username))


def _looked_at(steward: Actor) -> None:
    """Orders of which one names no shop of ours."""
    code = Retailer.objects.order_by("code").values_list("code", flat=True)[0]
    rows = "".join(f"X{n},{shop},{clock.today()},H0001,5,5,5,850.00\n" for n, shop in enumerate((code, "nobody")))
    asked = imports.Asked(kinds.kind("orders"), "dry_run", "十一月订单.csv")
    imports.start(actor=steward, asked=asked, pieces=[(ORDERS + rows).encode()])
    while working.work():
        pass


def _refused(lin: Actor) -> None:
    """A visit whose note is a number."""
    began = clock.now() - timedelta(hours=1)
    shop = Retailer.objects.filter(assignments__territory__positions__person_id=lin.person_id).order_by("code")[0]
    sent = {
        "submission_id": "01980000-0000-7000-8000-000000000135", "retailer_id": str(shop.pk), "note": 5,
        "started_at": began.isoformat(), "ended_at": (began + timedelta(minutes=10)).isoformat(),
    }  # fmt: skip
    intake.receive_batch(actor=lin, items=[Item(json.dumps(sent).encode(), None)], received_at=clock.now())
