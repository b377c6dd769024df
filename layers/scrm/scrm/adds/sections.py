"""Sections of a bank: members who are judged together, so that memory is a section's, whatever the bank's size.

All that the rules look at lies with one member (`scrm.adds.evidence`; how many members added a customer comes with each
add), so a section judged alone says what the whole bank judged at once says. Counts of sections are powers of two: a
section of few is made of sections of many, and a bank that grew reads its older days.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

MEMBERS_OF_A_SECTION: Final = 10_000
_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Section:
    """One of ``of``, counted from 0."""

    number: int
    of: int

    def has(self, name: str) -> bool:
        """Whether a member, or a branch, lies in it."""
        return section_of(name, self.of) == self.number

    def places(self, written: int) -> list[str]:
        """Below which parts of a day that was written in ``written`` sections its members lie."""
        if self.of >= written:
            return [place_of(self.number % written, written)]
        return [place_of(number, written) for number in range(self.number, written, self.of)]


def sections_of(members: int) -> int:
    """How many a bank of so many members has; 1 for a small one."""
    sections = 1
    while sections * MEMBERS_OF_A_SECTION < members:
        sections *= 2
    return sections


def section_of(name: str, of: int) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:_BYTES]) % of


def place_of(number: int, of: int) -> str:
    """The end of a partition's name: ``/section=05``, nothing where there is one section only."""
    return f"/section={number:04d}" if of > 1 else ""
