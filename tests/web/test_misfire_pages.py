"""A rule that misfires is told of on the finding's page and answered on `/misfires`: by who may, and with words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from backend.models import AuditEntry
from cycles import month as months
from cycles.models import Finding, Misfire
from tests.cast import Cast
from tests.cycles.chain import FELL, FIGURES, MARCH, find, rules_of_tests
from tests.web import forms
from tests.web.forms import words


@pytest.fixture
def march(cast: Cast) -> Iterator[Cast]:
    """Lin's first shop fell, and Wu's first."""
    months.open_month(MARCH)
    with rules_of_tests():
        find(FELL, cast.shops[0], cast.territory, FIGURES)
        find(FELL, cast.wu_shops[0], cast.other_territory, FIGURES)
        yield cast


def at(cast: Cast) -> str:
    return f"/findings/{Finding.objects.get(retailer=cast.shops[0]).pk}"


def acts_of_misfires() -> list[Any]:
    rows = AuditEntry.objects.filter(act__startswith="misfire").order_by("pk")
    return list(rows.values_list("act", "actor_id"))


def test_a_manager_tells_it_with_the_finding_and_the_leader_answers_it_where_both_read_it(march: Cast) -> None:
    lin, zhao = forms.of(march, "lin"), forms.of(march, "zhao")
    finding = Finding.objects.get(retailer=march.shops[0])
    assert lin.done(at(march), "misfire", words="店铺装修停业") == "已告知规则负责人，答复会显示在这里。"
    told = Misfire.objects.get()
    assert (told.rule, told.person_id, told.unit_id, told.words, told.findings) == (
        FELL.code, march.lin.pk, march.territory.pk, "店铺装修停业", [finding.pk]
    )  # fmt: skip
    assert "1 次规则被指误报，尚未答复" in words(zhao.read("/findings"))
    listed = zhao.read("/misfires")
    assert f'href="/findings/{finding.pk}"' in listed
    assert "店铺装修停业" in listed
    assert (
        zhao.done("/misfires", "answer", told, words="停业的零售户下月起不再提示")
        == "已答复，提出人在该发现处可以看到。"
    )
    told.refresh_from_db()
    assert (told.answer, told.answered_by_id) == ("停业的零售户下月起不再提示", march.people["zhao"].pk)
    assert "停业的零售户下月起不再提示" in lin.read(at(march))
    assert "没有待答复的" in zhao.read("/misfires")
    assert "停业的零售户下月起不再提示" in zhao.read(f"/misfires?answered=true&rule={FELL.code}")
    assert acts_of_misfires() == [("misfire.tell", march.lin.pk), ("misfire.answer", march.people["zhao"].pk)]


def test_without_words_nothing_is_told_and_nothing_is_answered(march: Cast) -> None:
    lin, zhao = forms.of(march, "lin"), forms.of(march, "zhao")
    assert lin.refused(at(march), "misfire", words=" ") == (400, "请写明为何不准。")
    assert not Misfire.objects.exists()
    lin.done(at(march), "misfire", words="不准")
    told = Misfire.objects.get()
    assert zhao.refused("/misfires", "answer", told, words="") == (400, "请写明答复。")
    assert Misfire.objects.get().answered_at is None


def test_it_is_answered_once_and_by_nobody_who_does_not_set_the_rules(march: Cast) -> None:
    lin, zhao = forms.of(march, "lin"), forms.of(march, "zhao")
    lin.done(at(march), "misfire", words="不准")
    told = Misfire.objects.get()
    for name, status in (("lin", 404), ("chen", 404), ("wu", 404)):
        browser = forms.of(march, name)
        assert 'value="answer"' not in browser.read("/misfires")
        assert browser.send("/misfires", "answer", told, words="好").status_code == status
    zhao.done("/misfires", "answer", told, words="好")
    assert zhao.send("/misfires", "answer", told, words="再来").status_code == 412
    told.refresh_from_db()
    assert zhao.send("/misfires", "answer", told, words="再来").status_code == 409
    told.refresh_from_db()
    assert (told.answer, len(acts_of_misfires())) == ("好", 2)


def test_who_does_not_plan_for_the_subject_tells_nothing(march: Cast) -> None:
    assert 'value="misfire"' in forms.of(march, "chen").read(at(march))
    for name, status in (("wu", 404), ("zhao", 404)):
        assert forms.of(march, name).send(at(march), "misfire", words="不准").status_code == status
    assert 'value="misfire"' not in forms.of(march, "zhao").read(at(march))
    assert not Misfire.objects.exists()


def test_a_stranger_reads_nothing_of_it_and_an_unknown_rule_is_refused(march: Cast) -> None:
    forms.of(march, "lin").done(at(march), "misfire", words="店铺装修停业")
    wu = forms.of(march, "wu")
    for address in ("/misfires", "/misfires?answered=all"):
        assert "店铺装修停业" not in wu.read(address)
    for wrong in ("rule=nothing", "answered=perhaps", "colour=red"):
        assert forms.of(march, "zhao").client.get(f"/misfires?{wrong}").status_code == 400
