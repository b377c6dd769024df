"""Who hears of a customer's end: the contact-pressure ledger and the facts of the day."""

from dataclasses import dataclass

from scrm.campaign.ports import PressureLedger, SettledFacts
from scrm.campaign.task import RecipientState, SendTask

_NO_END = frozenset({RecipientState.PENDING, RecipientState.MOVED})


@dataclass(frozen=True, slots=True)
class Ends:
    """Tells what changed between two states of a task. Everything told is idempotent, so a repeat is harmless."""

    ledger: PressureLedger
    facts: SettledFacts

    def tell(self, before: SendTask, after: SendTask) -> None:
        """Those who have ended since, or whose end was corrected."""
        ended = {
            target_id: result
            for target_id, result in after.results.items()
            if result.state not in _NO_END and before.result_of(target_id).state is not result.state
        }
        if not ended:
            return
        owner, touch = after.owner_userid, after.touch_id
        sent = {one: found.at for one, found in ended.items() if found.state is RecipientState.SENT and found.at}
        if sent:
            self.ledger.settle(owner, touch, sent)
        if len(sent) < len(ended):
            self.ledger.release(owner, touch, [one for one in ended if one not in sent])
        self.facts.settled(after, ended)
