"""What greeting customers needs from the outside world."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from scrm.welcome.model import Greeting, WelcomeRule


class WelcomeRefusedError(Exception):
    """This customer is not greeted; ``reason`` is a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WelcomePostponedError(Exception):
    """Nothing was sent; it may be tried at ``not_before``."""

    def __init__(self, not_before: datetime) -> None:
        super().__init__("the greeting has to wait")
        self.not_before = not_before


class CodeExpiredError(Exception):
    """WeCom does not take the code, or not any more."""


class CodeUsedError(Exception):
    """The customer was greeted with this code, or the two are chatting."""


class WelcomeRules(Protocol):
    """The rules' part of the feature's table."""

    def rules(self, node_ids: Sequence[str], states: Sequence[str]) -> Sequence[WelcomeRule]:
        """Those that exist of each node with each state, in one read."""

    def of_node(self, node_id: str) -> Sequence[WelcomeRule]:
        """All of a node, by state."""

    def save(self, rule: WelcomeRule) -> bool:
        """Store over the revision it was read with, 0 for a new one; False when somebody was faster."""

    def remove(self, rule: WelcomeRule) -> bool:
        """Remove at the revision it was read with; False when somebody was faster."""


class WelcomeClaims(Protocol):
    """Who greets with a code: one delivery, ever."""

    def claim(self, code: str, at: datetime) -> bool:
        """False when it was claimed before."""


class MemberNodes(Protocol):
    def path_of(self, userid: str) -> str | None:
        """The node path of a member; None for one nobody knows."""


class WelcomeContents(Protocol):
    def greeting(self, rule: WelcomeRule, node_path: str, external_userid: str, at: datetime) -> Greeting:
        """The words for this customer, if they may be sent by a member at ``node_path`` now.

        Raises WelcomeRefusedError, WelcomePostponedError.
        """


class WelcomeSender(Protocol):
    def send(self, code: str, greeting: Greeting) -> None:
        """Raises WelcomePostponedError, WelcomeRefusedError, CodeExpiredError, CodeUsedError."""
