"""What a look at a case leads to beside transfers: deliveries, the cards of new owners, words to the manager (S62).

Nothing of it moves a customer, so nothing of it may keep one from being moved: what WeCom postpones or refuses is tried
again with the next look, holds the end of the case for `HandoverSettings.delivery_patience` at most, and is noted.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from scrm.clock import BUSINESS_ZONE
from scrm.handover import delivery, notices
from scrm.handover.approval import plan_checksum, wants_asking
from scrm.handover.edges import Chunk
from scrm.handover.errors import TransferPostponedError, TransferRefusedError
from scrm.handover.model import CaseState, DigestOutcome, HandoverCase
from scrm.handover.ports import HEAD_OFFICE, Delivery, Notifier
from scrm.handover.settings import HandoverSettings

_DELIVERED_WITHIN: Final = timedelta(hours=1)


@dataclass(slots=True)
class Told:
    """Messages of one look, for the metrics."""

    digests: int = 0
    escalations: int = 0
    not_reached: int = 0
    without_manager: int = 0


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """Case and chunks as they are to be stored, and what to queue afterwards.

    ``look_again_at`` is set while something waits to be told or delivered; ``holds_end``: the case must not close yet.
    """

    case: HandoverCase
    chunks: list[Chunk]
    deliveries: list[Delivery] = field(default_factory=list)
    look_again_at: datetime | None = None
    holds_end: bool = False
    told: Told = field(default_factory=Told)

    def sooner(self, due_at: datetime) -> datetime:
        """When to look next."""
        return due_at if self.look_again_at is None else min(due_at, self.look_again_at)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """``manager`` is asked for only when there is something to tell him."""

    notifier: Notifier
    settings: HandoverSettings

    def look(
        self, case: HandoverCase, chunks: Sequence[Chunk], manager: Callable[[], str], now: datetime, *, waits: bool
    ) -> FollowedUp:
        """Tell what is to be told and was not; called before the case is stored, which remembers it.

        ``waits``: for longer than it may, the case has been waiting for the leaver's account to be deleted.
        """
        case, kept = delivery.given_up(case, chunks, now, self.settings.delivery_patience)
        case = replace(case, package_checksum=delivery.checksum_of(kept))
        deliveries = delivery.outstanding(case.case_id, kept)
        desk = _Desk(self.notifier, self.settings.delivery_patience, now)
        case = _with_cards(case, kept, desk)
        holds_end = bool(deliveries) or desk.postponed_to is not None
        case = _escalated(case, kept, manager, desk, waits=waits)
        again = [moment for moment in (desk.postponed_to, now + _DELIVERED_WITHIN if deliveries else None) if moment]
        return FollowedUp(case, kept, deliveries, min(again, default=None), holds_end, desk.told)

    def escalate(
        self, case: HandoverCase, chunks: Sequence[Chunk], manager: Callable[[], str], now: datetime, *, waits: bool
    ) -> tuple[HandoverCase, Told]:
        """Of a case that is not being moved: what waits for a person, and that the account is still there."""
        desk = _Desk(self.notifier, self.settings.delivery_patience, now)
        return _escalated(case, chunks, manager, desk, waits=waits), desk.told


@dataclass(slots=True)
class _Desk:
    """Sends the messages of one look. ``postponed_to`` is when the first postponed one may be tried again."""

    notifier: Notifier
    patience: timedelta
    now: datetime
    told: Told = field(default_factory=Told)
    postponed_to: datetime | None = None

    def card(self, notice: notices.Notice, settled_at: datetime) -> DigestOutcome | None:
        """What became of a new owner's card; None when it has to be tried again."""
        try:
            reached = self._send(notice)
        except TransferPostponedError as postponed:
            if settled_at + self.patience < self.now:
                return DigestOutcome.GIVEN_UP
            self._again_at(postponed.not_before)
            return None
        self.told.digests += reached
        return DigestOutcome.SENT if reached else DigestOutcome.NOT_REACHED

    def escalation(self, notice: notices.Notice) -> bool:
        """Whether it is done with: told, or there is nobody who could be."""
        if notice.userid == HEAD_OFFICE:
            self.told.without_manager += 1
            return True
        try:
            self.told.escalations += self._send(notice)
        except TransferPostponedError as postponed:
            self._again_at(postponed.not_before)
            return False
        return True

    def _send(self, notice: notices.Notice) -> bool:
        try:
            reached = self.notifier.tell(notice.userid, notice.title, notice.text)
        except TransferRefusedError:
            reached = False
        self.told.not_reached += not reached
        return reached

    def _again_at(self, moment: datetime) -> None:
        self.postponed_to = moment if self.postponed_to is None else min(self.postponed_to, moment)


def _with_cards(case: HandoverCase, chunks: Sequence[Chunk], desk: _Desk) -> HandoverCase:
    """Each new owner whose last edge is settled and who has what follows his customers gets one card."""
    by_taker: dict[str, list[Chunk]] = defaultdict(list)
    for chunk in chunks:
        if chunk.takeover_userid and chunk.takeover_userid not in case.digests:
            by_taker[chunk.takeover_userid].append(chunk)
    digests = dict(case.digests)
    for userid, mine in sorted(by_taker.items()):
        card = notices.digest(case, mine, userid) if all(map(_is_settled, mine)) else None
        outcome = desk.card(card, _settled_at(mine)) if card else None
        if outcome is not None:
            digests[userid] = outcome
    return replace(case, digests=digests)


def _escalated(
    case: HandoverCase, chunks: Sequence[Chunk], manager: Callable[[], str], desk: _Desk, *, waits: bool
) -> HandoverCase:
    """The manager learns of new work in one message a look, of what is late once a day, and of each plan that waits."""
    case = _approval_asked(case, chunks, manager, desk)
    new = notices.new_manual(chunks, case.escalated_until)
    in_all = len(notices.new_manual(chunks, since=None))
    if new and desk.escalation(notices.manual_work(case, new, manager(), in_all)):
        case = replace(case, escalated_until=max(edge.updated_at for _, edge in new if edge.updated_at))
    late = notices.late_manual(chunks, desk.now)
    if not (late or waits) or not _may_remind(case, desk.now):
        return case
    reminded = desk.escalation(notices.reminder(case, late, manager(), waits=waits))
    return replace(case, reminded_at=desk.now) if reminded else case


def _approval_asked(
    case: HandoverCase, chunks: Sequence[Chunk], manager: Callable[[], str], desk: _Desk
) -> HandoverCase:
    """One card for each plan that waits for a second person."""
    if case.state is not CaseState.AWAITING_APPROVAL:
        return case
    checksum = plan_checksum(chunks)
    if not wants_asking(case, checksum):
        return case
    asked = desk.escalation(notices.approval(case, chunks, manager(), checksum))
    return replace(case, approval_asked=checksum) if asked else case


def _may_remind(case: HandoverCase, now: datetime) -> bool:
    """Once a day of the bank's."""
    return case.reminded_at is None or _day(case.reminded_at) < _day(now)


def _day(moment: datetime) -> date:
    return moment.astimezone(BUSINESS_ZONE).date()


def _is_settled(chunk: Chunk) -> bool:
    return all(edge.state.is_settled for edge in chunk.edges) and not delivery.wants_delivery(chunk)


def _settled_at(chunks: Sequence[Chunk]) -> datetime:
    """When the last of the edges was settled."""
    return max(edge.updated_at for chunk in chunks for edge in chunk.edges if edge.updated_at)
