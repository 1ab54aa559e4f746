"""From a kind's columns to what is selected for a file: masks, formulas made harmless, money in yuan, dates as cells.

Pure: SQL texts of our own, no value of anybody's. Read by the three writers and by the manifest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from backend.exports.kinds import Column, ExportKind, Personal, Type

# A spreadsheet computes what begins with = + - @, also full-width, and some skip blanks and controls before it.
FORMULA_STARTS = "=+-@\uff1d\uff0b\uff0d\uff20\u2212"
BLANK_STARTS = "\x7f\x85\u00a0\u00ad\u1680\u180e\u2028\u2029\u202f\u205f\u2060\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x2010))
)
_RISKY = ", ".join(map(str, [*range(1, 33), *map(ord, FORMULA_STARTS + BLANK_STARTS)]))
LONGEST_CELL = 32_767  # characters, of a cell of a spreadsheet
_LONG_NUMBER = r"\d([ -]?\d){6,}"  # seven digits or more: of a phone, a licence, an identity card
_EPOCH = "'1899-12-30'"  # day 0 of a spreadsheet


@dataclass(frozen=True)
class Shown:
    """One column of the file: what it holds, its heading, the kind's SQL for it, and whether something is masked."""

    name: str
    title: str
    title_en: str
    type: Type
    sql: str
    raw: str  # the same before it is masked: a mask keeps the first character, or puts * there
    scale: int = 0
    is_masked: bool = False

    def heading(self, *, is_english: bool) -> str:
        return self.title_en if is_english else self.title


def shown(kind: ExportKind, *, masked: bool) -> list[Shown]:
    """The columns of the file, in their order; an amount in fen is followed by the same in yuan."""
    found: list[Shown] = []
    for column in kind.columns:
        hides, raw = masked and column.personal is not None, f'q."{column.name}"'
        sql = _masked(column, raw) if hides else raw
        kept = Shown(column.name, column.title, column.title_en, column.type, sql, raw, column.scale, hides)
        found += _money(kept) if column.type == Type.FEN else [kept]
    return found


def _money(fen: Shown) -> list[Shown]:
    """Fen as they are, and exact yuan beside them."""
    in_fen = replace(fen, title=f"{fen.title}(分)", title_en=f"{fen.title_en}, fen", type=Type.INTEGER)
    in_yuan = replace(
        fen,
        name=fen.name.removesuffix("_fen") + "_yuan",
        title=f"{fen.title}(元)",
        title_en=f"{fen.title_en}, yuan",
        type=Type.DECIMAL,
        sql=f"(({fen.sql})::numeric / 100)::numeric(20, 2)",
        scale=2,
    )
    return [in_fen, in_yuan]


def _masked(column: Column, sql: str) -> str:
    masks = {
        Personal.NAME: f"CASE WHEN {sql} = '' THEN '' ELSE left({sql}, 1) || '**' END",
        Personal.NUMBER: f"CASE WHEN {sql} = '' THEN '' ELSE left({sql}, 4) || '****' END",
        Personal.HIDDEN: f"CASE WHEN {sql} <> '' THEN '***' ELSE {sql} END",
        Personal.POINT: f"round(({sql}) * 100) / 100",
        # Cheaper to look for than to replace: most notes hold no number.
        Personal.WORDS: f"CASE WHEN octet_length({sql}) > 6 AND {sql} ~ '{_LONG_NUMBER}'"
        f" THEN regexp_replace({sql}, '{_LONG_NUMBER}', '***', 'g') ELSE {sql} END",
    }
    return masks[column.personal or Personal.HIDDEN]


def as_csv(column: Shown, *, is_english: bool) -> str:
    """For a CSV that people open in a spreadsheet."""
    yes, no = ("yes", "no") if is_english else ("是", "否")
    if column.type == Type.TEXT:
        return f"CASE WHEN {risky(column.raw)} THEN '''' || ({column.sql}) ELSE ({column.sql}) END"
    if column.type == Type.BOOLEAN:
        return f"CASE ({column.sql}) WHEN true THEN '{yes}' WHEN false THEN '{no}' END"
    if column.type == Type.MONTH:
        return f"left(({column.sql})::text, 7)"
    return column.sql


def as_parquet(column: Shown) -> str:
    """For typed columns that programs read: as it is."""
    return column.sql


def as_xlsx(column: Shown) -> str:
    """For typed cells: numbers for everything that is counted, days and moments included; else text."""
    sql = f"({column.sql})"
    if column.type == Type.DATE or column.type == Type.MONTH:
        return f"({sql} - date {_EPOCH})::float8"
    if column.type == Type.MOMENT:
        return f"extract(epoch FROM {sql} AT TIME ZONE 'Asia/Shanghai' - timestamp {_EPOCH})::float8 / 86400"
    if column.type in (Type.INTEGER, Type.DECIMAL, Type.FLOAT):
        return f"{sql}::float8"
    if column.type == Type.BOOLEAN:
        return f"{sql}::boolean"
    return f"left({sql}::text, {LONGEST_CELL})"


def risky(sql: str) -> str:
    """SQL, true of a text that some spreadsheet might compute: by its first character. ascii('') is 0."""
    return f"ascii({sql}) IN ({_RISKY})"


def is_risky(text: str) -> bool:
    """The same of a text in Python."""
    return bool(text) and (1 <= ord(text[0]) <= 32 or text[0] in FORMULA_STARTS + BLANK_STARTS)
