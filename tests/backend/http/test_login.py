"""Signing in and out: tokens, ended positions, revoked devices, brakes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from rest_framework.test import APIClient

from backend import clock
from backend.models import AuditEntry, Device, Person, Position
from tests.cast import NOW, SINCE, TODAY, Cast, phone_of

PHONE = "5f0f3b1e-6a53-4b8e-9a53-0c1d3f6a7b01"
PASSWORD = "a long enough secret 135"


@pytest.fixture
def lin(cast: Cast) -> Person:
    cast.lin.set_password(PASSWORD)
    cast.lin.save()
    return cast.lin


def login(client: Any, **changed: Any) -> Any:
    given = {"username": "lin", "password": PASSWORD, "device_id": PHONE, "device_name": "小米 14", **changed}
    return client.post("/api/v1/auth/login", given, format="json")


def with_token(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_signing_in_gives_a_token_that_is_stored_hashed_and_works(
    lin: Person, anonymous: APIClient, cast: Cast
) -> None:
    answer = login(anonymous)
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == {"token", "device", "expires_at", "person", "positions", "data_epoch", "server_time"}
    assert told["person"] == {
        "id": str(lin.pk),
        "username": "lin",
        "name": "林小梅",
        "name_en": "",
        "language": "zh-hans",
    }
    assert [(p["role"], p["unit"]["code"], p["unit"]["level"]) for p in told["positions"]] == [
        ("account_manager", "420222-01-01", "territory")
    ]
    device = Device.objects.get(pk=told["device"])
    assert told["token"] not in repr(device.token_hash)
    assert device.expires_at == NOW + timedelta(days=30)
    me = with_token(told["token"]).get("/api/v1/me")
    assert me.status_code == 200
    assert me.json()["data_epoch"] == told["data_epoch"]
    assert AuditEntry.objects.filter(act="device.sign_in", actor=lin, unit=cast.territory).count() == 1


def test_signing_in_again_on_the_same_phone_voids_the_first_token(lin: Person, anonymous: APIClient) -> None:
    first, second = login(anonymous).json(), login(anonymous).json()
    assert first["device"] == second["device"]
    assert with_token(first["token"]).get("/api/v1/me").json()["code"] == "not_authenticated"
    assert with_token(second["token"]).get("/api/v1/me").status_code == 200


@pytest.mark.parametrize("changed", [{"password": "wrong"}, {"username": "nobody"}, {"username": "LIN"}])
def test_a_wrong_name_and_a_wrong_password_are_refused_alike(
    lin: Person, anonymous: APIClient, changed: dict[str, str]
) -> None:
    answer = login(anonymous, **changed)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_credentials")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert not Device.objects.exists()


def test_somebody_who_left_cannot_sign_in_and_his_token_stops(lin: Person, anonymous: APIClient) -> None:
    token = login(anonymous).json()["token"]
    Person.objects.update(is_active=False)
    assert login(anonymous).json()["code"] == "bad_credentials"
    assert with_token(token).get("/api/v1/me").json()["code"] == "not_authenticated"


def test_the_account_brake_holds_even_for_the_right_password(lin: Person, anonymous: APIClient) -> None:
    answers = [login(anonymous, password="wrong") for _ in range(10)]
    assert [a.status_code for a in answers] == [401] * 9 + [429]
    held = login(anonymous)
    assert (held.status_code, held.json()["code"]) == (429, "too_many_attempts")
    assert held["Retry-After"] == "900"
    assert held["Content-Type"] == "application/problem+json"
    assert not Device.objects.exists()


def test_the_account_brake_holds_from_every_address_and_no_other_account(lin: Person, cast: Cast) -> None:
    cast.wu.set_password(PASSWORD)
    cast.wu.save()
    for number in range(10):
        login(APIClient(REMOTE_ADDR=f"10.0.0.{number}"), password="wrong")
    assert login(APIClient(REMOTE_ADDR="10.0.0.99")).status_code == 429
    assert login(APIClient(REMOTE_ADDR="10.0.0.99"), username="wu").status_code == 200


def test_the_address_brake_holds_after_many_accounts(lin: Person, anonymous: APIClient) -> None:
    for number in range(99):
        assert login(anonymous, username=f"nobody{number}").status_code == 401
    assert login(anonymous, username="nobody99").status_code == 429
    assert login(anonymous).status_code == 429
    assert login(APIClient(REMOTE_ADDR="10.0.0.7")).status_code == 200


def test_the_brake_lets_go_after_its_time(lin: Person, anonymous: APIClient) -> None:
    for _ in range(10):
        login(anonymous, password="wrong")
    assert login(anonymous).status_code == 429
    AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(days=400))
    assert login(anonymous).status_code == 200


def test_a_success_clears_the_account_brake(lin: Person, anonymous: APIClient) -> None:
    for _ in range(9):
        login(anonymous, password="wrong")
    assert login(anonymous).status_code == 200
    assert login(anonymous, password="wrong").status_code == 401


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"device_id": "my phone"}, "/device_id", "invalid"),
        ({"username": ["lin"]}, "/username", "invalid"),
        ({"username": "x" * 65}, "/username", "max_length"),
        ({"device_name": ""}, "/device_name", "blank"),
        ({"admin": True}, "/admin", "unknown_field"),
    ],
)
def test_a_body_that_is_not_a_log_in_is_told_where(
    lin: Person, anonymous: APIClient, changed: dict[str, Any], pointer: str, code: str
) -> None:
    answer = login(anonymous, **changed)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert not Device.objects.exists()


def test_the_token_slides_with_use_and_ends_after_half_a_year(lin: Person, anonymous: APIClient) -> None:
    token = login(anonymous).json()["token"]
    for day in (29, 58, 87, 116, 145, 174):
        with clock.at(NOW + timedelta(days=day)):
            assert with_token(token).get("/api/v1/me").status_code == 200
    assert Device.objects.get().expires_at == NOW + timedelta(days=180)
    with clock.at(NOW + timedelta(days=180)):
        answer = with_token(token).get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


def test_a_token_unused_for_30_days_expires(lin: Person, anonymous: APIClient) -> None:
    token = login(anonymous).json()["token"]
    with clock.at(NOW + timedelta(days=30)):
        assert with_token(token).get("/api/v1/me").json()["code"] == "token_expired"


def test_a_device_is_written_as_heard_at_most_every_five_minutes(lin: Person, anonymous: APIClient) -> None:
    token = login(anonymous).json()["token"]
    with clock.at(NOW + timedelta(minutes=4)):
        with_token(token).get("/api/v1/me")
    assert Device.objects.get().last_used_at == NOW
    with clock.at(NOW + timedelta(minutes=5)):
        with_token(token).get("/api/v1/me")
    assert Device.objects.get().last_used_at == NOW + timedelta(minutes=5)


def test_a_position_that_ended_is_gone_at_the_next_request(as_lin: APIClient, cast: Cast) -> None:
    assert len(as_lin.get("/api/v1/me").json()["positions"]) == 1
    Position.objects.filter(person=cast.lin).update(during=DateRange(SINCE, TODAY))
    assert as_lin.get("/api/v1/me").json()["positions"] == []


def test_knowing_who_asks_takes_one_query(as_lin: APIClient, cast: Cast, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1 + 2):  # the token with its positions; what /me itself reads
        assert as_lin.get("/api/v1/me").status_code == 200


def test_signing_out_with_nothing_unsent_forgets_the_token(lin: Person, anonymous: APIClient) -> None:
    phone = with_token(login(anonymous).json()["token"])
    assert phone.post("/api/v1/auth/logout", {}).status_code == 204
    assert phone.get("/api/v1/me").json()["code"] == "not_authenticated"
    device = Device.objects.get()
    assert (device.state, device.token_hash, device.ended_at) == ("ended", None, NOW)


def test_signing_out_with_unsent_items_leaves_a_token_that_may_only_push(lin: Person, anonymous: APIClient) -> None:
    phone = with_token(login(anonymous).json()["token"])
    assert phone.post("/api/v1/auth/logout", {"unsent": 3}).status_code == 204
    answer = phone.get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "device_ended")
    device = Device.objects.get()
    assert (device.unsent, device.token_hash is None) == (3, False)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Bearer " + "a" * 43, "Basic bGluOng=", "Bearer 林小梅林小梅"]
)
def test_without_a_good_token_every_route_asks_for_one(db: None, header: str) -> None:
    client = Client(headers={"authorization": header} if header else None)
    answer = client.get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_pages_sign_in_with_a_session_and_the_api_asks_it_for_csrf(lin: Person) -> None:
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/login?next=/api/v1/me")
    assert "登录" in page.content.decode()
    token = browser.cookies["csrftoken"].value
    form = {"username": "lin", "password": PASSWORD, "next": "/api/v1/me", "csrfmiddlewaretoken": token}
    wrong = browser.post("/login", {**form, "password": "wrong"})
    assert (wrong.status_code, "用户名或密码不正确" in wrong.content.decode()) == (401, True)
    answer = browser.post("/login", form)
    assert (answer.status_code, answer["Location"]) == (302, "/api/v1/me")
    assert browser.get("/api/v1/me").json()["person"]["username"] == "lin"
    bare = browser.post("/api/v1/auth/logout", "{}", content_type="application/json")
    assert (bare.status_code, bare.json()["code"]) == (403, "csrf_failed")
    fresh = browser.cookies["csrftoken"].value
    kept = browser.post("/api/v1/auth/logout", "{}", content_type="application/json", headers={"x-csrftoken": fresh})
    assert kept.status_code == 204
    assert browser.get("/api/v1/me").status_code == 401


def test_the_log_in_page_speaks_english_and_sends_nobody_elsewhere(lin: Person, client: Client) -> None:
    assert "Username" in client.get("/login", headers={"accept-language": "en"}).content.decode()
    form = {"username": "lin", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/login", form)["Location"] == "/"
    assert client.get("/logout").status_code == 405
    assert client.post("/logout")["Location"] == "/login"


def test_my_devices_and_those_of_people_under_an_administrator(cast: Cast, as_lin: APIClient, as_wu: APIClient) -> None:
    as_sun = phone_of(cast.sun)
    mine = as_lin.get("/api/v1/devices").json()["results"]
    assert [d["person_name"] for d in mine] == ["林小梅"]
    assert {d["person_name"] for d in as_sun.get("/api/v1/devices").json()["results"]} == {"林小梅", "吴强", "孙晓"}
    foreign = as_wu.get(f"/api/v1/devices/{mine[0]['id']}")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    for act in ("end", "lost"):
        assert as_wu.post(f"/api/v1/devices/{mine[0]['id']}/{act}").status_code == 404
    assert as_lin.get("/api/v1/me").status_code == 200


def test_an_administrator_ends_a_device_and_reports_it_lost(cast: Cast, as_lin: APIClient) -> None:
    as_sun = phone_of(cast.sun)
    device = Device.objects.get(person=cast.lin)
    ended = as_sun.post(f"/api/v1/devices/{device.pk}/end")
    assert (ended.status_code, ended.json()["state"]) == (200, "ended")
    assert as_lin.get("/api/v1/me").json()["code"] == "device_ended"
    again = as_sun.post(f"/api/v1/devices/{device.pk}/end")
    assert again.json() == ended.json()
    assert as_sun.post(f"/api/v1/devices/{device.pk}/lost").json()["state"] == "lost"
    assert as_lin.get("/api/v1/me").json()["code"] == "device_lost"
    acts = AuditEntry.objects.filter(object_id=str(device.pk)).order_by("id").values_list("act", flat=True)
    assert list(acts) == ["device.end", "device.lost"]


def test_a_lost_phone_cannot_sign_in_again(lin: Person, anonymous: APIClient) -> None:
    login(anonymous)
    Device.objects.update(state="lost")
    answer = login(anonymous)
    assert (answer.status_code, answer.json()["code"]) == (401, "device_lost")
    assert Device.objects.get().state == "lost"


def test_an_ended_device_may_push_for_14_days_where_a_view_takes_late_work(
    cast: Cast, as_lin: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.api import Me

    monkeypatch.setattr(Me, "accepts_ended_devices", True)
    Device.objects.update(state="ended", ended_at=NOW)
    with clock.at(NOW + timedelta(days=14) - timedelta(seconds=1)):
        assert as_lin.get("/api/v1/me").status_code == 200
    with clock.at(NOW + timedelta(days=14)):
        assert as_lin.get("/api/v1/me").json()["code"] == "device_ended"
