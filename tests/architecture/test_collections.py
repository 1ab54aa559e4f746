"""What phones can sync is written down: every collection, and of those both ways each field that the phone owns."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backend import feeds
from backend.feeds import Feed

DOCS = Path(__file__).resolve().parents[2] / "docs"
FEEDS = feeds.latest()


def test_the_wire_lists_every_collection() -> None:
    text = (DOCS / "sync.md").read_text()
    listed = text.partition("### Which collections")[2].partition("What\nbelongs")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == {feed.collection for feed in FEEDS}


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.collection)
def test_a_collection_is_described_with_what_the_phone_owns(feed: Feed) -> None:
    down, _, both_ways = (DOCS / "collections.md").read_text().partition("## Both ways")
    table = both_ways if feed.push else down
    [row] = [line for line in table.splitlines() if line.startswith(f"| `{feed.collection}` |")]
    if feed.push and feed.collection != "visits":  # what a visit tells is described by the API
        assert set(row.split("|")[2].strip().split(", ")) == feed.owned
