"""The charts of the market boards as data: what `<trade-chart>` draws, the table beside it and its words.

Called by the views of the market. Numbers are figures of the boards in the unit that a reader sees (fen as yuan);
nothing is computed here. The element that draws them: web/boards_js/chart.ts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from django.utils.translation import gettext as _

from backend import clock
from backend.kpis import Number
from cycles.spring import FESTIVALS
from web.templatetags.board_tags import PLACES, plain

Kind = Literal["lines", "bars", "range", "map"]
Role = Literal["", "quiet", "forecast"]
DAYS_OFF = 7  # of the festival, from its eve
MOST_SERIES = 7


@dataclass(frozen=True)
class Series:
    """One line, one group of bars, or one mark of each range. `quiet`: what the others are held against."""

    name: str
    values: tuple[Number | None, ...]
    role: Role = ""


@dataclass(frozen=True)
class Chart:
    """What is drawn: a label for each value of each series. `links` and `codes` (of shapes) go with the labels."""

    key: str
    kind: Kind
    title: str
    unit: str
    measure: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    links: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    shapes: str = ""  # address of the shapes of a map
    shades: tuple[tuple[int, int, str], ...] = ()  # from label, to label, what it is
    reference: tuple[str, Number] | None = None

    @property
    def spec(self) -> dict[str, Any]:
        """What the element reads; plain numbers."""
        return {
            "kind": self.kind,
            "title": self.title,
            "measure": self.measure,
            "places": 2 if self.unit == "fen" else PLACES.get(self.unit, 0),
            "labels": self.labels,
            "series": [
                {"name": one.name, "role": one.role, "values": [self._drawn(value) for value in one.values]}
                for one in self.series
            ],
            "links": self.links,
            "codes": self.codes,
            "shapes": self.shapes,
            "shades": self.shades,
            "reference": self.reference and {"name": self.reference[0], "value": self._drawn(self.reference[1])},
        }

    @property
    def script(self) -> str:
        """The id of the script block that the element reads."""
        return f"chart-{self.key}"

    @property
    def rows(self) -> list[tuple[str, str, list[str]]]:
        """The table of the same: label, where it leads, the values as words."""
        links = self.links or ("",) * len(self.labels)
        return [
            (label, links[place], [plain(one.values[place], self.unit) for one in self.series])
            for place, label in enumerate(self.labels)
        ]

    @property
    def words(self) -> str:
        """What the picture shows, for who does not see it: the ends of a line, the largest and smallest of others."""
        known = [(value, self.labels[n]) for n, value in enumerate(self._main.values) if value is not None]
        if not known:
            return _("%(title)s: nothing is known.") % {"title": self.title}
        first, last = (known[0], known[-1]) if self.kind == "lines" else (max(known), min(known))
        told = {
            "title": self.title, "first": first[1], "last": last[1],
            "from": self._word(first[0]), "to": self._word(last[0]),
        }  # fmt: skip
        if self.kind == "lines":
            return _("%(title)s: %(first)s %(from)s, %(last)s %(to)s.") % told
        return _("%(title)s: largest %(first)s %(from)s, smallest %(last)s %(to)s.") % told

    @property
    def is_flat(self) -> bool:
        """Bars without any height: a sentence says so, and nothing is drawn."""
        return self.kind == "bars" and not any(value for one in self.series for value in one.values)

    @property
    def _main(self) -> Series:
        return next((one for one in self.series if not one.role), self.series[0])

    def _word(self, value: Number) -> str:
        return f"{plain(value, self.unit)} {self.measure}".strip()

    def _drawn(self, value: Number | None) -> float | int | None:
        if value is None:
            return None
        if self.unit == "fen":
            return float(Decimal(value) / 100)
        return value if isinstance(value, int) else float(value)


def festivals(months: Sequence[date]) -> tuple[tuple[int, int, str], ...]:
    """Which of these months hold days of the Spring Festival, as runs of places among them."""
    found: list[tuple[int, int, str]] = []
    for festival in FESTIVALS.values():
        eve = festival - timedelta(days=1)
        off = {clock.month_of(eve + timedelta(days=day)) for day in range(DAYS_OFF + 1)}
        places = [place for place, month in enumerate(months) if month in off]
        if places:
            found.append((places[0], places[-1], _("Spring Festival")))
    return tuple(sorted(found))
