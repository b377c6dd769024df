"""Where facts about customers lie that are read together: with the accountable owner, packed into buckets.

A bucket holds those customers of one home whose keys begin with its prefix, bits as text. One that was split stays as a
mark, and its halves have a bit more.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from scrm.ids import fold_userid

KEY_BYTES: Final = 8
MOST_IN_A_BUCKET: Final = 1_000


class OwnerMove(NamedTuple):
    """One customer's owner changed; empty is nobody. ``version`` is the customer's after the change."""

    external_userid: str
    from_userid: str
    to_userid: str
    version: int


class Placed(Protocol):
    """A bucket, as far as its place goes."""

    @property
    def prefix(self) -> str: ...

    @property
    def is_split(self) -> bool: ...


def key_of(external_userid: str) -> bytes:
    """The customer in eight bytes.

    Two customers of one owner share a key once in 10^13 owners with a thousand of them.
    """
    return hashlib.blake2b(external_userid.encode(), digest_size=KEY_BYTES).digest()


def bits_of(key: bytes) -> str:
    return f"{int.from_bytes(key[:4]):032b}"


def home_of(owner_userid: str, external_userid: str) -> str:
    """Where a customer's entries lie: with the owner; one whom nobody owns has a place among 256."""
    return fold_userid(owner_userid) or f"~{key_of(external_userid)[-1]:02x}"


def bucket_of[Bucket: Placed](buckets: Mapping[str, Bucket], key: bytes, empty: Callable[[str], Bucket]) -> Bucket:
    """Where the customer's entries belong, of a home's buckets by prefix; one that nobody wrote yet is empty."""
    bits, length = bits_of(key), 0
    while (found := buckets.get(bits[:length])) is not None and found.is_split:
        length += 1
    return found or empty(bits[:length])
