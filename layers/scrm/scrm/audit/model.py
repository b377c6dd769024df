"""Vocabulary of the audit log: facts, entries chained by hash, and the head of a chain.

An entry carries the hash of the one before it, so a changed or missing entry breaks the chain at a place that
can be named. One chain per branch: branches do not contend with each other, and a branch's own log is read
and verified without touching another's. Times are kept as the text that was hashed.
"""

import hashlib
import re
from dataclasses import dataclass, fields, replace
from datetime import datetime

from scrm import clock, ids
from scrm.node_paths import ROOT_NODE_ID, branch_of

SCHEMA_VERSION = "1"
GENESIS_HASH = "0" * 64
_IDENTIFIER = re.compile(r"[\x21-\x7e]{1,256}")  # WeCom's ids are printable ASCII: a name or a sentence is not
_WORD = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_NODE_PATH = re.compile(r"/(?:[0-9A-Za-z_-]{1,64}/)*")


class InvalidFactError(ValueError):
    """The fact has a part that is no id or word; what it was is not repeated, it may be personal data."""

    def __init__(self, part: str) -> None:
        super().__init__(f"an audit fact needs an id or a plain word as {part}")
        self.part = part


@dataclass(frozen=True, slots=True)
class AuditFact:
    """Who did what on which thing, where, with which outcome. Ids and fixed words only (R2, R13).

    ``actor`` and ``subject`` are ids with a readable prefix (``operator:...``, ``function:...``, ``case_...``);
    ``action`` is a dotted word in the past tense or an API operation; ``outcome`` is a word such as ``done``.
    """

    actor: str
    action: str
    subject: str
    node_path: str
    outcome: str
    at: datetime

    def __post_init__(self) -> None:
        shapes = {
            "actor": _IDENTIFIER,
            "subject": _IDENTIFIER,
            "action": _WORD,
            "outcome": _WORD,
            "node_path": _NODE_PATH,
        }
        for part, shape in shapes.items():
            if not shape.fullmatch(getattr(self, part)):
                raise InvalidFactError(part)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A fact in its chain. ``at`` is when it happened, ``recorded_at`` when it was written: never falling in a chain.

    ``sequence`` counts from 1 without a gap. ``entry_hash`` is the hex SHA-256 over every other field.
    """

    chain_id: str
    sequence: int
    entry_id: str
    actor: str
    action: str
    subject: str
    node_path: str
    outcome: str
    at: str
    recorded_at: str
    previous_hash: str
    entry_hash: str
    schema_version: str = SCHEMA_VERSION

    def computed_hash(self) -> str:
        """What ``entry_hash`` must be. Parts are length-prefixed, so that no two entries hash alike."""
        digest = hashlib.sha256()
        for field in fields(self):
            if field.name != "entry_hash":
                raw = str(getattr(self, field.name)).encode(errors="surrogatepass")
                digest.update(len(raw).to_bytes(4, "big") + raw)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last entry of a chain; a chain without entries has sequence 0."""

    chain_id: str
    sequence: int = 0
    entry_hash: str = GENESIS_HASH
    recorded_at: str = ""

    @classmethod
    def of(cls, entry: AuditEntry) -> "ChainHead":
        return cls(entry.chain_id, entry.sequence, entry.entry_hash, entry.recorded_at)

    def next_entry(self, fact: AuditFact, recorded_at: datetime, cause: str = "") -> AuditEntry:
        """The fact as the chain's next entry. The same ``cause`` in the same chain gives the same entry id."""
        sequence = self.sequence + 1
        entry = AuditEntry(
            chain_id=self.chain_id,
            sequence=sequence,
            entry_id=entry_id_of(self.chain_id, cause or f"{sequence}:{self.entry_hash}"),
            actor=fact.actor,
            action=fact.action,
            subject=fact.subject,
            node_path=fact.node_path,
            outcome=fact.outcome,
            at=clock.to_iso(fact.at),
            recorded_at=max(clock.to_iso(recorded_at), self.recorded_at),
            previous_hash=self.entry_hash,
            entry_hash="",
        )
        return replace(entry, entry_hash=entry.computed_hash())


@dataclass(frozen=True, slots=True, order=True)
class EntryPosition:
    """A place in the log's order: by time, then chain, then sequence."""

    recorded_at: str
    chain_id: str
    sequence: int

    @classmethod
    def of(cls, entry: AuditEntry) -> "EntryPosition":
        return cls(entry.recorded_at, entry.chain_id, entry.sequence)


def entry_id_of(chain_id: str, cause: str) -> str:
    return ids.derive("audit", chain_id, cause)


def chain_of(node_path: str) -> str:
    """The chain a node writes to: its branch's, or head office's."""
    return branch_of(node_path)


def spans_branches(node_path: str) -> bool:
    """Whether what lies at or below the node is spread over several chains: true for head office."""
    return branch_of(node_path) == ROOT_NODE_ID
