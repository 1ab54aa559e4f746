"""A visit is edited and withdrawn by its author: what stands, what is kept, and everything that follows from it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from rest_framework.test import APIClient

from backend import clock
from backend.models import ChangeMark, Position, Receipt
from cycles import changes
from cycles import month as months
from cycles.grid import COLUMNS
from cycles.models import Adjustment, PrefectureMonth, RetailerCycle
from market.models import UnitMonth
from market.rollups import recompute
from retail.models import Retailer
from tests.cast import ALWAYS, NOW, TODAY, Cast, SignIn
from tests.visits.items import everything, full_item, item, place, receive
from visits import checkin, following, photos, storing
from visits.models import CheckLine, Observation, PlannedStop, Remark, StoredPhoto, Visit, VisitRevision, VisitScore
from web.boards import visit_page

pytestmark = pytest.mark.django_db

VISITS = "/api/v1/visits"
MARCH = date(2026, 3, 1)


def address(sent: dict[str, Any]) -> str:
    return f"{VISITS}/{sent['submission_id']}"


def put(client: APIClient, sent: dict[str, Any], tag: str = "*") -> Any:
    return client.put(address(sent), sent, format="json", HTTP_IF_MATCH=tag)


def withdraw(client: APIClient, sent: dict[str, Any], reason: str = "记错店") -> Any:
    where = f"{address(sent)}/withdraw"
    return client.post(where, {"reason": reason}, format="json", HTTP_IDEMPOTENCY_KEY=str(uuid4()))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def lines() -> dict[str, int]:
    """Rows of every kind of line, where there are any."""
    with connection.cursor() as cursor:
        counts = {}
        for table in (*storing.LINE_TABLES, "visits_visit"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts[table] = cursor.fetchone()[0]
    return {table: count for table, count in counts.items() if count}


@pytest.fixture
def sent(cast: Cast) -> dict[str, Any]:
    found = everything(cast)
    receive(cast.actor("lin"), found)
    return found


# -- edits -------------------------------------------------------------------------------------------------------------


def test_an_edit_says_anew_what_was_seen_and_keeps_receipt_month_and_history(
    as_lin: APIClient, as_chen: APIClient, cast: Cast, sent: dict[str, Any]
) -> None:
    before, counted = Receipt.objects.get(), lines()
    read = as_lin.get(address(sent))
    edited = {**sent, "note": "改正", "observations": sent["observations"][:1], "place": place(640), "tags": ["缺货"]}
    with clock.at(NOW + timedelta(hours=1)):
        answer = put(as_lin, edited, read["ETag"])
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["note"], told["revision"], told["tags"], told["presence"]) == ("改正", 2, ["缺货"], "to_verify")
    assert (told["flags"], told["distance_m"]) == (["too_far", "no_reason"], 640.0)
    assert moment(told["received_at"]) == NOW
    assert lines() == {**counted, "visits_observation": 1}
    after = Receipt.objects.get()
    assert (bytes(after.sha256), after.received_at, after.month) == (
        bytes(before.sha256), before.received_at, before.month
    )  # fmt: skip
    history = as_chen.get(f"{address(sent)}/revisions").json()["results"]
    assert [(r["number"], r["act"], r["person_name"], moment(r["made_at"])) for r in history] == [
        (2, "edit", "林小梅", NOW + timedelta(hours=1))
    ]
    assert (history[0]["before"]["note"], history[0]["after"]["note"]) == (sent["note"], "改正")
    assert (len(history[0]["before"]["observations"]), len(history[0]["after"]["observations"])) == (2, 1)
    [outcome] = receive(cast.actor("lin"), sent)  # the first content again: what was accepted stays accepted
    assert (outcome.word, outcome.receipt.received_at) == ("duplicate", NOW)
    assert Visit.objects.get().note == "改正"


def test_an_edit_needs_the_version_that_was_read(as_lin: APIClient, sent: dict[str, Any]) -> None:
    read = as_lin.get(address(sent))
    first = put(as_lin, {**sent, "note": "一"}, read["ETag"])
    stale = put(as_lin, {**sent, "note": "二"}, read["ETag"])
    missing = as_lin.put(address(sent), {**sent, "note": "三"}, format="json")
    assert (first.status_code, stale.status_code, missing.status_code) == (200, 412, 428)
    assert put(as_lin, {**sent, "note": "四"}, first["ETag"]).status_code == 200
    assert list(VisitRevision.objects.order_by("number").values_list("number", "after__note")) == [(2, "一"), (3, "四")]


def test_the_same_content_again_is_no_edit(as_lin: APIClient, sent: dict[str, Any]) -> None:
    ChangeMark.objects.all().delete()
    answer = put(as_lin, {**sent, "score": None, "away_reason": ""})
    assert (answer.status_code, answer.json()["revision"]) == (200, 1)
    assert not VisitRevision.objects.exists()
    assert not ChangeMark.objects.exists()


@pytest.mark.parametrize(
    ("changes_", "status", "code", "pointer"),
    [
        ({"note": 7}, 400, "invalid", "/note"),
        ({"hello": 1}, 400, "invalid", "/hello"),
        ({"submission_id": "00000000-0000-4000-8000-000000000000"}, 400, "invalid", "/submission_id"),
        ({"observations": [{"product_id": 10**9}]}, 422, "unknown_reference", "/observations/0/product_id"),
        ({"retailer_id": "00000000-0000-4000-8000-000000000000"}, 422, "not_your_shop", None),
    ],
)
def test_an_edit_is_judged_like_a_first_submission_and_a_refusal_changes_nothing(
    as_lin: APIClient, sent: dict[str, Any], changes_: dict[str, Any], status: int, code: str, pointer: str | None
) -> None:
    before = lines()
    answer = as_lin.put(address(sent), {**sent, **changes_}, format="json", HTTP_IF_MATCH="*")
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert [fault["pointer"] for fault in answer.json().get("errors", [])] == ([pointer] if pointer else [])
    assert (lines(), Visit.objects.get().note, VisitRevision.objects.count()) == (before, sent["note"], 0)


def test_nobody_but_its_author_edits_or_withdraws_a_visit(
    as_chen: APIClient, as_wu: APIClient, as_zhao: APIClient, sent: dict[str, Any]
) -> None:
    for client, status in ((as_chen, 404), (as_wu, 404), (as_zhao, 403)):
        assert put(client, {**sent, "note": "x"}).status_code == status
        assert withdraw(client, sent).status_code == status
    assert as_wu.get(f"{address(sent)}/revisions").status_code == 404
    assert as_zhao.get(f"{address(sent)}/revisions").json() == {"results": []}
    assert (Visit.objects.get().note, VisitRevision.objects.count()) == (sent["note"], 0)


def test_a_visit_keeps_its_month_and_says_so_when_an_edit_tells_another(as_lin: APIClient, cast: Cast) -> None:
    sent = item(cast, started_at="2026-03-01T09:00:00+08:00", ended_at="2026-03-01T09:10:00+08:00")
    receive(cast.actor("lin"), sent)
    other = {**sent, "started_at": "2026-02-28T09:00:00+08:00", "ended_at": "2026-02-28T09:10:00+08:00"}
    told = put(as_lin, other).json()
    assert (told["month"], told["on_date"]) == ("2026-03-01", "2026-03-01")
    assert moment(told["started_at"]) == moment(sent["started_at"])
    assert moment(told["device_started_at"]) == moment(other["started_at"])
    assert told["flags"] == ["late", "other_month"]
    within = {**sent, "started_at": "2026-03-02T09:00:00+08:00", "ended_at": "2026-03-02T09:10:00+08:00"}
    told = put(as_lin, within).json()
    assert (told["month"], told["on_date"], told["flags"]) == ("2026-03-01", "2026-03-02", ["late"])


def test_an_end_that_comes_after_the_first_receipt_is_taken(as_lin: APIClient, cast: Cast) -> None:
    sent = item(cast, started_at=NOW.isoformat(), ended_at=...)
    receive(cast.actor("lin"), sent)
    with clock.at(NOW + timedelta(minutes=30)):
        told = put(as_lin, {**sent, "ended_at": (NOW + timedelta(minutes=20)).isoformat()}).json()
        assert moment(told["started_at"]) == NOW
        assert moment(told["ended_at"]) == NOW + timedelta(minutes=20)
        told = put(as_lin, {**sent, "started_at": (NOW + timedelta(minutes=10)).isoformat()}).json()
    assert (moment(told["started_at"]), told["flags"]) == (NOW, ["clock_skew"])


def test_photos_that_have_arrived_stay_arrived_where_an_edit_still_declares_them(
    as_lin: APIClient, cast: Cast, sent: dict[str, Any]
) -> None:
    first, second, third = sent["photos"]
    for photo in (first, second):
        StoredPhoto.objects.create(
            pk=photo["id"], sha256=bytes.fromhex(photo["sha256"]), size_bytes=photo["bytes"], name=photo["id"],
            arrived_at=NOW, person=cast.lin,
        )  # fmt: skip
    photos.link(UUID(photo["id"]) for photo in sent["photos"])
    assert Visit.objects.get().photos_missing == 1
    told = put(as_lin, {**sent, "photos": [{**first, "sha256": "f" * 64}, third, second]}).json()
    assert (told["photos_declared"], told["photos_missing"]) == (3, 2)
    assert [(line["photo_id"], line["arrived_at"] and moment(line["arrived_at"])) for line in told["photos"]] == [
        (first["id"], None), (third["id"], None), (second["id"], NOW)
    ]  # fmt: skip
    [outcome] = receive(cast.actor("lin"), sent)
    assert [str(photo) for photo in outcome.missing] == [first["id"], third["id"]]
    assert StoredPhoto.objects.get(pk=first["id"]).visit_id is None
    withdraw(as_lin, sent)
    assert not StoredPhoto.objects.exclude(visit_id=None).exists()


def test_a_retailers_score_is_counted_once_and_told_nowhere(
    as_lin: APIClient, as_chen: APIClient, sent: dict[str, Any]
) -> None:
    for client in (as_lin, as_chen):
        for where in (VISITS, address(sent), f"{VISITS}/recent"):
            assert b'"score"' not in client.get(where).content, where
    put(as_lin, {**sent, "score": 1, "note": "改"})
    assert b'"score"' not in as_lin.get(f"{address(sent)}/revisions").content
    withdraw(as_lin, sent)
    assert list(VisitScore.objects.values_list("month", "territory__code", "score")) == [(MARCH, "420222-01-01", 4)]


def test_what_a_manager_decided_about_the_place_holds_after_an_edit(as_lin: APIClient, cast: Cast) -> None:
    sent = item(cast, place=place(640))
    receive(cast.actor("lin"), sent)
    checkin.verify(actor=cast.actor("chen"), visit_ids=[UUID(sent["submission_id"])], valid=False, text="不在店")
    told = put(as_lin, {**sent, "place": place(), "note": "其实在店"}).json()
    assert (told["presence"], told["note"], told["flags"]) == ("rejected", "其实在店", [])


# -- who reads what ----------------------------------------------------------------------------------------------------


def test_a_restricted_remark_is_read_by_its_author_and_the_leaders_above(
    as_lin: APIClient, as_chen: APIClient, as_zhao: APIClient, cast: Cast, sent: dict[str, Any]
) -> None:
    secret = "有人上门收烟"
    for client, sees in ((as_lin, True), (as_zhao, True), (as_chen, False)):
        told = client.get(address(sent)).json()
        assert (secret in [remark["text"] for remark in told["remarks"]]) is sees
        assert len(told["remarks"]) == (5 if sees else 4)
    assert secret in as_lin.get(f"{VISITS}/recent").content.decode()
    for name, count in (("lin", 5), ("zhao", 5), ("he", 5), ("chen", 4)):
        assert len(visit_page.visit_with_lines(cast.actor(name), UUID(sent["submission_id"])).remarks) == count, name
    withdraw(as_lin, sent)
    for client, sees in ((as_lin, True), (as_zhao, True), (as_chen, False)):
        told = client.get(f"{address(sent)}/revisions").content.decode()
        assert (secret in told) is sees
        assert "没人扫" in told


def test_of_a_visit_that_moved_to_my_shop_i_do_not_read_what_it_said_of_another(
    as_lin: APIClient, as_wu: APIClient, as_chen: APIClient, sign_in: SignIn, cast: Cast
) -> None:
    Position.objects.create(person=cast.lin, unit=cast.other_office, role_id="market_manager", during=ALWAYS)
    sent = item(cast, note="甲店的话")
    receive(cast.actor("lin"), sent)
    moved = {**sent, "note": "乙店的话", "retailer_id": str(cast.wu_shops[0].pk)}
    assert put(as_lin, moved).status_code == 200
    path = f"/api/v1/visits/{sent['submission_id']}/revisions"
    for client, before in ((as_lin, "甲店的话"), (sign_in("zhao"), "甲店的话"), (as_wu, None)):
        [row] = client.get(path).json()["results"]
        assert (row["before"].get("note"), row["after"]["note"]) == (before, "乙店的话")
    assert as_chen.get(path).status_code == 404


def test_whether_there_is_a_restricted_remark_is_not_told_by_the_list(as_chen: APIClient, cast: Cast) -> None:
    hidden = item(cast, remarks=[{"kind": "irregular", "text": "收烟"}])
    shown = item(cast, remarks=[{"kind": "event", "text": "庙会"}])
    receive(cast.actor("lin"), hidden, shown)
    found = as_chen.get(f"{VISITS}?has=remark").json()["results"]
    assert [row["id"] for row in found] == [shown["submission_id"]]


def test_a_read_carries_all_that_the_visit_carries(as_lin: APIClient, sent: dict[str, Any]) -> None:
    told = as_lin.get(address(sent)).json()
    assert {name: told[name] for name in ("purposes", "tags", "stop_id", "confirmed_by", "typed_s", "revision")} == {
        "purposes": ["display", "policy"], "tags": ["缺货", "换招牌"], "stop_id": sent["stop_id"],
        "confirmed_by": "王老板", "typed_s": 95, "revision": 1,
    }  # fmt: skip
    assert (told["left_distance_m"], told["left_accuracy_m"], told["photos_missing"]) == (12.5, 8.25, 3)
    assert told["trainings"] == [{"topic": "真伪鉴别", "minutes": 20, "told_to": "店员", "understanding": 5}]
    [compliance] = told["compliance"]
    assert {name: value for name, value in compliance.items() if value is not None} == sent["compliance"]
    assert told["checks"][1] == {
        "item_code": "clean", "answer": "1", "passed": True, "points": "20.00", "products": None, "fixed": True,
        "before_photo_id": sent["photos"][0]["id"], "after_photo_id": sent["photos"][1]["id"],
    }  # fmt: skip
    assert told["photos"][2] == {
        "photo_id": sent["photos"][2]["id"], "sha256": f"{3:064x}", "size_bytes": 100_003,
        "taken_at": "2026-03-16T01:35:00+00:00", "kind": "signature", "item_code": "", "arrived_at": None,
    }  # fmt: skip
    assert (told["briefings"][0]["channel"], told["briefings"][0]["signature_photo_id"]) == (
        "group", sent["photos"][2]["id"],
    )  # fmt: skip
    [recent] = as_lin.get(f"{VISITS}/recent").json()["results"]
    assert [len(recent[name]) for name in ("trainings", "compliance", "photos", "remarks")] == [1, 1, 3, 5]
    assert recent["visit"]["photos_missing"] == 3


# -- withdrawals and what follows --------------------------------------------------------------------------------------


def test_a_withdrawn_visit_is_gone_from_every_fact_and_whole_in_its_history(
    as_lin: APIClient, as_chen: APIClient, sent: dict[str, Any]
) -> None:
    answer = withdraw(as_lin, sent)
    assert answer.status_code == 200, answer.content
    [told] = answer.json()["results"]
    assert (told["number"], told["act"], told["reason"], told["after"]) == (2, "withdraw", "记错店", None)
    assert told["before"]["photos"][0]["id"] == sent["photos"][0]["id"]
    assert lines() == {}
    assert as_lin.get(address(sent)).status_code == as_chen.get(address(sent)).status_code == 404
    [chens] = as_chen.get(f"{address(sent)}/revisions").json()["results"]
    assert {**chens, "before": None} == {**told, "before": None}
    assert withdraw(as_lin, sent).status_code == 404
    assert put(as_lin, sent).status_code == 404
    assert (Receipt.objects.count(), VisitRevision.objects.count()) == (1, 1)


def settle() -> None:
    """All that the tick does for visits."""
    following.follow()
    recompute.drain()
    while changes.drain_once():
        pass


def counted(cast: Cast) -> tuple[Any, ...]:
    """What a board, the plan and the cells say of Lin's first shop."""
    stop = PlannedStop.objects.get()
    act = UnitMonth.objects.filter(month=MARCH, unit=cast.territory).values_list("visits", "checks").first()
    return stop.state, stop.visit_id, cells(cast.shops[0]), act or (0, 0)


def cells(shop: Retailer) -> tuple[int, ...]:
    return RetailerCycle.objects.filter(month=MARCH, retailer=shop).values_list(*COLUMNS).get()


def test_what_followed_from_a_visit_is_as_if_it_had_never_been_once_it_is_withdrawn(
    as_lin: APIClient, cast: Cast
) -> None:
    months.keep()
    PlannedStop.objects.all().delete()
    PlannedStop.objects.create(
        month=MARCH,
        retailer=cast.shops[0],
        territory=cast.territory,
        county=cast.county,
        on_date=TODAY,
        position=1,
    )
    settle()
    before = counted(cast)
    assert before[:2] == ("planned", None)
    sent = full_item(cast)
    receive(cast.actor("lin"), sent)
    settle()
    state, visit_id, execute, act = counted(cast)
    assert (state, str(visit_id), act) == ("done", sent["submission_id"], (1, 1))
    assert execute != before[2]
    withdraw(as_lin, sent)
    settle()
    assert counted(cast) == before
    receive(cast.actor("lin"), sent)  # a replay: the receipt again, no resurrection
    settle()
    assert counted(cast) == before


def test_an_edit_to_another_day_and_shop_moves_what_followed_along(as_lin: APIClient, cast: Cast) -> None:
    months.keep()
    settle()
    unseen = cells(cast.shops[0])
    assert unseen == cells(cast.shops[1])
    sent = full_item(cast)
    receive(cast.actor("lin"), sent)
    settle()
    seen = cells(cast.shops[0])
    assert seen != unseen
    elsewhere = {**sent, "retailer_id": str(cast.shops[1].pk), "started_at": "2026-03-13T10:00:00+08:00", "place": None}
    assert put(as_lin, elsewhere).status_code == 200
    settle()
    assert (cells(cast.shops[0]), cells(cast.shops[1])) == (unseen, seen)
    assert Observation.objects.filter(visit_id=sent["submission_id"]).count() == 2
    assert Visit.objects.get().on_date == date(2026, 3, 13)


def test_after_the_lock_an_edit_and_a_withdrawal_stand_beside_the_frozen_figures(as_lin: APIClient, cast: Cast) -> None:
    months.keep()
    kept, gone = full_item(cast), full_item(cast, retailer_id=str(cast.shops[1].pk), place=None)
    receive(cast.actor("lin"), kept, gone)
    with clock.at(datetime(2026, 4, 9, 9, tzinfo=clock.BUSINESS_ZONE)):
        settle()
        months.keep()
        assert PrefectureMonth.objects.get(month=MARCH).state == "locked"
        frozen = list(RetailerCycle.objects.filter(month=MARCH).order_by("retailer_id").values())
        assert withdraw(as_lin, gone).status_code == 200
        settle()
        figures = Adjustment.objects.filter(month=MARCH, unit=cast.territory, figure="visits").order_by("id")
        assert list(figures.values_list("before", "after")) == [(Decimal(2), Decimal(1))]
        assert Adjustment.objects.filter(month=MARCH, retailer=cast.shops[1]).exists()
        told = Adjustment.objects.order_by("-id").values_list("id", flat=True)[0]
        assert put(as_lin, {**kept, "check": None}).status_code == 200
        settle()
        after = Adjustment.objects.filter(id__gt=told, unit=cast.territory).order_by("id")
        assert list(after.values_list("figure", "before", "after")) == [
            ("display_checks", Decimal(1), Decimal(0)),
            ("display_score", Decimal(75), None),
        ]
    assert list(RetailerCycle.objects.filter(month=MARCH).order_by("retailer_id").values()) == frozen
    assert (CheckLine.objects.count(), Remark.objects.count(), Visit.objects.count()) == (0, 3, 1)
