"""Handovers that finished, as facts: a line a case, of the member who gave his customers up."""

from collections import Counter
from collections.abc import Sequence

from scrm import clock, ids
from scrm.aws.fact_lines import Documents, FactLines, fact
from scrm.handover.edges import Chunk, ChunkKind, EdgeState
from scrm.handover.model import HandoverCase


class BucketHandoverFacts:
    """Heard by `scrm.handover.reconcile.HandoverReconcile`."""

    def __init__(self, documents: Documents) -> None:
        self._facts = FactLines(documents, "handover_finished")

    def finished(self, case: HandoverCase, chunks: Sequence[Chunk]) -> None:
        states = Counter(edge.state for chunk in chunks if chunk.kind is ChunkKind.CUSTOMERS for edge in chunk.edges)
        event_id = ids.derive("handover", case.case_id)
        line = fact(event_id, case.closed_at or clock.now(), case.node_path, case.handover_userid)
        done = {"customers_done": states[EdgeState.DONE], "customers_failed": states[EdgeState.INELIGIBLE]}
        self._facts.write(event_id, [{**line, "case_id": case.case_id, **done}])
