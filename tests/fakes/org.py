"""The organisation in memory: address book, table, rosters."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from scrm.node_paths import ROOT_PATH, branch_of
from scrm.org.model import Alias, Cover, Member, MemberDetail, MemberStatus, OrgNode, StaffAttributes
from scrm.org.ports import Department
from scrm.org.rejections import Rejection
from scrm.org.roster import RejectedRow, RosterRefusedError, RosterRow
from scrm.org.roster_ports import LastRoster, RosterHeader

T0 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DAY = date(2026, 11, 23)


def member(
    userid: str,
    node_id: str = "11",
    path: str = "/1/10/11/",
    status: MemberStatus = MemberStatus.ACTIVE,
    at: datetime = T0,
) -> Member:
    return Member(userid, "", node_id, path, status, serves_customers=True, changed_at=at)


@dataclass
class FakeFormalGate:
    """Implements FormalGate; ``shut`` are node paths."""

    shut: set[str] = field(default_factory=set)

    def is_open(self, node_path: str) -> bool:
        return node_path not in self.shut


@dataclass
class FakeAddressBook:
    """Implements AddressBookSource; ``listed`` is who is listed in a department, ``found`` whom a look-up finds."""

    tree: list[Department]
    listed: dict[str, list[Member]] = field(default_factory=dict)
    found: dict[str, Member] = field(default_factory=dict)

    def departments(self) -> Sequence[Department]:
        return self.tree

    def members_of(self, department_id: str, node_path: str, serving: frozenset[str]) -> Iterable[Member]:
        return [
            replace(each, node_path=node_path, serves_customers=each.userid in serving)
            for each in self.listed.get(department_id, [])
        ]

    def find(self, userid: str, serving: frozenset[str]) -> Member | None:
        found = self.found.get(userid)
        return replace(found, node_path="", serves_customers=userid in serving) if found else None


@dataclass
class FakeOrg:
    """Implements OrgRepository, RosterProgress and RejectionSink."""

    node_rows: dict[str, OrgNode] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Member | Alias] = field(default_factory=dict)
    said: dict[str, StaffAttributes] = field(default_factory=dict)
    leaves: dict[str, Cover] = field(default_factory=dict)
    rejected: dict[tuple[str, str], Rejection] = field(default_factory=dict)
    marks: list[tuple[str, str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, *members: Member, nodes: Iterable[OrgNode] = ()) -> "FakeOrg":
        return cls(node_rows={node.node_id: node for node in nodes}, rows={each.userid: each for each in members})

    def node(self, node_id: str) -> OrgNode | None:
        return self.node_rows.get(node_id)

    def nodes(self, node_ids: Sequence[str]) -> dict[str, OrgNode]:
        return {node_id: self.node_rows[node_id] for node_id in node_ids if node_id in self.node_rows}

    def all_nodes(self) -> Iterator[OrgNode]:
        return iter(list(self.node_rows.values()))

    def put_node(self, node: OrgNode, seen_version: int | None) -> bool:
        known = self.node_rows.get(node.node_id)
        if (known.version if known else None) != seen_version:
            return False
        self.node_rows[node.node_id] = node
        return True

    def put_node_with_code(self, node: OrgNode, seen: OrgNode) -> bool:
        if self.codes.get(node.branch_code, "") not in {"", node.node_id} or not self.put_node(node, seen.version):
            return False
        self.codes.pop(seen.branch_code, None)
        if node.branch_code:
            self.codes[node.branch_code] = node.node_id
        return True

    def holder_of_code(self, branch_code: str) -> str:
        return self.codes.get(branch_code, "")

    def member(self, userid: str) -> Member | None:
        row = self.rows.get(userid)
        return self.member(row.new_userid) if isinstance(row, Alias) else row

    def stored_members(self, userids: Sequence[str]) -> dict[str, Member | Alias]:
        return {userid: self.rows[userid] for userid in userids if userid in self.rows}

    def detail(self, userid: str) -> MemberDetail | None:
        row = self.member(userid)
        return MemberDetail(row, self.attributes(row.userid), self.cover(row.userid)) if row else None

    def members_of_branch(self, branch_id: str) -> Iterator[Member]:
        members = [row for row in self.rows.values() if isinstance(row, Member)]
        return iter([row for row in members if branch_of(row.node_path) == branch_id])

    def put_member(self, member: Member) -> bool:
        known = self.rows.get(member.userid)
        if isinstance(known, Alias):
            if member.changed_at <= known.renamed_at:
                return self.put_member(replace(member, userid=known.new_userid))
        elif known is not None:
            if known.changed_at > member.changed_at:
                return False
            came_back = known.status is MemberStatus.LEFT and member.status is not MemberStatus.LEFT
            member = replace(member, rejoined_at=member.changed_at if came_back else known.rejoined_at)
        self.rows[member.userid] = member
        return True

    def alias(self, userid: str) -> Alias | None:
        row = self.rows.get(userid)
        return row if isinstance(row, Alias) else None

    def put_alias(self, alias: Alias, renamed: Member, seen: Member | None) -> bool:
        known = self.rows.get(renamed.userid)
        if (known.changed_at if isinstance(known, Member) else None) != (seen.changed_at if seen else None):
            return False
        self.rows |= {alias.userid: alias, renamed.userid: renamed}
        return True

    def attributes(self, userid: str) -> StaffAttributes:
        return self.said.get(userid, StaffAttributes())

    def put_attributes(self, attributes: Mapping[str, StaffAttributes]) -> None:
        self.said |= attributes

    def cover(self, userid: str) -> Cover | None:
        return self.leaves.get(userid)

    def put_cover(self, cover: Cover, seen: Cover | None) -> bool:
        if self.leaves.get(cover.userid) != seen:
            return False
        self.leaves[cover.userid] = cover
        return True

    def remove_cover(self, cover: Cover) -> None:
        if self.leaves.get(cover.userid) == cover:
            del self.leaves[cover.userid]

    def covers_by(self, cover_userid: str) -> list[Cover]:
        return [
            self.leaves[userid] for userid in sorted(self.leaves) if self.leaves[userid].cover_userid == cover_userid
        ]

    def reject(self, source: str, event_id: str, reason: str, received_at: datetime, payload: str = "") -> str:
        cause = (source, payload or event_id)
        self.rejected.setdefault(cause, Rejection(f"rej_{event_id}", source, received_at, reason, event_id, ROOT_PATH))
        return self.rejected[cause].rejection_id

    def mark(self, sha256: str, against: str) -> str:
        return next((mark for *pair, mark in reversed(self.marks) if pair == [sha256, against]), "")

    def save_mark(self, sha256: str, against: str, mark: str) -> None:
        self.marks.append((sha256, against, mark))

    @property
    def reasons(self) -> list[str]:
        return [rejection.reason for rejection in self.rejected.values()]


@dataclass
class FakeRosterStore:
    """Implements RosterStore."""

    files: dict[str, bytes] = field(default_factory=dict)
    accepted: tuple[RosterHeader, list[RosterRow]] | None = None
    rejected: dict[str, list[RejectedRow]] = field(default_factory=dict)

    def lines(self, key: str) -> Iterator[bytes]:
        if key not in self.files:
            raise RosterRefusedError("The roster file is no longer in the bucket; upload it again.")
        yield from self.files[key].splitlines(keepends=True)

    def last(self) -> LastRoster | None:
        if self.accepted is None:
            return None
        header, rows = self.accepted
        return LastRoster(header, lambda: iter(rows))

    def replace_last(self, header: RosterHeader, rows: Iterable[RosterRow]) -> None:
        self.accepted = (header, list(rows))

    def put_rejected(self, sha256: str, rows: Iterable[RejectedRow]) -> str:
        self.rejected[sha256] = list(rows)
        return f"roster/rejected/{sha256}.jsonl"
