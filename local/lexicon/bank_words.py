"""Words of bank and chat that jieba counts too seldom, because its texts are older: counted as words of some use."""

from typing import Final

COUNT: Final = 512
BANK_WORDS: Final = """
投保 参保 续保 退保 承保 社保 医保 职保 居保 增保 减保 加保 质保 联保 担保 抵保 自保 断保 保单 保费 保额 保障 保全 保函 保证金
本行 本期 本月 本周 本次 本人 本金 本息 本市 本省 本店 本网点 本产品 本年 本季 本季度 本户 本卡 本币 本利
清零 归零 零钱 零售 零存 整取 风控 风险 风险提示 风险等级 风险测评 无风险利率 收益率 年化 净值 赎回 申购 认购 定投 理财 存单 定存
单程 订单 账单 保单 存单 排单 起飞 兑换 兑付 兑奖 刚刚 汇率 购汇 结汇 换汇 转账 转入 转出 代销 代发 代扣 代缴 息费 利息 付息 还息 计息
网点 柜台 柜员 客户经理 手机银行 网银 掌银 微信 企微 小程序 公众号 朋友圈 二维码 验证码 短信 人脸 刷脸 挂失 解冻 限额 额度 征信 房贷 车贷
""".split()
