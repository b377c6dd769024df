"""The chain of pulls: one manifest a page, each naming the one before (O6).

A manifest is written after its page and before the cursor moves; it is never changed. Of two writers at one place the
second finds the first one's and goes on from that, so the chain has no fork.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from scrm.clock import from_iso, to_iso

_SCHEMA_VERSION: Final = 1
BEGINNING: Final = ""
"""The checksum before the first manifest."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a manifest says of its page.

    ``asked_from`` is the seq it was asked from, ``rows`` counts also those without a place. ``jumps``: where WeCom left
    numbers out, as (before, after); nothing promises that it does not, so a jump is listed and is no gap of ours.
    """

    key: str
    version_id: str
    sha256: str
    bytes: int
    asked_from: int
    first_seq: int
    last_seq: int
    rows: int
    jumps: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """``number`` counts from 1; ``epoch`` is that of the lease under which it was written."""

    number: int
    previous_sha256: str
    page: PageFacts
    pulled_at: datetime
    epoch: int
    corp_id: str


def jumps_in(asked_from: int, seqs: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Numbers left out between ``asked_from`` and the highest. From 0 one asks for the oldest there is: no jump."""
    known = sorted({seq for seq in seqs if seq > asked_from} | ({asked_from} if asked_from else set()))
    return tuple((before, after) for before, after in pairwise(known) if after > before + 1)


def to_bytes(manifest: Manifest) -> bytes:
    """Its one form, of which the next manifest holds the checksum."""
    document = asdict(manifest) | {"schema_version": _SCHEMA_VERSION, "pulled_at": to_iso(manifest.pulled_at)}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def from_bytes(raw: bytes) -> Manifest:
    """Raises ValueError, KeyError or TypeError for bytes that `to_bytes` did not make."""
    document: dict[str, Any] = json.loads(raw)
    page: dict[str, Any] = document["page"]
    jumps = tuple((before, after) for before, after in page.pop("jumps"))
    return Manifest(
        number=document["number"],
        previous_sha256=document["previous_sha256"],
        page=PageFacts(**page, jumps=jumps),
        pulled_at=from_iso(document["pulled_at"]),
        epoch=document["epoch"],
        corp_id=document["corp_id"],
    )


def checksum(raw: bytes) -> str:
    """SHA-256 in hexadecimal, of pages, manifests and segments alike."""
    return hashlib.sha256(raw).hexdigest()
