"""Policies: written in versions, released once, told downwards; display templates as of a day."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.models import AuditEntry
from tests.cast import Cast
from tests.visits.items import item, receive
from visits.models import Policy, PolicyVersion

pytestmark = pytest.mark.django_db

POLICIES, VERSIONS = "/api/v1/policies", "/api/v1/policy-versions"


def post(phone: APIClient, address: str, body: dict[str, Any], key: str = "k1") -> Any:
    return phone.post(address, body, format="json", HTTP_IDEMPOTENCY_KEY=key)


@pytest.fixture
def as_zhou(sign_in: Any) -> APIClient:
    return sign_in("zhou")


def test_a_policy_is_opened_written_and_released_and_then_told_to_account_managers(
    as_zhou: APIClient, as_lin: APIClient, cast: Cast
) -> None:
    opened = post(as_zhou, POLICIES, {"unit": cast.county.pk, "code": "tiers-2026-q2", "title": "二季度档位"})
    assert opened.status_code == 201, opened.content
    body = {"policy": opened.json()["id"], "body": "季度末评定。", "card": "四月起按新档位供货。"}
    draft = post(as_zhou, VERSIONS, body, "k2").json()
    assert (draft["number"], draft["released_at"]) == (1, None)
    address = f"{VERSIONS}/{draft['id']}"
    assert as_lin.get(address).status_code == 404
    [refused] = receive(cast.actor("lin"), item(cast, briefings=[{"policy_version_id": draft["id"]}]))
    assert refused.word == "rejected"
    released = post(as_zhou, f"{address}/release", {"brief_by": "2026-03-23"}, "k3").json()
    assert (released["released_at"], released["brief_by"]) == ("2026-03-16T10:00:00+08:00", "2026-03-23")
    assert as_lin.get(address).json()["card"] == "四月起按新档位供货。"
    [told] = receive(cast.actor("lin"), item(cast, briefings=[{"policy_version_id": draft["id"]}]))
    assert told.word == "created"
    acts = AuditEntry.objects.order_by("id").values_list("act", "actor_id")
    assert list(acts) == [(f"policy.{act}", cast.zhou.pk) for act in ("open", "write", "release")]


def test_a_version_is_released_once_and_not_for_a_day_that_is_past(as_zhou: APIClient, cast: Cast) -> None:
    draft = PolicyVersion.objects.create(policy=cast.policy.policy, number=2, body="新")
    address = f"{VERSIONS}/{draft.pk}/release"
    assert post(as_zhou, address, {"brief_by": "2026-03-15"}).status_code == 400
    draft.refresh_from_db()
    assert draft.released_at is None
    assert post(as_zhou, address, {}, "k2").status_code == 200
    assert post(as_zhou, address, {}, "k3").status_code == 409
    assert AuditEntry.objects.count() == 1


def test_versions_are_numbered_in_turn_and_codes_are_unique(as_zhou: APIClient, cast: Cast) -> None:
    numbers = [
        post(as_zhou, VERSIONS, {"policy": cast.policy.policy_id, "body": "又一版"}, f"k{n}").json()["number"]
        for n in range(2)
    ]
    assert numbers == [2, 3]
    again = post(as_zhou, POLICIES, {"unit": cast.county.pk, "code": "supply-2026-03", "title": "x"}, "k9")
    assert (again.status_code, Policy.objects.count()) == (409, 1)


@pytest.mark.parametrize("who", ["lin", "chen", "zhao"])
def test_only_policy_editors_write_policies(sign_in: Any, cast: Cast, who: str) -> None:
    phone = sign_in(who)
    assert post(phone, POLICIES, {"unit": cast.county.pk, "code": "x", "title": "x"}).status_code == 403
    assert post(phone, VERSIONS, {"policy": cast.policy.policy_id, "body": "x"}).status_code == 403
    assert post(phone, f"{VERSIONS}/{cast.policy.pk}/release", {}).status_code == 403
    assert (Policy.objects.count(), PolicyVersion.objects.count()) == (1, 1)


def test_an_editor_of_a_county_writes_nothing_for_the_prefecture(as_zhou: APIClient, cast: Cast) -> None:
    cast.zhou.positions.update(unit=cast.county)
    assert post(as_zhou, VERSIONS, {"policy": cast.policy.policy_id, "body": "x"}).status_code == 404
    assert post(as_zhou, POLICIES, {"unit": cast.prefecture.pk, "code": "x", "title": "x"}, "k2").status_code == 404
    assert post(as_zhou, POLICIES, {"unit": cast.other_county.pk, "code": "x", "title": "x"}, "k3").status_code == 400
    assert (Policy.objects.count(), PolicyVersion.objects.count()) == (1, 1)


def test_policies_and_templates_reach_down_and_never_sideways(as_lin: APIClient, as_wu: APIClient, cast: Cast) -> None:
    for phone in (as_lin, as_wu):
        assert [row["code"] for row in phone.get(POLICIES).json()["results"]] == ["supply-2026-03"]
        [template] = phone.get("/api/v1/templates?as_of=2026-03-16").json()["results"]
        assert (template["code"], template["items"][0]["code"]) == ("five-degrees", "visible")
    Policy.objects.update(unit=cast.county)
    assert as_wu.get(POLICIES).json()["results"] == []
    assert as_wu.get(f"{VERSIONS}/{cast.policy.pk}").status_code == 404
    assert len(as_lin.get(VERSIONS).json()["results"]) == 1
    assert as_lin.get("/api/v1/templates?as_of=2020-01-01").json()["results"] == []
