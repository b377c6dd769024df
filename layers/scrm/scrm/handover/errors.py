"""What can go wrong when WeCom is asked to move customers, in the handover's own words."""

from collections.abc import Callable
from datetime import datetime

from scrm.pause import again_while, pause_with_jitter


class HandoverError(Exception):
    """Base of the family."""


class AccountStillActiveError(HandoverError):
    """The member has not left WeCom yet (40097, 90500)."""


class AccountDeletedError(HandoverError):
    """WeCom has deleted the member's account, and the on-job API does not know him any more (60111, 90502)."""


class TransferRefusedError(HandoverError):
    """WeCom refused the whole call for good; ``errcode`` says why."""

    def __init__(self, errcode: int) -> None:
        super().__init__(f"WeCom refused the transfer with errcode {errcode}")
        self.errcode = errcode


class TransferPostponedError(HandoverError):
    """The call was not made or not carried out; it may be tried again at ``not_before``."""

    def __init__(self, not_before: datetime) -> None:
        super().__init__("the transfer has to wait")
        self.not_before = not_before


class OutcomeUnknownError(HandoverError):
    """The call was sent and its answer was lost: look it up before repeating."""


class StaleVersionError(HandoverError):
    """Someone else wrote the item in between; read again and repeat."""


class UnknownCaseError(HandoverError):
    """A message names a case that the table does not hold."""


class DecisionRefusedError(HandoverError):
    """A person's decision cannot be carried out; the text is a sentence that says why and what to do."""


def until_current[Result](
    action: Callable[[], Result], attempts: int = 12, pause: Callable[[int], None] = pause_with_jitter
) -> Result:
    """Run a use case again from its first read while someone else was faster.

    Use cases are repeatable by design, and waiting for the queue's redelivery would cost minutes. Several new owners of
    one case are served at the same moment, so those who met wait a little, each as long as chance says.
    """
    return again_while(StaleVersionError, action, attempts, pause)
