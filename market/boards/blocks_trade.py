"""The tables of blocks 1 to 4: units below, price classes and bands, key products, states and margins.

Called by blocks_read.py. Every number is a figure of market/figures/values.py or of a board's named read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from backend.kpis import Kpi, kpi
from backend.models import Level, Unit
from market import kpis, queries
from market.boards import status
from market.boards.blocks import Cell, Column, Row, Table, column_of
from market.boards.key_board import SHOWN, KeyLine
from market.boards.status import PRICE, STOCK, TABLE, VOLUME, WORDS, Board, Line
from market.figures import counting, trade_kpis, values
from market.figures.beside import Asked
from market.figures.drill import SHOPS, rows_behind, rows_of
from market.figures.formulas import Figure
from market.figures.subjects import ALL, EVERYONE, Segment, Subject
from market.models import Launch, LaunchVerdict, SegmentKind, SubjectKind

CLASSES: Final = {
    1: ("一类", "class 1"), 2: ("二类", "class 2"), 3: ("三类", "class 3"), 4: ("四类", "class 4"),
    5: ("五类", "class 5"), 0: ("未定", "unknown"),
}  # fmt: skip
MARKET_TYPES: Final = (("C", "城镇", "urban"), ("X", "乡村", "rural"))
ON_MONTH = Column("on_month", "环比", "on last month", "percent")
ON_YEAR = Column("on_year", "同比", "on last year", "percent")


def _changes(sales: Figure, month: date) -> tuple[Cell, Cell]:
    """In percent; of a month that still runs nobody can tell."""
    return (sales.change_percent, sales.year_change_percent) if status.is_over(month) else (None, None)


OF_UNITS: Final = (kpis.SALES.id, kpis.SALES_RATE.id)


def below(units: Sequence[Unit], found: Mapping[int, Mapping[str, Figure]], month: date) -> Table:
    """The units right below with sales against target, from figures already read (of OF_UNITS, by unit). Pure."""
    rows = []
    for one in units:
        sales, rate = found[one.pk][kpis.SALES.id], found[one.pk][kpis.SALES_RATE.id]
        told = (sales.value, sales.target, rate.value, *_changes(sales, month))
        address = rows_behind(kpis.SALES, one.pk, month)
        rows.append(Row(one.name, one.name_en or one.name, told, address, unit_id=one.pk))
    target = Column("target", "目标(条)", "target, cartons", "cartons")
    columns = (column_of(kpis.SALES), target, column_of(kpis.SALES_RATE), ON_MONTH, ON_YEAR)
    return Table("units", "下级单位", "Units below", columns, tuple(rows))


def structure(unit_id: int, month: date) -> list[Table]:
    """Price classes and price bands: cartons, shares, change, value of a carton."""
    classes = _shares(unit_id, month, SubjectKind.PRICE_CLASS, ("class_share", "class_amount_share"))
    bands = _shares(unit_id, month, SubjectKind.PRICE_BAND, ("band_share", "band_amount_share"))
    return [
        Table("classes", "价类结构", "Price classes", *classes),
        Table("bands", "价位段结构", "Price bands", *bands),
    ]


def _shares(
    unit_id: int, month: date, kind: SubjectKind, shares: tuple[str, str]
) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    share, amount = (kpi(one) for one in shares)
    shown = (kpis.SALES, share, amount, trade_kpis.CARTON_VALUE)
    found = values.of_subjects(unit_id, month, kind, kpi_ids=[one.id for one in shown])
    names = queries.subject_names(kind, found)
    rows = []
    for pk, name in names.items():
        sales, subject = found[pk][kpis.SALES.id], Subject(kind, pk)
        told = (*(found[pk][one.id].value for one in shown), found[pk][share.id].last_year, *_changes(sales, month))
        label, label_en = CLASSES[pk] if kind == SubjectKind.PRICE_CLASS else (name, name)
        rows.append(Row(label, label_en, told, rows_behind(kpis.SALES, unit_id, month, subject), subject=subject))
    before = Column("share_last_year", "上年同月占比", "share a year before", "percent")
    return (*(column_of(one) for one in shown), before, ON_MONTH, ON_YEAR), tuple(rows)


def key_products(lines: Sequence[KeyLine], unit_id: int, month: date) -> list[Table]:
    """Each key product's figures, and where each launch stands."""
    rows = [
        Row(line.product.name, line.product.name, tuple(one.value for one in line.figures),
            f"{SHOPS}?unit={unit_id}&month={month:%Y-%m}&subject={line.subject}", subject=line.subject)
        for line in lines
        if line.is_key
    ]  # fmt: skip
    columns = tuple(column_of(kpi(one)) for one in SHOWN)
    launches = tuple(_launch(line) for line in lines if line.trial is not None)
    return [
        Table("key_products", "重点品规", "Key products", columns, tuple(rows)),
        Table("launches", "新品试销", "Launches", _OF_LAUNCH, launches),
    ]


_OF_LAUNCH = (
    Column("supply_on", "上市日期", "supplied from", "date"),
    Column("number", "试销第几月", "month of the launch", "count"),
    Column("state", "状态", "state", "text"),
    Column("missed", "未达标项", "goals missed", "text"),
    Column("verdict", "最近评定", "last verdict", "text"),
)
_STATES: dict[str, tuple[str, str]] = {
    Launch.State.TRIAL: ("试销", "on trial"),
    Launch.State.CURE: ("整改", "in cure"),
    Launch.State.EXIT_PROPOSED: ("建议退出", "exit proposed"),
    Launch.State.CLEARING: ("清库存", "stock is being cleared"),
}
_VERDICTS: dict[str, tuple[str, str]] = {
    LaunchVerdict.Outcome.PASSED: ("达标", "passed"),
    LaunchVerdict.Outcome.CURE: ("进入整改", "to be cured"),
    LaunchVerdict.Outcome.EXIT_PROPOSED: ("建议退出", "exit proposed"),
    LaunchVerdict.Outcome.CLEARED: ("已清", "gone"),
    LaunchVerdict.Outcome.LEFT_OVER: ("仍有库存", "stock left over"),
}
GOALS: dict[str, tuple[str, str]] = {
    "on_shelf": ("上柜率", "on the shelf"),
    "repurchase": ("复购率", "repurchase"),
    "sell_through": ("动销率", "sell-through"),
    "stock_ratio": ("存销比", "stock to sales"),
    "volume": ("月销量", "cartons a month"),
    "stock_left": ("剩余库存", "stock left"),
}


def _launch(line: KeyLine) -> Row:
    trial = line.trial
    if trial is None:
        raise ValueError(line.product)
    verdict = ("–", "–") if trial.verdict is None else _VERDICTS[trial.verdict.outcome]
    state = _STATES[trial.launch.state]
    missed = [GOALS[code] for code in trial.missed]
    zh, en = "、".join(one[0] for one in missed) or "–", ", ".join(one[1] for one in missed) or "–"
    first: tuple[Cell, Cell] = (trial.launch.supply_on.isoformat(), trial.number)
    return Row(
        line.product.name,
        line.product.name,
        (*first, state[0], zh, verdict[0]),
        f"/api/v1/launches?unit={trial.launch.unit_id}&product={line.product.pk}",
        subject=line.subject,
        values_en=(*first, state[1], en, verdict[1]),
    )


_SIDES: dict[str, tuple[str, str]] = {
    "above": ("偏高", "above guide"), "at_guide": ("正常", "at guide"), "below": ("偏低", "below guide"),
    "rising": ("增", "rising"), "steady": ("平", "steady"), "falling": ("减", "falling"),
    "short": ("偏少", "short"), "fitting": ("合理", "fitting"), "long": ("偏多", "long"),
}  # fmt: skip
_UNKNOWN = ("无法判断", "not known")


def side(code: str | None) -> tuple[str, str]:
    """What a side of price, volume or stock is called, in Chinese and English."""
    return _UNKNOWN if code is None else _SIDES[code]


def sides(line: Line) -> tuple[str | None, str | None, str | None]:
    """The codes of price, volume and stock; None where nobody can tell."""
    one = line.status
    told = ((PRICE, one.price), (VOLUME, one.volume), (STOCK, one.stock))
    price, volume, stock = (None if value is None else names[value] for names, value in told)
    return price, volume, stock


def states(board: Board, unit_id: int, month: date) -> list[Table]:
    """The market's state in a word with what it means, and how many products are of each."""
    codes = sides(board.whole)
    state = board.whole.status.state
    word, means_zh, means_en = (None, "–", "–") if state is None else TABLE[state]
    named = _UNKNOWN if word is None else WORDS[word]
    zh, en = ([side(code)[place] for code in codes] for place in (0, 1))
    whole = Row("全部规格", "All products", (*zh, named[0], means_zh), f"{BOARD}?unit={unit_id}&month={month:%Y-%m}",
                subject=ALL, values_en=(*en, named[1], means_en))  # fmt: skip
    counts = tuple(
        Row(*WORDS[one], (count,), f"{BOARD}?unit={unit_id}&month={month:%Y-%m}&word={one}")
        for one, count in board.counts.items()
    )
    return [
        Table("state", "市场状态", "State of the market", _OF_STATE, (whole,)),
        Table("words", "各状态规格数", "Products by state", (Column("count", "规格数", "products", "count"),), counts),
    ]


BOARD = "/api/v1/boards/status"
_OF_STATE = (
    Column("price", "价", "price", "text"),
    Column("volume", "量", "sales", "text"),
    Column("stock", "存", "stock", "text"),
    Column("word", "状态", "state", "text"),
    Column("means", "含义", "which means", "text"),
)
_OF_CLASS = (trade_kpis.MARGIN, trade_kpis.STOCK_TO_SALES, trade_kpis.DAYS_OF_SUPPLY)


def margins(unit: Unit, month: date) -> Table:
    """Margin, stock to sales and days of supply of each price class; from the county up the margin also among urban
    and rural shops (below it classes of shops are not kept: GET boards/subjects counts them when somebody asks)."""
    types = MARKET_TYPES if unit.level <= Level.COUNTY else ()
    everyone = _by_class(unit.pk, month, EVERYONE, _OF_CLASS)
    split = [_by_class(unit.pk, month, Segment(SegmentKind.MARKET_TYPE, code), _OF_CLASS[:1]) for code, *_ in types]
    rows = []
    for pk, (label, label_en) in CLASSES.items():
        told = [everyone.get(pk, {}).get(one.id) for one in _OF_CLASS]
        told[1:1] = [of.get(pk, {}).get(trade_kpis.MARGIN.id) for of in split]
        if any(value is not None for value in told):
            subject = Subject(SubjectKind.PRICE_CLASS, pk)
            address = rows_of(unit.pk, month, subject, EVERYONE)(trade_kpis.MARGIN.id)
            rows.append(Row(label, label_en, tuple(told), address, subject=subject))
    of_types = [Column(f"margin_{code}", f"毛利率({zh})", f"margin, {en}", "percent") for code, zh, en in types]
    columns = (column_of(_OF_CLASS[0]), *of_types, *(column_of(one) for one in _OF_CLASS[1:]))
    return Table("margins", "毛利与库存（按价类、市场类型）", "Margin and stock by class", columns, tuple(rows))


def _by_class(unit_id: int, month: date, segment: Segment, shown: Sequence[Kpi]) -> dict[int, values.Values]:
    wanted = [one.id for one in shown]
    asked = Asked((unit_id,), (month,), SubjectKind.PRICE_CLASS, None, segment, frozenset(wanted), is_stored=True)
    return {pk: values.figures_of(found, wanted) for (_, _, pk), found in counting.read(asked).items()}
