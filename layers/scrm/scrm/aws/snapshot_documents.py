"""Frozen audiences in the data bucket: ``audience/snapshots/<snapshot>/<part>``, each part written once.

The first line of a part is its head as JSON; then come the ids of its owners' customers, owner by owner in the head's
order, separated by spaces, at most `_IDS_PER_LINE` a line. A part is whole or not there, so whoever freezes the same
audience a second time goes on after the last one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any, Final, Protocol

PREFIX: Final = "audience/snapshots/"
SCHEMA_VERSION: Final = 1
_TEXT: Final = "text/plain; charset=utf-8"
_IDS_PER_LINE: Final = 10_000
_HEAD_BYTES: Final = 128 * 1024


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """An owner in a part: where he stood, how many customers of his there are, and what tells them from others.

    ``needs``: how pressing, and how many of his customers, falling as they stand; empty when nobody needs anything.
    """

    userid: str
    node_path: str
    customers: int
    digest: str
    needs: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PartHead:
    """The head of a part. The totals are those of the snapshot up to and with it.

    ``next_after`` says where the next part goes on (branch, member), None: this is the last one.
    """

    number: int
    owners: tuple[OwnerRow, ...]
    next_after: tuple[str, str] | None
    candidates: int = 0
    left_out: int = 0
    owner_count: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    sample: tuple[str, ...] = ()
    digest: str = ""


class Documents(Protocol):
    """The data bucket, as far as snapshots need it."""

    def put(self, key: str, body: bytes, content_type: str, *, if_absent: bool = False) -> bool: ...

    def beginning(self, key: str, most: int) -> bytes | None: ...

    def stream_lines(self, key: str) -> Iterator[bytes]: ...


class BucketSnapshots:
    """Reads and writes the parts of snapshots."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def put(self, snapshot_id: str, head: PartHead, customers: Iterable[Sequence[str]]) -> PartHead:
        """Store a part with the customers of its owners in order; the head of whichever was stored first."""
        lines = [_head_line(head)]
        lines += [" ".join(some) for of_owner in customers for some in batched(of_owner, _IDS_PER_LINE, strict=False)]
        body = "\n".join(lines).encode() + b"\n"
        if self._documents.put(_key(snapshot_id, head.number), body, _TEXT, if_absent=True):
            return head
        return self.head(snapshot_id, head.number) or head

    def head(self, snapshot_id: str, number: int) -> PartHead | None:
        found = self._documents.beginning(_key(snapshot_id, number), _HEAD_BYTES)
        return _to_head(found.split(b"\n", 1)[0]) if found is not None else None

    def heads(self, snapshot_id: str) -> Iterator[PartHead]:
        """All of them, in order."""
        number = 0
        while (head := self.head(snapshot_id, number)) is not None:
            yield head
            number += 1

    def last_head(self, snapshot_id: str) -> PartHead | None:
        """Parts have no gaps, so the last one is found by halving: a dozen reads for thousands of them."""
        known, missing = -1, 1
        while self.head(snapshot_id, missing - 1) is not None:
            known, missing = missing - 1, missing * 2
        beyond = missing - 1
        while beyond - known > 1:
            middle = (known + beyond) // 2
            if self.head(snapshot_id, middle) is None:
                beyond = middle
            else:
                known = middle
        return self.head(snapshot_id, known) if known >= 0 else None

    def customers(self, snapshot_id: str, number: int, userids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Of some owners of a part."""
        lines = self._documents.stream_lines(_key(snapshot_id, number))
        wanted, found = set(userids), {}
        for owner in _to_head(next(lines)).owners:
            rows = [next(lines).split() for _ in range(-(-owner.customers // _IDS_PER_LINE))]
            if owner.userid in wanted:
                found[owner.userid] = tuple(one.decode() for row in rows for one in row)
        return found


def _key(snapshot_id: str, number: int) -> str:
    return f"{PREFIX}{snapshot_id}/{number:06d}"


def _head_line(head: PartHead) -> str:
    paths = sorted({owner.node_path for owner in head.owners})
    return json.dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "number": head.number,
            "paths": paths,
            "owners": [
                [owner.userid, paths.index(owner.node_path), owner.customers, owner.digest, *owner.needs]
                for owner in head.owners
            ],
            "next_after": head.next_after,
            "candidates": head.candidates,
            "left_out": head.left_out,
            "owner_count": head.owner_count,
            "excluded": dict(head.excluded),
            "sample": head.sample,
            "digest": head.digest,
        },
        separators=(",", ":"),
    )


def _to_head(line: bytes) -> PartHead:
    found: dict[str, Any] = json.loads(line)
    paths, after = found["paths"], found["next_after"]
    return PartHead(
        number=found["number"],
        owners=tuple(
            OwnerRow(userid, paths[path], count, digest, tuple((rank, customers) for rank, customers in needs))
            for userid, path, count, digest, *needs in found["owners"]
        ),
        next_after=(after[0], after[1]) if after else None,
        candidates=found["candidates"],
        left_out=found["left_out"],
        owner_count=found["owner_count"],
        excluded=found["excluded"],
        sample=tuple(found["sample"]),
        digest=found["digest"],
    )
