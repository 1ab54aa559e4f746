"""Figures over HTTP for any unit, month, subject and segment: one unit, side by side, by month, ranked, by subject, on
a map, and the shops behind. Every figure comes from market/figures/values.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from hashlib import blake2b
from typing import Any

from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock, parameters
from backend.errors import FieldError, Problem
from backend.http.views import ScopedView
from backend.kpis import kpi, percent
from backend.models import Level, Unit
from market import kpis, queries
from market.boards import asking, counties, overview
from market.boards import figures_shapes as shapes
from market.boards.api import defined, head, moment, number, unit_out
from market.boards.asking import about, kpi_ids, place
from market.boards.shapes import DevicesOut
from market.figures import drill_lists, values
from market.figures.drill import rows_of
from market.figures.drill_lists import Narrowed
from market.figures.formulas import Figure
from market.figures.subjects import ALL, EVERYONE, SUBJECT_NAMES, Crossed, Segment, Subject
from market.parameters import SILENT_HOURS


class Figures(ScopedView):
    """A unit's figures of a month, of one subject and one class of shops. Without `kpis` all that can be told."""

    needs = {"get": "boards.read"}
    queries = {"get": asking.FiguresQuery}
    answers = {"get": shapes.FiguresOut}
    problem_codes = ("not_found", "segments_not_crossed")

    def get(self, request: Request) -> Response:
        unit, month = place(self.actor, self.asked)
        subject, segment = about(self.asked, [unit])
        found = values.figures([unit.pk], month, kpi_ids(self.asked, subject, segment), subject, segment)[unit.pk]
        freshness = _freshness(unit, segment)
        silent = parameters.values([SILENT_HOURS], [unit.pk], clock.month_end(month))[unit.pk][SILENT_HOURS]
        phones = queries.phones(unit.pk, silent)
        rows = rows_of(unit.pk, month, subject, segment)
        more = {"scope": unit.pk, "as_of": moment(freshness.as_of), "period": f"{month:%Y-%m}"}
        told = {
            **head(unit, month, freshness),
            **_about(subject, segment),
            "time_progress": number(values.time_progress(month)),
            "devices_silent": DevicesOut(phones).data,
            "figures": [{**defined([f.kpi])[0], **_whole(f, rows), **more} for f in found.values()],
        }
        return Response(told)


class Compare(ScopedView):
    """Units side by side, over one month or several; each value with its rows. Units in the order named.

    Without `units` the highest of mine, without `months` the running one.
    """

    needs = {"get": "boards.read"}
    queries = {"get": asking.CompareQuery}
    answers = {"get": shapes.CompareOut}
    problem_codes = ("not_found", "segments_not_crossed")

    def get(self, request: Request) -> Response:
        units = asking.units_of(self.actor, self.asked)
        months = self.asked.get("months") or (clock.month_of(clock.today()),)
        _bounded(len(units) * len(months), months)
        subject, segment = about(self.asked, units)
        ids = kpi_ids(self.asked, subject, segment)
        found = values.by_month([u.pk for u in units], months, ids, subject, segment)
        rows = [
            {
                "unit": unit_out(unit),
                "month": f"{month:%Y-%m}",
                "values": _values(found[unit.pk, month], (unit.pk, month), subject, segment),
            }
            for unit in units
            for month in months
        ]
        return Response({**_about(subject, segment), "kpis": defined([kpi(k) for k in ids]), "rows": rows})


class Periods(ScopedView):
    """One unit over months, oldest first. Without `since` and `until` the thirteen up to the running one."""

    needs = {"get": "boards.read"}
    queries = {"get": asking.PeriodsQuery}
    answers = {"get": shapes.PeriodsOut}
    problem_codes = ("not_found", "segments_not_crossed")

    def get(self, request: Request) -> Response:
        unit, _ = place(self.actor, self.asked)
        until = self.asked.get("until") or clock.month_of(clock.today())
        since = self.asked.get("since") or clock.add_months(until, -12)
        count = (until.year - since.year) * 12 + until.month - since.month + 1
        if count < 1:
            raise Problem("bad_date", errors=[FieldError("bad_date", parameter="since")])
        if count > asking.MONTHS:
            raise asking.too_many("since", asking.MONTHS)
        months = [clock.add_months(since, step) for step in range(count)]
        subject, segment = about(self.asked, [unit])
        ids = kpi_ids(self.asked, subject, segment)
        found = values.by_month([unit.pk], months, ids, subject, segment)
        rows = [
            {
                "month": f"{month:%Y-%m}",
                "values": _values(found[unit.pk, month], (unit.pk, month), subject, segment),
            }
            for month in months
        ]
        told = {"unit": unit_out(unit), **_about(subject, segment), "kpis": defined([kpi(k) for k in ids])}
        return Response({**told, "freshness": head(unit, until, _freshness(unit, segment))["freshness"], "rows": rows})


class Rank(ScopedView):
    """Every unit of a level below one, by one figure; units without a value last, without a rank. Ties share one."""

    needs = {"get": "boards.read"}
    queries = {"get": asking.RankQuery}
    answers = {"get": shapes.RankOut}
    problem_codes = ("not_found", "segments_not_crossed")

    def get(self, request: Request) -> Response:
        unit, month = place(self.actor, self.asked)
        units = queries.units_below(unit, asking.level_of(self.asked, unit), month)
        subject, segment = about(self.asked, units)
        ids, wanted = [u.pk for u in units], self.asked["kpi"]
        found = values.figures(ids, month, [wanted], subject, segment) if ids else {}
        ranked = overview.ranked(units, {pk: of[wanted] for pk, of in found.items()}, self.asked["order"] == "falling")
        size, page = self.asked["page_size"], self.asked["page"]
        told = {
            **head(unit, month, _freshness(unit, segment)),
            **_about(subject, segment),
            "kpi": defined([kpi(wanted)])[0],
            "count": len(ranked),
            "rows": [
                {"rank": rank, "unit": unit_out(one), **_whole(figure, rows_of(one.pk, month, subject, segment))}
                for rank, one, figure in ranked[(page - 1) * size : page * size]
            ],
        }
        return Response(told)


class Subjects(ScopedView):
    """Every brand, price class, price band or product of a unit's month, with its figures.

    Without `kpis` those that most ask for. `sort` names a figure of the answer; `-` before it puts the largest first.
    """

    needs = {"get": "boards.read"}
    queries = {"get": asking.SubjectsQuery}
    answers = {"get": shapes.SubjectsOut}
    problem_codes = ("not_found", "segments_not_crossed")

    def get(self, request: Request) -> Response:
        unit, month = place(self.actor, self.asked)
        kind = asking.KINDS[self.asked["by"]]
        _, segment = about(self.asked, [unit])
        ids = self.asked.get("kpis") or [k for k in values.told_of(kind, segment) if k in kpis.OF_A_SUBJECT]
        found = overview.subjects_board(unit, month, kind, segment, ids)
        rows = [
            {
                "subject": str(row.subject),
                "name": row.name,
                "figures": _figures(row.figures, rows_of(unit.pk, month, row.subject, segment)),
            }
            for row in overview.in_order(found, self.asked.get("sort", ""))
        ]
        told = {"by": SUBJECT_NAMES[kind], "segment": str(segment), "subjects": rows}
        known = [figure.kpi for figure in found[0].figures] if found else []
        return Response({**head(unit, month, _freshness(unit, segment)), "kpis": defined(known), **told})


class Map(ScopedView):
    """One figure of every county below a unit, to be painted on the shapes of /boards/shapes (`shape` is the code)."""

    needs = {"get": "boards.read"}
    queries = {"get": asking.MapQuery}
    answers = {"get": shapes.MapOut}
    problem_codes = ("not_found", "segments_not_crossed")

    def get(self, request: Request) -> Response:
        unit, month = place(self.actor, self.asked)
        units = queries.units_below(unit, Level.COUNTY, month)
        subject, segment = about(self.asked, units)
        wanted = self.asked["kpi"]
        found = values.figures([u.pk for u in units], month, [wanted], subject, segment) if units else {}
        drawn = counties.codes()
        rows = [
            {
                "unit": unit_out(one),
                "shape": one.code if one.code in drawn else None,
                **_whole(found[one.pk][wanted], rows_of(one.pk, month, subject, segment)),
            }
            for one in units
        ]
        told = {**_about(subject, segment), "kpi": defined([kpi(wanted)])[0], "counties": rows}
        return Response({**head(unit, month, _freshness(unit, segment)), **told})


class Shapes(ScopedView):
    """The shapes of the counties below a unit as GeoJSON (WGS-84), with an ETag; those that nobody drew are absent."""

    needs = {"get": "boards.read"}
    queries = {"get": asking.ShapesQuery}
    answers = {"get": shapes.ShapesOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit, month = place(self.actor, self.asked)
        told = counties.shapes({one.code for one in queries.units_below(unit, Level.COUNTY, month)})
        tag = f'"{blake2b(JSONRenderer().render(told), digest_size=12).hexdigest()}"'
        if tag in request.META.get("HTTP_IF_NONE_MATCH", ""):
            return Response(status=304, headers={"ETag": tag})
        return Response(told, headers={"ETag": tag})


class Shops(ScopedView):
    """The shops that a unit's figures of a month count, by code: what they bought, how often they were seen.

    `moved_with_shop` is what the figures count of shops that the reader may open no more: listed + moved = figure.
    `after` is the code of the last shop seen.
    """

    needs = {"get": "boards.read"}
    queries = {"get": asking.ShopsQuery}
    answers = {"get": shapes.ShopsOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit, month = place(self.actor, self.asked)
        subject, segment = self.asked.get("subject", ALL), self.asked.get("segment", EVERYONE)
        asked, size = Narrowed(unit.pk, month, subject, segment), self.asked["page_size"]
        products = asked.products()
        found = drill_lists.shops(self.actor, asked, self.asked["after"], size)
        rows = drill_lists.shop_rows(self.actor, asked, found[:size], products)
        for row in rows:
            row["rows"] = f"/api/v1/orders?retailer={row['retailer']}&month={month:%Y-%m}"
        told = {
            **head(unit, month, _freshness(unit, segment)),
            **_about(subject, segment),
            "results": rows,
            "after": found[size - 1].code if len(found) > size else None,
            "moved_with_shop": drill_lists.moved_shops(self.actor, asked, products),
        }
        return Response(told)


def _freshness(unit: Unit, segment: Segment | Crossed) -> queries.Freshness:
    """What classes of shops add comes later; two classes at once are counted live."""
    return queries.freshness(unit.pk, of_classes=isinstance(segment, Segment) and segment != EVERYONE)


def _about(subject: Subject, segment: Segment | Crossed) -> dict[str, str]:
    return {"subject": str(subject), "segment": str(segment)}


def _bounded(cells: int, months: Sequence[date]) -> None:
    if len(months) > asking.MONTHS:
        raise asking.too_many("months", asking.MONTHS)
    if cells > asking.CELLS:
        raise asking.too_many("units", asking.CELLS // len(months))


def _values(
    found: values.Values, place: tuple[int, date], subject: Subject, segment: Segment | Crossed
) -> list[dict[str, Any]]:
    rows = rows_of(*place, subject, segment)
    return [{"kpi": k, "value": number(value), "rows": rows(k)} for k, value in found.items()]


def _figures(figures: Iterable[Figure], rows: Callable[[str], str]) -> list[dict[str, Any]]:
    return [_whole(figure, rows) for figure in figures]


def _whole(figure: Figure, rows: Callable[[str], str]) -> dict[str, Any]:
    """One figure as WholeValueOut describes it; written by hand because a board has thousands of them."""
    value, previous, last_year = figure.value, figure.previous, figure.last_year
    change = None if value is None or previous is None else value - previous
    year_change = None if value is None or last_year is None else value - last_year
    return {
        "kpi": figure.kpi.id,
        "value": number(value),
        "previous": number(previous),
        "change": number(change),
        "change_percent": number(percent(change, previous)),
        "last_year": number(last_year),
        "year_change": number(year_change),
        "year_change_percent": number(percent(year_change, last_year)),
        "target": number(figure.target),
        "rows": rows(figure.kpi.id),
    }
