"""Written by hand after the engine was frozen, and never used to change it: reported beside the first set (O7).

Each line of an evasion is the listed word and a text that holds it in disguise; a benign line is a sentence of staff
(S) or of a customer (C).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from scrm.lexicon.model import Direction

_EVASIONS: Final[Mapping[str, str]] = {
    "full_width": """
0风险 | 放心买，０风险
100%收益 | １００％收益你还犹豫什么
risk-free | 这个是Ｒｉｓｋ－Ｆｒｅｅ的
zero risk | ＺＥＲＯ　ＲＩＳＫ
guaranteed return | ｇｕａｒａｎｔｅｅｄ ｒｅｔｕｒｎ 8%
12378 | 我打１２３７８说理去
12378 | 信不信我打⑫378
12378 | 打①②③⑦⑧
100%收益 | 1００%收益哦
0风险 | ⓪风险产品
保本 | ｂａｏ本的，您放心
刚兑 | ＧＡＮＧ兑，没问题
稳赚 | 稳ＺＨＵＡＮ
兜底 | ｄｏｕ底，有我
risk-free | ⓡⓘⓢⓚ-free
回复1购买 | 您回复１购买就行
TD退订 | ＴＤ退订
保息 | 保ｘｉ
投诉 | ｔｏｕ诉你们
骗子 | 骗ｚｉ
""",
    "zero_width": """
保本 | 这款保\u200b本
稳赚不赔 | 稳\u200d赚\u200d不\u200d赔
无风险 | 无\u2060风\u2060险
刚性兑付 | 刚\ufeff性兑付
飞单 | 飞\u00ad单
承诺收益 | 承诺\u200e收益
保证收益 | 保证\u202c收益
兜底 | 兜\u2063底
投诉 | 投\u034f诉
举报 | 举\u061c报
退订 | 退\ufe0f订
代客理财 | 代客\u200b\u200b\u200b理财
转账给我 | 转\u180e账给我
包赚 | 包\u2064赚
risk-free | ri\u200bsk-fr\u200cee
保本保息 | 保本\u200a保息
零风险 | 零\u3164风险
私人账户 | 私人\u115f账户
骗子 | 骗\u2800子
保息 | 保\ue000息
""",
    "pinyin_mix": """
保本 | 保ben的
保本 | 这个baoben，您看
稳赚不赔 | wen赚不pei
稳赚不赔 | 稳赚bupei
无风险 | wu风险
无风险 | 无fengxian
刚性兑付 | 刚性dui付
承诺收益 | chengnuo收益
保证收益 | 保zheng收益
兜底 | 我来dou底
飞单 | 飞dan
飞单 | 做fei单
转账给我 | zhuanzhang给我
私人账户 | 打到si人账户
投诉 | 我要tousu你
骗子 | pian子
退订 | tui订
代客理财 | 代ke理财
包赚 | bāo赚
保息 | Bao Xi产品
""",
    "split": """
保本 | 保-本
保本 | 保 本
稳赚不赔 | 稳/赚/不/赔
稳赚不赔 | 稳赚！不赔
无风险 | 无**风**险
刚性兑付 | 刚【性】兑付
承诺收益 | 承_诺_收_益
保证收益 | 保证……收益
兜底 | 兜（底）
飞单 | 飞#单
转账给我 | 转 账 给 我
私人账户 | 私、人、账、户
投诉 | 投~诉
骗子 | 骗.子
退订 | 退👉订
代客理财 | 代&客&理&财
包赚 | 包\n赚
保息 | 保丨息
零风险 | 零1风1险
保本保息 | 保o本o保o息
""",
    "homoglyph": """
保本 | 保夲
稳赚不赔 | 穩賺不賠
无风险 | 無風險
无风险 | 无风険
刚性兑付 | 剛性兌付
承诺收益 | 承諾收益
保证收益 | 保證收益
兜底 | 兠底
飞单 | 飛單
转账给我 | 轉帳給我
私人账户 | 私人賬戶
投诉 | 投訴
骗子 | 騙子
退订 | 退訂
代客理财 | 代客理財
包赚 | 包賺
risk-free | rіsk-frее
零风险 | 〇风险
保本 | 亻呆本
稳赚 | 禾急赚
""",
}
_BENIGN: Final = """
S 阿姨您好，您上回问的国债下月十号发售，额度紧张，建议早点来排队
S 您的定期存款到期后会自动转存，如果要支取请提前告诉我
S 收益率只是测算，实际以到期兑付为准
S 陈总，贵公司的对公账户年检材料还差一份章程
S 您好，贷款审批已经通过，请本周内来签合同
S 这只基金近一年回撤比较大，您能接受波动再考虑
S 我们的产品都要先做风险评估才能买
S 今天金价涨了不少，您持有的积存金可以看看
S 您反映的问题我已经记录，客服会联系您
S 请不要把验证码告诉任何人，包括银行员工
S 手机银行可以查到每一笔明细，您核对一下
S 李老师，孩子的压岁钱可以开个儿童账户存着
S 养老金账户每年可以抵扣个税，最多一万二
S 您的保单本月需要续费
S 购买之前请认真阅读产品合同和风险揭示书
S 本基金不保证一定盈利，也不保证最低收益
S 任何承诺高额回报的都要小心
S 王阿姨，降温了多穿点，注意身体
S 我行近期发现有人冒充客服，请您提高警惕
S 这个产品的投资标的以债券为主，但不是没有亏损的可能
S 您之前的投诉已经处理完毕，给您带来不便十分抱歉
S 我行没有任何理财产品可以保证本金不受损失
S 您投的保本周就能出单
S 保险公司会先核保本次申请
S 这张承兑汇票明天到期
S 票据池里的票据刚兑了一张
S 外币兑换汇总表发您邮箱了
S 各网点要列举报价明细
S 张经理说他兜里没带名片
S 客户在起飞单子上签了字
S 请把保修单和发票一起带来
S 投资不是稳赚的事，请理性看待
S 有的平台宣传稳赚不赔，您千万别信
S 国家已经打破了刚兑的预期
S 我们不允许员工代客操作
S 银行员工不会向您索要密码
S 您的尾号8812的卡已经激活
S 会议改到下午三点半，地点不变
S 代发工资企业名单已更新
S 您在柜台打的流水可以盖章
S 刚刚对账发现少了一张回单
S 包您满意的服务是我们的目标
S 贵宾厅在二楼，有停车位
S 今年的年会在酒店举行，欢迎参加
S 这款保险保障期到七十岁，本金部分请看现金价值表
S 您可以在首页点更多，再点账户管理
S 新客专享的理财周四上午十点开抢
S 房贷利率调整以后每月少还三百多
S 已退订单会在三个工作日内到账
S 信用卡分期的手续费是每期千分之六
S 我帮您看了一下，那笔钱还在途
S 车险到期了，您要续吗
S 请您保持电话畅通，审批会回访
S 证件照要白底，一寸两张
S 提前支取按活期计息
S 您投资的项目风险较高，请再考虑
S 这一期没有额度了，下一期周二开放
S 我们支行搬到人民路了
S 请提供近六个月的工资流水
S 您最近的交易有点频繁，需要核实一下
C 你好我想问一下定期怎么转出来
C 利率现在是多少
C 我老公的卡被锁了怎么办
C 明天上午你在吗
C 我在外地能办吗
C 上次的礼品还有吗
C 这个和余额宝比哪个好
C 风险大不大，会不会亏
C 我再考虑考虑
C 谢谢，收到了
C 你推荐的那本书我看完了
C 我家保姆的工资从这张卡走
C 公司要做投标保函，找谁
C 能不能帮我打个折
C 房子抵押了还能贷吗
C 你们行有没有黄金回购
C 我爸退休了，退休金什么时候发
C 钱转错了能追回来吗
C 孩子出国要用外汇，怎么弄
C 我那张存单丢了要挂失
C 周末可以办业务吗
C 你们的ATM吞卡了
C 银行卡到期要换新卡吗
C 短信提醒要收费吗
C 账户怎么少了三块钱
C 最近股市不好，基金要不要赎回
C 我不懂这个，你给讲讲
C 年底有活动吗
C 上面写的年化是什么意思
C 这款买的人多吗
C 我要的是那种随时能取的
C 你们那个讲座我没抢到名额
C 我朋友也想开户，带什么
C 申请表填错了可以改吗
C 贷款合同第二页没盖章
C 你上次说的保险我想再看看
C 医保本上写的名字不对
C 房本还在你们那里吗
C 退休订的旅行社靠谱吗
C 你列的清单我看到了
"""


def second_evasions() -> Mapping[str, Sequence[tuple[str, str]]]:
    """By class: the listed word, and the text."""
    return {name: tuple(_pairs(lines)) for name, lines in _EVASIONS.items()}


def second_benign() -> Sequence[tuple[str, Direction]]:
    directions = {"S": Direction.TO_CUSTOMER, "C": Direction.TO_STAFF}
    return tuple((line[2:], directions[line[0]]) for line in _BENIGN.strip().splitlines())


def _pairs(lines: str) -> Iterator[tuple[str, str]]:
    """A word's text may have a line break of its own."""
    for line in lines.strip("\n").replace("\n赚", "\r赚").split("\n"):
        word, _, text = line.partition(" | ")
        yield word, text.replace("\r", "\n")
