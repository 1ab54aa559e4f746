"""Evidence attaches itself when a visit arrives, by a rule that has a name, and goes when it serves no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import marks
from cycles import month as months
from cycles.models import Action, Evidence, Finding
from retail.models import Assignment
from tests.cast import SINCE, TODAY, Cast, SignIn
from tests.cycles.chain import FELL, FIGURES, MARCH, find, rules_of_tests
from tests.cycles.deeds import (
    DONE,
    NONE,
    OPEN,
    changes_drained,
    draft,
    drafted,
    lin,
    post,
    push,
    restocking,
    row_of,
    seen,
)
from visits.models import Visit


@pytest.fixture(autouse=True)
def rules_of_this_file() -> Iterator[None]:
    with rules_of_tests():
        yield


@pytest.fixture
def march(cast: Cast) -> Cast:
    months.open_month(MARCH)
    return cast


def test_only_a_visit_that_serves_is_evidence_and_several_may_be_needed(march: Cast) -> None:
    restocking(march)
    push(march, observations=[seen(march, 0)])  # another product
    assert not Evidence.objects.exists()
    first = push(march, observations=[seen(march, 1), seen(march, 0)])
    assert row_of(march.shops[0], dimension="brand") == (DONE, DONE, OPEN, OPEN, NONE)
    second = push(march, observations=[seen(march, 1)])
    told = [(str(e.visit_id), e.attached_by, e.lines) for e in Evidence.objects.order_by("visit_id")]
    assert told == sorted([(first, "observation.named", 1), (second, "observation.named", 1)])
    assert row_of(march.shops[0], dimension="brand") == (DONE, DONE, DONE, OPEN, NONE)


def test_a_visit_still_to_verify_is_evidence_of_nothing_and_one_that_is_verified_attaches(march: Cast) -> None:
    restocking(march)
    visit = push(march, observations=[seen(march, 1)], place={"lon": 114.5, "lat": 30.9, "datum": "WGS-84"})
    assert (Visit.objects.get(pk=visit).presence, Evidence.objects.count()) == ("to_verify", 0)
    for presence, count in (("valid", 1), ("to_verify", 0)):
        with transaction.atomic():
            Visit.objects.filter(pk=visit).update(presence=presence)
            marks.mark("visits", [(march.territory.pk, TODAY)])
        changes_drained()
        assert Evidence.objects.count() == count


def test_evidence_goes_when_its_action_is_no_longer_accepted(march: Cast) -> None:
    action = restocking(march)
    push(march, observations=[seen(march, 1)])
    assert Evidence.objects.count() == 1
    post(lin(march), f"/actions/{action.pk}/drop", {"reason": "later"})
    changes_drained()
    assert Evidence.objects.count() == 0


def test_what_a_new_owner_decides_about_an_older_action_moves_the_cells_of_the_shop(
    march: Cast, sign_in: SignIn
) -> None:
    action, shop = drafted(march), march.shops[0]
    assert post(lin(march), f"/actions/{action.pk}/accept").status_code == 200
    with transaction.atomic():
        Assignment.objects.filter(retailer=shop).update(during=DateRange(SINCE, TODAY))
        Assignment.objects.create(retailer=shop, territory=march.next_territory, during=DateRange(TODAY, None))
        marks.mark("assignments", [(march.territory.pk, TODAY), (march.next_territory.pk, TODAY)])
    changes_drained()
    assert row_of(shop) == (DONE, DONE, OPEN, OPEN, NONE)
    assert post(sign_in("ma"), f"/actions/{action.pk}/drop", {"reason": "later"}).status_code == 200
    changes_drained()
    assert row_of(shop) == (DONE, DONE, OPEN, NONE, NONE)


@pytest.mark.parametrize(
    ("serves", "parameters", "sent", "rule"),
    [
        ("visit", {}, {}, "visit"),
        ("check", {}, {"check": [("visible", 1)]}, "check"),
        ("check", {}, {}, None),
        ("briefing", {}, {"briefings": "own"}, "briefing.any"),
        ("briefing", {"policy_ids": "own"}, {"briefings": "own"}, "briefing.named"),
        ("briefing", {"policy_version_ids": "own"}, {"briefings": "own"}, "briefing.named"),
        ("briefing", {"policy_ids": [0]}, {"briefings": "own"}, None),
        ("pitch", {}, {"pitches": 0}, "pitch.key"),
        ("pitch", {}, {"pitches": 1}, None),
        ("pitch", {"product_ids": 1}, {"pitches": 1}, "pitch.named"),
        ("observation", {}, {"observations": 0}, "observation.key"),
        ("nothing", {}, {}, None),
    ],
)
def test_each_kind_of_action_is_served_by_its_kind_of_record(
    march: Cast, serves: str, parameters: dict[str, Any], sent: dict[str, Any], rule: str | None
) -> None:
    action = drafted(march)
    named = {
        "policy_ids": [march.policy.policy_id], "policy_version_ids": [march.policy.pk],
        "product_ids": [march.products[1].pk],
    }  # fmt: skip
    given = {name: value if isinstance(value, list) else named[name] for name, value in parameters.items()}
    Action.objects.filter(pk=action.pk).update(state="accepted", serves=serves, parameters=given)
    push(march, **{name: _lines(march, name, value) for name, value in sent.items()})
    assert list(Evidence.objects.values_list("attached_by", flat=True)) == ([rule] if rule else [])


def _lines(cast: Cast, name: str, value: Any) -> Any:
    if name == "check":
        answers = [{"item": code, "answer": answer} for code, answer in value]
        return {"template_version_id": cast.template.pk, "answers": answers}
    if name == "briefings":
        return [{"policy_version_id": cast.policy.pk, "understanding": 4}]
    if name == "pitches":
        return [{"product_id": cast.products[value].pk, "accepted": True}]
    return [seen(cast, value)]


def test_an_action_of_the_territory_is_served_by_a_visit_of_any_of_its_shops(march: Cast) -> None:
    find(FELL, march.territory, march.territory, FIGURES)
    find(FELL, march.county, march.territory, FIGURES)
    Finding.objects.filter(unit=march.county).update(territory=None)
    draft()
    Action.objects.update(state="accepted")
    push(march)
    assert Evidence.objects.count() == 2
    assert [row_of(shop) for shop in march.shops[1:]] == [(NONE, NONE, OPEN, NONE, NONE)] * 2
