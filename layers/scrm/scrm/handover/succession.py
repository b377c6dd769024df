"""Who takes over, and why (S61): named by HR, else colleague by colleague from the team up to the branch."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from scrm.handover.model import HandoverCase
from scrm.handover.ports import CaseRepository, CustomerLoads, StaffDirectory, StaffMember
from scrm.handover.settings import HandoverSettings

# Why a taker was chosen; shown in the preview and stored with the edge.
ALREADY_FOLLOWS = "already_follows"
NAMED = "named"
SAME_TEAM = "same_team"
NEAREST_NODE = "nearest_node"
SAME_BRANCH = "same_branch"
CHOSEN_BY_OPERATOR = "chosen_by_operator"
# Whom HR named lacks what the customer's tier requires; a colleague who has it takes over.
QUALIFIED_INSTEAD = "qualified_instead"
# Why nobody was: with the required qualification nobody has room.
NOBODY_QUALIFIED = "nobody_qualified"

_BRANCH_SLASHES = 3  # "/1/10/"


@dataclass(frozen=True, slots=True)
class Choice:
    """A taker and the reason; an empty userid means nobody can."""

    userid: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a customer asks of a taker: the qualifications of his ``tier`` must be met, his ``language`` should."""

    tier: str = ""
    language: str = ""


NO_NEEDS = Needs()


@dataclass(slots=True)
class SuccessorPool:
    """Candidates of one case, asked edge by edge; remembers how much it has given to whom.

    Never somebody who leaves too, is on leave or soon will be, not activated, without the right, refused by WeCom
    before, or full.
    Loads and cases of candidates are read when one is first considered, so a big branch costs nothing while a named
    successor has room.
    """

    case: HandoverCase
    cases: CaseRepository
    staff: StaffDirectory
    loads: CustomerLoads
    settings: HandoverSettings
    given: Counter[str] = field(default_factory=Counter)
    _rooms: dict[str, int] = field(default_factory=dict)
    _members: dict[str, StaffMember | None] = field(default_factory=dict)
    _rings: list[tuple[str, list[StaffMember]]] | None = None

    def for_customer(
        self, excluded: frozenset[str] = frozenset(), followers: Sequence[str] = (), needs: Needs = NO_NEEDS
    ) -> Choice:
        """A colleague of the branch who follows the customer already, else somebody with room for one more."""
        for userid in followers:
            if userid in excluded or not self._is_colleague(userid) or self.why_not(userid):
                continue
            if self._is_qualified(userid, needs):
                return Choice(userid, ALREADY_FOLLOWS)
        passed_over = False
        for userid in self._named():
            if userid not in excluded and self.given[userid] < self._room(userid):
                if self._is_qualified(userid, needs):
                    return self._give(userid, NAMED)
                passed_over = True
        most = self.settings.most_per_successor
        found = self._of_rings(excluded, needs, most) or self._of_rings(excluded, needs)
        if found is None:
            return Choice(reason=NOBODY_QUALIFIED if self._required(needs) else "")
        return Choice(found.userid, QUALIFIED_INSTEAD) if passed_over else found

    def _named(self) -> list[str]:
        """Whom HR named, under their present userids."""
        members = map(self._member, self.case.requested_successors)
        return [member.userid for member in members if member is not None]

    def _required(self, needs: Needs) -> frozenset[str]:
        return frozenset(self.settings.tier_qualifications.get(needs.tier, ()))

    def _is_qualified(self, userid: str, needs: Needs) -> bool:
        required = self._required(needs)
        if not required:
            return True
        member = self._member(userid)
        return member is not None and required <= member.qualifications

    def _of_rings(self, excluded: frozenset[str], needs: Needs, most: int | None = None) -> Choice | None:
        """Whoever speaks the customer's language, has been given some already, has most room: few takers, few calls."""
        required = self._required(needs)
        for reason, members in self._by_distance():
            able = {
                member.userid: member
                for member in members
                if member.userid not in excluded
                and required <= member.qualifications
                and self.given[member.userid] < self._share(member.userid, most)
            }
            if able:
                best = min(able, key=lambda one: (not _speaks(able[one], needs), *self._preference(one)))
                return self._give(best, reason)
        return None

    def _preference(self, userid: str) -> tuple[bool, int, str]:
        return not self.given[userid], -self._room(userid), userid

    def _share(self, userid: str, most: int | None) -> int:
        return self._room(userid) if most is None else min(self._room(userid), most)

    def for_group(self, excluded: frozenset[str] = frozenset()) -> Choice:
        """Whoever takes most of the customers, so that a group stays with them; a group needs no room."""
        named = self._named()
        busiest = [userid for userid, _ in self.given.most_common()]
        for userid in dict.fromkeys((*named, *busiest, *self.case.successors)):
            if userid not in excluded and self.is_usable(userid):
                return Choice(userid, NAMED if userid in named else SAME_BRANCH)
        for reason, members in self._by_distance():
            for member in members:
                if member.userid not in excluded and self.is_usable(member.userid):
                    return Choice(member.userid, reason)
        return Choice()

    def is_usable(self, userid: str) -> bool:
        return self._room(userid) > 0

    def why_not(self, userid: str) -> str:
        """Why the member may not take over, as part of a sentence; empty when he may."""
        member = self._member(userid)
        if member is None:
            return "is no member of this corp"
        if userid == self.case.handover_userid:
            return "is the member himself"
        if why_not := _why_away(member, self.settings.leave_ahead_days):
            return why_not
        if userid in self.case.unusable:
            return f"was refused by WeCom with errcode {self.case.unusable[userid]}"
        return "hands over as well" if self._hands_over_too(member) else ""

    def _give(self, userid: str, reason: str) -> Choice:
        self.given[userid] += 1
        return Choice(userid, reason)

    def _room(self, userid: str) -> int:
        if userid not in self._rooms:
            free = 0 if self.why_not(userid) else self._capacity(userid) - self.loads.load_of(userid)
            self._rooms[userid] = max(0, free)
        return self._rooms[userid]

    def _capacity(self, userid: str) -> int:
        member = self._member(userid)
        own = member.capacity if member else None
        return self.settings.default_capacity if own is None else own

    def _member(self, userid: str) -> StaffMember | None:
        if userid not in self._members:
            self._members[userid] = self.staff.staff_member(userid)
        return self._members[userid]

    def _hands_over_too(self, member: StaffMember) -> bool:
        """An open case of his own, or one that ended with his account and after which he did not come back."""
        latest = self.cases.latest_case_of(member.userid)
        if latest is None:
            return False
        case = latest[0]
        if case.is_open:
            return case.cancelled_at is None
        came_back = (
            member.rejoined_at is not None and case.closed_at is not None and member.rejoined_at > case.closed_at
        )
        return case.account_deleted and not came_back

    def _is_colleague(self, userid: str) -> bool:
        return any(member.userid == userid for _, members in self._by_distance() for member in members)

    def _by_distance(self) -> Iterator[tuple[str, list[StaffMember]]]:
        if self._rings is None:
            self._rings = list(_rings(self.case.node_path, list(self.staff.colleagues(self.case.node_path))))
        yield from self._rings


def _why_away(member: StaffMember, leave_ahead_days: int) -> str:
    if member.on_leave:
        return "is on leave"
    if member.leave_in_days is not None and member.leave_in_days <= leave_ahead_days:
        return "goes on leave soon"
    return "" if member.can_take_over else "is not active or may not hold customers"


def _speaks(member: StaffMember, needs: Needs) -> bool:
    return not needs.language or needs.language in member.languages


def _rings(node_path: str, colleagues: list[StaffMember]) -> Iterator[tuple[str, list[StaffMember]]]:
    """Colleagues at or below the member's own node, then those below each node above it, the branch last."""
    path, reason = node_path, SAME_TEAM
    while path.count("/") >= _BRANCH_SLASHES:
        inside = [member for member in colleagues if member.node_path.startswith(path)]
        colleagues = [member for member in colleagues if not member.node_path.startswith(path)]
        is_branch = path.count("/") == _BRANCH_SLASHES
        if inside:
            yield (SAME_BRANCH if is_branch and reason != SAME_TEAM else reason), inside
        path, reason = path.rstrip("/").rpartition("/")[0] + "/", NEAREST_NODE
    if colleagues:
        yield SAME_BRANCH, colleagues
