"""The quarantine in the browser: read, mended and sent again as its author's, let go with a reason, refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from backend.models import AuditEntry, Quarantined, Receipt
from tests.cast import Cast, phone_of
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
    assert said == "已收下，仍记在原上报人名下，时间以首次到达为准。"
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
    assert chen.done("/quarantine", "dismiss", item=keys, reason="重复") == "2 条不再处理，原件保留。"
    assert set(Quarantined.objects.values_list("state", flat=True)) == {"dismissed"}
    assert list(AuditEntry.objects.values_list("act", "reason")) == [("quarantine.dismiss", "重复")] * 2
    assert "field:" not in chen.read(at(held[0]))
    assert "原件内容" in chen.read(at(held[0]))


def test_whoever_may_not_mend_cannot_send_and_lets_nothing_of_others_go(cast: Cast) -> None:
    _, held = refused(cast)
    for name, status in (("lin", 403), ("zhao", 403), ("wu", 404)):
        browser = forms.of(cast, name)
        assert browser.send(at(held), "resend", held, **{"field:/note": "x"}).status_code == status
    for name, status in (("zhao", 403), ("wu", 404), ("ma", 404)):
        browser = forms.of(cast, name)
        assert browser.send(at(held), "dismiss", held, reason="x").status_code == status
        assert browser.send("/quarantine", "dismiss", item=[str(held.pk)], reason="x").status_code == status
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


def test_its_author_lets_it_go_on_its_page_and_is_told_where_to_mend_it(cast: Cast) -> None:
    _, held = refused(cast)
    lin = forms.of(cast, "lin")
    page = lin.read(at(held))
    assert "请在手机的“待发送”中改正后重新发送" in page
    assert ('value="dismiss"' in page, 'value="resend"' in page, 'value="resend_whole"' in page) == (True, False, False)
    assert lin.refused(at(held), "dismiss", held) == (400, "请写明不再处理的原因。")
    assert lin.done(at(held), "dismiss", held, reason="重复记录") == "该条目不再处理，原件保留。"
    held.refresh_from_db()
    assert (held.state, held.settled_by_id) == ("dismissed", cast.lin.pk)
    acts = list(AuditEntry.objects.values_list("act", "actor_id", "reason"))
    assert acts == [("quarantine.dismiss", cast.lin.pk, "重复记录")]


def test_its_author_ticks_her_own_in_the_list(cast: Cast) -> None:
    _, held = refused(cast)
    lin = forms.of(cast, "lin")
    assert f'name="item" value="{held.pk}"' in lin.read("/quarantine")
    assert lin.done("/quarantine", "dismiss", item=[str(held.pk)], reason="重复") == "1 条不再处理，原件保留。"
    assert "没有待处理的条目" in lin.read("/quarantine")


def elsewhere(cast: Cast) -> tuple[dict[str, Any], Quarantined]:
    """A visit of Lin's at a shop of another county."""
    return refused(cast, note="好", retailer_id=str(cast.wu_shops[0].pk))


def test_the_shop_that_was_meant_is_found_by_name_or_code_and_chosen(cast: Cast) -> None:
    bad, held = elsewhere(cast)
    chen = forms.of(cast, "chen")
    meant = cast.shops[1]
    assert f'value="{meant.pk}"' not in chen.read(at(held))
    for asked in (meant.name, meant.code):
        assert f'name="field:/retailer_id" value="{meant.pk}"' in chen.read(f"{at(held)}?q={asked}")
    assert "没有这样的零售户" in chen.read(f"{at(held)}?q=无此店")
    said = chen.done(f"{at(held)}?q={meant.code}", "resend", held, **{"field:/retailer_id": str(meant.pk)})
    assert said == "已收下，仍记在原上报人名下，时间以首次到达为准。"
    visit = Visit.objects.get()
    assert (str(visit.pk), visit.retailer_id, visit.person_id) == (bad["submission_id"], meant.pk, cast.lin.pk)


def test_another_shop_that_is_not_its_authors_either_changes_nothing(cast: Cast) -> None:
    _, held = elsewhere(cast)
    browser, other = forms.of(cast, "chen"), cast.wu_shops[1]
    assert str(other.pk) not in browser.read(f"{at(held)}?q={other.code}")
    answer = browser.send(f"{at(held)}?q={other.code}", "resend", held, **{"field:/retailer_id": str(other.pk)})
    assert answer.status_code == 422
    held.refresh_from_db()
    assert (held.state, Visit.objects.count(), AuditEntry.objects.count()) == ("open", 0, 0)


def test_a_shop_can_be_looked_for_only_where_the_shop_was_what_was_wrong(cast: Cast) -> None:
    _, held = refused(cast)
    assert 'name="field:/retailer_id"' not in forms.of(cast, "chen").read(f"{at(held)}?q={cast.shops[1].code}")
    _, held = elsewhere(cast)
    assert 'name="field:/retailer_id"' not in forms.of(cast, "lin").read(f"{at(held)}?q={cast.shops[1].code}")


def test_what_was_sent_again_shows_its_receipt_and_leads_to_the_visit(cast: Cast) -> None:
    bad, held = refused(cast)
    chen = forms.of(cast, "chen")
    assert "回执" not in words(chen.read(at(held)))
    chen.done(at(held), "resend", held, **{"field:/note": "5 条"})
    receipt = Receipt.objects.get()
    for name in ("chen", "lin"):
        page = forms.of(cast, name).read(at(held))
        assert f'href="/visits/{bad["submission_id"]}"' in page
        assert f"回执 {timezone.localtime(receipt.received_at):%Y-%m-%d %H:%M}" in words(page)
        assert bytes(receipt.sha256).hex()[:12] in page
    Visit.objects.all().delete()
    assert "/visits/" not in forms.of(cast, "chen").read(at(held)).split('<main id="content">')[1]


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (b'"checks": {"' + b"9" * 5_000 + b'": 5}', "9" * 5_000),  # digits alone are no place in a list
        (b'"note": "\\ud800"', "\\ud800"),  # half a character
        (b'"note": NaN', "NaN"),
        (b'"note": ' + b"[" * 400 + b"]" * 400, "[]"),
        (b'"note": ' + b"[" * 5_000 + b"]" * 5_000, "]]]]"),
        (b'"note": ' + b"9" * 5_000, "99999"),
        (b'"<script>alert(1)</script>": 5', "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_whatever_a_phone_sends_is_shown_and_harms_no_page(cast: Cast, sent: bytes, seen: str) -> None:
    whole = json.dumps(item(cast, place=None, note=5)).encode()
    hostile = whole.replace(b'"note": 5', sent)
    answer = phone_of(cast.lin).generic(
        "POST",
        "/api/v1/visits/batch",
        f"[{hostile.decode()}]",
        content_type="application/json",
        HTTP_IDEMPOTENCY_KEY="hostile",
    )
    assert answer.status_code == 200
    held = Quarantined.objects.get()
    chen = forms.of(cast, "chen").client
    assert chen.get("/quarantine").status_code == 200
    page = chen.get(at(held))
    assert page.status_code == 200
    assert seen in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    digits = {"field:/note/" + "9" * 5_000: "1"}
    refused = forms.of(cast, "chen").send(at(held), "resend", held, **digits)
    assert refused.status_code == 400
    held.refresh_from_db()
    assert held.state == Quarantined.State.OPEN
