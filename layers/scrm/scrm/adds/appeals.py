"""Appeals: somebody says with a reason that an excluded add counts, and somebody else decides (O10)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol

from scrm.adds.model import Judgement, State

LONGEST_REASON: Final = 500


class AppealState(StrEnum):
    OPEN = "open"
    GRANTED = "granted"
    REJECTED = "rejected"


class AppealError(Exception):
    """Base of the family; the text is for whoever asked."""


class UnknownAddError(AppealError):
    """No add of this day and branch has the id, or it was not judged yet."""


class NotAppealableError(AppealError):
    """The add is not excluded, or an appeal was decided already."""


class SamePersonError(AppealError):
    """Who appeals, and the member whose add it is, decide nothing."""


class ReasonMissingError(AppealError):
    """Both the appeal and its decision want a reason."""


class AppealChangedError(AppealError):
    """Somebody else was faster."""


@dataclass(frozen=True, slots=True)
class Appeal:
    """``day`` and ``branch_id`` are where the judgement lies. ``by`` and ``decided_by`` are two persons."""

    add_id: str
    day: date
    branch_id: str
    node_path: str
    userid: str
    by: str
    reason: str
    at: datetime
    state: AppealState = AppealState.OPEN
    decided_by: str = ""
    decision_reason: str = ""
    decided_at: datetime | None = None
    version: int = 0


class Judgements(Protocol):
    """What was judged."""

    def find(self, day: date, branch_id: str, add_id: str) -> Judgement | None: ...


class AppealStore(Protocol):
    def of(self, day: date, branch_id: str, add_id: str) -> Appeal | None: ...

    def of_day(self, day: date, branch_id: str) -> dict[str, Appeal]:
        """By add_id."""
        ...

    def put(self, appeal: Appeal, seen_version: int) -> bool:
        """Store over the version that was read, 0 for none; False when somebody was faster."""
        ...


@dataclass(frozen=True, slots=True)
class Appeals:
    """Use cases of people. ``tell`` passes a granted appeal on to the counters; it may hear of one twice."""

    judgements: Judgements
    store: AppealStore
    tell: Callable[[Judgement, Appeal], None]
    now: Callable[[], datetime]

    def appeal(self, day: date, branch_id: str, add_id: str, by: str, reason: str) -> Appeal:
        """The appeal as it stands; the same person's once more changes nothing. Raises AppealError."""
        judged = self._judged(day, branch_id, add_id)
        reason = _reason(reason)
        known = self.store.of(day, branch_id, add_id)
        if known is not None and known.state is AppealState.OPEN and known.by == by:
            return known
        if known is not None:
            raise NotAppealableError("there is an appeal for this add already; look at it and decide it, if it is open")
        if judged.state is not State.EXCLUDED:
            raise NotAppealableError("only an excluded add can be appealed; this one is " + judged.state.value)
        add = judged.evidence.add
        appeal = Appeal(add_id, day, branch_id, add.node_path, add.userid, by, reason, self.now(), version=1)
        if not self.store.put(appeal, 0):
            raise AppealChangedError("somebody appealed at the same moment; read the add again")
        return appeal

    def decide(self, day: date, branch_id: str, add_id: str, by: str, reason: str, *, granted: bool) -> Appeal:
        """The decided appeal; the same decision once more changes nothing, but is told again. Raises AppealError."""
        judged = self._judged(day, branch_id, add_id)
        reason = _reason(reason)
        known = self.store.of(day, branch_id, add_id)
        if known is None:
            raise NotAppealableError("nobody appealed for this add; appeal first, and let another person decide")
        if by in {known.by, known.userid}:
            raise SamePersonError("who appealed, or whose add it is, cannot decide; another person must")
        state = AppealState.GRANTED if granted else AppealState.REJECTED
        if known.state is AppealState.OPEN:
            decided = replace(
                known,
                state=state,
                decided_by=by,
                decision_reason=reason,
                decided_at=self.now(),
                version=known.version + 1,
            )
            if not self.store.put(decided, known.version):
                raise AppealChangedError("somebody decided at the same moment; read the add again")
            known = decided
        elif (known.state, known.decided_by) != (state, by):
            raise NotAppealableError(f"the appeal was {known.state.value} already")
        if known.state is AppealState.GRANTED:
            self.tell(judged, known)
        return known

    def _judged(self, day: date, branch_id: str, add_id: str) -> Judgement:
        found = self.judgements.find(day, branch_id, add_id)
        if found is None:
            raise UnknownAddError("no judged add of this day and branch has this id; list the day to see them")
        return found


def counts(judgement: Judgement, appeal: Appeal | None) -> bool:
    """Whether the add is a valid one: so judged, or granted on appeal."""
    return judgement.state is State.VALID or (appeal is not None and appeal.state is AppealState.GRANTED)


def _reason(text: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST_REASON:
        raise ReasonMissingError(f"a reason of 1 to {LONGEST_REASON} characters is needed")
    return text
