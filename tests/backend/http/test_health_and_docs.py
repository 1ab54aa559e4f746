"""Health, figures, the API description and its page."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS

from backend import health
from backend.http import schema
from backend.models import ChangeMark, OutboxItem
from tests.cast import NOW, TODAY


def test_alive_needs_no_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_when_database_and_broker_answer(client: Client, db: None) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok", "broker": "ok"})


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", "redis+socket:///nowhere/at/all.sock", "amqp://127.0.0.1:1//"]
)
def test_not_ready_when_the_broker_does_not_answer(client: Client, db: None, settings: Any, url: str) -> None:
    settings.BROKER_URL = url
    answer = client.get("/readyz")
    told = {"status": "unavailable", "database": "ok", "broker": "unreachable"}
    assert (answer.status_code, answer.json()) == (503, told)


def test_not_ready_when_the_database_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_database_answers", lambda: False)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")


def test_figures_tell_requests_by_route_and_the_queues(client: Client, db: None) -> None:
    OutboxItem.objects.create(topic="t", payload={}, created_at=NOW, due_at=NOW)
    OutboxItem.objects.create(topic="t", payload={}, created_at=NOW, due_at=NOW, parked_at=NOW)
    ChangeMark.objects.create(consumer="market", kind="visit", unit_id=1, on_date=TODAY, marked_at=NOW)
    client.get("/api/v1/devices/0190aaaa-0000-7000-8000-000000000000")
    text = client.get("/metrics").content.decode()
    assert 'route="api/v1/devices/<uuid:pk>",status="401"' in text
    assert "0190aaaa" not in text
    for line in ("outbox_depth 1.0", "outbox_parked 1.0", "change_marks 1.0", "quarantine_open 0.0"):
        assert line in text.splitlines()


@pytest.mark.parametrize("given", [{"REMOTE_ADDR": "10.1.2.3"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}])
def test_figures_do_not_exist_for_others(client: Client, db: None, monkeypatch: pytest.MonkeyPatch, given: Any) -> None:
    assert client.get("/metrics", **given).status_code == 404
    monkeypatch.setenv("METRICS_TOKEN", "scrape-135")
    assert client.get("/metrics", **given).status_code == 404
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer wrong", **given).status_code == 404
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer scrape-135", **given).status_code == 200


def test_the_description_is_openapi_3_1_without_signing_in(client: Client, db: None) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "public, max-age=300")
    told = json.loads(answer.content)
    assert told["openapi"] == "3.1.1"
    login = told["paths"]["/api/v1/auth/login"]["post"]
    assert "security" not in login
    assert sorted(login["responses"]) == ["200", "400", "401", "405", "406", "409", "413", "415", "429", "500", "503"]
    assert told["paths"]["/api/v1/me"]["get"]["security"] == [{"deviceToken": []}, {"session": []}]


def test_every_operation_describes_its_problems_and_its_headers() -> None:
    for path, operations in schema.document()["paths"].items():
        for method, said in operations.items():
            refusals = {code: a for code, a in said["responses"].items() if int(code) >= 400}
            assert {"400", "405", "406", "500", "503"} <= set(refusals), path
            for answer in refusals.values():
                assert set(answer["content"]) == {"application/problem+json"}, path
                assert answer["description"]
            headers = {p["name"] for p in said.get("parameters", ()) if p["in"] == "header"}
            repeatable = "`idempotency_conflict`" in refusals.get("422", {}).get("description", "")
            assert repeatable == ("Idempotency-Key" in headers), path
            assert ("428" in refusals and "412" in refusals) == ("If-Match" in headers), path
            by_offset = path.startswith("/uploads")  # a piece of a file says where it belongs: Upload-Offset (tus)
            assert "If-Match" in headers or method != "patch" or by_offset, path


def test_the_check_fails_with_the_difference(tmp_path: Path, settings: Any) -> None:
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match="not current"):
        call_command("openapi", "--check")
    call_command("openapi", stdout=StringIO())
    told = StringIO()
    call_command("openapi", "--check", stdout=told)
    assert told.getvalue() == "docs/openapi.json is current\n"


def test_the_description_is_made_without_a_warning_and_names_every_operation_once() -> None:
    GENERATOR_STATS.reset()
    schema.document.cache_clear()
    operations = [said["operationId"] for path in schema.document()["paths"].values() for said in path.values()]
    assert len(set(operations)) == len(operations)
    assert not GENERATOR_STATS


def test_the_page_shows_every_route_in_both_languages_from_this_host_alone(client: Client, db: None) -> None:
    chinese = client.get("/api/docs").content.decode()
    english = client.get("/api/docs", headers={"accept-language": "en"}).content.decode()
    for path in schema.document()["paths"]:
        assert f"<code>{path}</code>" in chinese
    assert ("全部接口" in chinese, "Every route" in english) == (True, True)
    assert "<script" not in chinese
    assert "http://" not in chinese
    assert "https://" not in chinese
