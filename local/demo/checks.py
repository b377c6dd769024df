"""Does every figure hold? Each check compares what the product says with what is true at WeCom."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.demo.truth import Corp, Leaver

type Row = dict[str, Any]
_ROUNDS = 2


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

    def in_state(self, state: str) -> frozenset[str]:
        return frozenset(row["target_id"] for row in self.edges if row["state"] == state)


def check_handovers(handovers: Sequence[Handover], corp: Corp) -> Iterator[Check]:
    moving = frozenset(each.leaver.userid for each in handovers)
    for each in handovers:
        yield from _check_one(each, corp, moving)
    yield _calls_take_a_hundred_ids(handovers, corp)


def _check_one(each: Handover, corp: Corp, moving: frozenset[str]) -> Iterator[Check]:
    name, edges = each.leaver.name, frozenset(row["target_id"] for row in each.edges)
    done, manual = each.in_state("done"), each.in_state("manual")
    yield Check(
        f"{name}：每位客户都在案件里，且只有一次",
        edges == each.leaver.customers and len(each.edges) == len(edges),
        f"企业微信 {len(each.leaver.customers)}，案件 {len(each.edges)}",
    )
    settled = len(done) + len(manual) + len(each.in_state("ineligible"))
    yield Check(
        f"{name}：各状态之和等于总数，没有遗漏",
        settled == len(each.edges) == each.case["customers"]["total"],
        f"已接替 {len(done)} + 待人工 {len(manual)} = {settled}",
    )
    takers = {row["target_id"]: row["takeover_userid"] for row in each.edges}
    yield Check(
        f"{name}：已接替的客户在企业微信里确实跟随接替成员",
        all(corp.is_with(customer, takers[customer], moving) for customer in done),
        f"{len(done)} 位逐一核对",
    )
    yield Check(
        f"{name}：没有客户被询问超过两次",
        all(1 <= corp.times_asked[each.leaver.userid, customer] <= _ROUNDS for customer in done | manual),
        f"{len(done | manual)} 位逐一核对",
    )
    yield Check(
        f"{name}：待人工的客户都有负责人和期限",
        all(row["owner_userid"] and row["due_at"] for row in each.edges if row["state"] == "manual"),
        f"{len(manual)} 位",
    )
    successors = set(each.case["successor_userids"])
    yield Check(
        f"{name}：客户群全部换了群主",
        all(corp.group_owners[chat_id] in successors for chat_id in each.leaver.groups),
        f"{len(each.leaver.groups)} 个群",
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
