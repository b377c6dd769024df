"""Change customers and their relations together, and again when somebody else was faster."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from scrm.contacts import ownership
from scrm.contacts.model import Customer, Relation, RelationDetails, RelationState
from scrm.contacts.ports import (
    Change,
    ContactRepository,
    ContactsBusyError,
    Known,
    RelationKey,
    notes_of,
)

# One DynamoDB transaction. After a conflict smaller ones are tried: one busy customer must not hold up a hundred.
ITEMS_PER_WRITE = 100
_ITEMS_AT_ATTEMPT = (100, 100, 20, 4, 4, 4, 4, 4)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change of one customer as a function of what is known of him.

    ``userids`` are followers whose rows are read and compared. ``details`` are what WeCom told of a follower's notes;
    ``details_from`` names another follower whose notes a new row takes over. ``came_by`` is the ``state`` of the
    contact way by which he became a follower's.
    """

    external_userid: str
    edit: Callable[[Customer], Customer]
    userids: tuple[str, ...] = ()
    details: Mapping[str, RelationDetails] = field(default_factory=dict)
    details_from: Mapping[str, str] = field(default_factory=dict)
    came_by: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerWriter:
    """Writes only what differs: a repeat of known news costs a read."""

    repository: ContactRepository
    now: Callable[[], datetime]

    def apply(self, wanted: Sequence[Wanted], known: Known | None = None) -> int:
        """Make every change; how many relations were written. At most one change per customer.

        ``known`` saves the first read when the caller has it. Raises ContactsBusyError.
        """
        pending, written = list(wanted), 0
        for limit in _ITEMS_AT_ATTEMPT:
            if not pending:
                return written
            planned = self._plan(pending, known or self._read(pending))
            known, pending = None, []
            for group in _grouped(planned, limit):
                changes = [change for _, change in group]
                if self.repository.write(changes):
                    written += sum(len(change.relations) for change in changes)
                else:
                    pending += [each for each, _ in group]
        if pending:
            raise ContactsBusyError
        return written

    def _read(self, wanted: Sequence[Wanted]) -> Known:
        keys = [(userid, each.external_userid) for each in wanted for userid in each.userids]
        return self.repository.read(relations=keys, customers=[each.external_userid for each in wanted])

    def _plan(self, wanted: Sequence[Wanted], known: Known) -> list[tuple[Wanted, Change]]:
        """What to write; rows that change and were not asked for are read first."""
        edited = [(each, *self._edited(each, known)) for each in wanted]
        asked = {(userid, each.external_userid) for each in wanted for userid in each.userids}
        moved = {
            (userid, each.external_userid) for each, before, after in edited for userid in _restated(before, after)
        }
        more = self.repository.read(relations=sorted(moved - asked)) if moved - asked else Known()
        rows = {**known.relations, **more.relations}
        planned = []
        for each, before, after in edited:
            userids = sorted({*each.userids, *_restated(before, after)})
            relations = tuple(relation for userid in userids for relation in _row(each, after, userid, rows))
            if relations or after != before:
                planned.append((each, Change(after if after != before else None, relations, _left(before, after))))
        return planned

    def _edited(self, wanted: Wanted, known: Known) -> tuple[Customer, Customer]:
        before = known.customers.get(wanted.external_userid) or Customer(wanted.external_userid)
        return before, ownership.settled(wanted.edit(before), self.now())


def _grouped(planned: Sequence[tuple[Wanted, Change]], limit: int) -> Iterator[list[tuple[Wanted, Change]]]:
    group: list[tuple[Wanted, Change]] = []
    for pair in planned:
        if group and _size([*group, pair]) > limit:
            yield group
            group = []
        group.append(pair)
    if group:
        yield group


def _size(group: Sequence[tuple[Wanted, Change]]) -> int:
    changes = [change for _, change in group]
    return sum(change.items for change in changes) + notes_of(changes)


def _left(before: Customer, after: Customer) -> str | None:
    is_known = before.version > 0
    return before.owner_userid if is_known and before.owner_userid != after.owner_userid else None


def _restated(before: Customer, after: Customer) -> Iterator[str]:
    """Followers who stand otherwise than before."""
    if before.followers == after.followers and before.claims == after.claims:
        return
    names = {*before.followers, *after.followers}
    names |= {claim.userid for claim in (*before.claims, *after.claims) if claim.userid}
    for userid in sorted(names):
        stood, stands = ownership.standing_of(before, userid), ownership.standing_of(after, userid)
        forgotten = stands is None and stood is not None and not stood.follows
        if stood != stands and not forgotten:
            yield userid


def _row(wanted: Wanted, customer: Customer, userid: str, rows: Mapping[RelationKey, Relation]) -> Iterator[Relation]:
    """The follower's row, if it has to be written."""
    key = (userid, customer.external_userid)
    known, stands = rows.get(key), ownership.standing_of(customer, userid)
    if stands is None:
        if known is not None and known.state is not RelationState.ENDED:
            yield replace(known, state=RelationState.ENDED)
        return
    if known is None and not stands.follows:
        return
    source = rows.get((wanted.details_from.get(userid, userid), customer.external_userid))
    noted = known.details if known else source.details if source else RelationDetails()
    row = Relation(
        userid,
        customer.external_userid,
        stands.state,
        stands.since,
        stands.changed_at,
        _noted(noted, wanted.details.get(userid), wanted.came_by.get(userid, "")),
        known.version if known else 0,
    )
    if row != known:
        yield row


def _noted(known: RelationDetails, told: RelationDetails | None, came_by: str) -> RelationDetails:
    """What was told, and what was known before of personal tags, contact way and unionid where it speaks of none."""
    noted = known if told is None else told
    return replace(
        noted,
        personal_tags=known.personal_tags if noted.personal_tags is None else noted.personal_tags,
        came_by=came_by or noted.came_by or known.came_by,
        unionid=noted.unionid or known.unionid,
    )
