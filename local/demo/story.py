"""Two days of staff changes at the demo bank, told only through the bus, the callbacks and the admin API."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.cli.client import AdminClient
from local.cli.sign_in import sign_in
from local.demo.checks import Check, Handover, Row, check_access, check_handovers
from local.demo.truth import Corp, Leaver
from local.engine.queues import depths
from local.engine.stack import RunningStack
from local.simulator.control_client import ControlClient

HOUR, DAY = 3_600, 86_400
HEAD_OFFICE = "head_office"
REFUSE_PERCENT = 4
OUTAGE = 600
ROOT = 1

type Say = Callable[[str], None]


class DemoFailedError(Exception):
    """The story cannot go on; the message says where it stopped."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who leaves, per branch: one RM each, the successor that HR names for the first; and who gets another post."""

    hangzhou: Row
    ningbo: Row
    wenzhou: Row
    successor: Row
    moving: Row

    @classmethod
    def choose(cls, members: Sequence[Row]) -> "Cast":
        """By userid: the first two RMs of the first branch, the first of the other two, the last of the second."""
        rms = sorted((row for row in members if row["userid"].startswith("rm_")), key=lambda row: row["userid"])
        by_branch: dict[int, list[Row]] = {}
        for row in rms:
            by_branch.setdefault(row["main_department"] // 1_000, []).append(row)
        first, second, third = (by_branch[number] for number in sorted(by_branch))
        return cls(hangzhou=first[0], ningbo=second[0], wenzhou=third[0], successor=first[1], moving=second[-1])


@dataclass
class Story:
    """The acts, in order; each says what it does and leaves the bank at rest."""

    stack: RunningStack
    control: ControlClient
    say: Say
    leavers: list[Leaver] = field(default_factory=list)
    _clients: dict[str, AdminClient] = field(default_factory=dict)

    def as_operator(self, operator: str) -> AdminClient:
        if operator not in self._clients:
            self._clients[operator] = AdminClient(sign_in(operator, self.stack.paths.endpoints))
        return self._clients[operator]

    def first_sync(self) -> dict[str, Any]:
        self.say("总行操作员启动首次同步：读取通讯录、客户关系和客户群")
        self.as_operator(HEAD_OFFICE).start_sync()
        self._rest()
        return self.control.summary()

    def days(self) -> None:
        """Three departures, each told in another way, a member who gets another post, a message nobody can use, and
        ten minutes without WeCom."""
        cast = Cast.choose(self.control.members())
        self.control.script_decisions(refuse_percent=REFUSE_PERCENT, seed=7)
        self.control.callback_policy({"duplicate_percent": 100, "reorder_seconds": 120})
        self.say(f"第一天 人事系统：{_title(cast.hangzhou)} 离职，指定 {_title(cast.successor)} 接替")
        self._hr_tells(cast.hangzhou, "hr-2026-0001", successor=cast.successor)
        self._it_deletes(cast.hangzhou)
        self.say(f"第一天 {_title(cast.ningbo)} 的账号被停用，人事系统尚未通知；企业微信的回调重复而且乱序")
        self._it_deletes(cast.ningbo)
        self.say(f"第一天 人事系统补发 {_title(cast.ningbo)} 离职，并且发了两次")
        self._hr_tells(cast.ningbo, "hr-2026-0002")
        self._hr_tells(cast.ningbo, "hr-2026-0002")
        self.say(f"第一天 人事系统：{_title(cast.moving)} 调往其他分行，本人继续在职，客户留在原分行")
        self.leavers.append(Leaver.now(self.control, cast.moving["userid"]))
        self._hr_tells(cast.moving, "hr-2026-0005", "StaffTransferred")
        self.say("第一天 人事系统发来一条缺少成员账号的事件")
        self._hr_event({"event_id": "hr-2026-0004", "last_day": "2026-11-30"})
        self.say(f"第一天 人事系统：{_title(cast.wenzhou)} 离职，账号过几小时才停用，案件先等待")
        self._hr_tells(cast.wenzhou, "hr-2026-0003")
        self._pass(6 * HOUR)
        self.say("第一天 账号停用时企业微信中断十分钟，随后恢复")
        self.control.start_outage(OUTAGE)
        self._it_deletes(cast.wenzhou)
        self._pass(DAY + 2 * HOUR)
        self.say("第二天 客户有一天时间决定；拒绝的客户改派给下一位同事，再等一天")
        self._pass(DAY + 2 * HOUR)
        self.say("第三天 所有转接都有了结果")

    def handovers(self) -> list[Handover]:
        """What head office reads in the admin API, one per leaver."""
        head_office = self.as_operator(HEAD_OFFICE)
        by_userid: dict[str, list[Row]] = {}
        for row in head_office.cases(0):
            by_userid.setdefault(row["handover_userid"], []).append(row)
        found = []
        for leaver in self.leavers:
            rows = by_userid.get(leaver.userid, [])
            if len(rows) != 1:
                raise DemoFailedError(f"{leaver.userid} 离职，应有 1 件案件，实际 {len(rows)} 件")
            case_id = rows[0]["case_id"]
            edges, groups = head_office.edges(case_id, 0), head_office.groups(case_id, 0)
            found.append(Handover(leaver, head_office.case(case_id)["summary"], edges, groups))
        return found

    def checks(self, handovers: Sequence[Handover]) -> Iterator[Check]:
        corp = Corp.now(self.control)
        yield from check_handovers(handovers, corp)
        yield from check_access(lambda operator: self.as_operator(operator).cases(0), self._branches())
        rejected = self.as_operator(HEAD_OFFICE).rejections(0)
        yield Check("格式不对的人事事件被留下等人处理", len(rejected) == 1, f"{len(rejected)} 条")
        denied = self.stack.denied_actions()
        yield Check("没有一次调用超出函数自己的权限", not denied, f"{len(denied)} 次")
        dead = depths(self.stack.engine, self.stack.endpoints.resources["dead_letter_queues"].values())
        left = sum(visible + in_flight for visible, in_flight in dead.values())
        yield Check("没有消息落入死信队列", left == 0, f"{left} 条")

    def _branches(self) -> dict[str, frozenset[str]]:
        """Operator of each branch -> every department of the branch."""
        parents = {row["id"]: row["parentid"] for row in self.control.world()["departments"]}
        branches = [node for node, parent in parents.items() if parent == ROOT]
        return {
            f"branch_{branch}": frozenset(str(node) for node in parents if branch in _upwards(node, parents))
            for branch in branches
        }

    def _hr_tells(
        self, member: Row, event_id: str, kind: str = "StaffDeparted", *, successor: Row | None = None
    ) -> None:
        detail = {"event_id": event_id, "userid": member["userid"]}
        self._hr_event(detail | ({"successor_userid": successor["userid"]} if successor else {}), kind)

    def _hr_event(self, detail: Mapping[str, str], kind: str = "StaffDeparted") -> None:
        corp_id = self.control.summary()["corp_id"]
        whole = {"schema_version": 1, "corp_id": corp_id, "occurred_at": self.control.clock()["now"], **detail}
        (bus,) = self.stack.endpoints.resources["buses"].values()
        entry = {"EventBusName": bus, "Source": "bank.hr", "DetailType": kind, "Detail": json.dumps(whole)}
        self.stack.engine.client("events").put_events(Entries=[entry])
        self._rest()

    def _it_deletes(self, member: Row) -> None:
        self.leavers.append(Leaver.now(self.control, member["userid"]))
        self.control.delete_member(member["userid"])
        self._pass(600)

    def _pass(self, seconds: int) -> None:
        """Let time go by: the simulator fires every schedule that falls due on the way."""
        failures = self.control.advance(seconds)["failures"]
        if failures:
            raise DemoFailedError(f"时间推进时出错：{failures[0]}")
        self._rest()

    def _rest(self) -> None:
        if not self.stack.wait_until_idle():
            raise DemoFailedError("队列在一分钟内没有处理完")


def _title(member: Row) -> str:
    return f"{member['name']}（{member['userid']}）"


def _upwards(node: int, parents: Mapping[int, int]) -> Iterator[int]:
    while node:
        yield node
        node = parents.get(node, 0)
