"""The audit log in memory, with the same promises as the table."""

import threading
from collections.abc import Iterator, Sequence

from scrm.audit.model import AuditEntry, ChainHead, EntryPosition
from scrm.audit.ports import Append


class FakeAuditStore:
    """``chains`` is open to the test, so that it can damage what is stored."""

    def __init__(self) -> None:
        self.chains: dict[str, list[AuditEntry]] = {}
        self.stored_heads: dict[str, ChainHead] = {}
        self.requests = 0
        self._once: dict[tuple[str, str], AuditEntry] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return sum(map(len, self.chains.values()))

    def head(self, chain_id: str) -> ChainHead:
        self.requests += 1
        return self.stored_heads.get(chain_id, ChainHead(chain_id))

    def heads(self) -> Sequence[ChainHead]:
        return list(self.stored_heads.values())

    def append(self, entry: AuditEntry, *, once: bool) -> Append:
        self.requests += 1
        with self._lock:
            if once and (entry.chain_id, entry.entry_id) in self._once:
                return Append.REPEATED
            head = self.stored_heads.get(entry.chain_id, ChainHead(entry.chain_id))
            if (entry.sequence, entry.previous_hash) != (head.sequence + 1, head.entry_hash):
                return Append.CONTENDED
            self.chains.setdefault(entry.chain_id, []).append(entry)
            self.stored_heads[entry.chain_id] = ChainHead.of(entry)
            if once:
                self._once[entry.chain_id, entry.entry_id] = entry
            return Append.APPENDED

    def entry(self, chain_id: str, entry_id: str) -> AuditEntry | None:
        return self._once.get((chain_id, entry_id))

    def newest(self, chain_id: str, before: EntryPosition | None, limit: int) -> Sequence[AuditEntry]:
        self.requests += 1
        earlier = [e for e in self.chains.get(chain_id, []) if before is None or EntryPosition.of(e) < before]
        return earlier[::-1][:limit]

    def oldest(self, chain_id: str) -> Iterator[AuditEntry]:
        return iter(list(self.chains.get(chain_id, [])))
