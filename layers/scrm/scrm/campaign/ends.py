"""Who hears of a customer's end: the contact-pressure ledger and the facts of the day."""

from collections.abc import Mapping
from dataclasses import dataclass

from scrm.campaign.ports import PressureLedger, SettledFacts
from scrm.campaign.task import RecipientState, Result, SendTask

_NO_END = frozenset({RecipientState.PENDING, RecipientState.MOVED})


@dataclass(frozen=True, slots=True)
class Ends:
    """Tells of ends. Everything told is idempotent, so a repeat is harmless."""

    ledger: PressureLedger
    facts: SettledFacts

    def news(self, before: SendTask, after: SendTask) -> dict[str, Result]:
        """Those who have ended since, or whose end was corrected."""
        return {
            target_id: result
            for target_id, result in after.results.items()
            if result.state not in _NO_END and before.result_of(target_id).state is not result.state
        }

    def tell_all(self, task: SendTask) -> None:
        """Everybody who has ended, again if need be."""
        self.tell(task, {one: result for one, result in task.results.items() if result.state not in _NO_END})

    def tell(self, task: SendTask, ended: Mapping[str, Result], before: SendTask | None = None) -> None:
        """The ends of some customers of the task, which was ``before``: an end that was known then is corrected."""
        if not ended:
            return
        sent = {one: found.at for one, found in ended.items() if found.state is RecipientState.SENT and found.at}
        if sent:
            self.ledger.settle(task, sent)
        if len(sent) < len(ended):
            self.ledger.release(task, [one for one in ended if one not in sent])
        self.facts.settled(task, ended, _corrected(before, ended) if before is not None else {})


def _corrected(before: SendTask, ended: Mapping[str, Result]) -> dict[str, RecipientState]:
    """What was known of those whose end had been told."""
    known = {target_id: before.result_of(target_id).state for target_id in ended}
    return {target_id: state for target_id, state in known.items() if state not in _NO_END}
