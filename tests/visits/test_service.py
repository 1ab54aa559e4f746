"""How shops are served: anonymous scores, typing, replies, promises and pitches of a month, over HTTP."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from backend import clock
from retail.models import Retailer
from tests.cast import NOW, Cast, make_shops
from tests.visits.items import item, place, receive
from visits.models import Pitch, ScoredShop, Visit, VisitScore


def scored(cast: Cast, *scores: int) -> None:
    """Each score by a shop of its own, of Lin's."""
    held = Retailer.objects.count()
    for shop, score in zip(make_shops(cast.territory, range(held, held + len(scores))), scores, strict=True):
        [found] = receive(cast.actor("lin"), item(cast, retailer_id=str(shop.pk), score=score))
        assert found.word == "created"


def told(client: APIClient, visit: dict[str, Any]) -> str:
    answer = client.post("/api/v1/visits/batch", [visit], format="json")
    return str(answer.json()["outcomes"][0]["outcome"])


def withdraw(client: APIClient, visit: dict[str, Any]) -> None:
    path = f"/api/v1/visits/{visit['submission_id']}/withdraw"
    said = client.post(path, {"reason": "记错"}, format="json", headers={"Idempotency-Key": str(uuid4())})
    assert said.status_code in (200, 204), said.content


def service(client: APIClient, unit: int) -> dict[str, Any]:
    said = client.get(f"/api/v1/boards/service?unit={unit}&month=2026-03")
    assert said.status_code == 200, said.content
    return {row["unit_id"]: row for row in said.json()["units"]}[unit]


def test_five_scores_are_told_as_their_mean_and_four_are_not(cast: Cast, as_chen: APIClient) -> None:
    scored(cast, 5, 4, 5, 3)
    row = service(as_chen, cast.territory.pk)
    assert (row["scores"], row["visit_satisfaction"]) == (None, None)
    scored(cast, 4)
    row = service(as_chen, cast.office.pk)
    assert (row["scores"], row["visit_satisfaction"]) == (5, "4.20")


def test_scores_are_told_by_fives_of_a_territory_so_that_none_can_be_taken_from_the_others(
    cast: Cast, as_chen: APIClient
) -> None:
    scored(cast, 5, 5, 5, 5, 5)
    VisitScore.objects.create(month="2026-03-01", territory=cast.next_territory, county=cast.county, score=1)
    before = service(as_chen, cast.office.pk)
    assert (before["scores"], before["visit_satisfaction"]) == (5, "5.00")
    scored(cast, 1)
    assert service(as_chen, cast.office.pk) == before
    scored(cast, 1, 1, 1, 1)
    after = service(as_chen, cast.territory.pk)
    assert (after["scores"], after["visit_satisfaction"]) == (10, "3.00")


def test_no_answer_to_anybody_says_what_a_shop_scored(cast: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    scored(cast, 1)
    assert VisitScore.objects.get().score == 1
    visit = Visit.objects.get()
    for client in (as_lin, as_chen):
        for path in (f"visits/{visit.pk}", "visits", "visits/recent"):
            assert b"score" not in client.get(f"/api/v1/{path}").content.replace(b"display_score", b"")


def test_a_repeat_of_the_visit_counts_its_score_once(cast: Cast) -> None:
    visit = item(cast, score=5)
    words = [receive(cast.actor("lin"), visit)[0].word for _ in range(3)]
    assert (words, VisitScore.objects.count()) == (["created", "duplicate", "duplicate"], 1)


def test_a_visit_that_is_withdrawn_and_told_anew_counts_its_score_once(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    scored(cast, 1, 1, 1, 1)
    for _ in range(6):
        visit = item(cast, score=5)
        assert told(as_lin, visit) == "created"
        withdraw(as_lin, visit)
    row = service(as_chen, cast.territory.pk)
    assert (row["scores"], row["visit_satisfaction"]) == (5, "1.80")
    assert sorted(VisitScore.objects.values_list("score", flat=True)) == [1, 1, 1, 1, 5]


def test_of_two_visits_in_a_batch_the_earlier_ones_score_counts_and_next_months_again(
    cast: Cast, as_lin: APIClient
) -> None:
    later = item(cast, score=5)
    earlier = item(cast, score=2, started_at="2026-03-13T10:00:00+08:00", ended_at="2026-03-13T10:10:00+08:00")
    answer = as_lin.post("/api/v1/visits/batch", [later, earlier], format="json")
    assert [outcome["outcome"] for outcome in answer.json()["outcomes"]] == ["created", "created"]
    february = item(cast, score=3, started_at="2026-02-27T10:00:00+08:00", ended_at="2026-02-27T10:10:00+08:00")
    assert told(as_lin, february) == "created"
    assert list(VisitScore.objects.order_by("month").values_list("month", "score")) == [
        (date(2026, 2, 1), 3),
        (date(2026, 3, 1), 2),
    ]


def test_that_a_shops_score_is_in_is_kept_without_the_score(cast: Cast, as_lin: APIClient) -> None:
    told(as_lin, item(cast, score=4))
    told(as_lin, item(cast, retailer_id=str(cast.shops[1].pk)))
    assert list(ScoredShop.objects.values()) == [{"month": date(2026, 3, 1), "retailer_id": cast.shops[0].pk}]


@pytest.mark.parametrize("score", [0, 6, "5", 4.5])
def test_a_score_that_is_none_refuses_its_visit(cast: Cast, score: object) -> None:
    [found] = receive(cast.actor("lin"), item(cast, score=score))
    assert (found.word, VisitScore.objects.count(), Visit.objects.count()) == ("rejected", 0, 0)


def test_seconds_typed_are_told_as_their_median(cast: Cast, as_chen: APIClient) -> None:
    for seconds in (30, 90, 100):
        receive(cast.actor("lin"), item(cast, typed_s=seconds))
    receive(cast.actor("lin"), item(cast))
    assert service(as_chen, cast.territory.pk)["typed_per_visit"] == "90.0"


def test_seconds_typed_of_a_visit_that_does_not_count_are_not_told(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    far = item(cast, typed_s=600, place=place(5_000), away_reason="x")
    assert (told(as_lin, item(cast, typed_s=30)), told(as_lin, far)) == ("created", "created")
    assert service(as_chen, cast.territory.pk)["typed_per_visit"] == "30.0"
    verdict = {"visits": [far["submission_id"]], "presence": "rejected", "words": "不在店内"}
    path = "/api/v1/visits/verify"
    said = as_chen.post(path, verdict, format="json", headers={"Idempotency-Key": str(uuid4())})
    assert (said.status_code, Visit.objects.get(pk=far["submission_id"]).presence) == (200, "rejected")
    assert service(as_chen, cast.territory.pk)["typed_per_visit"] == "30.0"


def test_replies_and_promises_count_once_they_are_due(cast: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    def post(path: str, body: dict[str, Any]) -> Any:
        said = as_lin.post(f"/api/v1/{path}", body, format="json", headers={"Idempotency-Key": str(uuid4())})
        assert said.status_code in (200, 201), said.content
        return said.json()

    shop = str(cast.shops[0].pk)
    need = post("needs", {"retailer": shop, "kind": "complaint", "text": "迟到", "raised_on": "2026-03-16"})
    post(f"needs/{need['id']}/route", {"department": "logistics"})
    kept, late = (
        post("promises", {"retailer": shop, "text": text, "promised_on": "2026-03-16", "due_on": "2026-03-17"})
        for text in ("送价签", "送陈列架")
    )
    post(f"promises/{kept['id']}/keep", {"on": "2026-03-16"})
    row = service(as_chen, cast.territory.pk)
    assert (row["replies_due"], row["promises_due"], row["promises_kept_rate"]) == (0, 1, "100.0")
    with clock.at(NOW + timedelta(days=2)):
        row = service(as_chen, cast.territory.pk)
    assert (row["replies_due"], row["replies_in_time_rate"]) == (1, "0.0")
    assert (row["promises_due"], row["promises_kept"], row["promises_kept_rate"]) == (2, 1, "50.0")
    assert late["state"] == "open"


@pytest.mark.parametrize(
    ("made", "taken", "rate", "verdict"),
    [(42, 23, "54.8", "passes"), (12, 9, None, "too_small"), (20, 9, "45.0", "coaching")],
)
def test_pitches_need_twenty_to_say_anything_and_half_to_pass(
    cast: Cast, as_chen: APIClient, made: int, taken: int, rate: str | None, verdict: str
) -> None:
    receive(cast.actor("lin"), item(cast))
    visit = Visit.objects.get()
    with transaction.atomic():
        Pitch.objects.bulk_create(
            Pitch(
                month=visit.month, visit_id=visit.pk, line_no=number, product=cast.products[0],
                accepted=number < taken, refusal="" if number < taken else "price",
            )
            for number in range(made)
        )  # fmt: skip
    said = as_chen.get("/api/v1/boards/pitches?month=2026-03").json()
    assert (said["pitches"], said["accepted"], said["success_rate"], said["verdict"]) == (made, taken, rate, verdict)
    assert said["products"][0]["refusals"] == {"price": made - taken}
    assert said["reasons"]["price"] == "价格"


def test_another_office_may_not_ask(cast: Cast, as_wu: APIClient) -> None:
    asked = [
        as_wu.get(f"/api/v1/boards/{name}?unit={cast.territory.pk}").status_code for name in ("service", "pitches")
    ]
    assert asked == [404, 404]
