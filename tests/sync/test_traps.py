"""The ten traps of replication, each found by running the real client (docs/sync.md): one test or more for each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import clock, marks, phones
from backend.models import Position, Quarantined, SyncEntry
from retail.models import Assignment
from tests.cast import ALWAYS, NOW, TODAY, Cast, phone_of
from tests.sync.notes import notes_feed, write
from tests.sync.wire import Phone, made, uid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def feed(db: None) -> Iterator[None]:
    with notes_feed():
        yield


def note(cast: Cast, number: int, text: str, shop: int = 0) -> dict[str, Any]:
    return {"id": str(uid(number)), "retailer_id": str(cast.shops[shop].pk), "text": text}


def issues(client: APIClient) -> list[dict[str, Any]]:
    phone = Phone(client, "sync_issues")
    return sorted(phone.pull().values(), key=lambda issue: issue["submission_id"] or "")


def stored() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text, text FROM sync_note ORDER BY id")
        return dict(cursor.fetchall())


# -- 1 never a 4xx for one bad row -------------------------------------------------------------------------------------


def test_1_one_bad_row_is_refused_by_itself_kept_and_told(cast: Cast, as_lin: APIClient) -> None:
    phone = Phone(as_lin)
    foreign = {**note(cast, 2, "别人的店"), "retailer_id": str(cast.wu_shops[0].pk)}
    seen = {**note(cast, 3, "甲"), "seen": 9}
    unkeyed = {**note(cast, 4, "乙"), "id": "nobody"}
    body = json.dumps(
        [made(note(cast, 1, "好")), made(foreign), made(seen), made(unkeyed), made(note(cast, 5, "也好"))]
    )
    answer = phone.post(body)
    assert (answer.status_code, answer.json()) == (200, [])
    assert stored() == {str(uid(1)): "好", str(uid(5)): "也好"}
    told = issues(as_lin)
    assert [(i["submission_id"], i["problem"]["en"]["code"], i["state"]) for i in told] == [
        (None, "invalid", "open"),
        (str(uid(2)), "not_found", "open"),
        (str(uid(3)), "read_only_field", "open"),
    ]
    assert told[2]["problem"]["zh-hans"]["errors"] == [
        {"pointer": "/seen", "code": "read_only_field", "message": "该字段不可由客户端写入"}
    ]
    kept = Quarantined.objects.get(submission_id=uid(3))
    assert (kept.kind, kept.person_id, kept.unit_id) == ("notes", cast.lin.pk, cast.territory.pk)
    assert json.loads(bytes(kept.payload)) == {"_deleted": False, **seen}


def test_1_a_row_that_is_hardly_json_refuses_itself_only(cast: Cast, as_lin: APIClient) -> None:
    good = json.dumps(made(note(cast, 1, "好")))
    huge = json.dumps(made(note(cast, 2, "N"))).replace('"N"', "1e400")
    twice = good.replace('"text"', '"text": "甲", "text"').replace(str(uid(1)), str(uid(3)))
    answer = Phone(as_lin).post(f"[{huge},{twice},{good},7]")
    assert (answer.status_code, answer.json()) == (200, [])
    assert stored() == {str(uid(1)): "好"}
    found = Quarantined.objects.values_list("problem__en__code", "submission_id")
    assert set(found) == {("number_out_of_range", None), ("duplicate_key", uid(3)), ("invalid", None)}


def test_1_the_same_refused_row_again_is_kept_once(cast: Cast, as_lin: APIClient) -> None:
    bad = made({**note(cast, 1, "甲"), "seen": 9})
    phone = Phone(as_lin)
    assert phone.push(bad) == phone.push(bad) == []
    assert len(issues(as_lin)) == Quarantined.objects.count() == 1


def test_1_an_issue_is_its_authors_alone(cast: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    Phone(as_lin).push(made({**note(cast, 1, "甲"), "seen": 9}))
    assert len(issues(as_lin)) == 1
    assert issues(as_chen) == []


# -- 2 conflict = the client-owned fields differ -----------------------------------------------------------------------


def test_2_a_second_edit_survives_what_the_server_wrote_meanwhile(cast: Cast, as_lin: APIClient) -> None:
    phone = Phone(as_lin)
    first, second = note(cast, 1, "一"), note(cast, 1, "二")
    assert phone.push(made(first)) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sync_note SET seen = 5, changed_at = now()")
    assert phone.push(made(second, first)) == []
    pulled = phone.pull()[str(uid(1))]
    assert (pulled["text"], pulled["seen"]) == ("二", 5)
    third = {**pulled, "text": "三"}
    assert phone.push(made(third, pulled)) == []
    assert stored() == {str(uid(1)): "三"}


def test_2_a_real_conflict_keeps_the_server_and_shows_both_values(cast: Cast, as_lin: APIClient) -> None:
    mine, theirs = Phone(as_lin), Phone(phone_of(cast.chen))
    first = note(cast, 1, "一")
    mine.push(made(first))
    theirs.push(made({**first, "text": "陈"}, first))
    [answered] = mine.push(made({**first, "text": "林"}, first))
    assert (answered["id"], answered["text"], answered["_deleted"]) == (str(uid(1)), "陈", False)
    assert stored() == {str(uid(1)): "陈"}
    [issue] = issues(as_lin)
    assert (issue["problem"]["en"]["code"], issue["kind"]) == ("sync_conflict", "notes")
    both = issue["conflict"]
    assert (both["mine"]["text"], both["mine_by"]) == ("林", "林小梅")
    assert (both["theirs"]["text"], both["theirs_by"]) == ("陈", "陈国庆")
    assert both["mine_at"] == both["theirs_at"] == "2026-03-16T02:00:00Z"


# -- 3 scope in WHERE, before LIMIT ------------------------------------------------------------------------------------


def test_3_a_page_is_full_while_there_is_more_also_beside_foreign_documents(cast: Cast, as_lin: APIClient) -> None:
    for number in range(20):
        write(uid(number), (cast.wu_shops if number % 4 else cast.shops)[0].pk, "x")
    phone = Phone(as_lin)
    assert [len(phone.page(2)) for _ in range(4)] == [2, 2, 1, 0]
    assert sorted(phone.documents) == [str(uid(n)) for n in (0, 4, 8, 12, 16)]


def test_3_a_document_told_in_two_streams_fills_one_place(cast: Cast) -> None:
    """Chen holds both; a shop moved from the first to the second: an entry in each."""
    for number in range(4):
        write(uid(number), cast.shops[0].pk, "x")
    _move(cast, shop=0)
    phone = Phone(phone_of(cast.chen))
    assert [len(phone.page(3)) for _ in range(2)] == [3, 1]
    assert len(phone.documents) == 4


# -- 4 the checkpoint follows commit order -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_4_what_commits_late_is_never_numbered_below_what_was_served(cast: Cast) -> None:
    phone = Phone(phone_of(cast.lin))
    write_in(cast, 1)
    phone.pull()
    seen: list[set[str]] = []
    with transaction.atomic():
        write(uid(2), cast.shops[0].pk, "begun first")
        other = Thread(target=write_in, args=(cast, 3))
        other.start()
        other.join(0.3)
        assert other.is_alive()  # waits for the counter: its number is not visible before the first one's
        seen.append(_asked_elsewhere(phone))
    other.join()
    phone.pull()
    assert seen == [{str(uid(1))}]
    assert set(phone.documents) == {str(uid(n)) for n in (1, 2, 3)}


def write_in(cast: Cast, number: int) -> None:
    with transaction.atomic():
        write(uid(number), cast.shops[0].pk, "x")
    if connection.connection is not None and number == 3:
        connections.close_all()


def _asked_elsewhere(phone: Phone) -> set[str]:
    """A pull over a connection of its own."""

    def ask() -> None:
        with clock.at(NOW):
            phone.pull()
        connections.close_all()

    other = Thread(target=ask)
    other.start()
    other.join()
    return set(phone.documents)


# -- 5 a conflict answer never returns a document outside the caller's scope -------------------------------------------


def test_5_a_conflict_on_a_foreign_document_answers_its_id_only(cast: Cast, as_wu: APIClient) -> None:
    write(uid(1), cast.shops[0].pk, "林的秘密")
    row = made({"id": str(uid(1)), "retailer_id": str(cast.wu_shops[0].pk), "text": "吴"})
    answer = Phone(as_wu).post(json.dumps([row]))
    assert answer.json() == [{"id": str(uid(1)), "_deleted": True}]
    assert "秘密" not in answer.content.decode()
    [issue] = issues(as_wu)
    assert issue["conflict"] | {"mine": 0} == {
        "mine": 0, "mine_by": "吴强", "mine_at": "2026-03-16T02:00:00Z",
        "theirs": None, "theirs_by": "", "theirs_at": None,
    }  # fmt: skip
    assert stored() == {str(uid(1)): "林的秘密"}


# -- 6 a retailer that leaves my territory -----------------------------------------------------------------------------


def test_6_a_shop_that_moves_takes_its_documents_to_the_new_owners_phone(cast: Cast, as_lin: APIClient) -> None:
    write(uid(1), cast.shops[0].pk, "走")
    write(uid(2), cast.shops[1].pk, "留")
    mine, next_one, above = Phone(as_lin), Phone(phone_of(cast.ma)), Phone(phone_of(cast.chen))
    for phone in (mine, next_one, above):
        phone.pull()
    assert (set(mine.documents), set(next_one.documents)) == ({str(uid(1)), str(uid(2))}, set())
    _move(cast, shop=0)
    for phone in (mine, next_one, above):
        phone.pull()
    assert set(mine.documents) == {str(uid(2))}
    assert mine.told[-1] == {"id": str(uid(1)), "_deleted": True}
    assert next_one.documents[str(uid(1))]["text"] == "走"
    assert set(above.documents) == {str(uid(1)), str(uid(2))}
    assert not any(document["_deleted"] for document in above.told)


def test_6_a_stream_that_i_no_longer_hold_is_walked_down_in_pages(cast: Cast) -> None:
    for number in range(5):
        write(uid(number), cast.shops[0].pk, "x")
    Position.objects.filter(person=cast.ma).delete()
    Position.objects.create(person=cast.lin, unit=cast.next_territory, role_id="account_manager", during=ALWAYS)
    phone = Phone(phone_of(cast.lin))
    assert len(phone.pull()) == 5
    Position.objects.filter(person=cast.lin, unit=cast.territory).update(during=DateRange(date(2024, 1, 1), TODAY))
    write(uid(9), cast.shops[1].pk, "后来的")
    assert [len(phone.page(2)) for _ in range(3)] == [2, 2, 1]
    assert phone.documents == {}
    assert str(uid(9)) not in {document["id"] for document in phone.told}  # she was never told of it, nor is now
    assert phone.page() == []


def test_6_what_another_stream_of_mine_still_shows_stays(cast: Cast) -> None:
    write(uid(1), cast.shops[0].pk, "x")
    write(uid(2), cast.shops[1].pk, "y")
    Position.objects.filter(person=cast.ma).delete()
    Position.objects.create(person=cast.lin, unit=cast.next_territory, role_id="account_manager", during=ALWAYS)
    phone = Phone(phone_of(cast.lin))
    phone.pull()
    _move(cast, shop=0)
    Position.objects.filter(person=cast.lin, unit=cast.territory).update(during=DateRange(date(2024, 1, 1), TODAY))
    assert set(phone.pull()) == {str(uid(1))}
    assert {d["id"] for d in phone.told if d["_deleted"]} == {str(uid(2))}


def test_6_a_checkpoint_that_somebody_made_up_asks_for_nothing_foreign(cast: Cast, as_wu: APIClient) -> None:
    write(uid(1), cast.shops[0].pk, "x")
    lin, wu = Phone(phone_of(cast.lin)), Phone(as_wu)
    lin.pull()
    for text in (lin.checkpoint["id"], f"{cast.territory.pk}=1000000.{'0' * 16}"):
        wu.checkpoint = {"id": text, "lwt": 1}
        assert wu.page() == []
    assert wu.ask(id="12=x").status_code == 400


# -- 7 children before parents -----------------------------------------------------------------------------------------


def test_7_a_document_may_name_one_that_was_not_pulled_yet(cast: Cast, as_lin: APIClient) -> None:
    """Collections come independently: a note arrives, by push and by pull, before its shop was ever pulled."""
    assert Phone(as_lin).push(made(note(cast, 1, "先到"))) == []
    assert Phone(as_lin).pull()[str(uid(1))]["retailer_id"] == str(cast.shops[0].pk)
    assert issues(as_lin) == []


# -- 8 a lost answer and a repeat converge -----------------------------------------------------------------------------


def test_8_the_same_push_again_is_silent_success(cast: Cast, as_lin: APIClient) -> None:
    phone = Phone(as_lin)
    first, second = note(cast, 1, "一"), note(cast, 1, "二")
    for _ in range(3):
        assert phone.push(made(first)) == []
    for _ in range(3):
        assert phone.push(made(second, first)) == []
    gone = {**second, "_deleted": True}
    for _ in range(3):
        assert phone.push({"assumedMasterState": second, "newDocumentState": gone}) == []
    assert (stored(), issues(as_lin), phone.pull()) == ({}, [], {})


@pytest.mark.django_db(transaction=True)
def test_8_twenty_replays_at_once_are_one_row(cast: Cast) -> None:
    answers: list[Any] = []
    clients = [phone_of(cast.lin, device_id=f"d{number}") for number in range(20)]

    def replay(client: APIClient) -> None:
        with clock.at(NOW):
            answers.append(Phone(client).push(made(note(cast, 1, "一"))))
        connections.close_all()

    threads = [Thread(target=replay, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[]] * 20
    assert stored() == {str(uid(1)): "一"}
    assert SyncEntry.objects.filter(collection="notes").values_list("sequence", flat=True).get() == 1
    assert Quarantined.objects.count() == 0


def test_8_a_document_twice_in_one_push_is_judged_in_order(cast: Cast, as_lin: APIClient) -> None:
    first, second = note(cast, 1, "一"), note(cast, 1, "二")
    assert Phone(as_lin).push(made(first), made(second, first)) == []
    assert stored() == {str(uid(1)): "二"}


# -- 9 the device clock may be wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["2099-01-01T00:00:00+08:00", "1970-01-01T00:00:00Z", "gestern", ""])
def test_9_a_phone_whose_clock_is_wrong_is_served_like_any_other(cast: Cast, as_lin: APIClient, said: str) -> None:
    phone = Phone(as_lin)
    assert phone.push(made(note(cast, 1, "一")), HTTP_X_SENT_AT=said) == []
    assert phone.pull()[str(uid(1))]["text"] == "一"


# -- 10 the first sync is paged, resumable, usable after its first page ------------------------------------------------


def test_10_a_first_sync_that_is_cut_goes_on_where_it_was(cast: Cast, as_lin: APIClient) -> None:
    for number in range(7):
        write(uid(number), cast.shops[number % 3].pk, "x", told=False)
    phone = Phone(as_lin)
    assert [len(phone.page(3)) for _ in range(2)] == [3, 3]
    again = Phone(as_lin, documents=dict(phone.documents), checkpoint=dict(phone.checkpoint))
    assert [len(again.page(3)) for _ in range(2)] == [1, 0]
    assert len(again.documents) == 7


def test_10_a_pull_with_nothing_new_costs_two_queries(cast: Cast, as_lin: APIClient) -> None:
    write(uid(1), cast.shops[0].pk, "x")
    phone = Phone(as_lin)
    phone.pull()
    before = dict(phone.checkpoint)
    with CaptureQueriesContext(connection) as captured:
        assert phone.page() == []
    assert len(captured) == 2  # who asks, and the counters
    assert phone.checkpoint == before


@pytest.mark.parametrize("count", [3, 30])
def test_10_a_pull_costs_the_same_queries_whatever_its_length(cast: Cast, as_lin: APIClient, count: int) -> None:
    phone = Phone(as_lin)
    phone.pull()
    for number in range(count):
        write(uid(number), cast.shops[0].pk, "x")
    with CaptureQueriesContext(connection) as captured:
        assert len(phone.page()) == count
    assert queries(captured) == 5  # who asks, the counters, the page, its documents behind a lock
    again = Phone(phone_of(cast.lin, device_id="another"))
    with CaptureQueriesContext(connection) as captured:
        assert len(again.page()) == count
    assert queries(captured) == 4  # no longer the first telling


# ----------------------------------------------------------------------------------------------------------------------


def queries(captured: CaptureQueriesContext) -> int:
    return len([query for query in captured if "SAVEPOINT" not in query["sql"]])


def _move(cast: Cast, shop: int) -> None:
    """The shop changes hands today, and the mark of it is drained."""
    moved = cast.shops[shop]
    Assignment.objects.filter(retailer=moved).update(during=DateRange(date(2024, 1, 1), TODAY))
    Assignment.objects.create(retailer=moved, territory=cast.next_territory, during=DateRange(TODAY, None))
    with transaction.atomic():
        marks.mark("retailers", [(cast.territory.pk, TODAY), (cast.next_territory.pk, TODAY)])
    assert phones.follow() == 2
