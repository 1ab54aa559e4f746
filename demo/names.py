"""Invented Chinese names of people with their pinyin; called by the organisation and the shops."""

# ruff: noqa: SIM905 - lists of words read better as text

from __future__ import annotations

from random import Random
from typing import Final

SURNAMES: Final = tuple(
    pair.split(":")
    for pair in (
        "王:Wang 李:Li 张:Zhang 刘:Liu 杨:Yang 黄:Huang 周:Zhou 胡:Hu 朱:Zhu 高:Gao 何:He 郭:Guo 马:Ma 罗:Luo "
        "梁:Liang 宋:Song 郑:Zheng 谢:Xie 韩:Han 唐:Tang 冯:Feng 于:Yu 董:Dong 萧:Xiao 程:Cheng 曹:Cao 袁:Yuan "
        "邓:Deng 许:Xu 傅:Fu 沈:Shen 彭:Peng 吕:Lü 苏:Su 卢:Lu 蒋:Jiang 蔡:Cai 贾:Jia 丁:Ding 魏:Wei 薛:Xue 叶:Ye "
        "余:Yu 潘:Pan 杜:Du 戴:Dai 夏:Xia 钟:Zhong 汪:Wang 田:Tian 任:Ren 姜:Jiang 范:Fan 方:Fang 石:Shi 姚:Yao "
        "谭:Tan 廖:Liao 邹:Zou 熊:Xiong 金:Jin 陆:Lu 郝:Hao 孔:Kong 白:Bai 崔:Cui 康:Kang 毛:Mao 邱:Qiu 秦:Qin "
        "江:Jiang 史:Shi 顾:Gu 侯:Hou 邵:Shao 孟:Meng 龙:Long 万:Wan 段:Duan 雷:Lei 钱:Qian 汤:Tang 尹:Yin 黎:Li "
        "易:Yi 常:Chang 武:Wu 乔:Qiao 贺:He 赖:Lai 龚:Gong 文:Wen"
    ).split()
)
MEN: Final = tuple(
    pair.split(":")
    for pair in (
        "建:jian 国:guo 华:hua 明:ming 志:zhi 强:qiang 伟:wei 军:jun 勇:yong 杰:jie 磊:lei 涛:tao 超:chao 平:ping "
        "刚:gang 辉:hui 鹏:peng 波:bo 斌:bin 宇:yu 浩:hao 凯:kai 健:jian 俊:jun 峰:feng 亮:liang 文:wen 武:wu "
        "安:an 光:guang 立:li 胜:sheng 永:yong 正:zheng 家:jia 德:de 清:qing 海:hai 林:lin 东:dong 福:fu 生:sheng "
        "庆:qing 良:liang 成:cheng 康:kang 元:yuan 学:xue 祥:xiang 才:cai 金:jin 宝:bao 贵:gui"
    ).split()
)
WOMEN: Final = tuple(
    pair.split(":")
    for pair in (
        "秀:xiu 英:ying 丽:li 敏:min 静:jing 芳:fang 娟:juan 艳:yan 霞:xia 红:hong 玲:ling 梅:mei 兰:lan 琴:qin "
        "燕:yan 玉:yu 桂:gui 凤:feng 洁:jie 慧:hui 巧:qiao 云:yun 莲:lian 珍:zhen 雪:xue 荣:rong 爱:ai 倩:qian "
        "婷:ting 琳:lin 小:xiao 晓:xiao 春:chun 华:hua 菊:ju 香:xiang 萍:ping 翠:cui 月:yue 美:mei"
    ).split()
)


def full_name(rng: Random) -> tuple[str, str]:
    """A full name and its pinyin: ("王建国", "Wang Jianguo"). Common surnames come oftener; 2 in 10 are short."""
    surname, surname_pinyin = SURNAMES[int(len(SURNAMES) * rng.random() ** 1.7)]
    given = MEN if rng.random() < 0.58 else WOMEN
    first, first_pinyin = given[int(len(given) * rng.random())]
    if rng.random() < 0.2:
        return surname + first, f"{surname_pinyin} {first_pinyin.capitalize()}"
    second, second_pinyin = given[int(len(given) * rng.random())]
    return surname + first + second, f"{surname_pinyin} {joined(first_pinyin, second_pinyin)}"


def joined(first: str, second: str) -> str:
    """Two syllables of a given name as GB/T 28039 writes them: an apostrophe before a, o and e."""
    return (f"{first}'{second}" if second[0] in "aoe" else first + second).capitalize()


def username(pinyin: str) -> str:
    """The log-in name of a person: lower-case pinyin without spaces, ü as v ("Lü Chun'an" -> "lvchunan")."""
    return pinyin.lower().replace("ü", "v").replace(" ", "").replace("'", "")
