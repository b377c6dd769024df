"""One chunk's call of WeCom: what to look up first, what to ask, and what each answer makes of the edges."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from scrm.handover.edges import Attempt, Chunk, ChunkKind, ChunkState, EdgeState, TransferApi
from scrm.handover.errors import (
    AccountDeletedError,
    AccountStillActiveError,
    OutcomeUnknownError,
    TransferPostponedError,
    TransferRefusedError,
)
from scrm.handover.model import CaseState, HandoverCase
from scrm.handover.ports import Transfers, TransferStatus
from scrm.handover.regroup import api_for
from scrm.handover.rules import STARTED, EdgeRules, combined
from scrm.handover.settings import HandoverSettings

MEMBER_UNKNOWN = 60111
DAILY_LIMIT_OF_GROUPS = 45009
TAKER_GONE = 84083


class TransferOutcome(StrEnum):
    SUBMITTED = "submitted"
    POSTPONED = "postponed"
    NOTHING_TO_DO = "nothing_to_do"
    ACCOUNT_STILL_ACTIVE = "account_still_active"
    ACCOUNT_DELETED = "account_deleted"

    @property
    def metric(self) -> str:
        """``TransferSubmitted`` and so on."""
        return f"Transfer{self.value.title().replace('_', '')}"


@dataclass(slots=True)
class ChunkCalls:
    """The calls of one invocation. ``outcomes`` says what became of each chunk."""

    case: HandoverCase
    transfers: Transfers
    rules: EdgeRules
    settings: HandoverSettings
    now: Callable[[], datetime]
    outcomes: list[TransferOutcome] = field(default_factory=list)

    def prepared(self, chunk: Chunk) -> Chunk:
        """The chunk as it is to be stored before its call: ``intended`` if there is one to make.

        A chunk found intended was interrupted: what WeCom knows of it waits, the rest is called. The results may lag
        behind the call (docs/wecom.md 6.3); a repeat is then answered 40100 or 40129, which says the transfer runs.
        """
        try:
            found = self._looked_up(chunk) if chunk.state is ChunkState.INTENDED else chunk
        except TransferPostponedError as postponed:
            self.outcomes.append(TransferOutcome.POSTPONED)
            return replace(chunk, not_before=postponed.not_before)
        if not found.in_state(EdgeState.PLANNED):
            return replace(found, state=ChunkState.SUBMITTED, submitted_at=self.now(), not_before=None).with_edges({})
        if self.case.cancelled_at is not None or self.case.state is CaseState.AWAITING_APPROVAL:
            return replace(found, state=ChunkState.PLANNED)
        return replace(
            found, state=ChunkState.INTENDED, api=api_for(self.case), intended_at=self.now(), not_before=None
        )

    def made(self, chunk: Chunk, following: int = 0) -> Chunk:
        """The chunk after its call, which so many others follow.

        Once the account turns out to be in another state, no further call is made.
        """
        if self._wrong_api:
            return replace(chunk, state=ChunkState.PLANNED)
        try:
            answered = self._with_answer(chunk, following)
        except TransferPostponedError as postponed:
            self.outcomes.append(TransferOutcome.POSTPONED)
            return replace(chunk, state=ChunkState.PLANNED, not_before=postponed.not_before)
        except OutcomeUnknownError:
            self.outcomes.append(TransferOutcome.POSTPONED)
            return replace(chunk, not_before=self.now() + self.settings.retry_interval)
        except AccountStillActiveError:
            self.outcomes.append(TransferOutcome.ACCOUNT_STILL_ACTIVE)
            return replace(chunk, state=ChunkState.PLANNED)
        except AccountDeletedError:
            self.outcomes.append(TransferOutcome.ACCOUNT_DELETED)
            return replace(chunk, state=ChunkState.PLANNED)
        self.outcomes.append(TransferOutcome.SUBMITTED)
        return answered

    @property
    def _wrong_api(self) -> bool:
        return not {TransferOutcome.ACCOUNT_STILL_ACTIVE, TransferOutcome.ACCOUNT_DELETED}.isdisjoint(self.outcomes)

    def _with_answer(self, chunk: Chunk, following: int) -> Chunk:
        """An id the answer leaves out is taken as started; the poll tells the truth."""
        api, asked = chunk.api or api_for(self.case), chunk.in_state(EdgeState.PLANNED)
        answer = self._answer(chunk, api, [edge.target_id for edge in asked], following)
        at = self.now()
        edges = {}
        for edge in asked:
            errcode = answer.get(edge.target_id, STARTED)
            if errcode != DAILY_LIMIT_OF_GROUPS:
                attempt = Attempt(chunk.takeover_userid, api, at, errcode)
                edges[edge.target_id] = self.rules.after_call(edge, attempt, chunk.kind)
        if len(edges) < len(asked):
            tomorrow = at + timedelta(days=1)
            return replace(chunk, state=ChunkState.PLANNED, submitted_at=at, not_before=tomorrow).with_edges(edges)
        return replace(chunk, state=ChunkState.SUBMITTED, submitted_at=at, not_before=None).with_edges(edges)

    def _answer(self, chunk: Chunk, api: TransferApi, target_ids: list[str], following: int) -> Mapping[str, int]:
        """Errcode per id; a refusal of the whole call counts for every id."""
        try:
            if chunk.kind is ChunkKind.GROUPS:
                return self.transfers.transfer_groups(api, target_ids, chunk.takeover_userid)
            greeting = self.settings.greeting_of(self.case.node_path) if api is TransferApi.ON_JOB else ""
            pair = chunk.handover_userid, chunk.takeover_userid
            return self.transfers.transfer_customers(api, *pair, target_ids, greeting, following)
        except TransferRefusedError as refused:
            return dict.fromkeys(target_ids, self._whose_fault(chunk, refused.errcode))

    def _whose_fault(self, chunk: Chunk, errcode: int) -> int:
        """60111 names either member; when the taker is gone it reads as "may not take over", and another one may."""
        if errcode == MEMBER_UNKNOWN and not self.transfers.account_exists(chunk.takeover_userid):
            return TAKER_GONE
        return errcode

    def _looked_up(self, chunk: Chunk) -> Chunk:
        """What became of the interrupted call."""
        api, at = chunk.api or api_for(self.case), chunk.intended_at or self.now()
        statuses = self._known_to_wecom(chunk, api)
        started = Attempt(chunk.takeover_userid, api, at)
        edges = {}
        for edge in chunk.in_state(EdgeState.PLANNED):
            status = statuses.get(edge.target_id, TransferStatus.NO_RECORD)
            asked_before = any(old.takeover_userid == chunk.takeover_userid and old.api is api for old in edge.attempts)
            if status is TransferStatus.WAITING or (status is not TransferStatus.NO_RECORD and not asked_before):
                edges[edge.target_id] = edge.started(started)
        return chunk.with_edges(edges)

    def _known_to_wecom(self, chunk: Chunk, api: TransferApi) -> Mapping[str, TransferStatus]:
        taker = chunk.takeover_userid
        if chunk.kind is ChunkKind.CUSTOMERS:
            return known_results(self.transfers, api, chunk.handover_userid, taker)
        planned = (edge.target_id for edge in chunk.in_state(EdgeState.PLANNED))
        return {one: TransferStatus.DONE for one in planned if known_owner(self.transfers, one) == taker}


def known_results(
    transfers: Transfers, api: TransferApi, handover_userid: str, takeover_userid: str
) -> dict[str, TransferStatus]:
    """The transfers between the two that WeCom tells of.

    Refused for good (the taker has left as well, for example) means none: nothing more will be told, and what waits
    becomes somebody's task when its time is over.
    """
    rows: dict[str, list[TransferStatus]] = defaultdict(list)
    try:
        for customer, status in transfers.customer_results(api, handover_userid, takeover_userid):
            rows[customer].append(status)
    except TransferRefusedError:
        return {}
    return {customer: combined(statuses) for customer, statuses in rows.items()}


def known_owner(transfers: Transfers, chat_id: str) -> str:
    """The group's owner, empty when WeCom does not tell."""
    try:
        return transfers.group_owner(chat_id)
    except TransferRefusedError:
        return ""
