"""Appeals: somebody says with a reason that an excluded add counts, and somebody else decides, also with one (O10).

An approved appeal lifts the rules that it was asked against, from the next judging on. A rule that fails later
excludes the add again, and that can be appealed anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol

from scrm.adds.model import AddPlace, Judgement, Rule, State
from scrm.clock import BUSINESS_ZONE
from scrm.paging import Page
from scrm.two_persons import Decision, RequestRefusedError, RequestState, RequestStore, TwoPersonDesk

LONGEST_REASON: Final = 500
LONGEST_APPEAL: Final = timedelta(days=366)
"""An add is older than this when no appeal for it can be open; settings allow less (`scrm.settings.adds`)."""


@dataclass(frozen=True, slots=True)
class WantedAppeal:
    """That the add shall count although ``rules`` failed. ``reason`` is somebody's own word: never logged.

    ``node_path`` and ``userid`` are of the member whose add it is.
    """

    place: AddPlace
    node_path: str
    userid: str
    rules: frozenset[Rule]
    reason: str
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Appeal(Decision):
    """A request and what became of it; its id is the add's `AddPlace.ref`. ``counted_on``: the day of the judging
    that took it up."""

    appeal_id: str
    wanted: WantedAppeal
    requested_by: str
    requested_at: datetime
    counted_on: date | None = None


class ApprovedAppeals(Protocol):
    """What the judging reads, and marks."""

    def approved(self, first: date, last: date) -> list[Appeal]:
        """Those about adds of these days."""
        ...

    def save(self, appeal: Appeal, /) -> Appeal: ...


class AppealStore(RequestStore[Appeal], ApprovedAppeals, Protocol):
    def of_day(self, day: date, branch_id: str) -> Mapping[str, Appeal]:
        """By add_id, about adds of a day and branch."""
        ...

    def page(
        self, node_path: str, month: str, state: RequestState | None, cursor: str | None, limit: int
    ) -> Page[Appeal]:
        """Those about adds of a month, at or below the node. A cursor of another list raises
        `scrm.paging.InvalidCursorError`."""
        ...


@dataclass(frozen=True, slots=True)
class AddAppeals(TwoPersonDesk[Appeal]):
    """Use cases of operators. ``open_for``: so long after the day of an add it can be appealed and decided."""

    CALLED = "appeal"
    store: AppealStore
    open_for: Callable[[], timedelta]

    def ask(self, judgement: Judgement, reason: str, actor: str, now: datetime) -> Appeal:
        """One appeal an add: the same person's once more is the same."""
        add = judgement.evidence.add
        known = self.store.find(add.place.ref)
        if known is not None and not _is_over(known, judgement):
            if known.requested_by == actor and known.state is RequestState.REQUESTED:
                return self._asked(known.appeal_id, known)
            raise RequestRefusedError("there is an appeal for this add already: decide it if it is open")
        if judgement.state is not State.EXCLUDED or judgement.on_appeal:
            raise RequestRefusedError(f"only an excluded add can be appealed; this one {_stands(judgement)}")
        reason = _reasonable(reason, "an appeal")
        until = datetime.combine(add.day + timedelta(days=1), time(), BUSINESS_ZONE) + self.open_for()
        if now >= until:
            raise RequestRefusedError(f"adds are appealed within {self.open_for().days} days: this one is older")
        wanted = WantedAppeal(add.place, add.node_path, add.userid, frozenset(judgement.reasons), reason, until)
        appeal = Appeal(add.place.ref, wanted, actor, now, version=known.version if known else 0)
        if known is None:
            return self._asked(appeal.appeal_id, appeal)
        saved = self.store.save(appeal)
        self.journal.told(saved, actor, now)
        return saved

    def approve(self, request: Appeal, actor: str, now: datetime, note: str = "") -> Appeal:
        """By neither who asked nor whose add it is, with the reason; the next judging counts the add."""
        _another_person(request, actor)
        return TwoPersonDesk.approve(self, request, actor, now, _reasonable(note, "a decision"))

    def reject(self, request: Appeal, actor: str, note: str, now: datetime) -> Appeal:
        """By neither who asked nor whose add it is, with the reason."""
        _another_person(request, actor)
        return TwoPersonDesk.reject(self, request, actor, _reasonable(note, "a decision"), now)

    def revoke(self, request: Appeal, actor: str, note: str, now: datetime) -> Appeal:  # noqa: ARG002
        """What was decided stays: figures were told by it."""
        raise RequestRefusedError("what was decided about an appeal stays")


def upheld(judgement: Judgement, appeal: Appeal | None) -> Judgement:
    """The judgement with what an approved appeal makes of it."""
    lifts = (
        appeal is not None
        and appeal.state is RequestState.APPROVED
        and judgement.state is State.EXCLUDED
        and appeal.wanted.rules.issuperset(judgement.reasons)
    )
    return replace(judgement, on_appeal=lifts)


def _is_over(known: Appeal, judgement: Judgement) -> bool:
    """It was approved and counted, and another rule has failed since."""
    return known.counted_on is not None and not judgement.counts and upheld(judgement, known) == judgement


def _another_person(request: Appeal, actor: str) -> None:
    if actor == request.requested_by or actor.rpartition(":")[2] == request.wanted.userid:
        raise RequestRefusedError("who appealed, or whose add it is, does not decide: somebody else has to")


def _reasonable(text: str, what: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST_REASON:
        raise RequestRefusedError(f"{what} needs a reason of 1 to {LONGEST_REASON} characters")
    return text


def _stands(judgement: Judgement) -> str:
    return "counts on appeal" if judgement.on_appeal else f"is {judgement.state.value}"
