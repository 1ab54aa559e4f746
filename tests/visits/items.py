"""Builders of submitted visits for the tests of visits/: what a phone of Lin's would send."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from backend import clock
from backend.http.jsonbody import Item
from backend.scope import Actor
from tests.cast import SHOP_LAT, SHOP_LON, Cast
from visits import intake

METRES_PER_DEGREE = 111_195.08  # of latitude, on the sphere that the distance is measured on


def item(cast: Cast, **changes: Any) -> dict[str, Any]:
    """A plain visit to Lin's first shop, half an hour ago, on the spot, ten minutes long."""
    started = clock.now() - timedelta(minutes=30)
    found = {
        "submission_id": str(uuid4()),
        "retailer_id": str(cast.shops[0].pk),
        "started_at": started.isoformat(),
        "ended_at": (started + timedelta(minutes=10)).isoformat(),
        "place": place(),
        **changes,
    }
    return {key: value for key, value in found.items() if value is not ...}


def place(north_m: float = 0.0, **changes: Any) -> dict[str, Any]:
    """A point so many metres north of Lin's first shop, with an accuracy of 20 m."""
    lat = SHOP_LAT + north_m / METRES_PER_DEGREE
    return {"lon": SHOP_LON, "lat": lat, "datum": "WGS-84", "accuracy_m": 20, **changes}


def full_item(cast: Cast, **changes: Any) -> dict[str, Any]:
    """A visit with all that can be captured."""
    first, second, third = (product.pk for product in cast.products)
    answers = [("visible", 1), ("clean", True), ("full", 0), ("standard", 16), ("continuity", None)]
    return item(
        cast,
        persons_met="店主",
        note="店主反映软蓝缺货两天，希望增加投放。",
        check={
            "template_version_id": cast.template.pk,
            "answers": [{"item": code, "answer": answer} for code, answer in answers],
        },
        observations=[
            {"product_id": first, "on_shelf": True, "carton_price_fen": 19_500, "stock_packs": 43, "facings": 2},
            {"product_id": second, "on_shelf": False, "oos_days": 2},
        ],
        remarks=[
            {"kind": "brand_opinion", "product_id": first, "text": "口感好"},
            {"kind": "policy_opinion", "policy_id": cast.policy.policy_id, "text": "看不懂档位"},
            {"kind": "rival_move", "product_id": third, "text": "买一送一", "counter_proposal": "加强陈列"},
        ],
        briefings=[{"policy_version_id": cast.policy.pk, "told_to": "店主", "understanding": 4, "question": "何时？"}],
        pitches=[
            {"product_id": first, "accepted": True},
            {"product_id": third, "accepted": False, "refusal": "price", "words": "太贵"},
        ],
        **changes,
    )  # fmt: skip


def everything(cast: Cast, **changes: Any) -> dict[str, Any]:
    """A visit with all that the wire knows: purpose, end, photos, training, compliance, intelligence of every sort."""
    photos = [photo(1, kind="before", item="clean"), photo(2, kind="after", item="clean"), photo(3, kind="signature")]
    sent = full_item(
        cast,
        stop_id=str(uuid4()),
        purposes=["display", "policy"],
        tags=["缺货", "换招牌"],
        left=place(12.5, accuracy_m=8.25),
        trainings=[{"topic": "真伪鉴别", "minutes": 20, "told_to": "店员", "understanding": 5}],
        compliance={"tags_shown": 60, "tags_missing": 6, "licence_shown": True, "id_asked": False, "words": "缺六张"},
        photos=photos,
        confirmed_by="王老板",
        signature=photos[2]["id"],
        score=4,
        typed_s=95,
    )
    sent["check"]["answers"][1] |= {"fixed": True, "before": photos[0]["id"], "after": photos[1]["id"]}
    sent["observations"][0] |= {"confidence": 3}
    sent["remarks"] += [
        {
            "kind": "irregular",
            "text": "有人上门收烟",
            "confidence": 1,
            "place": "菜场",
            "price_fen": 18_000,
            "quantity": 5,
        },
        {"kind": "campaign_opinion", "campaign": "扫码", "text": "没人扫"},
    ]
    sent["briefings"][0] |= {"channel": "group", "signature": photos[2]["id"]}
    return {key: value for key, value in (sent | changes).items() if value is not ...}


def photo(number: int, **changes: Any) -> dict[str, Any]:
    """A declared photo, taken 25 minutes ago."""
    found = {
        "id": str(uuid4()),
        "sha256": f"{number:064x}",
        "bytes": 100_000 + number,
        "taken_at": (clock.now() - timedelta(minutes=25)).isoformat(),
    }
    return found | changes


def receive(actor: Actor, *items: dict[str, Any] | bytes, received_at: datetime | None = None) -> list[Any]:
    """The items through the verb, without HTTP: their outcomes, which a test takes apart."""
    wrapped = [Item(entry if isinstance(entry, bytes) else encoded(entry), None) for entry in items]
    return intake.receive_batch(actor=actor, items=wrapped, received_at=received_at or clock.now())


def encoded(entry: Any) -> bytes:
    return json.dumps(entry, ensure_ascii=False).encode()


def ids(entries: list[dict[str, Any]]) -> list[UUID]:
    return [UUID(entry["submission_id"]) for entry in entries]
