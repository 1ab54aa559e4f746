"""What the boards of figures may be asked, and how it is understood; used by the board_*_api.py files.

What cannot be understood is bad_parameter with its name; a unit outside the asker's scope is not_found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.fields import empty

from backend import clock
from backend.errors import FieldError, Problem, register
from backend.http.serializers import MonthField
from backend.models import Level, Unit
from backend.scope import Actor
from market import queries
from market.boards import overview
from market.figures import formulas, subjects, values
from market.figures.subjects import ALL, EVERYONE, Crossed, Segment, Subject

UNITS, MONTHS, CELLS = 60, 25, 600  # of one comparison

register(
    "segments_not_crossed",
    422,
    ("两类客户的交叉只在市场部及以下提供", "Two classes of shops are crossed at market office and below only"),
    (
        "请换用市场部或片区，或只用一类客户。",
        "Ask about a market office or a territory, or about one class of shops.",
    ),
)


class Parsed(serializers.CharField):
    """A text that means something: `parse` says what, and raises ValueError where it means nothing."""

    parse: ClassVar[Callable[[str], Any]]

    def run_validation(self, data: Any = empty) -> Any:
        try:
            return type(self).parse(super().run_validation(data))
        except ValueError:
            raise serializers.ValidationError("bad_parameter", code="bad_parameter") from None


def _kpis(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(text.split(",")))
    if not set(found) <= formulas.FORMULAS.keys():
        raise ValueError(text)
    return found


def _ids(text: str) -> tuple[int, ...]:
    if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in text.split(",")):
        raise ValueError(text)
    return tuple(dict.fromkeys(map(int, text.split(","))))


def _months(text: str) -> tuple[date, ...]:
    return tuple(dict.fromkeys(map(MonthField().to_internal_value, text.split(","))))


class SubjectField(Parsed):
    parse = subjects.subject

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=40, help_text="all, brand:12, class:2, band:3 or product:88", **more)


class SegmentField(Parsed):
    parse = subjects.segments

    def __init__(self, **more: Any) -> None:
        told = "all, market_type:C, business_type:B or tier:12; at market office and below two with a comma"
        super().__init__(max_length=60, help_text=told, **more)


class FiguresField(Parsed):
    parse = _kpis

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=2_000, help_text="ids of figures, with commas between them", **more)


class IdsField(Parsed):
    parse = _ids


class MonthsField(Parsed):
    parse = _months


class PlaceQuery(serializers.Serializer[Any]):
    unit = serializers.IntegerField(required=False, min_value=-(2**63), max_value=2**63 - 1)
    month = MonthField(required=False)


class AboutQuery(serializers.Serializer[Any]):
    subject = SubjectField(required=False)
    segment = SegmentField(required=False)


class FiguresQuery(PlaceQuery, AboutQuery):
    kpis = FiguresField(required=False)


class CompareQuery(AboutQuery):
    units = IdsField(
        required=False, max_length=1_200, help_text=f"ids of units, at most {UNITS}, with commas between them"
    )
    months = MonthsField(
        required=False, max_length=250, help_text=f"months, at most {MONTHS}, with commas between them"
    )
    kpis = FiguresField(required=False)


class PeriodsQuery(AboutQuery):
    unit = serializers.IntegerField(required=False, min_value=-(2**63), max_value=2**63 - 1)
    since = MonthField(required=False)
    until = MonthField(required=False)
    kpis = FiguresField(required=False)


_LEVELS = [level.name.lower() for level in Level if level != Level.NATION]


class RankQuery(PlaceQuery, AboutQuery):
    kpi = serializers.ChoiceField(choices=list(formulas.FORMULAS), default="sales")
    level = serializers.ChoiceField(choices=_LEVELS, required=False, help_text="Default: the level right below.")
    order = serializers.ChoiceField(choices=["falling", "rising"], default="falling")
    page = serializers.IntegerField(default=1, min_value=1, max_value=1_000)
    page_size = serializers.IntegerField(default=50, min_value=1, max_value=200)


KINDS = {name: kind for kind, name in subjects.SUBJECT_NAMES.items() if name != "all"}


class SubjectsQuery(PlaceQuery):
    by = serializers.ChoiceField(choices=list(KINDS), default="brand")
    segment = SegmentField(required=False)
    kpis = FiguresField(required=False)
    sort = serializers.CharField(required=False, max_length=60)


class MapQuery(PlaceQuery, AboutQuery):
    kpi = serializers.ChoiceField(choices=list(formulas.FORMULAS), default="sales")


class ShopsQuery(PlaceQuery, AboutQuery):
    after = serializers.CharField(default="", max_length=20)
    page_size = serializers.IntegerField(default=50, min_value=1, max_value=200)


class ShapesQuery(serializers.Serializer[Any]):
    unit = serializers.IntegerField(required=False, min_value=-(2**63), max_value=2**63 - 1)


def place(actor: Actor, asked: Mapping[str, Any]) -> tuple[Unit, date]:
    """The unit and month asked about; without them the highest of mine and the running month. One query."""
    return overview.unit_for(actor, asked.get("unit")), asked.get("month") or clock.month_of(clock.today())


def about(asked: Mapping[str, Any], units: Iterable[Unit]) -> tuple[Subject, Segment | Crossed]:
    """Subject and segment; `segments_not_crossed` where two are crossed above a market office. Pure."""
    segment: Segment | Crossed = asked.get("segment", EVERYONE)
    if isinstance(segment, Crossed) and any(unit.level < Level.OFFICE for unit in units):
        raise Problem("segments_not_crossed")
    return asked.get("subject", ALL), segment


def kpi_ids(asked: Mapping[str, Any], subject: Subject, segment: Segment | Crossed) -> tuple[str, ...]:
    """The figures named, or all that can be told of such a subject."""
    named: tuple[str, ...] = asked.get("kpis") or values.told_of(subject.kind, segment)
    return named


def units_of(actor: Actor, asked: Mapping[str, Any]) -> list[Unit]:
    """The units named, in that order, else the highest of the actor's own; `not_found` when one of them is not the
    actor's to open. One query."""
    unit_ids: Sequence[int] = asked.get("units", ())
    if not unit_ids:
        return [overview.unit_for(actor, None)]
    if len(unit_ids) > UNITS:
        raise too_many("units", UNITS)
    found = queries.board_units(actor).in_bulk(list(unit_ids))
    if len(found) < len(unit_ids):
        raise Problem("not_found")
    return [found[pk] for pk in unit_ids]


def level_of(asked: Mapping[str, Any], unit: Unit) -> Level:
    """The level named, else the one right below the unit (a territory's own). Pure."""
    return Level[asked["level"].upper()] if "level" in asked else Level(min(unit.level + 1, Level.TERRITORY))


def too_many(parameter: str, most: int) -> Problem:
    return Problem(
        "bad_parameter", errors=[FieldError("bad_parameter", f"至多 {most}", f"at most {most}", "", parameter)]
    )
