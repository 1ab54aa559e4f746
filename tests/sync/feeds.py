"""Phones of the cast with every collection that they pull, and the desk beside them; for the tests of the feeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any
from uuid import uuid4

from rest_framework.test import APIClient

from backend import clock, outbox, phones
from cycles import changes
from tests.cast import Cast, phone_of
from tests.sync.wire import Phone
from visits import following
from visits.models import PlannedStop

SHOPS = ("retailers", "shop_months", "recent_visits", "cycles", "findings", "actions", "improvements", "plan")
PAPERS = ("needs", "promises")
SHARED = ("products", "policies", "templates", "settings")
COLLECTIONS = (*SHOPS, *PAPERS, *SHARED, "cell_words")


class Phones:
    """One person's phone: what it holds of every collection."""

    def __init__(self, client: APIClient, collections: tuple[str, ...] = COLLECTIONS) -> None:
        self.client = client
        self.by_name = {name: Phone(client, name) for name in collections}

    def pull(self) -> dict[str, list[dict[str, Any]]]:
        """What was told since the last time, by collection; nothing of those that told nothing."""
        found = {}
        for name, phone in self.by_name.items():
            phone.told = []
            phone.pull()
            if phone.told:
                found[name] = phone.told
        return found

    def __getitem__(self, name: str) -> Phone:
        return self.by_name[name]


def tick() -> None:
    """What the tick does for phones, after what it does for the month."""
    outbox.run_due()
    following.follow()
    while changes.drain_once():
        pass
    phones.follow()


def post(client: APIClient, path: str, body: Any = None, **headers: Any) -> Any:
    answer = client.post(f"/api/v1/{path}", body or {}, format="json", HTTP_IDEMPOTENCY_KEY=str(uuid4()), **headers)
    assert answer.status_code in (200, 201, 204), answer.content
    return answer.json() if answer.content else None


def patch(client: APIClient, path: str, body: Any) -> Any:
    answer = client.patch(f"/api/v1/{path}", body, format="json", HTTP_IF_MATCH="*")
    assert answer.status_code == 200, answer.content
    return answer.json()


@contextmanager
def on(cast: Cast, day: date, who: str = "lin") -> Iterator[APIClient]:
    """The clock held at 10:00 of a day, with a phone that is signed in on it."""
    with clock.at(datetime.combine(day, time(10), tzinfo=clock.BUSINESS_ZONE)):
        yield phone_of(cast.people[who], device_id=f"{who}-{day}")


def planned(cast: Cast, shop: int, on_date: date, **more: Any) -> PlannedStop:
    """A stop on the plan of Lin's territory."""
    return PlannedStop.objects.create(
        month=on_date.replace(day=1),
        retailer=cast.shops[shop],
        territory=cast.territory,
        county_id=cast.territory.ancestors[3],
        on_date=on_date,
        **{"position": 1, **more},
    )


def transfer(chen: APIClient, cast: Cast, shop: str, *, back: bool = False) -> None:
    """The shop goes from Lin's territory to Ma's today, or back."""
    here, there = cast.territory.pk, cast.next_territory.pk
    here, there = (there, here) if back else (here, there)
    body = {"retailers": [shop], "from_territory": here, "to_territory": there}
    post(chen, "assignments/transfer", {**body, "from_date": "2026-03-16"})
