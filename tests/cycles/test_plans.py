"""Plans over HTTP: days with reasons, capacity with cuts, a lost day and its undoing, a shorter order, fairness."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time
from itertools import permutations
from math import isclose
from string import Formatter
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from backend import clock
from backend.models import AuditEntry, Parameter, Unit
from backend.scope import actor_of
from cycles import capacity, fairness, replan
from cycles.models import Finding, Sighting
from cycles.rules.rule import rules
from cycles.sentences import say
from retail.models import Assignment, Classification, Need, Promise, Retailer
from tests.cast import ALWAYS, Cast, SignIn, build_cast, phone_of
from tests.cycles.facts import land_visit
from tests.cycles.ground import draft, settle
from visits import route
from visits.models import Leave, PlannedStop, Replan

NOVEMBER, MARCH = date(2025, 11, 1), date(2026, 3, 1)
SCENARIO = "A" * 30 + "B" * 80 + "C" * 76
MONDAY, TUESDAY = date(2026, 3, 16), date(2026, 3, 17)
LATE = {"suppress_health_check": [HealthCheck.function_scoped_fixture]}


@pytest.fixture
def march(cast: Cast, held_clock: datetime) -> Cast:
    """March was drafted when it opened; it is Monday the 16th now."""
    with opening_of_march():
        draft(MARCH)
    return cast


def opening_of_march() -> Any:
    return clock.at(datetime(2026, 2, 28, 0, 30, tzinfo=clock.BUSINESS_ZONE))


def address(territory: Unit, more: str = "", month: str = "2026-03") -> str:
    return f"/api/v1/plans/{territory.pk}/{month}{more}"


def post(client: APIClient, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, body, format="json", HTTP_IDEMPOTENCY_KEY=str(uuid4()))


def places(territory: Unit) -> dict[UUID, tuple[Any, ...]]:
    """What moving a stop may change of each of the territory's stops."""
    rows = PlannedStop.objects.filter(territory=territory)
    return {row[0]: row[1:] for row in rows.values_list("id", "on_date", "position", "state", "is_own", "miss_reason")}


# -- reading -----------------------------------------------------------------------------------------------------------


def test_a_plan_tells_its_days_with_stops_in_order_and_reasons_as_sentences(cast: Cast, as_lin: APIClient) -> None:
    shop = cast.shops[0]
    found = Finding.objects.create(
        dimension="client", rule="gone_rule", severity=1, opened_on=date(2026, 2, 28), first_month=MARCH,
        last_month=MARCH, retailer=shop, territory=cast.territory, county=cast.county,
    )  # fmt: skip
    promise = Promise.objects.create(
        retailer=shop, text="送货架", promised_by=cast.lin, promised_on=date(2026, 2, 27), due_on=date(2026, 3, 6)
    )
    with opening_of_march():
        draft(MARCH)
    told = as_lin.get(address(cast.territory)).json()
    assert [day["on_date"] for day in told["days"]][:3] == ["2026-03-02", "2026-03-03", "2026-03-04"]
    assert (len(told["days"]), {day["is_working"] for day in told["days"]}) == (22, {True})
    stops = [stop for day in told["days"] for stop in day["stops"] if stop["retailer"]["id"] == str(shop.pk)]
    assert len(stops) == 4
    assert stops[0]["reasons"][:2] == [
        {
            "code": "finding", "kind": "finding", "id": str(found.pk), "link": f"/api/v1/findings/{found.pk}",
            "parameters": {"rule": "gone_rule", "since": "2026-02-28"}, "text": "规则“gone_rule”自2月28日起成立",
        },
        {
            "code": "promise", "kind": "promise", "id": str(promise.pk), "link": f"/api/v1/promises/{promise.pk}",
            "parameters": {"due_on": "2026-03-06", "text": "送货架"}, "text": "已承诺3月6日前：送货架",
        },
    ]  # fmt: skip
    assert [reason["text"] for reason in stops[1]["reasons"]][1:] == ["A 类零售户，每月4次"]
    assert (told["territory"]["code"], told["month"], told["handed_in"]) == ("420222-01-01", "2026-03", False)
    assert told["summary"] == {
        "stops": 12, "done": 0, "missed": 0, "missed_unsaid": 0, "dropped": 0, "own": 0, "shops": 3,
    }  # fmt: skip
    assert told["capacity"] == {
        "shops": 3, "required": 12, "days": 22, "per_day": 20, "room": 440, "load": "0.5", "short": 0, "spare": 428,
        "unplaced": 0, "cuts": [],
    }  # fmt: skip


def test_the_reasons_are_told_in_english_too(march: Cast, as_lin: APIClient) -> None:
    draft(MARCH)  # again: a policy was released since
    told = as_lin.get(address(march.territory), HTTP_ACCEPT_LANGUAGE="en").json()
    texts = {reason["text"] for day in told["days"] for stop in day["stops"] for reason in stop["reasons"]}
    assert texts == {"class A, 4 visits a month", "to be told of “三月货源投放规则” by 20 Mar"}


def test_a_finding_is_told_by_the_sentence_of_its_rule_with_the_months_figures(cast: Cast, as_lin: APIClient) -> None:
    rule = next(one for one in rules() if one.subject == "shop" and not one.restricted)
    found = Finding.objects.create(
        dimension=str(rule.dimension), rule=rule.code, severity=1, opened_on=date(2026, 2, 28), first_month=MARCH,
        last_month=MARCH, retailer=cast.shops[0], territory=cast.territory, county=cast.county,
    )  # fmt: skip
    names = [name for _, name, _, _ in Formatter().parse(rule.zh) if name]
    Sighting.objects.create(
        month=MARCH, finding_id=found.pk, rule_version=rule.version, as_of=date(2026, 2, 28), severity=1, threshold={},
        figures=dict.fromkeys(names), evidence={},
    )  # fmt: skip
    with opening_of_march():
        draft(MARCH)
    told = as_lin.get(address(cast.territory)).json()
    texts = [reason["text"] for day in told["days"] for stop in day["stops"] for reason in stop["reasons"]]
    assert say(rule.template, rule.version, dict.fromkeys(names), english=False) in texts


def test_one_day_is_told_alone_and_a_plan_costs_the_same_queries_whatever_its_stops(
    cast: Cast, as_lin: APIClient
) -> None:
    counts = []
    for number in range(2):
        settle(cast.territory, "AB" * 10, seed=f"N{number}-")
        with opening_of_march():
            draft(MARCH)
        with CaptureQueriesContext(connection) as captured:
            told = as_lin.get(address(cast.territory)).json()
        counts.append((len(captured), told["summary"]["shops"]))
    assert counts == [(counts[0][0], 23), (counts[0][0], 43)]
    day = as_lin.get(address(cast.territory, "?day=2026-03-17")).json()["days"]
    assert [one["on_date"] for one in day] == ["2026-03-17"]


def test_a_plan_is_read_from_above_and_not_from_beside(march: Cast, sign_in: SignIn) -> None:
    statuses = {
        name: sign_in(name).get(address(march.territory)).status_code
        for name in ("lin", "chen", "he", "zhao", "ma", "wu", "qian")
    }
    assert statuses == {"lin": 200, "chen": 200, "he": 200, "zhao": 200, "ma": 404, "wu": 404, "qian": 403}
    assert sign_in("zhao").get(address(march.office)).status_code == 404
    assert sign_in("lin").get(address(march.territory, month="2026-13")).status_code == 404


def test_the_plans_of_a_unit_stand_side_by_side(march: Cast, as_chen: APIClient, as_wu: APIClient) -> None:
    told = as_chen.get("/api/v1/plans?month=2026-03").json()
    assert [(plan["territory"]["code"], plan["summary"]["stops"]) for plan in told["plans"]] == [
        ("420222-01-01", 12),
        ("420222-01-02", 0),
    ]
    assert as_wu.get(f"/api/v1/plans?unit={march.office.pk}").status_code == 404


# -- capacity ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def scenario(cast: Cast) -> Cast:
    """30 shops weekly, 80 fortnightly, 76 monthly; November 2025 has 20 working days."""
    settle(cast.next_territory, SCENARIO)
    return cast


def test_356_visits_fit_into_20_days_of_20(scenario: Cast, django_assert_num_queries: Any) -> None:
    with clock.at(datetime(2025, 10, 20, 9, tzinfo=clock.BUSINESS_ZONE)), django_assert_num_queries(3):
        found = capacity.check(NOVEMBER, [scenario.next_territory.pk])[scenario.next_territory.pk]
    assert (found.shops, found.required, found.days, found.per_day, found.room) == (186, 356, 20, 20, 400)
    assert (str(found.load), found.short, found.spare, found.cuts) == ("17.8", 0, 44, ())


def test_356_visits_are_116_too_many_for_20_days_of_12_and_the_cuts_leave_everybody_one(scenario: Cast) -> None:
    Parameter.objects.create(unit=scenario.county, key="visits.per_day", during=ALWAYS, value=12)
    with clock.at(datetime(2025, 10, 20, 9, tzinfo=clock.BUSINESS_ZONE)):
        found = capacity.check(NOVEMBER, [scenario.next_territory.pk])[scenario.next_territory.pk]
    assert (found.room, found.short, found.spare, found.unplaced) == (240, 116, 0, 0)
    assert sum(cut.visits - cut.keep for cut in found.cuts) == 116
    assert min(cut.keep for cut in found.cuts) == 1
    kept = {cut.retailer_id: cut.keep for cut in found.cuts}
    classes = Classification.objects.filter(retailer__code__startswith="G").values_list("retailer_id", "visit_class")
    left = [kept.get(shop, {"A": 4, "B": 2, "C": 1}[letter]) for shop, letter in classes]
    assert (sum(left), min(left), max(left)) == (240, 1, 2)


def test_the_cuts_are_those_that_the_draft_makes(scenario: Cast) -> None:
    Parameter.objects.create(unit=scenario.county, key="visits.per_day", during=ALWAYS, value=12)
    with clock.at(datetime(2025, 10, 31, 0, 30, tzinfo=clock.BUSINESS_ZONE)):
        draft(NOVEMBER)
        found = capacity.check(NOVEMBER, [scenario.next_territory.pk])[scenario.next_territory.pk]
    visits = Counter(
        PlannedStop.objects.filter(territory=scenario.next_territory).values_list("retailer_id", flat=True)
    )
    assert {cut.retailer_id: visits[cut.retailer_id] for cut in found.cuts} == {
        cut.retailer_id: cut.keep for cut in found.cuts
    }


def test_a_room_too_small_for_once_each_says_how_many_are_not_seen(scenario: Cast) -> None:
    Parameter.objects.create(unit=scenario.county, key="visits.per_day", during=ALWAYS, value=5)
    found = capacity.check(NOVEMBER, [scenario.next_territory.pk])[scenario.next_territory.pk]
    assert (found.room, found.short, found.unplaced) == (100, 256, 86)


def test_leave_shrinks_the_room(scenario: Cast, as_chen: APIClient) -> None:
    off = DateRange(date(2026, 3, 2), date(2026, 3, 9))
    Leave.objects.create(person=scenario.ma, unit=scenario.next_territory, during=off)
    told = as_chen.get(address(scenario.next_territory)).json()["capacity"]
    assert (told["days"], told["room"], told["required"], told["load"]) == (17, 340, 356, "20.9")
    assert told["short"] == sum(cut["visits"] - cut["keep"] for cut in told["cuts"]) == 16


# -- a lost day --------------------------------------------------------------------------------------------------------


def test_a_lost_days_stops_go_where_they_fit_best_and_can_be_taken_back(march: Cast, as_lin: APIClient) -> None:
    settle(march.territory, "ABC" * 20)
    with opening_of_march():
        draft(MARCH)
    PlannedStop.objects.filter(on_date__lt=MONDAY).update(state="missed")
    before = places(march.territory)
    lost = {key for key, row in before.items() if row[0] == MONDAY}
    answer = post(as_lin, address(march.territory, "/replan"), {"lost_on": "2026-03-16"})
    assert answer.status_code == 201
    told = answer.json()
    assert {UUID(move["stop"]) for move in told["moves"]} == lost
    assert (told["left"], len(lost)) == (0, len(told["moves"]))
    after = places(march.territory)
    assert all(after[key][0] > MONDAY and after[key][2:] == ("planned", True, "") for key in lost)
    assert {key: row for key, row in after.items() if key not in lost} == {
        key: row for key, row in before.items() if key not in lost
    }
    assert AuditEntry.objects.filter(act="plan.replan").count() == len(lost)
    back = post(as_lin, address(march.territory, "/undo"), {"replan": told["id"]})
    assert (back.status_code, back.json()) == (200, {"id": told["id"], "changed_since": []})
    assert places(march.territory) == before
    assert post(as_lin, address(march.territory, "/undo"), {"replan": told["id"]}).json()["code"] == "conflict"


def test_what_somebody_changed_since_is_left_when_a_replan_is_taken_back(march: Cast, as_lin: APIClient) -> None:
    settle(march.territory, "A" * 20)
    with opening_of_march():
        draft(MARCH)
    told = post(as_lin, address(march.territory, "/replan"), {"lost_on": "2026-03-17"}).json()
    changed = told["moves"][0]["stop"]
    assert post(as_lin, f"/api/v1/stops/{changed}/drop", {"words": "店休"}).status_code == 200
    back = post(as_lin, address(march.territory, "/undo"), {"replan": told["id"]}).json()
    assert back["changed_since"] == [changed]
    assert PlannedStop.objects.get(pk=changed).state == "dropped"


def stop_on(cast: Cast, day: date, shop: Retailer, **more: Any) -> PlannedStop:
    return PlannedStop.objects.create(
        month=MARCH, retailer=shop, territory=cast.territory, county=cast.county, on_date=day, position=1, **more
    )


def test_a_shops_only_visit_takes_the_place_of_anothers_second_one(cast: Cast, as_lin: APIClient) -> None:
    """Two days are left, one stop each: the shop that would not be seen comes before one that is seen twice."""
    first, second, third = cast.shops
    Parameter.objects.create(unit=cast.office, key="visits.per_day", during=ALWAYS, value=1)
    Leave.objects.create(person=cast.lin, unit=cast.territory, during=DateRange(date(2026, 3, 19), date(2026, 4, 1)))
    only = stop_on(cast, MONDAY, first)
    stop_on(cast, TUESDAY, second)
    spare = stop_on(cast, date(2026, 3, 18), second)
    extra = stop_on(cast, MONDAY, third)
    land_visit(cast, third, date(2026, 3, 3))
    told = post(as_lin, address(cast.territory, "/replan"), {"lost_on": "2026-03-16"}).json()
    for stop in (only, spare, extra):
        stop.refresh_from_db()
    taken = PlannedStop.objects.get(state="dropped")
    assert (only.state, only.on_date) == ("planned", taken.on_date)
    assert taken.retailer_id == second.pk
    assert (extra.on_date, told["left"]) == (MONDAY, 1)
    assert {(move["stop"], move["to_date"]) for move in told["moves"]} == {
        (str(only.pk), str(only.on_date)),
        (str(taken.pk), None),
    }
    post(as_lin, address(cast.territory, "/undo"), {"replan": told["id"]})
    assert (PlannedStop.objects.filter(state="planned").count(), PlannedStop.objects.get(pk=only.pk).on_date) == (
        4,
        MONDAY,
    )


def test_stops_on_leave_days_and_done_ones_are_left_alone(cast: Cast, as_lin: APIClient) -> None:
    Leave.objects.create(person=cast.lin, unit=cast.territory, during=DateRange(TUESDAY, date(2026, 3, 20)))
    moved = stop_on(cast, MONDAY, cast.shops[0])
    done = stop_on(cast, MONDAY, cast.shops[1], state="done", visit_id=uuid4())
    post(as_lin, address(cast.territory, "/replan"), {"lost_on": "2026-03-16"})
    moved.refresh_from_db()
    done.refresh_from_db()
    assert (moved.on_date >= date(2026, 3, 20), done.on_date) == (True, MONDAY)


@pytest.mark.parametrize(
    ("lost_on", "code"), [("2026-03-18", "conflict"), ("2026-04-01", "bad_date"), ("2026-03-31", "conflict")]
)
def test_a_day_with_nothing_to_move_or_nowhere_to_go_is_refused(
    cast: Cast, as_lin: APIClient, lost_on: str, code: str
) -> None:
    stop = stop_on(cast, date(2026, 3, 31), cast.shops[0])
    assert post(as_lin, address(cast.territory, "/replan"), {"lost_on": lost_on}).json()["code"] == code
    stop.refresh_from_db()
    assert (stop.on_date, stop.version, Replan.objects.count()) == (date(2026, 3, 31), 1, 0)


def test_only_who_plans_for_the_territory_makes_plans_anew(march: Cast, sign_in: SignIn) -> None:
    before = places(march.territory)
    for name, status in {"ma": 404, "wu": 404, "he": 403, "zhao": 403}.items():
        client = sign_in(name)
        for path, body in (
            ("/replan", {"lost_on": "2026-03-17"}),
            ("/reorder", {"on_date": "2026-03-17"}),
            ("/undo", {"replan": str(uuid4())}),
        ):
            assert post(client, address(march.territory, path), body).status_code == status
    assert places(march.territory) == before


@settings(max_examples=20, **LATE)  # type: ignore[arg-type]
@given(shops=st.text(alphabet="ABC", min_size=1, max_size=40), per_day=st.integers(1, 6), lost=st.integers(0, 9))
def test_whatever_day_is_lost_nobody_is(db: None, shops: str, per_day: int, lost: int) -> None:
    with transaction.atomic():
        cast = build_cast()
        settle(cast.next_territory, shops)
        Parameter.objects.create(unit=cast.county, key="visits.per_day", during=ALWAYS, value=per_day)
        with opening_of_march():
            draft(MARCH)
        before = places(cast.next_territory)
        rows = PlannedStop.objects.filter(territory=cast.next_territory, on_date__gte=MONDAY)
        seen = set(rows.values_list("retailer_id", flat=True))
        days = [day for day in sorted({row[0] for row in before.values()}) if MONDAY <= day < date(2026, 3, 31)]
        if days:
            lost_on = days[min(lost, len(days) - 1)]
            made = replan.replan(actor=actor_of(cast.ma), territory_id=cast.next_territory.pk, lost_on=lost_on)
            left = rows.exclude(state="dropped").exclude(on_date=lost_on)
            assert set(left.values_list("retailer_id", flat=True)) == seen
            assert len(places(cast.next_territory)) == len(before)
            over = [day for day, stops in Counter(left.values_list("on_date", flat=True)).items() if stops > per_day]
            assert not over or len(seen) > per_day * left.values("on_date").distinct().count()
            replan.undo(actor=actor_of(cast.ma), made=made)
            assert places(cast.next_territory) == before
        transaction.set_rollback(True)


# -- the order of a day ------------------------------------------------------------------------------------------------


def test_a_day_is_put_into_a_shorter_order(cast: Cast, as_lin: APIClient) -> None:
    """Her shops stand 960 m apart along a street; she had the middle one last."""
    for position, shop in ((1, 0), (2, 2), (3, 1)):
        PlannedStop.objects.create(
            month=MARCH, retailer=cast.shops[shop], territory=cast.territory, county=cast.county, on_date=TUESDAY,
            position=position,
        )  # fmt: skip
    told = post(as_lin, address(cast.territory, "/reorder"), {"on_date": "2026-03-17"}).json()
    names = [stop["retailer"]["name"] for stop in told["day"]["stops"]]
    assert names in (["便民商店0", "便民商店1", "便民商店2"], ["便民商店2", "便民商店1", "便民商店0"])
    assert (told["before_m"], told["after_m"]) == (2873, 1915)
    assert [stop["position"] for stop in told["day"]["stops"]] == [1, 2, 3]
    again = post(as_lin, address(cast.territory, "/reorder"), {"on_date": "2026-03-17"}).json()
    assert (again["day"], again["after_m"]) == (told["day"], 1915)


def test_her_own_order_is_taken_as_it_is_and_must_name_each_stop_once(cast: Cast, as_lin: APIClient) -> None:
    stops = [
        PlannedStop.objects.create(
            month=MARCH, retailer=shop, territory=cast.territory, county=cast.county, on_date=TUESDAY, position=place,
        )
        for place, shop in enumerate(cast.shops, 1)
    ]  # fmt: skip
    order = [str(stops[2].pk), str(stops[0].pk), str(stops[1].pk)]
    told = post(as_lin, address(cast.territory, "/reorder"), {"on_date": "2026-03-17", "order": order}).json()
    assert [stop["id"] for stop in told["day"]["stops"]] == order
    assert {stop["is_own"] for stop in told["day"]["stops"]} == {True}
    for wrong in (order[:2], [*order, order[0]], [*order[:2], str(uuid4())]):
        refused = post(as_lin, address(cast.territory, "/reorder"), {"on_date": "2026-03-17", "order": wrong})
        assert refused.json()["code"] == "conflict"
    rows = PlannedStop.objects.order_by("position").values_list("pk", flat=True)
    assert [str(key) for key in rows] == order


points = st.tuples(st.floats(113, 115), st.floats(29, 31))
hours = st.sampled_from([(None, None), (6, 12), (9, 21), (11, 22), (14, 23)])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.none() | points, hours), max_size=14))
def test_the_order_found_is_never_longer_and_loses_no_stop(found: list[Any]) -> None:
    given_order = [
        route.Place(uuid4(), point, opens and time(opens), closes and time(closes)) for point, (opens, closes) in found
    ]
    ordered = route.shorter(given_order)
    assert route.length_m(ordered) <= route.length_m(given_order)
    assert Counter(place.id for place in ordered) == Counter(place.id for place in given_order)
    if ordered != given_order:
        assert [place.part for place in ordered] == sorted(place.part for place in ordered)


def test_of_six_stops_the_order_found_is_the_shortest_there_is() -> None:
    spots = [(114.0, 30.0), (114.3, 30.1), (114.1, 30.2), (114.2, 30.0), (114.05, 30.25), (114.25, 30.22)]
    given_order = [route.Place(uuid4(), spot) for spot in spots]
    best = min(route.length_m(order) for order in permutations(given_order))
    assert isclose(route.length_m(route.shorter(given_order)), best)


# -- fairness ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def served(cast: Cast) -> Cast:
    """Two large shops, one small; the large ones seen four times, the small one once."""
    first, second, third = cast.shops
    Classification.objects.filter(retailer__in=[first, second]).update(scale=1, tier=25, terminal_type="modern")
    Classification.objects.filter(retailer=third).update(scale=3, tier=None)
    for shop, days in ((first, (2, 3, 4)), (second, (5,)), (third, (6,))):
        for day in days:
            land_visit(cast, shop, date(2026, 3, day))
    land_visit(cast, third, date(2026, 3, 9), presence="to_verify")
    Need.objects.create(
        retailer=first, kind="supply", text="缺货", raised_by=cast.lin, raised_on=date(2026, 3, 2),
        closed_on=date(2026, 3, 4), outcome="已补货",
    )  # fmt: skip
    Need.objects.create(
        retailer=third, kind="supply", text="缺货", raised_by=cast.lin, raised_on=date(2026, 2, 20),
        closed_on=date(2026, 3, 4), outcome="已补货",
    )  # fmt: skip
    Promise.objects.create(
        retailer=third, text="送货架", promised_by=cast.lin, promised_on=date(2026, 3, 2), due_on=date(2026, 3, 9),
        state="kept", settled_on=date(2026, 3, 7),
    )  # fmt: skip
    return cast


def test_visits_and_replies_are_told_by_size_and_terminal_type_with_one_figure(served: Cast, as_lin: APIClient) -> None:
    told = as_lin.get("/api/v1/boards/fairness").json()
    assert (told["unit"]["code"], told["month"], told["kpi"]["kpi"], told["value"]) == (
        "420222-01-01", "2026-03", "visit_evenness", "2.00",
    )  # fmt: skip
    groups = {(group.pop("by"), group.pop("value")): tuple(group.values()) for group in told["groups"]}
    assert groups == {
        ("scale", "1"): (2, 4, "2.00", 1, "2.0", 0, None),
        ("scale", "3"): (1, 1, "1.00", 1, "12.0", 1, "5.0"),
        ("terminal_type", "modern"): (2, 4, "2.00", 1, "2.0", 0, None),
        ("terminal_type", "ordinary"): (1, 1, "1.00", 1, "12.0", 1, "5.0"),
        ("tier", ""): (1, 1, "1.00", 1, "12.0", 1, "5.0"),
        ("tier", "21-30"): (2, 4, "2.00", 1, "2.0", 0, None),
    }


def test_one_group_or_one_never_visited_has_no_evenness(cast: Cast, as_zhao: APIClient, as_wu: APIClient) -> None:
    assert fairness.evenness(fairness.groups(cast.county.pk, MARCH)) is None
    Classification.objects.filter(retailer=cast.shops[0]).update(scale=1)
    land_visit(cast, cast.shops[0], date(2026, 3, 3))
    assert as_zhao.get(f"/api/v1/boards/fairness?unit={cast.county.pk}").json()["value"] is None
    assert as_wu.get(f"/api/v1/boards/fairness?unit={cast.county.pk}").status_code == 404


def test_the_plan_of_a_shop_that_moved_on_is_its_new_owners(march: Cast) -> None:
    moved = march.shops[0]
    Assignment.objects.filter(retailer=moved).update(during=DateRange(date(2024, 1, 1), MONDAY))
    Assignment.objects.create(retailer=moved, territory=march.next_territory, during=DateRange(MONDAY, None))
    with clock.at(datetime(2026, 3, 16, 1, tzinfo=clock.BUSINESS_ZONE)):
        draft(MARCH)
    coming = PlannedStop.objects.filter(retailer=moved, on_date__gte=MONDAY)
    assert set(coming.values_list("territory_id", flat=True)) == {march.next_territory.pk}
    ma = phone_of(march.ma).get(address(march.next_territory)).json()
    shops = {stop["retailer"]["id"] for day in ma["days"] for stop in day["stops"]}
    assert shops == {str(moved.pk)}


@pytest.fixture
def handed_on(cast: Cast) -> tuple[Cast, list[PlannedStop]]:
    """Lin planned her three shops for tomorrow; today the first went to Ma, and no draft has followed yet."""
    stops = [
        PlannedStop.objects.create(
            month=MARCH, retailer=shop, territory=cast.territory, county=cast.county, on_date=TUESDAY, position=place,
        )
        for place, shop in enumerate(cast.shops, 1)
    ]  # fmt: skip
    Assignment.objects.filter(retailer=cast.shops[0]).update(during=DateRange(date(2024, 1, 1), MONDAY))
    Assignment.objects.create(retailer=cast.shops[0], territory=cast.next_territory, during=DateRange(MONDAY, None))
    return cast, stops


def test_a_lost_day_leaves_the_stop_of_a_shop_that_moved_on(
    handed_on: tuple[Cast, list[PlannedStop]], as_lin: APIClient
) -> None:
    cast, (gone, *hers) = handed_on
    before = places(cast.territory)
    told = post(as_lin, address(cast.territory, "/replan"), {"lost_on": "2026-03-17"}).json()
    assert {move["stop"] for move in told["moves"]} == {str(stop.pk) for stop in hers}
    assert str(cast.shops[0].pk) not in str(told)
    assert (told["left"], places(cast.territory)[gone.pk]) == (0, before[gone.pk])


def test_a_replan_is_not_taken_back_for_a_shop_that_moved_on_since(cast: Cast, as_lin: APIClient) -> None:
    moved = stop_on(cast, TUESDAY, cast.shops[0])
    stop_on(cast, TUESDAY, cast.shops[1])
    told = post(as_lin, address(cast.territory, "/replan"), {"lost_on": "2026-03-17"}).json()
    replanned = places(cast.territory)[moved.pk]
    Assignment.objects.filter(retailer=cast.shops[0]).update(during=DateRange(date(2024, 1, 1), MONDAY))
    Assignment.objects.create(retailer=cast.shops[0], territory=cast.next_territory, during=DateRange(MONDAY, None))
    back = post(as_lin, address(cast.territory, "/undo"), {"replan": told["id"]}).json()
    assert back["changed_since"] == [str(moved.pk)]
    assert places(cast.territory)[moved.pk] == replanned


def test_a_days_order_names_the_stops_that_she_reads_and_none_of_a_shop_that_moved_on(
    handed_on: tuple[Cast, list[PlannedStop]], as_lin: APIClient
) -> None:
    cast, (gone, first, second) = handed_on
    before = places(cast.territory)[gone.pk]
    order = [str(second.pk), str(first.pk)]
    with_it = {"on_date": "2026-03-17", "order": [*order, str(gone.pk)]}
    assert post(as_lin, address(cast.territory, "/reorder"), with_it).json()["code"] == "conflict"
    told = post(as_lin, address(cast.territory, "/reorder"), {"on_date": "2026-03-17", "order": order}).json()
    assert [stop["id"] for stop in told["day"]["stops"]] == order
    assert places(cast.territory)[gone.pk] == before


def test_a_stop_that_its_new_owner_moves_stands_on_her_own_plan(
    handed_on: tuple[Cast, list[PlannedStop]], sign_in: SignIn
) -> None:
    cast, (gone, *_) = handed_on
    ma = sign_in("ma")
    moved = ma.patch(f"/api/v1/stops/{gone.pk}", {"on_date": "2026-03-18"}, format="json", HTTP_IF_MATCH="*").json()
    assert (moved["territory"], moved["county"], moved["position"]) == (cast.next_territory.pk, cast.county.pk, 1)
    stops = [stop["id"] for day in ma.get(address(cast.next_territory)).json()["days"] for stop in day["stops"]]
    assert stops == [str(gone.pk)]
