"""The demo's display schemes, policies and quizzes, our own texts; written by demo/master.py."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

Item = dict[str, Any]


def _item(code: str, name: str, name_en: str, weight: int, count: int | None = None) -> Item:
    kind = ("count", count) if count else ("yes_no", 1)
    return {"code": code, "name": name, "name_en": name_en, "kind": kind[0], "weight": weight, "pass_at": kind[1]}


# The five-degree scheme is a published practice (docs/method.md), its points are ours; the other two are ours.
TEMPLATES: Final = (
    (
        "five-degrees",
        "五度陈列",
        [
            _item("visible", "显眼", "in clear sight", 20),
            _item("clean", "整洁", "clean", 20),
            _item("full", "丰富", "full, no blank", 20),
            _item("standard", "规范：16 个指定规格", "the 16 named products", 20, 16),
            _item("continuity", "持续", "continuity", 20),
        ],
    ),
    (
        "modern-terminal",
        "现代终端陈列",
        [
            _item("double", "双包出样、间距一致", "two packs each, evenly spaced", 10),
            _item("listed", "必上规格不少于 15 个", "at least 15 listed products", 25, 15),
            _item("front", "前柜三包品字形", "three packs in front", 10),
            _item("cartons", "整条堆头不少于 6 条", "at least 6 cartons stacked", 20, 6),
            _item("tags", "一货一签、明码标价", "every product tagged", 25),
            _item("minors_sign", "禁止向未成年人销售标识醒目", "sign: not sold to minors", 10),
        ],
    ),
    (
        "rural-terminal",
        "乡村终端陈列",
        [
            _item("licence", "亮证经营", "licence in sight", 20),
            _item("grouped", "集中、分类摆放", "together and by class", 15),
            _item("rotated", "先进先出、无积灰", "rotated, no dust", 15),
            _item("shown", "出样不少于 20 个规格", "at least 20 products shown", 20, 20),
            _item("tags", "明码标价", "prices marked", 20),
            _item("minors_sign", "禁止向未成年人销售标识醒目", "sign: not sold to minors", 10),
        ],
    ),
)

Question = dict[str, Any]


def _ask(question: str, *choices: str, right: int = 0) -> Question:
    return {"question": question, "choices": list(choices), "right": right}


# What account managers answer before they tell the month's supply policy, and what shops are asked after it.
QUIZ: Final = [
    _ask("紧俏规格按什么投放？", "按档位", "按订货先后", "按客户经理意见"),
    _ask("紧俏规格的数量何时公布？", "每月一日", "每周一", "订货当天", right=1),
    _ask("顺销规格怎样供应？", "按档位", "每户相同", "按需供应", right=2),
    _ask("档位多久重评一次？", "每月", "每季度", "每年", right=1),
    _ask("评定结果公示多久？", "五个工作日", "三天", "不公示"),
]
SHOP_QUIZ: Final = [
    _ask("紧俏烟给多少，看什么？", "看档位", "看交情"),
    _ask("紧俏烟的数量星期几公布？", "星期五", "星期一", right=1),
    _ask("顺销烟能订多少？", "要多少订多少", "每种两条"),
]

Text = tuple[str, str, str, str, str]  # code, title, English title, text, card for the retailer


def supply(month: date) -> Text:
    """The supply policy of a month."""
    return (
        f"supply-{month:%Y-%m}",
        f"{month.year}年{month.month}月货源投放规则",
        f"Supply rules of {month:%Y-%m}",
        "紧俏规格按档位投放，每周一公布；顺销规格按需供应；档位每季度重评一次，结果公示五个工作日。",
        "本月紧俏烟按您的档位供应，每周一公布数量；顺销烟要多少订多少。",
    )


STANDING: Final[tuple[Text, ...]] = (
    (
        "price-tags",
        "明码标价管理办法",
        "Price tags",
        "在售卷烟须一货一签、货签对位，标签价格不得高于每包一百元；发现错签当场更换。",
        "每一种烟都要有价签，放对位置；价签旧了找客户经理换。",
    ),
    (
        "minors",
        "保护未成年人：不向未成年人售烟",
        "No sales to minors",
        "店内须张贴警示标识；对难以判明是否成年的，应当要求出示身份证件。校园周边不新增零售点。",
        "不卖烟给未成年人；看不准年纪就看身份证。",
    ),
    (
        "licence-renewal",
        "许可证延续提前办",
        "Renew the licence early",
        "许可证到期前三十日申请延续；可在网上办理，客户经理协助拍照上传。",
        "许可证快到期，提前一个月办延续，网上就能办。",
    ),
    (
        "integrity-points",
        "诚信积分管理",
        "Integrity points",
        "诚信等级每季度评定一次，依据为规范经营记录；积分与服务项目挂钩，不与日常服务态度挂钩。",
        "规范经营就加分，每个季度评一次。",
    ),
)
