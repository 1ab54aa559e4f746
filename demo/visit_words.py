"""What account managers write and shopkeepers say in the demo, our own phrases; put together by demo/visit_lines.py."""

from __future__ import annotations

from typing import Any, Final

# A note is one of each. {p} becomes the product that the visit looked at first.
OPENINGS: Final = (
    "老板娘在店，",
    "店主在理货，",
    "店主外出，由店员接待，",
    "店里生意忙，长话短说，",
    "店主刚盘完库存，",
    "下雨客人少，",
    "赶上进货日，",
    "店主心情不错，",
    "店里正在换货架，",
    "老板反映附近修路，",
    "门口新开一家超市，",
    "店主问了订货时间，",
    "店主在带孙子，",
    "正好碰上送货，",
    "店主已看过微信通知，",
    "早上客流集中，",
)
MIDDLES: Final = (
    "{p}走得快，两天就断，要求多给。",
    "{p}动销慢，还有三条没拆。",
    "反映{p}卖价被隔壁压低两块。",
    "{p}回头客多，建议订足。",
    "看了{p}的陈列，补到两包出样。",
    "介绍了{p}，愿意先拿一条试试。",
    "{p}有客人嫌贵，换低一档的也行。",
    "办酒席的来问{p}，下周可能多要。",
    "学校放假，{p}明显少卖。",
    "工地开工，{p}比上月好卖。",
    "库存偏大，劝先消化{p}再订。",
    "{p}标签旧了，当场换新。",
    "核对了{p}库存，账实相符。",
    "提醒{p}按先进先出摆放。",
    "问了{p}的口味反馈，说偏淡。",
    "{p}价格到位，没有低价卖。",
)
CLOSINGS: Final = (
    "下次带新价签来。",
    "约好下周再看。",
    "已告知本月供货规则。",
    "许可证在有效期内。",
    "没有发现非烟摆柜内。",
    "提醒不向未成年人售烟。",
    "订货日前再电话确认一次。",
    "其他无异常。",
    "柜台整洁，继续保持。",
    "建议把畅销烟移到中间层。",
    "店主满意。",
    "需要帮忙调整网上订货账号。",
)
AWAY_REASONS: Final = ("店主约在仓库见面", "道路施工，停在路口", "店主在集市摆摊", "手机定位漂移")
REMARKS: Final = (
    ("brand_opinion", "{p}包装好看，送礼的人多。", ""),
    ("brand_opinion", "{p}最近口味变了，老顾客不太习惯。", ""),
    ("brand_opinion", "{p}要是有细支的就好了。", ""),
    ("policy_opinion", "档位评定最好说清楚差在哪里。", ""),
    ("policy_opinion", "紧俏烟周一公布太晚，盼提前一天。", ""),
    ("policy_opinion", "规则比以前简单，一看就懂。", ""),
    ("rival_move", "街口烟酒店{p}每条便宜五元招客。", "建议核查来源并约谈，同时帮店主做组合陈列"),
    ("rival_move", "连锁便利店开始送货上门。", "建议引导店主用微信群接单"),
    ("rival_move", "有人上门低价推外地烟。", "已提醒不收，建议通知专卖核查"),
)
REFUSALS: Final = (
    ("price", "嫌贵，怕压钱"),
    ("slow", "上次那条卖了一个月"),
    ("stock", "同价位还有货"),
    ("unknown", "没人来问过"),
    ("margin", "利薄，不如卖老牌子"),
    ("other", "等丈夫回来再定"),
)
QUESTIONS: Final = (
    "档位多久评一次？",
    "紧俏烟什么时候公布？",
    "新店能不能也有？",
    "网上怎么查自己的额度？",
    "换季有没有调整？",
)
NEEDS: Final = (
    ("supply", "想多要两条{p}"),
    ("supply", "{p}经常断货，希望稳定供应"),
    ("brand", "想试销一款细支新品"),
    ("display", "需要新的价签和展示架"),
    ("display", "背柜灯坏了，希望帮忙报修"),
    ("training", "想学网上订货和盘点"),
    ("complaint", "上周送货晚到，有一条破损"),
    ("other", "想了解许可证延续手续"),
)
PROMISES: Final = (
    "带一套新价签来",
    "下周把供货规则说明打印一份送来",
    "帮忙申请一个展示架",
    "核实上周少送的一条",
    "教店员网上订货",
    "反映紧俏烟的需求",
    "陪同办理许可证延续",
    "把同类店的陈列照片发来参考",
)
KEPT: Final = ("已办好", "已送到店", "已答复，店主认可", "已上报，有结果")
DROPPED: Final = "上级答复本月无此项目，已当面说明"
TAGS: Final = ("断货", "价格", "陈列", "新品", "库存", "政策", "投诉", "许可证")
TOPICS: Final = ("网上订货操作", "明码标价规范", "真假鉴别", "库存盘点", "陈列技巧", "未成年人保护规定", "终端系统扫码")
CAMPAIGNS: Final = ("中秋团圆礼", "扫码有礼", "新品品鉴会")
EVENTS: Final = ("下周村里办庙会。", "隔壁楼盘月底交房。", "镇上修路，封半条街。", "中学月考后放假三天。")
IRREGULAR: Final = ("有陌生面包车上门问收不收烟。", "听说邻镇有人卖没有打码的烟。", "同街一户疑似无证摆卖。")
TRENDS: Final = ("年轻人多问细支。", "请客的换到高一档。", "老顾客改买小包装。")
PLACES: Final = ("镇口", "汽车站旁", "菜市场东门", "新城广场")
CAMPAIGN_WORDS: Final = ("活动品少，客人不感兴趣。", "兑换方便，回头客多了。")
FLOW_WORDS: Final = ("听说{p}有人按这个价收。", "{p}流通价又低了一点。")
COMPLIANCE_WORDS: Final = ("两处价签脱落，已提醒补齐", "许可证压在柜下，已摆正", "标识被海报遮住，当场移开")


def values() -> dict[str, Any]:
    """All of them, as the statements that write visits name them."""
    return {
        "openings": list(OPENINGS),
        "middles": list(MIDDLES),
        "closings": list(CLOSINGS),
        "away": list(AWAY_REASONS),
        "questions": list(QUESTIONS),
        "refusals": [code for code, _ in REFUSALS],
        "refusal_words": [words for _, words in REFUSALS],
        "remark_kinds": [kind for kind, _, _ in REMARKS],
        "remark_texts": [text for _, text, _ in REMARKS],
        "counters": [counter for _, _, counter in REMARKS],
        "need_kinds": [kind for kind, _ in NEEDS],
        "need_texts": [text for _, text in NEEDS],
        "promises": list(PROMISES),
        "kept": list(KEPT),
        "dropped": DROPPED,
        "tags": list(TAGS),
        "topics": list(TOPICS),
        "compliance_words": list(COMPLIANCE_WORDS),
        "irregular": list(IRREGULAR),
        "events": list(EVENTS),
        "trends": list(TRENDS),
        "campaigns": list(CAMPAIGNS),
        "campaign_words": list(CAMPAIGN_WORDS),
        "flow_words": list(FLOW_WORDS),
        "places": list(PLACES),
    }
