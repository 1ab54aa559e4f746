"""Actions over HTTP: drafted from findings, accepted, given another number, dropped with a reason, set by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from backend.models import AuditEntry
from cycles import cells
from cycles import month as months
from cycles.models import Action, Finding, PrefectureMonth
from tests.cast import TODAY, Cast
from tests.cycles.chain import FELL, FIGURES, MARCH, OUT, QUIET, find, rules_of_tests
from tests.cycles.deeds import (
    DONE,
    NONE,
    OPEN,
    draft,
    drafted,
    lin,
    missed,
    of,
    order,
    patch,
    post,
    row_of,
)


@pytest.fixture(autouse=True)
def rules_of_this_file() -> Iterator[None]:
    with rules_of_tests():
        yield


@pytest.fixture
def march(cast: Cast) -> Cast:
    months.open_month(MARCH)
    return cast


def test_a_draft_follows_new_figures_until_somebody_sets_its_number(march: Cast) -> None:
    action = drafted(march)
    find(FELL, march.shops[0], march.territory, {**FIGURES, "target": 9})
    assert draft() == 0
    assert of(action, "drafted_target", "target", "version") == (9, 9, 2)
    answer = patch(lin(march), f"/actions/{action.pk}", {"target": 8.5})
    assert (answer.status_code, answer.json()["target"], answer.json()["drafted_target"]) == (200, "8.50", "9.00")
    find(FELL, march.shops[0], march.territory, {**FIGURES, "target": 12})
    draft()
    assert of(action, "drafted_target", "target", "state") == (9, Decimal("8.50"), "drafted")


@pytest.mark.parametrize("decided", ["drafted", "accepted", "dropped"])
def test_a_finding_that_closes_takes_only_an_undecided_draft_with_it(march: Cast, decided: str) -> None:
    action = drafted(march)
    Action.objects.update(state=decided, drop_reason="done" if decided == "dropped" else "")
    Finding.objects.update(closed_on=TODAY)
    draft()
    assert Action.objects.filter(pk=action.pk).exists() is (decided != "drafted")


def test_findings_without_a_proposal_restricted_or_without_a_number_propose_nothing(march: Cast) -> None:
    find(QUIET, march.shops[0], march.territory, FIGURES)
    find(FELL, march.shops[1], march.territory, FIGURES, restricted=True)
    find(FELL, march.shops[2], march.territory, {"now": 1, "before": 2, "baseline": 1, "target": None, "best": None})
    assert draft() == 0
    assert not Action.objects.exists()
    with transaction.atomic():
        cells.derive(MARCH)
    assert row_of(march.shops[0], dimension="market") == (DONE, NONE, OPEN, NONE, NONE)
    assert row_of(march.shops[1]) == (NONE, NONE, OPEN, NONE, NONE)


@pytest.mark.parametrize(
    ("figures", "severity", "flagged"),
    [
        ({"target": 18, "best": 12}, 2, False),
        ({"target": 18.01, "best": 12}, 2, True),
        ({"target": 18, "best": 12}, 1, True),
        ({"target": 100, "best": None}, 2, False),
        ({"target": 100, "best": 0}, 2, False),
    ],
)
def test_a_draft_is_flagged_when_it_is_urgent_or_beyond_the_best_of_the_year(
    march: Cast, figures: dict[str, Any], severity: int, flagged: bool
) -> None:
    find(FELL, march.shops[0], march.territory, {**FIGURES, **figures}, severity=severity)
    draft()
    assert Action.objects.get().is_flagged is flagged


def test_a_day_count_of_the_proposal_ends_with_the_month(march: Cast) -> None:
    find(OUT, march.shops[0], march.territory, {**FIGURES, "products": [], "product_ids": []})
    draft()
    assert Action.objects.get().due_on == date(2026, 3, 11)


def test_a_number_beyond_the_best_of_the_year_is_taken_and_warns(march: Cast) -> None:
    action = drafted(march)
    tag = lin(march).get(f"/api/v1/actions/{action.pk}")["ETag"]
    answer = patch(lin(march), f"/actions/{action.pk}", {"target": 18.5, "due_on": "2026-03-20"}, tag)
    assert (answer.status_code, answer.json()["is_flagged"], answer.json()["due_on"]) == (200, True, "2026-03-20")
    assert (answer.json()["target"], answer.json()["drafted_target"]) == ("18.50", "10.00")
    stale = patch(lin(march), f"/actions/{action.pk}", {"target": 11}, tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    late = patch(lin(march), f"/actions/{action.pk}", {"due_on": "2026-04-01"})
    assert (late.status_code, late.json()["code"]) == (400, "bad_date")
    assert Action.objects.get().target == Decimal("18.50")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"reason": "later"}, 200, None),
        ({"reason": "other", "words": "店主住院"}, 200, None),
        ({"reason": "other"}, 400, "invalid"),
        ({"reason": "no such"}, 400, "invalid"),
        ({}, 400, "invalid"),
    ],
)
def test_an_action_is_dropped_only_with_a_reason(march: Cast, body: Any, status: int, code: str | None) -> None:
    action = drafted(march)
    answer = post(lin(march), f"/actions/{action.pk}/drop", body)
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert of(action, "state", "drop_reason") == (("dropped", body["reason"]) if status == 200 else ("drafted", ""))
    assert AuditEntry.objects.filter(act="action.drop", object_id=str(action.pk)).exists() is (status == 200)
    assert post(lin(march), f"/actions/{action.pk}/accept").json()["state"] == "accepted"  # minds may change


def test_accept_all_takes_every_unflagged_draft_and_leaves_the_flagged(march: Cast) -> None:
    for shop, severity in zip(march.shops, (2, 1, 2), strict=True):
        find(FELL, shop, march.territory, FIGURES, severity=severity)
    find(FELL, march.wu_shops[0], march.other_territory, FIGURES)
    draft()
    flagged = Action.objects.get(retailer=march.shops[1])
    body = {"month": "2026-03", "territory": march.territory.pk}
    answer = post(lin(march), "/actions/accept-all", body)
    outcomes = {one["action"]: one["outcome"] for one in answer.json()["outcomes"]}
    assert sorted(outcomes.values()) == ["accepted", "accepted", "flagged"]
    assert outcomes[str(flagged.pk)] == "flagged"
    states = dict(Action.objects.values_list("retailer_id", "state"))
    assert states == {
        march.shops[0].pk: "accepted", march.shops[1].pk: "drafted", march.shops[2].pk: "accepted",
        march.wu_shops[0].pk: "drafted",
    }  # fmt: skip
    assert AuditEntry.objects.filter(act="action.accept", unit=march.territory).count() == 2
    again = post(lin(march), "/actions/accept-all", body).json()["outcomes"]
    assert again == [{"action": str(flagged.pk), "outcome": "flagged"}]
    other = post(lin(march), "/actions/accept-all", {**body, "territory": march.other_territory.pk})
    assert (other.status_code, Action.objects.filter(state="accepted").count()) == (400, 2)


def test_many_decisions_have_an_outcome_each(march: Cast) -> None:
    for shop in (*march.shops, march.wu_shops[0]):
        find(FELL, shop, march.territory if shop in march.shops else march.other_territory, FIGURES)
    draft()
    first, second, third = (Action.objects.get(retailer=shop).pk for shop in march.shops)
    foreign = Action.objects.get(retailer=march.wu_shops[0]).pk
    items = [
        {"action": str(first), "do": "accept"},
        {"action": str(second), "do": "edit", "target": 30, "version": 1},
        {"action": str(third), "do": "drop", "reason": "other"},
        {"action": str(foreign), "do": "accept"},
        {"action": str(uuid4()), "do": "accept"},
    ]
    outcomes = post(lin(march), "/actions/bulk", {"month": "2026-03", "items": items}).json()["outcomes"]
    assert [(o["outcome"], o.get("version"), o.get("problem", {}).get("code")) for o in outcomes] == [
        ("done", 2, None), ("done", 2, None), ("refused", None, "invalid"), ("refused", None, "not_found"),
        ("refused", None, "not_found"),
    ]  # fmt: skip
    assert dict(Action.objects.values_list("pk", "state")) == {
        first: "accepted", second: "drafted", third: "drafted", foreign: "drafted",
    }  # fmt: skip
    assert Action.objects.get(pk=second).is_flagged
    stale = [{"action": str(second), "do": "accept", "version": 1}]
    [outcome] = post(lin(march), "/actions/bulk", {"month": "2026-03", "items": stale}).json()["outcomes"]
    assert outcome["problem"]["code"] == "stale_version"


@pytest.mark.parametrize("state", ["measured", "locked"])
def test_a_plan_that_was_measured_or_locked_takes_no_change(march: Cast, state: str) -> None:
    action = drafted(march)
    PrefectureMonth.objects.update_or_create(month=MARCH, prefecture=march.prefecture, defaults={"state": state})
    asked = [
        post(lin(march), f"/actions/{action.pk}/accept"),
        post(lin(march), f"/actions/{action.pk}/drop", {"reason": "later"}),
        patch(lin(march), f"/actions/{action.pk}", {"target": 9}),
        post(lin(march), "/actions/accept-all", {"month": "2026-03", "territory": march.territory.pk}),
        post(lin(march), "/actions", own(march)),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in asked} == {(409, f"month_{state}")}
    assert of(Action.objects.get(), "state", "target") == ("drafted", 10)
    find(FELL, march.shops[1], march.territory, FIGURES)
    assert draft() == 0


def own(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "month": "2026-03", "retailer": str(cast.shops[0].pk), "dimension": "client", "words": "谈双月陈列协议",
        "metric": "cartons", "goal": "at_least", "target": 20, "due_on": "2026-03-25", **changes,
    }  # fmt: skip


def test_a_goal_set_by_hand_is_a_number_and_a_date_beside_where_the_shop_stands(march: Cast) -> None:
    order(march, date(2026, 2, 9), 12)
    made = post(lin(march), "/actions", own(march))
    wanted = {
        "state": "accepted", "sentence": "谈双月陈列协议", "baseline": "12.00", "best": "12.00", "target": "20.00",
        "is_flagged": True, "finding": None, "rule": "",
    }  # fmt: skip
    assert made.status_code == 201
    assert {name: made.json()[name] for name in wanted} == wanted
    for wrong in (
        {"target": None}, {"due_on": None}, {"target": "20"}, {"target": -1}, {"due_on": "2026-04-01"},
        {"metric": "nothing"}, {"words": " "}, {"retailer": str(march.wu_shops[0].pk)},
    ):  # fmt: skip
        assert post(lin(march), "/actions", own(march, **wrong)).status_code == 400, wrong
    assert Action.objects.count() == 1


def test_others_find_nothing_and_leaders_read_without_deciding(
    march: Cast, sign_in: Callable[[str], APIClient]
) -> None:
    improvement = missed(march)
    action = improvement.origin
    for name, reads, decides in (("wu", 404, 404), ("ma", 404, 404), ("zhao", 200, 403), ("chen", 200, 409)):
        client = sign_in(name)
        assert client.get(f"/api/v1/actions/{action.pk}").status_code == reads, name
        assert client.get(f"/api/v1/improvements/{improvement.pk}").status_code == reads, name
        PrefectureMonth.objects.update_or_create(
            month=MARCH, prefecture=march.prefecture, defaults={"state": "measured"}
        )
        assert post(client, f"/actions/{action.pk}/drop", {"reason": "later"}).status_code == decides, name
    assert Action.objects.get(pk=action.pk).state == "accepted"
    wu = sign_in("wu")
    assert wu.get("/api/v1/actions").json()["results"] == wu.get("/api/v1/improvements").json()["results"] == []


def test_a_rule_that_misfires_is_told_upward_with_its_findings_and_answered_once(
    march: Cast, sign_in: Callable[[str], APIClient]
) -> None:
    mine = find(FELL, march.shops[0], march.territory, FIGURES)
    other = find(OUT, march.shops[0], march.territory, {**FIGURES, "products": []})
    foreign = find(FELL, march.wu_shops[0], march.other_territory, FIGURES)
    path = "/rules/test_fell/misfires"
    for wrong in ([], [str(other.pk)], [str(foreign.pk)], [str(mine.pk), str(uuid4())]):
        assert post(lin(march), path, {"findings": wrong, "words": "不对"}).status_code in (400, 404)
    told = post(lin(march), path, {"findings": [str(mine.pk)], "words": "店主歇业装修"})
    assert (told.status_code, told.json()["findings"], told.json()["unit"]) == (201, [str(mine.pk)], march.territory.pk)
    assert [len(sign_in(name).get(f"/api/v1{path}").json()["results"]) for name in ("lin", "chen", "zhao", "wu")] == [
        1, 1, 1, 0,
    ]  # fmt: skip
    answer = f"{path}/{told.json()['id']}/answer"
    assert post(lin(march), answer, {"words": "x"}).status_code == 403
    assert post(sign_in("zhao"), answer, {"words": "已调整阈值"}).json()["answer"] == "已调整阈值"
    assert post(sign_in("zhao"), answer, {"words": "again"}).json()["code"] == "conflict"
    assert lin(march).get("/api/v1/rules/no_such/misfires").status_code == 404


def test_a_misfire_over_several_territories_is_told_of_the_unit_above_them(
    march: Cast, sign_in: Callable[[str], APIClient]
) -> None:
    found = [
        find(FELL, march.shops[0], march.territory, FIGURES),
        find(FELL, march.next_territory, march.next_territory, FIGURES),
    ]
    path = "/rules/test_fell/misfires"
    told = post(sign_in("chen"), path, {"findings": [str(one.pk) for one in found], "words": "修路"})
    assert (told.status_code, told.json()["unit"]) == (201, march.office.pk)
    readers = ("chen", "zhao", "lin", "ma", "wu")
    assert [len(sign_in(name).get(f"/api/v1{path}").json()["results"]) for name in readers] == [1, 1, 0, 0, 0]
    assert post(sign_in("zhao"), f"{path}/{told.json()['id']}/answer", {"words": "已调整"}).status_code == 200


def test_the_grid_of_a_shop_shows_what_stands_behind_each_cell(march: Cast) -> None:
    improvement = missed(march)
    grid = {c["cell"]: c for c in lin(march).get(f"/api/v1/cycles/2026-03/{march.shops[0].pk}").json()["grid"]}
    action = str(improvement.origin_id)
    assert [one["rule"] for one in grid["client_analyze"]["findings"]] == ["test_fell"]
    for column in ("client_plan", "client_execute", "client_evaluate"):
        assert [one["id"] for one in grid[column]["actions"]] == [action], column
    assert grid["client_evaluate"]["actions"][0]["result"]["value"] == "6.00"
    assert [one["id"] for one in grid["client_improve"]["improvements"]] == [str(improvement.pk)]
    rest = [c for name, c in grid.items() if not name.startswith("client")]
    assert all(c["findings"] == c["actions"] == c["improvements"] == [] for c in rest)
