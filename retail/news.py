"""What follows from a change to shops: marks for those who count, entries for phones; retail verbs call it last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from backend import clock, marks, synclog
from retail import documents, queries
from retail.models import Need, Promise

Documents = Mapping[str, Mapping[int, Iterable[UUID]]]

PAPERS = "papers"  # what a shop's card says is due has changed
SERVICE = "service"  # needs, replies or promises of a day, as they are counted for the unit that has the shop


def tell_changed(retailer_ids: Iterable[UUID], on: date) -> None:
    """Phones of today's owners pull these shops again, and whoever has had them since the day is recomputed from it on:
    the months before a transfer count them where they were."""
    ids = list(retailer_ids)
    by_territory: dict[int, list[UUID]] = defaultdict(list)
    for shop, territory in queries.owners(ids, clock.today()).items():
        by_territory[territory].append(shop)
    marks.mark("retailers", ((territory, on) for territory in queries.owners_since(ids, on)))
    _enter({"retailers": by_territory}, {})


def days_of(row: Need | Promise) -> set[date]:
    """The days whose months count it: a need was raised and closed, a reply or a promise fell due. Pure."""
    if isinstance(row, Promise):
        return {row.due_on}
    due = None if row.reply_due_at is None else clock.business_date(row.reply_due_at)
    return {day for day in (row.raised_on, row.closed_on, due) if day is not None}


def tell_document(collection: str, row: Need | Promise, days: Iterable[date], *, gone: bool = False) -> None:
    """Phones of today's owner of the shop pull this document (a need, a promise) again, or drop it; the shop's card,
    which says what is due, follows with the tick, and so do the figures of the months of these days. One query more for
    each such month that is over."""
    retailer_id, document_id = row.retailer_id, row.pk
    owner = queries.owners([retailer_id], clock.today()).get(retailer_id)
    marks.mark(SERVICE, _counted(retailer_id, owner, days))
    if owner is not None:
        marks.mark(PAPERS, [(owner, clock.today())])
        told: Documents = {collection: {owner: [document_id]}}
        _enter({} if gone else told, told if gone else {})


def _counted(retailer_id: UUID, owner: int | None, days: Iterable[date]) -> list[tuple[int, date]]:
    """Which unit counts the shop in the month of each day: the one that has it on the last day, or today."""
    found = []
    for day in sorted(set(days)):
        last = clock.month_end(clock.month_of(day))
        over = last < clock.today()
        unit = queries.owners([retailer_id], last).get(retailer_id) if over else owner
        if unit is not None:
            found.append((unit, day))
    return found


def tell_moved(left: Mapping[int, Iterable[UUID]], joined: Mapping[int, Iterable[UUID]]) -> None:
    """Shops leave the phones of the old owners and come to those of the new, with their open needs and promises."""
    _enter(_with_open_work(joined), _with_open_work(left))


def _with_open_work(shops: Mapping[int, Iterable[UUID]]) -> dict[str, dict[int, list[UUID]]]:
    territory_of = {shop: territory for territory, ids in shops.items() for shop in ids}
    found: dict[str, dict[int, list[UUID]]] = {"retailers": defaultdict(list)}
    for shop, territory in territory_of.items():
        found["retailers"][territory].append(shop)
    if not territory_of:
        return found
    open_work: tuple[tuple[str, Any], ...] = (
        ("needs", Need.objects.filter(closed_on=None)),
        ("promises", Promise.objects.filter(state=Promise.State.OPEN)),
    )
    for collection, rows in open_work:
        found[collection] = defaultdict(list)
        for document, shop in rows.filter(retailer_id__in=list(territory_of)).values_list("pk", "retailer_id"):
            found[collection][territory_of[shop]].append(document)
    return found


# What is told at once is remembered as told: the comparison of the day then finds nothing new in it.
_REMEMBER = """
UPDATE backend_syncentry e SET digest = decode(md5(g.document::text), 'hex')
FROM ({documents}) AS g(unit_id, id, document)
WHERE e.territory_id = g.unit_id AND e.collection = %(collection)s AND e.document_id = g.id AND NOT e.deleted
"""


def _enter(arrived: Documents, gone: Documents) -> None:
    """Counters are taken by collection and territory in one order: two moves in opposite directions cannot wait for
    each other. One query more for each collection that came, unless it is entered later: what is not entered yet
    cannot be remembered, and its entry is not to be held before its counter."""
    for collection in sorted({*arrived, *gone}):
        came, went = arrived.get(collection, {}), gone.get(collection, {})
        for territory in sorted({*came, *went}):
            synclog.append(collection, {territory: went.get(territory, ())}, deleted=True)
            synclog.append(collection, {territory: came.get(territory, ())})
        if came and not synclog.is_gathering():
            ids = sorted({document for told in came.values() for document in told})
            values: dict[str, Any] = {
                "units": sorted(came),
                "ids": ids,
                "today": clock.today(),
                "collection": collection,
            }
            with connection.cursor() as cursor:
                cursor.execute(_REMEMBER.format(documents=documents.BY_COLLECTION[collection]), values)
