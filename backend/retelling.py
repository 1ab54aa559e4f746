"""What a phone pushed is told to it once more, when the answer to its push has surely come; for backend/pushing.py.

RxDB pulls while it pushes, and passes over what it pulls of a document whose push is not answered yet. So what the
server added to an edit, and what stands in place of a refused one, could be told a moment too early and never again
(docs/sync.md).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from backend import clock, feeds, outbox, scope, streams
from backend.feeds import Feed
from backend.models import Person
from backend.scope import Actor

TOPIC = "phones.retell"
AFTER = timedelta(minutes=2)  # an answer that has not come by then is lost, and the push repeated: that counts anew


def later(feed: Feed, actor: Actor, ids: Collection[UUID]) -> None:
    """In two minutes the actor's phones pull these documents again. In the transaction of the push; one query, none
    for none."""
    if ids:
        told = {"person": str(actor.person_id), "collection": feed.collection, "ids": sorted(map(str, ids))}
        outbox.put(TOPIC, told, clock.now() + AFTER)


def retell(payload: dict[str, Any]) -> None:
    """What the person's streams ever told of these documents they tell once more, as it is now. The outbox calls it;
    twice does no harm. Five queries, and two for each unit."""
    feed = next((feed for feed in feeds.latest() if feed.collection == payload["collection"]), None)
    person = Person.objects.filter(pk=payload["person"]).first()
    if feed is not None and person is not None:
        ids = [UUID(document) for document in payload["ids"]]
        streams.tell_again(feed, scope.actor_of(person), ids, only_entered=True)
