"""What departments owe shops: needs routed with a clock, taken, replied to, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend import clock
from backend.models import AuditEntry, Notice, Person, Position
from retail.models import Need, NeedEvent, NeedReply
from tests.cast import ALWAYS, NOW, Cast, phone_of
from tests.retail.test_needs_promises_contacts import post


def of_department(cast: Cast, role: str, where: str = "prefecture") -> APIClient:
    person = Person(username=f"{role}-{where}", name="柯敏")
    person.set_unusable_password()
    person.save()
    Position.objects.create(person=person, unit=getattr(cast, where), role_id=role, during=ALWAYS)
    return phone_of(person)


@pytest.fixture
def complaint(cast: Cast, as_lin: APIClient) -> dict[str, Any]:
    body = {"retailer": str(cast.shops[0].pk), "kind": "complaint", "text": "送货迟到", "raised_on": "2026-03-16"}
    made = post(as_lin, "needs", body, "complaint")
    assert (made.status_code, made.json()["state"]) == (201, "open")
    return made.json()


def route(client: APIClient, need: dict[str, Any], department: str, key: str = "route") -> Any:
    return post(client, f"needs/{need['id']}/route", {"department": department}, key)


def test_a_complaint_is_owed_a_reply_the_next_working_day_and_a_request_in_three(
    cast: Cast, as_lin: APIClient, complaint: dict[str, Any]
) -> None:
    routed = route(as_lin, complaint, "logistics").json()
    assert (routed["state"], routed["reply_due_at"]) == ("routed", "2026-03-17T18:00:00+08:00")
    body = {"retailer": str(cast.shops[0].pk), "kind": "request", "text": "要陈列架", "raised_on": "2026-03-16"}
    made = post(as_lin, "needs", body, "request").json()
    assert route(as_lin, made, "service_desk", "other").json()["reply_due_at"] == "2026-03-19T18:00:00+08:00"


def test_a_department_sees_takes_and_answers_only_what_is_routed_to_it(
    cast: Cast, as_lin: APIClient, complaint: dict[str, Any]
) -> None:
    logistics, desk = of_department(cast, "logistics"), of_department(cast, "service_desk")
    path = f"/api/v1/needs/{complaint['id']}"
    assert (logistics.get(path).status_code, desk.get(path).status_code) == (404, 404)
    route(as_lin, complaint, "logistics")
    assert [r["id"] for r in logistics.get("/api/v1/needs").json()["results"]] == [complaint["id"]]
    assert (desk.get("/api/v1/needs").json()["results"], desk.get(path).status_code) == ([], 404)
    taken = post(logistics, f"needs/{complaint['id']}/take", {}, "take")
    assert (taken.status_code, taken.json()["state"]) == (200, "taken")
    replied = post(logistics, f"needs/{complaint['id']}/reply", {"words": "明日改派早班车"}, "reply").json()
    assert (replied["state"], [r["words"] for r in replied["replies"]]) == ("replied", ["明日改派早班车"])
    notice = Notice.objects.get()
    assert notice.person_id == cast.lin.pk
    assert notice.params["text"] == {
        "zh-hans": "物流部门已答复零售户“便民商店0”的诉求：明日改派早班车",
        "en": "Logistics replied about 便民商店0: 明日改派早班车",
    }


def test_the_service_desk_of_another_county_sees_nothing(
    cast: Cast, as_lin: APIClient, complaint: dict[str, Any]
) -> None:
    route(as_lin, complaint, "service_desk")
    assert of_department(cast, "service_desk", "other_county").get("/api/v1/needs").json()["results"] == []
    assert len(of_department(cast, "service_desk", "county").get("/api/v1/needs").json()["results"]) == 1


def test_another_department_that_sees_it_may_not_answer(
    cast: Cast, as_lin: APIClient, complaint: dict[str, Any]
) -> None:
    route(as_lin, complaint, "logistics")
    refused = post(phone_of(cast.people["feng"]), f"needs/{complaint['id']}/reply", {"words": "不"}, "reply")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_routed_to_you")
    assert (NeedReply.objects.count(), Need.objects.get().replied_at) == (0, None)


def test_what_a_department_lets_go_by_is_overdue_until_it_answers(
    cast: Cast, as_lin: APIClient, complaint: dict[str, Any]
) -> None:
    route(as_lin, complaint, "logistics")
    logistics = of_department(cast, "logistics")
    assert as_lin.get("/api/v1/needs?is_overdue=true").json()["results"] == []
    with clock.at(NOW + timedelta(days=1, hours=9)):
        late = as_lin.get("/api/v1/needs?is_overdue=true").json()["results"]
        assert [row["id"] for row in late] == [complaint["id"]]
        post(logistics, f"needs/{complaint['id']}/reply", {"words": "已改派"}, "late")
        assert as_lin.get("/api/v1/needs?is_overdue=true").json()["results"] == []


def test_a_second_department_starts_anew_and_the_timeline_tells(
    cast: Cast, as_lin: APIClient, complaint: dict[str, Any]
) -> None:
    route(as_lin, complaint, "service_desk")
    assert route(as_lin, complaint, "service_desk", "again").status_code == 409
    post(of_department(cast, "service_desk"), f"needs/{complaint['id']}/take", {}, "take")
    moved = route(as_lin, complaint, "logistics", "moved").json()
    assert (moved["state"], moved["department"], moved["taken_by"]) == ("routed", "logistics", None)
    edited = as_lin.patch(
        f"/api/v1/needs/{complaint['id']}",
        {"priority": 1},
        format="json",
        headers={"If-Match": etag(as_lin, complaint)},
    )
    assert edited.status_code == 200, edited.content
    assert [(e["what"], e["before"], e["after"]) for e in edited.json()["events"]] == [
        ("department", "", "service_desk"),
        ("department", "service_desk", "logistics"),
        ("priority", "2", "1"),
    ]
    assert NeedEvent.objects.count() == 3


def test_a_closed_need_is_neither_routed_nor_answered(cast: Cast, as_lin: APIClient, complaint: dict[str, Any]) -> None:
    route(as_lin, complaint, "logistics")
    post(as_lin, f"needs/{complaint['id']}/close", {"on": "2026-03-16", "outcome": "店主撤诉"}, "close")
    answered = post(of_department(cast, "logistics"), f"needs/{complaint['id']}/reply", {"words": "好"}, "reply")
    assert (answered.status_code, route(as_lin, complaint, "brand", "r2").status_code) == (409, 409)
    acts = list(AuditEntry.objects.order_by("id").values_list("act", flat=True))
    assert acts == ["need.raise", "need.route", "need.close"]


def etag(client: APIClient, need: dict[str, Any]) -> str:
    return client.get(f"/api/v1/needs/{need['id']}")["ETag"]
