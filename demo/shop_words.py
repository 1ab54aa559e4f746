"""Invented names, addresses and opening hours of shops, from our own word lists; called by demo/shops.py."""

# ruff: noqa: SIM905 - lists of words read better as text

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final, TypeVar

from demo.geography import Township

T = TypeVar("T")

LUCKY: Final = (
    "鑫源 惠民 鸿运 福满 佳佳 好又来 万家 祥和 兴隆 富康 永盛 宏达 金穗 顺发 百汇 聚友 丰汇 天天 家乐 益民 诚信 "
    "吉祥 广源 恒昌 利民 同心 红旗 新世纪 东升 安顺 双喜 春晖 康乐 聚福 和谐 喜洋洋 福星 友邻 便民 爱家 邻家 阳光 "
    "四季 美味 大众 华联 亿家 多多 旺旺 金桥 银河 楚天 汉水 澴河 董永 云梦泽 府河 汈汊 白鹤 槐荫 桃园 麻糖 米酒 "
    "大别山 北泾 仙女 长江 光明 胜利 幸福 平安 如意 长兴 德胜 永和 信和 正源 裕丰 宝源 盛世 锦绣 好运 天福 九州 "
    "百姓 千禧 万福"
).split()
SUFFIXES: Final = {
    "B": ("便利店", "便利店", "副食店", "便民店", "生活超市", "烟酒副食", "商店", "百货店"),
    "Z": ("食杂店", "副食批发部", "南杂店", "杂货店", "粮油店"),
    "S": ("超市", "购物超市", "平价超市", "生鲜超市", "连锁超市"),
    "N": ("商场", "百货商场", "购物中心"),
    "Y": ("烟酒店", "名烟名酒", "烟酒商行", "酒业"),
    "F": ("网吧", "茶楼", "宾馆", "酒楼", "棋牌室", "KTV"),
    "Q": ("加油站便利店", "报刊亭", "服务部"),
}
STREETS: Final = (
    "建设路 解放路 人民路 中山路 长征路 城站路 北京路 交通路 文化路 新华街 槐荫大道 澴川路 府前街 民主街 胜利街 "
    "沿河路 工业路 学府路 市场街 站前路 环城路 振兴路 和平路 劳动路 迎宾大道 滨湖路 东风路 育才路 商业街 广场路"
).split()
VILLAGES: Final = (
    "红旗 新建 东风 联合 胜利 向阳 前进 光明 团结 五星 和平 石桥 杨湾 李家 王店 高庙 八里 双河 长岭 金盆 永兴 "
    "徐冲 黄湾 桃花 大塘 柳林 竹林 梅店 松林 沙畈 青山 白果 四合 幸福 新农 群力 太平 兴隆 龙潭 凤凰"
).split()
HOURS: Final = {
    "B": (("06:30", "22:30"), ("07:00", "22:00"), ("07:00", "23:00"), ("06:00", "21:30")),
    "Z": (("06:30", "20:30"), ("07:00", "20:00"), ("06:00", "21:00")),
    "S": (("08:00", "22:00"), ("08:30", "21:30"), ("07:30", "22:00")),
    "N": (("09:00", "21:30"), ("09:30", "22:00")),
    "Y": (("08:30", "21:30"), ("08:00", "22:00"), ("09:00", "21:00")),
    "F": (("09:00", "23:30"), ("10:00", "23:30"), ("11:00", "23:00")),
    "Q": (("07:00", "20:00"), ("08:00", "20:00")),
}


def shop_name(rng: Random, business_type: str, holder: str, place: Township) -> str:
    """A plausible shop name: "书院鑫源便利店", "老王副食店", "桂英便民店"."""
    suffix = _one(rng, SUFFIXES[business_type])
    roll = rng.random()
    if roll < 0.10 and business_type in "BZ":
        return f"老{holder[0]}{suffix}"
    if roll < 0.28:
        return f"{holder[1:] if len(holder) > 2 else holder}{suffix}"
    if roll < 0.62:
        return f"{_stem(place)}{_one(rng, LUCKY)}{suffix}"
    return f"{_one(rng, LUCKY)}{suffix}"


def address(rng: Random, market_type: str, place: Township) -> str:
    """A street and number in town, a village and group in the country; streets and villages are invented."""
    if market_type == "C":
        return f"{place.name}{_one(rng, STREETS)}{1 + int(260 * rng.random())}号"
    return f"{place.name}{_one(rng, VILLAGES)}村{1 + int(12 * rng.random())}组"


def opening_hours(rng: Random, business_type: str) -> tuple[str, str]:
    """When the shop opens and closes, as "07:00", the same day."""
    return _one(rng, HOURS[business_type])


def _one(rng: Random, options: Sequence[T]) -> T:
    return options[int(len(options) * rng.random())]


def _stem(place: Township) -> str:
    return place.name.removesuffix("街道").removesuffix("镇").removesuffix("乡")
