"""Which territory a shop belongs to: assign, transfer, what follows on phones, and twenty at once."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from rest_framework.test import APIClient

from backend import clock, outbox
from backend.errors import Problem
from backend.models import AuditEntry, Position, SyncEntry
from retail import assignment
from retail.models import Assignment, Need, Promise, Retailer
from tests.cast import ALWAYS, NOW, TODAY, Cast, build_cast, make_shop


def transfer(client: APIClient, cast: Cast, key: str = "k", **other: Any) -> Any:
    body = {
        "retailers": [str(shop.pk) for shop in cast.shops],
        "from_territory": cast.territory.pk,
        "to_territory": cast.next_territory.pk,
        "from_date": "2026-03-16",
        "reason": "片区调整",
        **other,
    }
    return client.post("/api/v1/assignments/transfer", body, format="json", headers={"Idempotency-Key": key})


def held(shop: Retailer) -> list[tuple[int, date, date | None]]:
    rows = Assignment.objects.filter(retailer=shop).order_by("during")
    return [(row.territory_id, row.during.lower, row.during.upper) for row in rows]


def entries(collection: str) -> set[tuple[int, UUID, bool]]:
    rows = SyncEntry.objects.filter(collection=collection)
    return set(rows.values_list("territory_id", "document_id", "deleted"))


def test_a_transfer_ends_one_assignment_and_begins_the_next_on_the_day(
    cast: Cast, as_chen: APIClient, as_lin: APIClient
) -> None:
    answer = transfer(as_chen, cast)
    assert (answer.status_code, answer.json()) == (200, {"moved": 3})
    for shop in cast.shops:
        assert held(shop) == [
            (cast.territory.pk, date(2024, 1, 1), TODAY),
            (cast.next_territory.pk, TODAY, None),
        ]
    assert as_lin.get("/api/v1/retailers").json()["results"] == []
    assert as_lin.get(f"/api/v1/retailers/{cast.shops[0].pk}").status_code == 404
    acts = AuditEntry.objects.order_by("object_id").values_list("act", "object_id", "reason", "unit_id")
    assert list(acts) == [
        ("retailer.transfer", str(pk), "片区调整", cast.next_territory.pk) for pk in sorted(s.pk for s in cast.shops)
    ]


def test_phones_of_the_old_owner_drop_the_shop_and_those_of_the_new_one_get_it_with_its_open_work(
    cast: Cast, as_chen: APIClient
) -> None:
    shop = cast.shops[0]
    common: dict[str, Any] = {"retailer": shop, "text": "x"}
    need = Need.objects.create(**common, kind="supply", raised_by=cast.lin, raised_on=TODAY)
    Need.objects.create(**common, kind="supply", raised_by=cast.lin, raised_on=TODAY, closed_on=TODAY, outcome="已解决")
    promise = Promise.objects.create(**common, promised_by=cast.lin, promised_on=TODAY, due_on=TODAY)
    transfer(as_chen, cast, retailers=[str(shop.pk)])
    assert entries("retailers") == {(cast.territory.pk, shop.pk, True), (cast.next_territory.pk, shop.pk, False)}
    assert entries("needs") == {(cast.territory.pk, need.pk, True), (cast.next_territory.pk, need.pk, False)}
    assert entries("promises") == {(cast.territory.pk, promise.pk, True), (cast.next_territory.pk, promise.pk, False)}


def test_a_transfer_for_a_later_day_leaves_phones_alone_until_then(
    cast: Cast, as_chen: APIClient, as_lin: APIClient, as_zhao: APIClient
) -> None:
    to_wu: dict[str, Any] = {"to_territory": cast.other_territory.pk, "from_date": "2026-03-20"}
    assert transfer(as_zhao, cast, **to_wu).json() == {"moved": 3}
    assert (entries("retailers"), len(as_lin.get("/api/v1/retailers").json()["results"])) == (set(), 3)
    outbox.run_due()
    assert entries("retailers") == set()
    with clock.at(NOW + timedelta(days=4)):
        outbox.run_due()
        assert as_lin.get("/api/v1/retailers").json()["results"] == []
    assert entries("retailers") == {
        (territory, shop.pk, gone)
        for shop in cast.shops
        for territory, gone in ((cast.territory.pk, True), (cast.other_territory.pk, False))
    }
    assert set(Retailer.objects.filter(pk__in=[s.pk for s in cast.shops]).values_list("county_id", flat=True)) == {
        cast.other_county.pk
    }


def test_the_county_of_a_shop_follows_a_transfer_across_counties(
    cast: Cast, as_zhao: APIClient, as_wu: APIClient
) -> None:
    assert transfer(as_zhao, cast, to_territory=cast.other_territory.pk).status_code == 200
    assert Retailer.objects.get(pk=cast.shops[0].pk).county_id == cast.other_county.pk
    assert len(as_wu.get("/api/v1/retailers").json()["results"]) == 5


@pytest.mark.parametrize(
    ("who", "change", "status", "code"),
    [
        ("lin", {}, 403, "forbidden"),
        ("wu", {}, 403, "forbidden"),
        ("chen", {"to_territory": "other"}, 400, "invalid"),
        ("he", {"retailers": "wu"}, 404, "not_found"),
        ("chen", {"from_date": "2026-03-15"}, 409, "backdated"),
        ("chen", {"from_territory": "next"}, 409, "conflict"),
        ("chen", {"retailers": []}, 400, "invalid"),
        ("chen", {"from_date": "2026-02-30"}, 400, "invalid"),
    ],
)
def test_a_refused_transfer_changes_nothing(
    cast: Cast, sign_in: Any, who: str, change: dict[str, Any], status: int, code: str
) -> None:
    named = {"other": cast.other_territory.pk, "next": cast.next_territory.pk, "wu": [str(cast.wu_shops[0].pk)]}
    given: dict[str, Any] = {k: named.get(v, v) if isinstance(v, str) else v for k, v in change.items()}
    before = list(Assignment.objects.order_by("id").values())
    refused = transfer(sign_in(who), cast, **given)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert list(Assignment.objects.order_by("id").values()) == before
    assert (AuditEntry.objects.count(), SyncEntry.objects.count()) == (0, 0)


def test_a_mistake_is_corrected_on_the_same_day_without_an_empty_day_between(cast: Cast, as_chen: APIClient) -> None:
    transfer(as_chen, cast, "1")
    back: dict[str, Any] = {"from_territory": cast.next_territory.pk, "to_territory": cast.territory.pk}
    assert transfer(as_chen, cast, "2", **back).json() == {"moved": 3}
    assert held(cast.shops[0]) == [(cast.territory.pk, date(2024, 1, 1), TODAY), (cast.territory.pk, TODAY, None)]


def test_shops_that_are_there_already_stay(cast: Cast, as_chen: APIClient) -> None:
    assert transfer(as_chen, cast, to_territory=cast.territory.pk).json() == {"moved": 0}
    assert held(cast.shops[0]) == [(cast.territory.pk, date(2024, 1, 1), None)]
    assert AuditEntry.objects.count() == 0


def test_a_second_planned_transfer_is_a_conflict(cast: Cast, as_chen: APIClient) -> None:
    assert transfer(as_chen, cast, "1", from_date="2026-03-20").status_code == 200
    assert transfer(as_chen, cast, "2", from_date="2026-03-18").status_code == 409
    assert len(held(cast.shops[0])) == 2


def test_shops_without_a_territory_are_assigned_once(cast: Cast, as_zhao: APIClient, as_lin: APIClient) -> None:
    free = [make_shop(cast.territory, number, assigned=False) for number in (7, 8)]
    body = {
        "retailers": [str(shop.pk) for shop in free],
        "to_territory": cast.territory.pk,
        "from_date": "2026-03-02",
    }

    def send(key: str) -> Any:
        return as_zhao.post("/api/v1/assignments", body, format="json", headers={"Idempotency-Key": key})

    assert send("1").json() == {"moved": 2}
    assert held(free[0]) == [(cast.territory.pk, date(2026, 3, 2), None)]
    assert len(as_lin.get("/api/v1/retailers").json()["results"]) == 5
    assert send("2").status_code == 409
    assert send("1").json() == {"moved": 2}
    assert Assignment.objects.filter(retailer__in=free).count() == 2


def test_queries_of_a_transfer_do_not_grow_with_the_shops(cast: Cast, django_assert_max_num_queries: Any) -> None:
    def queries_for(shops: list[Retailer]) -> int:
        move = assignment.Move([shop.pk for shop in shops], cast.next_territory, TODAY)
        with django_assert_max_num_queries(60) as captured:
            assignment.transfer(actor=cast.actor("chen"), move=move)
        return len(captured)

    few = queries_for(cast.shops)
    many = queries_for([make_shop(cast.territory, number) for number in range(10, 70)])
    assert many == few


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_transfers_leave_one_assignment_in_force() -> None:
    with clock.at(NOW):
        cast = build_cast()
    shops = [shop.pk for shop in cast.shops]
    actor = cast.actor("chen")
    outcomes: list[str] = []
    start = threading.Barrier(20)

    def attempt(number: int) -> None:
        start.wait()
        order = shops if number % 2 else shops[::-1]
        move = assignment.Move(order, cast.next_territory, TODAY, from_territory_id=cast.territory.pk)
        try:
            with clock.at(datetime.fromtimestamp(NOW.timestamp(), tz=clock.BUSINESS_ZONE)):
                outcomes.append(f"moved {assignment.transfer(actor=actor, move=move)}")
        except Problem as problem:
            outcomes.append(problem.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 19 + ["moved 3"]
    for shop in cast.shops:
        assert held(shop) == [
            (cast.territory.pk, date(2024, 1, 1), TODAY),
            (cast.next_territory.pk, TODAY, None),
        ]
    assert AuditEntry.objects.filter(act="retailer.transfer").count() == 3


@pytest.mark.django_db(transaction=True)
def test_transfers_in_opposite_directions_do_not_wait_for_each_other_for_ever() -> None:
    with clock.at(NOW):
        cast = build_cast()
        others = [make_shop(cast.next_territory, number) for number in range(20, 23)]
    actor = cast.actor("chen")
    start = threading.Barrier(2)
    failed: list[Exception] = []

    def attempt(shops: list[Retailer], there: Any) -> None:
        start.wait()
        try:
            with clock.at(NOW):
                move = assignment.Move([shop.pk for shop in shops], there, TODAY)
                assignment.transfer(actor=actor, move=move)
        except (Problem, DatabaseError) as error:
            failed.append(error)
        finally:
            connections.close_all()

    pairs = ((cast.shops, cast.next_territory), (others, cast.territory))
    threads = [threading.Thread(target=attempt, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert held(cast.shops[0])[-1][0] == cast.next_territory.pk
    assert held(others[0])[-1][0] == cast.territory.pk


def test_the_database_itself_refuses_a_shop_in_two_territories(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE conname = 'assignment_once' AND contype = 'x'")
        assert cursor.fetchone()[0] == 1
    with pytest.raises(IntegrityError, match="assignment_once"), transaction.atomic():
        Assignment.objects.create(retailer=cast.shops[0], territory=cast.next_territory, during=DateRange(TODAY, None))


def test_nobody_takes_a_shop_that_he_may_only_read(cast: Cast, as_chen: APIClient) -> None:
    """Chen also answers calls for the whole prefecture: shops of another county are hers to read, not to assign."""
    Position.objects.create(person=cast.chen, unit=cast.prefecture, role_id="service_desk", during=ALWAYS)
    loose = make_shop(cast.other_territory, 500, assigned=False)
    body = {"retailers": [str(loose.pk)], "to_territory": cast.territory.pk, "from_date": "2026-03-16"}
    answer = as_chen.post("/api/v1/assignments", body, format="json", headers={"Idempotency-Key": "take"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Assignment.objects.filter(retailer=loose).exists()
