"""Breaches on their page: the bureau works them, managers read that they were reported, nobody else sees anything."""

from __future__ import annotations

from backend.models import AuditEntry
from tests.cast import Cast
from tests.visits.checks import day, follow, visited
from tests.web import forms
from tests.web.forms import words
from visits.models import Breach


def reported(cast: Cast) -> Breach:
    """Lin saw a licence that was not shown."""
    visited(cast, day(16, 9), compliance={"licence_shown": False, "words": "未挂证"})
    follow()
    return Breach.objects.get()


def test_the_bureau_sees_it_and_says_what_became_of_it(cast: Cast) -> None:
    breach = reported(cast)
    jiang = forms.of(cast, "jiang")
    assert jiang.client.get("/").headers["Location"] == "/breaches"
    page = words(jiang.read("/breaches"))
    assert "便民商店0 未亮证" in page
    assert "未挂证" in page
    assert jiang.done("/breaches", "see", breach) == "已标记为已查看。"
    breach.refresh_from_db()
    assert (breach.state, breach.seen_by_id) == ("seen", cast.people["jiang"].pk)
    assert jiang.refused("/breaches", "close", breach, outcome="") == (400, "请写明结果。")
    assert jiang.done("/breaches", "close", breach, outcome="当场责令改正") == "已办结，结果已记录。"
    breach.refresh_from_db()
    assert (breach.state, breach.outcome) == ("closed", "当场责令改正")
    assert "这里没有待办线索" in jiang.read("/breaches")
    assert "当场责令改正" in jiang.read("/breaches?state=closed")
    acts = AuditEntry.objects.filter(act__startswith="breach.").order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["breach.see", "breach.close"]
    assert jiang.send("/breaches", "close", breach, outcome="x").status_code == 409


def test_managers_read_that_it_was_reported_and_strangers_nothing(cast: Cast) -> None:
    breach = reported(cast)
    seen = {name: words(forms.of(cast, name).read("/breaches")) for name in ("lin", "chen", "he", "ma", "wu")}
    assert {name: ("便民商店0" in page, "未挂证" in page) for name, page in seen.items()} == {
        "lin": (True, True), "chen": (True, False), "he": (True, True), "ma": (False, False), "wu": (False, False)
    }  # fmt: skip
    assert "您只能看到已上报这一事实。" in seen["chen"]
    for name, status in (("chen", 403), ("he", 403), ("wu", 403)):
        browser = forms.of(cast, name)
        assert 'value="close"' not in browser.read("/breaches")
        for act in ("see", "close"):
            assert browser.send("/breaches", act, breach, outcome="x").status_code == status
    assert forms.of(cast, "feng").client.get("/breaches").status_code == 403
    breach.refresh_from_db()
    assert (breach.state, AuditEntry.objects.filter(act__startswith="breach.").count()) == ("reported", 0)


def test_it_is_narrowed_as_the_api_narrows_it(cast: Cast) -> None:
    reported(cast)
    jiang = forms.of(cast, "jiang")
    for narrowed, is_found in (
        ("kind=licence_hidden", True), ("kind=near_school", False), ("severity=2", True), ("severity=1", False),
        ("state=reported", True), ("state=seen", False), ("state=all", True), (f"retailer={cast.shops[1].pk}", False),
    ):  # fmt: skip
        assert ("便民商店0" in words(jiang.read(f"/breaches?{narrowed}"))) == is_found, narrowed
    for wrong in ("state=lost", "kind=x", "severity=x", "retailer=x", "colour=red"):
        assert jiang.client.get(f"/breaches?{wrong}").status_code == 400
