"""A day's visits as a phone's user would make them, all four captures in each; content by seed, ids by chance.

Called by demo/phone.py with what the API told of shops, products, templates and policies.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any, Final
from uuid import uuid4

from backend.clock import BUSINESS_ZONE
from demo import captures
from demo.geography import KM_PER_DEGREE
from demo.visit_words import AWAY_REASONS, CLOSINGS, MIDDLES, OPENINGS, REFUSALS

Row = Mapping[str, Any]
EVERY: Final = timedelta(minutes=20)
UNPLANNED: Final = ("shop_asked", "nearby", "follow_up", "complaint")


@dataclass(frozen=True)
class Known:
    """What the phone has synced: its user's shops and what a visit refers to, as the API's lists give them."""

    shops: Sequence[Row]
    products: Sequence[Row]
    templates: Sequence[Row]
    policies: Sequence[Row]
    stops: Sequence[Row] = ()


def day(known: Known, count: int, until: datetime, rng: Random) -> list[dict[str, Any]]:
    """`count` visits, 20 minutes apart, the last one just over at `until` by the phone's clock."""
    started = until - EVERY * count
    return [
        visit(
            known, known.shops[n % len(known.shops)], started + n * EVERY + timedelta(seconds=rng.randrange(240)), rng
        )
        for n in range(count)
    ]


def visit(known: Known, shop: Row, started_at: datetime, rng: Random) -> dict[str, Any]:
    """One visit in the shape of POST /api/v1/visits/batch, without photos (demo/errands.py adds them)."""
    products = rng.sample(list(known.products), min(len(known.products), rng.randint(4, 8)))
    ended_at = started_at + timedelta(seconds=rng.randint(100, 900))
    made: dict[str, Any] = {
        "submission_id": str(uuid4()),
        "retailer_id": shop["id"],
        "started_at": started_at.isoformat(timespec="milliseconds"),
        "ended_at": ended_at.isoformat(timespec="milliseconds"),
        "persons_met": shop["holder"],
        "note": _note(products[0]["name"], rng),
        "tags": captures.tags(rng),
        "typed_s": rng.randint(20, 240),
        "observations": [_observation(product, rng) for product in products],
        "pitches": [_pitch(product, rng) for product in products[:1]],
        "remarks": [captures.remark(kind, products[0], known.policies, rng) for kind in _kinds(rng)],
        "briefings": [captures.briefing(policy, shop, rng) for policy in known.policies[-1:]],
        "trainings": [captures.training(shop, rng)] if rng.random() < 0.2 else [],
        **_for_what(known, shop, started_at, rng),
    }
    if known.templates:
        made["check"] = captures.check(rng.choice(list(known.templates)), products, rng)
    if rng.random() < 0.6:
        made["compliance"] = captures.compliance(rng)
    if rng.random() < 0.4:
        made["score"] = rng.randint(3, 5)
    if shop["lon"] is not None:
        made |= _place(shop, rng)
    made["purposes"] = _purposes(made)
    return made


def _for_what(known: Known, shop: Row, started_at: datetime, rng: Random) -> dict[str, Any]:
    """The planned stop that it serves, or why it was not planned."""
    day = started_at.astimezone(BUSINESS_ZONE).date().isoformat()
    for stop in known.stops:
        if stop["retailer_id"] == shop["id"] and stop["on_date"] == day and stop["state"] == "planned":
            return {"stop_id": stop["id"]}
    return {"unplanned_reason": rng.choice(UNPLANNED)}


def _purposes(made: Row) -> list[str]:
    """What it was for, by what it carries."""
    carried = {
        "display": "check", "policy": "briefings", "brand": "pitches", "intelligence": "remarks",
        "compliance": "compliance", "training": "trainings",
    }  # fmt: skip
    return ["service", *(purpose for purpose, name in carried.items() if made.get(name))]


def _kinds(rng: Random) -> list[str]:
    return rng.sample(captures.KINDS, 1 + (rng.random() < 0.3)) if rng.random() < 0.4 else []


def digest(item: Row) -> str:
    """The content's hash as the server computes it: canonical JSON without `sent_at` (docs/sync.md)."""
    content = {key: value for key, value in item.items() if key != "sent_at"}
    return sha256(json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _place(shop: Row, rng: Random) -> dict[str, Any]:
    """Near the shop by a receiver's noise; three in a hundred far away, one in a hundred by a mocking app."""
    far = rng.random() < 0.03
    away_m, bearing = (rng.uniform(1_000, 3_000) if far else abs(rng.gauss(0, 18))), rng.uniform(0, math.tau)
    per_lon = KM_PER_DEGREE * 1_000 * math.cos(math.radians(shop["lat"]))
    place = {
        "lon": round(shop["lon"] + away_m * math.sin(bearing) / per_lon, 7),
        "lat": round(shop["lat"] + away_m * math.cos(bearing) / (KM_PER_DEGREE * 1_000), 7),
        "datum": shop["datum"],
        "accuracy_m": round(rng.uniform(5, 35), 1),
        "mock": rng.random() < 0.01,
    }
    left = {**place, "accuracy_m": round(rng.uniform(5, 35), 1), "mock": False}
    found = {"place": place, "left": left}
    return {**found, "away_reason": rng.choice(AWAY_REASONS)} if far else found


def _note(product: str, rng: Random) -> str:
    return rng.choice(OPENINGS) + rng.choice(MIDDLES).replace("{p}", product) + rng.choice(CLOSINGS)


def _observation(product: Row, rng: Random) -> dict[str, Any]:
    if rng.random() < 0.1:
        return {"product_id": product["id"], "on_shelf": False, "stock_packs": 0, "oos_days": rng.randint(1, 9)}
    seen = {"on_shelf": True, "stock_packs": rng.randint(3, 180), "facings": rng.randint(1, 4), "oos_days": 0}
    if product["guide_carton_fen"]:
        seen["carton_price_fen"] = round(product["guide_carton_fen"] * rng.uniform(0.96, 1.05) / 100) * 100
    return {"product_id": product["id"], **seen}


def _pitch(product: Row, rng: Random) -> dict[str, Any]:
    if rng.random() < 0.55:
        return {"product_id": product["id"], "accepted": True}
    refusal, words = rng.choice(REFUSALS)
    return {"product_id": product["id"], "accepted": False, "refusal": refusal, "words": words}
