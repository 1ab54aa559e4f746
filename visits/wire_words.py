"""What msgspec says of a value that does not fit, in the words of who reads it; called by wire.py."""

from __future__ import annotations

import re

_GOT = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_LENGTH = re.compile(r"Expected `(\w+)` of length (<=|>=) (\d+)")
_BOUND = re.compile(r"Expected `\w+` (<=|>=|<|>) (-?[\d.]+)")
_TYPES = {
    "str": "文字", "int": "整数", "float": "数字", "decimal": "数字", "bool": "是或否", "array": "列表",
    "object": "一组字段", "null": "空", "datetime": "时间", "date": "日期", "time": "时刻", "uuid": "编号",
}  # fmt: skip
_BOUNDS = {"<=": "不大于", ">=": "不小于", "<": "小于", ">": "大于"}
_STARTS = {
    "Invalid enum value": "不在可选的值之中",
    "Invalid UUID": "编号的写法不对",
    "Invalid RFC3339": "日期或时间的写法不对",
    "Expected `datetime` with a timezone": "时间须带时区",
}


def in_chinese(message: str) -> str:
    """A fault in one clause without a stop; what nobody foresaw is named as a value that does not fit."""
    if found := _GOT.fullmatch(message):
        return f"应为{_types(found[1])}，不是{_types(found[2])}"
    if found := _LENGTH.fullmatch(message):
        most = "最多" if found[2] == "<=" else "至少"
        return f"{most} {found[3]} {'项' if found[1] == 'array' else '字'}"
    if found := _BOUND.fullmatch(message):
        return f"须{_BOUNDS[found[1]]} {found[2]}"
    return next((words for start, words in _STARTS.items() if message.startswith(start)), "取值不符合要求")


def _types(told: str) -> str:
    return "或".join(_TYPES.get(one, one) for one in told.split(" | "))
