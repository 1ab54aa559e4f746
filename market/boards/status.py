"""What state a market is in: price, volume and stock (量价存) of each product, folded to one of five words. Pure rules.

Read by the board of states and by block 4. Thresholds are those by which findings on a territory are made, so both say
the same. The table of the 27 states and what each means: docs/method.md, State of the market.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from backend import clock, parameters
from backend.kpis import Number
from market import kpis, queries
from market.figures import trade_kpis, values
from market.figures.formulas import Figure
from market.figures.subjects import ALL, Subject
from market.models import SubjectKind
from market.parameters import SALES_MOVED

# Declared by the rules on a territory (cycles/rules/status.py): one line for findings and boards.
INDEX_OFF, STOCK_LOW, STOCK_HIGH = "market.index_off", "market.stock_low", "market.stock_high"
READ: Final = (kpis.INDEX.id, kpis.SALES.id, trade_kpis.STOCK_TO_SALES.id)


class Word(StrEnum):
    """How tight a market is."""

    TIGHT = "tight"
    RATHER_TIGHT = "rather_tight"
    BALANCED = "balanced"
    RATHER_LOOSE = "rather_loose"
    LOOSE = "loose"


WORDS: Final[dict[Word, tuple[str, str]]] = {
    Word.TIGHT: ("紧", "tight"),
    Word.RATHER_TIGHT: ("稍紧", "rather tight"),
    Word.BALANCED: ("平衡", "balanced"),
    Word.RATHER_LOOSE: ("稍松", "rather loose"),
    Word.LOOSE: ("松", "loose"),
}


class State(NamedTuple):
    """Each +1 where it speaks of a tight market, -1 of a loose one: the price above the guide, sales rising, stock
    short; 0 in between."""

    price: int
    volume: int
    stock: int


PRICE: Final = {1: "above", 0: "at_guide", -1: "below"}
VOLUME: Final = {1: "rising", 0: "steady", -1: "falling"}
STOCK: Final = {1: "short", 0: "fitting", -1: "long"}

_T, _RT, _B, _RL, _L = Word
# Price and stock decide: both are what the market itself says. Sales, which supply moves too, tip the balance.
TABLE: Final[dict[State, tuple[Word, str, str]]] = {
    State(1, 1, 1): (_T, "需求旺盛，供不应求", "demand outruns supply"),
    State(1, 0, 1): (_T, "货源跟不上需求", "supply does not follow demand"),
    State(1, -1, 1): (_T, "投放减少，市场缺货", "less is supplied and shops run out"),
    State(1, 1, 0): (_T, "需求走强，量价齐升", "demand grows, prices and sales rise together"),
    State(1, 0, 0): (_RT, "需求略大于供应", "demand is somewhat above supply"),
    State(1, -1, 0): (_RT, "投放减少，价格坚挺", "less is supplied and the price holds"),
    State(0, 1, 1): (_T, "卖得快，库存见底", "it sells fast and stock runs down"),
    State(0, 0, 1): (_RT, "销售平稳，库存偏薄", "sales are steady, stock is thin"),
    State(0, -1, 1): (_RT, "进货减少，库存下降", "shops buy less and live on their stock"),
    State(1, 1, -1): (_RT, "备货增加，价格仍高", "shops stock up while the price is high"),
    State(1, 0, -1): (_B, "价高而货多，须核实是否惜售", "dear although in stock: see whether it is held back"),
    State(1, -1, -1): (_RL, "价格偏高，货走不动", "too dear to sell"),
    State(0, 1, 0): (_RT, "价稳量增，销势向好", "the price holds and sales grow"),
    State(0, 0, 0): (_B, "量价存均正常", "price, sales and stock are as they should be"),
    State(0, -1, 0): (_RL, "价稳量减，需求转弱", "the price holds and demand weakens"),
    State(-1, 1, 1): (_RT, "低价走量，库存快速消化", "sold cheaply, and stock goes fast"),
    State(-1, 0, 1): (_B, "库存已去，价格尚未恢复", "stock is gone, the price has not come back"),
    State(-1, -1, 1): (_RL, "需求偏弱，店铺少进货", "demand is weak and shops buy little"),
    State(0, 1, -1): (_RL, "进货多于卖出", "shops buy more than they sell"),
    State(0, 0, -1): (_RL, "销售平稳，库存偏厚", "sales are steady, stock is thick"),
    State(0, -1, -1): (_L, "卖不动，库存积压", "it does not sell and piles up"),
    State(-1, 1, 0): (_RL, "靠降价走量", "sales grow because it is sold cheaply"),
    State(-1, 0, 0): (_RL, "价格承压", "the price is under pressure"),
    State(-1, -1, 0): (_L, "需求走弱，价格下滑", "demand weakens and the price slips"),
    State(-1, 1, -1): (_L, "投放过量，价格下滑", "too much is supplied and the price slips"),
    State(-1, 0, -1): (_L, "供大于求，价格下滑", "supply is above demand and the price slips"),
    State(-1, -1, -1): (_L, "货多价低，需求萎缩", "too much, too cheap, and demand shrinks"),
}


@dataclass(frozen=True)
class Limits:
    """Within these a price, sales and stock are as they should be."""

    index_off: Decimal  # of 100
    sales_moved: Decimal  # percent
    stock_low: Decimal
    stock_high: Decimal


@dataclass(frozen=True)
class Status:
    """What is known of the three, and what follows when all are known. `against`: last_year, last_month, or nothing."""

    price: int | None
    volume: int | None
    stock: int | None
    change: Number | None
    against: str

    @property
    def state(self) -> State | None:
        if self.price is None or self.volume is None or self.stock is None:
            return None
        return State(self.price, self.volume, self.stock)

    @property
    def word(self) -> Word | None:
        """None where one of the three is not known."""
        return None if self.state is None else TABLE[self.state][0]

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of price, volume and stock nobody can tell."""
        known = {"price": self.price, "volume": self.volume, "stock": self.stock}
        return tuple(name for name, value in known.items() if value is None)


def status_of(found: Mapping[str, Figure], limits: Limits, *, is_over: bool = True) -> Status:
    """The state that the figures of a subject's month tell; sales of a month that still runs tell nothing. Pure.

    A value exactly at a limit is within it. Sales are held against last year's, or last month's where there were none.
    """
    sales, index, ratio = found[kpis.SALES.id], found[kpis.INDEX.id].value, found[trade_kpis.STOCK_TO_SALES.id].value
    change, against = None, ""
    if is_over and sales.year_change_percent is not None:
        change, against = sales.year_change_percent, "last_year"
    elif is_over and sales.change_percent is not None:
        change, against = sales.change_percent, "last_month"
    return Status(
        price=_side(index, 100 - limits.index_off, 100 + limits.index_off),
        volume=_side(change, -limits.sales_moved, limits.sales_moved),
        stock=_turned(_side(ratio, limits.stock_low, limits.stock_high)),
        change=change,
        against=against,
    )


def _side(value: Number | None, low: Decimal, high: Decimal) -> int | None:
    return None if value is None else (value > high) - (value < low)


def _turned(side: int | None) -> int | None:
    return None if side is None else -side


def limits_of(unit_id: int, month: date) -> Limits:
    """Those in force in the unit on the month's last day. One query."""
    held = parameters.values([INDEX_OFF, SALES_MOVED, STOCK_LOW, STOCK_HIGH], [unit_id], clock.month_end(month))
    return Limits(*(Decimal(str(held[unit_id][key])) for key in (INDEX_OFF, SALES_MOVED, STOCK_LOW, STOCK_HIGH)))


def is_over(month: date) -> bool:
    return clock.month_end(month) < clock.today()


@dataclass(frozen=True)
class Line:
    """The state of all products, or of one."""

    subject: Subject
    name: str
    figures: tuple[Figure, ...]
    status: Status


@dataclass(frozen=True)
class Board:
    """A unit's month: the whole market first, then every product that was seen, sold or wanted there, by code."""

    limits: Limits
    whole: Line
    products: tuple[Line, ...]

    @property
    def counts(self) -> dict[Word, int]:
        """Products by word; those of unknown state are in none."""
        told = [line.status.word for line in self.products]
        return {word: told.count(word) for word in Word}


def board(unit_id: int, month: date) -> Board:
    """The states of a unit's month. A constant number of queries for any number of products."""
    whole = values.figures([unit_id], month, READ)[unit_id]
    return of(unit_id, month, whole, values.of_subjects(unit_id, month, SubjectKind.PRODUCT, kpi_ids=READ))


def of(unit_id: int, month: date, whole: Mapping[str, Figure], found: Mapping[int, Mapping[str, Figure]]) -> Board:
    """The states that figures already read tell, of all products and by product. Two queries."""
    limits, over = limits_of(unit_id, month), is_over(month)
    names = queries.subject_names(SubjectKind.PRODUCT, found)

    def line(subject: Subject, name: str, figures: Mapping[str, Figure]) -> Line:
        told = tuple(figures[kpi_id] for kpi_id in READ)
        return Line(subject, name, told, status_of(figures, limits, is_over=over))

    rows = (line(Subject(SubjectKind.PRODUCT, pk), name, found[pk]) for pk, name in names.items())
    return Board(limits, line(ALL, "", whole), tuple(rows))
