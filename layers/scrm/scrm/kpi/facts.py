"""Facts as they lie in the data bucket, one JSON line each, and what each of them counts.

Every fact says what it is by ``event_id`` (derived: the same happening has the same id, whoever tells it and when),
when it happened, under which node path the member was then, and which member it was. A fact of a kind that can be
corrected also says when it was told: of several with one id the last told counts. All of them say the same
``occurred_at`` and ``node_path``, because it counts where and when the happening was.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from scrm.kpi import measures

type Amounts = tuple[tuple[str, int], ...]
"""Measures with what a fact adds to each."""

_Id = Annotated[str, Meta(min_length=16)]
_Moment = Annotated[str, Meta(min_length=24, max_length=24)]
_Name = Annotated[str, Meta(min_length=1)]
_Count = Annotated[int, Meta(ge=0, lt=2**40)]
_NOTHING: Final[Amounts] = ()


class Fact(msgspec.Struct, gc=False):
    """``occurred_at`` as `scrm.clock.to_iso` writes it; ``event_id`` as `scrm.ids.derive` does."""

    event_id: _Id
    occurred_at: _Moment
    node_path: _Name
    userid: _Name


class CorrectedFact(Fact, gc=False):
    """``told_at`` decides which of several counts."""

    told_at: _Moment


class SendSettled(Fact, gc=False):
    """``corrects``: which end had been told before, if one had."""

    channel: str
    state: str
    corrects: str | None = None


class AddJudged(CorrectedFact, gc=False):
    """``decided``: nothing is waited for any more, as far as the day's judgement knows."""

    valid: bool
    decided: bool = False


class ServiceMeasured(CorrectedFact, gc=False):
    inquiries: _Count
    answered: _Count
    answered_in_time: _Count
    response_seconds: _Count


class TaskTold(Fact, gc=False):
    """``state``: given, done, or cancelled."""

    state: str


class MessagesArchived(Fact, gc=False):
    messages_out: _Count
    messages_in: _Count


class HandoverFinished(Fact, gc=False):
    customers_done: _Count
    customers_failed: _Count


class MomentReaction(Fact, gc=False):
    kind: str


class Kind:
    """One type of facts: how its lines are read, and what each of them counts."""

    def __init__(self, shape: type[Fact], amounts: Callable[[Any], Amounts] | Amounts) -> None:
        """``amounts``: of a fact, or the same of every one (``constant``)."""
        self.constant: Final[Amounts] = () if callable(amounts) else amounts
        self.amounts: Final[Callable[[Any], Amounts]] = amounts if callable(amounts) else lambda _: amounts
        self.can_be_corrected: Final = issubclass(shape, CorrectedFact)
        self.told_at: Final[Callable[[Fact], str]] = attrgetter("told_at")
        self._decoder: msgspec.json.Decoder[Fact] = msgspec.json.Decoder(shape)

    def read(self, body: bytes) -> tuple[list[Fact], list[tuple[int, str]]]:
        """The facts of a document, and of each line that is none its number and what is wrong, without its content."""
        try:
            return self._decoder.decode_lines(body), []
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._read_each(body)

    def _read_each(self, body: bytes) -> tuple[list[Fact], list[tuple[int, str]]]:
        facts: list[Fact] = []
        refused: list[tuple[int, str]] = []
        for number, line in enumerate(body.split(b"\n"), start=1):
            if not line.strip():
                continue
            try:
                facts.append(self._decoder.decode(line))
            except msgspec.ValidationError as error:
                refused.append((number, str(error)))
            except (msgspec.DecodeError, UnicodeDecodeError):
                refused.append((number, "not a JSON object in UTF-8"))
        return facts, refused


def _send_settled(fact: SendSettled) -> Amounts:
    return _SENDS.get((fact.channel, fact.state == "sent", fact.corrects is None), _NOTHING)


def _add_judged(fact: AddJudged) -> Amounts:
    if fact.valid:
        return _VALID
    return _EXCLUDED if fact.decided else _NOTHING


def _service_quality(fact: ServiceMeasured) -> Amounts:
    return (
        (measures.QUESTIONS, fact.inquiries),
        (measures.ANSWERED, fact.answered),
        (measures.ANSWERED_IN_TIME, fact.answered_in_time),
        (measures.FIRST_RESPONSE_SECONDS, fact.response_seconds),
    )


def _task_done(fact: TaskTold) -> Amounts:
    return _TASKS.get(fact.state, _NOTHING)


def _message_archived(fact: MessagesArchived) -> Amounts:
    """Nearly always one message: the same object for all of them, which spares the counting both time and memory."""
    out, in_ = fact.messages_out, fact.messages_in
    return _ONE_MESSAGE.get((out, in_)) or ((measures.MESSAGES_OUT, out), (measures.MESSAGES_IN, in_))


def _handover_finished(fact: HandoverFinished) -> Amounts:
    return ((measures.HANDOVERS_DONE, fact.customers_done), (measures.HANDOVERS_FAILED, fact.customers_failed))


def _moment_reactions(fact: MomentReaction) -> Amounts:
    return _REACTIONS.get(fact.kind, _NOTHING)


_EXCLUDED: Final[Amounts] = ((measures.ADDS_DECIDED, 1),)
_VALID: Final[Amounts] = ((measures.VALID_ADDED, 1), *_EXCLUDED)
_SENDS: Final[Mapping[tuple[str, bool, bool], Amounts]] = {
    (channel, is_sent, is_first): (
        *(((measures.SETTLED + channel, 1),) if is_first else ()),
        *(((measures.REACHED + channel, 1),) if is_sent else ()),
    )
    for channel in measures.CHANNELS
    for is_sent in (True, False)
    for is_first in (True, False)
}
_ONE_MESSAGE: Final[Mapping[tuple[int, int], Amounts]] = {
    (1, 0): ((measures.MESSAGES_OUT, 1),),
    (0, 1): ((measures.MESSAGES_IN, 1),),
}
_TASKS: Final[Mapping[str, Amounts]] = {"given": ((measures.TASKS_GIVEN, 1),), "done": ((measures.TASKS_DONE, 1),)}
_REACTIONS: Final[Mapping[str, Amounts]] = {"like": ((measures.LIKES, 1),), "comment": ((measures.COMMENTS, 1),)}

KINDS: Final[Mapping[str, Kind]] = {
    "add_judged": Kind(AddJudged, _add_judged),
    "contact_added": Kind(Fact, ((measures.ADDED, 1),)),
    "contact_lost": Kind(Fact, ((measures.LOST, 1),)),
    "customer_came": Kind(Fact, ((measures.CAME, 1),)),
    "handover_finished": Kind(HandoverFinished, _handover_finished),
    "message_archived": Kind(MessagesArchived, _message_archived),
    "moment_reactions": Kind(MomentReaction, _moment_reactions),
    "send_settled": Kind(SendSettled, _send_settled),
    "service_quality": Kind(ServiceMeasured, _service_quality),
    "task_done": Kind(TaskTold, _task_done),
}
