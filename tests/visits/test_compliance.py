"""Price tags, licence and minors: rates, one repair task, and breaches that are reported, not punished."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend import feeds, marks, synclog
from backend.models import AuditEntry, Parameter, Position
from tests.cast import ALWAYS, Cast, SignIn
from tests.visits.checks import day, edit, follow, listed, post, visited
from tests.visits.items import item, place
from visits import compliance, display_tasks
from visits.models import Breach, DisplayTask, Visit

MARCH = date(2026, 3, 1)
SIXTY = {"tags_shown": 60, "tags_missing": 3, "tags_mismatched": 2, "tags_altered": 1}


# -- scenario: 60 on show, 3 without a tag, 2 mismatched, 1 altered ----------------------------------------------------


def test_54_of_60_tags_are_one_repair_task_due_in_seven_days(cast: Cast, sign_in: SignIn) -> None:
    visit = visited(cast, day(16, 9), compliance=SIXTY)
    follow()
    [task] = listed(sign_in("lin"), "display-tasks")
    assert (task["kind"], task["item_code"], task["name"], task["name_en"]) == (
        "tags", "price_tags", "明码标价", "price tags",
    )  # fmt: skip
    assert task["figures"] == {"shown": 60, "placed": 54, "target": 95.0, "rate": 90.0}
    assert (task["opened_visit_id"], task["opened_on"], task["due_on"]) == (str(visit.pk), "2026-03-16", "2026-03-23")
    told = sign_in("chen").get(f"/api/v1/boards/compliance?unit={cast.office.pk}&month=2026-03").json()
    assert (told["price_tag_rate"], told["licence_rate"], told["time_to_fix_days"]) == ("90.0", None, None)
    follow()
    assert DisplayTask.objects.count() == 1
    assert not Breach.objects.exists()


def test_a_tag_above_the_cap_is_a_high_breach_to_the_bureau(cast: Cast, sign_in: SignIn) -> None:
    visit = visited(cast, day(16, 9), compliance={**SIXTY, "tags_over_cap": 1, "words": "标价 120 元/包"})
    follow()
    jiang = sign_in("jiang")
    [row] = listed(jiang, "breaches")
    assert (row["kind"], row["severity"], row["figures"], row["state"]) == ("over_cap", 1, {"tags": 1}, "reported")
    assert (row["visit_id"], row["words"], row["retailer_name"]) == (str(visit.pk), "标价 120 元/包", "便民商店0")
    assert DisplayTask.objects.count() == 1


def test_tags_are_mended_when_a_later_count_reaches_the_target(cast: Cast, sign_in: SignIn) -> None:
    visited(cast, day(3), compliance=SIXTY)
    visited(cast, day(5), compliance={"tags_shown": 60, "tags_missing": 4})  # 93.3
    visited(cast, day(6), compliance={"licence_shown": True})  # nobody looked at tags
    visited(cast, day(9), compliance={"tags_shown": 60, "tags_missing": 3})  # 95.0
    follow()
    task = DisplayTask.objects.get()
    assert (task.failures, task.closed_on, task.days) == (2, date(2026, 3, 9), 6)
    rates = compliance.rates([cast.prefecture.pk, cast.other_county.pk], MARCH)
    assert {key: str(value) for key, value in rates[cast.prefecture.pk].items()} == {
        "price_tag_rate": "92.8", "licence_rate": "100.0", "minors_rate": "None", "time_to_fix_days": "6.0",
        "repairs_overdue": "0",
    }  # fmt: skip
    assert rates[cast.other_county.pk]["price_tag_rate"] is None


def test_the_target_and_the_days_are_those_of_the_unit(cast: Cast) -> None:
    for key, value in (("market.price_tag_rate", 89.5), ("visits.repair_days", 3)):
        Parameter.objects.create(unit=cast.county, key=key, during=ALWAYS, value=value)
    visited(cast, day(16, 9), compliance=SIXTY)
    follow()
    assert not DisplayTask.objects.exists()
    visited(cast, day(16, 8), compliance={"tags_shown": 10, "tags_missing": 2})
    follow()
    assert [(task.due_on, task.figures["target"]) for task in DisplayTask.objects.all()] == [(date(2026, 3, 19), 89.5)]


def test_rates_count_what_was_looked_at_by_visits_that_count(cast: Cast) -> None:
    visited(cast, day(2), compliance={"licence_shown": True, "holder_trades": False, "minors_sign": True})
    visited(cast, day(3), compliance={"licence_shown": True, "minors_sign": True, "id_asked": False})
    visited(cast, day(4), compliance={"licence_shown": True, "minors_sign": False})
    visited(cast, day(5), compliance={"minors_sign": True})
    visited(cast, day(6), compliance={"licence_shown": False, "minors_sign": False}, place=place(900))
    follow()
    rates = compliance.rates([cast.territory.pk], MARCH)[cast.territory.pk]
    assert (str(rates["licence_rate"]), str(rates["minors_rate"])) == ("66.7", "50.0")


def test_phones_hold_the_tasks_of_the_shops_that_are_theirs_today(cast: Cast) -> None:
    visited(cast, day(16, 9), compliance=SIXTY)
    follow()
    feed = feeds.feed("display_tasks", 1)
    assert feed is display_tasks.FEED
    assert synclog.reconcile(feed, [cast.territory.pk, cast.next_territory.pk]) == {cast.territory.pk: 1}
    visited(cast, day(16, 10), compliance={"tags_shown": 60})
    follow()
    assert synclog.reconcile(feed, [cast.territory.pk]) == {cast.territory.pk: 1}
    assert synclog.reconcile(feed, [cast.territory.pk]) == {}


# -- breaches ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "kinds"),
    [
        ({"licence_shown": False}, {("licence_hidden", 2)}),
        ({"holder_trades": False}, {("not_holder", 2)}),
        ({"goods_genuine": False}, {("not_genuine", 1)}),
        ({"minors_sign": False, "near_school": True}, {("no_minors_sign", 2), ("near_school", 2)}),
        ({"licence_shown": True, "holder_trades": True, "goods_genuine": True, "minors_sign": True}, set()),
        ({"near_school": False, "tags_over_cap": 0, "id_asked": False}, set()),
    ],
)
def test_what_is_found_against_the_law_is_reported(
    cast: Cast, found: dict[str, Any], kinds: set[tuple[str, int]]
) -> None:
    visited(cast, day(16, 9), compliance=found)
    follow()
    assert set(Breach.objects.values_list("kind", "severity")) == kinds


def test_irregular_trade_is_told_to_its_author_the_bureau_and_the_trusted_alone(cast: Cast, sign_in: SignIn) -> None:
    visited(
        cast, day(16, 9), remarks=[{"kind": "irregular", "text": "有人批量收购软蓝"}, {"kind": "event", "text": "庙会"}]
    )
    follow()
    words = {
        name: [row["words"] for row in listed(sign_in(name), "breaches")] for name in ("lin", "jiang", "he", "zhao")
    }
    assert words == {name: ["有人批量收购软蓝"] for name in words}
    assert {name: listed(sign_in(name), "breaches") for name in ("chen", "ma", "wu")} == {
        "chen": [], "ma": [], "wu": [],
    }  # fmt: skip
    assert sign_in("feng").get("/api/v1/breaches").status_code == 403


def test_a_market_manager_sees_that_it_was_reported_and_no_more(cast: Cast, sign_in: SignIn) -> None:
    visited(cast, day(16, 9), compliance={"licence_shown": False, "words": "证挂在里屋"})
    follow()
    [row] = listed(sign_in("chen"), "breaches")
    assert (row["kind"], row["state"], row["words"], row["outcome"]) == ("licence_hidden", "reported", None, None)
    for name in ("chen", "lin", "zhao"):
        assert post(sign_in(name), f"breaches/{row['id']}/close", {"outcome": "x"}).status_code == 403
    assert Breach.objects.get().state == "reported"


def test_the_bureau_sees_and_closes_with_words(cast: Cast, sign_in: SignIn) -> None:
    visited(cast, day(16, 9), compliance={"licence_shown": False})
    follow()
    jiang = sign_in("jiang")
    [row] = listed(jiang, "breaches")
    assert post(jiang, f"breaches/{row['id']}/see").json()["state"] == "seen"
    assert post(jiang, f"breaches/{row['id']}/see").status_code == 409
    assert post(jiang, f"breaches/{row['id']}/close", {"outcome": " "}).status_code == 400
    done = post(jiang, f"breaches/{row['id']}/close", {"outcome": "当场责令改正"}).json()
    assert (done["state"], done["outcome"]) == ("closed", "当场责令改正")
    assert post(jiang, f"breaches/{row['id']}/close", {"outcome": "x"}).status_code == 409
    acts = AuditEntry.objects.filter(act__startswith="breach.").order_by("id").values_list("act", flat=True)
    assert list(acts) == ["breach.see", "breach.close"]


def test_the_audit_of_a_breach_says_nothing_of_what_is_restricted(cast: Cast, sign_in: SignIn) -> None:
    visited(cast, day(16, 9), remarks=[{"kind": "irregular", "text": "有人上门收烟"}])
    follow()
    jiang = sign_in("jiang")
    [row] = listed(jiang, "breaches")
    assert (row["is_restricted"], row["words"]) == (True, "有人上门收烟")
    post(jiang, f"breaches/{row['id']}/see")
    post(jiang, f"breaches/{row['id']}/close", {"outcome": "已移交收烟线索"})
    for name in ("shen", "sun"):  # they read the audit, and not what is restricted
        told = sign_in(name).get("/api/v1/audit")
        assert [entry["act"] for entry in told.json()["results"]] == ["breach.close", "breach.see"]
        assert "收烟" not in told.content.decode()


def test_a_breach_names_the_shop_that_its_visit_names_now(cast: Cast, as_lin: APIClient) -> None:
    first, second = cast.shops[:2]
    sent = item(cast, compliance={"licence_shown": False})
    assert as_lin.post("/api/v1/visits", sent).status_code == 201
    follow()
    assert Breach.objects.get().retailer_id == first.pk
    edit(as_lin, {**sent, "retailer_id": str(second.pk)})
    follow()
    assert list(Breach.objects.values_list("retailer_id", "version")) == [(second.pk, 2)]


def test_who_is_trusted_elsewhere_reads_no_words_of_a_breach_here(cast: Cast, sign_in: SignIn) -> None:
    Position.objects.create(person=cast.chen, unit=cast.other_county, role_id="county_leader", during=ALWAYS)
    visited(cast, day(16, 9), compliance={"licence_shown": False, "words": "证照借用"})
    follow()
    for name, words in (("chen", None), ("he", "证照借用"), ("jiang", "证照借用")):
        assert [row["words"] for row in listed(sign_in(name), "breaches")] == [words], name


def test_a_breach_follows_its_visit_until_the_bureau_has_seen_it(cast: Cast) -> None:
    seen = visited(cast, day(12), compliance={"licence_shown": False})
    unseen = visited(cast, day(13), compliance={"licence_shown": False})
    follow()
    Breach.objects.filter(visit_id=seen.pk).update(state="seen")
    Visit.objects.update(presence="rejected")
    for visit in (seen, unseen):
        marks.mark("visits", [(visit.territory_id, visit.on_date)])
    follow()
    assert list(Breach.objects.values_list("visit_id", "state")) == [(seen.pk, "seen")]
