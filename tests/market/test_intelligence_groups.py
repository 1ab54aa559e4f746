"""What several people sent about one thing is put together, counted, decided at once; unusual counts; the digest."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend import clock
from backend.models import MailChoice, MailLine, Notice, Unit
from market.intelligence import digest, queries, unusual
from market.intelligence import follow as intelligence_follow
from market.models import IntelligenceItem
from tests.cast import NOW, Cast, SignIn, make_shop
from tests.market.intelligence import done, heard, listed, send, told
from tests.visits.items import item, receive

GROUPS = "/api/v1/intelligence/groups"
MOVE = "对面店买一送一"


@pytest.fixture
def near(cast: Cast) -> Any:
    """A shop of Ma's, in the next territory of the same office."""
    return make_shop(cast.next_territory, 50)


def found(client: APIClient, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"{GROUPS}?{query}")
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


# -- one thing, several people -----------------------------------------------------------------------------------------


def test_what_another_person_sent_in_other_words_confirms_it_and_what_she_repeats_does_not(
    cast: Cast, as_chen: APIClient, as_lin: APIClient, near: Any
) -> None:
    send(cast, cast.actor("lin"), heard("rival_move", MOVE))
    send(cast, cast.actor("lin"), heard("rival_move", MOVE + "。"), shop=cast.shops[1])
    with clock.at(NOW + timedelta(days=3)):
        send(cast, cast.actor("ma"), heard("rival_move", "对面的店在买一送一"), shop=near)
        rows = listed(as_chen)
        assert [(row["person_name"], row["confirmations"]) for row in rows] == [
            ("马力", 1),
            ("林小梅", 1),
            ("林小梅", 1),
        ]
        [group] = found(as_chen)
        assert (group["items"], group["persons"], group["first_on"], group["last_on"]) == (
            3, 2, "2026-03-16", "2026-03-19",
        )  # fmt: skip
        assert (group["head"]["text"], group["rows"]) == (MOVE, f"/api/v1/intelligence/items?group={group['id']}")
        assert len(listed(as_chen, f"group={group['id']}")) == 3
        assert [row["confirmations"] for row in listed(as_lin)] == [0, 0]  # Ma's are not hers to read


@pytest.mark.parametrize(
    ("kind", "text", "place", "days", "is_same"),
    [
        ("rival_move", MOVE, "", 14, True),
        ("rival_move", MOVE, "", 15, False),
        ("rival_move", MOVE, "步行街东", 1, True),
        ("rival_move", MOVE, "火车站", 1, False),
        ("other", MOVE, "", 1, False),
        ("rival_move", "烟柜换成了电子烟", "", 1, False),
    ],
)
def test_one_thing_is_of_one_kind_place_and_fortnight_and_of_like_words(
    cast: Cast, as_chen: APIClient, near: Any, kind: str, text: str, place: str, days: int, is_same: bool
) -> None:
    send(cast, cast.actor("lin"), heard("rival_move", MOVE, place="步行街"))
    with clock.at(NOW + timedelta(days=days)):
        send(cast, cast.actor("ma"), heard(kind, text, place=place), shop=near)
    assert len(set(IntelligenceItem.objects.values_list("group_id", flat=True))) == (1 if is_same else 2)


def test_what_was_looked_at_is_one_thing_by_its_product(cast: Cast, near: Any) -> None:
    first, second, _ = (product.pk for product in cast.products)
    send(cast, cast.actor("lin"), observations=[{"product_id": first, "oos_days": 5}])
    seen = [{"product_id": first, "oos_days": 7}, {"product_id": second, "oos_days": 7}]
    send(cast, cast.actor("ma"), shop=near, observations=seen)
    rows = list(IntelligenceItem.objects.order_by("product_id").values_list("product_id", "group_id"))
    assert [product for product, _ in rows] == [first, first, second]
    assert rows[0][1] == rows[1][1] != rows[2][1]


def test_what_arrives_together_is_put_together(cast: Cast) -> None:
    same = [item(cast, remarks=[heard("other", MOVE), heard("other", MOVE + "!")]) for _ in range(2)]
    receive(cast.actor("lin"), *same)
    intelligence_follow.follow()
    assert IntelligenceItem.objects.count() == 4
    assert len(set(IntelligenceItem.objects.values_list("group_id", flat=True))) == 1


def test_the_other_countys_is_another_thing(cast: Cast) -> None:
    send(cast, cast.actor("lin"), heard("other", MOVE))
    send(cast, cast.actor("wu"), heard("other", MOVE), shop=cast.wu_shops[0])
    assert len(set(IntelligenceItem.objects.values_list("group_id", flat=True))) == 2


def test_a_decision_answers_the_whole_group_and_everybody_who_sent_it(cast: Cast, sign_in: SignIn, near: Any) -> None:
    send(cast, cast.actor("lin"), heard("rival_move", MOVE))
    send(cast, cast.actor("ma"), heard("rival_move", MOVE), shop=near)
    send(cast, cast.actor("chen"), heard("rival_move", MOVE), shop=cast.shops[2])
    row = next(one for one in listed(sign_in("chen")) if one["person_name"] == "林小梅")
    done(sign_in("chen"), row, "verify")
    done(sign_in("he"), row, "decide", decision="noted", words="全县关注")
    assert set(IntelligenceItem.objects.values_list("state", "words_back")) == {("decided", "全县关注")}
    heard_of = Notice.objects.filter(kind="intelligence.decided").values_list("person__username", flat=True)
    assert sorted(heard_of) == ["chen", "lin", "ma"]
    assert told(sign_in("he"), row, "decide", decision="noted", words="再答").status_code == 409


# -- unusual counts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "total", "weeks", "chance"),
    [
        # r = 1/2, p = 8/9: 1 - sqrt(8/9) (1 + 1/18 + 1/216)
        (3, 0, 8, 0.000448),
        # r = 17/2, p = 8/9: (8/9)^8.5 = 0.3674545; terms 1, 17/18, 0.498457, 0.193844, 0.061922
        (3, 8, 8, 0.102345),
        (4, 8, 8, 0.031116),
        (5, 8, 8, 0.008362),
        (0, 8, 8, 1.0),
        # r = 5/2, p = 4/5: (4/5)^2.5 = 0.572433; terms 1, 1/2, 7/40
        (3, 2, 4, 0.041174),
    ],
)
def test_the_chance_of_a_count_is_that_of_the_negative_binomial(
    count: int, total: int, weeks: int, chance: float
) -> None:
    assert unusual.upper_tail(count, total, weeks) == pytest.approx(chance, abs=1e-6)


def weekly(cast: Cast, counts: list[int], kind: str = "event", territory: Unit | None = None) -> None:
    """So many items in each week up to the running one, the oldest first."""
    where = territory or cast.territory
    for back, count in enumerate(reversed(counts)):
        day = NOW.date() - timedelta(weeks=back)
        for number in range(count):
            IntelligenceItem.objects.create(
                visit_id=cast.shops[0].pk, month=day.replace(day=1), place_no=back * 100 + number,
                retailer=cast.shops[0], person=cast.lin, territory=where, county_id=where.ancestors[3], on_date=day,
                kind=kind, is_restricted=kind == "irregular", group_id=cast.shops[0].pk, group_on=day, sent_at=NOW,
                due_on=date(2026, 3, 23), text=f"{kind}{back}{number}",
            )  # fmt: skip


def trends(client: APIClient, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/api/v1/intelligence/trends?{query}")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_five_after_one_a_week_is_unusual_and_four_is_not(cast: Cast, as_chen: APIClient, sign_in: SignIn) -> None:
    weekly(cast, [1] * 8 + [5])
    weekly(cast, [1] * 8 + [4], "other")
    told = trends(as_chen)
    rows = {row["kind"]: row for row in told["results"]}
    assert (told["week"], told["tested"]) == ("2026-03-16", 2)
    assert (rows["event"]["counts"], rows["event"]["mean"], rows["event"]["is_unusual"]) == (
        [1] * 8 + [5],
        "1.00",
        True,
    )
    assert rows["event"]["probability"] == pytest.approx(0.008362, abs=1e-6)
    assert (rows["other"]["is_unusual"], rows["other"]["unit_id"], rows["other"]["level"]) == (False, cast.office.pk, 4)
    assert [row["kind"] for row in trends(as_chen, "unusual=true")["results"]] == ["event"]
    listed_ = as_chen.get(rows["event"]["rows"]).json()["results"]
    assert len(listed_) == 5
    places = [(row["level"], row["unit_name"]) for row in trends(sign_in("zhao"), "unusual=true")["results"]]
    assert sorted(places) == [(2, "黄石市"), (3, "阳新县"), (4, "兴国市场部")]


def test_three_weeks_are_no_measure(cast: Cast, as_chen: APIClient) -> None:
    weekly(cast, [1, 1, 1, 9])
    [row] = trends(as_chen)["results"]
    assert (row["mean"], row["probability"], row["is_unusual"]) == ("1.00", None, False)


def test_what_is_restricted_is_in_nobodys_sum_who_may_not_read_it(cast: Cast, sign_in: SignIn) -> None:
    weekly(cast, [0, 1, 0, 0, 1, 0, 0, 0, 5], "irregular")
    month = date(2026, 3, 1)
    for name, kinds in (("he", ["irregular"]), ("chen", []), ("feng", [])):
        actor = cast.actor(name)
        unit = cast.county if name != "chen" else cast.office
        seen = queries.digest_of(actor, unit, month)
        assert [one.kind for one in seen.kinds] == kinds, name
        assert {trend.kind for _, trend in seen.unusual} == set(kinds), name


def test_the_digest_of_a_month_counts_by_kind_and_names_what_most_people_sent(
    cast: Cast, sign_in: SignIn, near: Any
) -> None:
    send(cast, cast.actor("lin"), heard("rival_move", MOVE), heard("other", "修路"))
    send(cast, cast.actor("ma"), heard("rival_move", MOVE), shop=near)
    seen = queries.digest_of(cast.actor("he"), cast.county, date(2026, 3, 1))
    assert [(one.kind, one.items, one.confirmed, one.decided, one.overdue) for one in seen.kinds] == [
        ("rival_move", 2, 2, 0, 0), ("other", 1, 0, 0, 0),
    ]  # fmt: skip
    for one in seen.kinds:
        assert len(sign_in("he").get(one.rows_url).json()["results"]) == one.items
    assert [(group.persons, group.items, group.head.text) for group in seen.top] == [(2, 2, MOVE)]
    assert queries.digest_of(cast.actor("he"), cast.county, date(2026, 2, 1)).kinds == ()


# -- the morning's digest ----------------------------------------------------------------------------------------------

MORNING = NOW + timedelta(days=1, hours=-2)  # Tuesday, 8:00


def test_a_digest_holds_what_was_sent_since_the_last_working_day_began(
    cast: Cast, as_chen: APIClient, sign_in: SignIn
) -> None:
    with clock.at(NOW - timedelta(days=3)):  # Friday
        send(cast, cast.actor("lin"), heard("other", "周五"))
    with clock.at(NOW - timedelta(hours=1)):
        body = as_chen.get("/api/v1/intelligence/digest").json()
        assert (body["day"], body["since"], body["new"]["count"], body["waiting"]["count"]) == (
            "2026-03-16", "2026-03-13", 1, 1,
        )  # fmt: skip
        assert [row["text"] for row in body["new"]["items"]] == ["周五"]
        for part in ("new", "waiting", "overdue"):
            assert len(as_chen.get(body[part]["rows"]).json()["results"]) == body[part]["count"], part
    with clock.at(MORNING):
        body = as_chen.get("/api/v1/intelligence/digest?day=2026-03-17").json()
        assert (body["since"], body["new"]["count"], body["waiting"]["count"]) == ("2026-03-16", 0, 1)
        assert sign_in("he").get("/api/v1/intelligence/digest").json()["waiting"]["count"] == 0


def test_each_leader_is_told_once_each_working_morning_and_a_mail_holds_nothing_that_is_restricted(
    cast: Cast, near: Any
) -> None:
    for name in ("he", "chen"):
        MailChoice.objects.create(person=cast.people[name], address=f"{name}@example.com", wanted="daily")
    send(cast, cast.actor("lin"), heard("other", "修路"), heard("irregular", "有人上门收烟"))
    with clock.at(MORNING - timedelta(minutes=31)):
        assert digest.tell() == 0
    with clock.at(MORNING):
        assert (digest.tell(), digest.tell()) == (3, 0)
    said = {
        row.person.username: row.params["text"]["zh-hans"]
        for row in Notice.objects.filter(kind="intelligence.digest").select_related("person")
    }
    assert said == {
        "chen": "兴国市场部市场信息早报（2026-03-17）：新增1条，待我处理1条，超期0条，数量异常0项",
        "he": "阳新县市场信息早报（2026-03-17）：新增2条，待我处理1条，超期0条，数量异常0项",
        "zhao": "黄石市市场信息早报（2026-03-17）：新增2条，待我处理0条，超期0条，数量异常0项",
    }
    mails = {line.person.username: line.words["zh-hans"][1] for line in MailLine.objects.select_related("person")}
    assert mails == {
        "chen": "兴国市场部市场信息早报（2026-03-17）：新增1条，待我处理1条，超期0条，数量异常0项",
        "he": "阳新县市场信息早报（2026-03-17）：新增1条，待我处理0条，超期0条，数量异常0项",
    }
    with clock.at(MORNING + timedelta(days=4)):  # Saturday
        assert digest.tell() == 0
