"""Facts written straight to the tables, with their marks: what the tests of roll-ups and boards start from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from backend import clock, marks
from backend.ids import uuid7
from backend.models import Person, Unit
from market.figures.volumes import Volumes
from market.models import (
    UnitMonth,
    UnitPriceCount,
    UnitProductMonth,
    UnitStratum,
    UnitStratumMonth,
    UnitSubjectMonth,
    UnitVolumeCount,
)
from market.models.rollups import TerritoryPerson
from retail.models import Retailer
from visits.models import Briefing, CheckLine, Observation, Pitch, Visit


@dataclass
class Seen:
    """What one visit carries besides itself."""

    observations: Sequence[dict[str, Any]] = ()
    briefings: Sequence[int] = ()  # policy versions
    pitches: Sequence[tuple[int, bool]] = ()  # product, accepted
    score: int | None = None
    note: str = ""
    presence: str = "valid"
    more: dict[str, Any] = field(default_factory=dict)  # columns of the visit itself


def visit(shop: Retailer, territory: Unit, person: Person, on: date, seen: Seen | None = None) -> UUID:
    """One visit at 10:00 of a day with its lines, and the mark that its intake would leave."""
    found, key, month = seen or Seen(), uuid7(), clock.month_of(on)
    at = datetime(on.year, on.month, on.day, 10, tzinfo=clock.BUSINESS_ZONE)
    with transaction.atomic():
        Visit.objects.create(
            id=key,
            month=month,
            retailer=shop,
            person=person,
            territory=territory,
            county_id=territory.ancestors[3],
            on_date=on,
            started_at=at,
            ended_at=at + timedelta(minutes=15),
            device_started_at=at,
            received_at=at + timedelta(hours=1),
            presence=found.presence,
            note=found.note,
            display_score=None if found.score is None else Decimal(found.score),
            **found.more,
        )
        for number, line in enumerate(found.observations):
            Observation.objects.create(month=month, visit_id=key, line_no=number, **line)
        for number, version in enumerate(found.briefings):
            Briefing.objects.create(month=month, visit_id=key, line_no=number, policy_version_id=version)
        for number, (product, accepted) in enumerate(found.pitches):
            Pitch.objects.create(month=month, visit_id=key, line_no=number, product_id=product, accepted=accepted)
        if found.score is not None:
            CheckLine.objects.create(month=month, visit_id=key, line_no=0, item_code="visible", answer="1", points=20)
        marks.mark("visits", [(territory.pk, on)])
    return key


def rollup_rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every roll-up row of all shops but for the moment of its computation, in key order."""
    models = (
        UnitMonth,
        UnitProductMonth,
        UnitSubjectMonth,
        UnitPriceCount,
        UnitVolumeCount,
        UnitStratum,
        UnitStratumMonth,
        TerritoryPerson,
    )
    found = {}
    for model in models:
        names = [f.attname for f in model._meta.concrete_fields if f.attname != "computed_at"]
        rows = model.objects.filter(segment_kind=0) if model is UnitSubjectMonth else model.objects.all()
        found[model.__name__] = sorted(rows.values_list(*names), key=repr)
    return found


def volumes_of(cartons: Iterable[int]) -> Volumes:
    """As the roll-up keeps them for shops that bought so much; who bought nothing is not among them."""
    bought = sorted((each for each in cartons if each > 0), reverse=True)
    return Volumes(tuple((each, bought.count(each)) for each in dict.fromkeys(bought)))
