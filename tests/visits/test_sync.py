"""Visits both ways between phones and server: what lands, what is an edit, a withdrawal, a conflict; who is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import clock
from backend.models import Quarantined, Receipt
from retail.models import Assignment
from tests.cast import NOW, SINCE, TODAY, Cast, phone_of
from tests.sync.wire import Phone, made
from tests.visits.items import everything, full_item, item, receive
from visits import telling
from visits.models import Remark, Visit, VisitRevision, VisitScore

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_ma(cast: Cast) -> APIClient:
    return phone_of(cast.people["ma"])


@pytest.fixture
def phone(as_lin: APIClient) -> Phone:
    return Phone(as_lin, "visits")


def synced(sent: dict[str, Any]) -> dict[str, Any]:
    """A submitted visit as the phone's document."""
    return {"id": sent["submission_id"], **{key: value for key, value in sent.items() if key != "sent_at"}}


def issues(client: APIClient) -> list[dict[str, Any]]:
    return sorted(Phone(client, "sync_issues").pull().values(), key=lambda issue: issue["received_at"])


def test_a_visit_with_everything_comes_back_as_it_was_told(phone: Phone, cast: Cast) -> None:
    sent = everything(cast)
    assert phone.push(made(synced(sent))) == []
    [document] = phone.pull().values()
    assert telling.same_state(telling.state(document), telling.state(sent))
    assert "score" not in document
    server = {key: value for key, value in document.items() if key not in telling.OWNED}
    assert server == {
        "_deleted": False, "id": sent["submission_id"], "month": "2026-03-01", "presence": "valid", "flags": [],
        "received_at": "2026-03-16T02:00:00Z", "distance_m": 0.0, "display_score": 75.0, "revision": 1,
        "person_id": str(cast.lin.pk), "person_name": "林小梅",
        "photos_missing": [photo["id"] for photo in sent["photos"]],
    }  # fmt: skip
    assert document["check"]["answers"] == [
        {"item": "visible", "answer": True},
        {"item": "clean", "answer": True, "fixed": True, "before": sent["photos"][0]["id"],
         "after": sent["photos"][1]["id"]},
        {"item": "full", "answer": False},
        {"item": "standard", "answer": 16},
        {"item": "continuity", "answer": None},
    ]  # fmt: skip
    assert document["started_at"] == "2026-03-16T01:30:00Z"
    assert VisitScore.objects.count() == 1


def test_what_was_told_and_is_pushed_again_is_silent_success(phone: Phone, cast: Cast) -> None:
    sent = everything(cast, score=...)
    phone.push(made(synced(sent)))
    [document] = phone.pull().values()
    for row in (made(document, document), made(synced(sent)), made({**document, "note": sent["note"]}, document)):
        assert phone.push(row) == []
    assert (Visit.objects.get().revision, VisitRevision.objects.count(), Receipt.objects.count()) == (1, 0, 1)
    assert phone.page() == [document]  # whoever repeats lost the answer, and does not know what the server says
    assert phone.push(made(document, document)) == []
    assert phone.page() == []
    assert issues(phone.client) == []


def test_a_skewed_phone_gets_its_own_times_back(phone: Phone, cast: Cast) -> None:
    ahead = timedelta(hours=3)
    sent = everything(cast, started_at=(NOW + ahead).isoformat(), ended_at=(NOW + ahead).isoformat())
    sent["photos"][0]["taken_at"] = (NOW + ahead).isoformat()
    phone.push(made(synced(sent)), HTTP_X_SENT_AT=(NOW + ahead).isoformat())
    visit = Visit.objects.get()
    assert (visit.device_offset_s, visit.started_at, visit.flags) == (10_800, NOW, ["too_short", "clock_skew"])
    [document] = phone.pull().values()
    assert telling.same_state(telling.state(document), telling.state(sent))
    assert phone.push(made({**document, "note": "改"}, document)) == []
    visit.refresh_from_db()
    assert (visit.started_at, visit.note, visit.flags) == (NOW, "改", ["too_short", "clock_skew"])


def test_an_edit_of_what_the_phone_pushed_is_a_revision_without_a_pull_between(phone: Phone, cast: Cast) -> None:
    sent = synced(everything(cast))
    edited = {**sent, "note": "改过的"}
    assert phone.push(made(sent)) == []
    assert phone.push(made(edited, sent)) == []
    assert phone.push(made({**edited, "note": "再改"}, edited)) == []
    visit = Visit.objects.get()
    assert (visit.note, visit.revision, visit.received_at) == ("再改", 3, NOW)
    assert list(VisitRevision.objects.order_by("number").values_list("number", "act")) == [(2, "edit"), (3, "edit")]
    first = VisitRevision.objects.get(number=2)
    assert (first.before["note"], (first.after or {})["note"]) == (sent["note"], "改过的")
    assert "score" not in first.before | (first.after or {})
    assert VisitScore.objects.count() == 1
    assert issues(phone.client) == []


def test_two_devices_of_one_person_end_alike_and_both_edits_are_in_the_history(phone: Phone, cast: Cast) -> None:
    other = Phone(phone_of(cast.people["lin"], device_id="second"), "visits")
    phone.push(made(synced(everything(cast, score=...))))
    [mine], [theirs] = phone.pull().values(), other.pull().values()
    assert phone.push(made({**mine, "note": "甲机"}, mine)) == []
    [answered] = other.push(made({**theirs, "note": "乙机"}, theirs))
    assert answered["note"] == "甲机"
    [issue] = issues(phone.client)
    assert (issue["problem"]["en"]["code"], issue["submission_id"]) == ("sync_conflict", mine["id"])
    assert (issue["conflict"]["mine"]["note"], issue["conflict"]["theirs"]["note"]) == ("乙机", "甲机")
    assert (issue["conflict"]["mine_by"], issue["conflict"]["theirs_by"]) == ("林小梅", "林小梅")
    assert other.push(made({**answered, "note": "甲机；乙机"}, answered)) == []
    notes = VisitRevision.objects.order_by("number").values_list("before__note", "after__note")
    assert list(notes) == [(mine["note"], "甲机"), ("甲机", "甲机；乙机")]
    assert {d["note"] for d in (*phone.pull().values(), *other.pull().values())} == {"甲机；乙机"}


def test_a_deleted_visit_leaves_the_phones_and_does_not_come_back(phone: Phone, cast: Cast) -> None:
    other = Phone(phone_of(cast.people["lin"], device_id="second"), "visits")
    sent = everything(cast)
    phone.push(made(synced(sent)))
    [document] = phone.pull().values()
    other.pull()
    assert phone.push(made({**document, "_deleted": True}, document)) == []
    assert phone.push(made({**document, "_deleted": True}, document)) == []
    assert other.pull() == phone.pull() == {}
    assert other.told[-1] == {"id": document["id"], "_deleted": True}
    assert (Visit.objects.count(), Remark.objects.count()) == (0, 0)
    gone = VisitRevision.objects.get()
    assert (gone.act, gone.number, gone.after, gone.before["note"]) == ("withdraw", 2, None, sent["note"])
    [outcome] = receive(cast.actor("lin"), sent)
    assert (outcome.word, outcome.receipt.received_at, outcome.missing) == ("duplicate", NOW, ())
    assert other.push(made({**document, "note": "还在改"}, document)) == [{"id": document["id"], "_deleted": True}]
    assert not Visit.objects.exists()


def test_a_visit_deleted_before_it_was_ever_sent_stays_deleted_when_a_copy_comes_late(phone: Phone, cast: Cast) -> None:
    sent = full_item(cast)
    assert phone.push(made({**synced(sent), "_deleted": True})) == []
    assert phone.push(made({"id": str(uuid4()), "_deleted": True})) == []  # nothing that could have landed
    [outcome] = receive(cast.actor("lin"), sent)
    assert outcome.word == "duplicate"
    assert (Visit.objects.count(), VisitRevision.objects.get().act) == (0, "withdraw")
    assert phone.pull() == {}
    assert issues(phone.client) == []


def test_a_bad_row_is_kept_told_and_can_be_mended_while_the_others_land(
    phone: Phone, as_chen: APIClient, cast: Cast
) -> None:
    good, bad = synced(item(cast)), synced(item(cast, observations=[{"product_id": 10**9}]))
    foreign = synced(item(cast, retailer_id=str(cast.wu_shops[0].pk)))
    assert phone.push(made(bad), made(good), made(foreign)) == []
    assert [str(pk) for pk in Visit.objects.values_list("pk", flat=True)] == [good["id"]]
    kept = {str(q.submission_id): q for q in Quarantined.objects.filter(kind="visit")}
    assert set(kept) == {bad["id"], foreign["id"]}
    codes = {issue["submission_id"]: issue["problem"]["en"]["code"] for issue in issues(phone.client)}
    assert codes == {bad["id"]: "unknown_reference", foreign["id"]: "not_your_shop"}
    mended = {key: value for key, value in bad.items() if key not in {"id", "observations"}}
    answer = as_chen.post(f"/api/v1/quarantine/{kept[bad['id']].pk}/resend", mended, format="json")
    assert (answer.status_code, answer.json()["outcome"]) == (200, "created")
    assert Visit.objects.count() == 2


def test_an_edit_that_may_not_stand_changes_nothing_and_is_told(phone: Phone, cast: Cast) -> None:
    phone.push(made(synced(full_item(cast))))
    [document] = phone.pull().values()
    foreign = {**document, "retailer_id": str(cast.wu_shops[0].pk)}
    assert phone.push(made(foreign, document)) == []
    assert (Visit.objects.get().retailer_id, VisitRevision.objects.count()) == (cast.shops[0].pk, 0)
    assert [issue["problem"]["en"]["code"] for issue in issues(phone.client)] == ["not_your_shop"]


def test_only_its_author_edits_a_visit(phone: Phone, as_chen: APIClient, cast: Cast) -> None:
    phone.push(made(synced(full_item(cast))))
    chens = Phone(as_chen, "visits")
    [document] = chens.pull().values()
    assert chens.push(made({**document, "note": "经理改"}, document)) == [document]
    assert chens.push(made({**document, "_deleted": True}, document)) == [document]
    assert (Visit.objects.get().note, VisitRevision.objects.count()) == (document["note"], 0)


def test_a_foreign_id_answers_a_tombstone(as_wu: APIClient, phone: Phone, cast: Cast) -> None:
    sent = synced(full_item(cast))
    phone.push(made(sent))
    wus = Phone(as_wu, "visits")
    assert wus.push(made({**sent, "retailer_id": str(cast.wu_shops[0].pk)})) == [{"id": sent["id"], "_deleted": True}]
    assert Visit.objects.get().person_id == cast.lin.pk
    assert wus.pull() == {}


def test_a_restricted_remark_is_on_no_phone_but_its_authors(phone: Phone, as_chen: APIClient, cast: Cast) -> None:
    phone.push(made(synced(everything(cast))))
    kinds = [remark["kind"] for remark in next(iter(phone.pull().values()))["remarks"]]
    assert kinds == ["brand_opinion", "policy_opinion", "rival_move", "irregular", "campaign_opinion"]
    chens = [remark["kind"] for remark in next(iter(Phone(as_chen, "visits").pull().values()))["remarks"]]
    assert chens == ["brand_opinion", "policy_opinion", "rival_move", "campaign_opinion"]


def test_visits_move_with_their_shop_and_late_work_still_counts_as_its_authors(
    phone: Phone, as_ma: APIClient, cast: Cast
) -> None:
    mas = Phone(as_ma, "visits")
    before = synced(full_item(cast, started_at="2026-03-13T10:00:00+08:00", ended_at=...))
    late = synced(full_item(cast, started_at="2026-03-14T10:00:00+08:00", ended_at=...))
    phone.push(made(before))
    [document] = phone.pull().values()
    assert mas.pull() == {}
    Assignment.objects.filter(retailer=cast.shops[0]).update(during=DateRange(SINCE, TODAY))
    cast.shops[0].assignments.create(territory=cast.next_territory, during=DateRange(TODAY, None))
    with clock.at(NOW + timedelta(days=1)):
        assert set(mas.pull()) == {before["id"]}
        assert phone.pull() == {}
        assert phone.push(made(late)) == []
        assert phone.push(made({**document, "note": "离线时改的"}, document)) == []
        assert {d["id"]: d["note"] for d in mas.pull().values()} == {
            before["id"]: "离线时改的",
            late["id"]: late["note"],
        }
        assert phone.pull() == {}
    assert set(Visit.objects.values_list("territory_id", "person_id")) == {(cast.territory.pk, cast.lin.pk)}


def test_an_ended_device_pushes_edits_of_older_work_only(phone: Phone, cast: Cast) -> None:
    from backend.models import Device

    sent = synced(full_item(cast))
    phone.push(made(sent))
    Device.objects.filter(person=cast.lin).update(state="ended", ended_at=NOW - timedelta(minutes=40))
    assert phone.push(made({**sent, "note": "改"}, sent)) == []
    assert phone.push(made({**sent, "_deleted": True}, sent)) == []
    assert (Visit.objects.get().note, VisitRevision.objects.count()) == (sent["note"], 0)
    codes = Quarantined.objects.values_list("problem__en__code", flat=True)
    assert list(codes) == ["device_ended", "device_ended"]


@pytest.mark.parametrize("count", [1, 40])
def test_the_number_of_queries_of_a_push_does_not_depend_on_its_rows(phone: Phone, cast: Cast, count: int) -> None:
    sent = [synced(full_item(cast, retailer_id=str(cast.shops[n % 3].pk))) for n in range(count)]
    numbers = []
    for rows in (
        [made(one) for one in sent],
        [made({**one, "note": "改"}, one) for one in sent],
        [made({**one, "_deleted": True}, {**one, "note": "改"}) for one in sent],
    ):
        with CaptureQueriesContext(connection) as captured:
            assert phone.push(*rows) == []
        numbers.append(len([q for q in captured if "SAVEPOINT" not in q["sql"]]))
    assert numbers == [12, 16, 11]
    assert not Visit.objects.exists()
    assert VisitRevision.objects.count() == 2 * count


def test_phones_hold_this_month_and_the_last(phone: Phone, cast: Cast) -> None:
    dates = ["2026-01-31T10:00:00+08:00", "2026-02-01T10:00:00+08:00", "2026-03-01T10:00:00+08:00"]
    sent = [full_item(cast, started_at=date, ended_at=...) for date in dates]
    receive(cast.actor("lin"), *sent)
    assert set(phone.pull()) == {one["submission_id"] for one in sent[1:]}
    assert phone.page() == []


@pytest.mark.parametrize("sent_at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "4000-01-01T00:00:00Z"])
def test_a_clock_of_a_year_that_there_is_not_refuses_nothing(phone: Phone, cast: Cast, sent_at: str) -> None:
    assert phone.push(made(synced(item(cast))), HTTP_X_SENT_AT=sent_at) == []
    visit = Visit.objects.get()
    assert (visit.started_at, visit.flags) == (NOW - timedelta(minutes=30), [])
    assert not Quarantined.objects.exists()


def test_a_visit_that_was_deleted_before_it_was_ever_sent_counts_no_score(phone: Phone, cast: Cast) -> None:
    document = synced(item(cast, score=5))
    assert phone.push({"newDocumentState": {**document, "_deleted": True}}) == []
    assert (VisitScore.objects.count(), Visit.objects.count(), Receipt.objects.count()) == (0, 0, 1)
    [standing] = phone.push(made(document))  # a late copy finds that it is gone
    assert (standing["_deleted"], VisitScore.objects.count()) == (True, 0)
