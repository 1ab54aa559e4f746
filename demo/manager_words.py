"""What the demo's managers write where they are asked for words, our own phrases; put in place by demo/acts.py."""

from __future__ import annotations

from typing import Final

# One is written into each cell that asks; by dimension.
FLAGGED: Final = {
    "client": (
        "下滑户多在修路路段，客流少了三成，路通后再看。",
        "两户换了店主，进货习惯还没稳，已约好面谈。",
        "停购户资金周转紧，建议先小批多次。",
    ),
    "brand": (
        "新品宣传还不够，下月集中做两次现场推介。",
        "缺货多在周末，已请店主把订货日前的库存留足。",
        "替代规格抢了份额，先补陈列再看动销。",
    ),
    "market": (
        "月中有集市，价格短时走低，月底已回到指导价。",
        "工地停工，低价位走量明显放慢。",
        "邻县低价货源流入，已上报。",
    ),
}
SENT_BACK: Final = "目标户没有写清为什么选它们，请补一句。"
ANSWERED: Final = "已补充：按缺货次数和客流选定，逐户有数。"
FORECAST_CHANGED: Final = (
    "本月有两场大型婚宴订货，上调。",
    "主街修路到月底，下调。",
    "学校开学，客流回升，上调。",
)
IMPROVEMENT_DROPPED: Final = "店主已决定歇业转让，不再跟进。"
DROPPED: Final = (("holder", "店主明确不愿意"), ("later", "先办许可证的事"), ("no_supply", ""))
