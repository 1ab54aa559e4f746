"""Which shop knows which policy: reach by unit, second touch, the matrix, questions, trainings."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from rest_framework.test import APIClient

from backend import clock, marks, ticks
from backend.ids import uuid7
from retail.models import Assignment, Classification, Retailer
from tests.cast import NOW, SINCE, TODAY, Cast, make_shop
from tests.visits.items import item, receive
from visits import proof
from visits.models import Briefed, Briefing, Policy, PolicyAnswer, PolicyQuestion, PolicyVersion, Visit

pytestmark = pytest.mark.django_db

VERSIONS, SECOND, BRIEFED = "/api/v1/policy-versions", "/api/v1/second-touches", "/api/v1/briefed"
QUESTIONS, ANSWERS = "/api/v1/policy-questions", "/api/v1/policy-answers"
RELEASED = NOW - timedelta(hours=1)  # Monday 2026-03-16, 09:00


@pytest.fixture
def version(cast: Cast) -> PolicyVersion:
    """A policy of the prefecture, released at 09:00 today, whose shops are asked three questions."""
    policy = Policy.objects.create(unit=cast.prefecture, code="tiers", title="档位")
    asked = [{"question": f"问{n}", "choices": ["是", "否"], "right": 0} for n in range(3)]
    return PolicyVersion.objects.create(policy=policy, number=1, body="x", shop_quiz=asked, released_at=RELEASED)


def crowd(cast: Cast, count: int) -> list[Retailer]:
    """So many more shops of Lin's territory, urban, tier 15."""
    county = cast.territory.ancestors[3]
    shops = [
        Retailer(code=f"C{n:06d}", licence_no=f"L{n:06d}", name=f"店{n}", holder="x", county_id=county, opened_on=SINCE)
        for n in range(count)
    ]
    Retailer.objects.bulk_create(shops)
    ever = DateRange(SINCE, None)
    Classification.objects.bulk_create(
        Classification(retailer=shop, during=ever, business_type="B", market_type="C", scale=2, tier=15)
        for shop in shops
    )
    Assignment.objects.bulk_create(Assignment(retailer=s, territory=cast.territory, during=ever) for s in shops)
    return shops


def brief(cast: Cast, version: PolicyVersion, shops: list[Retailer], passed: bool | None, **changes: Any) -> list[UUID]:
    """One visit to each shop at 10:30 today that told the version, and the mark of its intake."""
    at = clock.now()
    territory = changes.pop("territory", cast.territory)
    columns = {
        "month": clock.month_of(at), "person": cast.lin, "territory": territory, "county_id": territory.ancestors[3],
        "on_date": clock.business_date(at), "started_at": at, "device_started_at": at, "received_at": at,
        "presence": "valid",
    } | changes  # fmt: skip
    with transaction.atomic():
        visits = [Visit(id=uuid7(), retailer=shop, **columns) for shop in shops]
        Visit.objects.bulk_create(visits)
        Briefing.objects.bulk_create(
            Briefing(month=columns["month"], visit_id=v.pk, line_no=1, policy_version=version, passed=passed)
            for v in visits
        )
        marks.mark("visits", [(territory.pk, columns["on_date"])])
    return [visit.pk for visit in visits]


def follow() -> None:
    while proof.follow():
        pass


def test_of_186_shops_150_briefed_and_132_passed_make_three_rates_and_54_second_touches(
    cast: Cast, as_lin: APIClient, as_zhao: APIClient, as_wu: APIClient, version: PolicyVersion
) -> None:
    Assignment.objects.filter(territory=cast.territory).delete()
    shops = crowd(cast, 186)
    brief(cast, version, shops[:132], True)
    brief(cast, version, shops[132:150], False)
    follow()
    found = as_lin.get(f"{VERSIONS}/{version.pk}/reach").json()
    rates = {"policy_reach": "80.6", "policy_understanding": "88.0", "policy_effect": "71.0"}
    assert found["whole"] | rates == found["whole"]
    assert (found["whole"]["shops"], found["whole"]["briefed"], found["whole"]["passed"]) == (186, 150, 132)
    assert found["second_touch_on"] == "2026-03-23"  # five working days after Monday the 16th
    [own, other] = as_zhao.get(f"{VERSIONS}/{version.pk}/reach?by=county").json()["units"]
    assert (own["name"], own["policy_effect"], other["shops"], other["policy_reach"]) == ("阳新县", "71.0", 2, "0.0")
    assert other["policy_understanding"] is None
    assert as_lin.get(f"{SECOND}?policy_version={version.pk}").json()["results"] == []
    with clock.at(NOW + timedelta(days=7)):
        listed = as_lin.get(f"{SECOND}?policy_version={version.pk}&page_size=200").json()["results"]
        states = [row["state"] for row in listed]
        assert (len(listed), states.count("not_briefed"), states.count("not_passed")) == (54, 36, 18)
        assert listed[0]["told_by"] == "林小梅"
        assert len(as_wu.get(f"{SECOND}?policy_version={version.pk}").json()["results"]) == 2  # her own shops


def test_only_shops_that_the_version_names_on_the_day_count(
    cast: Cast, as_lin: APIClient, version: PolicyVersion
) -> None:
    rural, dear, closed = cast.shops
    Classification.objects.filter(retailer=rural).update(market_type="X")
    Classification.objects.filter(retailer=dear).update(tier=21)
    brief(cast, version, [rural, dear], True)
    follow()
    address = f"{VERSIONS}/{version.pk}/reach"
    assert as_lin.get(address).json()["whole"]["shops"] == 3
    PolicyVersion.objects.filter(pk=version.pk).update(market_types=["C"])
    assert (as_lin.get(address).json()["whole"]["shops"], as_lin.get(address).json()["whole"]["briefed"]) == (2, 1)
    PolicyVersion.objects.filter(pk=version.pk).update(tier_from=10, tier_to=20)
    assert (as_lin.get(address).json()["whole"]["shops"], as_lin.get(address).json()["whole"]["briefed"]) == (1, 0)
    Classification.objects.filter(retailer=closed).update(state="closed")
    assert as_lin.get(address).json()["whole"]["policy_reach"] is None
    PolicyVersion.objects.filter(pk=version.pk).update(tier_from=None, tier_to=None, market_types=[])
    assert as_lin.get(address).json()["whole"]["shops"] == 2


def test_the_matrix_shows_the_first_briefing_that_was_passed_else_the_latest(
    cast: Cast, as_lin: APIClient, as_chen: APIClient, as_wu: APIClient, version: PolicyVersion
) -> None:
    shop = cast.shops[0]
    for hours, passed in ((1, False), (2, None), (3, True), (4, True)):
        with clock.at(NOW + timedelta(hours=hours)):
            brief(cast, version, [shop], passed, device_started_at=NOW)
        follow()
        [row] = as_lin.get(f"{BRIEFED}?retailer={shop.pk}").json()["results"]
        shown = {1: (1, False), 2: (2, None), 3: (3, True), 4: (3, True)}[hours]
        assert (row["briefed_at"], row["passed"]) == (f"2026-03-16T{10 + shown[0]}:00:00+08:00", shown[1])
    assert (row["person_name"], row["channel"], row["title"], row["number"]) == ("林小梅", "visit", "档位", 1)
    assert len(as_chen.get(f"{BRIEFED}?policy_version={version.pk}&passed=true").json()["results"]) == 1
    assert as_wu.get(BRIEFED).json()["results"] == []


def test_a_briefing_far_from_the_shop_counts_once_somebody_has_verified_it_and_one_taken_out_no_more(
    cast: Cast, version: PolicyVersion
) -> None:
    [doubtful] = brief(cast, version, [cast.shops[0]], True, presence="to_verify")
    follow()
    assert Briefed.objects.count() == 0
    remake(cast, lambda: Visit.objects.filter(pk=doubtful).update(presence="valid"))
    assert Briefed.objects.get().visit_id == doubtful
    remake(cast, lambda: Briefing.objects.filter(visit_id=doubtful).delete())
    assert Briefed.objects.count() == 0


def remake(cast: Cast, change: Any) -> None:
    """A change of facts with its mark, and what follows."""
    with transaction.atomic():
        change()
        marks.mark("visits", [(cast.territory.pk, TODAY)])
    follow()


def test_a_second_run_changes_nothing_and_neither_does_the_order_of_arrival(cast: Cast, version: PolicyVersion) -> None:
    with clock.at(NOW + timedelta(days=1)):
        brief(cast, version, cast.shops[:2], None)
        follow()
    brief(cast, version, cast.shops, False)
    follow()
    first = sorted(Briefed.objects.values_list("retailer_id", "on_date", "passed"))
    assert first == sorted(
        [(shop.pk, date(2026, 3, 17), None) for shop in cast.shops[:2]] + [(cast.shops[2].pk, TODAY, False)]
    )
    remake(cast, lambda: None)
    assert sorted(Briefed.objects.values_list("retailer_id", "on_date", "passed")) == first


def test_a_question_nobody_could_answer_is_owed_by_the_policys_unit_and_its_answer_shows_with_the_policy(
    cast: Cast, as_lin: APIClient, as_wu: APIClient, as_chen: APIClient, sign_in: Any, version: PolicyVersion
) -> None:
    told = [{"policy_version_id": version.pk, "question": "为什么降档？", "unanswered": True}]
    receive(cast.actor("lin"), item(cast, briefings=told))
    assert ticks.run_one("visits.briefings")
    [asked] = as_lin.get(QUESTIONS).json()["results"]
    assert (asked["text"], asked["due_on"], asked["owner"]) == ("为什么降档？", "2026-03-19", cast.prefecture.pk)
    assert as_wu.get(QUESTIONS).json()["results"] == []
    zhou, address = sign_in("zhou"), f"{QUESTIONS}/{asked['id']}/answer"
    with clock.at(NOW + timedelta(days=4)):
        assert [row["id"] for row in zhou.get(f"{QUESTIONS}?overdue=true").json()["results"]] == [asked["id"]]
    reply = {"answer": "上季度销量降了。", "question": "档位为什么会降？"}
    for phone, status in ((as_lin, 403), (as_chen, 403), (as_wu, 403), (zhou, 200)):
        assert phone.post(address, reply, format="json", HTTP_IDEMPOTENCY_KEY="k").status_code == status
    assert zhou.post(address, reply, format="json", HTTP_IDEMPOTENCY_KEY="k2").status_code == 409
    mine = as_lin.get(f"{QUESTIONS}/{asked['id']}").json()
    assert (mine["state"], mine["answer"], mine["text"]) == ("answered", "上季度销量降了。", "为什么降档？")
    [notice] = as_lin.get("/api/v1/notices").json()["results"]
    assert (notice["kind"], notice["subject"]) == ("policy.answered", asked["id"])
    [shown] = as_wu.get(f"{ANSWERS}?policy_version={version.pk}").json()["results"]
    assert (shown["question"], shown["answer"]) == ("档位为什么会降？", "上季度销量降了。")
    remake(cast, lambda: Briefing.objects.update(unanswered=False))
    assert (PolicyQuestion.objects.count(), PolicyAnswer.objects.count()) == (1, 1)  # answered: it stays


def test_an_open_question_follows_its_briefing(cast: Cast, version: PolicyVersion) -> None:
    told = [{"policy_version_id": version.pk, "question": "几时生效？", "unanswered": True}]
    receive(cast.actor("lin"), item(cast, briefings=told))
    follow()
    remake(cast, lambda: Briefing.objects.update(question="何时生效？"))
    assert list(PolicyQuestion.objects.values_list("text", "state")) == [("何时生效？", "open")]
    remake(cast, lambda: Briefing.objects.update(unanswered=False))
    assert PolicyQuestion.objects.count() == 0


def test_trainings_are_listed_by_shop_and_summed_by_unit(
    cast: Cast, as_lin: APIClient, as_zhao: APIClient, as_wu: APIClient
) -> None:
    for minutes, level, shop in ((20, 5, 0), (10, 4, 0), (15, None, 1)):
        taught = {"topic": "真伪鉴别", "minutes": minutes} | ({"understanding": level} if level else {})
        entry = item(cast, retailer_id=str(cast.shops[shop].pk), trainings=[taught], place=...)  # no fix, no doubt
        [made] = receive(cast.actor("lin"), entry)
        assert made.word == "created"
    listed = as_lin.get(f"/api/v1/trainings?retailer={cast.shops[0].pk}").json()["results"]
    assert sorted(row["minutes"] for row in listed) == [10, 20]
    assert as_wu.get("/api/v1/trainings").json()["results"] == []
    [county] = as_zhao.get("/api/v1/trainings/figures?month=2026-03").json()["units"]
    assert (county["name"], county["trainings"], county["shops"], county["training_minutes"]) == ("阳新县", 3, 2, 45)
    assert county["training_understanding"] == "4.50"


@pytest.mark.parametrize(("presence", "counted"), [("valid", 1), ("unknown", 1), ("to_verify", 0), ("rejected", 0)])
def test_a_training_counts_where_its_visit_does(
    cast: Cast, as_lin: APIClient, as_zhao: APIClient, presence: str, counted: int
) -> None:
    receive(cast.actor("lin"), item(cast, trainings=[{"topic": "真伪鉴别", "minutes": 20}]))
    Visit.objects.update(presence=presence)
    units = as_zhao.get("/api/v1/trainings/figures?month=2026-03").json()["units"]
    assert sum(unit["trainings"] for unit in units) == counted
    assert [row["minutes"] for row in as_lin.get("/api/v1/trainings").json()["results"]] == [20]


def test_a_shop_that_moved_takes_its_briefing_along(cast: Cast, as_lin: APIClient, sign_in: Any) -> None:
    moved = make_shop(cast.territory, 7, assigned=False)
    Assignment.objects.create(retailer=moved, territory=cast.territory, during=DateRange(SINCE, TODAY))
    Assignment.objects.create(retailer=moved, territory=cast.next_territory, during=DateRange(TODAY, None))
    with clock.at(NOW - timedelta(days=1)):
        brief(cast, cast.policy, [moved], True)
    follow()
    assert as_lin.get(BRIEFED).json()["results"] == []
    [row] = sign_in("ma").get(BRIEFED).json()["results"]
    assert row["person_name"] == "林小梅"
