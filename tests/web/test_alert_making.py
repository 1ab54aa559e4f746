"""A rule of one's own, made on the page: switched off at first, tried out, and only over one's own units."""

from __future__ import annotations

from typing import Any

from backend.models import AuditEntry
from market.models import AlertRule
from tests.cast import Cast
from tests.web import forms
from tests.web.forms import words

ASKED: dict[str, Any] = {"name": "断货偏高", "kpi": "company_stockout_rate", "compared": "value", "level": "3",
                         "above": "12.5", "margin": "1", "owner_role": "county_leader"}  # fmt: skip


def at(cast: Cast) -> str:
    return f"/alerts/rules?unit={cast.county.pk}"


def test_a_rule_is_made_switched_off_and_its_page_says_what_it_would_have_told(cast: Cast) -> None:
    zhao = forms.of(cast, "zhao")
    answer = zhao.send(at(cast), "make", **ASKED)
    rule = AlertRule.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/alerts/rules/{rule.pk}")
    assert (rule.unit_id, rule.name, rule.kpi, str(rule.above), rule.below, rule.is_on) == (
        cast.county.pk, "断货偏高", "company_stockout_rate", "12.5000", None, False
    )  # fmt: skip
    page = zhao.read(answer.headers["Location"])
    assert forms.told(page) == ["已建立，尚未启用：请先看试算结果。"]
    assert "断货偏高" in words(page)
    assert list(AuditEntry.objects.values_list("act", "actor_id")) == [("alertrule.add", cast.people["zhao"].pk)]


def test_what_is_wrong_is_said_and_what_was_typed_stays(cast: Cast) -> None:
    zhao = forms.of(cast, "zhao")
    assert zhao.send(at(cast), "make", **{**ASKED, "above": "viel"}).status_code == 400
    assert zhao.send(at(cast), "make", **{**ASKED, "below": "5"}).status_code == 400
    assert zhao.send(at(cast), "make", **{**ASKED, "name": ""}).status_code == 400
    assert zhao.send(at(cast), "make", **{**ASKED, "level": "1"}).status_code == 400
    assert zhao.send(at(cast), "make", **{**ASKED, "owner_role": "king"}).status_code == 400
    answer = zhao.send(at(cast), "make", **{**ASKED, "kpi": "nothing"})
    assert answer.status_code == 400
    assert 'value="断货偏高"' in answer.content.decode()
    assert not AlertRule.objects.exists()


def test_whoever_may_not_edit_rules_of_the_unit_makes_none(cast: Cast) -> None:
    lin = forms.of(cast, "lin")
    assert 'value="make"' not in lin.read("/alerts/rules")
    assert lin.send("/alerts/rules", "make", **ASKED).status_code == 404
    assert forms.of(cast, "wu").send(at(cast), "make", **ASKED).status_code == 404
    assert not AlertRule.objects.exists()
