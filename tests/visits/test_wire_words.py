"""What a refused value is told in Chinese, for what the decoder really says of such values."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest

from visits.wire_words import in_chinese

FAULTS: list[tuple[Any, Any, str]] = [
    (str, 7, "应为文字，不是整数"),
    (str | None, 7, "应为文字或空，不是整数"),
    (int, "x", "应为整数，不是文字"),
    (list[int], {}, "应为列表，不是一组字段"),
    (Annotated[str, msgspec.Meta(max_length=3)], "abcd", "最多 3 字"),
    (Annotated[list[int], msgspec.Meta(min_length=2)], [1], "至少 2 项"),
    (Annotated[int, msgspec.Meta(ge=1)], 0, "须不小于 1"),
    (Annotated[int, msgspec.Meta(le=5)], 6, "须不大于 5"),
    (Literal["a", "b"], "c", "不在可选的值之中"),
    (UUID, "x", "编号的写法不对"),
    (datetime, "yesterday", "日期或时间的写法不对"),
    (Annotated[datetime, msgspec.Meta(tz=True)], "2026-03-01T00:00:00", "时间须带时区"),
    (Annotated[str, msgspec.Meta(pattern="^x")], "y", "取值不符合要求"),
]


@pytest.mark.parametrize(("shape", "value", "words"), FAULTS)
def test_a_fault_is_told_in_words(shape: Any, value: Any, words: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(msgspec.json.encode(value), type=shape)
    assert in_chinese(str(refused.value)) == words
