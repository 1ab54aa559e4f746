"""The one place that answers what a figure is: any units, month, subject and segment, from the roll-ups.

Boards, blocks, alerts, exports, the frozen figures of a lock and the monthly report ask here, so no two disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from backend import clock, parameters
from backend.kpis import Number, kpi, percent
from market import kpis
from market.figures import counting, formulas, pricing, trade_kpis
from market.figures.beside import Asked
from market.figures.formulas import EXPANDED, FORMULAS, Counted, Figure
from market.figures.subjects import ALL, EVERYONE, Crossed, Segment, Subject
from market.models import SubjectKind
from market.parameters import TARGETS

Values = dict[str, Number | None]


def months_shown(month: date) -> tuple[date, date, date]:
    """The month, the one before it, and the same month of the year before."""
    return month, clock.add_months(month, -1), clock.add_months(month, -12)


def told_of(kind: SubjectKind, segment: Segment | Crossed = EVERYONE) -> tuple[str, ...]:
    """Ids of the figures that can be told of such a subject among these shops, in the order of figures.FORMULAS."""
    everyone, whole = segment == EVERYONE, kind == SubjectKind.ALL
    share = {k.id for k in (*trade_kpis.SHARES, *trade_kpis.AMOUNT_SHARES) if k.id.startswith(_SHARE.get(kind, "-"))}
    left_out = {
        *(() if everyone and whole else formulas.OF_ACTS),
        *(() if everyone and kind in _ALONE else (*formulas.MEDIAN, *formulas.TARGETED)),
        *(formulas.FACINGS if whole else ()),
        *(() if everyone and kind == SubjectKind.PRODUCT else formulas.FLOW),
        *(formulas.SHARES.keys() - share),
        *(() if everyone else formulas.EXPANDED),
    }
    return tuple(kpi_id for kpi_id in FORMULAS if kpi_id not in left_out)


_ALONE = (SubjectKind.ALL, SubjectKind.PRODUCT)
_SHARE = {
    SubjectKind.BRAND: "brand_",
    SubjectKind.PRICE_CLASS: "class_",
    SubjectKind.PRICE_BAND: "band_",
    SubjectKind.PRODUCT: "product_",
}


def figures_of(counted: Counted, kpi_ids: Sequence[str]) -> Values:
    """Every figure asked for, from what was counted. Pure."""
    return {kpi_id: FORMULAS[kpi_id](counted) for kpi_id in kpi_ids}


def by_month(
    unit_ids: Sequence[int],
    months: Sequence[date],
    kpi_ids: Sequence[str] | None = None,
    subject: Subject = ALL,
    segment: Segment | Crossed = EVERYONE,
) -> dict[tuple[int, date], Values]:
    """The values of each unit and month, of every figure that can be told of the subject or of those named (None where
    one cannot). A constant number of queries for any number of units and months, but see counting.read."""
    ids, known = _named(kpi_ids, subject, segment)
    asked = Asked(tuple(unit_ids), tuple(months), subject.kind, subject.id, segment, frozenset(known))
    return {(unit, at): _told(counted, ids, known) for (unit, at, _), counted in counting.read(asked).items()}


def _named(
    kpi_ids: Sequence[str] | None, subject: Subject, segment: Segment | Crossed
) -> tuple[tuple[str, ...], list[str]]:
    """The figures asked for (by default all that can be told of the subject), and those of them that can be told."""
    told = told_of(subject.kind, segment)
    ids = told if kpi_ids is None else tuple(kpi_ids)
    return ids, [kpi_id for kpi_id in ids if kpi_id in told]


def _told(counted: Counted, ids: Sequence[str], known: Sequence[str]) -> Values:
    return {**dict.fromkeys(ids), **figures_of(counted, known)}


def figures(
    unit_ids: Sequence[int],
    month: date,
    kpi_ids: Sequence[str] | None = None,
    subject: Subject = ALL,
    segment: Segment | Crossed = EVERYONE,
) -> dict[int, dict[str, Figure]]:
    """Unit id -> KPI id -> figure: with the month before, the same month of the year before, and the target.

    Values are exact decimals, fen, cartons, packs or counts as the KPI says; None on a zero base or where nothing can
    be told of the subject. A constant number of queries for any number of units.
    """
    return in_months(unit_ids, [month], kpi_ids, subject, segment)[month]


def in_months(
    unit_ids: Sequence[int],
    months: Sequence[date],
    kpi_ids: Sequence[str] | None = None,
    subject: Subject = ALL,
    segment: Segment | Crossed = EVERYONE,
) -> dict[date, dict[int, dict[str, Figure]]]:
    """The same of several months, from the reads of one: by month as `figures`."""
    ids, known = _named(kpi_ids, subject, segment)
    shown = tuple(dict.fromkeys(at for month in months for at in months_shown(month)))
    asked = Asked(tuple(unit_ids), shown, subject.kind, subject.id, segment, frozenset(known))
    counted = counting.read(asked)
    found = {(unit, at): _told(one, ids, known) for (unit, at, _), one in counted.items()}
    held = thresholds(unit_ids, months, ids) if segment == EVERYONE else {}

    def of(unit: int, month: date) -> dict[str, Figure]:
        goals = {**held.get((unit, month), {}), kpis.SALES.id: counted[unit, month, subject.id].target}
        return side_by_side([found[unit, at] for at in months_shown(month)], goals, month)

    return {month: {unit: of(unit, month) for unit in unit_ids} for month in months}


def of_subjects(
    unit_id: int,
    month: date,
    kind: SubjectKind,
    segment: Segment | Crossed = EVERYONE,
    kpi_ids: Sequence[str] | None = None,
) -> dict[int, dict[str, Figure]]:
    """Subject id -> KPI id -> figure, of every brand, class, band or product that was seen, sold or wanted in the unit
    in the month. As `figures`, and from the same reads; one unit."""
    shown = months_shown(month)
    ids = [k for k in told_of(kind, segment) if (kpi_ids is None or k in kpi_ids) and k not in EXPANDED]
    asked = Asked((unit_id,), shown, kind, None, segment, frozenset(ids))
    found = counting.read(asked)
    nothing = Counted(pricing.days_of(month))
    subjects = sorted(subject for unit, at, subject in found if at == month)
    held = thresholds([unit_id], [month], ids)[unit_id, month]
    return {
        subject: side_by_side(
            [figures_of(found.get((unit_id, at, subject), nothing), ids) for at in shown],
            {**held, kpis.SALES.id: found[unit_id, month, subject].target},
            month,
        )
        for subject in subjects
    }


def of_products(unit_ids: Sequence[int], month: date, kpi_ids: Sequence[str]) -> dict[tuple[int, int], Values]:
    """(Unit, product) -> KPI id -> value, of every product that was seen, sold or wanted there in the month, by unit.
    As many queries as `by_month` asks."""
    asked = Asked(tuple(unit_ids), (month,), SubjectKind.PRODUCT, None, EVERYONE, frozenset(kpi_ids))
    found = counting.read(asked)
    return {(unit, product): figures_of(found[unit, at, product], kpi_ids) for unit, at, product in sorted(found)}


def time_progress(month: date) -> Decimal | None:
    """Percent of the month's days that have passed, today included: what sales against target is held against."""
    passed = min(max((clock.today() - month).days + 1, 0), pricing.days_of(month))
    return percent(passed, pricing.days_of(month))


def thresholds(
    unit_ids: Sequence[int], months: Sequence[date], kpi_ids: Sequence[str]
) -> dict[tuple[int, date], Values]:
    """(Unit, month) -> KPI id -> what it should be by the unit's parameters on the month's last day, of those figures
    that have such a target. One query, and none where no figure has one."""
    keys = {kpi_id: TARGETS[kpi_id] for kpi_id in kpi_ids if kpi_id in TARGETS}
    places = {(unit, month): (unit, clock.month_end(month)) for unit in unit_ids for month in months}
    held = parameters.values_at(keys.values(), places.values()) if keys else {}
    return {at: {kpi_id: Decimal(str(held[pair][key])) for kpi_id, key in keys.items()} for at, pair in places.items()}


def side_by_side(shown: Sequence[Values], goals: Values, month: date) -> dict[str, Figure]:
    """Figures of a month from the values of the month, the one before and the one of the year before. Pure."""
    now, before, year_ago = shown
    goals = {**goals, kpis.SALES_RATE.id: time_progress(month) if kpis.SALES_RATE.id in now else None}
    return {
        kpi_id: Figure(kpi(kpi_id), value, before[kpi_id], year_ago[kpi_id], goals.get(kpi_id))
        for kpi_id, value in now.items()
    }
