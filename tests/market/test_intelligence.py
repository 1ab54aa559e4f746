"""Intelligence answers back: items follow visits, are verified, escalated and decided, and nobody waits unheard."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from backend import clock
from backend.marks import Key
from backend.models import AuditEntry, Notice, Role
from market.intelligence import due
from market.intelligence import follow as intelligence_follow
from market.intelligence import items as intelligence
from market.models import IntelligenceEvent, IntelligenceItem
from tests.cast import NOW, Cast, SignIn
from tests.market.intelligence import ITEMS, done, heard, listed, send, told
from tests.visits.checks import edit
from tests.visits.items import item, place, receive
from tests.visits.test_revisions import withdraw
from visits import checkin

TUESDAY = NOW + timedelta(days=1)  # 2026-03-17, 10:00
WORDS = {"decision": "noted", "words": "已了解，继续关注"}


def notices_of(cast: Cast, name: str) -> list[tuple[str, str]]:
    rows = Notice.objects.filter(person=cast.people[name]).order_by("created_at", "id")
    return [(row.kind, row.params["text"]["zh-hans"]) for row in rows]


def acts(row: dict[str, Any]) -> list[str]:
    return [event["act"] for event in row["events"]]


# -- what becomes an item ----------------------------------------------------------------------------------------------


def test_remarks_and_what_is_noteworthy_of_products_become_items(cast: Cast, as_chen: APIClient) -> None:
    first, second, third = (product.pk for product in cast.products)
    seen = [
        {"product_id": first, "carton_price_fen": 22_801},  # 20 % above 190.00 is 228.00
        {"product_id": second, "on_shelf": False, "oos_days": 3},
        {"product_id": third, "carton_price_fen": 18_000, "oos_days": 2},
    ]
    send(cast, cast.actor("lin"), heard("rival_move", "对面店买一送一", place="步行街"), observations=seen)
    rows = {row["kind"]: row for row in listed(as_chen)}
    assert sorted(rows) == ["out_of_stock", "price", "rival_move"]
    assert (rows["price"]["product"], rows["price"]["said"]) == (first, {"carton_price_fen": 22_801})
    assert (rows["out_of_stock"]["product"], rows["out_of_stock"]["said"]) == (second, {"oos_days": 3})
    move = rows["rival_move"]
    assert (move["text"], move["place"], move["person_name"], move["state"]) == (
        "对面店买一送一", "步行街", "林小梅", "submitted",
    )  # fmt: skip
    assert (move["due_on"], move["is_overdue"], acts(move), move["confirmations"]) == ("2026-03-23", False, ["sent"], 0)
    assert (datetime.fromisoformat(move["sent_at"]), move["county"]) == (NOW, cast.county.pk)


def test_following_twice_changes_nothing(cast: Cast, as_chen: APIClient) -> None:
    send(cast, cast.actor("lin"), heard("other", "修路"))
    before = list(IntelligenceItem.objects.values())
    intelligence_follow.recompute([Key(cast.territory.pk, NOW.date())])
    assert (list(IntelligenceItem.objects.values()), IntelligenceEvent.objects.count()) == (before, 1)
    assert intelligence_follow.follow() == 0


def test_a_visit_of_more_than_three_months_ago_sends_nothing_up(cast: Cast, as_chen: APIClient) -> None:
    with clock.at(NOW - timedelta(days=92)):
        receive(cast.actor("lin"), item(cast, remarks=[heard("other", "很久以前")]))
    intelligence_follow.follow()
    assert listed(as_chen) == []


def test_a_line_that_is_edited_says_so_in_its_item_and_one_that_is_taken_out_is_withdrawn(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    sent = send(cast, cast.actor("lin"), heard("other", "修路"), heard("event", "集市"))
    edit(as_lin, {**sent, "remarks": [heard("other", "修路到六月")]})
    intelligence_follow.follow()
    [row] = listed(as_chen)
    assert (row["text"], row["state"], acts(row)) == ("修路到六月", "submitted", ["sent", "edited"])
    assert row["events"][1]["before"]["text"] == "修路"
    own = {one["text"]: (one["state"], acts(one)) for one in listed(as_lin)}
    assert own["集市"] == ("withdrawn", ["sent", "withdrawn"])


def test_a_visit_whose_place_is_to_be_verified_sends_nothing_up_until_somebody_says_that_it_counts(
    cast: Cast, as_chen: APIClient
) -> None:
    sent = send(cast, cast.actor("lin"), heard("other", "修路"), place=place(640))
    assert IntelligenceItem.objects.count() == 0
    checkin.verify(actor=cast.actor("chen"), visit_ids=[UUID(sent["submission_id"])], valid=True)
    intelligence_follow.follow()
    assert [row["state"] for row in listed(as_chen)] == ["submitted"]


def test_a_visit_that_is_withdrawn_takes_its_items_back(cast: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    sent = send(cast, cast.actor("lin"), heard("other", "修路"))
    assert withdraw(as_lin, sent).status_code == 200
    intelligence_follow.follow()
    assert listed(as_chen) == []
    assert [(row["state"], acts(row)) for row in listed(as_lin)] == [("withdrawn", ["sent", "withdrawn"])]


# -- the way up and back -----------------------------------------------------------------------------------------------


def test_sent_on_tuesday_verified_on_wednesday_escalated_on_thursday_and_decided_the_submitter_is_told(
    cast: Cast, sign_in: SignIn
) -> None:
    with clock.at(TUESDAY):
        send(cast, cast.actor("lin"), heard("rival_move", "对面店买一送一"))
        [row] = listed(sign_in("chen"), "waiting=true")
        assert row["due_on"] == "2026-03-24"
    with clock.at(TUESDAY + timedelta(days=1)):
        assert done(sign_in("chen"), row, "verify")["state"] == "verified"
    with clock.at(TUESDAY + timedelta(days=2)):
        up = done(sign_in("chen"), row, "escalate", words="请县里定")
        assert (up["state"], up["level"]) == ("escalated", 3)
        assert listed(sign_in("chen"), "waiting=true") == []
        assert [one["id"] for one in listed(sign_in("he"), "waiting=true")] == [row["id"]]
    with clock.at(TUESDAY + timedelta(days=3)):
        body = {"decision": "act", "words": "周五前完成陈列", "owner": str(cast.chen.pk)}
        after = done(sign_in("he"), row, "decide", **body)
    assert (after["state"], after["decision"], after["owner_name"], after["words_back"]) == (
        "decided", "act", "陈国庆", "周五前完成陈列",
    )  # fmt: skip
    assert acts(after) == ["sent", "verified", "escalated", "decided"]
    assert [event["person_name"] for event in after["events"]] == [None, "陈国庆", "陈国庆", "何平"]
    assert notices_of(cast, "lin") == [
        ("intelligence.decided", "您上报的市场信息（竞品动态，便民商店0）已有答复：采取措施。周五前完成陈列")
    ]
    assert notices_of(cast, "chen") == [("intelligence.assigned", "市场信息（竞品动态，便民商店0）由您负责处理")]
    with clock.at(TUESDAY + timedelta(days=30)):
        assert due.follow() == 0


def test_undecided_five_working_days_after_sending_it_is_overdue_on_the_countys_board_and_told_once(
    cast: Cast, sign_in: SignIn
) -> None:
    with clock.at(TUESDAY):
        send(cast, cast.actor("lin"), heard("rival_move", "对面店买一送一"))
        [row] = listed(sign_in("chen"))
    with clock.at(TUESDAY + timedelta(days=1)):
        done(sign_in("chen"), row, "verify")
    with clock.at(TUESDAY + timedelta(days=7)):  # the last day
        assert due.follow() == 0
        assert listed(sign_in("he"), "overdue=true") == []
    with clock.at(TUESDAY + timedelta(days=8)):
        assert (due.follow(), due.follow()) == (1, 0)
        [late] = listed(sign_in("he"), f"overdue=true&unit={cast.county.pk}")
        assert (late["id"], late["is_overdue"], acts(late)) == (row["id"], True, ["sent", "verified", "overdue"])
        board = sign_in("he").get(f"/api/v1/intelligence/digest?unit={cast.county.pk}").json()
        assert (board["overdue"]["count"], board["overdue"]["items"][0]["id"]) == (1, row["id"])
    assert notices_of(cast, "he") == [
        ("intelligence.overdue", "市场信息（竞品动态，便民商店0）已超过答复期限2026-03-24")
    ]
    assert (notices_of(cast, "zhao"), notices_of(cast, "chen")) == ([], [])


def test_a_returned_item_is_sent_anew_by_editing_its_line_and_its_clock_starts_again(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    sent = send(cast, cast.actor("lin"), heard("other", "修路"))
    [row] = listed(as_chen)
    back = done(as_chen, row, "return", words="哪条路？")
    assert (back["state"], back["words_back"]) == ("returned", "哪条路？")
    assert notices_of(cast, "lin") == [("intelligence.returned", "您上报的市场信息（其他，便民商店0）被退回：哪条路？")]
    with clock.at(NOW + timedelta(days=2)):
        edit(as_lin, {**sent, "remarks": [heard("other", "沿河大道修路")]})
        intelligence_follow.follow()
        [again] = listed(as_chen)
    assert (again["state"], again["text"], again["due_on"]) == ("submitted", "沿河大道修路", "2026-03-25")
    assert acts(again) == ["sent", "returned", "edited"]


def test_the_county_sends_it_up_to_the_prefecture_which_decides(cast: Cast, sign_in: SignIn) -> None:
    send(cast, cast.actor("lin"), heard("other", "修路"))
    [row] = listed(sign_in("chen"))
    done(sign_in("chen"), row, "verify")
    done(sign_in("chen"), row, "escalate")
    assert told(sign_in("chen"), row, "escalate").status_code == 404  # the second step is the county's
    assert done(sign_in("he"), row, "escalate")["level"] == 2
    assert told(sign_in("he"), row, "decide", **WORDS).status_code == 404
    assert told(sign_in("he"), row, "escalate").status_code == 409
    assert [one["id"] for one in listed(sign_in("zhao"), "waiting=true")] == [row["id"]]
    assert done(sign_in("zhao"), row, "decide", **WORDS)["state"] == "decided"


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def row(cast: Cast, as_chen: APIClient) -> dict[str, Any]:
    send(cast, cast.actor("lin"), heard("other", "修路"))
    [found] = listed(as_chen)
    return found


@pytest.mark.parametrize(
    ("name", "verb", "body", "status", "code"),
    [
        ("lin", "verify", {}, 403, "forbidden"),
        ("chen", "decide", WORDS, 403, "forbidden"),
        ("wu", "escalate", {}, 403, "forbidden"),
        ("chen", "escalate", {}, 409, "conflict"),
        ("he", "decide", WORDS, 409, "conflict"),
        ("chen", "return", {"words": " "}, 400, "invalid"),
        ("he", "decide", {"decision": "act", "words": "做"}, 400, "invalid"),
    ],
)
def test_a_refusal_changes_nothing(
    cast: Cast, sign_in: SignIn, row: dict[str, Any], name: str, verb: str, body: dict[str, Any], status: int, code: str
) -> None:
    before = list(IntelligenceItem.objects.values()), IntelligenceEvent.objects.count()
    refused = told(sign_in(name), row, verb, **body)
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.content
    assert (list(IntelligenceItem.objects.values()), IntelligenceEvent.objects.count()) == before
    assert not AuditEntry.objects.filter(act__startswith="intelligence").exists()


def test_a_verb_asks_for_the_version_that_was_read(cast: Cast, as_chen: APIClient, row: dict[str, Any]) -> None:
    read = as_chen.get(f"{ITEMS}/{row['id']}")
    assert told(as_chen, row, "verify", tag="").status_code == 428
    done(as_chen, row, "assign", owner=str(cast.lin.pk))
    stale = told(as_chen, row, "verify", tag=read["ETag"])
    assert (stale.status_code, IntelligenceItem.objects.get().state) == (412, "submitted")
    fresh = as_chen.get(f"{ITEMS}/{row['id']}")
    assert told(as_chen, row, "verify", tag=fresh["ETag"]).status_code == 200


def test_nobody_acts_on_an_item_of_his_own(cast: Cast, as_chen: APIClient, sign_in: SignIn) -> None:
    send(cast, cast.actor("chen"), heard("other", "修路"))
    [row] = listed(as_chen)
    for verb, body in (("verify", {}), ("return", {"words": "不清"}), ("assign", {"owner": str(cast.lin.pk)})):
        refused = told(as_chen, row, verb, **body)
        assert (refused.status_code, refused.json()["code"]) == (409, "own_item")
    assert listed(as_chen, "waiting=true") == []
    assert done(sign_in("he"), row, "verify")["state"] == "verified"


def test_the_owner_is_somebody_who_may_read_it(cast: Cast, as_chen: APIClient, row: dict[str, Any]) -> None:
    refused = told(as_chen, row, "assign", owner=str(cast.ma.pk))
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert refused.json()["errors"][0]["pointer"] == "/owner"
    assert done(as_chen, row, "assign", owner=str(cast.lin.pk))["owner_name"] == "林小梅"
    assert [kind for kind, _ in notices_of(cast, "lin")] == ["intelligence.assigned"]


# -- what is restricted ------------------------------------------------------------------------------------------------


def test_irregular_trade_is_for_its_author_and_for_who_may_read_what_is_restricted_everywhere(
    cast: Cast, sign_in: SignIn
) -> None:
    send(cast, cast.actor("lin"), heard("irregular", "有人上门收烟"))
    expected = {"lin": 1, "he": 1, "zhao": 1, "chen": 0, "feng": 0, "wu": 0, "ma": 0}
    assert {name: len(listed(sign_in(name))) for name in expected} == expected
    groups = {name: len(sign_in(name).get("/api/v1/intelligence/groups").json()["results"]) for name in expected}
    assert groups == expected
    trends = {
        name: [one["kind"] for one in sign_in(name).get("/api/v1/intelligence/trends").json()["results"]]
        for name in ("he", "zhao", "chen", "feng", "lin")
    }
    assert trends == {"he": ["irregular"] * 2, "zhao": ["irregular"] * 3, "chen": [], "feng": [], "lin": []}
    morning = NOW + timedelta(days=1)
    with clock.at(morning):
        seen = {
            name: sign_in(name).get("/api/v1/intelligence/digest").json()["new"]["count"] for name in ("he", "chen")
        }
    assert seen == {"he": 1, "chen": 0}
    [row] = listed(sign_in("he"))
    assert told(sign_in("chen"), row, "verify").status_code == 404
    assert [one["id"] for one in listed(sign_in("he"), "waiting=true")] == [row["id"]]
    refused = told(sign_in("he"), row, "assign", owner=str(cast.chen.pk))
    assert refused.status_code == 400  # he may not read it
    done(sign_in("he"), row, "verify", words="收烟的人是外县的")
    entry = AuditEntry.objects.get(act="intelligence.verified")
    assert "收烟" not in str(entry.after)


def test_an_overdue_restricted_item_is_told_to_nobody_who_may_not_read_it(cast: Cast) -> None:
    Role.objects.filter(code="county_leader").update(capabilities=["visits.read", intelligence.DECIDE])
    send(cast, cast.actor("lin"), heard("irregular", "有人上门收烟"), heard("other", "修路"))
    with clock.at(NOW + timedelta(days=8)):
        assert due.follow() == 2
    assert notices_of(cast, "he") == [("intelligence.overdue", "市场信息（其他，便民商店0）已超过答复期限2026-03-23")]


def test_a_line_that_becomes_restricted_is_another_item(
    cast: Cast, as_lin: APIClient, as_chen: APIClient, sign_in: SignIn
) -> None:
    sent = send(cast, cast.actor("lin"), heard("other", "有人上门"))
    edit(as_lin, {**sent, "remarks": [heard("irregular", "有人上门收烟")]})
    intelligence_follow.follow()
    assert listed(as_chen) == []
    [row] = listed(sign_in("he"))
    assert (row["kind"], acts(row), row["events"][0]["before"]) == ("irregular", ["sent"], None)


# -- phones ------------------------------------------------------------------------------------------------------------


def test_the_phone_is_told_what_became_of_hers_and_of_nobody_elses(
    cast: Cast, as_lin: APIClient, as_chen: APIClient, sign_in: SignIn
) -> None:
    send(cast, cast.actor("lin"), heard("other", "修路"))
    [row] = listed(as_chen)
    done(as_chen, row, "return", words="哪条路？")
    pulled = as_lin.get("/sync/intelligence_items/1/pull?lwt=0&id=").json()
    [document] = [one for one in pulled["documents"] if not one.get("_deleted")]
    assert (document["id"], document["state"], document["words"]) == (row["id"], "returned", "哪条路？")
    for name in ("chen", "ma"):
        other = sign_in(name).get("/sync/intelligence_items/1/pull?lwt=0&id=")
        assert (other.status_code, other.json()["documents"]) == (200, []), name
