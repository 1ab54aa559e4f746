"""Planned stops over HTTP: put, moved, dropped, missed with a reason; they follow the visits by themselves."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from backend import clock, ticks
from backend.errors import Problem
from backend.models import AuditEntry
from backend.scope import actor_of
from tests.cast import TODAY, Cast, SignIn
from tests.cycles.facts import land_visit
from visits import following, stops
from visits.models import Leave, PlannedStop, Visit
from visits.stops import NewStop

MARCH = date(2026, 3, 1)
TUESDAY, WEDNESDAY, THURSDAY = date(2026, 3, 17), date(2026, 3, 18), date(2026, 3, 19)


def post(client: APIClient, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/{path}", body, format="json", HTTP_IDEMPOTENCY_KEY=str(uuid4()))


def plan(cast: Cast, on: date, *, shop: int = 0, **more: Any) -> PlannedStop:
    """A drafted stop of one of Lin's shops."""
    values = {"position": 1, **more}
    return PlannedStop.objects.create(
        month=on.replace(day=1), retailer=cast.shops[shop], territory=cast.territory, county=cast.county, on_date=on,
        **values,
    )  # fmt: skip


def state(stop: PlannedStop) -> tuple[str, UUID | None]:
    stop.refresh_from_db()
    return stop.state, stop.visit_id


def follow() -> None:
    """The tick, as the worker runs it."""
    assert ticks.run_one("visits.stops")


# -- by hand -----------------------------------------------------------------------------------------------------------


def test_a_shop_is_put_on_a_day_as_its_last_stop(cast: Cast, as_lin: APIClient) -> None:
    plan(cast, TUESDAY, shop=1, position=4)
    answer = post(as_lin, "stops", {"retailer": str(cast.shops[0].pk), "on_date": "2026-03-17", "words": "送货架"})
    assert answer.status_code == 201
    told = answer.json()
    made = PlannedStop.objects.get(pk=told["id"])
    assert answer["Location"] == f"/api/v1/stops/{made.pk}"
    assert told == {
        "id": str(made.pk), "month": "2026-03-01", "retailer": str(cast.shops[0].pk), "retailer_code": "420200000000",
        "retailer_name": "便民商店0", "territory": cast.territory.pk, "county": cast.county.pk, "on_date": "2026-03-17",
        "position": 5, "reasons": [], "state": "planned", "miss_reason": "", "words": "送货架", "visit": None,
        "is_own": True, "version": 1,
    }  # fmt: skip
    entry = AuditEntry.objects.get(act="stop.put")
    assert (entry.object_id, entry.unit_id, entry.actor_id) == (str(made.pk), cast.county.pk, cast.lin.pk)


@pytest.mark.parametrize(("day", "code", "status"), [("2026-03-15", "bad_date", 400), ("2026-03-17", "conflict", 409)])
def test_a_day_past_and_a_second_stop_on_a_day_are_refused(
    cast: Cast, as_lin: APIClient, day: str, code: str, status: int
) -> None:
    plan(cast, TUESDAY)
    answer = post(as_lin, "stops", {"retailer": str(cast.shops[0].pk), "on_date": day})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert PlannedStop.objects.count() == 1


def test_nobody_plans_for_shops_of_others(cast: Cast, sign_in: SignIn) -> None:
    stop = plan(cast, TUESDAY)
    for name, statuses in {"ma": {404}, "wu": {404}, "he": {403}, "zhao": {403}}.items():
        client = sign_in(name)
        answers = [
            post(client, f"stops/{stop.pk}/drop", {"words": "不去"}),
            post(client, f"stops/{stop.pk}/miss-reason", {"reason": "weather"}),
            client.patch(f"/api/v1/stops/{stop.pk}", {"on_date": "2026-03-18"}, format="json", HTTP_IF_MATCH="*"),
        ]
        assert {answer.status_code for answer in answers} == statuses
    answer = post(sign_in("ma"), "stops", {"retailer": str(cast.shops[0].pk), "on_date": "2026-03-18"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert (state(stop), PlannedStop.objects.count(), stop.version) == (("planned", None), 1, 1)


def test_her_market_manager_may_plan_for_her(cast: Cast, as_chen: APIClient) -> None:
    stop = plan(cast, TUESDAY)
    assert post(as_chen, f"stops/{stop.pk}/drop", {"words": "店休"}).status_code == 200
    assert state(stop) == ("dropped", None)


def test_a_stop_moves_within_its_month_by_its_current_version(cast: Cast, as_lin: APIClient) -> None:
    stop = plan(cast, TUESDAY)
    plan(cast, WEDNESDAY, shop=1, position=7)
    read = as_lin.get(f"/api/v1/stops/{stop.pk}")
    address, body = f"/api/v1/stops/{stop.pk}", {"on_date": "2026-03-18"}
    assert as_lin.patch(address, body, format="json").json()["code"] == "precondition_required"
    moved = as_lin.patch(address, body, format="json", HTTP_IF_MATCH=read["ETag"])
    assert (moved.status_code, moved.json()["on_date"], moved.json()["position"]) == (200, "2026-03-18", 8)
    assert (moved.json()["is_own"], moved.json()["version"]) == (True, 2)
    assert as_lin.patch(address, body, format="json", HTTP_IF_MATCH=read["ETag"]).json()["code"] == "stale_version"
    assert AuditEntry.objects.filter(act="stop.move").count() == 1


@pytest.mark.parametrize(
    ("day", "code"), [("2026-03-15", "bad_date"), ("2026-04-01", "bad_date"), ("2026-03-18", "conflict")]
)
def test_a_stop_moves_to_no_day_past_no_other_month_and_no_day_of_the_same_shop(
    cast: Cast, as_lin: APIClient, day: str, code: str
) -> None:
    stop = plan(cast, TUESDAY)
    plan(cast, WEDNESDAY)
    answer = as_lin.patch(f"/api/v1/stops/{stop.pk}", {"on_date": day}, format="json", HTTP_IF_MATCH="*")
    assert answer.json()["code"] == code
    stop.refresh_from_db()
    assert (stop.on_date, stop.version, stop.is_own) == (TUESDAY, 1, False)


def test_what_is_settled_moves_and_drops_no_more(cast: Cast, as_lin: APIClient) -> None:
    stop = plan(cast, date(2026, 3, 13), state="missed")
    moved = as_lin.patch(f"/api/v1/stops/{stop.pk}", {"on_date": "2026-03-18"}, format="json", HTTP_IF_MATCH="*")
    dropped = post(as_lin, f"stops/{stop.pk}/drop", {"words": "店休"})
    assert (moved.json()["code"], dropped.json()["code"]) == ("stop_settled", "stop_settled")
    assert state(stop) == ("missed", None)


def test_a_missed_stop_gets_a_reason_code_and_other_asks_for_words(cast: Cast, as_lin: APIClient) -> None:
    stop = plan(cast, date(2026, 3, 13), state="missed")
    assert [row["id"] for row in as_lin.get("/api/v1/stops?unsaid=true").json()["results"]] == [str(stop.pk)]
    for body, code in (({"reason": "other"}, "invalid"), ({"reason": "because"}, "invalid"), ({}, "invalid")):
        assert post(as_lin, f"stops/{stop.pk}/miss-reason", body).json()["code"] == code
    told = post(as_lin, f"stops/{stop.pk}/miss-reason", {"reason": "other", "words": "修路"}).json()
    assert (told["miss_reason"], told["words"], told["state"], told["version"]) == ("other", "修路", "missed", 2)
    assert as_lin.get("/api/v1/stops?unsaid=true").json()["results"] == []
    planned = plan(cast, TUESDAY)
    assert post(as_lin, f"stops/{planned.pk}/miss-reason", {"reason": "weather"}).json()["code"] == "conflict"


def test_stops_are_narrowed_by_day_territory_state_and_shop(cast: Cast, as_lin: APIClient, as_wu: APIClient) -> None:
    first, second = plan(cast, TUESDAY), plan(cast, TUESDAY, shop=1, position=2)
    third = plan(cast, WEDNESDAY, shop=2, state="dropped")
    for query, expected in (
        ("", [first, second, third]),
        ("on_date=2026-03-17", [first, second]),
        ("state=dropped", [third]),
        (f"retailer={cast.shops[1].pk}", [second]),
        (f"territory={cast.territory.pk}&since=2026-03-18", [third]),
        (f"unit={cast.county.pk}&until=2026-03-17", [first, second]),
        ("month=2026-02", []),
    ):
        found = as_lin.get(f"/api/v1/stops?{query}").json()["results"]
        assert [row["id"] for row in found] == [str(stop.pk) for stop in expected], query
    assert as_wu.get("/api/v1/stops").json()["results"] == []


# -- by themselves -----------------------------------------------------------------------------------------------------


def test_a_visit_of_the_day_makes_its_stop_done_and_no_other(cast: Cast) -> None:
    monday, tuesday = plan(cast, TODAY), plan(cast, TUESDAY)
    visit = land_visit(cast, cast.shops[0], TUESDAY)
    follow()
    assert (state(monday), state(tuesday)) == (("planned", None), ("done", visit))


def test_a_visit_of_the_same_week_serves_one_stop_that_none_of_its_own_day_does(cast: Cast) -> None:
    first, second = plan(cast, TUESDAY), plan(cast, THURSDAY)
    next_week = plan(cast, date(2026, 3, 24))
    visit = land_visit(cast, cast.shops[0], WEDNESDAY)
    follow()
    assert [state(stop) for stop in (first, second, next_week)] == [
        ("done", visit),
        ("planned", None),
        ("planned", None),
    ]
    again = land_visit(cast, cast.shops[0], THURSDAY)
    follow()
    assert [state(stop) for stop in (first, second)] == [("done", visit), ("done", again)]


def test_two_visits_of_a_day_serve_two_stops_of_the_week(cast: Cast) -> None:
    first, second = plan(cast, TUESDAY), plan(cast, THURSDAY)
    visits = {land_visit(cast, cast.shops[0], TUESDAY) for _ in range(2)}
    follow()
    assert {state(first)[1], state(second)[1]} == visits
    assert state(first)[0] == state(second)[0] == "done"


def test_a_visit_still_to_be_verified_serves_nothing_until_it_is(cast: Cast) -> None:
    stop = plan(cast, TODAY)
    visit = land_visit(cast, cast.shops[0], TODAY, presence="to_verify")
    follow()
    assert state(stop) == ("planned", None)
    Visit.objects.filter(pk=visit).update(presence="valid")
    assert (stops.link(MARCH), state(stop)) == (1, ("done", visit))
    Visit.objects.filter(pk=visit).update(presence="to_verify")
    assert (stops.link(MARCH, [cast.territory.pk]), state(stop)) == (1, ("planned", None))


def test_linking_again_changes_nothing(cast: Cast) -> None:
    stop = plan(cast, TODAY)
    land_visit(cast, cast.shops[0], TODAY)
    assert [stops.link(MARCH), stops.link(MARCH), stops.link(MARCH, [cast.territory.pk])] == [1, 0, 0]
    stop.refresh_from_db()
    assert stop.version == 2


def test_linking_some_territories_leaves_those_of_others(cast: Cast) -> None:
    stop = plan(cast, TODAY)
    land_visit(cast, cast.shops[0], TODAY)
    assert stops.link(MARCH, [cast.other_territory.pk]) == 0
    assert state(stop) == ("planned", None)


def test_a_stop_taken_off_the_plan_is_served_by_nothing(cast: Cast) -> None:
    stop = plan(cast, TODAY, state="dropped")
    land_visit(cast, cast.shops[0], TODAY)
    follow()
    assert state(stop) == ("dropped", None)


def test_a_day_that_goes_by_makes_stops_missed_and_a_late_visit_makes_them_done(cast: Cast) -> None:
    past, today = plan(cast, date(2026, 3, 13)), plan(cast, TODAY, shop=1)
    follow()
    assert (state(past), state(today)) == (("missed", None), ("planned", None))
    PlannedStop.objects.filter(pk=past.pk).update(miss_reason="weather")
    visit = land_visit(cast, cast.shops[0], date(2026, 3, 13))
    follow()
    past.refresh_from_db()
    assert (past.state, past.visit_id, past.miss_reason) == ("done", visit, "")
    Visit.objects.filter(pk=visit).delete()
    stops.link(MARCH)
    assert state(past) == ("missed", None)
    with clock.at(datetime(2026, 3, 17, 0, 1, tzinfo=clock.BUSINESS_ZONE)):
        follow()
    assert state(today) == ("missed", None)
    assert stops.miss_past(TODAY) == 0


def test_the_tick_follows_in_the_same_queries_whatever_the_stops(cast: Cast, django_assert_num_queries: Any) -> None:
    for number in range(3):
        plan(cast, TUESDAY, shop=number, position=number)
        land_visit(cast, cast.shops[number], TUESDAY)
    with django_assert_num_queries(13):
        assert following.follow() == 1
    assert PlannedStop.objects.filter(state="done").count() == 3


def test_what_is_set_by_hand_asks_for_the_capability_of_the_day(cast: Cast) -> None:
    for name in ("wu", "he", "jiang"):
        with pytest.raises(Problem) as refused:
            stops.put(actor=actor_of(cast.people[name]), new=NewStop(cast.shops[0].pk, TUESDAY))
        assert refused.value.code == "not_found"
    assert PlannedStop.objects.count() == 0


# -- leave -------------------------------------------------------------------------------------------------------------


def test_leave_is_entered_changed_and_taken_back(cast: Cast, as_lin: APIClient) -> None:
    body = {
        "person": str(cast.lin.pk), "unit": cast.territory.pk, "first_day": "2026-03-23", "last_day": "2026-03-24",
        "kind": "年假",
    }  # fmt: skip
    made = post(as_lin, "leaves", body)
    assert made.status_code == 201
    told = made.json()
    assert told == {
        "id": told["id"], "person": str(cast.lin.pk), "person_name": "林小梅", "unit": cast.territory.pk,
        "unit_name": "兴国一片区", "first_day": "2026-03-23", "last_day": "2026-03-24", "kind": "年假", "version": 1,
    }  # fmt: skip
    assert post(as_lin, "leaves", {**body, "first_day": "2026-03-24"}).json()["code"] == "conflict"
    assert post(as_lin, "leaves", {**body, "last_day": "2026-03-20"}).json()["code"] == "bad_date"
    address = f"/api/v1/leaves/{told['id']}"
    changed = as_lin.patch(address, {"last_day": "2026-03-23"}, format="json", HTTP_IF_MATCH=made["ETag"])
    assert (changed.json()["last_day"], changed.json()["kind"], changed.json()["version"]) == ("2026-03-23", "年假", 2)
    assert [row["id"] for row in as_lin.get("/api/v1/leaves?on=2026-03-23").json()["results"]] == [told["id"]]
    assert as_lin.get("/api/v1/leaves?on=2026-03-24").json()["results"] == []
    assert as_lin.delete(address, HTTP_IF_MATCH=made["ETag"]).json()["code"] == "stale_version"
    assert as_lin.delete(address, HTTP_IF_MATCH=changed["ETag"]).status_code == 204
    assert Leave.objects.count() == 0
    acts = list(AuditEntry.objects.filter(act__startswith="leave.").order_by("id").values_list("act", flat=True))
    assert acts == ["leave.enter", "leave.change", "leave.take_back"]


def test_leave_is_entered_by_oneself_or_from_above_and_for_who_holds_a_position_there(
    cast: Cast, sign_in: SignIn
) -> None:
    body = {
        "person": str(cast.lin.pk), "unit": cast.territory.pk, "first_day": "2026-03-23", "last_day": "2026-03-24",
    }  # fmt: skip
    assert post(sign_in("ma"), "leaves", body).json()["code"] == "invalid"
    assert post(sign_in("wu"), "leaves", body).json()["code"] == "invalid"
    elsewhere = post(sign_in("chen"), "leaves", {**body, "unit": cast.next_territory.pk})
    assert elsewhere.json()["code"] == "not_found"
    assert Leave.objects.count() == 0
    assert post(sign_in("chen"), "leaves", body).status_code == 201
    leave = Leave.objects.get()
    assert sign_in("ma").get(f"/api/v1/leaves/{leave.pk}").status_code == 404
    assert sign_in("ma").delete(f"/api/v1/leaves/{leave.pk}", HTTP_IF_MATCH="*").status_code == 404
    assert Leave.objects.count() == 1
