"""How long records are kept, by class: at least as long as the bucket locks them, and only ever longer (R11, R12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final


class RecordClass(StrEnum):
    """``chat``: pages as pulled and what was made of them; ``media``: files; ``certificate``: proofs of days."""

    CHAT = "chat"
    MEDIA = "media"
    CERTIFICATE = "certificate"


PREFIXES: Final[Mapping[RecordClass, tuple[str, ...]]] = {
    RecordClass.CHAT: ("manifests/", "pages/", "reopened/", "segments/"),
    RecordClass.MEDIA: ("media/",),
    RecordClass.CERTIFICATE: ("days/",),
}


class RetentionShortenedError(Exception):
    """A class would be kept less long than it is now; ``classes`` are those."""

    def __init__(self, classes: tuple[RecordClass, ...]) -> None:
        super().__init__(f"retention can only grow: {', '.join(classes)} would be kept less long than now")
        self.classes = classes


@dataclass(frozen=True, slots=True)
class Retention:
    """Days by class, counted from when an object was stored. ``floor`` is what the bucket locks by itself."""

    floor: int
    chosen: Mapping[RecordClass, int]

    def days(self, record_class: RecordClass) -> int:
        return max(self.floor, self.chosen.get(record_class, 0))

    @property
    def longest(self) -> int:
        return max(self.days(record_class) for record_class in RecordClass)

    def extended_to(self, wanted: "Retention") -> "Retention":
        """``wanted``. Raises RetentionShortenedError when a class would be kept less long than by this one."""
        shorter = tuple(each for each in RecordClass if wanted.days(each) < self.days(each))
        if shorter:
            raise RetentionShortenedError(shorter)
        return wanted

    def free_from(self, stored_until: date) -> date:
        """The first day on which nothing of what was stored up to ``stored_until`` is kept any more.

        A class that is kept longer than the bucket locks by itself is locked from the midnight after its certificate,
        which is made on the day after (`scrm.archive.retaining`).
        """
        counted_from = stored_until + timedelta(days=1 if self.longest > self.floor else 0)
        return counted_from + timedelta(days=self.longest + 1)
