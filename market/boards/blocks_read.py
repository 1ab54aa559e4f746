"""Reads blocks 1 to 8 of a unit's month as far as the market knows them; cycles/blocks.py adds what the months know.

Figures come from market/figures/values.py and the named reads of their boards; what is listed is what the reader may
see. A constant number of queries, whatever the unit's size. What each block holds: docs/method.md, The nine blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from backend.models import Unit
from backend.scope import Actor
from market import kpis, queries
from market.boards import blocks_acts, blocks_trade, concentration, key_board, status
from market.boards.blocks import Block, Table, make
from market.figures import trade_kpis, values
from market.figures.formulas import Figure
from market.models import SubjectKind
from market.queries import Freshness
from visits import compliance, satisfaction

OF_MARKET = (1, 2, 3, 4, 5, 6, 7, 8)
FIGURES: dict[int, tuple[str, ...]] = {
    1: (kpis.SALES.id, kpis.SALES_RATE.id),
    2: (kpis.AMOUNT.id, trade_kpis.CARTON_VALUE.id, trade_kpis.REVENUE_PER_BOX.id, kpis.ORDERS.id,
        trade_kpis.FILL_RATE.id, trade_kpis.TAKEN_RATE.id, trade_kpis.REACH_RATE.id),
    3: (trade_kpis.SELL_THROUGH_RATE.id, trade_kpis.REPURCHASE_RATE.id, trade_kpis.COMPANY_STOCKOUT.id,
        trade_kpis.CLIENT_STOCKOUT.id, kpis.PITCHED.id),
    4: (kpis.INDEX.id, trade_kpis.COMPLIANCE.id, trade_kpis.SOCIAL_SALES.id, trade_kpis.SOCIAL_STOCK.id,
        trade_kpis.STOCK_TO_SALES.id, trade_kpis.DAYS_OF_SUPPLY.id, trade_kpis.SELL_THROUGH_RATIO.id,
        trade_kpis.MARGIN.id),
    5: (kpis.ACTIVE.id, kpis.ORDERING.id, kpis.NEW.id, kpis.CLOSED.id, kpis.TIER_UP.id, kpis.TIER_DOWN.id,
        kpis.RAISED.id),
    6: (kpis.COVERAGE.id, kpis.PER_MANAGER.id, kpis.SETTLED.id, satisfaction.SATISFACTION.id, satisfaction.IN_TIME.id,
        satisfaction.KEPT.id, kpis.BRIEFED.id, kpis.UNDERSTOOD.id),
    7: (compliance.TAGS.id, compliance.LICENCE.id, compliance.MINORS.id, kpis.COMPLIANT.id, compliance.MENDING.id,
        compliance.LATE.id),
    8: (kpis.NOTES.id, kpis.OBSERVATIONS.id),
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """Whose blocks, of which unit and month; what several of them rest on is read once."""

    actor: Actor
    unit: Unit
    month: date
    numbers: tuple[int, ...]

    @cached_property
    def freshness(self) -> Freshness:
        return queries.freshness(self.unit.pk)

    @cached_property
    def figures(self) -> Mapping[str, Figure]:
        """All figures that the blocks asked for need of the unit."""
        own = [kpi_id for number in self.numbers for kpi_id in FIGURES[number]]
        wanted = dict.fromkeys([*own, *(status.READ if 4 in self.numbers else ())])
        return values.figures([self.unit.pk], self.month, list(wanted))[self.unit.pk]

    @cached_property
    def units(self) -> list[Unit]:
        """Those right below."""
        return list(queries.children(self.unit, self.month))

    @cached_property
    def below(self) -> Mapping[int, Mapping[str, Figure]]:
        """All figures that the blocks asked for need of the units right below, by unit."""
        wanted = [
            *(blocks_trade.OF_UNITS if 1 in self.numbers else ()),
            *(blocks_acts.OF_UNITS if 6 in self.numbers else ()),
        ]
        return values.figures([one.pk for one in self.units], self.month, wanted) if self.units else {}

    @cached_property
    def products(self) -> Mapping[int, Mapping[str, Figure]]:
        wanted = {*(key_board.READ if 3 in self.numbers else ()), *(status.READ if 4 in self.numbers else ())}
        return values.of_subjects(self.unit.pk, self.month, SubjectKind.PRODUCT, kpi_ids=sorted(wanted))


def block(number: int, actor: Actor, unit: Unit, month: date) -> Block:
    """One of the blocks 1 to 8; KeyError for another number."""
    return blocks(actor, unit, month, (number,))[0]


def blocks(actor: Actor, unit: Unit, month: date, numbers: Sequence[int] = OF_MARKET) -> tuple[Block, ...]:
    """These blocks, in that order; each fact is read once for all of them. KeyError for another number than 1 to 8."""
    asked = Asked(actor, unit, month, tuple(numbers))
    return tuple(_TABLES[number](asked, number) for number in numbers)


def _made(asked: Asked, number: int, tables: Iterable[Table] = (), more: Iterable[Figure] = ()) -> Block:
    own = [asked.figures[kpi_id] for kpi_id in FIGURES[number]]
    return make(number, [*own, *more], tables, asked.freshness)


def _headline(asked: Asked, number: int) -> Block:
    return _made(asked, number, [blocks_trade.below(asked.units, asked.below, asked.month)])


def _structure(asked: Asked, number: int) -> Block:
    return _made(asked, number, blocks_trade.structure(asked.unit.pk, asked.month))


def _brands(asked: Asked, number: int) -> Block:
    lines = key_board.of(asked.actor, asked.unit, asked.month, asked.products)
    return _made(asked, number, blocks_trade.key_products(lines, asked.unit.pk, asked.month))


def _status(asked: Asked, number: int) -> Block:
    board = status.of(asked.unit.pk, asked.month, asked.figures, asked.products)
    states = blocks_trade.states(board, asked.unit.pk, asked.month)
    return _made(asked, number, [*states, blocks_trade.margins(asked.unit, asked.month)])


def _clients(asked: Asked, number: int) -> Block:
    found = concentration.figures([asked.unit.pk], asked.month)[asked.unit.pk]
    return _made(asked, number, more=found.values())


def _service(asked: Asked, number: int) -> Block:
    return _made(asked, number, [blocks_acts.below(asked.units, asked.below, asked.month)])


def _compliance(asked: Asked, number: int) -> Block:
    return _made(asked, number, blocks_acts.breaches(asked.actor, asked.unit, asked.month))


def _intelligence(asked: Asked, number: int) -> Block:
    return _made(asked, number, blocks_acts.digest(asked.actor, asked.unit, asked.month))


_TABLES: dict[int, Callable[[Asked, int], Block]] = {
    1: _headline,
    2: _structure,
    3: _brands,
    4: _status,
    5: _clients,
    6: _service,
    7: _compliance,
    8: _intelligence,
}
