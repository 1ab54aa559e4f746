"""Phones that report of themselves, the oldest app that may sync, maintenance, and what a new password ends."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from rest_framework.test import APIClient

from backend import clock, maintenance
from backend.app_versions import MIN_APP_VERSION
from backend.models import AuditEntry, Device, DeviceState, Parameter
from tests.cast import NOW, SINCE, Cast, SignIn, phone_of

HEARTBEAT = "/api/v1/devices/heartbeat"


def report(client: APIClient, **changed: Any) -> Any:
    told = {"unsent": 3, "oldest_at": "2026-03-16T08:30:00+08:00", "app_version": "1.4.2",
            "sent_at": "2026-03-16T10:05:00+08:00", **changed}  # fmt: skip
    return client.post(HEARTBEAT, told, format="json")


def test_a_report_is_kept_and_answered_with_what_the_phone_must_know(as_lin: APIClient, cast: Cast) -> None:
    answer = report(as_lin)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["offset_s"], told["min_app_version"]) == (300, "")
    assert told["server_time"] == "2026-03-16T10:00:00+08:00"
    assert 720 <= told["next_in_s"] <= 1080
    assert told["data_epoch"] == as_lin.get("/api/v1/me").json()["data_epoch"]
    device = Device.objects.get(person=cast.lin)
    assert (device.unsent, device.app_version, device.offset_s, device.heard_at) == (3, "1.4.2", 300, NOW)
    assert device.oldest_unsent_at == NOW - timedelta(minutes=90)


def test_phones_are_told_different_moments_to_report_again(as_lin: APIClient) -> None:
    assert len({report(as_lin).json()["next_in_s"] for _ in range(12)}) > 1


def test_a_report_that_is_malformed_changes_nothing(as_lin: APIClient, cast: Cast) -> None:
    for fault in ({"unsent": -1}, {"app_version": "v2"}, {"sent_at": "2026-03-16T10:05:00"}, {"state": "lost"}):
        assert report(as_lin, **fault).status_code == 400
    device = Device.objects.get(person=cast.lin)
    assert (device.unsent, device.app_version, device.heard_at, device.state) == (0, "", None, "active")


def test_an_ended_phone_may_still_report_and_a_lost_one_may_not(as_lin: APIClient, cast: Cast) -> None:
    Device.objects.filter(person=cast.lin).update(state=DeviceState.ENDED, ended_at=NOW)
    assert report(as_lin, unsent=7).status_code == 200
    Device.objects.filter(person=cast.lin).update(state=DeviceState.LOST)
    assert report(as_lin, unsent=9).json()["code"] == "device_lost"
    assert Device.objects.get(person=cast.lin).unsent == 7


def test_a_market_manager_finds_phones_with_unsent_work_and_old_apps(sign_in: SignIn, cast: Cast) -> None:
    report(sign_in("lin"), unsent=5, app_version="1.4.2")
    report(sign_in("ma"), unsent=0, oldest_at=None, app_version="1.10")
    report(sign_in("wu"), unsent=8, app_version="1.0")
    chen = sign_in("chen")

    def found(**asked: str) -> list[tuple[str, int, str]]:
        rows = chen.get("/api/v1/devices", asked).json()["results"]
        return sorted((row["person_name"], row["unsent"], row["app_version"]) for row in rows)

    assert found(holds_unsent="true") == [("林小梅", 5, "1.4.2")]
    assert found(older_than="1.10.0") == [("林小梅", 5, "1.4.2")]
    assert found(older_than="2") == [("林小梅", 5, "1.4.2"), ("马力", 0, "1.10")]
    assert chen.get("/api/v1/devices", {"older_than": "new"}).json()["code"] == "bad_parameter"


def test_a_market_manager_sees_a_phone_but_cannot_end_it(as_lin: APIClient, as_chen: APIClient, cast: Cast) -> None:
    device = Device.objects.get(person=cast.lin)
    assert as_chen.get(f"/api/v1/devices/{device.pk}").status_code == 200
    assert as_chen.post(f"/api/v1/devices/{device.pk}/end").json()["code"] == "not_found"
    device.refresh_from_db()
    assert device.state == "active"


# -- the oldest app ----------------------------------------------------------------------------------------------------


@pytest.fixture
def minimum(cast: Cast) -> Parameter:
    return Parameter.objects.create(
        unit=cast.prefecture, key=MIN_APP_VERSION, value="1.4.0", during=DateRange(SINCE, None)
    )


PULL = "/sync/promises/1/pull?lwt=0&id="


def test_an_app_below_the_minimum_may_not_sync_and_learns_which_may(as_lin: APIClient, minimum: Parameter) -> None:
    answer = as_lin.get(PULL, HTTP_X_APP_VERSION="1.3.9")
    assert (answer.status_code, answer.json()["code"]) == (426, "app_outdated")
    assert answer["X-Min-App-Version"] == "1.4.0"
    assert as_lin.post("/sync/promises/1/push", [], format="json", HTTP_X_APP_VERSION="1.3.9").status_code == 426
    for enough in ("1.4", "1.4.0", "1.10", "2"):
        assert as_lin.get(PULL, HTTP_X_APP_VERSION=enough).status_code == 200
    assert as_lin.get(PULL).status_code == 200  # other programs tell no version
    assert as_lin.get(PULL, HTTP_X_APP_VERSION="newest").status_code == 426


def test_an_old_app_still_reports_and_reads_who_it_is(as_lin: APIClient, minimum: Parameter) -> None:
    answer = as_lin.post(
        HEARTBEAT,
        {"unsent": 0, "oldest_at": None, "app_version": "1.3", "sent_at": NOW.isoformat()},
        format="json",
        HTTP_X_APP_VERSION="1.3",
    )
    assert (answer.status_code, answer.json()["min_app_version"]) == (200, "1.4.0")
    assert as_lin.get("/api/v1/me", HTTP_X_APP_VERSION="1.3").status_code == 200


def test_the_minimum_is_that_of_the_persons_own_units(minimum: Parameter, cast: Cast, as_wu: APIClient) -> None:
    Parameter.objects.create(unit=cast.other_county, key=MIN_APP_VERSION, value="1.2", during=DateRange(SINCE, None))
    assert as_wu.get(PULL, HTTP_X_APP_VERSION="1.3").status_code == 200


# -- maintenance -------------------------------------------------------------------------------------------------------


@pytest.fixture
def file(settings: Any, tmp_path: Path) -> Path:
    settings.MAINTENANCE_FILE = tmp_path / "maintenance.json"
    return settings.MAINTENANCE_FILE


def test_during_maintenance_everything_but_health_is_refused_for_a_while(file: Path, as_lin: APIClient) -> None:
    call_command("maintenance", "on", minutes=10, stdout=StringIO())
    answer = as_lin.get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (503, "maintenance")
    assert 600 <= int(answer["Retry-After"]) <= 661
    assert report(as_lin).status_code == 503
    assert Client().get("/login").status_code == 503
    assert [Client().get(path).status_code for path in ("/healthz", "/metrics")] == [200, 200]
    call_command("maintenance", "off", stdout=StringIO())
    assert as_lin.get("/api/v1/me").status_code == 200


def test_maintenance_ends_by_itself_and_a_torn_file_is_none(file: Path, as_lin: APIClient) -> None:
    maintenance.begin(10)
    with clock.at(NOW + timedelta(minutes=10)):
        assert as_lin.get("/api/v1/me").status_code == 200
    file.write_text("{")
    assert as_lin.get("/api/v1/me").status_code == 200


# -- a new password ----------------------------------------------------------------------------------------------------


def test_a_new_password_ends_the_phones_that_the_old_one_opened(as_lin: APIClient, cast: Cast) -> None:
    mine, others = Device.objects.get(person=cast.lin), phone_of(cast.people["wu"])
    cast.lin.set_password("a new and longer secret 135")
    cast.lin.save()
    mine.refresh_from_db()
    assert (mine.state, mine.ended_at) == ("ended", NOW)
    assert as_lin.get("/api/v1/me").json()["code"] == "device_ended"
    assert as_lin.post("/api/v1/visits/batch", [], format="json").status_code == 200  # what it holds back is not lost
    assert others.get("/api/v1/me").status_code == 200


def test_saving_a_person_without_a_new_password_ends_nothing(as_lin: APIClient, cast: Cast) -> None:
    cast.lin.name_en = "Lin"
    cast.lin.save()
    assert as_lin.get("/api/v1/me").status_code == 200
    assert not AuditEntry.objects.filter(act="device.end").exists()
