"""A manager's month on its way: words, submit, withdraw, send back, approve, lock; who may do which, and what stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from backend import clock
from backend.errors import Problem
from backend.models import AuditEntry, Position
from cycles import drafting, manager_month, manager_review, reviewing
from cycles import month as months
from cycles.grid import COLUMNS
from cycles.manager_review import Review
from cycles.models import ManagerCell, ManagerCycle
from tests.cast import ALWAYS, NOW, TODAY, Cast, SignIn, make_shop
from tests.cycles.manager_facts import FEBRUARY, MARCH, About, act, find

PATH = "/api/v1/manager-cycles"


@pytest.fixture
def march(cast: Cast) -> Cast:
    months.open_month(MARCH)
    return cast


def id_of(cast: Cast, name: str = "lin") -> str:
    return str(ManagerCycle.objects.get(month=MARCH, person=cast.people[name]).pk)


def paper(client: APIClient, cycle: str) -> dict[str, Any]:
    answer = client.get(f"{PATH}/{cycle}")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def cell_of(client: APIClient, cycle: str, column: str) -> dict[str, Any]:
    return next(cell for cell in paper(client, cycle)["cells"] if cell["cell"] == column)


def post(client: APIClient, path: str, body: dict[str, Any] | None = None, *, etag: str | None = None) -> Any:
    headers: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())} | ({"HTTP_IF_MATCH": etag} if etag else {})
    return client.post(f"{PATH}/{path}", body or {}, format="json", **headers)


def on_cell(client: APIClient, cycle: str, column: str, verb: str, body: dict[str, Any] | None = None) -> Any:
    """The act with the tag that its author just read."""
    return post(client, f"{cycle}/cells/{column}/{verb}", body, etag=cell_of(client, cycle, column)["etag"])


def states(cast: Cast, name: str = "lin") -> dict[str, str]:
    rows = ManagerCell.objects.filter(cycle__person=cast.people[name])
    return {row.cell: row.state for row in rows if row.state != "drafted"}


def test_a_quiet_month_is_submitted_whole_without_a_word(march: Cast, as_lin: APIClient) -> None:
    cycle = id_of(march)
    answer = post(as_lin, f"{cycle}/submit", etag=paper(as_lin, cycle)["etag"])
    assert answer.status_code == 200, answer.json()
    assert {cell["state"] for cell in answer.json()["cells"]} == {"submitted"}
    assert answer["ETag"] == as_lin.get(f"{PATH}/{cycle}")["ETag"]
    acts = AuditEntry.objects.filter(act="manager_cell.submit")
    assert {(a.actor_id, a.unit_id) for a in acts} == {(march.lin.pk, march.territory.pk)}
    assert sorted(a.after["cell"] for a in acts if a.after) == sorted(COLUMNS)


def test_what_is_flagged_without_words_is_not_submitted_and_is_named(march: Cast, as_lin: APIClient) -> None:
    find(About(march.territory, march.shops[0]), "stopped", severity=1)
    find(About(march.territory, march.shops[0]), "shelf", dimension="brand", severity=1)
    cycle = id_of(march)
    for path, named in (
        (f"{cycle}/submit", ["/cells/client_analyze", "/cells/brand_analyze"]),
        (f"{cycle}/cells/client_analyze/submit", ["/cells/client_analyze"]),
    ):
        answer = post(as_lin, path, etag="*")
        assert (answer.status_code, answer.json()["code"]) == (422, "words_wanted")
        assert [error["pointer"] for error in answer.json()["errors"]] == named
    assert (states(march), AuditEntry.objects.count()) == ({}, 0)

    assert on_cell(as_lin, cycle, "client_analyze", "words", {"words": " 店主住院，停业两周 "}).status_code == 200
    assert on_cell(as_lin, cycle, "client_analyze", "submit").status_code == 200
    assert states(march) == {"client_analyze": "submitted"}
    kept = ManagerCell.objects.get(cell="client_analyze", cycle_id=UUID(cycle))
    assert (kept.words, kept.submitted_at, kept.draft) == ("店主住院，停业两周", NOW, kept.submitted)
    assert [s["template"] for s in kept.submitted or []] == ["month.findings", "month.rule_few", "month.flagged_few"]


def test_a_step_is_submitted_as_three_cells(march: Cast, as_lin: APIClient) -> None:
    cycle = id_of(march)
    answer = post(as_lin, f"{cycle}/submit", {"step": "plan"}, etag=paper(as_lin, cycle)["etag"])
    assert answer.status_code == 200
    assert states(march) == dict.fromkeys(("client_plan", "brand_plan", "market_plan"), "submitted")
    again = post(as_lin, f"{cycle}/submit", {"step": "plan"}, etag=paper(as_lin, cycle)["etag"])
    assert (again.status_code, again.json()["code"]) == (409, "cell_not_so")
    assert post(as_lin, f"{cycle}/submit", etag="*").status_code == 200
    assert set(states(march).values()) == {"submitted"}
    assert len(states(march)) == 15
    assert post(as_lin, f"{cycle}/submit", {"step": "dream"}, etag="*").status_code == 400


def test_who_submits_submits_what_he_read(march: Cast, as_lin: APIClient) -> None:
    cycle = id_of(march)
    read = paper(as_lin, cycle)
    cell = next(c for c in read["cells"] if c["cell"] == "client_analyze")
    find(About(march.territory, march.shops[0]), "fell")  # the facts draft something else by now
    for path, etag in ((f"{cycle}/submit", read["etag"]), (f"{cycle}/cells/client_analyze/submit", cell["etag"])):
        answer = post(as_lin, path, etag=etag)
        assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")
        assert post(as_lin, path).status_code == 428
    assert states(march) == {}
    assert on_cell(as_lin, cycle, "client_analyze", "submit").status_code == 200


def test_an_act_on_an_older_cell_is_refused(march: Cast, as_lin: APIClient) -> None:
    cycle, path = id_of(march), "cells/client_plan/words"
    first = cell_of(as_lin, cycle, "client_plan")["etag"]
    assert post(as_lin, f"{cycle}/{path}", {"words": "一"}, etag=first).status_code == 200
    assert post(as_lin, f"{cycle}/{path}", {"words": "二"}, etag=first).json()["code"] == "stale_version"
    assert post(as_lin, f"{cycle}/{path}", {"words": "二"}).json()["code"] == "precondition_required"
    assert ManagerCell.objects.get(cell="client_plan", cycle_id=UUID(cycle)).words == "一"


def test_a_cell_is_sent_back_with_a_reason_and_handed_in_again(
    march: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    cycle = id_of(march)
    on_cell(as_lin, cycle, "client_plan", "submit")
    assert cell_of(as_lin, cycle, "client_plan")["may"] == ["withdraw"]
    assert cell_of(as_chen, cycle, "client_plan")["may"] == ["approve", "send_back"]
    assert on_cell(as_chen, cycle, "client_plan", "send-back").status_code == 400
    assert states(march) == {"client_plan": "submitted"}

    assert on_cell(as_chen, cycle, "client_plan", "send-back", {"reason": "目标过低"}).status_code == 200
    read = cell_of(as_lin, cycle, "client_plan")
    assert (read["state"], read["reason"], read["reviewed_by"]) == ("sent_back", "目标过低", march.chen.name)
    assert read["may"] == ["words", "submit"]
    on_cell(as_lin, cycle, "client_plan", "words", {"words": "已上调"})
    on_cell(as_lin, cycle, "client_plan", "submit")
    assert on_cell(as_chen, cycle, "client_plan", "approve").status_code == 200
    done = cell_of(as_chen, cycle, "client_plan")
    assert (done["state"], done["reason"], done["words"], done["may"]) == ("approved", "", "已上调", ["send_back"])
    assert list(AuditEntry.objects.order_by("id").values_list("act", "actor__username")) == [
        ("manager_cell.submit", "lin"),
        ("manager_cell.send_back", "chen"),
        ("manager_cell.words", "lin"),
        ("manager_cell.submit", "lin"),
        ("manager_cell.approve", "chen"),
    ]


def test_an_approval_is_taken_back_by_sending_the_cell_back(march: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    cycle = id_of(march)
    on_cell(as_lin, cycle, "client_plan", "submit")
    on_cell(as_chen, cycle, "client_plan", "approve")
    assert on_cell(as_chen, cycle, "client_plan", "approve").json()["code"] == "cell_not_so"
    assert on_cell(as_chen, cycle, "client_plan", "send-back", {"reason": "看错了"}).status_code == 200
    assert states(march) == {"client_plan": "sent_back"}


def test_a_submission_is_withdrawn_until_it_is_reviewed(march: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    cycle = id_of(march)
    on_cell(as_lin, cycle, "client_plan", "submit")
    assert on_cell(as_lin, cycle, "client_plan", "withdraw").status_code == 200
    row = ManagerCell.objects.get(cell="client_plan", cycle_id=UUID(cycle))
    assert (row.state, row.submitted, row.submitted_at) == ("drafted", None, None)
    on_cell(as_lin, cycle, "client_plan", "submit")
    on_cell(as_chen, cycle, "client_plan", "approve")
    assert on_cell(as_lin, cycle, "client_plan", "withdraw").json()["code"] == "cell_not_so"
    assert states(march) == {"client_plan": "approved"}


def test_what_was_handed_in_keeps_its_text_and_new_findings_are_counted(
    march: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    find(About(march.territory, march.shops[0]), "fell")
    cycle = id_of(march)
    on_cell(as_lin, cycle, "client_analyze", "submit")
    tomorrow = TODAY + timedelta(days=1)
    for shop in march.shops[1:]:
        find(About(march.territory, shop), "fell", opened_on=tomorrow)
    find(About(march.territory, march.shops[0]), "shelf", dimension="brand", opened_on=tomorrow)
    with clock.at(NOW + timedelta(days=2)), transaction.atomic():
        drafting.draft_cells(MARCH)
    for client in (as_lin, as_chen):
        read = cell_of(client, cycle, "client_analyze")
        assert [s["text"] for s in read["sentences"]] == ["发现 1 条，涉及 1 户。", "fell：1 户（便民商店0）。"]
        assert read["new_findings"] == 2
    assert cell_of(as_lin, cycle, "brand_analyze")["new_findings"] == 0  # not handed in: it says so itself


def test_only_its_author_writes_and_only_its_reviewer_reviews(march: Cast, sign_in: SignIn) -> None:
    cycle = id_of(march)
    for name in ("ma", "wu", "chen", "feng"):
        for verb, body in (("words", {"words": "x"}), ("submit", {}), ("withdraw", {})):
            answer = post(sign_in(name), f"{cycle}/cells/client_plan/{verb}", body, etag="*")
            assert (name, verb, answer.status_code) == (name, verb, 404)
        assert post(sign_in(name), f"{cycle}/submit", etag="*").status_code == 404
    assert states(march) == {}
    assert post(sign_in("lin"), f"{cycle}/submit", etag="*").status_code == 200
    for name in ("he", "zhao", "feng"):
        assert post(sign_in(name), f"{cycle}/cells/client_plan/approve", etag="*").status_code == 404, name
    assert post(sign_in("lin"), f"{cycle}/cells/client_plan/approve", etag="*").status_code == 403
    assert post(sign_in("feng"), f"{cycle}/cells/brand_plan/approve", etag="*").status_code == 200
    assert post(sign_in("chen"), f"{cycle}/cells/brand_plan/approve", etag="*").status_code == 404
    assert post(sign_in("chen"), f"{cycle}/cells/market_plan/approve", etag="*").status_code == 200
    assert post(sign_in("lin"), f"{cycle}/cells/dream/words", {"words": "x"}, etag="*").status_code == 404


def test_a_foreign_month_answers_like_one_that_does_not_exist(march: Cast, as_wu: APIClient) -> None:
    def masked(answer: Any) -> dict[str, Any]:
        return {k: v for k, v in answer.json().items() if k not in {"request_id", "instance"}}

    lin, nowhere = id_of(march), str(uuid4())
    for path in ("cells/client_plan/words", "cells/client_plan/submit", "submit"):
        told, same = (
            masked(post(as_wu, f"{c}/{path}", {"words": "x"} if "words" in path else {}, etag="*"))
            for c in (lin, nowhere)
        )
        assert told == same
        assert told["code"] == "not_found"
    assert masked(as_wu.get(f"{PATH}/{lin}")) == masked(as_wu.get(f"{PATH}/{nowhere}"))


MM, BM, CL, PL = "market_manager chen", "brand_manager feng", "county_leader he", "prefecture_leader zhao"


@pytest.mark.parametrize(
    ("name", "client", "brand", "market"),
    [("lin", MM, BM, MM), ("wu", PL, BM, PL), ("chen", CL, CL, CL), ("feng", PL, PL, PL)],
)
def test_the_table_says_who_reviews_what(march: Cast, name: str, client: str, brand: str, market: str) -> None:
    """Wu's office has no market manager and his county no leader: the next post above reviews."""
    cycle = ManagerCycle.objects.get(month=MARCH, person=march.people[name])
    found = reviewing.reviewers([cycle.pk], TODAY)[cycle.pk]
    for dimension, expected in (("client", client), ("brand", brand), ("market", market)):
        role, username = expected.split()
        holder = march.people[username]
        for column in COLUMNS:
            if column.startswith(dimension):
                assert (found[column].role, found[column].people) == (role, ((holder.pk, holder.name),)), column


def test_nobody_reviews_his_own(march: Cast, sign_in: SignIn) -> None:
    """Chen stands in for an account manager of her own office: the county leader reviews that month."""
    Position.objects.filter(person=march.ma).update(during=DateRange(ALWAYS.lower, TODAY))
    Position.objects.create(
        person=march.chen, unit=march.next_territory, role_id="account_manager", during=DateRange(TODAY, None)
    )
    months.open_month(MARCH)
    own = ManagerCycle.objects.get(person=march.chen, role_id="account_manager")
    assert post(sign_in("chen"), f"{own.pk}/submit", etag="*").status_code == 200
    assert post(sign_in("chen"), f"{own.pk}/cells/client_plan/approve", etag="*").status_code == 404
    assert post(sign_in("he"), f"{own.pk}/cells/client_plan/approve", etag="*").status_code == 200


def test_who_left_the_post_writes_no_more(march: Cast, as_lin: APIClient) -> None:
    Position.objects.filter(person=march.lin).update(during=DateRange(ALWAYS.lower, TODAY))
    Position.objects.filter(person=march.ma).update(unit=march.territory, during=DateRange(TODAY, None))
    Position.objects.create(person=march.lin, unit=march.next_territory, role_id="account_manager", during=ALWAYS)
    assert paper(as_lin, id_of(march))["cells"][0]["may"] == []
    assert post(as_lin, f"{id_of(march)}/submit", etag="*").status_code == 404
    assert states(march) == {}


def test_many_cells_are_reviewed_at_once_with_an_outcome_each(march: Cast, sign_in: SignIn) -> None:
    lin, ma, wu = (id_of(march, name) for name in ("lin", "ma", "wu"))
    for name, cycle in (("lin", lin), ("ma", ma), ("wu", wu)):
        post(sign_in(name), f"{cycle}/submit", etag="*")
    items = [
        {"cycle": lin, "cell": "client_plan", "act": "approve", "version": 2},
        {"cycle": lin, "cell": "client_analyze", "act": "send_back", "reason": "补充原因"},
        {"cycle": ma, "cell": "market_plan", "act": "approve", "version": 7},
        {"cycle": lin, "cell": "client_plan", "act": "approve"},
        {"cycle": lin, "cell": "brand_plan", "act": "approve"},
        {"cycle": wu, "cell": "client_plan", "act": "approve"},
        {"cycle": ma, "cell": "client_plan", "act": "send_back"},
    ]
    answer = post(sign_in("chen"), "review", {"items": items})
    assert answer.status_code == 200
    told = [(o["outcome"], o.get("problem", {}).get("code")) for o in answer.json()["outcomes"]]
    assert told == [
        ("approved", None),
        ("sent_back", None),
        ("rejected", "stale_version"),
        ("rejected", "cell_not_so"),
        ("rejected", "not_found"),
        ("rejected", "not_found"),
        ("rejected", "invalid"),
    ]
    assert {c: s for c, s in states(march).items() if s != "submitted"} == {
        "client_plan": "approved",
        "client_analyze": "sent_back",
    }
    assert set(states(march, "ma").values()) == set(states(march, "wu").values()) == {"submitted"}
    assert post(sign_in("chen"), "review", {"items": []}).status_code == 400
    assert post(sign_in("lin"), "review", {"items": items[:1]}).status_code == 403


def test_reviewing_many_costs_the_same_queries_as_reviewing_one(march: Cast, sign_in: SignIn) -> None:
    lin, ma = id_of(march, "lin"), id_of(march, "ma")
    for name, cycle in (("lin", lin), ("ma", ma)):
        post(sign_in(name), f"{cycle}/submit", etag="*")

    def queries(cells: list[tuple[str, str]]) -> int:
        with CaptureQueriesContext(connection) as seen:
            post(sign_in("chen"), "review", {"items": [{"cycle": c, "cell": n, "act": "approve"} for c, n in cells]})
        return len(seen)

    queries([(lin, "client_analyze")])
    one = queries([(lin, "client_plan")])
    assert queries([(c, n) for c in (lin, ma) for n in COLUMNS[10:]]) == one


def test_a_lock_ends_all_acts_and_a_reopening_brings_the_states_back(
    march: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    cycle = id_of(march)
    find(About(march.territory, march.shops[0]), "fell")
    for column in ("client_analyze", "client_plan", "client_execute"):
        on_cell(as_lin, cycle, column, "submit")
    on_cell(as_chen, cycle, "client_plan", "approve")
    on_cell(as_chen, cycle, "client_execute", "send-back", {"reason": "补录"})
    before = states(march)
    with transaction.atomic():
        assert manager_month.lock(MARCH, march.prefecture.pk) == 75
        assert manager_month.lock(MARCH, march.prefecture.pk) == 0
    assert set(states(march).values()) == {"locked"}
    frozen = ManagerCycle.objects.get(pk=cycle).scorecard or {}
    assert (frozen["file_upkeep_rate"], frozen["service_satisfaction"]) == ("60.0", None)
    assert paper(as_lin, cycle)["scorecard_is_frozen"] is True
    assert [cell["may"] for cell in paper(as_lin, cycle)["cells"]] == [[]] * 15
    assert [s["text"] for s in cell_of(as_lin, cycle, "client_analyze")["sentences"]] == [
        "发现 1 条，涉及 1 户。",
        "fell：1 户（便民商店0）。",
    ]
    for client, path, body in (
        (as_lin, "cells/brand_plan/words", {"words": "x"}),
        (as_lin, "cells/brand_plan/submit", {}),
        (as_lin, "cells/client_analyze/withdraw", {}),
        (as_lin, "submit", {}),
        (as_chen, "cells/client_analyze/approve", {}),
        (as_chen, "cells/client_analyze/send-back", {"reason": "x"}),
    ):
        answer = post(client, f"{cycle}/{path}", body, etag="*")
        assert (answer.status_code, answer.json()["code"]) == (409, "month_locked"), path
    with transaction.atomic():
        assert drafting.draft_cells(MARCH) == 0
        assert manager_month.reopen(MARCH, march.prefecture.pk) == 75
    assert states(march) == before
    assert ManagerCycle.objects.exclude(scorecard=None).count() == 0


def test_locking_one_prefecture_leaves_the_others(march: Cast) -> None:
    with transaction.atomic():
        assert manager_month.lock(MARCH, march.hubei.pk + 10_000) == 0
        assert manager_month.lock(FEBRUARY, march.prefecture.pk) == 0
    assert ManagerCell.objects.count() == 0


def test_opening_a_month_costs_the_same_queries_for_few_and_for_many_shops(march: Cast, as_lin: APIClient) -> None:
    cycle = id_of(march)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            paper(as_lin, cycle)
        return len(seen)

    few = queries()
    for number in range(30):
        shop = make_shop(march.territory, 300 + number)
        find(About(march.territory, shop), "stopped", severity=1)
        act(About(march.territory, shop))
    months.open_month(MARCH)
    assert queries() == few


# -- any way through the states ----------------------------------------------------------------------------------------

STEPS = ("words", "submit", "withdraw", "approve", "send_back", "lock", "reopen", "redraft")
NEXT: dict[tuple[str, str], str] = {
    ("drafted", "words"): "drafted",
    ("sent_back", "words"): "sent_back",
    ("drafted", "submit"): "submitted",
    ("sent_back", "submit"): "submitted",
    ("submitted", "approve"): "approved",
    ("submitted", "send_back"): "sent_back",
    ("approved", "send_back"): "sent_back",
}


class Model:
    """One cell as the rules have it; `withdraw` goes back to what it was, a lock remembers."""

    def __init__(self) -> None:
        self.state, self.under_lock, self.was_sent_back = "drafted", "", False

    def step(self, act: str) -> str:
        """The code that the act is refused with, or ok."""
        if act == "redraft":
            return "ok"
        if act == "lock":
            if self.state != "locked":
                self.under_lock, self.state = self.state, "locked"
            return "ok"
        if act == "reopen":
            if self.state == "locked":
                self.state = self.under_lock
            return "ok"
        if self.state == "locked":
            return "month_locked"
        if act == "withdraw" and self.state == "submitted":
            self.state = "sent_back" if self.was_sent_back else "drafted"
            return "ok"
        if (self.state, act) not in NEXT:
            return "cell_not_so"
        self.state = NEXT[self.state, act]
        if act in {"approve", "send_back"}:
            self.was_sent_back = act == "send_back"
        return "ok"


def take(cast: Cast, cell: str, act: str) -> str:
    """The same act by the verbs; the code of its refusal, or ok."""
    lin = ManagerCycle.objects.get(month=MARCH, person=cast.lin)
    author, chen = cast.actor("lin"), cast.actor("chen")
    try:
        with transaction.atomic():
            held = manager_month.hold(author, lin.pk)
            match act:
                case "words":
                    manager_month.write_words(actor=author, cycle=held, cell=cell, words="有数")
                case "submit":
                    manager_month.submit(actor=author, cycle=held, cells=[cell])
                case "withdraw":
                    manager_month.withdraw(actor=author, cycle=held, cell=cell)
                case "lock":
                    manager_month.lock(MARCH, cast.prefecture.pk)
                case "reopen":
                    manager_month.reopen(MARCH, cast.prefecture.pk)
                case "redraft":
                    drafting.draft_cells(MARCH)
                case _:
                    reason = "再看" if act == "send_back" else ""
                    manager_review.review(actor=chen, wanted=Review(lin.pk, cell, act, reason))  # type: ignore[arg-type]
    except Problem as refused:
        return refused.code
    return "ok"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(STEPS), max_size=14))
def test_any_way_through_the_states_is_one_that_the_rules_allow(march: Cast, acts: list[str]) -> None:
    ManagerCell.objects.all().delete()
    model, cell = Model(), "client_execute"
    for number, step in enumerate(acts):
        with clock.at(NOW + timedelta(minutes=number)):
            row = ManagerCell.objects.filter(cell=cell, cycle__person=march.lin).first()
            before = (row.state, row.words, row.submitted, row.reason) if row else None
            expected = model.step(step)
            assert take(march, cell, step) == expected, (acts, number)
            after = ManagerCell.objects.filter(cell=cell, cycle__person=march.lin).first()
            assert (after.state if after else "drafted") == model.state, (acts, number)
            if expected != "ok" and after is not None:
                assert (after.state, after.words, after.submitted, after.reason) == before
