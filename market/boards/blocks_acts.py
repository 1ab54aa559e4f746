"""The tables of blocks 6 to 8: service of the units below, breaches, outflow, and what visits learnt of the market.

Called by blocks_read.py. Counts are of what the reader may see, and equal the length of the list they open.
What is restricted is a table of its own, absent for who may not read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.utils import translation

from backend import clock
from backend.models import Unit
from backend.scope import Actor, units_under, visible_to
from market import kpis
from market.boards.blocks import Column, Row, Table, column_of
from market.figures.drill import rows_behind
from market.figures.formulas import Figure
from visits import satisfaction
from visits.models import Breach, Intelligence, Remark
from visits.presence import NOT_COUNTED

RESTRICTED = "restricted.read"
MOST_SAID = 5
COUNT = Column("count", "件数", "how many", "count")
_SERVICE = (kpis.COVERAGE, kpis.PER_MANAGER, kpis.SETTLED, satisfaction.SATISFACTION, satisfaction.IN_TIME)
OF_UNITS: Final = tuple(one.id for one in _SERVICE)


def reads_restricted(actor: Actor, unit: Unit) -> bool:
    """Whether the actor may read what is restricted of the unit. No query."""
    return not set(unit.ancestors).isdisjoint(actor.units(RESTRICTED))


def below(units: Sequence[Unit], found: Mapping[int, Mapping[str, Figure]], month: date) -> Table:
    """The units right below by service, from figures already read (of OF_UNITS, by unit). Pure."""
    rows = tuple(
        Row(one.name, one.name_en or one.name, tuple(found[one.pk][shown.id].value for shown in _SERVICE),
            rows_behind(kpis.COVERAGE, one.pk, month), unit_id=one.pk)
        for one in units
    )  # fmt: skip
    return Table("units", "下级单位服务", "Service of the units below", tuple(map(column_of, _SERVICE)), rows)


def breaches(actor: Actor, unit: Unit, month: date) -> list[Table]:
    """Breaches reported in the month by kind, and, for who may read it, what is known of legal goods leaving."""
    rows = visible_to(Breach.objects.filter(month=month, territory_id__in=units_under([unit.pk])), actor)
    counted = dict(rows.exclude(kind=Breach.Kind.IRREGULAR).order_by().values_list("kind").annotate(Count("pk")))
    address = f"/api/v1/breaches?unit={unit.pk}&month={month:%Y-%m}&kind="
    told = _by_kind(Breach.Kind.choices, counted, address)
    tables = [Table("breaches", "违规上报", "Breaches reported", (COUNT,), told)]
    return [*tables, _outflow(actor, unit, month)] if reads_restricted(actor, unit) else tables


def _outflow(actor: Actor, unit: Unit, month: date) -> Table:
    """Remarks of irregular trade: how many, and the cartons that they speak of."""
    found = _lines(actor, unit, month).filter(kind=Remark.Kind.IRREGULAR)
    by_sureness = dict(found.order_by().values_list("confidence").annotate(Count("visit_id")))
    address = _list(unit, month, Remark.Kind.IRREGULAR)
    rows = tuple(
        Row(*names, (by_sureness[code],), f"{address}&confidence={code}" if code else address)
        for code, names in _SURENESS.items()
        if code in by_sureness
    )
    return Table("outflow", "卷烟异常流动（受限）", "Irregular trade (restricted)", (COUNT,), rows, is_restricted=True)


_SURENESS: dict[int | None, tuple[str, str]] = {
    Remark.Confidence.SEEN: ("亲见", "seen"),
    Remark.Confidence.LIKELY: ("可能", "likely"),
    Remark.Confidence.HEARD: ("听说", "heard of"),
    None: ("未注明", "not told"),
}


def digest(actor: Actor, unit: Unit, month: date) -> list[Table]:
    """Remarks by kind, and the surest and newest of them in their own words; nothing restricted or irregular."""
    rows = _lines(actor, unit, month).filter(is_restricted=False).exclude(
        Q(kind=Intelligence.PRODUCT) | Q(kind=Remark.Kind.IRREGULAR)
    )  # fmt: skip
    counted = dict(rows.order_by().values_list("kind").annotate(Count("visit_id")))
    kinds = _by_kind(Remark.Kind.choices, counted, _list(unit, month, ""))
    return [
        Table("kinds", "信息类别", "By kind", (COUNT,), kinds),
        Table("said", "可信度高的信息", "The surest of them", _OF_SAID, tuple(_said(rows, unit, month))),
    ]


_OF_SAID = (
    Column("on", "日期", "day", "date"),
    Column("shop", "零售户", "shop", "text"),
    Column("text", "内容", "what was said", "text"),
)


def _said(rows: QuerySet[Intelligence], unit: Unit, month: date) -> Iterable[Row]:
    surest = rows.exclude(text="").filter(confidence__isnull=False).select_related("retailer")
    for one in surest.order_by("-confidence", "-started_at", "visit_id", "place_no")[:MOST_SAID]:
        told = (one.on_date.isoformat(), one.retailer.name, one.text)
        yield Row(*_names(one.kind), told, f"{_list(unit, month, one.kind)}&confidence={one.confidence}")


def _lines(actor: Actor, unit: Unit, month: date) -> QuerySet[Intelligence]:
    """What visits that count learnt under the unit, as far as the actor may read it."""
    rows = Intelligence.objects.filter(month=month, territory_id__in=units_under([unit.pk]))
    return visible_to(rows.exclude(presence__in=NOT_COUNTED), actor)


def _list(unit: Unit, month: date, kind: str) -> str:
    days = f"since={month}&until={clock.month_end(month)}"
    return f"/api/v1/observations?unit={unit.pk}&{days}&counts=true&kind={kind}"


def _by_kind(choices: Iterable[tuple[str, Any]], counted: dict[str, int], address: str) -> tuple[Row, ...]:
    return tuple(
        Row(*_names(str(kind)), (counted[kind],), f"{address}{kind}") for kind, _ in choices if kind in counted
    )


_NAMES: dict[str, tuple[str, str]] = {}


def _names(kind: str) -> tuple[str, str]:
    """What a kind of remark or breach is called, in Chinese and English."""
    if kind not in _NAMES:
        labels = dict([*Breach.Kind.choices, *Remark.Kind.choices])
        with translation.override("zh-hans"):
            zh = str(labels[kind])
        with translation.override("en"):
            _NAMES[kind] = zh, str(labels[kind])
    return _NAMES[kind]
