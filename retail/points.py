"""Where a shop is: set when somebody who may decide has confirmed it; called by visits/points.py."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from backend import audit, clock
from backend.scope import Actor
from retail import news
from retail.models import Retailer


@dataclass(frozen=True)
class Point:
    """A point as it was taken, in the datum it names."""

    lon: float
    lat: float
    datum: str


def set_point(*, actor: Actor, retailer: Retailer, point: Point) -> Retailer:
    """The shop stands at the point; the one before is in the audit. The caller has judged that the actor may decide it,
    and holds the shop locked. Distances of visits that stand are not measured again."""
    with transaction.atomic():
        before = audit.snapshot(retailer)
        retailer.lon, retailer.lat, retailer.datum = point.lon, point.lat, point.datum
        retailer.version += 1
        retailer.save(update_fields=["lon", "lat", "datum", "version"])
        after = audit.snapshot(retailer)
        audit.record(actor, "retailer.point", retailer, before=before, after=after, unit_id=retailer.county_id)
        news.tell_changed([retailer.pk], clock.today())
    return retailer
