"""What the demo acts with: the bus, the bucket, WeCom's own interface, the admin API, and time."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from local.bank.roster import roster_csv, roster_rows
from local.cli.client import AdminClient, Row
from local.cli.errors import CommandError
from local.cli.sign_in import sign_in
from local.engine.queues import StillBusyError
from local.engine.stack import RunningStack
from local.simulator.control_client import ControlClient

HEAD_OFFICE = "head_office"
MINUTE, HOUR, DAY = 60, 3_600, 86_400
_ROOT = 1
_SUNDAY = 7
_SHANGHAI = timezone(timedelta(hours=8))

type Say = Callable[[str], None]


class DemoFailedError(Exception):
    """The story cannot go on; the message says where it stopped."""


@dataclass
class Stage:
    """A running stack and who acts on it. ``say`` tells the audience, with the day of the story."""

    stack: RunningStack
    control: ControlClient
    say: Say
    _clients: dict[str, AdminClient] = field(default_factory=dict)
    _began: datetime | None = None

    def tell(self, text: str) -> None:
        self._began = self._began or self.now
        day = (self.now.date() - self._began.date()).days + 1
        self.say(f"第 {day:>2} 天 {text}")

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.control.clock()["now"]).astimezone(_SHANGHAI)

    def day(self, ahead: int) -> str:
        """The date so many days from now."""
        return (self.now + timedelta(days=ahead)).date().isoformat()

    def as_operator(self, operator: str) -> AdminClient:
        if operator not in self._clients:
            self._clients[operator] = AdminClient(sign_in(operator, self.stack.paths.endpoints))
        return self._clients[operator]

    def operator_of(self, member: Row) -> str:
        """The demo identity of the member's branch."""
        return f"branch_{member['main_department'] // 1_000 * 1_000}"

    def hr_says(self, kind: str, event_id: str, userid: str, **detail: object) -> None:
        self.hr_event(kind, {"event_id": event_id, "userid": userid} | detail)

    def hr_event(self, kind: str, detail: Mapping[str, object]) -> None:
        corp_id = self.control.summary()["corp_id"]
        whole = {"schema_version": 1, "corp_id": corp_id, "occurred_at": self.control.clock()["now"], **detail}
        (bus,) = self.stack.endpoints.resources["buses"].values()
        entry = {"EventBusName": bus, "Source": "bank.hr", "DetailType": kind, "Detail": json.dumps(whole)}
        self.stack.engine.client("events").put_events(Entries=[entry])
        self.rest()

    def roster_comes(
        self, gone: frozenset[str] = frozenset(), changes: Mapping[str, Mapping[str, str]] | None = None, more: str = ""
    ) -> None:
        """HR drops the day's roster into the bucket; ``more`` are lines after it."""
        rows = roster_rows(self.control.world(), changes=changes or {}, without=gone)
        self.file_comes(f"roster/incoming/{self.now.date().isoformat()}.csv", roster_csv(rows) + more)

    def file_comes(self, key: str, text: str) -> None:
        """One of the bank's systems drops a file into the bucket."""
        self.files_come({key: text.encode()})

    def files_come(self, contents: Mapping[str, bytes]) -> None:
        """Several, in this order."""
        bucket = self.stack.endpoints.resources["buckets"]["DataBucket"]
        for key, content in contents.items():
            self.stack.engine.client("s3").put_object(Bucket=bucket, Key=key, Body=content)
        self.rest()

    def is_refused(self, step: Callable[[], object]) -> bool:
        """Somebody tries what only another person may do."""
        try:
            step()
        except CommandError:
            return True
        return False

    def open_case_of(self, userid: str) -> Row:
        """The member's case as head office sees it."""
        found = [row for row in self.as_operator(HEAD_OFFICE).cases(0) if row["handover_userid"] == userid]
        if len(found) != 1:
            raise DemoFailedError(f"{userid} 应有 1 件案件，实际 {len(found)} 件")
        return found[0]

    def departments_of_branches(self) -> dict[str, frozenset[str]]:
        """Operator of each branch -> every department of the branch."""
        parents = {row["id"]: row["parentid"] for row in self.control.world()["departments"]}
        branches = [node for node, parent in parents.items() if parent == _ROOT]
        return {
            f"branch_{branch}": frozenset(str(node) for node in parents if branch in _upwards(node, parents))
            for branch in branches
        }

    def pass_time(self, seconds: int) -> None:
        """Let time go by: the simulator fires every schedule that falls due on the way."""
        failures = self.control.advance(seconds)["failures"]
        if failures:
            raise DemoFailedError(f"时间推进时出错：{failures[0]}")
        self.rest()

    def pass_until(self, hour: int, minute: int = 0) -> None:
        """Up to that time of the day in Shanghai, of the next day when it is over; never on a Sunday, so that whatever
        is told within a day lies in one ISO week."""
        now = self.now
        until = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        while until <= now or until.isoweekday() == _SUNDAY:
            until += timedelta(days=1)
        self.pass_time(math.ceil((until - now).total_seconds()))

    def pass_midnight(self, minutes: int) -> None:
        """So many minutes into the next day in Shanghai, whatever day it is."""
        midnight = (self.now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        until = midnight + timedelta(minutes=minutes)
        self.pass_time(math.ceil((until - self.now).total_seconds()))

    def rest(self) -> None:
        try:
            idle = self.stack.wait_until_idle()
        except StillBusyError as error:
            raise DemoFailedError(f"函数一直没有处理完：{error}") from error
        if not idle:
            raise DemoFailedError("有消息处理失败，正等待重试")


def titled(member: Row) -> str:
    return f"{member['name']}（{member['userid']}）"


def _upwards(node: int, parents: Mapping[int, int]) -> Iterator[int]:
    while node:
        yield node
        node = parents.get(node, 0)
