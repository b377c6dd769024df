"""What can go wrong with content, in sentences for people; none repeats a text of the content."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scrm.content.model import SendRefusal
from scrm.pause import pause_with_jitter


class ContentError(Exception):
    """Base of the family."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where (``variants.moments.text``), a stable word, and a sentence."""

    where: str
    kind: str
    detail: str


class InvalidContentError(ContentError):
    """The content cannot be stored or approved as it is."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{each.where}: {each.detail}" for each in problems))
        self.problems = tuple(problems)


class OriginationRefusedError(ContentError):
    """Only head office and branches make content (S56)."""

    def __init__(self) -> None:
        super().__init__("content is made by head office and branches only; ask your branch to issue it")


class StepRefusedError(ContentError):
    """The step does not fit the version's state or the person; the text says why and what to do."""


class UnknownContentError(ContentError):
    """No such activity, version or variant."""


class ContentRefusedError(ContentError):
    """It must not be sent now."""

    def __init__(self, refusal: SendRefusal) -> None:
        super().__init__(f"the content must not be sent: {refusal.value}")
        self.refusal = refusal


class StaleContentError(ContentError):
    """Someone else wrote it in between: read again and repeat."""

    def __init__(self) -> None:
        super().__init__("it was changed in between: read it again, then repeat")


def until_current[Result](
    action: Callable[[], Result], attempts: int = 5, pause: Callable[[int], None] = pause_with_jitter
) -> Result:
    """Run a use case again from its first read while someone else was faster."""
    for attempt in range(attempts - 1):
        try:
            return action()
        except StaleContentError:
            pause(attempt)
    return action()
