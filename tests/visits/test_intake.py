"""A batch becomes facts, one outcome per item, in order; and what is refused is kept and changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend import clock, marks
from backend.models import ChangeMark, Quarantined, Receipt, SyncEntry
from tests.cast import NOW, Cast
from tests.visits.items import encoded, full_item, ids, item, receive
from visits.models import Briefing, CheckLine, Observation, Pitch, PolicyVersion, Remark, Visit

pytestmark = pytest.mark.django_db


def words(outcomes: list[Any]) -> list[str]:
    return [outcome.word for outcome in outcomes]


def code(outcome: Any) -> str:
    return outcome.problem.code


def test_a_visit_with_everything_is_stored_whole(cast: Cast) -> None:
    sent = full_item(cast)
    [outcome] = receive(cast.actor("lin"), sent)
    assert outcome.word == "created"
    visit = Visit.objects.get(pk=sent["submission_id"])
    assert (visit.month, visit.on_date) == (date(2026, 3, 1), date(2026, 3, 16))
    assert (visit.territory_id, visit.county_id) == (cast.territory.pk, cast.county.pk)
    assert (visit.retailer_id, visit.person_id) == (cast.shops[0].pk, cast.lin.pk)
    assert (visit.presence, visit.flags, visit.distance_m) == ("valid", [], 0.0)
    assert (visit.note, visit.persons_met) == (sent["note"], "店主")
    assert visit.display_score == Decimal("75.00")  # 60 of the 80 points that apply
    checks = CheckLine.objects.order_by("line_no").values_list("line_no", "item_code", "answer", "passed", "points")
    assert list(checks) == [
        (1, "visible", "1", True, Decimal(20)),
        (2, "clean", "1", True, Decimal(20)),
        (3, "full", "0", False, Decimal(0)),
        (4, "standard", "16", True, Decimal(20)),
        (5, "continuity", "", None, Decimal(0)),
    ]
    seen = Observation.objects.order_by("line_no").values_list(
        "product_id", "on_shelf", "carton_price_fen", "pack_price_fen", "stock_packs", "facings", "oos_days"
    )
    first, second, third = (product.pk for product in cast.products)
    assert list(seen) == [(first, True, 19_500, None, 43, 2, None), (second, False, None, None, None, None, 2)]
    assert list(Remark.objects.order_by("line_no").values_list("kind", "product_id", "policy_id", "text")) == [
        ("brand_opinion", first, None, "口感好"),
        ("policy_opinion", None, cast.policy.policy_id, "看不懂档位"),
        ("rival_move", third, None, "买一送一"),
    ]
    assert Remark.objects.get(line_no=3).counter_proposal == "加强陈列"
    told = Briefing.objects.values_list("policy_version_id", "told_to", "understanding", "question")
    assert list(told) == [(cast.policy.pk, "店主", 4, "何时？")]
    assert list(Pitch.objects.order_by("line_no").values_list("product_id", "accepted", "refusal", "words")) == [
        (first, True, "", ""),
        (third, False, "price", "太贵"),
    ]


def test_the_receipt_tells_the_hash_of_the_canonical_content_without_the_time_of_sending(cast: Cast) -> None:
    sent = full_item(cast, sent_at=NOW.isoformat())
    [outcome] = receive(cast.actor("lin"), sent)
    content = {key: value for key, value in sent.items() if key != "sent_at"}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    receipt = Receipt.objects.get()
    assert bytes(receipt.sha256) == bytes(outcome.receipt.sha256) == sha256(canonical).digest()
    assert (receipt.month, receipt.received_at, receipt.kind) == (date(2026, 3, 1), NOW, "visit")
    later = NOW + timedelta(hours=1)
    [again] = receive(cast.actor("lin"), {**sent, "sent_at": later.isoformat()}, received_at=later)
    assert (again.word, again.receipt) == ("duplicate", outcome.receipt)
    assert again.receipt.received_at == NOW


def test_the_same_uuid_three_times_is_one_visit(cast: Cast) -> None:
    sent = item(cast)
    assert [words(receive(cast.actor("lin"), sent)) for _ in range(3)] == [["created"], ["duplicate"], ["duplicate"]]
    assert Visit.objects.count() == Receipt.objects.count() == 1
    assert words(receive(cast.actor("lin"), *[full := full_item(cast)] * 3)) == ["created", "duplicate", "duplicate"]
    assert CheckLine.objects.filter(visit_id=full["submission_id"]).count() == 5


def test_the_same_id_with_other_content_is_a_conflict_and_both_are_kept(cast: Cast) -> None:
    sent = item(cast, note="先到")
    other = {**sent, "note": "后到"}
    assert words(receive(cast.actor("lin"), sent)) == ["created"]
    [outcome] = receive(cast.actor("lin"), other)
    assert (outcome.word, code(outcome), outcome.receipt) == ("conflict", "submission_conflict", None)
    assert Visit.objects.get().note == "先到"
    kept = Quarantined.objects.get()
    assert (json.loads(bytes(kept.payload)), kept.state) == (other, "open")
    twice = item(cast)
    assert words(receive(cast.actor("lin"), twice, {**twice, "note": "x"})) == ["created", "conflict"]


def test_an_id_of_somebody_else_is_a_conflict_even_with_the_same_content(cast: Cast) -> None:
    sent = item(cast)
    receive(cast.actor("lin"), sent)
    [outcome] = receive(cast.actor("wu"), sent)
    assert (outcome.word, outcome.receipt) == ("conflict", None)
    assert Visit.objects.get().person_id == cast.lin.pk


def test_a_bad_item_refuses_itself_and_the_others_land_in_order(cast: Cast) -> None:
    batch = [item(cast) for _ in range(5)]
    batch[1]["note"] = 7
    batch[3]["retailer_id"] = str(uuid4())
    outcomes = receive(cast.actor("lin"), *batch)
    assert words(outcomes) == ["created", "rejected", "created", "rejected", "created"]
    assert [outcome.submission_id for outcome in outcomes] == ids(batch)
    assert set(Visit.objects.values_list("pk", flat=True)) == {UUID(batch[n]["submission_id"]) for n in (0, 2, 4)}
    assert Receipt.objects.count() == 3
    kept = {q.submission_id: q for q in Quarantined.objects.all()}
    assert set(kept) == {UUID(batch[n]["submission_id"]) for n in (1, 3)}
    first = kept[UUID(batch[1]["submission_id"])]
    assert bytes(first.payload) == encoded(batch[1])
    assert (first.person_id, first.unit_id, first.received_at) == (cast.lin.pk, cast.territory.pk, NOW)
    assert first.problem["en"]["errors"] == [
        {"pointer": "/note", "code": "invalid", "message": "Expected `str`, got `int`"}
    ]
    receive(cast.actor("lin"), *batch)
    assert Quarantined.objects.count() == 2


BAD: list[tuple[str, dict[str, Any], str, list[tuple[str, str]]]] = [
    ("no retailer", {"retailer_id": ...}, "invalid", [("required", "/retailer_id")]),
    ("no id", {"submission_id": ...}, "invalid", [("required", "/submission_id")]),
    ("an id that is none", {"submission_id": "7"}, "invalid", [("invalid", "/submission_id")]),
    ("an unknown field", {"hello": 1}, "invalid", [("unknown_field", "/hello")]),
    ("a field of the server", {"month": "2026-03-01"}, "invalid", [("unknown_field", "/month")]),
    ("an unknown field inside", {"place": {"lon": 1, "lat": 1, "z": 1}}, "invalid", [("unknown_field", "/place/z")]),
    ("a naive time", {"started_at": "2026-03-16T09:30:00"}, "invalid", [("bad_date", "/started_at")]),
    ("no time at all", {"started_at": "2026-13-45T09:30:00Z"}, "invalid", [("bad_date", "/started_at")]),
    ("the year 1", {"started_at": "0001-01-01T00:00:00Z"}, "invalid", [("bad_date", "/started_at")]),
    ("the year 9999", {"ended_at": "9999-12-31T23:59:59Z"}, "invalid", [("bad_date", "/ended_at")]),
    ("a longitude off the globe", {"place": {"lon": 181, "lat": 0}}, "invalid", [("invalid", "/place/lon")]),
    ("an unknown datum", {"place": {"lon": 1, "lat": 1, "datum": "CGCS"}}, "invalid", [("invalid", "/place/datum")]),
    ("a note that is too long", {"note": "字" * 4_001}, "invalid", [("invalid", "/note")]),
    ("a price below zero", {"observations": [{"product_id": 1, "carton_price_fen": -1}]}, "invalid",
     [("invalid", "/observations/0/carton_price_fen")]),
    ("a price beyond an integer", {"observations": [{"product_id": 1, "pack_price_fen": 2**31}]}, "invalid",
     [("invalid", "/observations/0/pack_price_fen")]),
    ("a price that is no integer", {"observations": [{"product_id": 1, "pack_price_fen": 1.5}]}, "invalid",
     [("invalid", "/observations/0/pack_price_fen")]),
    ("a product twice", {"observations": [{"product_id": 1}, {"product_id": 1}]}, "invalid",
     [("duplicate_line", "/observations")]),
    ("too many lines", {"observations": [{"product_id": n + 1} for n in range(201)]}, "invalid",
     [("invalid", "/observations")]),
    ("an understanding of 6", {"briefings": [{"policy_version_id": 1, "understanding": 6}]}, "invalid",
     [("invalid", "/briefings/0/understanding")]),
    ("an unknown kind of remark", {"remarks": [{"kind": "gossip", "text": "x"}]}, "invalid",
     [("invalid", "/remarks/0/kind")]),
    ("a brand opinion of nothing", {"remarks": [{"kind": "brand_opinion", "text": "x"}]}, "invalid",
     [("required", "/remarks/0/product_id")]),
    ("an accepted pitch with a refusal", {"pitches": [{"product_id": 1, "accepted": True, "refusal": "price"}]},
     "invalid", [("invalid", "/pitches/0/refusal")]),
    ("unknown products",
     {"observations": [{"product_id": 10**9}], "pitches": [{"product_id": 10**9, "accepted": True}]},
     "unknown_reference",
     [("unknown_reference", f"/{name}/0/product_id") for name in ("observations", "pitches")]),
    ("an unknown policy version", {"briefings": [{"policy_version_id": 10**9}]}, "unknown_reference",
     [("unknown_reference", "/briefings/0/policy_version_id")]),
    ("an unknown policy", {"remarks": [{"kind": "policy_opinion", "policy_id": 10**9, "text": "x"}]},
     "unknown_reference", [("unknown_reference", "/remarks/0/policy_id")]),
    ("an unknown template", {"check": {"template_version_id": 10**9, "answers": [{"item": "visible", "answer": 1}]}},
     "unknown_reference", [("unknown_reference", "/check/template_version_id")]),
    ("a shop that does not exist", {"retailer_id": "00000000-0000-4000-8000-000000000000"}, "not_your_shop", []),
    ("a record of the year before last", {"started_at": "2025-02-08T10:00:00+08:00", "ended_at": ...}, "too_old", []),
    ("a month without a partition", {"started_at": "2025-12-08T10:00:00+08:00", "ended_at": ...}, "month_not_kept", []),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected", "faults"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_every_kind_of_bad_item_is_refused_with_its_place_and_kept(
    cast: Cast, changes: dict[str, Any], expected: str, faults: list[tuple[str, str]]
) -> None:
    bad = item(cast, **changes)
    [outcome] = receive(cast.actor("lin"), bad)
    assert (outcome.word, code(outcome)) == ("rejected", expected)
    assert [(fault.code, fault.pointer) for fault in outcome.problem.errors] == faults
    assert Visit.objects.count() == Receipt.objects.count() == SyncEntry.objects.count() == 0
    assert bytes(Quarantined.objects.get().payload) == encoded(bad)


@pytest.mark.parametrize("raw", [b"7", b"null", b"[]", b'"x"', b"{", b'{"a":1', b"\xff", b"{}" * 2])
def test_what_is_no_object_is_refused_and_kept_byte_for_byte(cast: Cast, raw: bytes) -> None:
    [outcome] = receive(cast.actor("lin"), raw)
    assert (outcome.word, outcome.submission_id) == ("rejected", None)
    assert bytes(Quarantined.objects.get().payload) == raw


@pytest.mark.parametrize(
    ("answers", "pointer"),
    [
        ([{"item": "nothing", "answer": 1}], "/check/answers/0/item"),
        ([{"item": "visible", "answer": 1}, {"item": "clean", "answer": 2}], "/check/answers/1/answer"),
        ([{"item": "visible", "answer": "yes"}], "/check/answers/0/answer"),
        ([{"item": "standard", "answer": True}], "/check/answers/0/answer"),
        ([{"item": "visible", "answer": 1}, {"item": "visible", "answer": 1}], "/check/answers"),
    ],
)
def test_an_answer_that_the_template_does_not_take_is_refused(
    cast: Cast, answers: list[dict[str, Any]], pointer: str
) -> None:
    [outcome] = receive(
        cast.actor("lin"), item(cast, check={"template_version_id": cast.template.pk, "answers": answers})
    )
    assert (outcome.word, [fault.pointer for fault in outcome.problem.errors]) == ("rejected", [pointer])
    assert Visit.objects.count() == 0


def test_an_unreleased_policy_and_one_of_another_county_are_refused_alike(cast: Cast) -> None:
    draft = PolicyVersion.objects.create(policy=cast.policy.policy, number=2, body="草稿")
    [of_draft] = receive(cast.actor("lin"), item(cast, briefings=[{"policy_version_id": draft.pk}]))
    cast.policy.policy.unit = cast.other_county
    cast.policy.policy.save()
    [of_other] = receive(cast.actor("lin"), item(cast, briefings=[{"policy_version_id": cast.policy.pk}]))
    assert of_draft.problem.record() == of_other.problem.record()
    assert Briefing.objects.count() == 0


def test_only_the_shops_of_the_business_date_are_mine_to_record(cast: Cast) -> None:
    [outcome] = receive(cast.actor("lin"), item(cast, retailer_id=str(cast.wu_shops[0].pk)))
    assert code(outcome) == "not_your_shop"
    assert words(receive(cast.actor("chen"), item(cast))) == ["created"]  # the market manager's own check-in
    assert words(receive(cast.actor("zhao"), item(cast))) == ["rejected"]
    assert Visit.objects.get().person_id == cast.chen.pk


def test_late_offline_work_keeps_its_author_after_a_handover(cast: Cast) -> None:
    shop = cast.shops[0]
    before = shop.assignments.get()
    before.during = type(before.during)(before.during.lower, date(2026, 3, 16))
    before.save()
    shop.assignments.create(territory=cast.next_territory, during=type(before.during)(date(2026, 3, 16), None))
    yesterday = item(cast, started_at="2026-03-15T10:00:00+08:00", ended_at="2026-03-15T10:20:00+08:00")
    assert words(receive(cast.actor("lin"), yesterday, item(cast))) == ["created", "rejected"]
    assert words(receive(cast.actor("ma"), item(cast))) == ["created"]
    stamped = dict(Visit.objects.values_list("person_id", "territory_id"))
    assert stamped == {cast.lin.pk: cast.territory.pk, cast.ma.pk: cast.next_territory.pk}


def test_a_mended_item_that_the_phone_sends_again_leaves_the_quarantine(cast: Cast) -> None:
    bad = item(cast, pitches=[{"product_id": 10**9, "accepted": True}])
    receive(cast.actor("lin"), bad)
    assert words(receive(cast.actor("lin"), {**bad, "pitches": []})) == ["created"]
    assert Quarantined.objects.get().state == "resent"


def test_marks_and_the_phones_sequence_follow_what_was_stored_and_nothing_else(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "_subscribers", {"visits": ("rollups", "cycles")})
    good, again = item(cast), item(cast, started_at="2026-03-13T10:00:00+08:00", ended_at=...)
    receive(cast.actor("lin"), good, again, item(cast, note=1))
    assert sorted(ChangeMark.objects.values_list("consumer", "kind", "unit_id", "on_date")) == [
        (consumer, "visits", cast.territory.pk, day)
        for consumer in ("cycles", "rollups")
        for day in (date(2026, 3, 13), date(2026, 3, 16))
    ]
    entries = SyncEntry.objects.filter(territory=cast.territory, collection="visits").order_by("sequence")
    assert sorted(entries.values_list("document_id", flat=True)) == sorted(ids([good, again]))
    assert list(entries.values_list("sequence", flat=True)) == [1, 2]
    ChangeMark.objects.all().delete()
    receive(cast.actor("lin"), good, again)
    assert not ChangeMark.objects.exists()
    assert list(entries.values_list("sequence", flat=True)) == [1, 2]


@pytest.mark.parametrize("count", [1, 100])
def test_the_number_of_queries_does_not_depend_on_the_number_of_items(
    cast: Cast, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "_subscribers", {"visits": ("rollups", "cycles")})
    batch = [full_item(cast, retailer_id=str(cast.shops[n % 3].pk)) for n in range(count)]
    with CaptureQueriesContext(connection) as queries:
        assert set(words(receive(cast.actor("lin"), *batch))) == {"created"}
    statements = [q["sql"].split()[0] for q in queries.captured_queries]
    # the actor; then receipts, gate, parameters, shops, references, the store, marks, and two of the sync log
    assert [s for s in statements if s not in {"SAVEPOINT", "RELEASE"}] == [
        "SELECT", "SELECT", "SELECT", "SELECT", "SELECT", "SELECT", "WITH", "INSERT", "WITH", "INSERT",
    ]  # fmt: skip
    assert Visit.objects.count() == count
    with CaptureQueriesContext(connection) as again:
        receive(cast.actor("lin"), *batch)
    assert len([q for q in again.captured_queries if "SAVEPOINT" not in q["sql"]]) == 3  # and what photos are missing


def test_an_ended_device_may_push_only_what_is_dated_before_its_end(cast: Cast) -> None:
    from backend.http.jsonbody import Item
    from visits.intake import receive_batch

    early, late = item(cast), item(cast, started_at=(NOW - timedelta(minutes=5)).isoformat(), ended_at=...)
    outcomes = receive_batch(
        actor=cast.actor("lin"),
        items=[Item(encoded(early), None), Item(encoded(late), None)],
        received_at=NOW,
        until=NOW - timedelta(minutes=10),
    )
    assert words(outcomes) == ["created", "rejected"]
    assert code(outcomes[1]) == "device_ended"


def test_nothing_of_a_batch_remains_when_its_transaction_ends_early(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("backend.synclog.append", cut)
    with pytest.raises(KeyboardInterrupt):
        receive(cast.actor("lin"), full_item(cast), item(cast, note=1))
    for model in (Visit, Receipt, CheckLine, Observation, Quarantined, SyncEntry):
        assert not model._default_manager.exists()


def test_receipts_are_utc_to_the_microsecond(cast: Cast) -> None:
    moment = datetime(2026, 3, 16, 2, 0, 0, 123456, tzinfo=UTC)
    sent = item(cast)
    with clock.at(moment):
        [first] = receive(cast.actor("lin"), sent)
        [second] = receive(cast.actor("lin"), sent)
    assert first.receipt.received_at == second.receipt.received_at == moment
