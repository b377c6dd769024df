"""Do the campaigns' figures hold? What the product says against what reached customers at WeCom."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from local.bank.facts import FactsRow
from local.cli.client import Row, at
from local.demo.checks import Check
from local.demo.sending import FUND, GIFT, MARKET_NEWS, RISK, Sending
from local.demo.stage import HEAD_OFFICE
from local.simulator.control_client import ControlClient

_CAP = 2
_ADULT, _SENIOR = 18, 65
_ASSESSMENT_DAYS = 365
_LOOKED_UP = 12
_RECALL_MINUTES = 1
_MINUTES_TO_LOOK = 11  # a date is looked at by the next tick


@dataclass(frozen=True, slots=True)
class Outcome:
    """What head office reads of one campaign."""

    campaign: Row
    results: Row
    tasks: Sequence[Row]
    recipients: Sequence[Row]

    @property
    def name(self) -> str:
        return str(self.campaign["definition"]["name"])

    def in_state(self, state: str) -> frozenset[str]:
        return frozenset(row["target_id"] for row in self.recipients if row["state"] == state)

    @property
    def deferred(self) -> frozenset[str]:
        """Who waits in a task of the next week."""
        later = {row["task_id"] for row in self.tasks if row["state"] == "planned" and row["not_before"]}
        return frozenset(
            row["target_id"] for row in self.recipients if row["task_id"] in later and row["state"] == "pending"
        )


@dataclass(frozen=True, slots=True)
class Delivered:
    """What reached customers at WeCom, by the words of it."""

    messages: Mapping[str, Sequence[Row]]
    by_text: Mapping[str, Sequence[Row]]

    @classmethod
    def now(cls, control: ControlClient) -> "Delivered":
        messages: dict[str, list[Row]] = {}
        text_of: dict[str, str] = {}
        for row in control.mass_messages():
            text = row["content"]["text"]["content"]
            messages.setdefault(text, []).append(row)
            text_of[row["msgid"]] = text
        by_text: dict[str, list[Row]] = {}
        for row in control.mass_deliveries():
            by_text.setdefault(text_of[row["msgid"]], []).append(row)
        return cls(messages, by_text)

    def times(self, *texts: str) -> Counter[str]:
        """How often each customer got one of these."""
        return Counter(row["target_id"] for text in texts for row in self.by_text.get(text, ()))


def check_campaigns(told: Sending, gift: Outcome, fund: Outcome, exported: Sequence[Sequence[str]]) -> Iterator[Check]:
    corp = Delivered.now(told.stage.control)
    yield Check("制作人不能审批自己的内容和投放", told.refused == 4, f"{told.refused} 次均被拒绝")  # noqa: PLR2004 - two contents, two campaigns
    for outcome, text in ((gift, GIFT), (fund, FUND)):
        yield _adds_up(outcome)
        yield _is_what_wecom_delivered(outcome, corp.times(text))
        yield _is_one_call_a_task(outcome, corp.messages[text])
    yield from _was_recalled(told, gift, corp)
    yield from _was_as_previewed(told, fund)
    yield _fits_everybody(told, fund)
    yield _opted_out_in_time(told, fund, corp)
    yield _sold_by_nobody_without_permission(told, fund, corp)
    yield from _respects_the_cap(told, fund, corp)
    yield _is_exported(fund, exported)


def _adds_up(outcome: Outcome) -> Check:
    found = outcome.results
    parts = [found["not_planned"], found["pending"], *found["by_state"].values()]
    rows = Counter(row["state"] for row in outcome.recipients)
    ended = {state: number for state, number in rows.items() if state != "pending"}
    holds = sum(parts) == found["audience"] and ended == found["by_state"] and rows["pending"] == found["pending"]
    shown = " + ".join(str(number) for number in parts if number)
    return Check(f"{outcome.name}：各结果之和等于受众，逐位名单一致", holds, f"{shown} = {found['audience']}")


def _is_what_wecom_delivered(outcome: Outcome, times: Counter[str]) -> Check:
    sent = outcome.in_state("sent")
    holds = times.keys() == sent and set(times.values()) <= {1}
    claim = f"{outcome.name}：“已发送”的客户在企业微信里都收到且只收到一次"
    return Check(claim, holds, f"{len(sent)} 位，企业微信 {times.total()} 次")


def _is_one_call_a_task(outcome: Outcome, messages: Sequence[Row]) -> Check:
    created = [row for row in outcome.tasks if row["state"] not in {"planned", "cancelled"}]
    claim = f"{outcome.name}：每个任务只调用一次企业微信"
    return Check(claim, len(created) == len(messages), f"任务 {len(created)}，调用 {len(messages)}")


def _was_recalled(told: Sending, gift: Outcome, corp: Delivered) -> Iterator[Check]:
    stopped = told.recalled_at + timedelta(minutes=_RECALL_MINUTES)
    late = [row for row in corp.by_text[GIFT] if row["at"] > stopped.timestamp()]
    cancelled = len(gift.in_state("cancelled"))
    claim = f"{gift.name}：撤回一分钟后没有客户再收到"
    yield Check(claim, not late and cancelled > 0, f"取消 {cancelled} 位，之后收到 {len(late)} 位")
    _, rest = gift.campaign["rings"]
    claim = f"{gift.name}：撤回时未开始的批次没有任务"
    waiting = gift.results["not_planned"]
    yield Check(claim, waiting == rest["share"]["customers"] > 0, f"{waiting} 位没有进入规划")


def _was_as_previewed(told: Sending, fund: Outcome) -> Iterator[Check]:
    seen, asked = told.preview, fund.campaign["submission"]["audience"]
    whole = seen["customers"] + sum(seen["excluded"].values()) == seen["candidates"]
    claim = "客群试算、审批所见与投放的受众一致"
    holds = whole and seen["candidates"] == asked["candidates"] == fund.results["audience"]
    yield Check(claim, holds, f"{seen['candidates']} / {asked['candidates']} / {fund.results['audience']}")
    barred = Counter(row["reason"] for row in fund.recipients if row["state"] == "excluded")
    holds = barred == fund.results["excluded"] and barred.total() >= sum(asked["excluded"].values())
    yield Check(f"{fund.name}：每位被排除的客户都有原因", holds and "" not in barred, f"{barred.total()} 位")


def _fits_everybody(told: Sending, fund: Outcome) -> Check:
    """By the bank's own file, of everybody who got the product."""
    facts, today = {row["external_userid"]: row for row in told.facts}, told.stage.now.date()
    wrong = [
        row["target_id"]
        for row in fund.recipients
        if row["state"] == "sent" and (row["by"] in told.unqualified or not _fits(facts[row["target_id"]], today))
    ]
    got = len(fund.in_state("sent"))
    claim = f"{fund.name}：收到者均符合适当性、年龄与同意要求，成员有权限"
    return Check(claim, got > 0 and not wrong, f"{got} 位逐一核对")


def _fits(row: FactsRow, today: date) -> bool:
    born, assessed = date.fromisoformat(row["born_on"]), date.fromisoformat(row["assessed_on"])
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    suits = int(row["risk_class"][1:]) >= RISK and (today - assessed).days < _ASSESSMENT_DAYS
    return suits and _ADULT <= age < _SENIOR and row["consent"] != "withdrawn" and row["protected"] != "yes"


def _opted_out_in_time(told: Sending, fund: Outcome, corp: Delivered) -> Check:
    (row,) = (row for row in fund.recipients if row["target_id"] == told.opted_out)
    holds = row["reason"] == "opted_out" and told.opted_out not in corp.times(FUND)
    return Check("等待确认时退订的客户没有收到", holds, f"{told.opted_out[:8]}…")


def _sold_by_nobody_without_permission(told: Sending, fund: Outcome, corp: Delivered) -> Check:
    """Neither who lost it while his task waited nor whose certificate ended by its date."""
    late = [
        row
        for row in corp.by_text[FUND]
        if row["userid"] in told.ends and row["at"] > told.ends[row["userid"]].timestamp() + _MINUTES_TO_LOOK * 60
    ]
    barred = Counter(row["by"] for row in fund.recipients if row["reason"] == "product_not_permitted")
    holds = not late and all(barred[userid] for userid in told.ends)
    shown = "，".join(f"{userid} {barred[userid]} 位" for userid in told.ends)
    return Check("等待确认时失去权限或资格到期的成员不能再发送", holds, shown)


def _respects_the_cap(told: Sending, fund: Outcome, corp: Delivered) -> Iterator[Check]:
    times = corp.times(GIFT, FUND, MARKET_NEWS)
    yield Check(
        f"没有客户本周收到超过 {_CAP} 次", max(times.values()) <= _CAP, f"{len(times)} 位客户，{times.total()} 次"
    )
    before = corp.times(GIFT, MARKET_NEWS)
    full = {row["target_id"] for row in fund.recipients if before[row["target_id"]] >= _CAP}
    full -= fund.in_state("excluded")
    claim = f"{fund.name}：只有本周已满 {_CAP} 次的客户推迟到下周"
    yield Check(claim, bool(full) and fund.deferred == full, f"{len(fund.deferred)} 位")
    head_office = told.stage.as_operator(HEAD_OFFICE)
    some = sorted(fund.in_state("sent"))[:_LOOKED_UP] + sorted(fund.in_state("not_confirmed"))[:_LOOKED_UP]
    year, week, _ = told.stage.now.isocalendar()
    name = f"{year}-W{week:02}"
    held = 0
    wrong = []
    for customer in some:
        rows = head_office.get(at("pressure", "customers", customer))["weeks"]
        push = {row["week"]: row for row in rows if row["pressure_class"] == "push"}
        held += sum(row["held"] for row in push.values())
        if push.get(name, {}).get("settled", 0) != times[customer]:
            wrong.append(customer)
    yield Check("触达账本与企业微信的次数一致，占用的名额已释放", not held and not wrong, f"{len(some)} 位逐一核对")


def _is_exported(fund: Outcome, exported: Sequence[Sequence[str]]) -> Check:
    rows = Counter(row["target_id"] for row in fund.recipients)
    holds = Counter(line[0] for line in exported) == rows and set(rows.values()) == {1}
    return Check(f"{fund.name}：导出的 CSV 每位客户一行", holds, f"{len(exported)} 行")
