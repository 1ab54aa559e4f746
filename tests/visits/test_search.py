"""Search of notes and remarks: Chinese words, single characters, in scope, the newest first, with what was found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from backend import clock
from tests.cast import NOW, Cast
from tests.visits.items import item, receive
from visits import search, searching

pytestmark = pytest.mark.django_db

SEARCH = "/api/v1/visits/search"


def write(cast: Cast, *notes: str, who: str = "lin", **changes: Any) -> list[str]:
    """A visit with each note, an hour apart, the last one the newest; their ids."""
    made = []
    for number, note in enumerate(notes):
        with clock.at(NOW - timedelta(hours=len(notes) - number)):
            told = item(cast, note=note, **changes)
            assert receive(cast.actor(who), told)[0].word == "created"
            made.append(told["submission_id"])
    return made


def found(phone: APIClient, q: str, **more: str) -> list[str]:
    return [row["id"] for row in phone.get(SEARCH, {"q": q, **more}).json()["results"]]


def test_chinese_words_single_characters_and_letters_are_found_the_newest_first(cast: Cast, as_lin: APIClient) -> None:
    first, second, third = write(cast, "店主反映软蓝缺货两天", "软蓝动销慢，缺少价签", "ABC 二维码 Wi-Fi 坏了")
    assert found(as_lin, "软蓝") == [second, first]
    assert found(as_lin, "缺货") == [first]
    assert found(as_lin, "缺") == [second, first]
    assert found(as_lin, "了") == [third]  # the last character of a text
    assert found(as_lin, "wi-fi") == found(as_lin, "WI-FI 二维码") == [third]
    assert found(as_lin, "软蓝 价签") == [second]
    assert found(as_lin, "蓝缺货两") == [first]
    assert found(as_lin, "货缺") == found(as_lin, "%") == found(as_lin, "'\\") == []


def test_hits_say_where_they_stand(cast: Cast, as_lin: APIClient) -> None:
    remarks = [{"kind": "rival_move", "text": "对面买一送一", "counter_proposal": "加强软蓝陈列"}]
    write(cast, f"{'前' * 30}软蓝缺货，软蓝要加量", remarks=remarks, tags=["缺货"])
    [row] = as_lin.get(SEARCH, {"q": "软蓝"}).json()["results"]
    note, remark = row["hits"]
    assert (note["where"], remark["where"], remark["snippet"]) == ("note", "rival_move", "对面买一送一 加强软蓝陈列")
    assert [note["snippet"][a:b] for a, b in note["marks"]] == ["软蓝", "软蓝"]
    assert (remark["marks"], row["tags"]) == ([[9, 11]], ["缺货"])
    assert found(as_lin, "买一送一") == [row["id"]]


def test_nobody_finds_what_he_may_not_read(cast: Cast, as_lin: APIClient, as_wu: APIClient, sign_in: Any) -> None:
    [visit] = write(cast, "软蓝缺货", remarks=[{"kind": "irregular", "text": "有人上门收烟"}])
    assert found(as_wu, "缺货") == found(as_wu, "收烟") == []
    assert found(as_wu, "缺") == []
    assert found(sign_in("chen"), "缺货") == [visit]
    assert found(sign_in("chen"), "收烟") == []  # restricted: its author, and those who may read what is restricted
    assert found(as_lin, "收烟") == found(sign_in("he"), "收烟") == found(sign_in("zhao"), "收烟") == [visit]
    assert [hit["where"] for hit in sign_in("chen").get(SEARCH, {"q": "缺货"}).json()["results"][0]["hits"]] == ["note"]
    assert sign_in("qian").get(SEARCH, {"q": "缺货"}).status_code == 403


def test_results_are_narrowed_by_tag_unit_days_and_shop(cast: Cast, as_lin: APIClient) -> None:
    [tagged] = write(cast, "软蓝缺货", tags=["缺货", "急"])
    [plain] = write(cast, "软蓝缺货", retailer_id=str(cast.shops[1].pk))
    assert found(as_lin, "软蓝", tag="急") == [tagged]
    assert [row["id"] for row in as_lin.get(SEARCH, {"tag": "急"}).json()["results"]] == [tagged]  # whatever it says
    assert found(as_lin, "软蓝", retailer=str(cast.shops[1].pk)) == [plain]
    assert found(as_lin, "软蓝", unit=str(cast.other_county.pk)) == []
    assert len(found(as_lin, "软蓝", unit=str(cast.county.pk), since="2026-03-16", until="2026-03-16")) == 2
    assert found(as_lin, "软蓝", since="2026-03-17") == found(as_lin, "软蓝", until="2026-02-28") == []


def test_pages_follow_each_other_without_a_gap(cast: Cast, as_lin: APIClient) -> None:
    remark = [{"kind": "other", "text": "软蓝好卖"}]
    made = [
        *write(cast, *["软蓝"] * 3),
        *write(cast, *["无"] * 2, remarks=remark),
        *write(cast, "软蓝", remarks=remark),
    ]
    seen, address = [], f"{SEARCH}?q=软蓝&page_size=2"
    while address:
        page = as_lin.get(address).json()
        assert len(page["results"]) <= 2
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
    assert sorted(seen) == sorted(made)
    whole = found(as_lin, "软蓝")
    assert seen == whole


@pytest.mark.parametrize("query", ["q=", "q=%20", "q=a b c d e f", "q=软&since=2026-13-01", "q=软&colour=red"])
def test_a_query_that_asks_nothing_is_refused(as_lin: APIClient, query: str) -> None:
    assert as_lin.get(f"{SEARCH}?{query}").status_code == 400


@settings(max_examples=60)
@given(
    st.text(alphabet="软蓝缺货店aB'\\% :&", max_size=12), st.text(alphabet="软蓝缺货店aB'\\%:&", min_size=1, max_size=4)
)
def test_pairs_find_exactly_what_holds_the_word(text: str, word: str) -> None:
    [small] = search.words_of(word)
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT visits_pairs(%s) @@ %s::tsquery AND position(%s IN lower(%s COLLATE "C")) > 0',
            [text, search.pairs_of(small), small, text],
        )
        assert cursor.fetchone()[0] == (small in text.lower())


def test_what_waits_to_be_indexed_is_found_and_merged_by_the_tick(cast: Cast, as_lin: APIClient) -> None:
    [visit] = write(cast, "软蓝缺货")
    assert found(as_lin, "缺货") == [visit]
    assert searching.merge() > 0
    assert searching.merge() == 0
    assert found(as_lin, "缺货") == [visit]


def test_the_index_is_used_and_a_search_takes_as_many_queries_for_3_visits_as_for_30(
    cast: Cast, as_lin: APIClient, django_assert_num_queries: Any
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        rows = search.find(cast.actor("zhao"), search.Asked(words=["缺货"])).found[0].order_by("-started_at", "-id")
        assert "visits_pairs" in rows.explain()
    for count in (3, 27):
        write(cast, *["软蓝缺货"] * count)
        with django_assert_num_queries(4):
            assert len(found(as_lin, "缺货")) == (3 if count == 3 else 30)
