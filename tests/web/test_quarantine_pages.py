"""The quarantine in the browser: read, mended and sent again as its author's, let go with a reason, refused."""

from __future__ import annotations

import json
from typing import Any

from backend.models import AuditEntry, Quarantined
from tests.cast import Cast
from tests.visits.items import item, receive
from tests.web import forms
from tests.web.forms import words
from visits.models import Visit


def refused(cast: Cast, **changes: Any) -> tuple[dict[str, Any], Quarantined]:
    """A visit of Lin's whose note is a number."""
    bad = item(cast, place=None, **{"note": 5, **changes})
    receive(cast.actor("lin"), bad)
    return bad, Quarantined.objects.order_by("-id")[0]


def at(row: Quarantined) -> str:
    return f"/quarantine/{row.pk}"


def test_it_says_from_whom_why_and_which_field(cast: Cast) -> None:
    _, held = refused(cast)
    for name in ("lin", "chen"):
        listed = words(forms.of(cast, name).read("/quarantine"))
        assert "内容未通过校验" in listed
        assert "林小梅" in listed
    page = forms.of(cast, "chen").read(at(held))
    assert 'name="field:/note" value="5"' in page
    assert "便民商店0" in words(page)
    assert 'name="field:' not in forms.of(cast, "lin").read(at(held))


def test_a_stranger_sees_nothing_of_it(cast: Cast) -> None:
    _, held = refused(cast)
    for name in ("wu", "ma"):
        browser = forms.of(cast, name)
        assert "没有待处理的条目" in browser.read("/quarantine")
        assert browser.client.get(at(held)).status_code == 404
    assert forms.of(cast, "zhou").client.get("/quarantine").status_code == 403


def test_a_mended_field_is_sent_again_as_its_authors(cast: Cast) -> None:
    bad, held = refused(cast)
    said = forms.of(cast, "chen").done(at(held), "resend", held, **{"field:/note": "5 条"})
    assert said == "已收下,仍记在原上报人名下,时间以首次到达为准。"
    visit = Visit.objects.get()
    assert (str(visit.pk), visit.person_id, visit.note) == (bad["submission_id"], cast.lin.pk, "5 条")
    held.refresh_from_db()
    assert (held.state, held.settled_by_id) == ("resent", cast.chen.pk)
    assert "没有待处理的条目" in forms.of(cast, "chen").read("/quarantine")


def test_digits_in_a_field_of_words_stay_words(cast: Cast) -> None:
    _, held = refused(cast)
    forms.of(cast, "chen").done(at(held), "resend", held, **{"field:/note": "55"})
    assert Visit.objects.get().note == "55"


def test_what_is_refused_again_changes_nothing_and_keeps_what_was_typed(cast: Cast) -> None:
    bad, held = refused(cast)
    chen = forms.of(cast, "chen")
    assert chen.send(at(held), "resend", held, **{"field:/note": "5"}).status_code == 400
    whole = json.dumps({**bad, "note": "好", "retailer_id": str(cast.shops[1].pk)})
    answer = chen.send(at(held), "resend_whole", held, whole=whole)
    assert answer.status_code == 400
    assert str(cast.shops[1].pk) in answer.content.decode()
    assert chen.send(at(held), "resend_whole", held, whole="{").status_code == 400
    assert chen.send(at(held), "resend_whole", held).status_code == 400
    held.refresh_from_db()
    assert (held.state, Visit.objects.count(), AuditEntry.objects.count()) == ("open", 0, 0)


def test_it_may_be_written_anew_as_a_whole(cast: Cast) -> None:
    bad, held = refused(cast)
    forms.of(cast, "chen").done(at(held), "resend_whole", held, whole=json.dumps({**bad, "note": "好"}))
    assert (Visit.objects.get().note, Quarantined.objects.get().state) == ("好", "resent")


def test_several_are_let_go_with_a_reason_and_stay_readable(cast: Cast) -> None:
    held = [refused(cast, note=number)[1] for number in (5, 6)]
    chen, keys = forms.of(cast, "chen"), [str(row.pk) for row in held]
    assert chen.refused("/quarantine", "dismiss", item=keys) == (400, "请写明不再处理的原因。")
    assert chen.refused("/quarantine", "dismiss", reason="重复") == (400, "请先勾选条目。")
    assert chen.done("/quarantine", "dismiss", item=keys, reason="重复") == "2 条不再处理,原件保留。"
    assert set(Quarantined.objects.values_list("state", flat=True)) == {"dismissed"}
    assert list(AuditEntry.objects.values_list("act", "reason")) == [("quarantine.dismiss", "重复")] * 2
    assert "field:" not in chen.read(at(held[0]))
    assert "原件内容" in chen.read(at(held[0]))


def test_whoever_may_not_mend_can_neither_send_nor_let_go(cast: Cast) -> None:
    _, held = refused(cast)
    for name, status in (("lin", 403), ("zhao", 403), ("wu", 404)):
        browser = forms.of(cast, name)
        assert browser.send(at(held), "resend", held, **{"field:/note": "x"}).status_code == status
    assert forms.of(cast, "lin").send("/quarantine", "dismiss", item=[str(held.pk)], reason="x").status_code == 403
    held.refresh_from_db()
    assert (held.state, Visit.objects.count(), AuditEntry.objects.count()) == ("open", 0, 0)


def test_one_of_several_that_may_not_be_let_go_keeps_them_all(cast: Cast) -> None:
    _, held = refused(cast)
    _, other = refused(cast, note=6)
    forms.of(cast, "chen").done(at(other), "dismiss", other, reason="重复")
    keys = [str(held.pk), str(other.pk)]
    assert forms.of(cast, "chen").send("/quarantine", "dismiss", item=keys, reason="重复").status_code == 409
    held.refresh_from_db()
    assert held.state == "open"
