"""What can be wrong with a bank's settings, in sentences that name fields and never repeat values."""

from collections.abc import Sequence
from typing import Any


class SettingsError(Exception):
    """Base of the family."""


class InvalidSettingsError(SettingsError):
    """The document does not fit its topic. ``problems`` are (field, what is wrong); a field is ``greetings.0.text``."""

    def __init__(self, topic: str, problems: Sequence[tuple[str, str]]) -> None:
        listed = "; ".join(f"{field}: {problem}" for field, problem in problems)
        super().__init__(f"the settings of the topic {topic} are not valid, correct these fields: {listed}")
        self.topic = topic
        self.problems = tuple(problems)


class SettingsConflictError(SettingsError):
    """Someone else changed the topic in between."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"the settings of the topic {topic} were changed in between: read them again, then repeat")
        self.topic = topic


def field_of(location: Sequence[Any]) -> str:
    """A place in a document as text; the document itself when a rule spans several fields."""
    return ".".join(map(str, location)) or "the document"
