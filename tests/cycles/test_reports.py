"""The monthly report: the same figures everywhere, restricted for some, worded, released, followed by a later one.

March is locked and its reports are made once for the module; each test takes back its own rows and files.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import override_settings
from rest_framework.test import APIClient

from backend import clock
from backend.errors import Problem
from backend.models import AuditEntry, Notice
from backend.scope import actor_of
from cycles import blocks_why, report_beside, report_files, report_sentences
from cycles import report_parts as parts
from cycles.blocks import blocks
from cycles.blocks_why import Case
from cycles.models import Action, Adjustment, MonthlyReport, ReportFile, ReportRun, Result
from market.orders import loading
from tests.cast import NOW, Cast, SignIn, build_cast
from tests.cycles.chain import APRIL, FELL, FIGURES, find, rules_of_tests
from tests.cycles.deeds import draft
from tests.cycles.reporting import (
    EVENT,
    MARCH,
    OUTFLOW,
    at,
    bought,
    column,
    figure,
    kept,
    march_of,
    of,
    read,
    stored_in,
    table,
    units,
)


@pytest.fixture(scope="module")
def made(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Cast, Path]]:
    """March is locked, and its reports stand with their files in a folder."""
    folder = tmp_path_factory.mktemp("reports")
    with django_db_blocker.unblock(), transaction.atomic():
        with clock.at(NOW):
            march = march_of(build_cast())
        with at(4, 9, 9), override_settings(STORAGES=stored_in(folder)):
            kept()
            kept()
        yield march, folder
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def store(made: tuple[Cast, Path], tmp_path: Path, settings: Any) -> Path:
    """A copy of the files, for one test."""
    shutil.copytree(made[1], tmp_path, dirs_exist_ok=True)
    settings.STORAGES = stored_in(tmp_path)
    return tmp_path


@pytest.fixture
def cast(made: tuple[Cast, Path], db: None) -> Cast:
    """That of the module: `as_lin` and the others are its people."""
    return made[0]


@pytest.fixture
def reported(cast: Cast) -> Cast:
    return cast


@pytest.fixture
def rules() -> Iterator[None]:
    with rules_of_tests():
        yield


def test_the_sums_of_the_counties_are_the_totals_of_the_prefecture_to_the_carton(reported: Cast, as_zhao: Any) -> None:
    body = read(as_zhao, of(reported.prefecture)).json()
    below = table(body, 1, "units")
    assert [row["unit_id"] for row in below["rows"]] == [reported.county.pk, reported.other_county.pk]
    assert column(below, "sales") == ["42", "8"]
    assert figure(body, 1, "sales") == "50"
    assert sum(int(cartons or 0) for cartons in column(table(body, 2, "classes"), "sales")) == 50
    for unit, cartons in ((reported.county, "42"), (reported.other_county, "8"), (reported.office, "42"),
                          (reported.territory, "42"), (reported.next_territory, "0")):  # fmt: skip
        assert figure(read(as_zhao, of(unit)).json(), 1, "sales") == cartons
    board = as_zhao.get(f"/api/v1/boards/market?unit={reported.county.pk}&month=2026-03").json()
    assert next(one["value"] for one in board["figures"] if one["kpi"] == "sales") == "42"


def test_a_report_shows_and_says_what_the_blocks_of_its_unit_do(reported: Cast) -> None:
    zhao, told = actor_of(reported.zhao), Counter[str]()
    with at(4, 9, 9):
        for one in MonthlyReport.objects.filter(number=1).select_related("unit"):
            found = {block.number: block for block in blocks(zhao, one.unit, MARCH)}
            case = Case(one.unit_id, MARCH, found, blocks_why.lines_of(one.unit_id, MARCH))
            for english in (False, True):
                said = [report_sentences.text(finding, english=english) for finding in one.content["findings"]]
                assert said == [drafted.text(english=english) for drafted in blocks_why.draft(case)]
                told["sentences"] += len(said)
            whole = parts.with_restricted(one.content, one.restricted)
            assert [section["number"] for section in whole["sections"]] == list(found)
            for section in whole["sections"]:
                block = found[section["number"]]
                numbers = {figure.kpi.id: exact(figure.value) for figure in block.figures}
                shown = {figure["kpi"]: figure["value"] for figure in section["figures"]}
                assert shown == {kpi: value for kpi, value in numbers.items() if kpi in shown}
                assert all(value is None for kpi, value in numbers.items() if kpi not in shown)
                rows = {
                    one["code"]: [(row["label"], *row["values"]) for row in one["rows"]] for one in section["tables"]
                }
                for alone in ("results_by_rule", "outflow_said"):
                    told[alone] += len(rows.pop(alone, ()))
                assert rows == {
                    one.code: [(row.label, *map(exact, row.values)) for row in one.rows]
                    for one in block.tables
                    if one.rows
                }
                told["figures"] += len(shown)
                told["rows"] += sum(map(len, rows.values()))
    assert told == {"sentences": 44, "figures": 215, "rows": 207, "results_by_rule": 0, "outflow_said": 4}


def test_what_actions_came_to_is_told_by_problem_to_the_unit_and_all_above(cast: Cast, rules: None) -> None:
    for shop in cast.shops[:3]:
        find(FELL, shop, cast.territory, FIGURES, month=APRIL)
    with at(4, 10):
        assert draft(APRIL) == 3
    drafted = Action.objects.filter(month=APRIL, rule=FELL.code)
    drafted.update(state="accepted")
    hit, miss, _ = drafted.order_by("retailer__code")
    for action, outcome in ((hit, "hit"), (miss, "miss")):
        Result.objects.create(action=action, value=1, outcome=outcome, evidence_count=0, measured_at=clock.now())
    ids = [cast.prefecture.pk, cast.territory.pk, cast.next_territory.pk]
    found = report_beside.read(ids, APRIL)
    told = [[row for table in report_beside.results(found, unit) for row in table["rows"]] for unit in ids]
    of_both = [{"label": FELL.name, "label_en": FELL.name_en, "values": ["3", "1", "1", "0"]}]
    assert told == [of_both, of_both, []]


def test_a_report_of_the_first_template_still_opens(reported: Cast, as_zhao: APIClient) -> None:
    one = of(reported.prefecture)
    finding = {"key": "finding-1", "code": "target_met", "version": 1, "parameters": {"rate": 101.5},
               "evidence": {"figures": [], "page": f"/?unit={one.unit_id}&month=2026-03"}}  # fmt: skip
    MonthlyReport.objects.filter(pk=one.pk).update(template=1, content={**one.content, "findings": [finding]})
    body = read(as_zhao, one).json()
    assert [(said["text"], said["text_en"]) for said in body["findings"]] == [
        ("销量完成目标 101.5%。", "Sales came to 101.5% of the target.")
    ]
    assert body["template"] == 1


def exact(value: Any) -> str | None:
    return None if value is None else str(value)


def test_a_report_of_another_county_answers_byte_for_byte_like_one_that_is_not(reported: Cast, sign_in: SignIn) -> None:
    he = sign_in("he")
    foreign, absent = read(he, of(reported.other_county)), he.get(f"/api/v1/reports/{uuid4()}")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert masked(foreign) == masked(absent)
    paper = he.get(f"/api/v1/reports/{of(reported.other_county).pk}/pdf")
    assert paper.status_code == 404
    assert {row["unit"]["id"] for row in he.get("/api/v1/reports").json()["results"]} == {
        reported.county.pk, reported.office.pk, reported.territory.pk, reported.next_territory.pk
    }  # fmt: skip


def masked(answer: Any) -> Any:
    return {key: value for key, value in answer.json().items() if key not in {"instance", "request_id"}}


def test_what_flows_out_is_absent_for_the_account_manager_and_told_to_her_county(
    reported: Cast, as_lin: APIClient, sign_in: SignIn
) -> None:
    mine = of(reported.territory)
    for client, told in ((as_lin, False), (sign_in("chen"), False), (sign_in("he"), True), (sign_in("zhao"), True)):
        answer = read(client, mine)
        assert answer.status_code == 200
        assert (OUTFLOW in answer.content.decode()) is told
        assert (table(answer.json(), 7, "outflow") is not None) is told
        assert EVENT in answer.content.decode()
    own = as_lin.get(f"/api/v1/reports/{mine.pk}/pdf")
    theirs = sign_in("he").get(f"/api/v1/reports/{mine.pk}/pdf")
    files = dict(ReportFile.objects.filter(report=mine).values_list("is_restricted", "sha256"))
    assert (own.headers["ETag"], theirs.headers["ETag"]) == (f'"{files[False]}"', f'"{files[True]}"')
    assert files[False] != files[True]


def test_the_file_is_the_one_whose_hash_was_kept_and_fetching_it_is_told(
    reported: Cast, as_lin: APIClient, store: Path
) -> None:
    mine = of(reported.territory)
    with at(4, 9, 10):
        answer = as_lin.get(f"/api/v1/reports/{mine.pk}/pdf")
    held = ReportFile.objects.get(report=mine, is_restricted=False)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert (sha256(answer.content).hexdigest(), len(answer.content)) == (held.sha256, held.size_bytes)
    assert (store / held.name).read_bytes() == answer.content
    assert of(reported.territory).fetched_at == datetime(2026, 4, 9, 10, tzinfo=clock.BUSINESS_ZONE)
    again = as_lin.get(f"/api/v1/reports/{mine.pk}/pdf", HTTP_IF_NONE_MATCH=f'"{held.sha256}"')
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_made_anew_from_the_same_report_has_the_same_bytes(reported: Cast) -> None:
    mine = of(reported.territory)
    held = ReportFile.objects.get(report=mine, is_restricted=False)
    ReportFile.objects.filter(report=mine).delete()
    assert report_files.ensure(mine, restricted=False).sha256 == held.sha256


def test_a_line_is_written_by_who_leads_the_unit_and_shows_to_all(
    reported: Cast, as_chen: APIClient, as_lin: APIClient
) -> None:
    office = of(reported.office)
    tag = read(as_chen, office).headers["ETag"]
    done = patch(as_chen, office, tag, key="finding-1", words=" 两家大户转为隔周订货 ")
    assert (done.status_code, done.json()["words"]) == (200, {"finding-1": "两家大户转为隔周订货"})
    assert patch(as_chen, office, tag, key="section-4", words="x").json()["code"] == "stale_version"
    office.refresh_from_db()
    assert (office.words, office.version) == ({"finding-1": "两家大户转为隔周订货"}, 2)
    entry = AuditEntry.objects.get(act="report.write")
    assert (entry.unit_id, entry.after) == (reported.office.pk, {"key": "finding-1", "words": "两家大户转为隔周订货"})
    cleared = patch(as_chen, office, done.headers["ETag"], key="finding-1", words="")
    assert cleared.json()["words"] == {}


def patch(client: APIClient, one: MonthlyReport, tag: str, **body: Any) -> Any:
    return client.patch(f"/api/v1/reports/{one.pk}", body, HTTP_IF_MATCH=tag)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"key": "section-10", "words": "x"}, 400, "invalid"),
        ({"key": "finding-9", "words": "x"}, 400, "invalid"),
        ({"key": "section-1", "words": "一行\n两行"}, 400, "invalid"),
        ({"key": "section-1", "words": "长" * 201}, 400, "invalid"),
        ({"key": "section-1"}, 400, "invalid"),
        ({"words": "x"}, 400, "invalid"),
        ({"key": "section-1", "words": "x", "state": "released"}, 400, "invalid"),
    ],
)
def test_a_line_that_is_none_is_refused_and_changes_nothing(
    reported: Cast, as_chen: APIClient, body: dict[str, Any], status: int, code: str
) -> None:
    office = of(reported.office)
    answer = as_chen.patch(f"/api/v1/reports/{office.pk}", body, HTTP_IF_MATCH=read(as_chen, office).headers["ETag"])
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    office.refresh_from_db()
    assert (office.words, office.version) == ({}, 1)


def test_who_does_not_lead_the_unit_writes_nothing(reported: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    mine, county = of(reported.territory), of(reported.county)
    assert patch(as_lin, mine, "*", key="section-1", words="x").status_code == 403
    assert patch(as_chen, county, "*", key="section-1", words="x").status_code == 404
    assert MonthlyReport.objects.exclude(words={}).count() == 0


def test_a_released_report_stands_and_its_leaders_are_told(reported: Cast, as_chen: APIClient) -> None:
    office = of(reported.office)
    with at(4, 9, 11):
        done = release(as_chen, office, read(as_chen, office).headers["ETag"])
        assert (done.status_code, done.json()["state"], done.json()["released_by_name"]) == (200, "released", "陈国庆")
        told = Notice.objects.filter(kind="report_released").values_list("person__username", "subject")
        assert list(told) == [("chen", office.pk)]
        again = release(as_chen, office, done.headers["ETag"])
        late = patch(as_chen, office, done.headers["ETag"], key="section-1", words="x")
    assert (again.status_code, again.json()["code"]) == (409, "report_released")
    assert (late.status_code, late.json()["code"]) == (409, "report_released")
    office.refresh_from_db()
    assert (office.state, office.words, office.version) == ("released", {}, 2)
    assert office.mailed_at == datetime(2026, 4, 9, 11, tzinfo=clock.BUSINESS_ZONE)


def release(client: APIClient, one: MonthlyReport, tag: str) -> Any:
    return client.post(f"/api/v1/reports/{one.pk}/release", {}, HTTP_IF_MATCH=tag, HTTP_IDEMPOTENCY_KEY=str(uuid4()))


def test_what_nobody_released_goes_out_at_six_on_the_first_working_day_after_the_lock(reported: Cast) -> None:
    with at(4, 9, 17):
        kept()
        assert MonthlyReport.objects.filter(state="released").count() == 0
    with at(4, 9, 18):
        kept()
        assert MonthlyReport.objects.filter(state="released", released_by=None).count() == 8
        told = Notice.objects.filter(kind="report_released").order_by("person__username")
        assert list(told.values_list("person__username", flat=True)) == ["chen", "he", "zhao"]
        kept()
        assert Notice.objects.filter(kind="report_released").count() == 3


def test_a_late_order_makes_a_new_report_of_its_units_beside_the_old_on_the_next_day(
    reported: Cast, as_zhao: APIClient
) -> None:
    old = of(reported.county)
    MonthlyReport.objects.filter(pk=old.pk).update(words={"section-1": "按计划推进"})
    with at(4, 10, 9):
        loading.load_orders([bought("D4", reported.shops[2], "P1", 5, date(2026, 3, 30))])
        kept()
        assert Adjustment.objects.filter(unit_id=reported.county.pk, figure="sales").count() == 1
        assert ReportRun.objects.count() == 1
    with at(4, 11, 0):
        kept()
        kept()
    run = ReportRun.objects.get(number=2)
    assert (run.cause, run.of) == ("adjusted", 4)
    assert sorted(MonthlyReport.objects.filter(number=2).values_list("unit_id", flat=True)) == sorted(
        [reported.prefecture.pk, reported.county.pk, reported.office.pk, reported.territory.pk]
    )
    new, kept_old = read(as_zhao, of(reported.county, 2)).json(), read(as_zhao, old).json()
    assert (figure(new, 1, "sales"), figure(kept_old, 1, "sales")) == ("47", "42")
    assert (new["words"], new["state"], new["cause"]) == ({"section-1": "按计划推进"}, "released", "adjusted")
    newest = as_zhao.get("/api/v1/reports?month=2026-03&newest=true").json()["results"]
    assert sorted((row["unit"]["id"], row["number"]) for row in newest) == sorted(
        (unit.pk, 2 if run.reports.filter(unit=unit).exists() else 1) for unit in units(reported)
    )


def test_a_file_that_was_changed_in_the_store_is_not_given_out(reported: Cast, as_lin: APIClient, store: Path) -> None:
    held = ReportFile.objects.get(report=of(reported.territory), is_restricted=False)
    (store / held.name).write_bytes(b"%PDF-1.7 something else")
    answer = as_lin.get(f"/api/v1/reports/{held.report_id}/pdf")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    with pytest.raises(Problem):
        report_files.read(held)
