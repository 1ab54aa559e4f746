"""Display checks: what scores what and why, the templates that say so, and the repair tasks that follow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.models import AuditEntry
from retail.models import Classification
from tests.cast import Cast, SignIn
from tests.visits.checks import CONTINUITY, check, day, follow, listed, photo, post, released, score, visited, yes_no
from tests.visits.items import item as submitted
from tests.visits.items import receive
from visits.models import DisplayTask, TemplateVersion, Visit

NAMED = list(range(901, 917))
FIVE: list[dict[str, Any]] = [
    yes_no("visible"), yes_no("clean"), yes_no("full"),
    {"code": "standard", "name": "规范", "kind": "product_list", "weight": 20, "products": NAMED, "pass_at": 16},
    CONTINUITY,
]  # fmt: skip


def answers(seen: int = 16, **more: Any) -> dict[str, Any]:
    return {"visible": True, "clean": True, "full": True, "standard": NAMED[:seen], **more}


# -- scores ------------------------------------------------------------------------------------------------------------


def test_the_first_check_keeps_continuity_and_the_second_loses_it(cast: Cast, as_lin: APIClient) -> None:
    version = released(cast, FIVE)
    first = visited(cast, day(2), check=check(version, **answers(14)))
    assert score(first) == Decimal("80.00")
    second = visited(cast, day(9), check=check(version, **answers(14)))
    assert score(second) == Decimal("60.00")
    told = as_lin.get(f"/api/v1/visits/{second.pk}/score").json()
    assert (told["score"], told["points"], told["possible"], told["is_void"]) == ("60.00", "60.00", "100.00", False)
    by_code = {item["code"]: item for item in told["items"]}
    assert [item["points"] for item in told["items"]] == ["20.00", "20.00", "20.00", "0.00", "0.00"]
    assert by_code["standard"]["missing"] == NAMED[14:]
    assert (by_code["standard"]["why"], by_code["standard"]["why_en"]) == ("未达标：14/16", "not passed: 14/16")
    assert by_code["continuity"]["why_en"] == "another item failed at this check"


def test_a_check_without_a_fault_after_one_with_a_fault_has_no_continuity_yet(cast: Cast, as_lin: APIClient) -> None:
    version = released(cast, FIVE)
    visited(cast, day(2), check=check(version, **answers(14)))
    second = visited(cast, day(9), check=check(version, **answers()))
    third = visited(cast, day(12), check=check(version, **answers()))
    assert (score(second), score(third)) == (Decimal("80.00"), Decimal("100.00"))
    why = {item["code"]: item["why_en"] for item in as_lin.get(f"/api/v1/visits/{second.pk}/score").json()["items"]}
    assert why["continuity"] == "an item failed at the check before"


def test_a_check_that_comes_late_moves_the_continuity_of_the_next(cast: Cast) -> None:
    version = released(cast, FIVE)
    second = visited(cast, day(9), check=check(version, **answers(14)))
    assert score(second) == Decimal("80.00")  # the first, as far as was known
    first = visited(cast, day(2), check=check(version, **answers(14)))
    follow()
    assert (score(first), score(second)) == (Decimal("80.00"), Decimal("60.00"))
    follow()
    assert (score(first), score(second)) == (Decimal("80.00"), Decimal("60.00"))


def test_what_must_pass_makes_the_whole_nothing_whatever_the_points(cast: Cast, as_lin: APIClient) -> None:
    version = released(cast, [yes_no("genuine", 10, must_pass=True), yes_no("clean", 90)])
    void = visited(cast, day(2), check=check(version, genuine=False, clean=True))
    assert score(void) == Decimal("0.00")
    told = as_lin.get(f"/api/v1/visits/{void.pk}/score").json()
    assert (told["score"], told["points"], told["is_void"]) == ("0.00", "90.00", True)
    assert told["items"][0]["why"] == "必达项未达标，整次检查计 0 分"
    assert score(visited(cast, day(3), check=check(version, clean=True))) == Decimal("0.00")
    assert score(visited(cast, day(4), check=check(version, genuine=True, clean=False))) == Decimal("10.00")


def test_a_photo_item_passes_by_a_declared_photo_of_it(cast: Cast) -> None:
    version = released(cast, [{"code": "front", "name": "店面照", "kind": "photo", "weight": 40}, yes_no("clean", 60)])
    shown = photo("display", "front")
    seen = visited(cast, day(2), photos=[shown], check=check(version, front=shown["id"], clean=False))
    assert score(seen) == Decimal("40.00")
    assert score(visited(cast, day(3), check=check(version, front=False, clean=True))) == Decimal("60.00")
    [refused] = receive(cast.actor("lin"), submitted(cast, check=check(version, front=shown["id"], clean=True)))
    assert (refused.word, refused.problem.errors[0].pointer) == ("rejected", "/check/answers/0/answer")


def test_an_item_that_follows_from_a_rule_is_not_answered(cast: Cast) -> None:
    version = released(cast, FIVE)
    [refused] = receive(cast.actor("lin"), submitted(cast, check=check(version, **answers(), continuity=True)))
    assert (refused.word, refused.problem.code) == ("rejected", "invalid")
    assert Visit.objects.count() == 0


def test_the_score_of_anothers_visit_and_of_none_reads_like_nothing(cast: Cast, sign_in: SignIn) -> None:
    visit = visited(cast, day(2), check=check(released(cast, FIVE), **answers()))
    plain = visited(cast, day(3))
    assert sign_in("chen").get(f"/api/v1/visits/{visit.pk}/score").status_code == 200
    assert sign_in("wu").get(f"/api/v1/visits/{visit.pk}/score").status_code == 404
    assert sign_in("lin").get(f"/api/v1/visits/{plain.pk}/score").status_code == 404


# -- templates ---------------------------------------------------------------------------------------------------------


def test_a_template_is_written_released_and_replaced(cast: Cast, sign_in: SignIn) -> None:
    zhou, lin = sign_in("zhou"), sign_in("lin")
    made = post(zhou, "display-schemes", {"unit": cast.prefecture.pk, "code": "rural", "name": "乡村终端"})
    assert made.status_code == 201
    body = {"template": made.json()["id"], "items": [yes_no("clean")], "market_types": ["X"], "tier_to": 10}
    draft = post(zhou, "templates", body).json()
    assert (draft["number"], draft["from_date"], draft["market_types"], draft["tier_to"]) == (1, None, ["X"], 10)
    assert draft["id"] not in [row["id"] for row in listed(lin, "templates")]
    out = post(zhou, f"templates/{draft['id']}/release", {"from_date": "2026-03-16"})
    assert (out.status_code, out.json()["from_date"], out.json()["to_date"]) == (200, "2026-03-16", None)
    assert draft["id"] in [row["id"] for row in listed(lin, "templates")]
    assert post(zhou, f"templates/{draft['id']}/release", {"from_date": "2026-03-16"}).status_code == 409
    second = post(zhou, "templates", body).json()
    assert second["number"] == 2
    assert post(zhou, f"templates/{second['id']}/release", {"from_date": "2026-03-20"}).status_code == 200
    first, last = listed(zhou, f"templates?template={made.json()['id']}")
    assert (first["to_date"], last["from_date"]) == ("2026-03-20", "2026-03-20")
    assert post(zhou, f"templates/{second['id']}/retire", {"on": "2026-03-16"}).json()["code"] == "bad_date"
    assert post(zhou, f"templates/{second['id']}/retire", {"on": "2026-04-01"}).json()["to_date"] == "2026-04-01"
    acts = AuditEntry.objects.filter(act__startswith="template.").order_by("id").values_list("act", flat=True)
    assert list(acts) == [
        "template.open", "template.write", "template.release", "template.write", "template.end", "template.release",
        "template.end",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "items",
    [
        [{**yes_no("a"), "kind": "product_list", "products": [900], "pass_at": 2}],
        [{**yes_no("a"), "kind": "choice"}],
        [CONTINUITY],
        [yes_no("a"), {**CONTINUITY, "must_pass": True}],
        [yes_no("a"), yes_no("a")],
        [{**yes_no("a"), "kind": "product_list", "products": [4242], "pass_at": 1}],
    ],
)
def test_items_that_cannot_be_scored_are_refused(cast: Cast, sign_in: SignIn, items: list[dict[str, Any]]) -> None:
    answer = post(sign_in("zhou"), "templates", {"template": cast.template.template_id, "items": items})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert TemplateVersion.objects.count() == 1


def test_nobody_but_its_editor_writes_templates(cast: Cast, sign_in: SignIn) -> None:
    body = {"template": cast.template.template_id, "items": [yes_no("a")]}
    for name in ("lin", "chen", "zhao", "feng"):
        client = sign_in(name)
        assert post(client, "templates", body).status_code == 403
        assert post(client, f"templates/{cast.template.pk}/retire", {"on": "2026-04-01"}).status_code == 403
    assert TemplateVersion.objects.get().during.upper is None


def test_a_shop_is_checked_by_the_nearest_and_closest_template(cast: Cast, sign_in: SignIn) -> None:
    rural = released(cast, [yes_no("a")], "rural", market_types=["X"])
    high = released(cast, [yes_no("a")], "high", tier_from=20)
    modern = released(cast, [yes_no("a")], "modern", terminal_types=["modern"])
    shop, lin = cast.shops[0], sign_in("lin")

    def told() -> int:
        answer = lin.get(f"/api/v1/retailers/{shop.pk}/template")
        return int(answer.json()["version"]["id"])

    newest_for_all = cast.template.pk
    assert told() == newest_for_all  # urban, ordinary, tier 15
    Classification.objects.filter(retailer=shop).update(market_type="X")
    assert told() == rural.pk
    Classification.objects.filter(retailer=shop).update(market_type="C", tier=20)
    assert told() == high.pk
    Classification.objects.filter(retailer=shop).update(tier=None, terminal_type="modern")
    assert told() == modern.pk
    modern.template.unit = cast.nation
    modern.template.save()
    assert told() == newest_for_all
    assert sign_in("wu").get(f"/api/v1/retailers/{shop.pk}/template").status_code == 404


# -- repair tasks ------------------------------------------------------------------------------------------------------


def test_a_failed_item_is_a_task_until_a_later_check_passes_it(cast: Cast, as_lin: APIClient) -> None:
    version = released(cast, FIVE[:3])
    first = visited(cast, day(2), check=check(version, visible=True, clean=False, full=None))
    visited(cast, day(4), check=check(version, visible=True, clean=False, full=True))
    follow()
    [task] = listed(as_lin, "display-tasks")
    assert (task["item_code"], task["name"], task["opened_on"], task["due_on"]) == (
        "clean", "项clean", "2026-03-02", "2026-03-09",
    )  # fmt: skip
    assert (task["opened_visit_id"], task["failures"], task["last_on"]) == (str(first.pk), 2, "2026-03-04")
    assert (task["closed_on"], task["days"]) == (None, None)
    third = visited(cast, day(9), check=check(version, visible=True, clean=True, full=True))
    follow()
    [task] = listed(as_lin, "display-tasks?is_open=false")
    assert (task["closed_on"], task["closed_visit_id"], task["days"], task["closed_by_photo"]) == (
        "2026-03-09", str(third.pk), 7, False,
    )  # fmt: skip
    assert listed(as_lin, "display-tasks?is_open=true") == []


def test_what_is_put_right_on_the_spot_is_no_task_and_a_photo_after_closes_one(cast: Cast) -> None:
    version = released(cast, FIVE[:3])
    before, after = photo("before", "clean"), photo("after", "clean")
    fixed = {"answer": False, "fixed": True, "before": before["id"], "after": after["id"]}
    visited(cast, day(2), photos=[before, after], check=check(version, visible=True, clean=fixed, full=True))
    follow()
    assert not DisplayTask.objects.exists()
    visited(cast, day(3), check=check(version, visible=False, clean=True, full=True))
    later = photo("after", "visible")
    mended = {"answer": False, "fixed": True, "after": later["id"]}
    visited(cast, day(5), photos=[later], check=check(version, visible=mended, clean=True, full=True))
    follow()
    task = DisplayTask.objects.get()
    assert (task.item_code, task.days, task.closed_by_photo) == ("visible", 2, True)


def test_tasks_follow_late_and_doubtful_visits_and_a_second_run_changes_nothing(cast: Cast) -> None:
    version = released(cast, FIVE[:3])
    fine = {"visible": True, "clean": True, "full": True}
    visited(cast, day(4), check=check(version, **{**fine, "clean": False}))
    visited(cast, day(9), check=check(version, **fine))
    follow()
    assert list(DisplayTask.objects.values_list("opened_on__day", "closed_on__day")) == [(4, 9)]
    visited(cast, day(2), check=check(version, **{**fine, "clean": False}))  # came a week late
    visited(cast, day(6), check=check(version, **fine), place={"lon": 114.35, "lat": 30.57, "datum": "WGS-84"})
    follow()
    assert list(DisplayTask.objects.values_list("opened_on__day", "closed_on__day", "failures")) == [(2, 9, 2)]
    rows = list(DisplayTask.objects.values())
    follow()
    assert list(DisplayTask.objects.values()) == rows


def test_tasks_of_a_shop_are_seen_by_those_who_see_the_shop(cast: Cast, sign_in: SignIn) -> None:
    visited(cast, day(2), check=check(released(cast, FIVE[:3]), visible=False, clean=True, full=True))
    follow()
    seen = {name: len(listed(sign_in(name), "display-tasks")) for name in ("lin", "ma", "wu", "chen", "he", "zhao")}
    assert seen == {"lin": 1, "ma": 0, "wu": 0, "chen": 1, "he": 1, "zhao": 1}
