"""The list that `make pictures` goes through has every page of the boards."""

from __future__ import annotations

from tests.browser.pages import BOARDS, DESK, IN_ENGLISH, NO_PAGES, PHONE
from web.boards.urls import urlpatterns


def test_every_named_address_of_the_boards_is_pictured_or_excepted_with_a_reason() -> None:
    named = {pattern.name for pattern in urlpatterns if pattern.name}
    pictured = {page.name for page in BOARDS}
    assert pictured | NO_PAGES.keys() == named
    assert pictured & NO_PAGES.keys() == set()
    assert all(NO_PAGES.values())


def test_a_page_is_listed_once_and_stands_after_the_page_its_address_is_found_on() -> None:
    pages = (*BOARDS, *DESK, *PHONE)
    names = [page.name for page in pages]
    assert len(names) == len(set(names))
    for place, page in enumerate(pages):
        assert page.at.startswith("/") or page.at in names[:place], page.name
    assert set(IN_ENGLISH) <= set(names)
