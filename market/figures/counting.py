"""Reads what the figures of any units, months, subjects and segments follow from: roll-up rows, prices, targets.

values.py asks here and gives the answer to the formulas. Every read takes all units and months at once; a part
that no figure asked for needs is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from backend import clock
from backend.models import Level, Unit
from market import kpis
from market.figures import beside, pricing, trade_kpis
from market.figures import formulas as figures
from market.figures.beside import Asked
from market.figures.formulas import Acts, Counted, Expansion, Priced
from market.figures.pricing import Key
from market.figures.subjects import EVERYONE, SUM_COLUMNS, Crossed, Segment, Sums
from market.models import SegmentKind, SubjectKind, UnitMonth
from market.rollups.live import live_sums

NO_ACTS, NO_PRICES, UNKNOWN = Acts(), Priced(), Expansion()
_PRICED = {kpis.INDEX.id, trade_kpis.MARGIN.id}
_TARGETED = {kpis.SALES.id, kpis.SALES_RATE.id}
_SHARED = {*figures.SHARES, *figures.FACINGS}


def read(asked: Asked) -> dict[Key, Counted]:
    """What was counted, by (unit, month, id of the subject): of a subject asked for by id always, else where there is
    any. At most nine queries for any number of units, months and subjects; live segments two more for each month."""
    months = sorted({*asked.months, *(_before(asked) if asked.needs([trade_kpis.SELL_THROUGH_MEAN.id]) else ())})
    sums, medians, priced = _sums_and_prices(asked, months)
    keys = {(unit, month, subject) for unit, month, subject in sums if month in asked.months}
    if asked.subject_id is not None:
        keys |= {(unit, month, asked.subject_id) for unit in asked.unit_ids for month in asked.months}
    everything = sums if asked.kind == SubjectKind.ALL else _everything(asked)
    acts = _acts(asked) if asked.needs({*figures.OF_ACTS, *figures.MEDIAN}) and _all(asked) else {}
    rolling = beside.rolling(asked) if asked.needs([trade_kpis.SELL_THROUGH_12M.id]) else {}
    targets = beside.targets(asked) if asked.needs(_TARGETED) and asked.segment == EVERYONE else {}
    flow = beside.flow(asked) if asked.needs(figures.FLOW) else {}
    expansions = beside.expansions(asked) if asked.needs(figures.EXPANDED) else {}
    found = {}
    days = {month: pricing.days_of(month) for month in asked.months}
    before = {month: clock.add_months(month, -1) for month in asked.months}
    for key in keys:
        unit, month, subject = key
        did = acts.get((unit, month), NO_ACTS)
        found[key] = Counted(
            days=days[month],
            sums=sums.get(key, figures.NOTHING),
            everything=everything.get((unit, month, 0), figures.NOTHING),
            last=sums.get((unit, before[month], subject), figures.NOTHING),
            acts=did,
            priced=priced.get(key, NO_PRICES),
            expansion=expansions.get(key, UNKNOWN),
            median_fen=did.price_median_fen if asked.kind == SubjectKind.ALL else medians.get(key),
            year_now=rolling.get(key, (0, 0))[0],
            year_before=rolling.get(key, (0, 0))[1],
            flow_n=flow.get(key, (0, 0))[0],
            flow_sum_fen=flow.get(key, (0, 0))[1],
            target=targets.get(key),
        )
    return found


def _all(asked: Asked) -> bool:
    return asked.kind == SubjectKind.ALL and asked.segment == EVERYONE


def _before(asked: Asked) -> list[date]:
    return [clock.add_months(month, -1) for month in asked.months]


Read = tuple[dict[Key, Sums], dict[Key, Decimal | None], dict[Key, Priced]]


def _sums_and_prices(asked: Asked, months: Sequence[date]) -> Read:
    """Sums by key, medians by key (of products), and the sums of prices."""
    if asked.segment != EVERYONE and not asked.is_stored:
        live_units = _live_units(asked)
        stored = [unit for unit in asked.unit_ids if unit not in live_units]
        parts = [_stored(asked, stored, months)] if stored else []
        parts += [_live(asked, live_units, months)] if live_units else []
        return tuple({key: v for part in parts for key, v in part[n].items()} for n in range(3))  # type: ignore[return-value]
    return _stored(asked, asked.unit_ids, months)


def _live_units(asked: Asked) -> list[int]:
    """Segments are stored from the county up, one at a time; the others are counted when asked for."""
    if isinstance(asked.segment, Crossed):
        return list(asked.unit_ids)
    return list(Unit.objects.filter(pk__in=asked.unit_ids, level__gte=Level.OFFICE).values_list("pk", flat=True))


_NUMBER = ", ".join(SUM_COLUMNS)
_OF_PRODUCTS = f"""
SELECT unit_id, month, product_id, price_median_fen, {_NUMBER} FROM market_unitproductmonth
WHERE unit_id = ANY(%(units)s) AND month = ANY(%(months)s) AND (%(subject)s::bigint IS NULL OR product_id = %(subject)s)
"""  # noqa: S608 - constants only
_OF_SUBJECTS = f"""
SELECT unit_id, month, subject_id, NULL, {_NUMBER} FROM market_unitsubjectmonth
WHERE unit_id = ANY(%(units)s) AND month = ANY(%(months)s) AND segment_kind = %(segment_kind)s
    AND segment_value = %(segment_value)s AND subject_kind = %(kind)s
    AND (%(subject)s::bigint IS NULL OR subject_id = %(subject)s)
"""  # noqa: S608 - constants only


def _stored(asked: Asked, units: Sequence[int], months: Sequence[date]) -> Read:
    segment = asked.segment if isinstance(asked.segment, Segment) else EVERYONE
    sums, medians = _rows(units, months, (asked.kind, asked.subject_id), segment)
    priced: dict[Key, Priced] = {}
    if asked.needs(_PRICED):
        parameters = pricing.named(units, asked.months, asked.subject_id)
        of = None if segment == EVERYONE else (int(segment.kind), segment.value)
        priced = pricing.priced(parameters, asked.kind, of)
    return sums, medians, priced


def _rows(
    units: Sequence[int], months: Sequence[date], of: tuple[SubjectKind, int | None], segment: Segment
) -> tuple[dict[Key, Sums], dict[Key, Decimal | None]]:
    """One query."""
    named: dict[str, Any] = {
        "units": list(units), "months": list(months), "kind": int(of[0]), "subject": of[1],
        "segment_kind": int(segment.kind), "segment_value": segment.value,
    }  # fmt: skip
    own = of[0] == SubjectKind.PRODUCT and segment.kind == SegmentKind.ALL
    sums: dict[Key, Sums] = {}
    medians: dict[Key, Decimal | None] = {}
    with connection.cursor() as cursor:
        cursor.execute(_OF_PRODUCTS if own else _OF_SUBJECTS, named)
        for unit, month, subject, median, *row in cursor.fetchall():
            sums[unit, month, subject] = Sums._make(row)
            medians[unit, month, subject] = median
    return sums, medians


def _everything(asked: Asked) -> dict[Key, Sums]:
    """All products of the same units, months and segment, where a share is asked for. One query."""
    if not asked.needs(_SHARED):
        return {}
    whole = Asked(asked.unit_ids, asked.months, SubjectKind.ALL, 0, asked.segment, frozenset())
    return _sums_and_prices(whole, asked.months)[0]


def _live(asked: Asked, units: Sequence[int], months: Sequence[date]) -> Read:
    """Counted from facts now: every subject at once, for each month."""
    first, second = (
        (asked.segment.first, asked.segment.second) if isinstance(asked.segment, Crossed) else (asked.segment, None)
    )
    sums: dict[Key, Sums] = {}
    told = []
    for month in months:
        for (unit, subject), found in live_sums(units, month, first, second, None).items():
            if subject.kind == asked.kind and asked.subject_id in (None, subject.id):
                sums[unit, month, subject.id] = found
            if subject.kind == SubjectKind.PRODUCT and found.price_n and month in asked.months:
                told.append((unit, month, subject.id, found.price_n, found.price_sum_fen, found.cartons))
    priced: dict[Key, Priced] = {}
    if asked.needs(_PRICED):
        priced = pricing.priced_of(pricing.named(units, asked.months, asked.subject_id), asked.kind, told)
    return sums, {}, priced


def _acts(asked: Asked) -> dict[tuple[int, date], Acts]:
    """Roll-up rows by (unit, month); absent where nothing was counted. One query."""
    return acts(asked.unit_ids, asked.months)


def acts(unit_ids: Iterable[int], months: Iterable[date]) -> dict[tuple[int, date], Acts]:
    """The acts and shops of each unit and month; absent where nothing was counted. One query."""
    names = [f.name for f in fields(Acts)]
    rows = UnitMonth.objects.filter(unit_id__in=list(unit_ids), month__in=list(months))
    return {(r[0], r[1]): Acts(*r[2:]) for r in rows.values_list("unit_id", "month", *names)}
