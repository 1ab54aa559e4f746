"""Findings persist, close and follow their subject; any number of runs of one analysis leaves the same rows."""

from __future__ import annotations

import hashlib
import os
import signal
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.postgresql.psycopg_any import DateRange

from cycles import proof
from cycles.analyze import analyze
from cycles.grid import Dimension
from cycles.models import Finding, Sighting
from cycles.rules import rule as rules
from cycles.rules.rule import Rule
from retail.models import Assignment, Classification, Promise, Retailer
from tests.cast import Cast, build_cast
from tests.cycles.orders import order, windows
from tests.cycles.test_together import all_at_once

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
AS_OF, LATER = date(2026, 3, 16), date(2026, 3, 31)


def expire(shop: Retailer, on: date = date(2026, 3, 10)) -> None:
    Retailer.objects.filter(pk=shop.pk).update(licence_valid_until=on)


def findings(code: str = "client.licence_expired") -> list[Finding]:
    return list(Finding.objects.filter(rule=code).order_by("opened_on", "retailer__code"))


def rows() -> str:
    """A hash over every finding and sighting, but for the ids that chance decides."""
    names = [f.attname for f in Finding._meta.concrete_fields if f.attname != "id"]
    found = sorted(Finding.objects.values_list(*names), key=repr)
    subject = {f.pk: (f.rule, f.retailer_id, f.unit_id, f.product_id, f.opened_on) for f in Finding.objects.all()}
    told = ("month", "rule_version", "as_of", "severity", "threshold", "figures", "evidence")
    seen = sorted(((subject[s[0]], *s[1:]) for s in Sighting.objects.values_list("finding_id", *told)), key=repr)
    return hashlib.sha256(repr((found, seen)).encode()).hexdigest()


# -- persistence -------------------------------------------------------------------------------------------------------


def test_a_finding_that_persists_is_one_finding_with_an_age(cast: Cast) -> None:
    expire(cast.shops[0])
    assert analyze(MARCH, AS_OF).rules["client.licence_expired"].added == 1
    told = analyze(APRIL, LATER).rules["client.licence_expired"]
    assert (told.added, told.kept, told.closed) == (0, 1, 0)
    (found,) = findings()
    assert (found.opened_on, found.first_month, found.last_month, found.closed_on) == (AS_OF, MARCH, APRIL, None)
    assert (found.territory_id, found.county_id, found.dimension) == (cast.territory.pk, cast.county.pk, "client")
    seen = Sighting.objects.filter(finding_id=found.pk).order_by("month")
    assert [(s.month, s.as_of, s.figures["days"]) for s in seen] == [(MARCH, AS_OF, 6), (APRIL, LATER, 21)]


def test_a_finding_that_no_longer_holds_is_closed_and_opens_anew(cast: Cast) -> None:
    expire(cast.shops[0])
    analyze(MARCH, AS_OF)
    expire(cast.shops[0], date(2030, 1, 1))
    assert analyze(APRIL, LATER).rules["client.licence_expired"].closed == 1
    (found,) = findings()
    assert (found.closed_on, found.last_month) == (LATER, MARCH)
    assert [s.month for s in Sighting.objects.filter(finding_id=found.pk)] == [MARCH]
    expire(cast.shops[0])
    analyze(APRIL, LATER)
    assert [f.closed_on for f in findings()] == [LATER, None]


def test_findings_of_shops_that_left_or_closed_are_closed(cast: Cast) -> None:
    for shop in cast.shops:
        expire(shop)
    analyze(MARCH, AS_OF)
    Assignment.objects.filter(retailer=cast.shops[0]).update(during=DateRange(date(2024, 1, 1), LATER))
    Classification.objects.filter(retailer=cast.shops[1]).update(state="closed")
    Classification.objects.filter(retailer=cast.shops[2]).update(state="suspended")
    analyze(APRIL, LATER)
    assert [f.closed_on for f in findings()] == [LATER, LATER, None]


def test_an_open_finding_follows_its_shop_to_the_new_owner(cast: Cast) -> None:
    expire(cast.shops[0])
    analyze(MARCH, AS_OF)
    Assignment.objects.filter(retailer=cast.shops[0]).update(territory=cast.other_territory)
    analyze(MARCH, date(2026, 3, 17))
    (found,) = findings()
    assert (found.territory_id, found.county_id) == (cast.other_territory.pk, cast.other_county.pk)
    assert Sighting.objects.get(finding_id=found.pk).as_of == date(2026, 3, 17)


def test_only_rules_that_days_drive_are_asked_again_during_the_month(cast: Cast) -> None:
    windows(cast.shops[0], cast.territory, AS_OF, 1001)
    promise = Promise.objects.create(
        retailer=cast.shops[1],
        text="补价签",
        promised_by=cast.lin,
        promised_on=date(2026, 3, 1),
        due_on=date(2026, 3, 15),
    )
    analyze(MARCH, AS_OF)
    expire(cast.shops[2])
    Promise.objects.filter(pk=promise.pk).update(state="kept", settled_on=AS_OF)
    connection.cursor().execute("DELETE FROM market_order")
    told = analyze(MARCH, date(2026, 3, 17), only_every_day=True)
    assert "client.large" not in told.rules
    assert {code: found[0].closed_on for code in ("client.large", "client.promise_overdue", "client.licence_expired")
            if (found := findings(code))} == {
        "client.large": None, "client.promise_overdue": date(2026, 3, 17), "client.licence_expired": None,
    }  # fmt: skip
    analyze(MARCH, date(2026, 3, 18))
    assert findings("client.large")[0].closed_on == date(2026, 3, 18)


def test_an_analysis_of_one_prefecture_leaves_the_others_alone(cast: Cast) -> None:
    expire(cast.shops[0])
    analyze(MARCH, AS_OF)
    before = rows()
    elsewhere = analyze(MARCH, LATER, [cast.nation.pk])
    assert (rows(), elsewhere.total.closed) == (before, 0)
    expire(cast.shops[0], date(2030, 1, 1))
    assert analyze(MARCH, LATER, [cast.prefecture.pk]).rules["client.licence_expired"].closed == 1


def test_an_analysis_of_an_earlier_day_takes_nothing_back(cast: Cast) -> None:
    expire(cast.shops[0], date(2026, 3, 20))
    analyze(MARCH, LATER)
    analyze(MARCH, date(2026, 3, 19))  # the licence still ran
    (found,) = findings()
    assert found.closed_on is None
    assert Sighting.objects.get(finding_id=found.pk).as_of == LATER


def test_a_rule_that_is_gone_holds_for_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    expire(cast.shops[0])
    analyze(MARCH, AS_OF)
    monkeypatch.delitem(rules._rules, "client.licence_expired")
    analyze(MARCH, LATER, only_every_day=True)
    assert findings()[0].closed_on is None
    analyze(MARCH, LATER)
    assert findings()[0].closed_on == LATER


# -- subjects other than shops -----------------------------------------------------------------------------------------


@pytest.fixture
def unit_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules about each territory, each county, and each key product in a territory (restricted)."""
    figures = '\'{}\'::jsonb, \'{}\'::jsonb, \'{"kind": "unit", "ids": [], "rows": 0}\'::jsonb'
    for code, find in {
        "test.territory": f"SELECT NULL::uuid, territory_id, NULL::bigint, {figures} FROM an_unit",
        "test.county": f"SELECT NULL::uuid, unit_id, NULL::bigint, {figures} FROM an_county",
        "test.product": f"SELECT NULL::uuid, territory_id, product_id, {figures} FROM an_key",
    }.items():
        columns = "(retailer_id, unit_id, product_id, figures, threshold, evidence)"
        made = Rule(
            code=code, version=1, dimension=Dimension.MARKET, subject="unit", name=code, name_en=code, reads="units",
            zh="", en="", find=f"SELECT * FROM ({find}) AS f{columns}", bases=("an_county", "an_key"), severity=3,
            restricted=code == "test.product",
        )  # fmt: skip
        monkeypatch.setitem(rules._rules, code, made)


def test_findings_about_units_carry_the_units_above_them(cast: Cast, unit_rules: None) -> None:
    analyze(MARCH, AS_OF)
    analyze(APRIL, LATER)
    told = Finding.objects.filter(rule__startswith="test.", county=cast.county, closed_on=None)
    assert set(told.values_list("rule", "unit", "territory", "product", "is_restricted", "last_month")) == {
        ("test.territory", cast.territory.pk, cast.territory.pk, None, False, APRIL),
        ("test.territory", cast.next_territory.pk, cast.next_territory.pk, None, False, APRIL),
        ("test.county", cast.county.pk, None, None, False, APRIL),
        ("test.product", cast.territory.pk, cast.territory.pk, cast.products[0].pk, True, APRIL),
        ("test.product", cast.next_territory.pk, cast.next_territory.pk, cast.products[0].pk, True, APRIL),
    }


# -- any number of runs ------------------------------------------------------------------------------------------------


def things(cast: Cast) -> None:
    for shop in (*cast.shops, *cast.wu_shops):
        expire(shop)
    windows(cast.shops[0], cast.territory, AS_OF, 1001)


def test_a_second_run_changes_no_row(cast: Cast, unit_rules: None) -> None:
    things(cast)
    analyze(MARCH, AS_OF)
    before, ids = rows(), set(Finding.objects.values_list("pk", flat=True))
    told = analyze(MARCH, AS_OF).total
    assert (rows(), set(Finding.objects.values_list("pk", flat=True))) == (before, ids)
    assert (told.added, told.closed, told.kept) == (0, 0, len(ids))


def test_eight_at_once_on_two_months_leave_what_one_after_the_other_would(transactional_db: None) -> None:
    things(build_cast())

    def one(month: date) -> Any:
        return lambda: analyze(month, AS_OF)

    all_at_once([one(month) for month in (MARCH, APRIL) * 4])
    together = rows()
    assert {(f.first_month, f.last_month) for f in findings()} == {(MARCH, APRIL)}
    Finding.objects.all().delete()
    Sighting.objects.all().delete()
    analyze(MARCH, AS_OF)
    analyze(APRIL, AS_OF)
    assert rows() == together


def test_an_analysis_killed_before_any_of_its_writes_leaves_nothing_and_the_next_does_all(
    transactional_db: None,
) -> None:
    things(build_cast())
    nothing = rows()
    for word in ("INSERT INTO an_found", "INSERT INTO cycles_finding", "INSERT INTO cycles_sighting", "WITH closed"):
        assert killed_before(word)
        assert rows() == nothing
    analyze(MARCH, AS_OF)
    assert len(findings()) == 5
    assert Sighting.objects.count() == Finding.objects.count()


def killed_before(word: str) -> bool:
    """An analysis in a process of its own, killed (SIGKILL) before its first statement that begins so."""
    connections.close_all()
    child = os.fork()
    if child == 0:

        def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            if sql.strip().startswith(word):
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(watch):
            analyze(MARCH, AS_OF)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def test_analysis_locks_no_table_of_facts_against_intake(cast: Cast) -> None:
    things(cast)
    analyze(MARCH, AS_OF)  # this test is one transaction: what it locked is still locked
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
            " WHERE l.pid = pg_backend_pid() AND c.relname ~ '^(visits_visit|visits_observation|market_stockcount)'"
        )
        assert {mode for (mode,) in cursor.fetchall()} == {"AccessShareLock"}


# -- proof -------------------------------------------------------------------------------------------------------------


def test_evidence_finds_the_same_rows_again(cast: Cast) -> None:
    made = [order(cast.shops[0], cast.territory, AS_OF - timedelta(days=days), 600) for days in (1, 8, 28)]
    order(cast.shops[0], cast.territory, AS_OF - timedelta(days=29), 600)
    order(cast.shops[0], cast.territory, AS_OF, 600)
    expire(cast.shops[0])
    analyze(MARCH, AS_OF)
    large = Sighting.objects.get(finding_id=findings("client.large")[0].pk)
    assert large.figures["w0"] == 1800
    found = proof.find(large.evidence)
    assert (found.kind, found.rows, found.ids) == ("order", 3, tuple(str(one.pk) for one in made))
    assert found.links[0] == f"/api/v1/orders/{made[0].pk}"
    licence = Sighting.objects.get(finding_id=findings()[0].pk)
    assert proof.find(licence.evidence).links == [f"/api/v1/retailers/{cast.shops[0].pk}"]
