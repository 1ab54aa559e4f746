"""Findings and rules over HTTP: who sees which, what each says, and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend.models import Parameter
from cycles.analyze import analyze
from cycles.models import Finding, Sighting
from cycles.rules.rule import rule
from cycles.sentences import say
from retail.models import Assignment, Promise, Retailer
from tests.cast import TODAY, Cast, SignIn, make_shop
from tests.cycles.orders import order

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
LIST = "/api/v1/findings"


def shops_in(answer: Any) -> list[str]:
    return [row["retailer"]["code"] for row in answer.json()["results"]]


@pytest.fixture
def expired(cast: Cast) -> Cast:
    """The licence of every shop of Lin and Wu ended on 10 March; visits are kept up nowhere, nobody orders."""
    Retailer.objects.update(licence_valid_until=date(2026, 3, 10))
    analyze(MARCH, TODAY)
    return cast


def test_findings_are_seen_from_the_territory_and_from_above(expired: Cast, sign_in: SignIn) -> None:
    seen = {
        name: shops_in(sign_in(name).get(f"{LIST}?rule=client.licence_expired&month=2026-03"))
        for name in ("lin", "ma", "wu", "chen", "he", "zhao")
    }
    lin, wu = sorted(s.code for s in expired.shops), sorted(s.code for s in expired.wu_shops)
    assert {name: sorted(codes) for name, codes in seen.items()} == {
        "lin": lin, "ma": [], "wu": wu, "chen": lin, "he": lin, "zhao": [*lin, *wu],
    }  # fmt: skip
    assert sign_in("jiang").get(LIST).status_code == 403


def test_a_finding_goes_with_its_shop_and_is_absent_for_others(expired: Cast, sign_in: SignIn) -> None:
    found = Finding.objects.get(rule="client.licence_expired", retailer=expired.shops[0])
    Assignment.objects.filter(retailer=expired.shops[0]).update(during=DateRange(date(2024, 1, 1), TODAY))
    Assignment.objects.create(
        retailer=expired.shops[0], territory=expired.next_territory, during=DateRange(TODAY, None)
    )
    answers = {name: sign_in(name).get(f"{LIST}/{found.pk}").status_code for name in ("lin", "ma", "wu", "chen")}
    assert answers == {"lin": 404, "ma": 200, "wu": 404, "chen": 200}


def test_a_finding_tells_what_it_is_about_and_what_it_says(expired: Cast, as_lin: APIClient) -> None:
    shop = expired.shops[0]
    (row,) = as_lin.get(f"{LIST}?rule=client.licence_expired&retailer={shop.pk}").json()["results"]
    assert {name: value for name, value in row.items() if name != "id"} == {
        "rule": "client.licence_expired",
        "rule_name": "许可证已过期",
        "dimension": "client",
        "severity": 1,
        "is_restricted": False,
        "retailer": {"id": str(shop.pk), "code": shop.code, "name": shop.name},
        "unit": None,
        "product": None,
        "territory": expired.territory.pk,
        "county": expired.county.pk,
        "opened_on": "2026-03-16",
        "closed_on": None,
        "first_month": "2026-03",
        "last_month": "2026-03",
        "age_months": 1,
        "sentence": "烟草专卖零售许可证已于 2026年3月10日到期，逾期 6 天，请书面告知专卖部门。",
    }


def test_findings_are_narrowed_by_what_one_asks_for(expired: Cast, as_zhao: APIClient) -> None:
    analyze(APRIL, date(2026, 3, 31))
    Retailer.objects.filter(pk=expired.shops[0].pk).update(licence_valid_until=date(2030, 1, 1))
    analyze(APRIL, date(2026, 4, 1))

    def count(query: str) -> int:
        return len(as_zhao.get(f"{LIST}?rule=client.licence_expired&{query}").json()["results"])

    assert [count(f"open={word}") for word in ("true", "false")] == [4, 1]
    assert [count(f"month={month}") for month in ("2026-03", "2026-04", "2026-05")] == [5, 5, 0]
    places = (expired.county, expired.other_county, expired.prefecture, expired.territory, expired.next_territory)
    assert [count(f"unit={unit.pk}") for unit in places] == [3, 2, 5, 3, 0]
    assert [count(f"territory={expired.territory.pk}"), count("dimension=brand"), count("severity=2")] == [3, 0, 0]
    assert as_zhao.get(f"{LIST}?dimension=weather").status_code == 400
    march, april = (
        as_zhao.get(f"{LIST}?rule=client.licence_expired&retailer={expired.shops[1].pk}&month={month}").json()[
            "results"
        ][0]
        for month in ("2026-03", "2026-04")
    )
    assert ("逾期 6 天" in march["sentence"], "逾期 22 天" in april["sentence"]) == (True, True)
    assert (april["first_month"], april["last_month"], april["age_months"]) == ("2026-03", "2026-04", 2)


def test_what_is_to_be_looked_at_first_comes_first(expired: Cast, as_lin: APIClient) -> None:
    told = as_lin.get(f"{LIST}?dimension=client").json()["results"]
    assert [row["severity"] for row in told] == sorted(row["severity"] for row in told)
    assert {row["severity"] for row in told} == {1, 2}


def test_a_finding_explains_itself(expired: Cast, as_lin: APIClient, as_zhao: APIClient) -> None:
    made = [order(expired.shops[0], expired.territory, TODAY - timedelta(days=days), 600) for days in (1, 8)]
    analyze(MARCH, TODAY)
    analyze(APRIL, date(2026, 3, 23))
    found = Finding.objects.get(rule="client.large")
    answer = as_zhao.get(f"{LIST}/{found.pk}", HTTP_ACCEPT_LANGUAGE="en")
    told = answer.json()
    sentence = (
        "Ordered 1,200 cartons in four weeks where shops of its market type ordered none on average: over 1,000"
        " cartons. The cause is to be put in writing, and where the goods go."
    )
    assert told["why"] == {
        "rule": {
            "code": "client.large",
            "version": 2,
            "name": "large account",
            "reads": "orders of the last four weeks, against the mean of the market type in the county"
            " (else the prefecture)",
        },
        "as_of": "2026-03-23",
        "threshold": {
            "client.large_cartons": 1000, "client.large_times": 4.0, "client.large_rule": "or", "client.peers_min": 5,
        },
        "figures": {
            "w0": 1200, "mean": None, "peers": None, "place": None, "market_type": "C", "reasons": ["GT_1000"],
            "baseline": 0, "target": 1, "best": None,
        },
        "sentence": sentence,
        "evidence": {
            "kind": "order",
            "rows": 2,
            "links": [f"/api/v1/orders/{one.pk}" for one in made],
            "query": "orders_of_shop",
            "parameters": {"retailer": str(expired.shops[0].pk), "since": "2026-02-23", "until": "2026-03-23"},
        },
    }  # fmt: skip
    assert [(s["month"], s["as_of"]) for s in told["sightings"]] == [
        ("2026-04", "2026-03-23"),
        ("2026-03", "2026-03-16"),
    ]
    assert (told["age_months"], told["sentence"]) == (2, sentence)
    assert as_lin.get(told["why"]["evidence"]["links"][0]).json()["cartons"] == 600
    assert (
        as_zhao.get(f"{LIST}/{found.pk}", HTTP_ACCEPT_LANGUAGE="en", HTTP_IF_NONE_MATCH=answer["ETag"]).status_code
        == 304
    )


def test_restricted_findings_are_absent_for_who_may_not_see_them(expired: Cast, sign_in: SignIn) -> None:
    found = Finding.objects.get(rule="client.licence_expired", retailer=expired.shops[0])
    Finding.objects.filter(pk=found.pk).update(is_restricted=True)
    told = {}
    for name in ("lin", "chen", "he", "zhao"):
        phone = sign_in(name)
        listed = str(found.pk) in {row["id"] for row in phone.get(f"{LIST}?page_size=200").json()["results"]}
        told[name] = (listed, phone.get(f"{LIST}/{found.pk}").status_code)
    assert told == {"lin": (False, 404), "chen": (False, 404), "he": (True, 200), "zhao": (True, 200)}


def test_a_page_costs_the_same_queries_for_few_findings_and_for_many(expired: Cast, as_lin: APIClient) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert as_lin.get(f"{LIST}?month=2026-03&page_size=200").status_code == 200
        return len(seen)

    before = queries()
    for number in range(20):
        make_shop(expired.territory, 400 + number)
    analyze(MARCH, TODAY)
    assert queries() == before


# -- rules -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def told(as_lin: APIClient) -> Callable[[str], Any]:
    return lambda path: as_lin.get(path).json()


def test_a_rule_tells_what_it_reads_its_thresholds_and_its_proposal(cast: Cast, told: Callable[[str], Any]) -> None:
    Parameter.objects.create(
        unit=cast.county, key="client.silent_windows", during=DateRange(date(2026, 1, 1), None), value=5
    )
    assert told("/api/v1/rules/client.silent") == {
        "code": "client.silent",
        "version": 1,
        "dimension": "client",
        "subject": "shop",
        "name": "连续未订货",
        "reads": "最近十六周的订单；每周一个订货周期",
        "severity": 1,
        "every_day": True,
        "restricted": False,
        "thresholds": [
            {
                "key": "client.silent_windows", "title": "连续未订货的订货周期数", "value": 5, "default": 3,
                "source": "our proposal; docs/method.md",
            }
        ],
        "proposal": {
            "kind": "client.win_back", "metric": "orders", "goal": "at_least", "serves": "visit", "evidence_needed": 1,
        },
    }  # fmt: skip


def test_the_catalogue_has_every_rule_with_the_thresholds_of_the_unit_asked_for(cast: Cast, as_zhao: APIClient) -> None:
    Parameter.objects.create(
        unit=cast.county, key="client.large_cartons", during=DateRange(date(2026, 1, 1), None), value=800
    )

    def limit(unit: int) -> Any:
        answer = as_zhao.get(f"/api/v1/rules?unit={unit}").json()
        (large,) = [rule for rule in answer["rules"] if rule["code"] == "client.large"]
        return large["thresholds"][0]["value"]

    assert (limit(cast.territory.pk), limit(cast.other_territory.pk)) == (800, 1000)
    codes = [rule["code"] for rule in as_zhao.get("/api/v1/rules").json()["rules"]]
    assert [code for code in codes if code.startswith("client.")] == [
        "client.growth", "client.large", "client.licence_expired", "client.licence_expiring", "client.need_overdue",
        "client.new", "client.odd_order", "client.promise_overdue", "client.silent", "client.visit_overdue",
    ]  # fmt: skip


def test_rules_of_a_foreign_unit_and_unknown_rules_are_absent(cast: Cast, as_lin: APIClient) -> None:
    for path in (
        f"/api/v1/rules?unit={cast.other_county.pk}",
        "/api/v1/rules?unit=424242",
        "/api/v1/rules/client.luck",
    ):
        assert as_lin.get(path).status_code == 404, path
    assert as_lin.get("/api/v1/rules").json()["unit"] == cast.territory.pk


def test_every_proposal_of_a_rule_finds_its_figures(expired: Cast) -> None:
    """Whatever holds at once says its sentence and its action in both languages: no figure is missing."""
    Promise.objects.create(
        retailer=expired.shops[0], text="补价签", promised_by=expired.lin, promised_on=MARCH, due_on=date(2026, 3, 2)
    )
    analyze(MARCH, TODAY)
    rules = dict(Finding.objects.values_list("pk", "rule"))
    told = set()
    for seen in Sighting.objects.all():
        one = rule(rules[seen.finding_id])
        for english in (False, True):
            assert say(one.template, one.version, seen.figures, english=english)
            if one.proposal:
                assert say(f"action.{one.proposal.kind}", 1, seen.figures, english=english)
                assert {"baseline", "target", "best"} <= seen.figures.keys()
        told.add(one.code)
    assert {"client.licence_expired", "client.promise_overdue", "client.silent", "client.visit_overdue"} <= told


def test_a_month_told_by_an_older_version_of_a_rule_keeps_its_version_and_its_words(
    expired: Cast, as_zhao: APIClient
) -> None:
    analyze(MARCH, TODAY)
    found = Finding.objects.get(rule="client.visit_overdue", retailer=expired.shops[0])
    assert Sighting.objects.filter(finding_id=found.pk).values_list("rule_version", flat=True).get() == 2
    newer = as_zhao.get(f"{LIST}/{found.pk}").json()
    Sighting.objects.filter(finding_id=found.pk).update(rule_version=1)
    older = as_zhao.get(f"{LIST}/{found.pk}").json()
    assert (newer["why"]["rule"]["version"], older["why"]["rule"]["version"]) == (2, 1)
    assert older["sentence"] == newer["sentence"] != ""
