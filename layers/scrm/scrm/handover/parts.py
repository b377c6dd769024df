"""What follows a customer in a handover: each feature registers its part (design 11).

The handover collects every part before it asks WeCom to move the customer, keeps the result with a checksum, and has
it applied once the customer has a new owner.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol


@dataclass(frozen=True, slots=True)
class PartResult:
    """What applying did: customers compared (or a part's own things), those that differed, were written, could not be.

    Counts are those of this call: calls that go on from a cursor add up. ``not_carried`` counts what WeCom lets nobody
    write for another member (personal tags); ``lost_ids`` names what no longer exists (tags). ``cursor`` continues
    where the part stopped; empty when it is done.
    """

    checked: int = 0
    differing: int = 0
    written: int = 0
    failed: int = 0
    not_carried: int = 0
    cursor: str = ""
    lost_ids: tuple[str, ...] = ()


class HandoverPart(Protocol):
    """Idempotent by ``attempt_id``; content is JSON and the same for the same state, so that its checksum is."""

    @property
    def name(self) -> str: ...

    def collect(self, handover_userid: str, external_userids: Sequence[str]) -> dict[str, Any]:
        """What there is of these customers with this member; customers without anything are left out."""

    def apply(self, takeover_userid: str, contents: Mapping[str, Any], attempt_id: str, cursor: str = "") -> PartResult:
        """Give the new owner what the old one had, writing only what differs; at most a page's worth per call."""


type Contents = Mapping[str, Mapping[str, Any]]
"""What the parts collected: by part, then by customer."""


class PackageStore(Protocol):
    """Keeps packages under their checksum: an equal one is the same one, and none is ever changed."""

    def put(self, case_id: str, contents: Contents) -> str:
        """Store it, or find it stored; its checksum."""

    def get(self, case_id: str, package: str) -> Contents:
        """The package of this checksum; what was read has been checked against it. LookupError when there is none."""


PERSONAL_TAGS: Final = "personal_tags"
"""Under this name a part's content of a customer lists tags that WeCom lets nobody write for another member."""


def left_behind(contents: Contents) -> dict[str, tuple[str, ...]]:
    """By customer, what of a package can be given to nobody."""
    found: dict[str, tuple[str, ...]] = {}
    for of_part in contents.values():
        for customer, content in of_part.items():
            names = content.get(PERSONAL_TAGS) if isinstance(content, Mapping) else None
            if names:
                found[customer] = (*found.get(customer, ()), *names)
    return found


def canonical(contents: Mapping[str, Any]) -> bytes:
    """The one way a content is written down, so that equal contents have equal checksums."""
    return json.dumps(contents, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def checksum(contents: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON, hex."""
    return hashlib.sha256(canonical(contents)).hexdigest()
