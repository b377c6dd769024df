"""Give the new owners what follows their customers, once they have them (design 11, S62)."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import batched
from typing import Final

from scrm.handover.edges import Chunk, ChunkKind, Edge, EdgeState, TransferApi
from scrm.handover.errors import (
    OutcomeUnknownError,
    StaleVersionError,
    TransferPostponedError,
    TransferRefusedError,
    UnknownCaseError,
    until_current,
)
from scrm.handover.model import HandoverCase
from scrm.handover.parts import HandoverPart, PackageStore, PartResult, checksum
from scrm.handover.ports import CaseRepository, Delivery, HandoverQueue, RmTasks

CHUNKS_PER_DELIVERY: Final = 50  # stored with the case in one transaction at the end
GREETINGS: Final = "greetings"
GIVEN_UP: Final = "given_up"
_MOST_LOST_IDS: Final = 200
_TRY_AGAIN_AFTER: Final = timedelta(minutes=1)
_SOON: Final = timedelta(minutes=15)  # what a queue can put off
_TICK: Final = timedelta(milliseconds=1)


class DeliveryOutcome(StrEnum):
    DELIVERED = "delivered"
    CONTINUED = "continued"
    POSTPONED = "postponed"
    NOTHING_TO_DO = "nothing_to_do"

    @property
    def metric(self) -> str:
        """``PackageDelivered`` and so on."""
        return f"Package{self.value.title().replace('_', '')}"


@dataclass(frozen=True, slots=True)
class PackageDelivery:
    """Use case: one step of a delivery; the next one is queued with what was counted so far.

    Nothing is stored but the end, with the case and the chunks in one write, so that a repeat counts nothing twice. A
    step that is repeated finds less to write; what a killed step had written is then counted as equal.
    """

    cases: CaseRepository
    parts: Sequence[HandoverPart]
    store: PackageStore
    tasks: RmTasks
    queue: HandoverQueue

    def deliver(self, delivery: Delivery, now: datetime) -> DeliveryOutcome:
        """Bring it a page further or to its end. Raises StaleVersionError, UnknownCaseError.

        What has to wait for long is dropped: the next look at the case asks for it anew.
        """
        case, chunks = self._loaded(delivery)
        edges = _wanted(chunks, delivery)
        if not edges:
            return DeliveryOutcome.NOTHING_TO_DO
        try:
            step, more = self._applied(delivery, chunks)
        except _PostponedError as postponed:
            not_before = postponed.not_before or now + _TRY_AGAIN_AFTER
            if not_before - now <= _SOON:
                self.queue.request_deliveries([postponed.delivery], not_before)
            return DeliveryOutcome.POSTPONED
        if more:
            self.queue.request_deliveries([step])
            return DeliveryOutcome.CONTINUED
        greeted = [edge.target_id for edge in edges if _was_told_nothing(edge)]
        if greeted:
            self.tasks.greet_customers(case, delivery.takeover_userid, greeted)
        try:
            self._record(case, chunks, step, greeted)
        except StaleVersionError:
            until_current(lambda: self._record(*self._loaded(delivery), step, greeted))
        return DeliveryOutcome.DELIVERED

    def _loaded(self, delivery: Delivery) -> tuple[HandoverCase, list[Chunk]]:
        loaded = self.cases.load_some(delivery.case_id, ChunkKind.CUSTOMERS, list(delivery.chunks))
        if loaded is None:
            raise UnknownCaseError(delivery.case_id)
        return loaded

    def _applied(self, delivery: Delivery, chunks: Sequence[Chunk]) -> tuple[Delivery, bool]:
        """The delivery after as many parts as end in this step, and whether one goes on."""
        names = [part.name for part in self.parts]
        first = names.index(delivery.part) if delivery.part else 0
        packages = {package: self.store.get(delivery.case_id, package) for package in _packages(chunks)}
        for part in self.parts[first:]:
            contents = {
                edge.target_id: packages[chunk.package][part.name][edge.target_id]
                for chunk in chunks
                for edge in _meant(chunk, delivery)
                if chunk.package and edge.target_id in packages[chunk.package].get(part.name, {})
            }
            step = replace(delivery, part=part.name)
            result = self._part(part, step, contents) if contents else PartResult()
            delivery = _counted(step, part.name, result, held=0 if result.cursor else len(contents))
            if result.cursor:
                return delivery, True
        return delivery, False

    def _part(self, part: HandoverPart, delivery: Delivery, contents: Mapping[str, object]) -> PartResult:
        """One call of the part. Refused for good (the new owner has left as well) it counts as failed."""
        try:
            return part.apply(delivery.takeover_userid, contents, _attempt_id(delivery), delivery.cursor)
        except TransferPostponedError as error:
            raise _PostponedError(delivery, error.not_before) from error
        except OutcomeUnknownError as error:
            raise _PostponedError(delivery, None) from error
        except TransferRefusedError:
            return PartResult(failed=len(contents) - delivery.counts.get(f"{part.name}.checked", 0))

    def _record(self, case: HandoverCase, chunks: Sequence[Chunk], delivery: Delivery, greeted: Sequence[str]) -> None:
        """The counts and how far the chunks have been served, unless another run of it was faster."""
        if not _wanted(chunks, delivery):
            return
        counts = Counter(case.packages.get(delivery.takeover_userid, {}))
        counts.update(delivery.counts)
        counts.update({GREETINGS: len(greeted)} if greeted else {})
        served = [replace(chunk, delivered_until=delivery.chunks[chunk.number]) for chunk in chunks]
        lost = sorted({*case.lost_ids, *delivery.lost_ids})[:_MOST_LOST_IDS]
        self.cases.save(
            replace(
                case,
                packages={**case.packages, delivery.takeover_userid: dict(counts)},
                lost_ids=tuple(lost),
            ),
            served,
        )
        if _is_otherwise_settled(case):
            self.queue.request_polls([case.case_id])


class _PostponedError(Exception):
    """The step has to wait; ``delivery`` says where it goes on."""

    def __init__(self, delivery: Delivery, not_before: datetime | None) -> None:
        super().__init__("the delivery has to wait")
        self.delivery = delivery
        self.not_before = not_before


def checksum_of(chunks: Sequence[Chunk]) -> str:
    """One checksum for all packages of a case; empty when nothing followed anybody."""
    packages = _packages(chunks)
    return checksum({"packages": packages}) if packages else ""


def outstanding(case_id: str, chunks: Sequence[Chunk]) -> list[Delivery]:
    """What is still to be delivered, by new owner."""
    waiting: dict[str, list[Chunk]] = defaultdict(list)
    for chunk in chunks:
        if wants_delivery(chunk):
            waiting[chunk.takeover_userid].append(chunk)
    return [
        Delivery(case_id, userid, {chunk.number: _latest(to_deliver(chunk)) for chunk in some})
        for userid, of_taker in waiting.items()
        for some in batched(of_taker, CHUNKS_PER_DELIVERY, strict=False)
    ]


def wants_delivery(chunk: Chunk) -> bool:
    """Whether customers came who bring something, or whom nobody told anything."""
    if chunk.kind is not ChunkKind.CUSTOMERS:
        return False
    edges = to_deliver(chunk)
    return bool(edges) and (bool(chunk.package) or any(_was_told_nothing(edge) for edge in edges))


def after_delivery(chunk: Chunk, now: datetime) -> datetime:
    """Now, but later than what was delivered already: clocks of two machines differ by a little."""
    return now if chunk.delivered_until is None else max(now, chunk.delivered_until + _TICK)


def to_deliver(chunk: Chunk) -> tuple[Edge, ...]:
    """Edges done since the last delivery."""
    since = chunk.delivered_until
    return tuple(edge for edge in chunk.in_state(EdgeState.DONE) if since is None or _moment(edge) > since)


def given_up(
    case: HandoverCase, chunks: Sequence[Chunk], now: datetime, patience: timedelta
) -> tuple[HandoverCase, list[Chunk]]:
    """Case and chunks with what could not be delivered for too long counted, so that it keeps no case open."""
    packages = {userid: Counter(counts) for userid, counts in case.packages.items()}
    kept: list[Chunk] = []
    for chunk in chunks:
        edges = to_deliver(chunk) if wants_delivery(chunk) else ()
        if edges and _latest(edges) + patience < now:
            packages.setdefault(chunk.takeover_userid, Counter())[GIVEN_UP] += len(edges)
            kept.append(replace(chunk, delivered_until=_latest(edges)))
        else:
            kept.append(chunk)
    return replace(case, packages={userid: dict(counts) for userid, counts in packages.items()}), kept


def _wanted(chunks: Sequence[Chunk], delivery: Delivery) -> list[Edge]:
    """The edges that the delivery is about and that no other run of it has served."""
    return [edge for chunk in chunks for edge in _meant(chunk, delivery)]


def _meant(chunk: Chunk, delivery: Delivery) -> list[Edge]:
    return [edge for edge in to_deliver(chunk) if _moment(edge) <= delivery.chunks[chunk.number]]


def _counted(delivery: Delivery, name: str, result: PartResult, *, held: int) -> Delivery:
    """The delivery with what one call of a part did; counts that are nought are left out."""
    counts = Counter(delivery.counts)
    counts.update(
        {
            f"{name}.held": held,
            f"{name}.checked": result.checked,
            f"{name}.differing": result.differing,
            f"{name}.written": result.written,
            f"{name}.failed": result.failed,
            f"{name}.not_carried": result.not_carried,
        }
    )
    lost = sorted({*delivery.lost_ids, *result.lost_ids})[:_MOST_LOST_IDS]
    return replace(delivery, cursor=result.cursor, counts=dict(+counts), lost_ids=tuple(lost))


def _packages(chunks: Sequence[Chunk]) -> list[str]:
    return sorted({chunk.package for chunk in chunks if chunk.package})


def _was_told_nothing(edge: Edge) -> bool:
    """WeCom's resigned transfers carry no word to the customer."""
    return bool(edge.attempts) and edge.attempts[-1].api is TransferApi.RESIGNED


def _attempt_id(delivery: Delivery) -> str:
    """Of this case, new owner and set of customers: the same in every repeat."""
    numbers = ",".join(f"{number}@{moment.isoformat()}" for number, moment in sorted(delivery.chunks.items()))
    return f"{delivery.case_id}/{delivery.takeover_userid}/{numbers}"


def _is_otherwise_settled(case: HandoverCase) -> bool:
    """As of the last look: then the case only waits for its deliveries."""
    unsettled = [state for state in EdgeState if not state.is_settled]
    return not any(totals.get(state, 0) for totals in (case.customer_totals, case.group_totals) for state in unsettled)


def _latest(edges: Sequence[Edge]) -> datetime:
    return max(map(_moment, edges))


def _moment(edge: Edge) -> datetime:
    """When it was settled: every settled edge has this."""
    if edge.updated_at is None:
        raise ValueError("an edge that is done says since when")
    return edge.updated_at
