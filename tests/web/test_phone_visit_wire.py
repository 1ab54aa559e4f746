"""What the phone app sends of a visit, held against the server: the same files as web/phone/src/visit/*.test.ts."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from rest_framework.test import APIClient

from backend import clock
from retail import places
from retail.models import Need, Promise
from retail.papers import NEED_OWNED, PROMISE_OWNED
from tests.cast import NOW, Cast
from tests.sync.wire import Phone, made
from tests.visits.checks import released
from visits import scoring, wire
from visits.models import Visit

FIXTURES = Path(__file__).parents[2] / "web/phone/src/visit/fixtures"
VISITS = ("full", "away", "bare")


def told(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", VISITS)
def test_a_visit_of_the_phone_is_one_that_the_server_reads(name: str) -> None:
    document = told(name)["visit"]
    assert document.keys() - {"id"} == wire.TOLD  # every field, and none beside them
    assert wire.read_told(UUID(document["id"]), document).problem is None


def test_needs_and_promises_of_the_phone_have_the_fields_that_it_owns() -> None:
    [need], [promise] = told("full")["needs"], told("full")["promises"]
    assert need.keys() - {"id"} == NEED_OWNED
    assert promise.keys() - {"id"} == PROMISE_OWNED


@pytest.mark.parametrize("case", told("scores"), ids=lambda case: case["name"])
def test_the_score_that_the_phone_shows_is_the_server_s(case: dict[str, Any]) -> None:
    answers = [(one["item"], one["answer"]) for one in case["answers"]]
    before = scoring.Before(case["is_first"], case["failed"], case["photos"])
    _, score = scoring.score(scoring.scheme(case["items"]), answers, before)
    assert score == (None if case["score"] is None else Decimal(str(case["score"])))


@pytest.mark.parametrize("case", told("distances"), ids=lambda case: case["name"])
def test_the_distance_that_the_phone_shows_is_the_server_s(case: dict[str, Any]) -> None:
    here, there = (places.to_wgs84(case[at]["lon"], case[at]["lat"], case[at]["datum"]) for at in ("here", "shop"))
    metres = None if here is None or there is None else round(places.distance_m(here, there), 1)
    assert metres == case["metres"]


@pytest.mark.django_db
def test_a_whole_visit_of_the_phone_lands_as_it_was_told(as_lin: APIClient, cast: Cast) -> None:
    sent = told("full")
    visit = _of_the_cast(sent, cast)
    assert Phone(as_lin, "visits").push(made(visit)) == []
    assert Phone(as_lin, "needs").push(*(made({**one, **_shop(cast)}) for one in sent["needs"])) == []
    assert Phone(as_lin, "promises").push(*(made({**one, **_shop(cast)}) for one in sent["promises"])) == []
    assert Phone(as_lin, "sync_issues").pull() == {}
    stored = Visit.objects.get()
    assert (str(stored.pk), stored.presence, stored.distance_m) == (visit["id"], "valid", 0.0)
    assert (stored.typed_s, stored.photos_declared, stored.purposes) == (8, 6, visit["purposes"])
    assert stored.display_score == Decimal("0.00")  # what must pass did not, although it was put right
    assert [str(key) for key in Need.objects.values_list("pk", flat=True)] == [sent["needs"][0]["id"]]
    assert [str(key) for key in Promise.objects.values_list("pk", flat=True)] == [sent["promises"][0]["id"]]


@pytest.mark.django_db
def test_a_visit_away_from_the_shop_is_kept_with_its_reason(as_lin: APIClient, cast: Cast) -> None:
    document = {**told("away")["visit"], **_shop(cast)}
    assert Phone(as_lin, "visits").push(made(document)) == []
    stored = Visit.objects.get()
    assert (stored.presence, stored.away_reason) == ("to_verify", "店主约在仓库见面")
    assert "too_far" in stored.flags
    assert "no_reason" not in stored.flags


def _shop(cast: Cast) -> dict[str, Any]:
    return {"retailer_id": str(cast.shops[0].pk)}


def _of_the_cast(sent: dict[str, Any], cast: Cast) -> dict[str, Any]:
    """The visit with the numbers of this database in the place of those of the file."""
    products = dict(zip((11, 12, 13), (product.pk for product in cast.products), strict=True))
    items = [{**item, "products": list(products.values())} if "products" in item else item for item in sent["items"]]
    visit = json.loads(json.dumps(sent["visit"]))
    visit |= {**_shop(cast), "stop_id": None}
    visit["check"]["template_version_id"] = released(cast, items).pk
    for answer in visit["check"]["answers"]:
        if isinstance(answer["answer"], list):
            answer["answer"] = [products[one] for one in answer["answer"]]
    for lines in (visit["observations"], visit["remarks"], visit["pitches"]):
        for line in lines:
            if line.get("product_id"):
                line["product_id"] = products[line["product_id"]]
    visit["briefings"] = [{**visit["briefings"][1], "policy_version_id": cast.policy.pk}]
    assert msgspec.convert(visit["started_at"], type=type(NOW)) < clock.now()
    return visit


@pytest.mark.django_db
def test_a_phone_learns_how_near_the_unit_of_a_template_is(as_lin: APIClient, cast: Cast) -> None:
    found = {row["version_id"]: row["level"] for row in Phone(as_lin, "templates").pull().values()}
    assert found == {cast.template.pk: cast.template.template.unit.level}
