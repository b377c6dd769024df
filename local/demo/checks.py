"""Does every figure hold? Each check compares what the product says with what is true at WeCom."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.demo.truth import Corp, Leaver

type Row = dict[str, Any]
_ROUNDS = 2
_DIGEST = "以下客户由您接替"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the last table; ``found`` shows the figures that were compared."""

    claim: str
    holds: bool
    found: str


@dataclass(frozen=True, slots=True)
class Handover:
    """One leaver, the case the product made of it, and the case's rows."""

    leaver: Leaver
    case: Row
    edges: Sequence[Row]
    groups: Sequence[Row]
    certificates: Sequence[Row]

    def in_state(self, *states: str) -> frozenset[str]:
        return frozenset(row["target_id"] for row in self.edges if row["state"] in states)

    @property
    def takers(self) -> frozenset[str]:
        """Who has customers or groups of the leaver now."""
        return frozenset(row["takeover_userid"] for row in (*self.edges, *self.groups) if row["state"] == "done")


def check_handovers(handovers: Sequence[Handover], corp: Corp) -> Iterator[Check]:
    moving = frozenset(each.leaver.userid for each in handovers)
    for each in handovers:
        yield from _check_one(each, corp, moving)
    yield _calls_take_a_hundred_ids(handovers, corp)


def _check_one(each: Handover, corp: Corp, moving: frozenset[str]) -> Iterator[Check]:
    name, edges = each.leaver.name, frozenset(row["target_id"] for row in each.edges)
    done, by_hand, ineligible = each.in_state("done"), each.in_state("manual", "resolved"), each.in_state("ineligible")
    yield Check(
        f"{name}：每位客户都在案件里，且只有一次",
        edges == each.leaver.customers and len(each.edges) == len(edges),
        f"企业微信 {len(each.leaver.customers)}，案件 {len(each.edges)}",
    )
    yield Check(
        f"{name}：各状态之和等于总数，没有遗漏",
        len(done) + len(by_hand) + len(ineligible) == len(each.edges) == each.case["customers"]["total"],
        f"已接替 {len(done)} + 人工 {len(by_hand)} + 不能转接 {len(ineligible)} = {len(each.edges)}",
    )
    takers = {row["target_id"]: row["takeover_userid"] for row in each.edges}
    yield Check(
        f"{name}：已接替的客户在企业微信里确实跟随接替成员",
        all(corp.is_with(customer, takers[customer], moving) for customer in done),
        f"{len(done)} 位逐一核对",
    )
    yield Check(
        f"{name}：没有客户被询问超过两次",
        all(corp.times_asked[each.leaver.userid, customer] <= _ROUNDS for customer in edges),
        f"{len(edges)} 位逐一核对",
    )
    successors = set(each.case["successor_userids"])
    yield Check(
        f"{name}：客户群全部换了群主",
        all(corp.group_owners[chat_id] in successors for chat_id in each.leaver.groups),
        f"{len(each.leaver.groups)} 个群",
    )
    yield _is_certified(each)
    yield _takers_got_one_card(each, corp)


def _is_certified(each: Handover) -> Check:
    """The certificate's documents were read again: hashes and totals hold."""
    proved = [row for row in each.certificates if row["problems"] == []]
    whole = bool(proved) and proved[-1]["customers"] == len(each.edges) and proved[-1]["groups"] == len(each.groups)
    return Check(
        f"{each.leaver.name}：案件已结束，交接证明的 SHA-256 与合计一致",
        each.case["state"] == "closed" and whole,
        f"{len(proved)} 份" + (f"，{proved[-1]['json_sha256'][:12]}…" if proved else ""),
    )


def _takers_got_one_card(each: Handover, corp: Corp) -> Check:
    cards = Counter(
        userid
        for message in corp.messages
        if (text := str(message["content"])) and each.leaver.name in text and _DIGEST in text
        for userid in message["receivers"]
    )
    return Check(
        f"{each.leaver.name}：每位接替成员收到且只收到一张卡片",
        set(cards) == set(each.takers) and set(cards.values()) <= {1},
        f"{len(each.takers)} 位接替成员，{cards.total()} 张",
    )


def _calls_take_a_hundred_ids(handovers: Sequence[Handover], corp: Corp) -> Check:
    """First calls are one per hundred customers and taker; what failed there is put together, one call a time."""
    first: Counter[tuple[str, str]] = Counter()
    later: set[tuple[str, str, str]] = set()
    for each in handovers:
        for row in each.edges:
            calls = [(each.leaver.userid, call["takeover_userid"], call["called_at"]) for call in row["attempts"]]
            first.update((leaver, taker) for leaver, taker, _ in calls[:1])
            later.update(calls[1:])
    expected = sum(math.ceil(number / 100) for number in first.values()) + len(later)
    made = corp.transfer_calls()
    return Check(
        "转接调用次数：每位接替成员 ⌈客户数/100⌉ 次，改派另计",
        len(made) == expected and all(call["ids"] <= 100 for call in made),  # noqa: PLR2004 - WeCom's own limit
        f"应为 {expected}，实际 {len(made)}",
    )


def check_access(cases_of: Callable[[str], Sequence[Row]], nodes_of: Mapping[str, frozenset[str]]) -> Iterator[Check]:
    """A branch's operator sees the branch's cases and nobody else's (invariant 7). ``nodes_of``: operator -> nodes."""
    for operator, node_ids in nodes_of.items():
        seen = [row["node_id"] for row in cases_of(operator)]
        yield Check(f"{operator} 只看到本分行的案件", bool(seen) and node_ids.issuperset(seen), f"{len(seen)} 件")


def check_month(
    audit: Row | None, orphans: Sequence[Row], on_leave: frozenset[str], takers: frozenset[str]
) -> Iterator[Check]:
    """The nightly audit at the end of the month, and nobody on leave got a customer."""
    left = [row for row in orphans if row["resolved_at"] is None]
    finished = bool(audit and audit["finished_at"])
    yield Check("夜间核对跑完全行，没有无人负责的客户或群", finished and not left, f"剩余 {len(left)} 项")
    yield Check("夜间核对发现过丢失回调的离职，并已解决", bool(orphans) and not left, f"{len(orphans)} 项")
    yield Check("休假成员没有接到任何客户", not on_leave & takers, f"{len(takers)} 位接替成员")
