"""Write facts to the audit log."""

from collections.abc import Callable
from datetime import datetime

from scrm import clock
from scrm.audit.model import AuditEntry, AuditFact, ChainHead, chain_of, entry_id_of
from scrm.audit.ports import Append, AuditStore
from scrm.pause import pause_with_jitter

_ATTEMPTS = 64


class AuditContentionError(Exception):
    """Others kept extending the chain first; nothing was written, the caller may repeat."""

    def __init__(self, chain_id: str) -> None:
        super().__init__(f"audit chain {chain_id} is contended")
        self.chain_id = chain_id


class AuditLog:
    """Use case: append a fact to its branch's chain.

    Many functions append to one chain at once: each append is conditional on the head it was computed from and
    is repeated from the new head when someone was faster. Heads are remembered between calls, because a
    function that is alone on a chain then needs one request instead of two.
    """

    def __init__(self, store: AuditStore, pause: Callable[[int], None] = pause_with_jitter) -> None:
        self._store = store
        self._pause = pause
        self._heads: dict[str, ChainHead] = {}

    def record(
        self, actor: str, action: str, subject: str, node_path: str, outcome: str, at: datetime, *, cause: str = ""
    ) -> AuditEntry:
        """Write one fact (see `AuditFact` for the shapes) and return its entry.

        With ``cause`` (the id of the message or request behind it) a repeat returns the entry written first.
        Raises InvalidFactError for a part that is no id, AuditContentionError when the chain stays contended.
        """
        fact = AuditFact(actor, action, subject, node_path, outcome, at)
        chain_id = chain_of(node_path)
        head = self._heads.get(chain_id) or self._store.head(chain_id)
        for attempt in range(_ATTEMPTS):
            entry = head.next_entry(fact, clock.now(), cause)
            match self._store.append(entry, once=bool(cause)):
                case Append.APPENDED:
                    self._heads[chain_id] = ChainHead.of(entry)
                    return entry
                case Append.REPEATED:
                    if known := self._store.entry(chain_id, entry.entry_id):
                        return known
            self._pause(attempt)
            head = self._store.head(chain_id)
        self._heads.pop(chain_id, None)
        raise AuditContentionError(chain_id)

    def recorded(self, node_path: str, cause: str) -> AuditEntry | None:
        """The entry that an earlier `record` with this cause wrote, if there was one."""
        chain_id = chain_of(node_path)
        return self._store.entry(chain_id, entry_id_of(chain_id, cause))
