"""Members of the organisation's table: the address book's word, the roster's attributes, old userids."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import batched

from scrm import clock, ids
from scrm.aws.org_items import (
    RENAMED,
    attributes_key,
    cover_key,
    from_alias,
    from_attributes,
    from_member,
    member_key,
    to_alias,
    to_attributes,
    to_cover,
    to_member,
)
from scrm.aws.table import ABSENT, Condition, Item, Put, Table, starts_with
from scrm.org.model import Alias, Member, MemberDetail, MemberStatus, StaffAttributes

_DETAILS_PER_READ = 50  # two items a member, a hundred items a read
_LONGEST_CHAIN = 8  # of renames of one person


class DynamoMembers:
    """Implements `scrm.org.ports.MemberRepository`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def member(self, userid: str) -> Member | None:
        item = self._current(userid)
        return to_member(item) if item else None

    def stored_members(self, userids: Sequence[str]) -> dict[str, Member | Alias]:
        keys = [member_key(userid) for userid in dict.fromkeys(userids)]
        return {item["userid"]: _stored(item) for item in self._table.get_many(keys)}

    def detail(self, userid: str) -> MemberDetail | None:
        """One read unless he was renamed."""
        wanted = ids.fold_userid(userid)
        for _ in range(_LONGEST_CHAIN):
            items = {item["sk"]: item for item in self._table.query(starts_with(f"MEMBER#{wanted}"))}
            if "MEMBER" not in items:
                return None
            if items["MEMBER"]["status"] != RENAMED:
                return _detail(to_member(items["MEMBER"]), items.get("ROSTER"), items.get("COVER"))
            wanted = items["MEMBER"]["new_userid"]
        return None

    def details_of_branch(self, branch_id: str) -> Iterator[MemberDetail]:
        """As `members_of_branch`, with attributes and covers; one more read for 50 members."""
        for part in batched(self.members_of_branch(branch_id), _DETAILS_PER_READ, strict=False):
            yield from self.with_details(part)

    def members_of_branch(self, branch_id: str) -> Iterator[Member]:
        of_branch = Condition("node_pk = :branch", {":branch": f"BRANCH#{branch_id}"})
        return map(to_member, self._table.query(of_branch, index="by_node"))

    def with_details(self, members: Iterable[Member]) -> list[MemberDetail]:
        """Some members with what else is known of them, in the same order."""
        wanted = list(members)
        keys = [key(member.userid) for member in wanted for key in (attributes_key, cover_key)]
        found = {(item["userid"], item["sk"]): item for item in self._table.get_many(keys)}
        return [
            _detail(member, found.get((member.userid, "ROSTER")), found.get((member.userid, "COVER")))
            for member in wanted
        ]

    def put_member(self, member: Member) -> bool:
        known = self._table.get(member_key(member.userid))
        if known is not None and known["status"] == RENAMED and member.changed_at <= to_alias(known).renamed_at:
            return self.put_member(replace(member, userid=known["new_userid"]))
        item = from_member(member, _rejoined_at(known, member))
        at = item["changed_at"]
        return self._table.put(item, Condition("attribute_not_exists(pk) OR changed_at <= :at", {":at": at}))

    def alias(self, userid: str) -> Alias | None:
        item = self._table.get(member_key(userid))
        return to_alias(item) if item and item["status"] == RENAMED else None

    def put_alias(self, alias: Alias, renamed: Member, seen: Member | None) -> bool:
        unchanged = Condition("changed_at = :seen", {":seen": clock.to_iso(seen.changed_at)}) if seen else _NO_MEMBER
        rejoined_at = clock.to_iso(renamed.rejoined_at) if renamed.rejoined_at else None
        return self._table.transact([Put(from_alias(alias)), Put(from_member(renamed, rejoined_at), unchanged)])

    def attributes(self, userid: str) -> StaffAttributes:
        item = self._table.get(attributes_key(userid))
        return to_attributes(item) if item else StaffAttributes()

    def put_attributes(self, attributes: Mapping[str, StaffAttributes]) -> None:
        self._table.batch_write(puts=[from_attributes(userid, said) for userid, said in attributes.items()])

    def _current(self, userid: str) -> Item | None:
        """The member's item under his present userid."""
        item = self._table.get(member_key(userid))
        for _ in range(_LONGEST_CHAIN):
            if item is None or item["status"] != RENAMED:
                return item
            item = self._table.get(member_key(item["new_userid"]))
        return None


_NO_MEMBER = Condition(f"{ABSENT.expression} OR #status = :renamed", {":renamed": RENAMED}, {"#status": "status"})


def _stored(item: Item) -> Member | Alias:
    return to_alias(item) if item["status"] == RENAMED else to_member(item)


def _detail(member: Member, attributes: Item | None, cover: Item | None) -> MemberDetail:
    return MemberDetail(
        member,
        to_attributes(attributes) if attributes else StaffAttributes(),
        to_cover(cover) if cover else None,
    )


def _rejoined_at(known: Item | None, member: Member) -> str | None:
    """An account seen alive after it had left has come back; a later departure is then a new one."""
    if known is None or known["status"] == RENAMED:
        return clock.to_iso(member.rejoined_at) if member.rejoined_at else None
    came_back = known["status"] == MemberStatus.LEFT.value and member.status is not MemberStatus.LEFT
    return clock.to_iso(member.changed_at) if came_back else known.get("rejoined_at")
