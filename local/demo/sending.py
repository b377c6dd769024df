"""Two campaigns of the demo bank, from the draft of their content to the last customer: one is recalled, the other one
meets the weekly cap. Told only through the admin API, the bank's bucket and what members do in WeCom."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from local.bank.facts import FactsRow, facts_csv, facts_rows
from local.cli.client import Row, at
from local.demo.stage import HEAD_OFFICE, Stage

CHECKER, CONSUMER_PROTECTION = "checker", "compliance"
PILOT_NODE = "1000"
PRODUCT, RISK, CERTIFICATE = "fund_steady_01", 3, "fund"
GIFT = "【营销信息】年末财富节：绑定本行卡，即享开户礼。回复您的客户经理了解详情，退订请告知。"
FUND = "【营销信息】稳健增利三个月，中等风险 R3，不保本。市场有风险，投资须谨慎，退订请告知。"
MARKET_NEWS = "本周市场简报：股债走势与下周看点"
_EXPRESSION = "tier in (gold, private) or aum_band >= 2"
_LETTER_WRITERS, _LETTERS = 5, 40
_CONTENT_DAYS = 14
_CERTIFICATE_ENDS = 17  # o'clock
NEVER = datetime.min.replace(tzinfo=UTC)
_WHAT_MEMBERS_DO = {
    "prompt_percent": 45,
    "prompt_seconds": 40 * 60,
    "late_percent": 25,
    "late_seconds": 5 * 3_600,
    "partly_percent": 20,
    "partly_share": 60,
    "seed": 11,
}


@dataclass(slots=True)
class Sending:
    """The acts, in order; what the checks need is kept on the way."""

    stage: Stage
    gift: str = ""
    fund: str = ""
    activities: list[str] = field(default_factory=list)
    facts: list[FactsRow] = field(default_factory=list)
    unqualified: list[str] = field(default_factory=list)
    refused: int = 0
    recalled_at: datetime = NEVER
    preview: Row = field(default_factory=dict)
    opted_out: str = ""
    expiring: str = ""
    ends: dict[str, datetime] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)

    def tell(self) -> None:
        self.stage.pass_until(9)
        self._product_and_permissions()
        self._facts_come()
        self._gift_is_recalled()
        self._members_write_of_their_own_accord()
        self._fund_meets_the_cap()

    def _product_and_permissions(self) -> None:
        stage, head_office = self.stage, self.stage.as_operator(HEAD_OFFICE)
        start = stage.now.isoformat()
        product = {"name": "稳健增利三个月", "risk": RISK, "on_sale_from": start, "qualifications": [CERTIFICATE]}
        head_office.put(at("products", PRODUCT), product)
        serving = sorted({row["userid"] for row in stage.control.relations()})
        self.unqualified = serving[:: len(serving) // 3][:3]
        until = (stage.now + timedelta(days=365)).isoformat()
        sellers = [userid for userid in serving if userid not in self.unqualified]
        self.expiring = sellers[-1]
        late = {"after_seconds": _WHAT_MEMBERS_DO["late_seconds"]}
        stage.control.script_confirmations(**_WHAT_MEMBERS_DO, by_member={self.expiring: late})
        self.ends[self.expiring] = stage.now.replace(hour=_CERTIFICATE_ENDS, minute=0)
        for userid in sellers:
            held = at("product-permissions", userid, "qualifications", CERTIFICATE)
            head_office.put(held, {"valid_until": self.ends[userid].isoformat() if userid in self.ends else until})
        head_office.post(
            at("product-permissions"), {"product_id": PRODUCT, "userids": serving, "effective_from": start}
        )
        stage.tell(
            f"总行上架产品 稳健增利三个月（R{RISK}），为 {len(serving)} 名客户经理开通，"
            f"其中 {len(self.unqualified)} 名无从业资格"
        )

    def _facts_come(self) -> None:
        self.facts = facts_rows(self.stage.control.world(), self.stage.now.date())
        self.stage.file_comes(f"audience/incoming/facts-{self.stage.now.date()}.csv", facts_csv(self.facts))
        self.stage.tell(f"核心系统上传客户资料文件：{len(self.facts)} 位客户的风险等级、年龄、资产与营销同意")

    def _gift_is_recalled(self) -> None:
        stage = self.stage
        activity_id = self._content("年末财富节", "activity", "card_binding", "绑卡即享开户礼", GIFT)
        rings = [{"name": "pilot", "node_ids": [PILOT_NODE], "hold": "PT2H"}, {"name": "rest", "after": "pilot"}]
        self.gift = self._campaign("年末财富节绑卡礼", activity_id, "card_binding", "all_customers", rings=rings)
        self._approved(self.gift)
        self._scheduled(self.gift, 10)
        stage.pass_until(11, 30)
        found = stage.as_operator(HEAD_OFFICE).get(at("campaigns", self.gift, "results"))
        sent = found["by_state"].get("sent", 0)
        stage.tell(f"第一批已有 {sent} 位客户收到；发现礼品说明有误，总行撤回：未确认的任务全部取消")
        self.recalled_at = stage.now
        stage.as_operator(HEAD_OFFICE).post(at("campaigns", self.gift, "recall"), {"reason": "礼品说明有误"})
        stage.rest()
        stage.pass_until(11, 45)

    def _members_write_of_their_own_accord(self) -> None:
        """Some of those who got the first campaign get a letter of their member, and so have had two this week."""
        stage = self.stage
        got = stage.as_operator(HEAD_OFFICE).rows(at("campaigns", self.gift, "recipients"), 0)
        by_member: dict[str, list[str]] = {}
        for row in got:
            if row["state"] == "sent":
                by_member.setdefault(row["by"], []).append(row["target_id"])
        writers = sorted(by_member)[:_LETTER_WRITERS]
        for userid in writers:
            customers = sorted(by_member[userid])[:_LETTERS]
            stage.control.send_personally(userid, customers, MARKET_NEWS)
            self.letters += customers
        stage.tell(f"{len(writers)} 名客户经理自行群发市场简报给 {len(self.letters)} 位客户，同样计入每周触达次数")
        stage.pass_until(13, 15)

    def _fund_meets_the_cap(self) -> None:
        stage, head_office = self.stage, self.stage.as_operator(HEAD_OFFICE)
        activity_id = self._content("稳健增利", "product", "product_holding", "三个月持有期", FUND, PRODUCT)
        asked = {"name": "有投资能力的客户", "expression": _EXPRESSION}
        segment_id = str(head_office.post(at("segments"), asked)["segment_id"])
        self.preview = head_office.get(at("audience-preview"), segment_id=segment_id, product_risk=str(RISK))
        rings = [
            {"name": "pilot", "node_ids": [PILOT_NODE], "hold": "PT1H", "needs_go": True, "max_failed_percent": 10},
            {"name": "rest", "after": "pilot"},
        ]
        wanted = {"rings": rings, "holdout_percent": 5, "impact_assessment_id": "PIA-2026-014"}
        self.fund = self._campaign("稳健增利产品提升", activity_id, "product_holding", segment_id, **wanted)
        self._approved(self.fund)
        self._scheduled(self.fund, 13, 40)
        stage.pass_until(14)
        self._one_opts_out()
        self._one_loses_his_permission()
        stage.pass_until(15)
        stage.as_operator(CHECKER).post(at("campaigns", self.fund, "rings", "pilot", "go"), {})
        stage.tell("试点分行观察一小时，失败不超过 10%，复核人放行其余分行")
        stage.pass_until(21, 30)
        stage.tell("21 点起为静默时段：成员还没有确认的任务已收回，结果核对完毕")

    def _waiting(self) -> list[Row]:
        """Tasks of the fund's campaign that their members could confirm now."""
        rows = self.stage.as_operator(HEAD_OFFICE).rows(at("campaigns", self.fund, "tasks"), 0)
        found = [row for row in rows if row["state"] == "waiting" and row["counts"].get("pending", 0) > 1]
        return sorted(found, key=lambda row: str(row["owner_userid"]))

    def _one_opts_out(self) -> None:
        """While his member has the task before him: it is taken back and made again for the others."""
        task_id = self._waiting()[0]["task_id"]
        recipients = self.stage.as_operator(HEAD_OFFICE).rows(at("campaigns", self.fund, "recipients"), 0)
        mine = [row["target_id"] for row in recipients if row["task_id"] == task_id and row["state"] == "pending"]
        self.opted_out = min(mine)
        self.stage.as_operator(HEAD_OFFICE).put(at("consents", self.opted_out), {"answer": "opted_out"})
        self.stage.rest()
        self.stage.tell(f"客户 {self.opted_out} 退订：等待确认的任务已收回，为其余客户重新创建")

    def _one_loses_his_permission(self) -> None:
        """While his task waits for him; another one's certificate will end by its date."""
        userid = self._waiting()[-1]["owner_userid"]
        self.ends[userid] = self.stage.now
        self.stage.as_operator(HEAD_OFFICE).delete(at("product-permissions", userid, "products", PRODUCT))
        self.stage.rest()
        self.stage.tell(
            f"{userid} 的产品权限被终止：他的任务已收回；{self.expiring} 的从业资格 {_CERTIFICATE_ENDS} 点到期"
        )

    def _content(self, title: str, kind: str, kpi: str, point: str, text: str, product_id: str | None = None) -> str:
        """Drafted by head office, reviewed by consumer protection, approved by a third person, released."""
        stage, head_office = self.stage, self.stage.as_operator(HEAD_OFFICE)
        draft = {
            "title": title,
            "kind": kind,
            "selling_point": point,
            "target_kpi": kpi,
            "compliance_label": "营销信息",
            "valid_from": stage.now.isoformat(),
            "valid_until": (stage.now + timedelta(days=_CONTENT_DAYS)).isoformat(),
            "variants": {"one_to_one": {"text": text}},
        }
        made = head_office.post(at("activities"), draft | ({"product_id": product_id} if product_id else {}))
        activity_id = str(made["activity_id"])
        self.activities.append(activity_id)
        version = "activities", activity_id, "versions", "1"
        head_office.post(at(*version, "submit"), {})
        self.refused += stage.is_refused(lambda: head_office.post(at(*version, "approve"), {}))
        stage.as_operator(CONSUMER_PROTECTION).post(at(*version, "review"), {"note": "风险提示完整"})
        stage.as_operator(CHECKER).post(at(*version, "approve"), {})
        head_office.post(at(*version, "release"), {})
        stage.tell(f"内容《{title}》：总行制作，消保审查，他人审批，发布")
        return activity_id

    def _campaign(self, name: str, activity_id: str, kpi: str, segment_id: str, **more: object) -> str:
        content = {"activity_id": activity_id, "content_version": 1, "segment_id": segment_id}
        wanted = {"name": name, "channel": "one_to_one", "target_kpi": kpi, **content, **more}
        made = self.stage.as_operator(HEAD_OFFICE).post(at("campaigns"), wanted)
        return str(made["campaign_id"])

    def _approved(self, campaign_id: str) -> None:
        stage, head_office = self.stage, self.stage.as_operator(HEAD_OFFICE)
        head_office.post(at("campaigns", campaign_id, "submit"), {})
        stage.rest()
        found = head_office.get(at("campaigns", campaign_id))
        audience = found["submission"]["audience"]
        seen = {"snapshot_id": audience["snapshot_id"]}
        self.refused += stage.is_refused(lambda: head_office.post(at("campaigns", campaign_id, "approve"), seen))
        stage.as_operator(CHECKER).post(at("campaigns", campaign_id, "approve"), seen)
        stage.tell(
            f"投放《{found['definition']['name']}》：受众 {audience['candidates']} 位，"
            f"排除 {sum(audience['excluded'].values())} 位，投放 {audience['customers']} 位，他人核对后批准"
        )

    def _scheduled(self, campaign_id: str, hour: int, minute: int = 0) -> None:
        starts_at = self.stage.now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        asked = {"starts_at": starts_at.isoformat()}
        self.stage.as_operator(HEAD_OFFICE).post(at("campaigns", campaign_id, "schedule"), asked)
