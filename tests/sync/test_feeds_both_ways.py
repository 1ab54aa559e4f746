"""What phones write: needs, promises, the plan and the words of cells; who may, what conflicts, what is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from backend import clock
from backend.models import AuditEntry, Device, Quarantined
from cycles import month as months
from cycles.models import ManagerCell
from retail.models import Need, Promise, Withdrawn
from tests.cast import NOW, TODAY, Cast, build_cast, phone_of
from tests.sync.feeds import on, planned, post, tick, transfer
from tests.sync.wire import Phone, made, uid
from visits.models import PlannedStop

MARCH = date(2026, 3, 1)
pytestmark = pytest.mark.django_db


def promise(cast: Cast, number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uid(number)), "retailer_id": str(cast.shops[0].pk), "text": "送货架", "promised_on": "2026-03-16",
        "due_on": "2026-03-20", "state": "open", "settled_on": None, "outcome": None, "origin_visit_id": None, **more,
    }  # fmt: skip


def need(cast: Cast, number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uid(number)), "retailer_id": str(cast.shops[0].pk), "kind": "supply", "text": "缺货", "priority": 2,
        "raised_on": "2026-03-16", "due_on": None, "closed_on": None, "outcome": None, "origin_visit_id": None, **more,
    }  # fmt: skip


def refusals() -> list[str]:
    return [row.problem["en"]["code"] for row in Quarantined.objects.order_by("received_at", "id")]


def gone(document: dict[str, Any]) -> dict[str, Any]:
    return {"assumedMasterState": document, "newDocumentState": {**document, "_deleted": True}}


# -- promises and needs ------------------------------------------------------------------------------------------------


def test_a_promise_is_made_edited_and_kept_on_the_phone(cast: Cast, as_lin: APIClient) -> None:
    phone, mine = Phone(as_lin, "promises"), promise(cast)
    assert phone.push(made(mine)) == []
    held = phone.pull()[mine["id"]]
    assert (held["text"], held["promised_by"], held["version"]) == ("送货架", str(cast.lin.pk), 1)
    later = {**held, "due_on": "2026-03-25"}
    assert phone.push(made(later, held)) == []
    kept = {**later, "state": "kept", "settled_on": "2026-03-16", "outcome": "已送到"}
    assert phone.push(made(kept, later)) == []  # what it assumes is its own edit: versions are the server's
    row = Promise.objects.get()
    assert (row.state, row.due_on, row.outcome, row.version) == ("kept", date(2026, 3, 25), "已送到", 3)
    acts = AuditEntry.objects.order_by("id").values_list("act", "actor_id")
    assert list(acts) == [(f"promise.{act}", cast.lin.pk) for act in ("make", "edit", "kept")]


def test_a_need_made_and_closed_while_offline_lands_whole(cast: Cast, as_lin: APIClient) -> None:
    phone = Phone(as_lin, "needs")
    closed = need(cast, closed_on="2026-03-16", outcome="已配货")
    assert phone.push(made(closed)) == []
    row = Need.objects.get()
    assert (row.closed_on, row.outcome, row.raised_by_id) == (TODAY, "已配货", cast.lin.pk)
    assert phone.push(made(closed)) == []
    assert (Need.objects.count(), refusals()) == (1, [])


def test_of_two_edits_the_second_conflicts_and_keeps_both_values(cast: Cast, as_lin: APIClient) -> None:
    one, two = Phone(as_lin, "needs"), Phone(phone_of(cast.lin, device_id="second"), "needs")
    mine = need(cast)
    one.push(made(mine))
    held = one.pull()[mine["id"]]
    assert two.pull() == {mine["id"]: held}
    one.push(made({**held, "text": "缺软蓝"}, held))
    [answered] = two.push(made({**held, "text": "缺硬盒"}, held))
    assert (answered["text"], Need.objects.get().text) == ("缺软蓝", "缺软蓝")
    issue = Quarantined.objects.get()
    assert (issue.problem["en"]["code"], b"\\u7f3a\\u786c\\u76d2" in bytes(issue.payload)) == ("sync_conflict", True)


def test_a_delete_takes_back_and_a_late_repeat_of_its_creation_brings_nothing_back(
    cast: Cast, as_lin: APIClient
) -> None:
    phone, other, mine = Phone(as_lin, "promises"), Phone(phone_of(cast.lin, device_id="b"), "promises"), promise(cast)
    phone.push(made(mine))
    assert list(other.pull()) == [mine["id"]]
    held = phone.pull()[mine["id"]]
    assert phone.push(gone(held)) == []
    assert phone.push(gone(held)) == []
    row = Withdrawn.objects.get()
    assert (Promise.objects.count(), row.kind, row.content["text"]) == (0, "promise", "送货架")
    assert phone.push(made(mine)) == [{"_deleted": True, "id": mine["id"]}]
    assert Promise.objects.count() == 0
    assert other.pull() == {}
    assert other.told[-1] == {"_deleted": True, "id": mine["id"]}


def test_only_who_made_a_promise_takes_it_back(cast: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    mine = promise(cast)
    Phone(as_lin, "promises").push(made(mine))
    chen = Phone(as_chen, "promises")
    held = chen.pull()[mine["id"]]
    assert chen.push(gone(held)) == []
    assert (Promise.objects.count(), refusals()) == (1, ["not_the_author"])


def test_a_need_that_a_department_works_on_is_not_taken_back(cast: Cast, as_lin: APIClient) -> None:
    phone, mine = Phone(as_lin, "needs"), need(cast)
    phone.push(made(mine))
    post(as_lin, f"needs/{mine['id']}/route", {"department": "logistics"})
    Need.objects.update(taken_at=clock.now(), replied_at=clock.now())
    held = phone.pull()[mine["id"]]
    assert held["department"] == "logistics"
    assert phone.push(gone(held)) == []
    assert (Need.objects.count(), Withdrawn.objects.count(), refusals()) == (1, 0, ["conflict"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"promised_on": "2026-03-17"}, "bad_date"),
        ({"due_on": "2026-03-15"}, "bad_date"),
        ({"text": "  "}, "invalid"),
        ({"text": "x" * 2_001}, "invalid"),
        ({"due_on": None}, "invalid"),
        ({"state": "kept"}, "invalid"),
        ({"state": "dropped", "settled_on": "2026-03-16"}, "invalid"),
        ({"outcome": "没有了结"}, "invalid"),
        ({"promised_on": "2023-12-31"}, "not_found"),  # before the shop was hers
    ],
)
def test_a_bad_promise_is_refused_by_itself(cast: Cast, as_lin: APIClient, change: dict[str, Any], code: str) -> None:
    assert Phone(as_lin, "promises").push(made(promise(cast, 1, **change)), made(promise(cast, 2))) == []
    assert (list(Promise.objects.values_list("pk", flat=True)), refusals()) == ([uid(2)], [code])


def test_whose_a_promise_is_does_not_change_after(cast: Cast, as_lin: APIClient) -> None:
    phone, mine = Phone(as_lin, "promises"), promise(cast)
    phone.push(made(mine))
    held = phone.pull()[mine["id"]]
    moved = {**held, "retailer_id": str(cast.shops[1].pk)}
    assert phone.push(made(moved, held)) == []
    assert (Promise.objects.get().retailer_id, refusals()) == (cast.shops[0].pk, ["read_only_field"])


def test_a_shop_of_another_county_takes_no_need_and_tells_nothing(
    cast: Cast, as_wu: APIClient, as_lin: APIClient
) -> None:
    mine = need(cast)
    wu = Phone(as_wu, "needs")
    assert wu.push(made(mine)) == []
    assert (Need.objects.count(), refusals()) == (0, ["not_found"])
    Phone(as_lin, "needs").push(made(mine))
    assert wu.push(made({**mine, "text": "猜的"})) == [{"_deleted": True, "id": mine["id"]}]
    assert Need.objects.get().text == "缺货"


def test_late_work_of_a_shop_that_moved_keeps_its_author_and_leaves_her_phone(
    cast: Cast, as_lin: APIClient, sign_in: Any, as_chen: APIClient
) -> None:
    lin, ma = Phone(as_lin, "promises"), Phone(sign_in("ma"), "promises")
    lin.push(made(promise(cast)))
    held = lin.pull()[str(uid(1))]
    transfer(as_chen, cast, str(cast.shops[0].pk))
    late = promise(cast, 2, promised_on="2026-03-15")
    kept = {**held, "state": "kept", "settled_on": "2026-03-16"}
    assert lin.push(made(late), made(kept, held)) == []
    assert refusals() == ["not_found"]  # settled on a day on which the shop was no longer hers
    assert Promise.objects.get(pk=uid(2)).promised_by_id == cast.lin.pk
    assert sorted(ma.pull()) == [str(uid(1)), str(uid(2))]
    lin.documents[str(uid(2))] = late
    assert lin.pull() == {}


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_pushes_of_one_promise_make_one() -> None:
    cast = build_cast()
    phones = [Phone(phone_of(cast.lin, device_id=f"d{n}"), "promises") for n in range(20)]

    def push(phone: Phone) -> list[dict[str, Any]]:
        try:
            with clock.at(NOW):
                return phone.push(made(promise(cast)))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(push, phones))
    assert answers == [[]] * 20
    assert (Promise.objects.count(), Quarantined.objects.count(), AuditEntry.objects.count()) == (1, 0, 1)


# -- the plan ----------------------------------------------------------------------------------------------------------


def test_a_day_is_arranged_and_a_stop_dropped_on_the_phone(cast: Cast, as_lin: APIClient) -> None:
    first, second = planned(cast, 0, TODAY, position=1), planned(cast, 1, TODAY, position=2)
    phone = Phone(as_lin, "plan")
    phone.pull()
    one, two = phone.documents[str(first.pk)], phone.documents[str(second.pk)]
    swapped = [made({**one, "position": 2}, one), made({**two, "position": 1}, two)]
    assert phone.push(*swapped) == []
    found = PlannedStop.objects.order_by("position").values_list("pk", "position", "is_own")
    assert list(found) == [(second.pk, 1, True), (first.pk, 2, True)]
    tick()
    two = phone.pull()[str(second.pk)]
    assert (two["position"], two["is_own"], two["version"]) == (1, True, 2)
    assert phone.push(made({**two, "state": "dropped", "words": "店主外出"}, two)) == []
    second.refresh_from_db()
    assert (second.state, second.words) == ("dropped", "店主外出")
    moved = {**one, "position": 2, "on_date": "2026-03-18", "words": "带货架"}
    assert phone.push(made(moved, {**one, "position": 2})) == []
    first.refresh_from_db()
    assert (first.on_date, first.words, first.state) == (date(2026, 3, 18), "带货架", "planned")


def test_a_missed_stop_says_why_on_the_phone(cast: Cast, as_lin: APIClient) -> None:
    missed = planned(cast, 0, TODAY - timedelta(days=1), state="missed")
    phone = Phone(as_lin, "plan")
    held = phone.pull()[str(missed.pk)]
    assert phone.push(made({**held, "miss_reason": "weather", "words": "暴雨"}, held)) == []
    missed.refresh_from_db()
    assert (missed.miss_reason, missed.words) == ("weather", "暴雨")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "done"}, "invalid"),
        ({"state": "dropped"}, "invalid"),  # without a word
        ({"miss_reason": "weather"}, "stop_settled"),
        ({"on_date": "2026-03-15"}, "bad_date"),
        ({"on_date": "2026-04-01"}, "bad_date"),
        ({"position": 0}, "invalid"),
        ({"_deleted": True}, "invalid"),
    ],
)
def test_what_a_phone_may_not_do_to_a_stop_is_refused(
    cast: Cast, as_lin: APIClient, change: dict[str, Any], code: str
) -> None:
    row = planned(cast, 0, TODAY)
    phone = Phone(as_lin, "plan")
    held = phone.pull()[str(row.pk)]
    assert phone.push(made({**held, **change}, held)) == []
    row.refresh_from_db()
    assert (refusals(), row.state, row.on_date, row.version) == ([code], "planned", TODAY, 1)


def test_a_phone_plans_no_stop_of_its_own_and_none_of_another_county(cast: Cast, as_wu: APIClient) -> None:
    row = planned(cast, 0, TODAY)
    new = {"id": str(uid(7)), "on_date": "2026-03-18", "position": 1, "state": "planned"}
    wu = Phone(as_wu, "plan")
    assert wu.push(made(new)) == []
    assert refusals() == ["not_found"]
    foreign = {**new, "id": str(row.pk)}
    assert wu.push(made({**foreign, "position": 9}, foreign)) == [{"_deleted": True, "id": str(row.pk)}]
    row.refresh_from_db()
    assert (row.position, PlannedStop.objects.count()) == (1, 1)


# -- the words of cells ------------------------------------------------------------------------------------------------


@pytest.fixture
def paper(cast: Cast, as_lin: APIClient) -> Phone:
    months.open_month(MARCH)
    phone = Phone(as_lin, "cell_words")
    phone.pull()
    return phone


def cell(phone: Phone, name: str) -> dict[str, Any]:
    return next(document for document in phone.documents.values() if document["cell"] == name)


def test_words_are_written_and_cleared_on_the_phone(cast: Cast, paper: Phone) -> None:
    held = cell(paper, "client_plan")
    assert paper.push(made({**held, "words": "先跑乡镇"}, held)) == []
    assert ManagerCell.objects.get(cell="client_plan").words == "先跑乡镇"
    tick()
    paper.pull()
    told = cell(paper, "client_plan")
    assert (told["words"], told["version"]) == ("先跑乡镇", ManagerCell.objects.get(cell="client_plan").version)
    assert paper.push(made({**told, "words": None}, told)) == []
    assert ManagerCell.objects.get(cell="client_plan").words == ""


def test_a_submitted_cell_refuses_words_and_others_still_take_theirs(cast: Cast, paper: Phone) -> None:
    held, other = cell(paper, "client_plan"), cell(paper, "brand_plan")
    answer = paper.client.get(f"/api/v1/manager-cycles/{held['cycle_id']}").json()
    tag = next(one for one in answer["cells"] if one["cell"] == "client_plan")["etag"]
    post(paper.client, f"manager-cycles/{held['cycle_id']}/cells/client_plan/submit", HTTP_IF_MATCH=tag)
    assert paper.push(made({**held, "words": "晚了"}, held), made({**other, "words": "来得及"}, other)) == []
    written = dict(ManagerCell.objects.exclude(words="").values_list("cell", "words"))
    assert (refusals(), written) == (["cell_not_so"], {"brand_plan": "来得及"})


def test_nobody_writes_the_words_of_anothers_cell(cast: Cast, paper: Phone, as_chen: APIClient) -> None:
    held = cell(paper, "client_plan")
    chen = Phone(as_chen, "cell_words")
    chen.pull()
    assert cell(chen, "client_plan")["words"] is None
    [answered] = chen.push(made({**held, "words": "代写"}, held))
    assert (answered["id"], answered["words"]) == (held["id"], None)
    assert not ManagerCell.objects.exclude(words="").exists()


# -- late and ended ----------------------------------------------------------------------------------------------------


def test_a_device_that_was_ended_brings_what_was_dated_before_and_nothing_later(cast: Cast) -> None:
    client = phone_of(cast.lin, device_id="old")
    with on(cast, date(2026, 3, 17)) as _:
        Device.objects.filter(device_id="old").update(state="ended", ended_at="2026-03-16T12:00:00+08:00")
        phone = Phone(client, "promises")
        late = promise(cast, 2, promised_on="2026-03-17")
        assert phone.push(made(promise(cast, 1)), made(late)) == []
        assert (list(Promise.objects.values_list("pk", flat=True)), refusals()) == ([uid(1)], ["device_ended"])
