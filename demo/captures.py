"""What a phone's user notes in a shop beside products and notes: compliance, training, what is heard, policies told.

Content by seed; called by demo/workday.py for each visit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

from demo.visit_words import (
    CAMPAIGN_WORDS,
    CAMPAIGNS,
    CLOSINGS,
    COMPLIANCE_WORDS,
    EVENTS,
    FLOW_WORDS,
    IRREGULAR,
    PLACES,
    QUESTIONS,
    REMARKS,
    TAGS,
    TOPICS,
    TRENDS,
)

Row = Mapping[str, Any]
Captured = dict[str, Any]
KINDS: Final = (
    "brand_opinion", "policy_opinion", "campaign_opinion", "rival_move", "event", "flow_price", "irregular",
    "consumer_trend", "other",
)  # fmt: skip


def remark(kind: str, product: Row, policies: Sequence[Row], rng: Random) -> Captured:
    """What was learnt, of one kind; an opinion on a policy becomes one on a brand where no policy is known."""
    if kind == "policy_opinion" and not any("policy_id" in policy for policy in policies):
        kind = "brand_opinion"
    made: Captured = {"kind": kind, "text": _words(kind, product, rng), "confidence": rng.randint(1, 3)}
    if kind in {"brand_opinion", "rival_move", "flow_price"}:
        made["product_id"] = product["id"]
    if kind == "policy_opinion":
        made["policy_id"] = policies[-1]["policy_id"]
    if kind == "campaign_opinion":
        made["campaign"] = rng.choice(CAMPAIGNS)
    if kind == "rival_move":
        made["counter_proposal"] = rng.choice([counter for of, _, counter in REMARKS if of == "rival_move"])
    if kind in {"event", "irregular", "rival_move"}:
        made["place"] = rng.choice(PLACES)
    if kind == "flow_price":
        made |= {"price_fen": 100 * rng.randint(80, 600), "quantity": rng.randint(1, 20)}
    return made


def _words(kind: str, product: Row, rng: Random) -> str:
    texts: dict[str, Sequence[str]] = {
        "campaign_opinion": CAMPAIGN_WORDS,
        "event": EVENTS,
        "flow_price": FLOW_WORDS,
        "irregular": IRREGULAR,
        "consumer_trend": TRENDS,
        "other": CLOSINGS,
    }
    found = texts.get(kind) or [text for of, text, _ in REMARKS if of == kind]
    return rng.choice(list(found)).replace("{p}", product["name"])


def briefing(policy: Row, shop: Row, rng: Random) -> Captured:
    """The policy told, with the shop's answers where it asks for any; now and then a question without an answer."""
    made: Captured = {"policy_version_id": policy["id"], "told_to": shop["holder"], "understanding": rng.randint(2, 5)}
    if asked := policy.get("shop_quiz") or ():
        made["answers"] = [
            {"question": n, "choice": question["right"] if rng.random() < 0.8 else 1 - min(1, question["right"])}
            for n, question in enumerate(asked)
        ]
    if rng.random() < 0.1:
        made |= {"question": rng.choice(QUESTIONS), "unanswered": True}
    if rng.random() < 0.1:
        made["channel"] = rng.choice(("phone", "group", "wechat"))
    return made


def training(shop: Row, rng: Random) -> Captured:
    """The retailer was taught something."""
    topic = rng.choice(TOPICS)
    return {
        "topic": topic, "minutes": rng.randint(5, 40), "told_to": shop["holder"], "understanding": rng.randint(2, 5)
    }  # fmt: skip


def compliance(rng: Random) -> Captured:
    """Price tags, licence and minors; one shop in eight has something to mend."""
    shown, fine = rng.randint(20, 60), rng.random() > 0.12
    made: Captured = {
        "tags_shown": shown, "tags_missing": 0 if fine else rng.randint(1, 4), "tags_mismatched": 0, "tags_altered": 0,
        "tags_over_cap": 0 if fine else rng.randint(0, 1), "licence_shown": fine or rng.random() < 0.5,
        "holder_trades": True, "goods_genuine": True, "minors_sign": fine or rng.random() < 0.5,
        "id_asked": rng.random() < 0.95, "near_school": rng.random() < 0.03,
    }  # fmt: skip
    return made if fine else {**made, "words": rng.choice(COMPLIANCE_WORDS)}


def check(template: Row, products: Sequence[Row], rng: Random) -> Captured:
    """Every item that is asked, answered; what follows from a rule is not."""
    asked = [item for item in template["items"] if not item.get("rule")]
    answers = [{"item": item["code"], "answer": _answer(item, products, rng)} for item in asked]
    return {"template_version_id": template["id"], "answers": answers}


def _answer(item: Row, products: Sequence[Row], rng: Random) -> bool | int | str | list[int]:
    passed = rng.random() < 0.85
    if item["kind"] == "choice":
        return str(rng.choice(item["choices"]))
    if item["kind"] == "product_list":
        return [int(key) for key in item["products"]] if passed else [int(products[0]["id"])]
    if item["kind"] == "photo":
        return False
    return passed if item["kind"] == "yes_no" else int(item["pass_at"]) * passed


def tags(rng: Random) -> list[str]:
    """Up to two words to find the note by."""
    return rng.sample(list(TAGS), rng.randint(0, 2))
