"""Takes a need or a promise back, as its author's phone deletes it; called by needs.py and promises.py.

It leaves the table, so that every reader is right without knowing; what it was stays in `Withdrawn`, with its id, so
that a late repeat of its creation does not bring it back.
"""

from __future__ import annotations

import json
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder

from backend import audit, clock
from backend.errors import Problem, register
from backend.scope import Actor
from retail import news
from retail.models import Need, Promise, Withdrawn

register(
    "not_the_author",
    403,
    ("不是您登记的", "It is not yours"),
    ("只有登记人可以撤回。", "Only who entered it may take it back."),
)


def take_back(actor: Actor, row: Need | Promise, author_id: object, county: int) -> None:
    """The row is gone and its shop's phones drop it. In the caller's transaction, the row locked. `not_the_author`."""
    if author_id != actor.person_id:
        raise Problem("not_the_author")
    kind = Withdrawn.Kind.NEED if isinstance(row, Need) else Withdrawn.Kind.PROMISE
    before = audit.snapshot(row)
    Withdrawn.objects.create(
        id=row.pk,
        kind=kind,
        retailer_id=row.retailer_id,
        content=json.loads(json.dumps(before, cls=DjangoJSONEncoder)),
        withdrawn_by_id=actor.person_id,
        withdrawn_at=clock.now(),
    )
    audit.record(actor, f"{kind}.withdraw", row, before=before, unit_id=county)
    news.tell_document(f"{kind}s", row, news.days_of(row), gone=True)
    row.delete()


def was_taken_back(document_id: UUID) -> bool:
    """Whether a need or promise of this id was taken back. One query."""
    return Withdrawn.objects.filter(pk=document_id).exists()
