"""Visits over HTTP: pushed in batches or singly, listed, read whole, mended; and nothing for those out of scope."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import clock
from backend.models import AuditEntry, Device, Position, Quarantined, Receipt
from tests.cast import ALWAYS, NOW, Cast, SignIn
from tests.visits.items import encoded, full_item, item, place, receive
from visits.models import Remark, Visit, VisitScore

pytestmark = pytest.mark.django_db

BATCH = "/api/v1/visits/batch"
VISITS = "/api/v1/visits"


def push(phone: APIClient, items: Any, **headers: Any) -> Any:
    body = items if isinstance(items, bytes) else encoded(items)
    return phone.post(BATCH, body, content_type="application/json", **headers)


def test_a_batch_answers_one_outcome_per_item_in_order(as_lin: APIClient, cast: Cast) -> None:
    good, bad = full_item(cast), item(cast, note=1)
    answer = push(as_lin, [good, bad, good, {**good, "note": "x"}])
    assert answer.status_code == 200
    first, second, third, fourth = answer.json()["outcomes"]
    digest = bytes(Receipt.objects.get().sha256).hex()
    receipt = {
        "submission_id": good["submission_id"],
        "sha256": digest,
        "received_at": "2026-03-16T02:00:00Z",
        "month": "2026-03-01",
    }
    known = {"submission_id": good["submission_id"], "receipt": receipt, "missing_photos": []}
    assert first == {"outcome": "created", **known}
    assert third == {"outcome": "duplicate", **known}
    assert second["outcome"] == "rejected"
    assert (second["problem"]["code"], second["problem"]["errors"][0]["pointer"]) == ("invalid", "/note")
    assert (fourth["outcome"], fourth["problem"]["code"]) == ("conflict", "submission_conflict")
    assert Visit.objects.get().device_id == Device.objects.get(person=cast.lin).pk


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"note": "\\u0000"}', "invalid_text"),
        (b'{"note": "\\ud800"}', "invalid_text"),
        (b'{"note": "\xff"}', "invalid_text"),
        (b'{"note": 1, "note": 2}', "duplicate_key"),
        (b'{"note": NaN}', "number_out_of_range"),
        (b'{"note": 1e400}', "number_out_of_range"),
        (b'{"note": 9223372036854775808}', "number_out_of_range"),
        (b'{"a":' * 21 + b"1" + b"}" * 21, "too_deep"),
        (b"[[[]]]", "invalid"),
        (b"null", "invalid"),
    ],
)
def test_a_naughty_item_refuses_itself_only(as_lin: APIClient, cast: Cast, raw: bytes, code: str) -> None:
    answer = push(as_lin, b"[" + raw + b"," + encoded(item(cast)) + b"]")
    assert answer.status_code == 200
    first, second = answer.json()["outcomes"]
    assert (first["outcome"], first["problem"]["code"], second["outcome"]) == ("rejected", code, "created")
    assert bytes(Quarantined.objects.get().payload) == raw
    assert Visit.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b"{}", 400, "malformed_json"),
        (b"[1,", 400, "malformed_json"),
        (b"[" + b"1," * 200 + b"1]", 413, "too_many_items"),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(as_lin: APIClient, body: bytes, status: int, code: str) -> None:
    answer = push(as_lin, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert not Quarantined.objects.exists()


def test_an_empty_batch_has_no_outcomes(as_lin: APIClient) -> None:
    assert push(as_lin, []).json() == {"outcomes": []}


def test_a_batch_must_be_json_and_signed_in(as_lin: APIClient, anonymous: APIClient, cast: Cast) -> None:
    assert as_lin.post(BATCH, b"[]", content_type="text/plain").status_code == 415
    assert push(anonymous, [item(cast)]).status_code == 401
    assert not Visit.objects.exists()


def test_200_items_are_a_batch(as_lin: APIClient, cast: Cast) -> None:
    answer = push(as_lin, [item(cast) for _ in range(200)])
    assert [o["outcome"] for o in answer.json()["outcomes"]] == ["created"] * 200
    assert Visit.objects.count() == 200


def test_a_single_visit_has_the_same_verb_and_outcomes(as_lin: APIClient, cast: Cast) -> None:
    sent = full_item(cast)
    first = as_lin.post(VISITS, sent, format="json")
    again = as_lin.post(VISITS, sent, format="json")
    other = as_lin.post(VISITS, {**sent, "note": "x"}, format="json")
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert (first.json()["outcome"], again.json()["outcome"]) == ("created", "duplicate")
    assert first.json()["receipt"] == again.json()["receipt"]
    assert first["Location"] == f"{VISITS}/{sent['submission_id']}"
    assert other.json()["code"] == "submission_conflict"
    bad = as_lin.post(VISITS, item(cast, place={"lon": 1}), format="json")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (400, "/place/lat")
    foreign = as_lin.post(VISITS, item(cast, retailer_id=str(cast.wu_shops[0].pk)), format="json")
    absent = as_lin.post(VISITS, item(cast, retailer_id=str(uuid4())), format="json")
    assert (foreign.status_code, foreign.json()["code"]) == (422, "not_your_shop")
    assert {**foreign.json(), "request_id": ""} == {**absent.json(), "request_id": ""}
    assert Visit.objects.count() == 1
    assert Quarantined.objects.count() == 4


def test_problems_of_items_speak_the_language_that_was_asked(as_lin: APIClient, cast: Cast) -> None:
    bad = [item(cast, retailer_id=str(uuid4()))]
    chinese = push(as_lin, bad).json()["outcomes"][0]["problem"]["title"]
    english = push(as_lin, bad, HTTP_ACCEPT_LANGUAGE="en").json()["outcomes"][0]["problem"]["title"]
    assert (chinese, english) == ("该日期此零售户不由您负责", "The shop was not yours on that date")


def test_an_ended_device_still_pushes_what_is_older_and_reads_nothing(as_lin: APIClient, cast: Cast) -> None:
    Device.objects.filter(person=cast.lin).update(state="ended", ended_at=NOW - timedelta(minutes=10))
    late = item(cast, started_at=(NOW - timedelta(minutes=5)).isoformat(), ended_at=...)
    outcomes = push(as_lin, [item(cast), late]).json()["outcomes"]
    assert [o["outcome"] for o in outcomes] == ["created", "rejected"]
    assert as_lin.get(VISITS).status_code == 401


# -- reads -------------------------------------------------------------------------------------------------------------


def ids_of(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_a_visit_is_read_whole_by_those_above_and_by_nobody_beside(
    as_lin: APIClient, as_chen: APIClient, as_zhao: APIClient, as_wu: APIClient, cast: Cast
) -> None:
    sent = full_item(cast)
    push(as_lin, [sent])
    address = f"{VISITS}/{sent['submission_id']}"
    told = as_lin.get(address).json()
    assert told == as_chen.get(address).json() == as_zhao.get(address).json()
    assert (told["retailer_name"], told["person_name"], told["display_score"]) == ("便民商店0", "林小梅", "75.00")
    assert [line["points"] for line in told["checks"]] == ["20.00", "20.00", "0.00", "20.00", "0.00"]
    assert told["observations"][0] == {
        "product_id": cast.products[0].pk, "on_shelf": True, "carton_price_fen": 19_500, "pack_price_fen": None,
        "stock_packs": 43, "facings": 2, "oos_days": None, "confidence": None,
    }  # fmt: skip
    assert [len(told[name]) for name in ("checks", "observations", "remarks", "briefings", "pitches")] == [
        5,
        2,
        3,
        1,
        2,
    ]
    foreign, absent = as_wu.get(address), as_wu.get(f"{VISITS}/{uuid4()}")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    mask = {"request_id": "", "instance": ""}
    assert {**foreign.json(), **mask} == {**absent.json(), **mask}
    assert ids_of(as_wu.get(VISITS)) == []


def test_visits_are_filtered_by_what_they_are_and_hold(as_zhao: APIClient, as_lin: APIClient, cast: Cast) -> None:
    plain = item(cast, retailer_id=str(cast.shops[1].pk), place=None)
    whole = full_item(cast)
    far = item(cast, place=place(640), started_at="2026-02-27T10:00:00+08:00", ended_at=...)
    receive(cast.actor("lin"), plain, whole, far)
    wus = item(cast, retailer_id=str(cast.wu_shops[0].pk), place=None)
    receive(cast.actor("wu"), wus)
    name = {
        sent["submission_id"]: word for sent, word in ((plain, "plain"), (whole, "whole"), (far, "far"), (wus, "wu"))
    }

    def found(query: str) -> list[str]:
        return sorted(name[id_] for id_ in ids_of(as_zhao.get(f"{VISITS}?{quote(query, safe='=&')}")))

    first, second, _ = (product.pk for product in cast.products)
    for query, expected in {
        "": ["far", "plain", "whole", "wu"],
        f"unit={cast.prefecture.pk}": ["far", "plain", "whole", "wu"],
        f"unit={cast.county.pk}": ["far", "plain", "whole"],
        f"unit={cast.other_territory.pk}": ["wu"],
        "unit=999999": [],
        f"retailer={cast.shops[1].pk}": ["plain"],
        f"person={cast.wu.pk}": ["wu"],
        "month=2026-02": ["far"],
        "on_date_after=2026-02-27&on_date_before=2026-03-15": ["far"],
        "flag=too_far": ["far"],
        "flag=late": ["far"],
        "flagged=false": ["plain", "whole", "wu"],
        "presence=to_verify": ["far"],
        "presence=unknown": ["plain", "wu"],
        "has_note=true": ["whole"],
        "has=check": ["whole"],
        "has=briefing": ["whole"],
        f"product={first}": ["whole"],
        f"product={second}": ["whole"],
        "product=999999": [],
        f"policy_version={cast.policy.pk}": ["whole"],
        "q=软蓝缺货": ["whole"],
        f"q={cast.shops[1].code}": ["plain"],
    }.items():
        assert found(query) == expected, query
    for query in ("flag=ugly", "month=2026-13", "on_date_after=x", "unit=x", "retailer=7", "hello=1", "presence=x"):
        assert as_zhao.get(f"{VISITS}?{query}").status_code == 400, query


def test_a_territorys_past_month_adds_up_with_what_moved_with_its_shops(
    as_lin: APIClient, as_chen: APIClient, as_wu: APIClient, cast: Cast
) -> None:
    receive(cast.actor("lin"), *(item(cast, retailer_id=str(shop.pk), place=None) for shop in cast.shops))
    held = cast.shops[2].assignments.get()
    held.during = DateRange(held.during.lower, date(2026, 3, 16))
    held.save()
    cast.shops[2].assignments.create(territory=cast.next_territory, during=DateRange(date(2026, 3, 16), None))
    address = f"{VISITS}?unit={cast.territory.pk}&month=2026-03"
    told = as_lin.get(address).json()
    assert (len(told["results"]), told["moved_with_shop"]) == (2, 1)
    told = as_chen.get(address).json()
    assert (len(told["results"]), told["moved_with_shop"]) == (3, 0)
    assert as_wu.get(address).json() == {"results": [], "next": None, "moved_with_shop": 0}
    assert "moved_with_shop" not in as_lin.get(f"{VISITS}?month=2026-03").json()


@pytest.mark.parametrize("count", [3, 30])
def test_reads_take_the_same_number_of_queries_at_3_rows_and_30(as_lin: APIClient, cast: Cast, count: int) -> None:
    sent = [full_item(cast, retailer_id=str(cast.shops[n % 3].pk)) for n in range(count)]
    receive(cast.actor("lin"), *sent)
    for address, queries in (
        (VISITS, 1),
        (f"{VISITS}?unit={cast.territory.pk}&month=2026-03", 2),
        (f"{VISITS}/{sent[0]['submission_id']}", 2),
        (f"{VISITS}/recent", 3),
        (f"{VISITS}/due", 4),
    ):
        with CaptureQueriesContext(connection) as captured:
            assert as_lin.get(address).status_code == 200
        assert len(captured) == 1 + queries, address  # the token with the positions of today


def test_my_last_visits_come_newest_first_with_all_their_lines(as_lin: APIClient, as_ma: APIClient, cast: Cast) -> None:
    old, new = full_item(cast, started_at="2026-02-20T10:00:00+08:00", ended_at=...), item(cast, place=None)
    receive(cast.actor("lin"), old, new)
    told = as_lin.get(f"{VISITS}/recent").json()["results"]
    assert [row["visit"]["id"] for row in told] == [new["submission_id"], old["submission_id"]]
    whole = as_lin.get(f"{VISITS}/{old['submission_id']}").json()
    lines = ("checks", "observations", "remarks", "briefings", "pitches")
    assert [told[1][name] for name in lines] == [whole[name] for name in lines]
    assert (told[1]["visit"]["display_score"], told[1]["visit"]["flags"]) == (whole["display_score"], whole["flags"])
    assert told[1]["visit"]["started_at"] == "2026-02-20T02:00:00+00:00"
    assert as_ma.get(f"{VISITS}/recent").json() == {"results": []}


def test_shops_are_due_by_their_visit_class(as_lin: APIClient, cast: Cast) -> None:
    first, second, third = cast.shops
    second.classifications.update(visit_class="C")
    third.classifications.update(state="suspended")
    nine = {"started_at": "2026-03-09T10:00:00+08:00", "ended_at": ...}
    receive(cast.actor("lin"), item(cast, **nine), item(cast, retailer_id=str(second.pk), **nine))
    assert as_lin.get(f"{VISITS}/due").json()["results"] == [
        {
            "retailer_id": str(first.pk),
            "territory_id": cast.territory.pk,
            "visit_class": "A",
            "last_on": "2026-03-09",
            "due_on": "2026-03-16",
        }
    ]
    assert as_lin.get(f"{VISITS}/due?on=2026-03-15").json()["results"] == []
    assert as_lin.get(f"{VISITS}/due?on=2026-13-45").status_code == 400


# -- quarantine --------------------------------------------------------------------------------------------------------


def refused(cast: Cast, **changes: Any) -> tuple[dict[str, Any], Quarantined]:
    bad = item(cast, place=None, note=5, **changes)
    receive(cast.actor("lin"), bad)
    return bad, Quarantined.objects.get()


def send(phone: APIClient, address: str, body: Any) -> Any:
    return phone.post(address, encoded(body), content_type="application/json")


def test_a_refused_visit_is_shown_with_its_reason_to_its_author_and_her_managers_only(
    as_lin: APIClient, as_chen: APIClient, as_wu: APIClient, as_ma: APIClient, cast: Cast
) -> None:
    bad, held = refused(cast)
    for phone in (as_lin, as_chen):
        [row] = phone.get("/api/v1/quarantine").json()["results"]
        assert (row["id"], row["state"], row["problem"]["code"]) == (str(held.pk), "open", "invalid")
        whole = phone.get(f"/api/v1/quarantine/{held.pk}").json()
        assert json.loads(whole["payload"]) == bad
    for phone in (as_wu, as_ma):
        assert phone.get("/api/v1/quarantine").json()["results"] == []
        assert phone.get(f"/api/v1/quarantine/{held.pk}").status_code == 404


def test_a_mended_visit_is_sent_again_under_its_author_and_its_first_arrival(as_chen: APIClient, cast: Cast) -> None:
    started = (NOW - timedelta(days=2, hours=1)).isoformat()
    bad, held = refused(cast, started_at=started, ended_at=None)
    Quarantined.objects.update(received_at=NOW - timedelta(days=2))
    mended = {**bad, "note": "5 条"}
    answer = send(as_chen, f"/api/v1/quarantine/{held.pk}/resend", mended)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "created")
    visit = Visit.objects.get()
    assert (visit.person_id, visit.note, visit.flags) == (cast.lin.pk, "5 条", [])
    assert visit.received_at == NOW - timedelta(days=2)
    held.refresh_from_db()
    assert (held.state, held.settled_by_id) == ("resent", cast.chen.pk)
    assert AuditEntry.objects.get(act="quarantine.resend").actor_id == cast.chen.pk
    assert send(as_chen, f"/api/v1/quarantine/{held.pk}/resend", mended).status_code == 409


def test_a_resend_that_is_refused_again_changes_nothing(as_chen: APIClient, cast: Cast) -> None:
    bad, held = refused(cast)
    address = f"/api/v1/quarantine/{held.pk}/resend"
    assert send(as_chen, address, bad).status_code == 400
    other = {**bad, "note": "", "retailer_id": str(cast.shops[1].pk), "started_at": "2026-03-15T09:30:00+08:00"}
    forged = send(as_chen, address, {**other, "submission_id": str(uuid4())})
    assert (forged.status_code, [error["pointer"] for error in forged.json()["errors"]]) == (
        400, ["/submission_id", "/retailer_id", "/started_at"],
    )  # fmt: skip
    assert as_chen.post(address, b"{", content_type="application/json").status_code == 400
    assert not Visit.objects.exists()
    assert (Quarantined.objects.get().state, AuditEntry.objects.count()) == ("open", 0)


def test_a_refused_visit_is_let_go_with_a_reason(as_chen: APIClient, cast: Cast) -> None:
    _, held = refused(cast)
    address = f"/api/v1/quarantine/{held.pk}/dismiss"
    without_reason = as_chen.post(address, {}, format="json", HTTP_IDEMPOTENCY_KEY="1")
    assert (without_reason.status_code, Quarantined.objects.get().state) == (400, "open")
    answer = as_chen.post(address, {"reason": "重复测试"}, format="json", HTTP_IDEMPOTENCY_KEY="2")
    assert (answer.status_code, answer.json()["state"]) == (200, "dismissed")
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.reason, entry.unit_id) == ("quarantine.dismiss", "重复测试", cast.territory.pk)


@pytest.mark.parametrize(
    ("who", "resent", "let_go"), [("ma", 403, 404), ("wu", 403, 404), ("qian", 404, 404), ("zhao", 403, 403)]
)
def test_only_its_author_and_those_who_mend_in_that_unit_may_settle_it(
    sign_in: Any, cast: Cast, who: str, resent: int, let_go: int
) -> None:
    _, held = refused(cast)
    cast.qian.positions.update(unit=cast.other_county)
    phone = sign_in(who)
    assert send(phone, f"/api/v1/quarantine/{held.pk}/resend", item(cast)).status_code == resent
    assert post(phone, held, "dismiss", {"reason": "x"}).status_code == let_go
    Quarantined.objects.update(state="dismissed", settled_at=clock.now())
    assert post(phone, held, "reopen", {}).status_code == let_go
    assert (Quarantined.objects.get().state, Visit.objects.count()) == ("dismissed", 0)
    assert AuditEntry.objects.count() == 0


def test_its_author_lets_it_go_and_takes_that_back_within_ten_minutes(sign_in: Any, cast: Cast) -> None:
    _, held = refused(cast)
    lin = sign_in("lin")
    assert send(lin, f"/api/v1/quarantine/{held.pk}/resend", item(cast)).status_code == 403
    gone = post(lin, held, "dismiss", {"reason": "重复"}, key="1")
    assert (gone.status_code, gone.json()["state"]) == (200, "dismissed")
    assert post(lin, held, "dismiss", {"reason": "重复"}, key="2").status_code == 409
    with clock.at(NOW + timedelta(minutes=10)):
        back = post(lin, held, "reopen", {}, key="3")
    assert (back.status_code, back.json()["state"], back.json()["settled_at"]) == (200, "open", None)
    assert post(lin, held, "reopen", {}, key="4").status_code == 409
    stands = Quarantined.objects.get()
    assert (stands.state, stands.settled_by, stands.payload == held.payload) == ("open", None, True)
    told = AuditEntry.objects.order_by("pk").values_list("act", "actor__username", "reason", "unit_id")
    territory = cast.territory.pk
    assert list(told) == [
        ("quarantine.dismiss", "lin", "重复", territory), ("quarantine.reopen", "lin", "", territory),
    ]  # fmt: skip


def test_what_was_let_go_longer_ago_stays_so(sign_in: Any, cast: Cast) -> None:
    _, held = refused(cast)
    lin = sign_in("lin")
    post(lin, held, "dismiss", {"reason": "重复"}, key="1")
    with clock.at(NOW + timedelta(minutes=10, seconds=1)):
        late = post(lin, held, "reopen", {}, key="2")
    assert (late.status_code, late.json()["detail"]) == (409, "超过 10 分钟，不能再撤销。")
    assert (Quarantined.objects.get().state, AuditEntry.objects.count()) == ("dismissed", 1)


def post(client: APIClient, held: Quarantined, act: str, body: Any, key: str = "1") -> Any:
    return client.post(f"/api/v1/quarantine/{held.pk}/{act}", body, format="json", HTTP_IDEMPOTENCY_KEY=key + act)


@pytest.fixture
def as_ma(sign_in: Any) -> APIClient:
    return sign_in("ma")


@pytest.mark.parametrize("offset", ["+16:00", "-16:00", "+23:59", "-23:59"])
def test_an_offset_that_the_database_does_not_know_holds_up_no_batch(
    as_lin: APIClient, cast: Cast, offset: str
) -> None:
    odd = item(cast, started_at=f"2026-03-14T10:00:00{offset}", ended_at=f"2026-03-14T10:05:00{offset}")
    answer = push(as_lin, [odd, item(cast)])
    assert answer.status_code == 200
    assert [said["outcome"] for said in answer.json()["outcomes"]] == ["created", "created"]
    stored = Visit.objects.get(pk=odd["submission_id"])
    meant = datetime.fromisoformat(odd["started_at"])
    assert (stored.started_at, stored.device_started_at) == (meant, meant)
    assert stored.device_ended_at == meant + timedelta(minutes=5)


@pytest.mark.parametrize("unit", ["29.0", " 29 ", "２９", "2_9", "+29", "٢٩"])
def test_only_plain_digits_are_a_number(as_zhao: APIClient, cast: Cast, unit: str) -> None:
    answer = as_zhao.get(f"{VISITS}?unit={quote(unit)}&month=2026-03")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")
    assert answer.json()["errors"][0]["parameter"] == "unit"


def test_what_is_refused_of_one_who_has_left_shows_to_the_unit_where_she_last_recorded(
    as_lin: APIClient, as_chen: APIClient, as_wu: APIClient, cast: Cast
) -> None:
    Position.objects.filter(person=cast.lin).update(during=DateRange(date(2024, 1, 1), date(2026, 3, 16)))
    refused = item(
        cast, note="晚到", check={"template_version_id": 999_999, "answers": [{"item": "full", "answer": True}]}
    )
    refused["started_at"], refused["ended_at"] = "2026-03-13T10:00:00+08:00", "2026-03-13T10:10:00+08:00"
    assert push(as_lin, [refused]).json()["outcomes"][0]["problem"]["code"] == "unknown_reference"
    [shown] = as_chen.get("/api/v1/quarantine").json()["results"]
    assert (shown["submission_id"], shown["unit"]) == (refused["submission_id"], cast.territory.pk)
    assert as_wu.get("/api/v1/quarantine").json()["results"] == []


def test_what_moved_is_counted_only_where_visits_may_be_read(as_wu: APIClient, cast: Cast) -> None:
    """He sees the tree of the prefecture, and visits of his own territory: no count of another's."""
    Position.objects.create(person=cast.wu, unit=cast.prefecture, role_id="auditor", during=ALWAYS)
    receive(cast.actor("lin"), item(cast))
    answer = as_wu.get(f"{VISITS}?unit={cast.territory.pk}&month=2026-03").json()
    assert (answer["results"], answer["moved_with_shop"]) == ([], 0)


def test_a_refused_visit_keeps_its_score_and_restricted_remarks_from_who_may_not_read_them(
    cast: Cast, as_lin: APIClient, sign_in: SignIn
) -> None:
    remarks = [{"kind": "other", "text": "店面装修"}, {"kind": "irregular", "text": "有人上门收烟"}]
    sent = item(cast, score=2, remarks=remarks, retailer_id=str(cast.wu_shops[0].pk))
    assert as_lin.post("/api/v1/visits", sent).json()["code"] == "not_your_shop"
    path = f"/api/v1/quarantine/{Quarantined.objects.get().pk}"
    told = {name: json.loads(sign_in(name).get(path).json()["payload"]) for name in ("lin", "chen", "qian", "zhao")}
    assert told["lin"] == sent
    assert told["zhao"] == {key: value for key, value in sent.items() if key != "score"}
    assert told["chen"] == told["qian"] == {**told["zhao"], "remarks": remarks[:1]}
    mended = {**told["chen"], "retailer_id": str(cast.shops[0].pk)}
    assert sign_in("chen").post(f"{path}/resend", mended, format="json").json()["outcome"] == "created"
    assert list(Remark.objects.order_by("line_no").values_list("text", flat=True)) == ["店面装修", "有人上门收烟"]
    assert VisitScore.objects.get().score == 2
    Quarantined.objects.update(payload=b'{"score": 2, "remarks": [{"kind": "irregular", "text": "\x00')
    assert sign_in("chen").get(path).json()["payload"] is None
