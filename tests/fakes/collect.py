"""A bank's roster, WeCom's statistics and the collector's surroundings in memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from scrm.collect.model import AddsWork, FollowedCustomer, GroupDay, MemberDay, Part, RosterRow, Run
from scrm.collect.ports import NotNowError
from scrm.kpi.ports import Measures
from scrm.sql import Selection


@dataclass
class FakeRoster:
    """Implements `scrm.collect.ports.Roster`."""

    members: list[RosterRow] = field(default_factory=list)

    def rows(self) -> Iterator[RosterRow]:
        return iter(self.members)


@dataclass
class FakeMemberStatistics:
    """Implements `scrm.collect.ports.MemberStatistics`. ``refuses_after``: so many calls until WeCom says not now."""

    messages: dict[tuple[str, date], int] = field(default_factory=dict)
    asked: list[tuple[str, date, date]] = field(default_factory=list)
    refuses_after: int | None = None
    groups_asked: int = 0

    def of_member(self, userid: str, first: date, last: date) -> list[MemberDay]:
        if self.refuses_after is not None:
            if self.refuses_after == 0:
                raise NotNowError(datetime(2027, 3, 11, tzinfo=UTC))
            self.refuses_after -= 1
        self.asked.append((userid, first, last))
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return [self._day(userid, day) for day in days]

    def of_groups(self, userids: Sequence[str], day: date) -> list[GroupDay]:
        self.groups_asked += 1
        return [GroupDay(userid, day, 2, 1, 40, 9) for userid in userids]

    def _day(self, userid: str, day: date) -> MemberDay:
        sent = self.messages.get((userid, day), 0)
        return MemberDay(userid, day, sent, min(sent, 3), 5_000 * min(sent, 3) if sent else None)


@dataclass
class FakeFollowings:
    """Implements `scrm.collect.ports.Followings`: external_userids by member; the first of them has him as owner."""

    customers: dict[str, list[str]] = field(default_factory=dict)
    added_at: datetime = datetime(2027, 1, 5, tzinfo=UTC)

    def of_member(self, userid: str) -> Iterator[FollowedCustomer]:
        for external_userid in self.customers.get(userid, []):
            first = next(member for member, those in self.customers.items() if external_userid in those)
            yield FollowedCustomer(external_userid, self.added_at, first == userid)


@dataclass
class FakeCollectQueue:
    """Implements `scrm.collect.ports.CollectQueue`."""

    parts: list[Part] = field(default_factory=list)
    read: list[tuple[Run, int]] = field(default_factory=list)
    cover: list[Run] = field(default_factory=list)
    adds: list[AddsWork] = field(default_factory=list)
    due: list[Run] = field(default_factory=list)

    def parts_due(self, parts: Iterable[Part]) -> None:
        self.parts += parts

    def run_read(self, run: Run, measured: int = 0) -> None:
        self.read.append((run, measured))

    def coverage_due(self, run: Run) -> None:
        self.cover.append(run)

    def adds_due(self, works: Iterable[AddsWork]) -> None:
        self.adds += works

    def run_due(self, run: Run) -> None:
        self.due.append(run)


@dataclass
class FakeStandingMeasures:
    """Implements `scrm.kpi.ports.StandingMeasures`: by source, day and node."""

    told: dict[tuple[str, date], dict[str, Measures]] = field(default_factory=dict)
    versions: dict[tuple[str, date], int] = field(default_factory=dict)

    def stand(self, day: date, source: str, version: int, by_node: Mapping[str, Measures]) -> None:
        if version >= self.versions.get((source, day), 0):
            self.told[source, day] = dict(by_node)
            self.versions[source, day] = version


@dataclass
class FakeBankCustomers:
    """Implements `scrm.collect.ports.BankCustomers`."""

    selection: Selection | None = None

    def published(self) -> Selection | None:
        return self.selection


class KilledError(Exception):
    """The invocation ended here."""


@dataclass
class MemoryDocuments:
    """Documents as `scrm.aws.run_folder` wants them. ``puts_left``: so many are written until the invocation dies."""

    files: dict[str, bytes] = field(default_factory=dict)
    puts_left: int | None = None

    def put(self, key: str, body: bytes, content_type: str) -> bool:
        if self.puts_left is not None:
            if self.puts_left == 0:
                raise KilledError
            self.puts_left -= 1
        self.files[key] = body
        return True

    def get(self, key: str) -> bytes | None:
        return self.files.get(key)

    def sizes_below(self, prefix: str, after: str = "") -> Iterator[tuple[str, int]]:
        for key in sorted(self.files):
            if key.startswith(prefix) and key > after:
                yield key, len(self.files[key])
