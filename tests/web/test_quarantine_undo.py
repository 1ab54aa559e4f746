"""What was let go on the page of quarantine is taken back there for ten minutes, and afterwards not."""

from __future__ import annotations

from datetime import timedelta

from backend import clock
from backend.models import AuditEntry, Quarantined
from tests.cast import Cast
from tests.visits.items import item, receive
from tests.web import forms
from visits.models import Visit


def let_go(cast: Cast) -> tuple[str, Quarantined]:
    """A visit of Lin's whose note is a number, let go by Chen on its page."""
    receive(cast.actor("lin"), item(cast, place=None, note=5))
    held = Quarantined.objects.get()
    forms.of(cast, "chen").done(f"/quarantine/{held.pk}", "dismiss", held, reason="重复")
    held.refresh_from_db()
    return f"/quarantine/{held.pk}", held


def test_what_was_let_go_is_taken_back_on_its_page_and_can_be_mended_again(cast: Cast) -> None:
    address, held = let_go(cast)
    chen = forms.of(cast, "chen")
    assert 'value="reopen"' in chen.read(address)
    assert chen.done(address, "reopen", held) == "条目已恢复为待处理。"
    held.refresh_from_db()
    assert (held.state, held.settled_at, held.settled_by_id) == ("open", None, None)
    acts = AuditEntry.objects.order_by("pk").values_list("act", "actor_id")
    assert list(acts) == [("quarantine.dismiss", cast.chen.pk), ("quarantine.reopen", cast.chen.pk)]
    chen.done(address, "resend", held, **{"field:/note": "5 条"})
    assert Visit.objects.get().note == "5 条"


def test_after_ten_minutes_it_stays_let_go_and_the_page_offers_nothing(cast: Cast) -> None:
    address, held = let_go(cast)
    Quarantined.objects.update(settled_at=clock.now() - timedelta(minutes=10, seconds=1))
    chen = forms.of(cast, "chen")
    assert 'value="reopen"' not in chen.read(address)
    assert chen.refused(address, "reopen", held) == (409, "超过 10 分钟，不能再撤销。")
    held.refresh_from_db()
    assert (held.state, AuditEntry.objects.count()) == ("dismissed", 1)


def test_its_author_takes_back_what_was_let_go_of_hers(cast: Cast) -> None:
    address, held = let_go(cast)
    lin = forms.of(cast, "lin")
    assert 'value="reopen"' in lin.read(address)
    assert lin.done(address, "reopen", held) == "条目已恢复为待处理。"
    held.refresh_from_db()
    assert (held.state, held.settled_by_id) == ("open", None)


def test_several_are_taken_back_at_once_or_none(cast: Cast) -> None:
    for number in (5, 6):
        receive(cast.actor("lin"), item(cast, place=None, note=number))
    keys = [str(key) for key in Quarantined.objects.order_by("pk").values_list("pk", flat=True)]
    chen = forms.of(cast, "chen")
    chen.done("/quarantine", "dismiss", item=keys, reason="重复")
    page = chen.read("/quarantine?state=dismissed")
    assert [f'name="item" value="{key}"' in page for key in keys] == [True, True]
    Quarantined.objects.filter(pk=keys[0]).update(settled_at=clock.now() - timedelta(minutes=11))
    assert f'name="item" value="{keys[0]}"' not in chen.read("/quarantine?state=dismissed")
    assert chen.refused("/quarantine?state=dismissed", "reopen", item=keys) == (409, "超过 10 分钟，不能再撤销。")
    assert set(Quarantined.objects.values_list("state", flat=True)) == {"dismissed"}
    Quarantined.objects.update(settled_at=clock.now())
    assert chen.done("/quarantine?state=dismissed", "reopen", item=keys) == "2 条已恢复为待处理。"
    assert set(Quarantined.objects.values_list("state", flat=True)) == {"open"}
    assert AuditEntry.objects.filter(act="quarantine.reopen").count() == 2


def test_a_stranger_to_it_cannot_take_it_back(cast: Cast) -> None:
    address, held = let_go(cast)
    for name, status in (("zhao", 403), ("wu", 404), ("ma", 404)):
        browser = forms.of(cast, name)
        assert browser.send(address, "reopen", held).status_code == status
        assert browser.send("/quarantine", "reopen", item=[str(held.pk)]).status_code == status
    held.refresh_from_db()
    assert (held.state, AuditEntry.objects.count()) == ("dismissed", 1)
