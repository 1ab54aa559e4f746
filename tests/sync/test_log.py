"""What phones were told follows what they should hold: comparison, change marks, notices, and the floor's own feed."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import clock, feeds, marks, phones, streams_sql, synclog
from backend.feeds import Feed, Pushed
from backend.models import ChangeMark, Position, Quarantined, SyncCounter, SyncEntry
from retail.models import Assignment
from tests.cast import NOW, TODAY, Cast, phone_of
from tests.sync.notes import FEED, notes_feed, write
from tests.sync.wire import Phone, made, uid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def feed(db: None) -> Iterator[None]:
    with notes_feed():
        yield


def entries(cast: Cast) -> list[tuple[int, int, bool]]:
    """(document, number, deleted) of Lin's stream, in order."""
    rows = SyncEntry.objects.filter(territory=cast.territory, collection="notes").order_by("sequence")
    return [(row.document_id.int & 0xFFFF, row.sequence, row.deleted) for row in rows]


def test_a_comparison_tells_what_is_new_changed_and_gone_and_nothing_else(cast: Cast) -> None:
    lin = cast.territory.pk
    for number in (1, 2, 3):
        write(uid(number), cast.shops[0].pk, "x", told=False)
    assert synclog.reconcile(FEED, [lin, cast.other_territory.pk]) == {lin: 3}
    assert entries(cast) == [(1, 1, False), (2, 2, False), (3, 3, False)]
    assert synclog.reconcile(FEED, [lin]) == {}
    write(uid(2), cast.shops[0].pk, "geändert", told=False)
    write(uid(4), cast.shops[0].pk, "neu", told=False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sync_note WHERE id = %s", [uid(1)])
    assert synclog.reconcile(FEED, [lin]) == {lin: 3}
    assert entries(cast) == [(3, 3, False), (1, 4, True), (2, 5, False), (4, 6, False)]
    assert synclog.reconcile(FEED, [lin]) == {}
    write(uid(1), cast.shops[0].pk, "x", told=False)
    assert synclog.reconcile(FEED, [lin]) == {lin: 1}
    assert entries(cast)[-1] == (1, 7, False)


@pytest.mark.parametrize("count", [3, 30])
def test_a_comparison_costs_two_queries_whatever_it_finds(cast: Cast, count: int) -> None:
    for number in range(count):
        write(uid(number), cast.shops[0].pk, "x", told=False)
    with CaptureQueriesContext(connection) as captured:
        assert synclog.reconcile(FEED, [cast.territory.pk]) == {cast.territory.pk: count}
    assert len([query for query in captured if "SAVEPOINT" not in query["sql"]]) == 2


def test_a_mark_tells_phones_what_its_writer_did_not_enter(cast: Cast, as_lin: APIClient) -> None:
    phone = Phone(as_lin)
    assert phone.pull() == {}
    with transaction.atomic():
        write(uid(1), cast.shops[0].pk, "x", told=False)
        marks.mark("retailers", [(cast.county.pk, TODAY)])  # of the county: all its territories
    assert phone.page() == []
    assert phones.follow() == 1
    assert set(phone.pull()) == {str(uid(1))}
    assert not ChangeMark.objects.filter(consumer="phones").exists()


def test_a_unit_that_no_phone_pulled_from_is_left_to_its_first_pull(cast: Cast, as_lin: APIClient) -> None:
    write(uid(1), cast.shops[0].pk, "x", told=False)
    with transaction.atomic():
        marks.mark("retailers", [(cast.territory.pk, TODAY)])
    assert phones.follow() == 1
    assert not SyncEntry.objects.exists()
    assert set(Phone(as_lin).pull()) == {str(uid(1))}


def test_an_entry_of_a_writer_does_not_stand_for_the_whole_unit(cast: Cast, as_lin: APIClient) -> None:
    """Shops that an import loaded were never entered; one edit of one of them was."""
    write(uid(1), cast.shops[0].pk, "geladen", told=False)
    write(uid(2), cast.shops[0].pk, "geändert")
    assert set(Phone(as_lin).pull()) == {str(uid(1)), str(uid(2))}


def test_a_change_is_told_again_once_it_was_told_and_not_before(cast: Cast) -> None:
    """Nobody has pulled the note yet when it changes: whoever pulls it gets what it then is, under its first number."""
    write(uid(1), cast.shops[0].pk, "eins", told=False)
    Phone(phone_of(cast.lin)).ask(limit=1)  # the unit is compared, the note told
    write(uid(2), cast.shops[0].pk, "eins")
    for text in ("zwei", "drei"):
        write(uid(2), cast.shops[0].pk, text, told=False)
        assert synclog.reconcile(FEED, [cast.territory.pk]) == {}
    phone = Phone(phone_of(cast.lin))
    assert phone.pull()[str(uid(2))]["text"] == "drei"
    write(uid(2), cast.shops[0].pk, "vier", told=False)
    assert synclog.reconcile(FEED, [cast.territory.pk]) == {cast.territory.pk: 1}
    assert [d["text"] for d in phone.page()] == ["vier"]


def test_what_was_told_as_gone_is_told_when_it_comes_back(cast: Cast, as_lin: APIClient) -> None:
    """Entered as there, but not there when it was pulled: the shop was not hers yet."""
    phone = Phone(as_lin)
    phone.pull()
    write(uid(1), cast.wu_shops[0].pk, "x", told=False)
    synclog.append("notes", {cast.territory.pk: [uid(1)]})
    assert phone.page() == [{"id": str(uid(1)), "_deleted": True}]
    Assignment.objects.filter(retailer=cast.wu_shops[0]).update(territory=cast.territory)
    assert synclog.reconcile(FEED, [cast.territory.pk]) == {cast.territory.pk: 1}
    assert set(phone.pull()) == {str(uid(1))}


def test_a_feed_told_by_its_writers_is_compared_by_what_came_and_went(cast: Cast, as_lin: APIClient) -> None:
    feed = replace(FEED, collection="papers", told_by_writers=True)
    feeds.register(feed)
    lin = cast.territory.pk
    write(uid(1), cast.shops[0].pk, "x", told=False)
    assert synclog.reconcile(feed, [lin]) == {lin: 1}
    write(uid(1), cast.shops[0].pk, "y", told=False)
    assert synclog.reconcile(feed, [lin]) == {}
    write(uid(2), cast.shops[0].pk, "y", told=False)
    Assignment.objects.filter(retailer=cast.shops[0]).update(territory=cast.next_territory)
    assert synclog.reconcile(feed, [lin, cast.next_territory.pk]) == {lin: 1, cast.next_territory.pk: 2}


def test_what_a_date_changes_is_told_at_the_first_pull_of_that_day(cast: Cast) -> None:
    """A shop changes hands tomorrow: nobody writes or marks anything on that day."""
    write(uid(1), cast.shops[0].pk, "x")
    tomorrow = TODAY + timedelta(days=1)
    Assignment.objects.filter(retailer=cast.shops[0]).update(during=DateRange(date(2024, 1, 1), tomorrow))
    Assignment.objects.create(retailer=cast.shops[0], territory=cast.next_territory, during=DateRange(tomorrow, None))
    mine, next_one = Phone(phone_of(cast.lin)), Phone(phone_of(cast.ma))
    assert (set(mine.pull()), set(next_one.pull())) == ({str(uid(1))}, set())
    with clock.at(NOW + timedelta(days=1)):
        assert (set(mine.pull()), set(next_one.pull())) == (set(), {str(uid(1))})
    assert set(SyncCounter.objects.values_list("reconciled_on", flat=True)) == {tomorrow}


def test_a_feed_of_units_above_is_told_to_everybody_below(cast: Cast, as_lin: APIClient, as_wu: APIClient) -> None:
    """Documents of the prefecture and of Lin's county: Lin gets both, Wu that of the prefecture."""
    statement = """
        SELECT u.id, md5(u.code)::uuid, json_build_object('id', md5(u.code)::uuid, 'name', u.name)
        FROM backend_unit u WHERE u.level IN (2, 3) AND u.id = ANY(%(units)s)
        AND (%(ids)s::uuid[] IS NULL OR md5(u.code)::uuid = ANY(%(ids)s::uuid[]))"""
    feeds.register(Feed("leaflets", 1, "retail.read", statement, above=True, kinds=("leaflets",)))
    lin, wu = Phone(as_lin, "leaflets"), Phone(as_wu, "leaflets")
    assert sorted(d["name"] for d in lin.pull().values()) == ["阳新县", "黄石市"]
    assert sorted(d["name"] for d in wu.pull().values()) == ["大冶市", "黄石市"]
    with transaction.atomic():
        type(cast.prefecture).objects.filter(pk=cast.prefecture.pk).update(name="黄石")
        marks.mark("leaflets", [(cast.prefecture.pk, TODAY)])
    assert phones.follow() == 1
    assert [d["name"] for d in wu.page()] == [d["name"] for d in lin.page()] == ["黄石"]


def test_a_phone_starts_over_when_the_database_is_another_one(
    cast: Cast, as_lin: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restored from a backup, it numbers anew what it forgot: the phone's numbers mean nothing there."""
    for number in range(3):
        write(uid(number), cast.shops[0].pk, "x")
    phone = Phone(as_lin)
    phone.pull()
    phone.told.clear()
    monkeypatch.setattr(streams_sql, "MINE", streams_sql.MINE.replace("d.oid", "'restored'"))
    write(uid(7), cast.shops[0].pk, "y")
    phone.pull()
    assert {document["id"] for document in phone.told} == {str(uid(n)) for n in (0, 1, 2, 7)}


@pytest.mark.django_db(transaction=True)
def test_a_change_is_announced_once_for_each_unit_and_collection(cast: Cast) -> None:
    database = settings.DATABASES["default"]
    with psycopg.connect(
        host=database["HOST"], user=database["USER"], dbname=database["NAME"], autocommit=True
    ) as listening:
        listening.execute(f"LISTEN {synclog.CHANNEL}")
        with transaction.atomic():
            write(uid(1), cast.shops[0].pk, "x")
            write(uid(2), cast.shops[0].pk, "y")
            write(uid(3), cast.wu_shops[0].pk, "z")
        with transaction.atomic():
            write(uid(4), cast.shops[0].pk, "x", told=False)
            synclog.reconcile(FEED, [cast.territory.pk])
            synclog.reconcile(FEED, [cast.territory.pk])
        heard = [notice.payload for notice in listening.notifies(timeout=10, stop_after=3)]
    assert heard == [
        f"{cast.territory.pk} notes",
        f"{cast.other_territory.pk} notes",
        f"{cast.territory.pk} notes",
    ]


# -- who may ask -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"), [("lin", 200), ("chen", 200), ("zhao", 403), ("qian", 403), ("sun", 403), ("anonymous", 401)]
)
def test_streams_are_for_territories_and_market_offices(cast: Cast, who: str, status: int) -> None:
    client = APIClient() if who == "anonymous" else phone_of(cast.people[who])
    phone = Phone(client)
    assert phone.ask().status_code == status
    assert phone.post("[]").status_code == status
    assert SyncEntry.objects.count() == 0


def test_late_work_of_somebody_who_left_is_taken_and_nothing_is_told(cast: Cast, as_lin: APIClient) -> None:
    Position.objects.filter(person=cast.lin).update(during=DateRange(date(2024, 1, 1), TODAY))
    phone = Phone(as_lin)
    assert phone.ask().status_code == 403
    note = {"id": str(uid(1)), "retailer_id": str(cast.shops[0].pk), "text": "x"}
    assert phone.push(made(note)) == []
    kept = Quarantined.objects.get()  # the notes' verb asks for the shop of today
    assert (kept.person_id, kept.unit_id, kept.problem["en"]["code"]) == (cast.lin.pk, cast.territory.pk, "not_found")


@pytest.mark.parametrize(
    "asked", ["", "lwt=0", "lwt=0&id=&limit=0", "lwt=0&id=&limit=1001", "lwt=x&id=", "lwt=0&id=&x=1"]
)
def test_a_pull_that_does_not_say_where_it_stands_is_refused(as_lin: APIClient, asked: str) -> None:
    answer = as_lin.get(f"/sync/notes/1/pull?{asked}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_an_unknown_collection_or_version_is_not_found(as_lin: APIClient) -> None:
    for address in ("/sync/nothing/1/pull?lwt=0&id=", "/sync/notes/2/pull?lwt=0&id="):
        assert as_lin.get(address).status_code == 404


def test_a_collection_that_only_comes_down_takes_nothing(cast: Cast, as_lin: APIClient) -> None:
    assert Phone(as_lin, "sync_issues").post("[]").status_code == 403


@pytest.mark.parametrize(("body", "code"), [("{}", "malformed_json"), ("[" + "{}," * 200 + "{}]", "too_many_items")])
def test_a_body_that_is_no_list_of_rows_is_refused_whole(as_lin: APIClient, body: str, code: str) -> None:
    answer = Phone(as_lin).post(body)
    assert answer.json()["code"] == code
    assert not Quarantined.objects.exists()


def test_a_long_answer_is_packed_for_those_who_take_it(cast: Cast, as_lin: APIClient) -> None:
    for number in range(20):
        write(uid(number), cast.shops[0].pk, "重复" * 50)
    plain = Phone(as_lin).ask()
    packed = as_lin.get("/sync/notes/1/pull", {"lwt": "0", "id": ""}, HTTP_ACCEPT_ENCODING="gzip")
    assert (plain.get("Content-Encoding"), packed["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 5


# -- what a verb asks of two states ------------------------------------------------------------------------------------

A, B = {"text": "a"}, {"text": "b"}


def row(assumed: Any, new: Any, *, deleted: bool = False) -> Pushed:
    return Pushed(uid(1), assumed, new, deleted, b"")


@pytest.mark.parametrize(
    ("pushed", "stored", "verdict"),
    [
        (row(None, A), None, None),
        (row(None, A), A, feeds.STORED),
        (row(None, A), B, feeds.CONFLICT),
        (row(A, B), A, None),
        (row(A, B), B, feeds.STORED),
        (row(A, B), {"text": "c"}, feeds.CONFLICT),
        (row(A, B), None, feeds.CONFLICT),
        (row(A, A, deleted=True), A, None),
        (row(A, A, deleted=True), B, feeds.CONFLICT),
        (row(A, A, deleted=True), None, feeds.STORED),
        (row(None, A, deleted=True), A, feeds.CONFLICT),
    ],
)
def test_what_a_row_is_before_anything_is_written(pushed: Pushed, stored: Any, verdict: Any) -> None:
    assert feeds.settled(pushed, stored, {"text"}) == verdict


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"x": None}, {}, True),
        ({"x": 2.0}, {"x": 2}, True),
        ({"x": {"b": 1, "a": [1.0]}}, {"x": {"a": [1], "b": 1, "c": None}}, True),
        ({"x": 1, "seen": 5}, {"x": 1, "seen": 6}, True),
        ({"x": "1"}, {"x": 1}, False),
        ({"x": [1, 2]}, {"x": [2, 1]}, False),
        ({"x": False}, {}, False),
    ],
)
def test_two_states_are_the_same_as_javascript_tells_them_apart(one: Any, other: Any, is_same: bool) -> None:
    assert feeds.same(one, other, {"x"}) is is_same


@pytest.mark.parametrize("by_writers", [False, True])
def test_what_comes_and_goes_between_two_comparisons_leaves_no_phone_with_what_is_not_so(
    cast: Cast, as_lin: APIClient, by_writers: bool
) -> None:
    feed = replace(FEED, told_by_writers=by_writers)
    feeds._feeds[FEED.collection, FEED.version] = feed
    first, second = Phone(as_lin), Phone(phone_of(cast.lin, device_id="second"))
    units = [cast.territory.pk, cast.next_territory.pk]

    def owned_by(unit: int, *, compared: bool) -> None:
        Assignment.objects.filter(retailer=cast.shops[0]).update(territory_id=unit)
        if compared:
            synclog.reconcile(feed, units)

    write(uid(1), cast.shops[0].pk, "x", told=False)
    synclog.reconcile(feed, units)
    assert (len(first.pull()), len(second.pull())) == (1, 1)
    owned_by(units[1], compared=True)  # the log says that it is gone
    owned_by(units[0], compared=False)
    assert len(first.pull()) == 1  # but it is here again, and its comparison is still to come
    owned_by(units[1], compared=True)
    assert (first.pull(), second.pull()) == ({}, {})
    owned_by(units[0], compared=True)
    owned_by(units[1], compared=False)
    assert first.pull() == {}  # the log says that it is here
    owned_by(units[0], compared=True)
    assert (len(first.pull()), len(second.pull())) == (1, 1)


def test_what_another_page_noted_a_moment_later_is_told_again(cast: Cast, as_lin: APIClient) -> None:
    """Two phones pull at once, and an edit lands between the moments at which they read: the older page notes nothing
    after the newer one, and its phone must not be left with what was so before."""
    phone = Phone(as_lin)
    write(uid(1), cast.shops[0].pk, "vorher", told=False)
    noted = FEED.documents.replace("n.text,", "'nachher',", 1)

    def overtaken(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "SKIP LOCKED" in sql:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE backend_syncentry e SET digest = decode(md5(d.document::text), 'hex')"
                    f" FROM ({noted}) AS d(unit_id, id, document) WHERE e.document_id = d.id",
                    synclog.named(FEED, [cast.territory.pk]),
                )
        return execute(sql, params, many, context)

    with connection.execute_wrapper(overtaken):
        assert [d["text"] for d in phone.page()] == ["vorher"]
    write(uid(1), cast.shops[0].pk, "nachher", told=False)  # as the newer page read it; its mark was followed before
    phones.follow()
    assert [d["text"] for d in phone.page()] == ["nachher"]
    assert (phones.follow(), phone.page()) == (0, [])
