"""Filters that a reader keeps on a list: under a name, his own, of this list alone, and gone when he says so."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from backend.models import SavedFilter
from tests.cast import NOW, Cast
from tests.web import forms
from web.boards import saved

NAMED = "缺货信号"


def ready(cast: Cast, page: str = "signals") -> str:
    return f"/filters?page={page}&unit={cast.office.pk}&month=2026-03"


def keep(cast: Cast, name: str = NAMED, query: str = "kind=too_far&state=open", who: str = "chen") -> str:
    return forms.of(cast, who).done(ready(cast), "keep", name=name, query=query)


def test_a_filter_is_kept_from_the_list_and_leads_back_to_it(cast: Cast) -> None:
    chen = forms.of(cast, "chen")
    asked = f"/field/signals?unit={cast.office.pk}&month=2026-03&state=open&kind=too_far"
    assert 'name="query" value="kind=too_far&state=open"' in chen.read(asked)
    answer = chen.send(ready(cast), "keep", name=NAMED, query="kind=too_far&state=open")
    assert answer.headers["Location"] == f"/field/signals?unit={cast.office.pk}&month=2026-03&kind=too_far&state=open"
    page = chen.read(asked)
    assert f'&kind=too_far&state=open" aria-current="true">{NAMED}</a>' in page
    assert 'name="query"' not in page  # it is kept
    [row] = SavedFilter.objects.values_list("person__username", "page", "name", "query", "created_at")
    assert row == ("chen", "signals", NAMED, "kind=too_far&state=open", NOW)


def test_it_holds_in_the_month_where_the_reader_stands(cast: Cast) -> None:
    keep(cast)
    page = forms.of(cast, "chen").read(f"/field/signals?unit={cast.territory.pk}&month=2026-02")
    assert f'href="/field/signals?unit={cast.territory.pk}&month=2026-02&kind=too_far&state=open">{NAMED}</a>' in page


def test_the_same_name_is_written_over(cast: Cast) -> None:
    assert keep(cast) == f"已保存为“{NAMED}”。"
    keep(cast, query="state=answered")
    assert list(SavedFilter.objects.values_list("name", "query")) == [(NAMED, "state=answered")]


def test_it_is_ones_own_and_of_its_list(cast: Cast) -> None:
    keep(cast)
    assert NAMED not in forms.of(cast, "zhao").read("/field/signals")
    assert NAMED not in forms.of(cast, "chen").read("/findings")
    row = SavedFilter.objects.get()
    assert forms.of(cast, "zhao").refused(ready(cast), "remove", None, id=str(row.pk))[0] == 404
    assert SavedFilter.objects.count() == 1
    assert forms.of(cast, "chen").done(ready(cast), "remove", id=str(row.pk)) == f"已删除“{NAMED}”。"
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("name", "query", "sentence"),
    [
        ("", "state=open", "请先筛选，再写名称。"),
        (NAMED, "", "请先筛选，再写名称。"),
        (NAMED, "unit=1&state=open", "没有此条件：unit"),
        (NAMED, "state=open&colour=red", "没有此条件：colour"),
        (NAMED, "person=" + "9" * 1_000, "名称或条件太长。"),
        (NAMED, "person=" + "长" * 200, "名称或条件太长。"),
        ("长" * 41, "state=open", "名称或条件太长。"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_a_sentence(cast: Cast, name: str, query: str, sentence: str) -> None:
    assert forms.of(cast, "chen").refused(ready(cast), "keep", name=name, query=query) == (400, sentence)
    assert not SavedFilter.objects.exists()


def test_the_twenty_first_of_a_list_is_refused(cast: Cast) -> None:
    for number in range(saved.MOST):
        keep(cast, name=f"筛选{number}")
    refused = forms.of(cast, "chen").refused(ready(cast), "keep", name="再来", query="state=open")
    assert refused == (400, "每个列表最多 20 个。")
    assert SavedFilter.objects.count() == 20
    keep(cast, name="筛选0", query="state=answered")  # writing one over is no other


def test_who_may_not_read_the_list_has_none_and_no_such_list_is_not_there(cast: Cast) -> None:
    assert forms.of(cast, "chen").client.get(ready(cast, "market")).status_code == 404
    assert forms.of(cast, "chen").client.get("/filters").status_code == 404
    zhou = forms.of(cast, "zhou").client  # an editor of policies reads no findings
    assert zhou.get("/filters?page=findings").status_code == 403
    assert zhou.post("/filters?page=findings", {"act": "keep", "name": "a", "query": "rule=x"}).status_code == 403


def test_what_a_list_no_longer_knows_is_left_out(cast: Cast) -> None:
    keep(cast)
    SavedFilter.objects.update(query="colour=red&state=open")
    page = forms.of(cast, "chen").read(f"/field/signals?unit={cast.office.pk}&month=2026-03")
    assert f'href="/field/signals?unit={cast.office.pk}&month=2026-03&state=open">{NAMED}</a>' in page


@pytest.mark.parametrize("page", saved.LISTS)
def test_every_list_keeps_each_of_its_filters(cast: Cast, page: str) -> None:
    name = saved.LISTS[page].filters[0]
    row = saved.keep(actor=cast.actor("zhao"), page=page, name=NAMED, query=f"{name}={quote('软蓝')}")
    assert row.query == f"{name}={quote('软蓝')}"
