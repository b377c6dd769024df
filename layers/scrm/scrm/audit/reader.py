"""Read the audit log, newest first, as far as the reader's place in the organisation allows (invariant 7)."""

import base64
import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scrm.audit.model import AuditEntry, ChainHead, EntryPosition, chain_of, spans_branches
from scrm.audit.ports import AuditStore
from scrm.node_paths import covers
from scrm.paging import InvalidCursorError, Page

_FETCH = 100
_EXAMINED_PER_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class AuditReader:
    """Use case: list the entries at or below a node.

    Head office reads all chains merged by time; a chain is opened only when its newest unread entry can be
    next, so a page costs as many requests as there are branches on it, not as there are branches.
    """

    store: AuditStore

    def list_entries(self, node_path: str, cursor: str | None, limit: int) -> Page[AuditEntry]:
        """A page of at most ``limit`` entries. A page may be short where few of the chain's entries are below
        the node; its cursor then goes on. Raises InvalidCursorError."""
        before = _position(node_path, cursor) if cursor else None
        items: list[AuditEntry] = []
        last: AuditEntry | None = None
        for examined, entry in enumerate(self._entries(node_path, before)):
            if len(items) == limit or examined == _EXAMINED_PER_PAGE:
                return Page(tuple(items), _cursor(node_path, last) if last else None)
            last = entry
            if covers(node_path, entry.node_path):
                items.append(entry)
        return Page(tuple(items))

    def _entries(self, node_path: str, before: EntryPosition | None) -> Iterator[AuditEntry]:
        if not spans_branches(node_path):
            return self._chain(chain_of(node_path), before)
        return self._merged(self.store.heads(), before)

    def _chain(self, chain_id: str, before: EntryPosition | None) -> Iterator[AuditEntry]:
        while entries := self.store.newest(chain_id, before, _FETCH):
            yield from entries
            before = EntryPosition.of(entries[-1])

    def _merged(self, heads: Sequence[ChainHead], before: EntryPosition | None) -> Iterator[AuditEntry]:
        """A chain waits in the heap under its head until that is the newest of all; only then it is read."""
        chains = {head.chain_id: self._chain(head.chain_id, before) for head in heads}
        unread: list[tuple[_Descending, AuditEntry | None]] = [
            (_Descending(_bound(head, before)), None) for head in heads if head.sequence
        ]
        heapq.heapify(unread)
        while unread:
            place, entry = heapq.heappop(unread)
            if entry is not None:
                yield entry
            following = next(chains[place.position.chain_id], None)
            if following is not None:
                heapq.heappush(unread, (_Descending(EntryPosition.of(following)), following))


@dataclass(frozen=True, slots=True)
class _Descending:
    """Turns the heap, which gives the smallest, into one that gives the newest."""

    position: EntryPosition

    def __lt__(self, other: "_Descending") -> bool:
        return other.position < self.position


def _bound(head: ChainHead, before: EntryPosition | None) -> EntryPosition:
    """No unread entry of the chain is newer than this."""
    newest = EntryPosition(head.recorded_at, head.chain_id, head.sequence)
    if before is None or newest < before:
        return newest
    return EntryPosition(before.recorded_at, head.chain_id, head.sequence)


def _cursor(node_path: str, entry: AuditEntry) -> str:
    raw = json.dumps([node_path, entry.recorded_at, entry.chain_id, entry.sequence])
    return base64.urlsafe_b64encode(raw.encode()).decode()


def _position(node_path: str, cursor: str) -> EntryPosition:
    """Raises InvalidCursorError unless this list gave the cursor out: it is bound to the node it was read for."""
    try:
        scope, recorded_at, chain_id, sequence = json.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, TypeError) as error:
        raise InvalidCursorError("the cursor is not one of ours; start again without it") from error
    if scope != node_path or not (isinstance(recorded_at, str) and isinstance(chain_id, str)):
        raise InvalidCursorError("the cursor belongs to another list; start again without it")
    if not isinstance(sequence, int) or sequence < 1:
        raise InvalidCursorError("the cursor is not one of ours; start again without it")
    return EntryPosition(recorded_at, chain_id, sequence)
