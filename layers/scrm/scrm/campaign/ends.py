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

    def tell(self, task: SendTask, ended: Mapping[str, Result]) -> None:
        """The ends of some customers of the task."""
        if not ended:
            return
        sent = {one: found.at for one, found in ended.items() if found.state is RecipientState.SENT and found.at}
        if sent:
            self.ledger.settle(task, sent)
        if len(sent) < len(ended):
            self.ledger.release(task, [one for one in ended if one not in sent])
        self.facts.settled(task, ended)
