"""The full pass: make the relation table equal WeCom's and count the drift (S62).

Callbacks may be lost (docs/wecom.md 2.6), so the pass is the truth and callbacks are the fast path. A bank is cut into
parts of a few members, a part into steps of one page: no step holds more than a page, a step that was interrupted is
repeated, and the state of a part travels in its message.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched, islice

from scrm.contacts import ownership
from scrm.contacts.groups import GroupChanges
from scrm.contacts.model import UNKNOWN_TIME, Customer, Relation, RelationState, Standing
from scrm.contacts.ports import (
    ContactRepository,
    CursorLostError,
    CustomerSource,
    FoundRelation,
    Known,
    SyncRuns,
    UnknownMemberError,
)
from scrm.contacts.runs import Part, PassCounts, Stage, SyncRun
from scrm.contacts.writer import CustomerWriter, Wanted

MEMBERS_PER_PART = 10
_ENDED_PER_STEP = 1_000
_ENDED_PER_WRITE = 50


def _nobody_asks(found: FoundRelation) -> None:
    """Who has no use for the contact ways that a pass finds out."""


@dataclass(frozen=True, slots=True)
class FullPass:
    """Use case: plan a run and take its parts forward, step by step.

    ``on_came`` hears of a customer whose contact way no callback had told.
    """

    source: CustomerSource
    repository: ContactRepository
    writer: CustomerWriter
    groups: GroupChanges
    runs: SyncRuns
    on_part: Callable[[PassCounts], None]
    on_finished: Callable[[SyncRun], None]
    on_came: Callable[[FoundRelation], object] = _nobody_asks

    def plan(self, run_id: str, now: datetime) -> SyncRun:
        """Store the run and its parts, or find them stored: a repeat after an interruption does the same work."""
        known = self.runs.run(run_id)
        if known is not None:
            return known
        userids = sorted(set(self.source.members_serving_customers()))
        parts = list(batched(userids, MEMBERS_PER_PART, strict=False))
        return self.runs.plan(SyncRun(run_id, now, len(userids), len(parts)), parts)

    def finish_if_complete(self, run_id: str, now: datetime) -> None:
        """Whoever comes last ends the run; a part that is told twice may be the last one."""
        run = self.runs.run(run_id)
        if run is not None and run.is_complete and self.runs.finish(run_id, now):
            self.on_finished(replace(run, finished_at=now))

    def open_parts(self, run: SyncRun) -> Iterator[Part]:
        for number, userids in self.runs.open_parts(run.run_id):
            yield Part(run.run_id, number, userids, run.started_at)

    def step(self, part: Part) -> Part | None:
        """Do the next bit of work; what is left of the part, None when it is done."""
        if part.stage is Stage.PAGES:
            return self._compare_page(part)
        if part.place == len(part.userids):
            counts = part.counts + PassCounts(members=len(part.userids))
            if self.runs.finish_part(part.run_id, part.number, counts):
                self.on_part(counts)
            return None
        match part.stage:
            case Stage.GROUPS:
                counts, after = self.groups.repair(part.userids[part.place], part.cursor)
                stage = Stage.GROUPS if after else Stage.COUNT
                return replace(part, stage=stage, cursor=after, counts=part.counts + counts)
            case Stage.COUNT:
                return self._compare_counts(part)
            case Stage.NOTE:
                return self._note_page(part)
            case _:
                return self._end_unseen(part)

    def _compare_page(self, part: Part) -> Part:
        try:
            rows, cursor = self.source.relations_page(part.userids, part.cursor)
        except CursorLostError:
            return replace(part, cursor="", found=(), counts=replace(part.counts, relations_seen=0))
        except UnknownMemberError:
            return self._without_unknown(part)
        counts, settled = self._store_differing(rows, part.started_at)
        found = part.found or (0,) * len(part.userids)
        summed = tuple(number + settled.get(userid, 0) for userid, number in zip(part.userids, found, strict=True))
        stage = Stage.PAGES if cursor else Stage.GROUPS
        return replace(part, stage=stage, cursor=cursor, found=summed, counts=part.counts + counts)

    def _without_unknown(self, part: Part) -> Part:
        """WeCom refuses the whole list for one member it does not know; his rows stay as they are for the handover."""
        known = tuple(userid for userid in part.userids if self._is_known(userid))
        gone = len(part.userids) - len(known)
        counts = replace(part.counts, relations_seen=0, members=part.counts.members + gone)
        stage = Stage.PAGES if known else Stage.GROUPS
        return replace(part, userids=known, cursor="", found=(), stage=stage, counts=counts)

    def _is_known(self, userid: str) -> bool:
        try:
            self.source.relations_page([userid], "")
        except UnknownMemberError:
            return False
        return True

    def _store_differing(self, rows: Sequence[FoundRelation], at: datetime) -> tuple[PassCounts, dict[str, int]]:
        """Write what differs; also how many rows per member the table must have now."""
        known = self.repository.read([(row.userid, row.external_userid) for row in rows]).relations
        differing: dict[str, list[FoundRelation]] = {}
        settled: dict[str, int] = {}
        for row in rows:
            relation = known.get((row.userid, row.external_userid))
            state = _state_now(row, relation, at)
            if state is not RelationState.HALF_ADDED and state is not None:
                settled[row.userid] = settled.get(row.userid, 0) + 1
            if state is not None and _differs(row, relation, state):
                differing.setdefault(row.external_userid, []).append(row)
                if _is_new_way(row, relation):
                    self.on_came(row)
        stored = 0
        if differing:
            customers = self.repository.read(customers=list(differing)).customers
            wanted = [_as_found(found, at) for found in differing.values()]
            stored = self.writer.apply(wanted, Known(known, customers))
        return PassCounts(relations_seen=len(rows), relations_stored=stored), settled

    def _compare_counts(self, part: Part) -> Part:
        """Every row WeCom showed is in the table; so there are more rows exactly when some have ended unnoticed."""
        expected = part.found[part.place]
        if self.repository.count_settled(part.userids[part.place], part.started_at) > expected:
            return replace(part, stage=Stage.NOTE, cursor="")
        return _next_member(part)

    def _note_page(self, part: Part) -> Part:
        userid = part.userids[part.place]
        try:
            rows, cursor = self.source.relations_page([userid], part.cursor)
        except CursorLostError:
            return replace(part, cursor="")
        except UnknownMemberError:
            return _next_member(part)
        self.repository.note_seen(part.run_id, userid, [row.external_userid for row in rows])
        return replace(part, stage=Stage.NOTE if cursor else Stage.END, cursor=cursor)

    def _end_unseen(self, part: Part) -> Part:
        userid = part.userids[part.place]
        unseen = self._unseen(part.run_id, userid, part.started_at)
        removed, tried = 0, 0
        for rows in batched(islice(unseen, _ENDED_PER_STEP), _ENDED_PER_WRITE, strict=False):
            tried += len(rows)
            removed += self.writer.apply([_as_ended(row, part.started_at) for row in rows])
        following = part if tried == _ENDED_PER_STEP else _next_member(part)
        return replace(following, counts=part.counts + PassCounts(relations_removed=removed))

    def _unseen(self, run_id: str, userid: str, until: datetime) -> Iterator[Relation]:
        """Both lists are sorted by external_userid: one walk, nothing held."""
        seen = self.repository.seen_by(run_id, userid)
        upcoming = next(seen, None)
        for relation in self.repository.relations_of(userid):
            while upcoming is not None and upcoming < relation.external_userid:
                upcoming = next(seen, None)
            shown = upcoming == relation.external_userid
            if not shown and relation.state is not RelationState.HALF_ADDED and relation.changed_at <= until:
                yield relation


def _next_member(part: Part) -> Part:
    return replace(part, stage=Stage.GROUPS, place=part.place + 1, cursor="")


def _state_now(found: FoundRelation, known: Relation | Standing | None, at: datetime) -> RelationState | None:
    """The state after the pass; None when a callback after its start knows better.

    WeCom's list may show a half-added relation, and shows one that the customer deleted, like any other: these marks
    stay until the member is added anew.
    """
    if known is None:
        return RelationState.ACTIVE
    if known.changed_at > at:
        return None
    marked = known.state in {RelationState.HALF_ADDED, RelationState.DELETED_BY_CUSTOMER}
    return known.state if marked and found.since <= known.changed_at else RelationState.ACTIVE


def _differs(found: FoundRelation, known: Relation | None, state: RelationState) -> bool:
    if known is None or known.state is not state:
        return True
    return (
        known.since != found.since
        or _notes(known) != _notes(found)
        or _is_new_way(found, known)
        or _is_new_unionid(found, known)
    )


def _is_new_way(found: FoundRelation, known: Relation | None) -> bool:
    """Whether WeCom names a contact way that we do not know of; that it names none says nothing."""
    came_by = found.details.came_by
    return bool(came_by) and (known is None or known.details.came_by != came_by)


def _is_new_unionid(found: FoundRelation, known: Relation) -> bool:
    """As of a contact way: a corp that shows no unionid any more does not take back what it showed."""
    return bool(found.details.unionid) and known.details.unionid != found.details.unionid


def _notes(relation: Relation | FoundRelation) -> tuple[str, str, tuple[str, ...]]:
    details = relation.details
    return details.remark, details.description, tuple(sorted(details.tag_ids))


def _as_found(rows: Sequence[FoundRelation], at: datetime) -> Wanted:
    """WeCom's list is the truth for the moment the pass began; personal tags it does not show stay as they are."""

    def edit(customer: Customer) -> Customer:
        for row in rows:
            customer = _with_found(customer, row, at)
        return customer

    details = {row.userid: row.details for row in rows}
    return Wanted(rows[0].external_userid, edit, tuple(details), details)


def _with_found(customer: Customer, row: FoundRelation, at: datetime) -> Customer:
    stands = ownership.standing_of(customer, row.userid)
    if stands is not None and stands.changed_at > at:
        return customer
    state = _state_now(row, stands, at) or RelationState.ACTIVE
    unchanged = stands is not None and stands.state is state
    changed_at = stands.changed_at if stands is not None and unchanged else at
    standing = Standing(state, row.since, changed_at)
    return replace(customer, followers={**customer.followers, row.userid: standing})


def _as_ended(row: Relation, at: datetime) -> Wanted:
    ended = Standing(RelationState.ENDED, UNKNOWN_TIME, at)
    return Wanted(row.external_userid, lambda customer: ownership.with_news(customer, row.userid, ended), (row.userid,))
