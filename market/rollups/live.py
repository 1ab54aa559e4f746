"""The sums of the trade among one class of shops, or two crossed, counted from facts when somebody asks.

For market offices and territories, whose classes of shops are not stored; called by market/figures/counting.py. The
template is that of the stored rows (trade_sums.py), so both say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction

from backend.models import Level
from market.figures.subjects import Segment, Subject, Sums
from market.models import SegmentKind, SubjectKind
from market.rollups.frame import make_room, named
from market.rollups.trade_sums import SEEN, SOLD, Grain, seen, sold

_PLACE = "SELECT * FROM unnest(%(of_territories)s::bigint[], %(of_units)s::bigint[]) AS p(territory_id, unit_id)"
_TERRITORIES = """
SELECT t.id, a.id FROM unnest(%s::bigint[]) AS a(id) JOIN backend_unit t ON t.ancestors @> ARRAY[a.id]
WHERE t.level = %s ORDER BY t.id, a.id
"""
_CLASSES = {
    SegmentKind.MARKET_TYPE: "c.market_type = %({})s",
    SegmentKind.BUSINESS_TYPE: "c.business_type = %({})s",
    SegmentKind.TIER: "c.tier::text = %({})s",
}


def live_sums(
    unit_ids: Sequence[int],
    month: date,
    segment: Segment,
    crossed: Segment | None = None,
    subject: Subject | None = None,
) -> dict[tuple[int, Subject], Sums]:
    """What TradeSums says of these units, of the shops that are in the segment (and in `crossed`) on the month's last
    day; of one subject, or of every subject that has anything. Five queries for any number of units, and the
    transaction's two where there is none."""
    found: dict[tuple[int, Subject], dict[str, Any]] = {}
    grain, values = _asked(segment, crossed)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TERRITORIES, [list(unit_ids), Level.TERRITORY])
        places = cursor.fetchall()
        values |= named(month, sorted({territory for territory, _ in places}))
        values |= {"of_territories": [t for t, _ in places], "of_units": [unit for _, unit in places]}
        only = ""
        if subject is not None:
            only = "WHERE subject_kind = %(kind)s AND subject_id = %(id)s"
            values |= {"kind": int(subject.kind), "id": subject.id}
        make_room()
        for template, columns in ((seen(grain), SEEN), (sold(grain), SOLD)):
            names = ", ".join(columns)
            cursor.execute(f"{template} SELECT unit_id, subject_kind, subject_id, {names} FROM sums {only}", values)  # noqa: S608
            for unit, kind, id_, *sums in cursor.fetchall():
                key = unit, Subject(SubjectKind(kind), id_)
                found.setdefault(key, {}).update(zip(columns, sums, strict=True))
    return {key: _sums(columns) for key, columns in found.items() if any(columns.values())}


def _asked(segment: Segment, crossed: Segment | None) -> tuple[Grain, dict[str, Any]]:
    """Only shops of these classes; parameters by name."""
    conditions, values = [], {}
    for name, one in (("first", segment), ("second", crossed)):
        if one is not None and one.kind != SegmentKind.ALL:
            conditions.append(_CLASSES[one.kind].format(name))
            values[name] = one.value
    return Grain(_PLACE, only=" AND ".join(conditions)), values


def _sums(columns: dict[str, Any]) -> Sums:
    whole: dict[str, Any] = {name: value if name == "sold_packs" else int(value) for name, value in columns.items()}
    return Sums(**whole)
