"""All transfer attempts, and the questions asked of them."""

from dataclasses import dataclass, field

from local.simulator.clock import beijing_day
from local.simulator.model import Decision, TransferKind
from local.simulator.world import fold

DONE, WAITING, REFUSED, AT_CAP, NO_RECORD = 1, 2, 3, 4, 5

type Pair = tuple[TransferKind, str, str]


@dataclass(slots=True, kw_only=True)
class TransferAttempt:
    """One customer on the way from one member to another.

    ``status`` is that of transfer_result; None leaves no row. ``takeover_time`` is when it will complete by itself
    while waiting, when it did once done, else 0.
    """

    attempt_id: int
    kind: TransferKind
    handover_userid: str
    takeover_userid: str
    external_userid: str
    started_at: float
    decision: Decision
    takeover_time: int
    status: int | None = WAITING
    finished_at: float | None = None

    @property
    def pair(self) -> Pair:
        return self.kind, fold(self.handover_userid), fold(self.takeover_userid)


@dataclass(slots=True)
class TransferBook:
    attempts: list[TransferAttempt] = field(default_factory=list)
    by_pair: dict[Pair, list[TransferAttempt]] = field(default_factory=dict)
    by_customer: dict[str, list[TransferAttempt]] = field(default_factory=dict)
    waiting: dict[int, TransferAttempt] = field(default_factory=dict)
    # (member, customer): the customer was once transferred away from this member
    moved_away: set[tuple[str, str]] = field(default_factory=set)

    def add(self, attempt: TransferAttempt) -> None:
        self.attempts.append(attempt)
        self.waiting[attempt.attempt_id] = attempt
        self.by_pair.setdefault(attempt.pair, []).append(attempt)
        self.by_customer.setdefault(attempt.external_userid, []).append(attempt)

    def end(self, attempt: TransferAttempt, status: int | None, at: float) -> None:
        attempt.status = status
        attempt.finished_at = at
        attempt.takeover_time = int(at) if status == DONE else 0
        del self.waiting[attempt.attempt_id]

    def convert_to_resigned(self, attempts: list[TransferAttempt]) -> None:
        """Have on-job attempts show among the resigned ones of the same members from now on."""
        converted = {attempt.attempt_id for attempt in attempts}
        for pair in {attempt.pair for attempt in attempts}:
            self.by_pair[pair] = [row for row in self.by_pair[pair] if row.attempt_id not in converted]
        for attempt in attempts:
            attempt.kind = "resigned"
            self.by_pair.setdefault(attempt.pair, []).append(attempt)
        for pair in {attempt.pair for attempt in attempts}:
            self.by_pair[pair].sort(key=lambda row: row.attempt_id)

    def rename(self, old: str, new: str) -> None:
        """Everything about a member stands under their new userid from now on."""
        for pair in [pair for pair in self.by_pair if fold(old) in pair[1:]]:
            for attempt in self.by_pair.pop(pair):
                if fold(attempt.handover_userid) == fold(old):
                    attempt.handover_userid = new
                if fold(attempt.takeover_userid) == fold(old):
                    attempt.takeover_userid = new
                self.by_pair.setdefault(attempt.pair, []).append(attempt)
        for rows in self.by_pair.values():
            rows.sort(key=lambda row: row.attempt_id)
        moved = {(member, customer) for member, customer in self.moved_away if member == fold(old)}
        self.moved_away = (self.moved_away - moved) | {(fold(new), customer) for _, customer in moved}

    def get(self, attempt_id: int) -> TransferAttempt:
        return self.attempts[attempt_id - 1]

    def next_id(self) -> int:
        return len(self.attempts) + 1

    def of_customer(self, external_userid: str) -> list[TransferAttempt]:
        return self.by_customer.get(external_userid, [])

    def waiting_for(self, external_userid: str) -> list[TransferAttempt]:
        return [attempt for attempt in self.of_customer(external_userid) if attempt.status == WAITING]

    def waiting_of_member(self, userid: str) -> list[TransferAttempt]:
        """Attempts under way from or to this member."""
        folded = fold(userid)
        return [attempt for attempt in self.waiting.values() if folded in attempt.pair[1:]]

    def onjob_uses(self, external_userid: str, now: float, days: int, *, count_refused: bool) -> int:
        """On-job transfers of this customer in the last ``days`` calendar days (UTC+8)."""
        counted = {DONE, REFUSED} if count_refused else {DONE}
        today = beijing_day(now)
        return sum(
            attempt.kind == "onjob"
            and attempt.status in counted
            and today - beijing_day(attempt.finished_at or now) < days
            for attempt in self.of_customer(external_userid)
        )
