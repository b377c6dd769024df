"""Moments as a channel of campaigns (S28, S66): the tasks of many members become one creation at WeCom.

WeCom takes ten creations a minute of the whole corp, so members whose tasks come together join one pack, and a minute
later whoever looks first makes the call. A creation is a job that makes the moment later; whoever looks drives it on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Final

from scrm import ids
from scrm.campaign.channels import MOMENTS
from scrm.campaign.dispatch_errors import (
    DispatchPostponedError,
    SendFailedError,
    SendOutcomeUnknownError,
    SendRefusedError,
)
from scrm.campaign.lookup import CLOCK_SKEW
from scrm.campaign.moment_packs import (
    GATHERED_FOR,
    Looks,
    MomentCalls,
    MomentPace,
    MomentPack,
    MomentPacks,
    Narrowing,
    PackState,
)
from scrm.campaign.ports import AcceptedMessage, MassMessage, MessageSeen, Standing, Standings
from scrm.campaign.reactions import Reaction
from scrm.campaign.task import RecipientState, Result
from scrm.campaign.terms import Channel

NEVER_TOLD: Final = 41047  # as of a message that WeCom does not know: nothing will be told of it
_FOR_GOOD: Final = frozenset({PackState.FAILED, PackState.CANCELLED})


@dataclass(frozen=True, slots=True)
class MomentMessages:
    """Implements `scrm.campaign.ports.MassMessages` for a member's part in a moment.

    What ``narrowing`` says of the content holds for all of a pack.

    The id of that part is ``moment/<pack>/<member>/<send task>``. Joining may be repeated, so nothing has to be looked
    up after an interrupted one; the call of the pack is looked up before it is repeated. A customer has ended when his
    member published and WeCom shows it to him, at the time when that was first seen: WeCom tells none. A moment cannot
    be narrowed nor taken back from one member: what takes one part back takes back all that is unpublished.
    """

    packs: MomentPacks
    calls: MomentCalls
    standings: Standings
    looks: Looks
    narrowing: Narrowing
    pace: MomentPace
    now: Callable[[], datetime]

    def create(self, message: MassMessage) -> AcceptedMessage:
        tag_ids = self.narrowing.tags_of(message.content)
        for number in count():
            pack_id = ids.derive("moment", message.campaign_id, message.together, str(number))
            if self._joins(self.packs.load(pack_id), pack_id, message, tag_ids):
                return AcceptedMessage(f"{MOMENTS}{pack_id}/{message.sender}/{message.cause}")
        raise AssertionError("the numbers do not end")

    def created_between(self, channel: Channel, since: datetime, until: datetime) -> Iterator[MessageSeen]:  # noqa: ARG002
        return iter(())

    def members(self, msgid: str) -> Iterator[tuple[str, bool]]:
        pack_id, userid = _parts(msgid)
        pack = self._driven_on(self._known(pack_id))
        if pack.state is PackState.FAILED:
            raise SendFailedError(pack.errcode) if pack.errcode else SendRefusedError(NEVER_TOLD)
        if not pack.moment_id:
            yield userid, False
            return
        yield from ((member, done) for member, done in self.calls.members(pack.moment_id) if member == userid)

    def results(self, msgid: str, userid: str) -> Iterator[tuple[str, Result]]:
        pack = self._known(_parts(msgid)[0])
        if pack.moment_id:
            shown = Result(RecipientState.SENT, self.now())
            yield from ((customer, shown) for customer in self.calls.viewers(pack.moment_id, userid))

    def reactions(self, msgid: str) -> Iterator[Reaction]:
        """Implements `scrm.campaign.reactions.ReactionSource`."""
        pack_id, userid = _parts(msgid)
        pack = self._known(pack_id)
        if pack.moment_id:
            yield from self.calls.reactions(pack.moment_id, userid)

    def remind(self, msgid: str) -> None:
        """WeCom has no reminder of Moments."""

    def cancel(self, msgid: str) -> None:
        """For all members of the pack. Postponed while it is not known whether there is a moment."""
        pack = self._known(_parts(msgid)[0])
        if pack.state in {PackState.CALLING, PackState.RUNNING}:
            pack = self._told_of(pack)
        if pack.state in _FOR_GOOD:
            return
        if pack.moment_id:
            self.calls.cancel(pack.moment_id)
        self.packs.save(replace(pack, state=PackState.CANCELLED))

    def _joins(self, pack: MomentPack | None, pack_id: str, message: MassMessage, tag_ids: tuple[str, ...]) -> bool:
        """Whether the sender is in this pack now."""
        now = self.now()
        if pack is None:
            pack = MomentPack(
                pack_id,
                message.campaign_id,
                (message.sender,),
                message.content.text,
                tuple(message.content.attachments),
                now + GATHERED_FOR,
                message.due_at or now + self.pace.job_life,
                tag_ids,
            )
            self.packs.save(pack)
        elif message.sender not in pack.members or pack.state is PackState.CANCELLED:
            if not pack.takes(now) or message.sender in pack.members or pack.tag_ids != tag_ids:
                return False
            self.packs.save(replace(pack, members=(*pack.members, message.sender)))
        if pack.members[0] == message.sender and pack.state is PackState.GATHERING:
            self.looks.request_looks([message.cause], asked=True, not_before=pack.closes_at)
        return True

    def _driven_on(self, pack: MomentPack) -> MomentPack:
        """The pack as it will stay, or its moment. Raises DispatchPostponedError while neither is known."""
        told = self._told_of(pack)
        return self._told_of(self._called(told)) if told.state is PackState.GATHERING else told

    def _told_of(self, pack: MomentPack) -> MomentPack:
        """What became of its call; gathering again when that was certainly not carried out."""
        if pack.state is PackState.CALLING:
            return self._looked_up(pack)
        return self._after_job(pack) if pack.state is PackState.RUNNING else pack

    def _called(self, pack: MomentPack) -> MomentPack:
        now = self.now()
        if now < pack.closes_at:
            raise DispatchPostponedError(pack.closes_at)
        if now >= pack.ends_at:
            return self.packs.save(replace(pack, state=PackState.CANCELLED))
        if self.standings.of(pack.campaign_id) is not Standing.SENDS:
            raise DispatchPostponedError(now + self.pace.paused_recheck)
        first = pack.first_intent_at or now
        intended = replace(pack, state=PackState.CALLING, first_intent_at=first, intended_at=now)
        return self._call(self.packs.save(intended), pack)

    def _call(self, pack: MomentPack, before: MomentPack) -> MomentPack:
        try:
            jobid = self.calls.create(pack.members, pack.text, pack.attachments, pack.tag_ids)
        except DispatchPostponedError as waiting:
            open_again = replace(before, closes_at=waiting.not_before, version=pack.version)
            self.packs.save(open_again)
            raise
        except SendOutcomeUnknownError as lost:
            raise DispatchPostponedError(self.now() + self.pace.longest_run) from lost
        except SendRefusedError as refused:
            return self.packs.save(replace(pack, state=PackState.FAILED, errcode=refused.errcode))
        return self.packs.save(replace(pack, state=PackState.RUNNING, jobid=jobid))

    def _looked_up(self, pack: MomentPack) -> MomentPack:
        """After an interrupted call. It may still run as a job of which nobody knows the id."""
        now, intended_at = self.now(), pack.intended_at or self.now()
        if now < intended_at + self.pace.longest_run:
            raise DispatchPostponedError(intended_at + self.pace.longest_run)
        moment_id = self._moment_of(pack)
        if moment_id:
            return self.packs.save(replace(pack, state=PackState.MADE, moment_id=moment_id))
        if now < intended_at + self.pace.lost_after:
            raise DispatchPostponedError(min(now + self.pace.looked_again, intended_at + self.pace.lost_after))
        return self.packs.save(replace(pack, state=PackState.GATHERING, closes_at=now))

    def _after_job(self, pack: MomentPack) -> MomentPack:
        now = self.now()
        over = pack.intended_at is not None and now >= pack.intended_at + self.pace.job_life
        try:
            end = self.calls.job(pack.jobid)
        except SendRefusedError:
            end, over = None, True
        if end is None and not over:
            raise DispatchPostponedError(now + self.pace.asked_again)
        moment_id = end.moment_id if end else self._moment_of(pack)
        if not moment_id:
            return self.packs.save(replace(pack, state=PackState.FAILED, errcode=end.errcode if end else 0))
        self.packs.claim(moment_id, pack.pack_id)
        return self.packs.save(replace(pack, state=PackState.MADE, moment_id=moment_id))

    def _moment_of(self, pack: MomentPack) -> str:
        """Of the moments that no other pack has, the one with its text that its members are to publish."""
        now, ours = self.now(), set(pack.members)
        since = (pack.first_intent_at or now) - CLOCK_SKEW
        for seen in self.calls.created_between(since, now + CLOCK_SKEW):
            if seen.text != pack.text:
                continue
            asked = {userid for userid, _ in self.calls.members(seen.msgid)}
            if asked and ours.issuperset(asked) and self.packs.claim(seen.msgid, pack.pack_id):
                return seen.msgid
        return ""

    def _known(self, pack_id: str) -> MomentPack:
        pack = self.packs.load(pack_id)
        if pack is None:
            raise SendRefusedError(NEVER_TOLD)
        return pack


def _parts(msgid: str) -> tuple[str, str]:
    """Pack and member."""
    pack_id, userid, _ = msgid.removeprefix(MOMENTS).split("/", 2)
    return pack_id, userid
