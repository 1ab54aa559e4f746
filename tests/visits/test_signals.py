"""At the shop: what is doubtful is kept and signalled, answered and decided by people; points that visits propose."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from backend import marks
from backend.models import AuditEntry, ChangeMark
from cycles import changes
from market.models import UnitMonth
from market.rollups import recompute
from retail.models import Retailer
from tests.cast import SHOP_LAT, SHOP_LON, Cast, SignIn
from tests.visits.checks import day, edit, follow, listed, photo, post, visited
from tests.visits.items import item, place, receive
from visits import checked, checkin
from visits.models import PointProposal, PresenceVerdict, Signal, Visit, VisitRevision
from visits.signalling import Raised, raise_signals
from visits.wire import VisitIn

MARCH = date(2026, 3, 1)


def kinds(client: APIClient) -> list[str]:
    return sorted(row["kind"] for row in listed(client, "signals"))


# -- scenario: an urban shop, limit 200 m ------------------------------------------------------------------------------


def test_85_m_away_with_an_accuracy_of_20_is_at_the_shop(cast: Cast, as_lin: APIClient) -> None:
    visit = visited(cast, day(16, 9), place=place(85))
    follow()
    assert (visit.presence, visit.distance_m, visit.flags) == ("valid", 85.0, [])
    assert kinds(as_lin) == []


def test_640_m_away_is_kept_to_be_verified_and_needs_reason_and_photo(cast: Cast, as_lin: APIClient) -> None:
    bare = visited(cast, day(16, 9), place=place(640))
    assert (bare.presence, bare.flags) == ("to_verify", ["too_far", "no_reason"])
    reason = visited(cast, day(16, 8, 3), place=place(640), away_reason="店主在市场进货")
    shown = visited(cast, day(13), place=place(640), away_reason="店主在市场进货", photos=[photo("away")])
    follow()
    assert [row["visit_id"] for row in listed(as_lin, "signals?kind=no_reason")] == [str(bare.pk), str(reason.pk)]
    assert (shown.presence, shown.flags) == ("to_verify", ["too_far"])
    [far] = listed(as_lin, f"signals?visit_id={shown.pk}")
    assert (far["reason"], far["reason_en"]) == (
        "到店定位距零售户 640 米（精度 20 米），超出到店范围", "checked in 640 m from the shop (accuracy 20 m)",
    )  # fmt: skip
    assert (far["state"], far["figures"]) == ("open", {"distance_m": 640, "accuracy_m": 20})


def test_a_mock_location_counts_nowhere_until_somebody_decides(cast: Cast, sign_in: SignIn) -> None:
    visit = visited(cast, day(16, 9), place=place(mock=True))
    assert (visit.presence, visit.flags) == ("to_verify", ["mock_location"])
    assert seen(cast) == 0
    follow()
    assert kinds(sign_in("chen")) == ["mock_location"]
    body = {"visits": [str(visit.pk)], "presence": "valid", "words": "电话核实"}
    answer = post(sign_in("chen"), "visits/verify", body)
    assert (answer.status_code, answer.json()) == (
        200, {"results": [{"visit": str(visit.pk), "presence": "valid"}]},
    )  # fmt: skip
    assert seen(cast) == 1
    entry = AuditEntry.objects.get(act="visit.verify")
    assert (entry.before, entry.after, entry.reason) == ({"presence": "to_verify"}, {"presence": "valid"}, "电话核实")


def test_the_same_visit_three_times_after_hours_offline_is_one(cast: Cast) -> None:
    entry = item(cast)
    words = [receive(cast.actor("lin"), entry)[0].word for _ in range(3)]
    assert (words, Visit.objects.count()) == (["created", "duplicate", "duplicate"], 1)


def test_a_signal_names_the_shop_that_its_visit_names_now(cast: Cast, as_lin: APIClient) -> None:
    sent = item(cast, place=place(mock=True))
    assert as_lin.post("/api/v1/visits", sent).status_code == 201
    follow()
    odd = Raised(Visit.objects.get().pk, MARCH, "photo_time", uuid4(), {"minutes": 90})
    raise_signals([odd])
    assert {row["retailer"] for row in listed(as_lin, "signals")} == {str(cast.shops[0].pk)}
    edit(as_lin, {**sent, "retailer_id": str(cast.shops[1].pk)})
    follow()
    raise_signals([odd])
    found = {row["kind"]: row["retailer"] for row in listed(as_lin, "signals")}
    assert {found["mock_location"], found["photo_time"]} == {str(cast.shops[1].pk)}


def test_a_place_found_valid_is_so_for_that_shop_alone_and_a_rejected_one_for_any(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    first, second = cast.shops[:2]
    sent = item(cast, place=place(640), away_reason="店主在市场")
    assert as_lin.post("/api/v1/visits", sent).status_code == 201
    decided = {"visits": [sent["submission_id"]], "presence": "valid", "words": "电话核实"}
    assert post(as_chen, "visits/verify", decided).status_code == 200

    def presence_at(shop: Retailer) -> str:
        edit(as_lin, {**sent, "retailer_id": str(shop.pk)})
        follow()
        return str(Visit.objects.get().presence)

    assert [presence_at(shop) for shop in (second, first, second)] == ["to_verify", "valid", "to_verify"]
    assert post(as_chen, "visits/verify", {**decided, "presence": "rejected"}).status_code == 200
    assert PresenceVerdict.objects.get().retailer_id == second.pk
    assert [presence_at(shop) for shop in (first, second)] == ["rejected", "rejected"]


def test_a_photo_used_before_is_a_signal_with_the_earlier_one(cast: Cast, as_lin: APIClient) -> None:
    last, now = visited(cast, day(16, 10, 2)), visited(cast, day(16, 9))
    shown, earlier = uuid4(), uuid4()
    found = Raised(
        now.pk, now.month, "photo_reuse", shown, {"earlier_photo": str(earlier), "earlier_visit": str(last.pk)}
    )
    raise_signals([found])
    raise_signals([found, Raised(uuid4(), MARCH, "photo_reuse", shown)])  # again, and of a visit that does not stand
    follow()  # what photos raised stays when the visit's own signals are derived
    [row] = listed(as_lin, "signals")
    assert (row["kind"], row["photo_id"], row["figures"]["earlier_visit"], row["state"]) == (
        "photo_reuse", str(shown), str(last.pk), "open",
    )  # fmt: skip
    assert row["reason_en"] == "the photo is that of an earlier visit, or very like it"
    assert now.presence == "valid"
    with pytest.raises(ValueError, match="no words for"):
        raise_signals([Raised(now.pk, now.month, "unheard_of")])


def seen(cast: Cast) -> int:
    """Shops that the month's board counts as seen in Lin's territory."""
    while recompute.drain():
        pass
    row = UnitMonth.objects.filter(month=MARCH, unit=cast.territory).first()
    return row.shops_seen if row else 0


# -- verdicts ----------------------------------------------------------------------------------------------------------


def test_a_rejected_visit_counts_nowhere_and_an_edit_does_not_bring_it_back(cast: Cast, sign_in: SignIn) -> None:
    visit = visited(cast, day(16, 9), place=place(640))
    body = {"visits": [str(visit.pk)], "presence": "rejected"}
    chen = sign_in("chen")
    assert post(chen, "visits/verify", body).json()["code"] == "invalid"  # without words
    assert post(chen, "visits/verify", {**body, "words": "人不在店"}).status_code == 200
    visit.refresh_from_db()
    assert (visit.presence, seen(cast)) == ("rejected", 0)
    Visit.objects.filter(pk=visit.pk).update(presence="to_verify")  # as an edit judges it anew
    with_mark(cast, visit)
    follow()
    visit.refresh_from_db()
    assert visit.presence == "rejected"
    assert post(chen, "visits/verify", {**body, "presence": "valid"}).status_code == 200  # she may think again
    visit.refresh_from_db()
    assert (visit.presence, PresenceVerdict.objects.get().presence, seen(cast)) == ("valid", "valid", 1)
    [row] = listed(chen, "presence-verdicts")
    assert (row["visit_id"], row["decided_by_name"]) == (str(visit.pk), "陈国庆")


def with_mark(cast: Cast, visit: Visit) -> None:
    """As a change to the visit is marked."""
    marks.mark("visits", [(visit.territory_id, visit.on_date)])


def test_many_are_decided_at_once_or_none(cast: Cast, sign_in: SignIn) -> None:
    doubtful = [visited(cast, day(n), place=place(640)) for n in (2, 3, 4)]
    plain = visited(cast, day(5))
    chen = sign_in("chen")
    everything = [str(visit.pk) for visit in [*doubtful, plain]]
    answer = post(chen, "visits/verify", {"visits": everything, "presence": "valid"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_to_verify")
    assert set(Visit.objects.filter(pk__in=everything[:3]).values_list("presence", flat=True)) == {"to_verify"}
    assert post(chen, "visits/verify", {"visits": everything[:3], "presence": "valid"}).status_code == 200
    assert set(Visit.objects.values_list("presence", flat=True)) == {"valid"}


@pytest.mark.parametrize(("name", "status"), [("lin", 403), ("wu", 403), ("zhao", 403), ("he", 200), ("chen", 200)])
def test_who_decides_about_a_doubtful_visit(cast: Cast, sign_in: SignIn, name: str, status: int) -> None:
    visit = visited(cast, day(16, 9), place=place(640))
    answer = post(sign_in(name), "visits/verify", {"visits": [str(visit.pk)], "presence": "valid"})
    visit.refresh_from_db()
    assert (answer.status_code, visit.presence) == (status, "valid" if status == 200 else "to_verify")


def test_a_manager_does_not_decide_about_visits_of_her_own_or_of_others_offices(cast: Cast, sign_in: SignIn) -> None:
    own = visited(cast, day(13), by="chen", place=place(640))
    foreign_place = {"lon": SHOP_LON + 1, "lat": SHOP_LAT + 0.1, "datum": "WGS-84"}
    foreign = visited(cast, day(13), by="wu", retailer_id=str(cast.wu_shops[0].pk), place=foreign_place)
    for visit in (own, foreign):
        answer = post(sign_in("chen"), "visits/verify", {"visits": [str(visit.pk)], "presence": "valid"})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not PresenceVerdict.objects.exists()


def test_a_verdict_marks_its_day_for_the_month_also_after_the_lock(cast: Cast) -> None:
    visit = visited(cast, day(16, 10, 2), place=place(640))
    ChangeMark.objects.all().delete()
    checkin.verify(actor=cast.actor("chen"), visit_ids=[visit.pk], valid=True)
    told = set(ChangeMark.objects.values_list("consumer", "kind", "unit_id", "on_date"))
    key = ("visits", cast.territory.pk, date(2026, 2, 16))
    assert {(changes.CONSUMER, *key), (recompute.CONSUMER, *key), (checked.CONSUMER, *key)} <= told


# -- signals -----------------------------------------------------------------------------------------------------------


def test_the_author_answers_and_a_manager_decides(cast: Cast, sign_in: SignIn) -> None:
    visited(cast, day(16, 9), place=place(mock=True))
    follow()
    lin, chen = sign_in("lin"), sign_in("chen")
    [row] = listed(lin, "signals")
    said = post(lin, f"signals/{row['id']}/answer", {"answer": "手机系统更新后误报"})
    assert (said.status_code, said.json()["state"], said.json()["answer"]) == (200, "answered", "手机系统更新后误报")
    assert post(chen, f"signals/{row['id']}/answer", {"answer": "x"}).status_code == 404
    assert post(lin, f"signals/{row['id']}/decide", {"decision": "accepted"}).status_code == 403
    assert post(chen, f"signals/{row['id']}/decide", {"decision": "dismissed"}).json()["code"] == "invalid"
    done = post(chen, f"signals/{row['id']}/decide", {"decision": "accepted"})
    assert (done.status_code, done.json()["state"], done.json()["decided_by"]) == (200, "accepted", str(cast.chen.pk))
    assert post(chen, f"signals/{row['id']}/decide", {"decision": "accepted"}).status_code == 409
    assert post(lin, f"signals/{row['id']}/answer", {"answer": "x"}).status_code == 409
    assert Visit.objects.get().presence == "to_verify"  # nothing follows by itself
    acts = AuditEntry.objects.filter(act__startswith="signal.").order_by("id").values_list("act", flat=True)
    assert list(acts) == ["signal.answer", "signal.decide"]


def test_signals_follow_the_facts_until_somebody_speaks(cast: Cast) -> None:
    first = visited(cast, day(13), place=place(mock=True))
    second = visited(cast, day(12), place=place(mock=True))
    follow()
    Signal.objects.filter(visit_id=second.pk).update(state="answered", answer="误报")
    Visit.objects.update(flags=[])
    for visit in (first, second):
        with_mark(cast, visit)
    follow()
    assert [(row.visit_id, row.state) for row in Signal.objects.all()] == [(second.pk, "answered")]


def test_each_flag_has_its_reason_in_words(cast: Cast, as_lin: APIClient) -> None:
    at = day(16, 6)
    entry = item(cast, started_at=at.isoformat(), ended_at=at.replace(minute=1).isoformat(), left=place(900),
                 sent_at=day(16, 10).replace(minute=5).isoformat())  # fmt: skip
    [outcome] = receive(cast.actor("lin"), entry, received_at=day(16, 10))
    follow()
    told = {row["kind"]: row["reason_en"] for row in listed(as_lin, "signals")}
    assert outcome.word == "created"
    assert told == {
        "too_short": "stayed 60 seconds",
        "clock_skew": "the phone's clock is 300 seconds off, or went backwards",
        "outside_hours": "began at 05:55, outside the shop's or visiting hours",
        "left_far": "checked out 900 m from the shop",
    }


def test_a_visit_tells_one_fix_at_each_end_and_no_trail() -> None:
    places = [name for name, kind in VisitIn.__annotations__.items() if "Place" in str(kind)]
    assert places == ["place", "left"]
    assert not any("list[Place]" in str(kind) for kind in VisitIn.__annotations__.values())


# -- points ------------------------------------------------------------------------------------------------------------


def pointless(cast: Cast) -> Retailer:
    shop = cast.shops[0]
    Retailer.objects.filter(pk=shop.pk).update(lon=None, lat=None, datum="unknown")
    return shop


def test_the_first_visit_with_a_fix_proposes_the_point_and_the_manager_confirms(cast: Cast, sign_in: SignIn) -> None:
    shop = pointless(cast)
    first = visited(cast, day(13), place=place(30))
    visited(cast, day(14), place=place(400))
    follow()
    lin, chen = sign_in("lin"), sign_in("chen")
    [row] = listed(chen, "point-proposals")
    assert (first.presence, row["visit_id"], row["state"], row["datum"]) == ("unknown", str(first.pk), "open", "WGS-84")
    assert post(lin, f"point-proposals/{row['id']}/confirm").status_code == 403
    assert post(chen, f"point-proposals/{row['id']}/confirm").status_code == 200
    shop.refresh_from_db()
    assert (shop.lon, round(shop.lat or 0, 6), shop.datum, shop.version) == (
        SHOP_LON,
        round(first.lat or 0, 6),
        "WGS-84",
        2,
    )
    entry = AuditEntry.objects.get(act="retailer.point")
    assert (entry.before["lon"], entry.after["lon"]) == (None, SHOP_LON)  # type: ignore[index]
    assert post(chen, f"point-proposals/{row['id']}/confirm").status_code == 409
    assert visited(cast, day(16, 9), place=place(30)).presence == "valid"
    follow()
    assert PointProposal.objects.count() == 1


def test_a_rejected_point_is_proposed_anew_by_the_next_visit(cast: Cast, sign_in: SignIn) -> None:
    shop = pointless(cast)
    visited(cast, day(12), place=place(0, mock=True))
    visited(cast, day(13), place=place(3000))
    third = visited(cast, day(14), place=place(10))
    follow()
    chen = sign_in("chen")
    [row] = listed(chen, "point-proposals")
    assert post(chen, f"point-proposals/{row['id']}/reject", {"words": "在仓库打的卡"}).status_code == 200
    assert [r["visit_id"] for r in listed(chen, "point-proposals?state=open")] == [str(third.pk)]
    assert Retailer.objects.get(pk=shop.pk).lon is None


def test_an_earlier_visit_that_comes_late_takes_over_an_open_proposal(cast: Cast) -> None:
    pointless(cast)
    visited(cast, day(13), place=place(10))
    follow()
    earlier = visited(cast, day(12), place=place(20))
    follow()
    assert PointProposal.objects.get().visit_id == earlier.pk
    VisitRevision.objects.create(
        visit_id=earlier.pk, month=MARCH, number=2, act="withdraw", retailer_id=earlier.retailer_id,
        territory_id=earlier.territory_id, county_id=earlier.county_id, person_id=earlier.person_id,
        made_at=day(16), before={}, sha256=b"",
    )  # fmt: skip
    Visit.objects.filter(pk=earlier.pk).delete()
    with_mark(cast, earlier)
    follow()
    assert PointProposal.objects.get().visit_id != earlier.pk
