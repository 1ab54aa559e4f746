"""Reads of what happened in the shop: a visit with its lines, my last visits, what moved with its shop, shops due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Max, QuerySet
from msgspec import Raw

from backend import clock, parameters, scope
from backend.models import Level, Unit
from backend.scope import Actor, visible_to
from retail.models import Retailer
from retail.queries import active_shops
from visits.models import (
    Briefing,
    CheckLine,
    ComplianceCheck,
    Observation,
    Photo,
    Pitch,
    PolicyVersion,
    Remark,
    Training,
    Visit,
    VisitRevision,
)
from visits.parameters import EVERY_DAYS

Key = tuple[UUID, date]
"""(visit id, month): the month says which partitions are read."""

LINES: Mapping[str, tuple[type[Any], tuple[str, ...]]] = {
    "checks": (
        CheckLine,
        ("item_code", "answer", "passed", "points", "products", "fixed", "before_photo_id", "after_photo_id"),
    ),
    "observations": (
        Observation,
        ("product_id", "on_shelf", "carton_price_fen", "pack_price_fen", "stock_packs", "facings", "oos_days",
         "confidence"),
    ),
    "remarks": (
        Remark,
        ("kind", "product_id", "policy_id", "text", "counter_proposal", "confidence", "place", "campaign", "price_fen",
         "quantity", "is_restricted"),
    ),
    "briefings": (
        Briefing,
        ("policy_version_id", "told_to", "understanding", "question", "channel", "answers", "passed",
         "signature_photo_id", "unanswered"),
    ),
    "pitches": (Pitch, ("product_id", "accepted", "refusal", "words")),
    "trainings": (Training, ("topic", "minutes", "told_to", "understanding")),
    "compliance": (
        ComplianceCheck,
        ("tags_shown", "tags_missing", "tags_mismatched", "tags_altered", "tags_over_cap", "licence_shown",
         "holder_trades", "goods_genuine", "minors_sign", "id_asked", "near_school", "words"),
    ),
    "photos": (Photo, ("photo_id", "sha256", "size_bytes", "taken_at", "kind", "item_code", "arrived_at")),
}  # fmt: skip
_WITHOUT_LINES = dict.fromkeys(LINES, Raw(b"[]"))

OWN = (
    "id", "month", "retailer_id", "person_id", "territory_id", "county_id", "on_date", "started_at", "ended_at",
    "received_at", "presence", "distance_m", "flags", "away_reason", "persons_met", "note", "template_version_id",
    "display_score", "stop_id", "unplanned_reason", "purposes", "tags", "left_lon", "left_lat", "left_datum",
    "left_accuracy_m", "left_distance_m", "typed_s", "confirmed_by", "signature_photo_id", "photos_declared",
    "photos_missing", "revision",
)  # fmt: skip


def visits() -> QuerySet[Visit]:
    """Visits with the names of shop and person."""
    return Visit.objects.select_related("retailer", "person")


def trusted(actor: Actor) -> list[int]:
    """Units below which the actor reads what is restricted of visits. No query."""
    return [p.unit_id for p in actor.held if {"visits.read", "restricted.read"} <= p.capabilities]


def remarks_of(actor: Actor, visit: Visit) -> QuerySet[Remark]:
    """The remarks of a visit that the actor may see: a restricted one is for its author and for those who read what
    is restricted at or above the territory. No query of its own where the visit's territory is at hand."""
    rows = Remark.objects.filter(month=visit.month, visit_id=visit.pk)
    if visit.person_id == actor.person_id or set(trusted(actor)) & set(visit.territory.ancestors):
        return rows
    return rows.filter(is_restricted=False)


def lines_of(actor: Actor, keys: Iterable[Key]) -> dict[UUID, dict[str, list[dict[str, Any]]]]:
    """All lines of these visits that the actor may see, by visit and kind, in their order. One query for any number."""
    wanted = list(keys)
    found: dict[UUID, dict[str, list[dict[str, Any]]]] = {id_: {name: [] for name in LINES} for id_, _ in wanted}
    for kind, visit_id, text in _as_json(actor, _LINES, wanted):
        found[visit_id][kind] = msgspec.json.decode(text)
    return found


def revisions(actor: Actor, visit_id: UUID) -> list[VisitRevision]:
    """The edits and the withdrawal of a visit that the actor may see, oldest first; of a restricted remark no word for
    those who may not read it, and nothing of a shop that the visit left and the actor does not read. One query, one
    more where a visit was moved to another shop."""
    rows = visible_to(VisitRevision.objects.filter(visit_id=visit_id), actor)
    found = list(rows.select_related("person", "territory").order_by("number"))
    above = set(trusted(actor))
    others = [row for row in found if row.person_id != actor.person_id and _shop_before(row) != str(row.retailer_id)]
    left = visible_to(Retailer.objects.filter(pk__in=map(_shop_before, others)), actor)
    readable = set(map(str, left.values_list("pk", flat=True))) if others else set()
    for row in others:
        row.before = row.before if _shop_before(row) in readable else {}
    for row in found:
        if row.person_id != actor.person_id and not above & set(row.territory.ancestors):
            row.before, row.after = _unrestricted(row.before), row.after and _unrestricted(row.after)
    return found


def _shop_before(row: VisitRevision) -> str:
    return str(row.before.get("retailer_id", row.retailer_id))


def _unrestricted(told: dict[str, Any]) -> dict[str, Any]:
    remarks = [remark for remark in told.get("remarks", []) if remark["kind"] != Remark.Kind.IRREGULAR]
    return {**told, "remarks": remarks} if "remarks" in told else told


def recent(actor: Actor, limit: int = 50) -> list[dict[str, Raw]]:
    """The actor's own last visits that he may still see, newest first, with all their lines, as JSON.

    What is only passed on never becomes objects here: the database writes it. Two queries: nearly always this month and
    the last one hold them. A third one when those two hold too few.
    """
    rows = visible_to(Visit.objects.filter(person_id=actor.person_id), actor).order_by("-started_at", "-id")
    before = clock.add_months(clock.today().replace(day=1), -1)
    keys: list[Key] = list(rows.filter(month__gte=before).values_list("pk", "month")[:limit])
    if len(keys) < limit:
        keys += rows.filter(month__lt=before).values_list("pk", "month")[: limit - len(keys)]
    found = {id_: dict(_WITHOUT_LINES) for id_, _ in keys}
    for kind, visit_id, text in _as_json(actor, _WHOLE, keys):
        found[visit_id][kind] = Raw(text.encode())
    return list(found.values())


def _as_json(actor: Actor, statement: str, keys: Sequence[Key]) -> list[tuple[str, UUID, str]]:
    """(kind, visit id, JSON) of these visits; no query for none."""
    if not keys:
        return []
    asked: dict[str, Any] = {
        "months": "{" + ",".join(sorted({month.isoformat() for _, month in keys})) + "}",
        "ids": "{" + ",".join(str(id_) for id_, _ in keys) + "}",
        "person": actor.person_id,
        "trusted": trusted(actor),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return cursor.fetchall()


_AS_TEXT = {"points": "points::text", "display_score": "display_score::text", "sha256": "encode(sha256, 'hex')"}
# As `remarks_of`.
_UNRESTRICTED = """ AND (NOT l.is_restricted OR EXISTS (
    SELECT FROM visits_visit v JOIN backend_unit u ON u.id = v.territory_id
    WHERE v.month = l.month AND v.id = l.visit_id
    AND (v.person_id = %(person)s::uuid OR u.ancestors && %(trusted)s::bigint[])))"""


def _object(columns: Iterable[str]) -> str:
    """SQL of a JSON object of these columns; decimals are text on the wire."""
    pairs = (f"'{name}', {_AS_TEXT.get(name, name)}" for name in columns)
    return f"json_build_object({', '.join(pairs)})"


def _lines_sql(name: str) -> str:
    model, columns = LINES[name]
    return (
        f"SELECT '{name}', visit_id, json_agg({_object(columns)} ORDER BY line_no)::text"  # noqa: S608 - our own names
        f" FROM {model._meta.db_table} l WHERE month = ANY(%(months)s::date[]) AND visit_id = ANY(%(ids)s::uuid[])"
        f"{_UNRESTRICTED if model is Remark else ''} GROUP BY visit_id"
    )


_LINES = " UNION ALL ".join(map(_lines_sql, LINES))
_WHOLE = (
    f"SELECT 'visit', id, {_object(OWN)}::text FROM visits_visit"  # noqa: S608 - our own names
    f" WHERE month = ANY(%(months)s::date[]) AND id = ANY(%(ids)s::uuid[]) UNION ALL {_LINES}"
)


def moved_with_shop(actor: Actor, unit_id: int, month: date) -> QuerySet[Visit]:
    """Visits stamped with a territory in a month that its reader no longer sees, because their shops have moved on.

    Visible visits + these = the territory's total of the month. None for a unit that is no territory whose
    visits the actor may read. No query of its own. Rule: docs/decisions/0004.
    """
    reach = scope.units_under(actor.units("visits.read"))
    seen_units = Unit.objects.filter(pk=unit_id, pk__in=reach, level=Level.TERRITORY)
    stamped = Visit.objects.filter(territory_id__in=seen_units.values("id"), month=month)
    return stamped.exclude(pk__in=visible_to(stamped, actor).values("pk"))


def shops_due(territories: Iterable[int], on: date) -> list[dict[str, Any]]:
    """Active shops of these territories that their visit class calls for by a day, longest waiting first.

    Each: retailer_id, territory_id, visit_class, last_on (None: not in the last two months), due_on.
    Three queries for any number of shops.
    """
    shops = list(active_shops(territories, on))
    since = clock.add_months(on.replace(day=1), -2)
    last = dict(
        Visit.objects.filter(month__gte=since, on_date__lte=on, retailer_id__in=[shop for shop, _, _ in shops])
        .values_list("retailer_id")
        .annotate(Max("on_date"))
    )
    every = parameters.values(EVERY_DAYS.values(), {territory for _, territory, _ in shops}, on)
    due = []
    for shop, territory, visit_class in shops:
        days = every[territory][EVERY_DAYS[visit_class]]
        due_on = last[shop] + timedelta(days=days) if shop in last else since
        if due_on <= on:
            due.append(
                {
                    "retailer_id": shop,
                    "territory_id": territory,
                    "visit_class": visit_class,
                    "last_on": last.get(shop),
                    "due_on": due_on,
                }
            )
    return sorted(due, key=lambda row: (row["due_on"], str(row["retailer_id"])))


def territories_of(actor: Actor, capability: str) -> list[int]:
    """Ids of the territories at or below the units where the actor holds the capability today. One query."""
    mine = actor.units(capability)
    return list(Unit.objects.filter(pk__in=scope.units_under(mine), level=Level.TERRITORY).values_list("pk", flat=True))


def policy_versions(actor: Actor, rows: QuerySet[PolicyVersion]) -> QuerySet[PolicyVersion]:
    """Drafts are for those who write them; everybody else sees what has been released."""
    return rows if actor.can("policies.edit") else rows.filter(released_at__isnull=False)
