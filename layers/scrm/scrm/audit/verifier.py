"""Prove that a chain is whole, or name the entries that are not."""

from dataclasses import dataclass
from enum import StrEnum

from scrm.audit.model import GENESIS_HASH, AuditEntry, ChainHead
from scrm.audit.ports import AuditStore


class Damage(StrEnum):
    """``changed``: its content is not what was hashed, or not what its successor or the head knows of it."""

    CHANGED = "changed"
    MISSING = "missing"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Entries ``first`` to ``last`` (sequence numbers, both included) of a chain are damaged."""

    chain_id: str
    first: int
    last: int
    damage: Damage


@dataclass(frozen=True, slots=True)
class ChainReport:
    """A chain is intact when nothing was found; ``entries`` is how many were read."""

    chain_id: str
    entries: int
    head: ChainHead
    findings: tuple[Finding, ...]

    @property
    def is_intact(self) -> bool:
        return not self.findings


def verify_chain(store: AuditStore, chain_id: str) -> ChainReport:
    """Read the whole chain, oldest first, and compare it with itself and with its head.

    The head is read before and after the entries, because the chain may grow meanwhile.
    A chain that was rewritten from some entry on, head included, is consistent again. Against that, the hash that
    every API request leaves in the function log vouches for all entries before it (docs/admin-api.md).
    """
    before = store.head(chain_id)
    walk = _Walk(chain_id)
    for entry in store.oldest(chain_id):
        walk.step(entry)
    walk.finish(before, store.head(chain_id))
    return ChainReport(chain_id, walk.entries, before, tuple(sorted(walk.findings)))


class _Walk:
    def __init__(self, chain_id: str) -> None:
        self.chain_id = chain_id
        self.entries = 0
        self.expected = 1
        self.findings: set[Finding] = set()
        self._previous_hash: str | None = GENESIS_HASH

    def step(self, entry: AuditEntry) -> None:
        self.entries += 1
        if entry.sequence < self.expected:
            self._find(entry.sequence, entry.sequence, Damage.UNEXPECTED)
            return
        if entry.sequence > self.expected:
            self._find(self.expected, entry.sequence - 1, Damage.MISSING)
            self._previous_hash = None
        if entry.chain_id != self.chain_id or entry.computed_hash() != entry.entry_hash:
            self._find(entry.sequence, entry.sequence, Damage.CHANGED)
        elif self._previous_hash not in {None, entry.previous_hash}:
            # This entry is what was hashed, so the one before it was rewritten together with its hash.
            self._find(entry.sequence - 1, entry.sequence - 1, Damage.CHANGED)
        self._previous_hash = entry.entry_hash
        self.expected = entry.sequence + 1

    def finish(self, before: ChainHead, after: ChainHead) -> None:
        last = self.expected - 1
        if last < before.sequence:
            self._find(last + 1, before.sequence, Damage.MISSING)
        elif last > after.sequence:
            self._find(after.sequence + 1, last, Damage.UNEXPECTED)
        known = {head.sequence: head.entry_hash for head in (before, after)}
        if known.get(last, self._previous_hash) != self._previous_hash:
            self._find(last, last, Damage.CHANGED)

    def _find(self, first: int, last: int, damage: Damage) -> None:
        self.findings.add(Finding(self.chain_id, first, last, damage))
