"""Why a row was left out or flagged: each code in Chinese and English; kinds add theirs, the API shows them."""

from __future__ import annotations

from backend import errors

_reasons: dict[str, tuple[str, str]] = {
    "missing_value": ("必填项为空", "A required cell is empty"),
    "invalid_text": ("含有不允许的字符（空字符、控制符、错误编码）", "Characters that are not allowed"),
    "too_long": ("内容过长", "The cell is too long"),
    "bad_format": ("格式不符", "The cell is not in the expected form"),
    "bad_integer": ("不是整数", "Not a whole number"),
    "bad_number": ("不是数字", "Not a number"),
    "bad_money": ("不是合法的金额（元，最多两位小数）", "Not an amount (yuan, at most two decimals)"),
    "bad_date": ("不是合法的日期，如 2026-03-16", "Not a date such as 2026-03-16"),
    "bad_time": ("不是合法的时间，如 08:30", "Not a time such as 08:30"),
    "bad_choice": ("不在允许的取值之内", "Not one of the allowed values"),
    "out_of_range": ("超出允许的范围", "Outside the allowed range"),
    "duplicate_in_file": ("与文件中另一行重复", "Another row of this file has the same value"),
    "too_many_cells": ("该行的单元格多于表头", "The row has more cells than the heading"),
}  # fmt: skip


def register(code: str, zh: str, en: str) -> None:
    """Adds a reason; another text for a known code is a ValueError."""
    if _reasons.setdefault(code, (zh, en)) != (zh, en):
        raise ValueError(f"the reason {code} is already registered with another text")


def text(code: str) -> tuple[str, str]:
    """The reason in Chinese and English."""
    return _reasons.get(code, (code, code))


for _code, _status, _titles, _abouts in (
    ("unknown_import_kind", 404, ("没有这种导入", "There is no such import"), ("", "")),
    (
        "import_unreadable",
        400,
        ("文件无法读取", "The file cannot be read"),
        ("请上传 UTF-8 或 GB18030 编码的 CSV，或未加密的 XLSX。", "Send CSV in UTF-8 or GB18030, or open XLSX."),
    ),
    (
        "import_too_large",
        413,
        ("文件过大", "The file is too large"),
        ("最多 10 MB、100,000 行，请分成几份。", "At most 10 MB and 100,000 rows; split it."),
    ),
    (
        "import_missing_columns",
        400,
        ("缺少必需的列", "Required columns are missing"),
        ("columns 列出了缺少的列及可用的表头。", "`columns` lists what is missing and what it may be called."),
    ),
    (
        "import_repeated_columns",
        400,
        ("表头重复", "A heading appears twice"),
        ("两列对应同一项内容。", "Two columns mean the same thing."),
    ),
    (
        "import_file_too_large",
        413,
        ("文件过大", "The file is too large"),
        ("最多 512 MB、5,000,000 行，请分成几份。", "At most 512 MB and 5,000,000 rows; split it."),
    ),
    (
        "import_not_checked",
        409,
        ("该导入不在待确认状态", "The import does not wait to be applied"),
        ("只有已核对、尚未写入的导入可以写入。", "Only what was checked and not yet written can be applied."),
    ),
    (
        "import_settled",
        409,
        ("该导入已结束", "The import has ended"),
        ("已写入的导入可以整体撤销。", "An import that was applied can be taken back as a whole."),
    ),
    (
        "import_not_applied",
        409,
        ("该导入没有写入，无可撤销", "The import was not applied: there is nothing to take back"),
        ("", ""),
    ),
    (
        "import_changed_since",
        409,
        ("之后的导入改动了相同的数据", "A later import changed the same data"),
        ("keys 列出了这些数据，请先撤销之后的导入。", "`keys` lists them; take back the later import first."),
    ),
    ("import_not_large", 409, ("这种导入不能撤销或分步进行", "This kind is imported at once"), ("", "")),
    (
        "import_file_gone",
        410,
        ("导入的文件已不存在", "The file of the import is gone"),
        ("请重新上传。", "Send it again."),
    ),
    ("import_gave_up", 409, ("多次尝试后仍未成功", "Tried three times without success"), ("", "")),
    ("import_expired", 410, ("七天内未确认，已取消", "Not applied within seven days"), ("", "")),
    ("import_empty", 400, ("文件中没有数据行", "The file has no data rows"), ("", "")),
):  # fmt: skip
    errors.register(_code, _status, _titles, _abouts)
