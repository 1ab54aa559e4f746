"""What the tests of checks start from: a template in force, checks by it, and the tick that follows them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db.backends.postgresql.psycopg_any import DateRange
from rest_framework.test import APIClient

from backend import clock, ticks
from tests.cast import Cast
from tests.visits.items import item, receive
from visits.models import DisplayTemplate, TemplateVersion, Visit


def yes_no(code: str, weight: float = 20, **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name": f"项{code}",
        "name_en": code,
        "kind": "yes_no",
        "weight": weight,
        "pass_at": 1,
        **more,
    }


CONTINUITY = {**yes_no("continuity"), "rule": "continuity", "before": True}


def released(cast: Cast, items: list[dict[str, Any]], code: str = "scheme", **audience: Any) -> TemplateVersion:
    """A version in force since long ago."""
    template = DisplayTemplate.objects.create(unit=cast.prefecture, code=code, name=code)
    during = DateRange(cast.template.during.lower, None)
    return TemplateVersion.objects.create(template=template, number=1, during=during, items=items, **audience)


def check(version: TemplateVersion, **answers: Any) -> dict[str, Any]:
    """A check by the version; an answer may be a dict with its photos."""
    told = [
        {"item": code, **(given if isinstance(given, dict) else {"answer": given})} for code, given in answers.items()
    ]
    return {"template_version_id": version.pk, "answers": told}


def visited(cast: Cast, at: datetime, *, by: str = "lin", **changes: Any) -> Visit:
    """A visit of ten minutes that came in half an hour after it began."""
    ended = (at + timedelta(minutes=10)).isoformat()
    entry = item(cast, started_at=at.isoformat(), ended_at=ended, **changes)
    [outcome] = receive(cast.actor(by), entry, received_at=at + timedelta(minutes=30))
    assert outcome.word == "created", outcome.problem and outcome.problem.errors
    return Visit.objects.get(pk=outcome.submission_id)


def day(date: int, hour: int = 10, month: int = 3) -> datetime:
    return datetime(2026, month, date, hour, tzinfo=clock.BUSINESS_ZONE)


def follow() -> None:
    """The tick, as the worker runs it."""
    assert ticks.run_one("visits.checks")


def post(client: APIClient, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.post(f"/api/v1/{path}", body or {}, format="json", HTTP_IDEMPOTENCY_KEY=str(uuid4()))


def listed(client: APIClient, path: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.json()
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def photo(kind: str = "other", of: str = "", **more: Any) -> dict[str, Any]:
    """A declared photo."""
    return {"id": str(uuid4()), "sha256": "0" * 64, "bytes": 1000, "taken_at": clock.now().isoformat(), "kind": kind,
            "item": of, **more}  # fmt: skip


def score(visit: Visit) -> Any:
    visit.refresh_from_db()
    return visit.display_score


def edit(client: APIClient, entry: dict[str, Any]) -> None:
    """The visit says this now."""
    path = f"/api/v1/visits/{entry['submission_id']}"
    answer = client.put(path, entry, HTTP_IF_MATCH=client.get(path).headers["ETag"])
    assert answer.status_code == 200, answer.json()
