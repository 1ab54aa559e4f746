"""The words of intelligence: what notices say of an item, in both languages; for the verbs, the clock and the digest.

A notice reaches only people who may read its item, so it names kind and shop; the morning's digest holds numbers of
what its reader may read.
"""

from __future__ import annotations

from typing import Any

from django.utils import translation

from backend import notices
from market.models import IntelligenceItem

RETURNED, DECIDED = "intelligence.returned", "intelligence.decided"
ASSIGNED, OVERDUE, DIGEST = "intelligence.assigned", "intelligence.overdue", "intelligence.digest"

notices.register(
    RETURNED,
    "您上报的市场信息（{kind_zh}，{shop}）被退回：{words}",
    "Your intelligence ({kind_en}, {shop}) was returned: {words}",
)
notices.register(
    DECIDED,
    "您上报的市场信息（{kind_zh}，{shop}）已有答复：{decision_zh}。{words}",
    "Your intelligence ({kind_en}, {shop}) is decided: {decision_en}. {words}",
)
notices.register(
    ASSIGNED,
    "市场信息（{kind_zh}，{shop}）由您负责处理",
    "Intelligence ({kind_en}, {shop}) is yours to look after",
)
notices.register(
    OVERDUE,
    "市场信息（{kind_zh}，{shop}）已超过答复期限{due_on}",
    "Intelligence ({kind_en}, {shop}) was to be decided by {due_on}",
)
notices.register(
    DIGEST,
    "{unit}市场信息早报（{day}）：新增{new}条，待我处理{waiting}条，超期{overdue}条，数量异常{unusual}项",
    "Intelligence of {unit}, {day}: {new} new, {waiting} waiting for me, {overdue} overdue, {unusual} unusual counts",
)


def kind_words(kind: str) -> tuple[str, str]:
    """A kind in Chinese and English."""
    return _both(dict(IntelligenceItem.KINDS)[kind])


def params(item: IntelligenceItem, **more: str) -> dict[str, Any]:
    """What the words of an item's notices name. The caller holds its retailer."""
    kind_zh, kind_en = kind_words(item.kind)
    found = {"item": str(item.pk), "kind_zh": kind_zh, "kind_en": kind_en, "shop": item.retailer.name, **more}
    if item.decision:
        found["decision_zh"], found["decision_en"] = _both(IntelligenceItem.Decision(item.decision).label)
    return found


def _both(label: Any) -> tuple[str, str]:
    with translation.override("zh-hans"):
        zh = str(label)
    with translation.override("en"):
        return zh, str(label)
