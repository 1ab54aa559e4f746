"""Visits as they stand after intake, written straight to the tables and marked as the verb marks them."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from django.db import transaction

from backend import clock, marks
from backend.ids import uuid7
from backend.models import Unit
from retail.models import Retailer
from tests.cast import Cast
from visits.models import Observation, Pitch, Visit


def land_visit(
    cast: Cast,
    shop: Retailer,
    on: date,
    *,
    territory: Unit | None = None,
    presence: str = "valid",
    observations: tuple[dict[str, int], ...] = (),
    pitched: tuple[int, ...] = (),
) -> UUID:
    """One visit by Lin of a shop on a day (14:00), with what was seen and recommended; returns its id."""
    stamped = territory or cast.territory
    started = datetime.combine(on, time(14), tzinfo=clock.BUSINESS_ZONE)
    month, visit_id = on.replace(day=1), uuid7()
    with transaction.atomic():
        Visit.objects.create(
            id=visit_id,
            month=month,
            retailer=shop,
            person=cast.lin,
            territory=stamped,
            county_id=stamped.ancestors[3],
            on_date=on,
            started_at=started,
            device_started_at=started,
            received_at=started,
            presence=presence,
        )
        for line, seen in enumerate(observations):
            Observation.objects.create(month=month, visit_id=visit_id, line_no=line, **seen)
        for line, product_id in enumerate(pitched):
            Pitch.objects.create(month=month, visit_id=visit_id, line_no=line, product_id=product_id, accepted=True)
        marks.mark("visits", [(stamped.pk, on)])
    return visit_id
