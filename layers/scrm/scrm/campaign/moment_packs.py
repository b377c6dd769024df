"""A pack: the members who are asked to publish one moment, from the first who joins until WeCom has made it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from scrm.campaign.ports import ApprovedContent, MessageSeen
from scrm.campaign.reactions import Reaction

MOST_MEMBERS: Final = 1_000  # of one creation; WeCom takes more, but what is written at each joining grows with them
GATHERED_FOR: Final = timedelta(minutes=1)  # members who come within this time are asked with one call


class PackState(StrEnum):
    """``gathering`` takes members in. ``calling`` stored the intent and may have made the call; ``running`` is WeCom's
    job. ``made`` has a moment. ``failed`` has none and never will. ``cancelled`` can be published by nobody any more.
    """

    GATHERING = "gathering"
    CALLING = "calling"
    RUNNING = "running"
    MADE = "made"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class MomentPack:
    """``closes_at`` is when the call is due, ``ends_at`` when it is no longer wanted. ``errcode`` is why it failed;
    0 with ``failed``: WeCom never told. ``tag_ids``: only customers with one of these tags are shown it; none: all.
    ``version`` rises with every write.
    """

    pack_id: str
    campaign_id: str
    members: tuple[str, ...]
    text: str
    attachments: tuple[Mapping[str, Any], ...]
    closes_at: datetime
    ends_at: datetime
    tag_ids: tuple[str, ...] = ()
    state: PackState = PackState.GATHERING
    first_intent_at: datetime | None = None
    intended_at: datetime | None = None
    jobid: str = ""
    moment_id: str = ""
    errcode: int = 0
    version: int = 0

    def takes(self, now: datetime) -> bool:
        """Whether one more member may join."""
        return self.state is PackState.GATHERING and now < self.closes_at and len(self.members) < MOST_MEMBERS


class MomentPacks(Protocol):
    """Packs by id."""

    def load(self, pack_id: str) -> MomentPack | None: ...

    def save(self, pack: MomentPack) -> MomentPack:
        """Write over the version that was read, 0 for a new one. Raises StaleTaskError when someone was faster."""

    def claim(self, moment_id: str, pack_id: str) -> bool:
        """A moment is one pack's for ever; False: it is another's."""


@dataclass(frozen=True, slots=True)
class JobEnd:
    """A job is done: it made a moment, or failed with ``errcode``."""

    moment_id: str = ""
    errcode: int = 0


class MomentCalls(Protocol):
    """WeCom's Moments. Raises DispatchPostponedError, SendRefusedError and, at a creation, outcome unknown."""

    def create(
        self, members: Sequence[str], text: str, attachments: Sequence[Mapping[str, Any]], tag_ids: Sequence[str] = ()
    ) -> str:
        """The id of the job. Refused when a tag is no more: nobody knows to whom WeCom would show it then.

        Raises SendOutcomeUnknownError when the answer was lost.
        """

    def job(self, jobid: str) -> JobEnd | None:
        """None while it runs. Refused once it is no longer known."""

    def created_between(self, since: datetime, until: datetime) -> Iterator[MessageSeen]:
        """What the API created in that time; nobody's personal moments."""

    def members(self, moment_id: str) -> Iterator[tuple[str, bool]]:
        """Who is asked to publish it, and whether he has. Postponed while WeCom distributes it."""

    def viewers(self, moment_id: str, userid: str) -> Iterator[str]:
        """The customers who are shown what the member published; none before he has."""

    def reactions(self, moment_id: str, userid: str) -> Iterator[Reaction]:
        """Customers' likes and comments on what the member published; none before he has."""

    def cancel(self, moment_id: str) -> None:
        """Whoever has not published cannot any more."""


class Narrowing(Protocol):
    """Who is shown what speaks of a product."""

    def tags_of(self, content: ApprovedContent) -> tuple[str, ...]:
        """The corp tags one of which a customer must have; none: all are shown it.

        Raises SendRefusedError when it must be narrowed and cannot.
        """


class Looks(Protocol):
    """The reconcile queue."""

    def request_looks(
        self, task_ids: Sequence[str], *, asked: bool = False, not_before: datetime | None = None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class MomentPace:
    """``longest_run``: nobody takes up an interrupted call before. ``lost_after``: a call that no moment followed by
    then was not carried out; WeCom names no bound of a job's time. ``job_life``: so long it can be asked about.
    """

    longest_run: timedelta = timedelta(minutes=3)
    lost_after: timedelta = timedelta(hours=1)
    job_life: timedelta = timedelta(hours=24)
    asked_again: timedelta = timedelta(minutes=1)
    looked_again: timedelta = timedelta(minutes=10)
    paused_recheck: timedelta = timedelta(minutes=5)
