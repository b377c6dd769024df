"""Sentences that bank staff and their customers write every day, and that no entry of the lexicon should find (O7).

Two hundred and more are near misses of three kinds: a listed word across a word boundary, a phrase that the lexicon
allows, and words that sound like a listed one.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from scrm.lexicon.model import Direction

SEED: Final = 20261127
PLAIN, BOUNDARY, PHRASE, HOMOPHONE = "plain", "boundary", "allowed_phrase", "homophone"
_COUNTS: Final = {PLAIN: 270, BOUNDARY: 110, PHRASE: 70, HOMOPHONE: 50}


@dataclass(frozen=True, slots=True)
class Benign:
    """A sentence and what it nearly is; near misses name the listed words they nearly hold."""

    text: str
    direction: Direction
    kind: str


_NAMES: Final = ("王总", "李女士", "张先生", "陈姐", "刘叔", "周老师")
_DAYS: Final = ("今天", "明天", "周五", "下周一", "月底前", "国庆后")
_PRODUCTS: Final = ("稳健理财", "结构性存款", "大额存款", "黄金积存", "货币基金", "养老理财")
_FROM_STAFF: Final[Mapping[str, Sequence[str]]] = {
    PLAIN: (
        "{name}您好，{product}{day}到期，您方便的时候来网点办理",
        "{name}，{day}上午九点网点正常营业，您带好身份证",
        "您的风险测评还有一个月到期，{day}可以在手机银行更新",
        "{product}的风险等级是R2，您的测评结果是C3，可以了解",
        "{name}，{product}的业绩比较基准请以产品说明书为准，过往业绩不代表未来表现",
        "这期{product}的起购金额是一万元，封闭期一百八十天",
        "{day}的投资者教育讲座在三楼会议室，欢迎您带家人来听",
        "{name}，您的信用卡账单日是每月十号，还款日是二十八号",
        "理财非存款，产品有风险，{product}投资须谨慎",
        "{name}，外币现钞{day}需要提前预约，您要换多少欧元",
        "{product}净值会波动，请您根据自己的情况决定",
        "已经帮您预约了{day}的柜台，排队号会发短信",
        "{name}，生日快乐，祝您身体健康，阖家幸福",
        "手机银行更新以后，{product}在财富频道第二屏",
        "请您通过手机银行或者柜台自己操作，我不能代您办理",
        "{day}系统维护，凌晨一点到五点暂停转账服务",
    ),
    BOUNDARY: (
        "{name}，您{day}投保本行代销的年金险，要带身份证",
        "您在{day}之前参保本市居民医疗的，可以线上缴费",
        "医保本月已经扣款，{name}您查一下",
        "{name}，社保本次调整以后，养老金{day}到账",
        "这笔贷款由担保公司担保本金和利息，{name}请看合同",
        "{name}，您刚兑换的外币请当面点清",
        "您{day}刚刚兑付的理财已经到账了",
        "{name}，机票起飞单程保险{day}生效",
        "表里列举报名需要的材料，{day}之前交给我",
        "年底积分清零风险提示已经发到您手机上，{name}",
        "兑换汇率以{day}的牌价为准",
        "{name}，{day}的环保本色主题沙龙请您参加",
        "您衣兜底下的回单别丢了，{name}",
        "法律思维权利意识讲座{day}下午开始",
        "{name}，确保本人{day}到场签字",
    ),
    PHRASE: (
        "{name}，{product}是非保本浮动收益型产品",
        "本产品不保本，{name}请您仔细阅读风险揭示书",
        "{product}不承诺收益，请您谨慎决定",
        "投资{product}前请了解有无风险承受能力",
        "打破刚性兑付以后，{product}按净值兑付",
        "低风险不代表无风险，{name}请留意",
        "{name}，请您谨防诈骗，不要点陌生链接",
        "我行不会要求您转账到私人账户，{name}请放心",
        "切勿私下转账，{product}只在官方渠道销售",
        "银行员工不得代客理财，{name}如遇到请告诉我们",
    ),
    HOMOPHONE: (
        "{name}，这是您要的抱本周期说明",
        "请把报本部门的回执给我，{name}",
        "{name}，{day}去宝本路网点办理",
        "他{day}在公园刚对着湖面拍了照片",
        "门口的兜地布{day}换了新的，{name}小心脚下",
    ),
}
_FROM_CUSTOMERS: Final[Mapping[str, Sequence[str]]] = {
    PLAIN: (
        "你好，我的{product}{day}能取吗",
        "小李，{day}网点几点开门",
        "帮我看一下{product}的净值是多少",
        "我{day}过去，要带什么材料",
        "信用卡额度可以临时调高吗，{day}要用",
        "密码忘了，{day}去柜台能重置吗",
        "谢谢你，上次{product}讲得很清楚",
        "我妈妈的存折{day}到期了，要本人来吗",
        "{product}的说明书发我一份",
        "手机银行登不上去，{day}一直这样",
        "工资卡{day}换成你们行的，怎么弄",
    ),
    BOUNDARY: (
        "我{day}已投保本人的重疾险，还要交什么",
        "刚兑换的欧元少了五十，{day}能补吗",
        "你列举报名要的材料我{day}给你",
        "你们的兑换汇率{day}是多少",
        "我{day}刚刚兑付的那笔到哪里了",
        "社保本来{day}就到账的，没看到",
    ),
    PHRASE: (
        "你们的投诉电话是多少，我{day}想反映空调太冷",
        "{product}不保本对吧，我先看看",
        "这个{product}有没有风险，和我说说",
        "我妈说{day}有诈骗电话冒充银行",
        "宣传册上写的反诈骗讲座{day}还办吗",
    ),
    HOMOPHONE: (
        "我{day}要去投宿，先把钱取出来",
        "他姓鞠，鞠豹，{day}来办卡",
        "围拳比赛{day}开始，我晚点来",
        "{day}腿定了机票，费用怎么付",
        "具守规定我懂，{day}补材料",
    ),
}


def benign(seed: int = SEED) -> Sequence[Benign]:
    """Five hundred sentences, none twice."""
    draw = random.Random(seed)
    chosen: list[Benign] = []
    for kind, count in _COUNTS.items():
        every = [
            *_filled(_FROM_STAFF, kind, Direction.TO_CUSTOMER),
            *_filled(_FROM_CUSTOMERS, kind, Direction.TO_STAFF),
        ]
        chosen += draw.sample(every, count)
    return tuple(chosen)


def _filled(templates: Mapping[str, Sequence[str]], kind: str, direction: Direction) -> Iterator[Benign]:
    for template in templates[kind]:
        texts = {
            template.format(name=name, day=day, product=product_)
            for name, day, product_ in product(_NAMES, _DAYS, _PRODUCTS)
        }
        yield from (Benign(text, direction, kind) for text in sorted(texts))
