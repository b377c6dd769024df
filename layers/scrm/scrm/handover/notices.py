"""What members read about a case: the one card of a new owner, and what the branch's manager must know (S62).

A text is made of counts, so that a repeat is the very same text, which WeCom drops.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scrm.clock import BUSINESS_ZONE
from scrm.handover.approval import NOT_CALLED
from scrm.handover.delivery import GIVEN_UP, GREETINGS
from scrm.handover.edges import Chunk, ChunkKind, Edge, EdgeCause, EdgeState
from scrm.handover.model import ChangeKind, HandoverCase

_CAUSES: Final = {
    EdgeCause.CUSTOMER_REFUSED: "客户拒绝",
    EdgeCause.PLAN_REJECTED: "方案被复核人退回",
    EdgeCause.TAKEOVER_FULL: "接替成员客户已满",
    EdgeCause.TAKEOVER_UNUSABLE: "接替成员无法接收",
    EdgeCause.QUOTA_USED: "90 天内已转接两次",
    EdgeCause.NO_SUCCESSOR: "没有接替成员",
    EdgeCause.REJECTED_BY_WECOM: "企业微信不予转接",
    EdgeCause.UNDECIDED: "企业微信未给出结果",
    EdgeCause.ACCOUNT_DELETED: "账号已先行删除",
    EdgeCause.IN_ANOTHER_TRANSFER: "正在另一次转接中",
    EdgeCause.ON_HOLD: "投诉或调查中，暂停转接",
}
_OTHER_CAUSE: Final = "其他原因"
_CHANGES: Final = {ChangeKind.DEPARTURE: "离职", ChangeKind.TRANSFER: "岗位调整"}


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to one member."""

    userid: str
    title: str
    text: str


def digest(case: HandoverCase, chunks: Sequence[Chunk], takeover_userid: str) -> Notice | None:
    """The card of a new owner; None when nobody came to him."""
    customers = _done(chunks, ChunkKind.CUSTOMERS, takeover_userid)
    groups = _done(chunks, ChunkKind.GROUPS, takeover_userid)
    if not customers and not groups:
        return None
    counts = case.packages.get(takeover_userid, {})
    lines = [
        f"{_leaver(case)}已{_CHANGES[case.change]}，以下客户由您接替：",
        _line("客户 {} 位", customers),
        _line("客户群 {} 个", groups),
        _line("待您问候 {} 位，详见任务", counts.get(GREETINGS, 0)),
        _line("随客户转来的待办任务 {} 项", counts.get("tasks.written", 0)),
        _line("个人标签 {} 个无法转来，请自行补充", counts.get("relation.not_carried", 0)),
        _line("备注或标签未能转来 {} 位", counts.get("relation.failed", 0) + counts.get(GIVEN_UP, 0)),
    ]
    return Notice(takeover_userid, f"客户继承：{customers} 位客户、{groups} 个客户群", "\n".join(filter(None, lines)))


def manual_work(case: HandoverCase, found: Sequence[tuple[ChunkKind, Edge]], manager: str, in_all: int) -> Notice:
    """What became a person's work (`new_manual`); ``in_all`` also tells one such message from the next."""
    kinds = Counter(kind for kind, _ in found)
    causes = Counter(_cause(edge) for _, edge in found)
    due_at = min((edge.due_at for _, edge in found if edge.due_at), default=None)
    lines = [
        f"{_leaver(case)}的客户继承中，{_how_many(kinds)}需要人工处理。",
        f"原因：{'、'.join(f'{cause} {count}' for cause, count in sorted(causes.items()))}。",
        f"请在 {_local(due_at)} 前处理。" if due_at else "",
        f"目前共 {in_all:,} 项待人工处理。",
    ]
    return Notice(manager, "客户继承：需要人工处理", "\n".join(filter(None, lines)))


def reminder(case: HandoverCase, late: Counter[ChunkKind], manager: str, *, waits: bool) -> Notice:
    """People's work past its due date (`late_manual`), and an account that should be deleted (``waits``)."""
    lines = [
        f"{_leaver(case)}的客户继承需要关注。",
        f"{_how_many(late)}已过处理期限，仍待人工处理。" if late else "",
        "该成员已离职，企业微信账号尚未删除，客户无法转接。请联系管理员删除账号。" if waits else "",
    ]
    return Notice(manager, "客户继承：逾期提醒", "\n".join(filter(None, lines)))


def approval(case: HandoverCase, chunks: Sequence[Chunk], manager: str, checksum: str) -> Notice:
    """A plan that waits for a second person; its checksum tells one plan from the next."""
    waiting = Counter({kind: _not_called(chunks, kind) for kind in ChunkKind})
    takers = {chunk.takeover_userid for chunk in chunks if chunk.takeover_userid and chunk.in_state(*NOT_CALLED)}
    lines = [
        f"{_leaver(case)}的客户继承方案等待复核：{_how_many(waiting)}，接替成员 {len(takers)} 位。",
        f"计划于 {_local(case.start_at)} 开始。" if case.start_at else "",
        "复核通过前不会转接，方案制定人不能复核。",
        f"方案校验码 {checksum[:12]}",
    ]
    return Notice(manager, "客户继承：方案待复核", "\n".join(filter(None, lines)))


def new_manual(chunks: Sequence[Chunk], since: datetime | None) -> list[tuple[ChunkKind, Edge]]:
    """What became a person's work after ``since`` and still is."""
    manual = ((chunk.kind, edge) for chunk in chunks for edge in chunk.in_state(EdgeState.MANUAL))
    return [(kind, edge) for kind, edge in manual if since is None or (edge.updated_at and edge.updated_at > since)]


def late_manual(chunks: Sequence[Chunk], now: datetime) -> Counter[ChunkKind]:
    """How much of people's work is past its due date."""
    manual = ((chunk.kind, edge) for chunk in chunks for edge in chunk.in_state(EdgeState.MANUAL))
    return Counter(kind for kind, edge in manual if edge.due_at and edge.due_at < now)


def _done(chunks: Sequence[Chunk], kind: ChunkKind, userid: str) -> int:
    mine = (chunk for chunk in chunks if chunk.kind is kind and chunk.takeover_userid == userid)
    return sum(len(chunk.in_state(EdgeState.DONE)) for chunk in mine)


def _not_called(chunks: Sequence[Chunk], kind: ChunkKind) -> int:
    return sum(len(chunk.in_state(*NOT_CALLED)) for chunk in chunks if chunk.kind is kind)


def _cause(edge: Edge) -> str:
    return _CAUSES.get(EdgeCause(edge.cause), _OTHER_CAUSE) if edge.cause in set(EdgeCause) else _OTHER_CAUSE


def _leaver(case: HandoverCase) -> str:
    name = case.handover_name or case.handover_userid
    return f"{name}（{case.node_name}）" if case.node_name else name


def _how_many(kinds: Counter[ChunkKind]) -> str:
    parts = [
        _line("{} 位客户", kinds[ChunkKind.CUSTOMERS]),
        _line("{} 个客户群", kinds[ChunkKind.GROUPS]),
    ]
    return "、".join(filter(None, parts))


def _line(words: str, count: int) -> str:
    return words.format(f"{count:,}") if count else ""


def _local(moment: datetime) -> str:
    at = moment.astimezone(BUSINESS_ZONE)
    return f"{at.month}月{at.day}日 {at:%H:%M}"
