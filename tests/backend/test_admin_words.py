"""What the desk says: ranges of days in words and as ISO dates, objects and changed fields by their names."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse
from django.utils import translation

from backend.date_ranges import told
from backend.models import Position
from tests.cast import Cast
from tests.walk.principals import browser


@pytest.mark.parametrize(
    ("during", "words"),
    [
        (DateRange(date(2022, 1, 1), None), ("自 2022-01-01 起", "since 2022-01-01")),
        (DateRange(date(2022, 1, 1), date(2022, 4, 1)), ("2022-01-01 至 2022-03-31", "2022-01-01 to 2022-03-31")),
        (DateRange(None, date(2022, 4, 1)), ("至 2022-03-31 止", "until 2022-03-31")),
        (DateRange(None, None), ("长期有效", "always")),
        (DateRange(empty=True), ("–", "–")),
    ],
)
def test_a_range_is_told_by_its_first_and_last_day(during: DateRange, words: tuple[str, str]) -> None:
    for language, said in zip(("zh-hans", "en"), words, strict=True):
        with translation.override(language):
            assert told(during) == said


def test_a_position_is_called_by_its_names_and_its_days(cast: Cast) -> None:
    sun, held = browser(cast.people["sun"]), Position.objects.get(person=cast.lin)
    pages = [reverse(f"admin:backend_position_{act}", args=[held.pk]) for act in ("change", "history")]
    for html in (sun.get(at).content.decode() for at in pages):
        assert "林小梅 · 客户经理 · 兴国一片区" in html
        assert str(cast.lin.pk) not in re.sub(r'href="[^"]*"', "", html)
    listed = sun.get(reverse("admin:backend_position_changelist")).content.decode()
    assert listed.count('<td class="field-in_force">自 2024-01-01 起</td>') == len(cast.people)


def test_what_is_only_read_tells_its_days_in_words(cast: Cast) -> None:
    row = cast.shops[0].assignments.get()
    html = browser(cast.people["qian"]).get(reverse("admin:retail_assignment_change", args=[row.pk])).content.decode()
    assert "自 2024-01-01 起" in html
    assert "便民商店0 · 兴国一片区" in html


def test_a_date_input_holds_iso_dates_in_chinese_too_and_keeps_the_first_day(cast: Cast) -> None:
    """A browser shows any other form as empty, and a saved form would then begin a position before all time."""
    sun, held = browser(cast.people["sun"]), Position.objects.get(person=cast.lin)
    at = reverse("admin:backend_position_change", args=[held.pk])
    html = sun.get(at, HTTP_ACCEPT_LANGUAGE="zh-hans").content.decode()
    inputs = dict(re.findall(r'<input type="date" name="(\w+)"(?: value="([^"]*)")?', html))
    assert inputs == {"during_0": "2024-01-01", "during_1": ""}
    assert re.findall(r'aria-label="([^"]*)"[^>]*id="id_during_[01]"', html) == ["起始日（含）", "终止日（不含）"]
    assert sun.post(at, inputs | {"during_1": "2026-04-01"}).status_code == 302
    held.refresh_from_db()
    assert held.during == DateRange(date(2024, 1, 1), date(2026, 4, 1))


def test_the_history_names_what_was_changed_in_the_readers_language(cast: Cast) -> None:
    sun = browser(cast.people["sun"])
    form = {"username": "lin", "name": "林小美", "phone": "027-135", "language": "zh-hans"}
    form |= {"is_active": "on", "password": ""}
    assert sun.post(reverse("admin:backend_person_change", args=[cast.lin.pk]), form).status_code == 302
    at = reverse("admin:backend_person_history", args=[cast.lin.pk])
    told = {one: sun.get(at, HTTP_ACCEPT_LANGUAGE=one).content.decode() for one in ("zh-hans", "en")}
    assert "<td>已修改名称 和 电话。</td>" in told["zh-hans"]
    assert "<td>Changed name and phone.</td>" in told["en"]
