"""Collection points: which shops of a territory are sampled every week, proposed, set and replaced; for api.py.

Six a territory (two large, three of the middle, one small) unless the unit says otherwise; a shop that cannot serve is
replaced with its reason. Rule: docs/method.md, The weekly sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import audit, clock, marks, parameters
from backend.errors import Problem, register
from backend.models import Level, Unit
from backend.reach import require_unit
from backend.scope import COUNTY, Actor
from market.models import CollectionPoint
from market.parameters import POINTS
from retail.models import Classification
from retail.queries import owners

VERIFY = "visits.verify"
MARK = "points"  # the territory has other points from the day on
Stratum = CollectionPoint.Stratum
STRATUM_OF = {1: Stratum.LARGE, 2: Stratum.MIDDLE, 3: Stratum.SMALL}  # Classification.Scale

register(
    "not_a_point",
    409,
    ("该零售户不能作为采集点", "The shop cannot be a collection point"),
    (
        "须为该片区营业中的零售户，且尚不是采集点。",
        "It must be an active shop of the territory that is no collection point yet.",
    ),
)


@dataclass(frozen=True)
class Proposed:
    """A shop that would serve as a point, with what it ordered in the last four weeks (cartons)."""

    retailer_id: UUID
    code: str
    name: str
    stratum: str
    cartons: int


# Within a stratum the shops nearest to its middle: they stand for the others better than the largest or the smallest.
_PROPOSE = """
WITH shop AS (
    SELECT r.id, r.code, r.name, c.scale, coalesce((
        SELECT sum(o.cartons) FROM market_order o
        WHERE o.retailer_id = r.id AND o.on_date >= %(today)s::date - 28 AND o.on_date < %(today)s
        AND o.month >= date_trunc('month', %(today)s::date - 28)::date), 0)::bigint AS cartons
    FROM retail_assignment a JOIN retail_retailer r ON r.id = a.retailer_id
    JOIN retail_classification c ON c.retailer_id = r.id AND c.during @> %(today)s::date AND c.state = 'active'
    WHERE a.territory_id = %(territory)s AND a.during @> %(today)s::date),
middle AS (
    SELECT scale, percentile_cont(0.5) WITHIN GROUP (ORDER BY cartons) AS cartons FROM shop GROUP BY scale),
ranked AS (
    SELECT s.*, row_number() OVER (PARTITION BY s.scale ORDER BY abs(s.cartons - m.cartons), s.code) AS place
    FROM shop s JOIN middle m USING (scale)
    WHERE NOT EXISTS (
        SELECT FROM market_collectionpoint p WHERE p.retailer_id = s.id AND p.during @> %(today)s::date))
SELECT r.id, r.code, r.name, r.scale, r.cartons
FROM ranked r JOIN unnest(%(scales)s::int[], %(wanted)s::int[]) AS w(scale, wanted) USING (scale)
WHERE r.place <= w.wanted ORDER BY r.scale, r.place
"""


def propose(actor: Actor, territory: Unit) -> list[Proposed]:
    """Shops that would fill the territory's strata today. visits.verify over it, else not_found. Four queries."""
    require_unit(actor, VERIFY, territory.pk)
    if territory.level != Level.TERRITORY:
        raise Problem("not_found")
    today = clock.today()
    wanted = parameters.values(POINTS.values(), [territory.pk], today)[territory.pk]
    held = CollectionPoint.objects.filter(territory=territory, during__contains=today)
    have = [point.stratum for point in held]
    left = {scale: max(0, wanted[POINTS[str(name)]] - have.count(name)) for scale, name in STRATUM_OF.items()}
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "today": today,
            "territory": territory.pk,
            "scales": list(left),
            "wanted": list(left.values()),
        }
        cursor.execute(_PROPOSE, values)
        return [
            Proposed(shop, code, name, str(STRATUM_OF[scale]), cartons)
            for shop, code, name, scale, cartons in cursor.fetchall()
        ]


def set_points(*, actor: Actor, territory: Unit, retailer_ids: Sequence[UUID]) -> list[CollectionPoint]:
    """These shops are points of their territory from today on, each of the stratum of its scale; all or none.

    visits.verify over the territory (not_found); not_a_point for a shop of another territory, one that is not active,
    or a point already.
    """
    require_unit(actor, VERIFY, territory.pk)
    today = clock.today()
    with transaction.atomic():
        points = [_made(territory, shop, None) for shop in retailer_ids]
        scales = _scales(territory, retailer_ids)
        for point in points:
            if point.retailer_id not in scales:
                raise Problem("not_a_point")
            point.stratum = STRATUM_OF[scales[point.retailer_id]]
        _save(points)
        marks.mark(MARK, [(territory.pk, today)])
        acts = [audit.Act(p.retailer_id, territory.pk, {}, {"stratum": p.stratum, "from": today}) for p in points]
        audit.record_many(actor, "collection_point.set", CollectionPoint, acts)
    return points


def replace(
    *, actor: Actor, point: CollectionPoint, reason: str, words: str = "", by: UUID | None = None
) -> CollectionPoint:
    """The point ends today with its reason; with `by` that shop takes its place from today on, in the same stratum.

    visits.verify over its territory (not_found); conflict when it has ended; not_a_point as `set_points`.
    """
    require_unit(actor, VERIFY, point.territory_id)
    today = clock.today()
    with transaction.atomic():
        held = CollectionPoint.objects.select_for_update(of=("self",)).select_related("territory").get(pk=point.pk)
        if held.during.upper is not None:
            raise Problem("conflict")
        before = audit.snapshot(held)
        since = held.during.lower
        held.during = DateRange(since, max(today, since + timedelta(days=1)))
        held.ended_reason, held.ended_words, held.version = reason, words, held.version + 1
        held.save()
        marks.mark(MARK, [(held.territory_id, today)])
        after = audit.snapshot(held)
        audit.record(actor, "collection_point.end", held, before=before, after=after, unit_id=held.county_id)
        if by is None:
            return held
        if by not in _scales(held.territory, [by]):
            raise Problem("not_a_point")
        made = _made(held.territory, by, held)
        made.stratum, made.during = held.stratum, DateRange(held.during.upper, None)
        _save([made])
        audit.record(actor, "collection_point.set", made, after=audit.snapshot(made), unit_id=made.county_id)
    return made


def _made(territory: Unit, shop: UUID, replaces: CollectionPoint | None) -> CollectionPoint:
    return CollectionPoint(
        retailer_id=shop,
        territory=territory,
        county_id=territory.ancestors[COUNTY],
        during=DateRange(clock.today(), None),
        replaces=replaces,
    )


def _scales(territory: Unit, shops: Sequence[UUID]) -> dict[UUID, int]:
    """The scale of each of the shops that is active in the territory today."""
    today = clock.today()
    mine = [shop for shop, unit in owners(shops, today).items() if unit == territory.pk]
    active = Classification.objects.filter(retailer_id__in=mine, during__contains=today, state="active")
    return dict(active.values_list("retailer_id", "scale"))


def _save(points: list[CollectionPoint]) -> None:
    try:
        with transaction.atomic():
            CollectionPoint.objects.bulk_create(points)
    except IntegrityError as error:
        raise Problem("not_a_point") from error
