"""What phones hold of the retailer's file: cards of shops, their needs and promises; registered by apps.py.

A card is for those who work in shops (`retail.edit`): it carries the tier, which the service desk does not read.
"""

from __future__ import annotations

from backend.feeds import Feed
from retail import documents, feed_shapes, news, papers

FEEDS = (
    Feed(
        "retailers",
        1,
        "retail.edit",
        documents.RETAILERS,
        kinds=("assignments", news.PAPERS),
        shape=feed_shapes.Retailers,
    ),
    Feed(
        "needs",
        1,
        "retail.edit",
        documents.NEEDS,
        kinds=("assignments",),
        owned=papers.NEED_OWNED,
        push=papers.push_needs,
        shape=feed_shapes.Needs,
    ),
    Feed(
        "promises",
        1,
        "retail.edit",
        documents.PROMISES,
        kinds=("assignments",),
        owned=papers.PROMISE_OWNED,
        push=papers.push_promises,
        shape=feed_shapes.Promises,
    ),
)
