"""The lexicon that the product ships: what a bank's staff must not promise, and what customers say that must be
heard.

A bank takes it as its first version and makes it its own; nothing of it is in force before two persons have said so.
"""

from collections.abc import Iterator
from typing import Final

from scrm.lexicon.model import Action, Direction, Entry, Kind, Lexicon, Severity
from scrm.lexicon.patterns import Check

_PROMISES: Final = [
    "保本",
    "保息",
    "保本保息",
    "保本付息",
    "保收益",
    "保证收益",
    "承诺收益",
    "确保收益",
    "承诺保本",
    "保证本金",
    "保证不亏",
    "保证赚钱",
    "包赚",
    "包赔",
    "稳赚",
    "稳赚不赔",
    "只赚不赔",
    "刚性兑付",
    "刚兑",
    "兜底",
    "亏了我赔",
    "亏损包赔",
    "无风险",
    "零风险",
    "没有风险",
    "0风险",
    "毫无风险",
    "绝对安全",
    "百分百收益",
    "100%收益",
    "固定收益保证",
    "收益有保障",
    "收益绝对",
    "高收益零风险",
]
_ENGLISH_PROMISES: Final = ("guaranteed return", "guaranteed principal", "risk-free", "zero risk")
_PRIVATE_TRANSFERS: Final = [
    "转账给我",
    "转到我卡上",
    "转到我的卡",
    "打到我卡上",
    "打到我的卡",
    "转我个人账户",
    "个人账户收款",
    "私人账户",
    "私人账号",
    "我的个人账户",
    "转到这个账户",
    "走私账",
    "私下转账",
    "微信转给我",
    "加我私人微信",
    "扫我的收款码",
    "把钱转过来",
    "代你操作",
    "代客理财",
    "帮你代操作",
    "把密码告诉我",
    "验证码发我",
    "验证码告诉我",
    "飞单",
]
_PURCHASES: Final = [
    "确认购买",
    "我确认购买",
    "同意购买",
    "就买这个",
    "帮我买入",
    "帮我下单",
    "帮我申购",
    "帮我认购",
    "帮我赎回",
    "直接帮我操作",
    "你帮我买",
    "按你说的买",
    "同意办理购买",
    "回复1购买",
    "回复确认购买",
    "微信下单",
    "聊天下单",
]
_COMPLAINTS: Final = [
    "投诉",
    "举报",
    "银保监",
    "金融监管局",
    "监管局投诉",
    "12378",
    "找媒体曝光",
    "曝光你们",
    "维权",
    "欺骗客户",
    "误导销售",
    "虚假宣传",
    "骗子",
    "诈骗",
    "起诉你们",
    "律师函",
    "要求赔偿",
    "要求退钱",
    "退还本金",
    "我要报警",
    "消费者协会",
]
_REFUSALS: Final = [
    "退订",
    "不要再发",
    "别再发了",
    "别再发",
    "不想收到",
    "不要给我发",
    "不要推送",
    "停止推送",
    "取消订阅",
    "拒收",
    "别打扰我",
    "不要打扰",
    "别再联系我",
    "不要再联系我",
    "拉黑你",
    "不需要推销",
    "TD退订",
]
_NEEDS: Final = [
    "想买理财",
    "想做定存",
    "有什么理财",
    "推荐理财",
    "大额存单",
    "想贷款",
    "房贷利率",
    "提前还贷",
    "想换信用卡",
    "养老规划",
    "子女教育金",
    "想买基金",
    "买保险",
    "换汇",
    "留学汇款",
]
ALLOWED: Final = (
    "不保本",
    "非保本",
    "不保息",
    "不保证本金",
    "不保证收益",
    "不承诺收益",
    "不承诺保本",
    "不能保本",
    "无法保证收益",
    "不代表无风险",
    "不等于无风险",
    "并非无风险",
    "并非零风险",
    "不是零风险",
    "没有零风险",
    "不代表没有风险",
    "不是没有风险",
    "有无风险",
    "有没有风险",
    "打破刚性兑付",
    "打破刚兑",
    "不刚兑",
    "不兜底",
    "无风险利率",
    "无风险收益率",
    "没有稳赚",
    "谨防稳赚",
    "警惕保本",
    "警惕稳赚",
    "谨防诈骗",
    "防诈骗",
    "防范诈骗",
    "电信诈骗",
    "反诈骗",
    "诈骗电话",
    "投诉电话",
    "投诉热线",
    "投诉渠道",
    "投诉建议",
    "投诉与建议",
    "举报电话",
    "举报渠道",
    "切勿私下转账",
    "请勿私下转账",
    "不得代客理财",
    "严禁代客理财",
    "不得飞单",
    "严禁飞单",
    "请勿转账至私人账户",
    "不会要求您转账到私人账户",
    "不要转账到私人账户",
    "not risk-free",
    "no guaranteed return",
)
_CARD: Final = r"(?<![\d])[3-6]\d{3}(?:[ -]?\d{4}){3}(?:[ -]?\d{3})?(?!\d)"
_IDENTITY: Final = r"(?<![\dA-Za-z])[1-9]\d{16}[\dXx](?![\dA-Za-z])"
_MOBILE: Final = r"(?<![\d])1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)"


def standard() -> Lexicon:
    """Ids tell group and word, so that the next version of the product changes what it has to."""
    return Lexicon(tuple(_entries()), ALLOWED)


def _entries() -> Iterator[Entry]:
    yield from _group(
        "promise", [*_PROMISES, *_ENGLISH_PROMISES], Direction.TO_CUSTOMER, Severity.SERIOUS, Action.BLOCK
    )
    yield from _group("private", _PRIVATE_TRANSFERS, Direction.TO_CUSTOMER, Severity.SERIOUS, Action.BLOCK)
    yield from _group("purchase", _PURCHASES, Direction.BOTH, Severity.SERIOUS, Action.DETECT)
    yield from _group("complaint", _COMPLAINTS, Direction.TO_STAFF, Severity.WARNING, Action.COMPLAINT)
    yield from _group("refusal", _REFUSALS, Direction.TO_STAFF, Severity.NOTICE, Action.OPT_OUT)
    yield from _group("need", _NEEDS, Direction.TO_STAFF, Severity.NOTICE, Action.NEED_SIGNAL)
    for name, expression, check in (
        ("card", _CARD, Check.BANK_CARD),
        ("identity", _IDENTITY, Check.IDENTITY),
        ("mobile", _MOBILE, Check.NONE),
    ):
        yield Entry(f"number:{name}", expression, Kind.PATTERN, Direction.BOTH, Severity.WARNING, check=check)


def _group(name: str, words: list[str], direction: Direction, severity: Severity, action: Action) -> Iterator[Entry]:
    for word in words:
        yield Entry(f"{name}:{word}", word, Kind.WORD, direction, severity, action)
