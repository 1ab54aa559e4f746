"""The org tree, positions, thresholds, figures and the audit over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from backend.models import AuditEntry, Parameter, Position, Unit
from tests.cast import SINCE, TODAY, Cast, SignIn


def post(client: Any, url: str, body: dict[str, Any], key: str = "once") -> Any:
    return client.post(url, body, format="json", HTTP_IDEMPOTENCY_KEY=key)


def test_lin_sees_her_line_of_units_and_zhao_the_whole_prefecture(cast: Cast, sign_in: SignIn) -> None:
    hers = sign_in("lin").get("/api/v1/units").json()["results"]
    assert [(u["code"], u["level"]) for u in hers] == [
        ("CN", "nation"),
        ("42", "province"),
        ("4202", "prefecture"),
        ("420222", "county"),
        ("420222-01", "office"),
        ("420222-01-01", "territory"),
    ]
    territories = sign_in("zhao").get("/api/v1/units?level=5").json()["results"]
    assert [u["code"] for u in territories] == ["420222-01-01", "420222-01-02", "420281-01-01"]
    assert sign_in("wu").get(f"/api/v1/units/{cast.territory.pk}").status_code == 404


def test_sun_opens_a_unit_and_closes_it_for_a_successor(cast: Cast, sign_in: SignIn) -> None:
    sun = sign_in("sun")
    body = {"parent": cast.office.pk, "code": "420222-01-03", "name": "兴国三片区", "from_date": "2026-04-01"}
    opened = post(sun, "/api/v1/units", body)
    assert (opened.status_code, opened.json()["level"], opened.json()["from_date"]) == (201, "territory", "2026-04-01")

    again = post(sun, "/api/v1/units", body, key="twice")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")

    close = {"on": "2026-04-01", "reason": "并入三片区", "successor": opened.json()["id"]}
    closed = post(sun, f"/api/v1/units/{cast.next_territory.pk}/close", close, key="close")
    assert (closed.status_code, closed.json()["to_date"], closed.json()["successor"]) == (
        200,
        "2026-04-01",
        opened.json()["id"],
    )
    acts = sign_in("shen").get("/api/v1/audit").json()["results"]
    assert [(a["act"], a["reason"]) for a in acts] == [("unit.close", "并入三片区"), ("unit.open", "")]


def test_a_unit_with_units_under_it_does_not_close(cast: Cast, sign_in: SignIn) -> None:
    refused = post(sign_in("sun"), f"/api/v1/units/{cast.office.pk}/close", {"on": "2026-04-01", "reason": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert Unit.objects.get(pk=cast.office.pk).during.upper is None
    assert AuditEntry.objects.count() == 0


def test_a_territory_is_the_lowest_unit(cast: Cast, sign_in: SignIn) -> None:
    units = Unit.objects.count()
    body = {"parent": cast.territory.pk, "code": "420222-01-01-1", "name": "x", "from_date": "2026-04-01"}
    refused = post(sign_in("sun"), "/api/v1/units", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert (Unit.objects.count(), AuditEntry.objects.count()) == (units, 0)


def test_a_unit_ends_after_its_first_day_and_before_its_last_only(cast: Cast, sign_in: SignIn) -> None:
    sun, during = sign_in("sun"), Unit.objects.get(pk=cast.territory.pk).during
    refused = post(sun, f"/api/v1/units/{cast.territory.pk}/close", {"on": str(during.lower), "reason": "x"})
    assert (refused.status_code, Unit.objects.get(pk=cast.territory.pk).during) == (409, during)


def test_an_ended_position_opens_nothing_at_the_next_request(cast: Cast, sign_in: SignIn) -> None:
    lin, sun = sign_in("lin"), sign_in("sun")
    assert lin.get("/api/v1/retailers").status_code == 200
    held = Position.objects.get(person=cast.lin)
    ended = post(sun, f"/api/v1/positions/{held.pk}/end", {"on": str(TODAY), "reason": "调岗"})
    assert (ended.status_code, ended.json()["to_date"]) == (200, "2026-03-16")
    assert lin.get("/api/v1/retailers").status_code == 403


def test_a_territory_has_one_account_manager_at_a_time(cast: Cast, sign_in: SignIn) -> None:
    body = {
        "person": str(cast.ma.pk),
        "unit": cast.territory.pk,
        "role": "account_manager",
        "from_date": "2026-04-01",
    }
    refused = post(sign_in("sun"), "/api/v1/positions", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    Position.objects.filter(person=cast.lin).update(during=DateRange(SINCE, date(2026, 4, 1)))
    appointed = post(sign_in("sun"), "/api/v1/positions", body, key="later")
    assert (appointed.status_code, appointed.json()["person_name"]) == (201, "马力")


def test_a_threshold_is_told_as_it_is_in_force_for_the_unit(cast: Cast, sign_in: SignIn) -> None:
    Parameter.objects.create(
        unit=cast.county, key="visits.near_m_urban", during=DateRange(date(2026, 3, 1), None), value=300
    )
    lin = sign_in("lin")
    for on, expected in (("2026-03-16", 300), ("2026-02-28", 200)):
        rows = lin.get(f"/api/v1/parameters?unit={cast.territory.pk}&on={on}").json()["parameters"]
        assert {r["key"]: r["value"] for r in rows}["visits.near_m_urban"] == expected
    assert lin.get(f"/api/v1/parameters?unit={cast.other_territory.pk}").status_code == 404


def test_every_figure_says_what_it_means(cast: Cast, sign_in: SignIn) -> None:
    told = {k["id"]: k for k in sign_in("lin").get("/api/v1/kpis").json()["kpis"]}
    assert (told["visit_coverage_rate"]["name"], told["visit_coverage_rate"]["unit"]) == ("走访覆盖率", "percent")
    assert sign_in("sun").get("/api/v1/kpis").status_code == 403
