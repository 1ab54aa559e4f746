"""Verbs on contacts: somebody at a shop whom one can reach is added, edited, removed; called by api.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from backend import audit, clock
from backend.errors import Problem
from backend.scope import Actor
from retail import news, queries
from retail.models import Contact, Retailer


def add(*, actor: Actor, retailer_id: UUID, values: Mapping[str, Any]) -> Contact:
    """The contact exists; when it is the first to call, nobody else of the shop is. `retail.edit` over the shop, else
    `not_found`. Seven queries."""
    return _saved(actor, Contact(retailer_id=retailer_id), values)


def edit(*, actor: Actor, contact: Contact, values: Mapping[str, Any]) -> Contact:
    """The contact carries the values. As for add; the caller holds the row."""
    return _saved(actor, contact, values)


def remove(*, actor: Actor, contact: Contact) -> None:
    """The contact is gone; the audit keeps what it was. As for add."""
    county = _county(actor, contact.retailer_id)
    with transaction.atomic():
        shop = contact.retailer_id
        audit.record(actor, "contact.remove", contact, before=audit.snapshot(contact), unit_id=county)
        contact.delete()
        news.tell_changed([shop], clock.today())


def _saved(actor: Actor, row: Contact, values: Mapping[str, Any]) -> Contact:
    county = _county(actor, row.retailer_id)
    is_new = row._state.adding
    with transaction.atomic():
        Retailer.objects.select_for_update(no_key=True).get(pk=row.retailer_id)  # two first-to-call at once wait here
        before = None if is_new else audit.snapshot(row)
        for name, value in values.items():
            setattr(row, name, value)
        if row.is_primary:
            Contact.objects.filter(retailer_id=row.retailer_id, is_primary=True).exclude(pk=row.pk).update(
                is_primary=False
            )
        row.version += not is_new
        row.save()
        act = "contact.add" if is_new else "contact.edit"
        audit.record(actor, act, row, before=before, after=audit.snapshot(row), unit_id=county)
        news.tell_changed([row.retailer_id], clock.today())
    return row


def _county(actor: Actor, retailer_id: UUID) -> int:
    """The shop's county, in whose audit the act shows; `not_found` where the actor may not write."""
    found = queries.within(actor, "retail.edit").filter(pk=retailer_id).values_list("county_id", flat=True).first()
    if found is None:
        raise Problem("not_found")
    return found
