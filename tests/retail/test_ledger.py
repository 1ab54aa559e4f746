"""The ledger of promises, and what calls to mind what is owed: over HTTP, by the tick, and after transfers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from rest_framework.test import APIClient

from backend import clock, metrics
from backend.models import Notice, Parameter
from retail import reminding
from retail.models import Need, Promise
from retail.parameters import PROMISE_NOTICE_DAYS
from tests.cast import ALWAYS, NOW, Cast
from tests.retail.test_assignment import transfer
from tests.retail.test_needs_promises_contacts import post
from tests.sync.wire import Phone, made, uid


def promised(client: APIClient, cast: Cast, due: str, on: str = "2026-03-13", shop: int = 0) -> str:
    body = {"retailer": str(cast.shops[shop].pk), "text": "送货架", "promised_on": on, "due_on": due}
    answer = post(client, "promises", body, f"{due}-{shop}-{on}")
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def listed(client: APIClient, asked: str) -> list[str]:
    answer = client.get(f"/api/v1/promises?{asked}")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def told() -> list[tuple[str, str, str]]:
    rows = Notice.objects.order_by("person__username", "kind", "subject")
    return [(row.person.username, row.kind, row.params["text"]["zh-hans"]) for row in rows]


def test_the_ledger_is_narrowed_by_whose_how_late_and_where(cast: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    late = promised(as_lin, cast, "2026-03-15")
    soon = promised(as_lin, cast, "2026-03-18")
    chens = promised(as_chen, cast, "2026-03-20", shop=1)
    assert listed(as_chen, "is_overdue=true") == [late]
    assert listed(as_chen, "is_overdue=false") == [soon, chens]
    assert listed(as_chen, "due_before=2026-03-19") == [late, soon]
    assert (listed(as_chen, "is_mine=true"), listed(as_chen, "is_mine=false")) == ([chens], [late, soon])
    assert listed(as_lin, "is_mine=true") == [late, soon, chens]
    assert listed(as_chen, f"unit={cast.territory.pk}") == [late, soon, chens]
    assert listed(as_chen, f"unit={cast.next_territory.pk}") == []
    post(as_lin, f"promises/{late}/keep", {"on": "2026-03-16"}, "kept")
    assert listed(as_chen, "is_overdue=true") == []


def test_after_a_transfer_the_ledger_is_the_new_owners_and_its_author_keeps_her_name(
    cast: Cast, as_lin: APIClient, as_chen: APIClient, sign_in: Any
) -> None:
    held = promised(as_lin, cast, "2026-03-18")
    assert transfer(as_chen, cast).json() == {"moved": 3}
    ma = sign_in("ma")
    assert (listed(as_lin, "is_mine=true"), listed(ma, "is_mine=true")) == ([], [held])
    assert listed(as_chen, f"unit={cast.next_territory.pk}") == [held]
    assert ma.get(f"/api/v1/promises/{held}").json()["promised_by"] == str(cast.lin.pk)


def test_a_promise_is_called_to_mind_two_days_before_and_on_its_day_once_each(cast: Cast, as_lin: APIClient) -> None:
    promised(as_lin, cast, "2026-03-19")
    assert (reminding.remind(), told()) == (0, [])
    with clock.at(NOW + timedelta(days=1)):
        assert (reminding.remind(), reminding.remind()) == (1, 0)
    soon = ("lin", "promise.due_soon", "对零售户“便民商店0”的承诺将于 2026-03-19 到期：送货架")
    assert told() == [soon]
    with clock.at(NOW + timedelta(days=3)):
        assert (reminding.remind(), reminding.remind()) == (1, 0)
    assert told() == [soon, ("lin", "promise.due_today", "对零售户“便民商店0”的承诺今天到期：送货架")]
    with clock.at(NOW + timedelta(days=4)):
        assert reminding.remind() == 0


def test_a_unit_says_how_many_days_before(cast: Cast, as_lin: APIClient) -> None:
    Parameter.objects.create(unit=cast.county, key=PROMISE_NOTICE_DAYS, value=3, during=ALWAYS)
    promised(as_lin, cast, "2026-03-19")
    assert (reminding.remind(), [kind for _, kind, _ in told()]) == (1, ["promise.due_soon"])


def test_what_is_promised_today_for_tomorrow_is_not_called_to_mind_today(cast: Cast, as_lin: APIClient) -> None:
    promised(as_lin, cast, "2026-03-17", on="2026-03-16")
    assert reminding.remind() == 0


def test_a_kept_promise_is_not_called_to_mind(cast: Cast, as_lin: APIClient) -> None:
    held = promised(as_lin, cast, "2026-03-16")
    post(as_lin, f"promises/{held}/keep", {"on": "2026-03-16"}, "kept")
    assert (reminding.remind(), Promise.objects.get().state) == (0, "kept")


def test_after_a_transfer_the_new_owner_is_reminded(cast: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    promised(as_lin, cast, "2026-03-16")
    transfer(as_chen, cast)
    assert (reminding.remind(), [who for who, _, _ in told()]) == (1, ["ma"])


def routed(client: APIClient, cast: Cast) -> str:
    body = {"retailer": str(cast.shops[0].pk), "kind": "complaint", "text": "送货迟到", "raised_on": "2026-03-16"}
    need = post(client, "needs", body, "complaint").json()["id"]
    assert post(client, f"needs/{need}/route", {"department": "logistics"}, "route").status_code == 200
    return need


def test_the_market_manager_hears_once_of_a_reply_that_is_late(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    need = routed(as_lin, cast)
    with clock.at(NOW + timedelta(days=1, hours=8)):  # 18:00, when it is due
        assert (reminding.remind(), b"\nrequests_overdue 0.0\n" in metrics.exposition()) == (0, True)
    with clock.at(NOW + timedelta(days=1, hours=9)):
        assert (reminding.remind(), reminding.remind()) == (1, 0)
        assert told() == [("chen", "need.reply_late", "物流部门逾期未答复零售户“便民商店0”的诉求")]
        assert b"\nrequests_overdue 1.0\n" in metrics.exposition()
        [row] = as_chen.get(f"/api/v1/boards/service?unit={cast.territory.pk}").json()["units"]
        assert (row["replies_due"], row["replies_in_time"], row["replies_overdue"]) == (1, 0, 1)
        closed = post(as_lin, f"needs/{need}/close", {"on": "2026-03-17", "outcome": "已补送"}, "close")
        assert closed.status_code == 200
        assert b"\nrequests_overdue 0.0\n" in metrics.exposition()


def test_after_a_transfer_the_reply_reaches_the_new_owner_and_each_reply_is_told(
    cast: Cast, as_lin: APIClient, as_chen: APIClient, sign_in: Any
) -> None:
    need = routed(as_lin, cast)
    transfer(as_chen, cast)
    desk = sign_in("mo")
    for number, words in enumerate(("明日补送", "已补送")):
        assert post(desk, f"needs/{need}/reply", {"words": words}, str(number)).status_code == 200
    assert [(who, text[-4:]) for who, _, text in told()] == [("ma", "明日补送"), ("ma", "：已补送")]
    assert sign_in("ma").get(f"/api/v1/needs?unit={cast.next_territory.pk}").json()["results"][0]["id"] == need


def said(cast: Cast, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uid(1)), "retailer_id": str(cast.shops[0].pk), "kind": "complaint", "text": "迟到", "priority": 1,
        "raised_on": "2026-03-16", "due_on": None, "closed_on": None, "outcome": None, "origin_visit_id": None, **more,
    }  # fmt: skip


def test_a_phone_routes_a_need_with_its_making_and_later_elsewhere(cast: Cast, as_lin: APIClient) -> None:
    phone = Phone(as_lin, "needs")
    assert phone.push(made(said(cast, department="service_desk"))) == []
    need = Need.objects.get()
    assert (need.department, need.reply_due_at) == ("service_desk", NOW.replace(day=17, hour=18))
    held = phone.pull()[str(uid(1))]
    assert (held["department"], held["reply_due_at"]) == ("service_desk", "2026-03-17T10:00:00+00:00")
    assert phone.push(made({**held, "department": "logistics"}, held)) == []
    assert [(e.before, e.after) for e in Need.objects.get().events.all()] == [
        ("", "service_desk"),
        ("service_desk", "logistics"),
    ]


def test_a_phone_that_names_no_department_leaves_a_routed_need_where_it_is(cast: Cast, as_lin: APIClient) -> None:
    phone = Phone(as_lin, "needs")
    phone.push(made(said(cast, department="logistics")))
    held = phone.pull()[str(uid(1))]
    assert phone.push(made({**held, "text": "又迟到", "department": None}, held)) == []
    need = Need.objects.get()
    assert (need.text, need.department) == ("又迟到", "logistics")
    assert phone.pull()[str(uid(1))]["department"] == "logistics"


def test_a_department_that_is_none_refuses_the_need(cast: Cast, as_lin: APIClient) -> None:
    Phone(as_lin, "needs").push(made(said(cast, department="police")))
    assert Need.objects.count() == 0


def test_a_need_of_a_shop_that_moved_since_is_routed_by_who_had_it(
    cast: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    transfer(as_chen, cast)
    with clock.at(NOW + timedelta(days=1)):
        Phone(as_lin, "needs").push(made(said(cast, department="logistics", raised_on="2026-03-15")))
    need = Need.objects.get()
    assert (need.raised_on, need.department, need.raised_by_id) == (date(2026, 3, 15), "logistics", cast.lin.pk)
