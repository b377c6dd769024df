"""Collect what follows the customers before WeCom is asked to move them (design 11)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scrm.handover.edges import Chunk, ChunkKind, ChunkState, EdgeState
from scrm.handover.model import HandoverCase
from scrm.handover.parts import HandoverPart, PackageStore


@dataclass(frozen=True, slots=True)
class PackageCollection:
    """``parts`` are the features that have something to hand over; a later one is one more of them."""

    parts: Sequence[HandoverPart]
    store: PackageStore

    def collected(self, case: HandoverCase, chunks: Sequence[Chunk]) -> list[Chunk]:
        """The chunks, and on those not asked yet the checksum of their package, to be stored with the intent.

        All are collected together: one read each instead of one per call. A chunk that was called before keeps what
        was collected then.
        """
        asked = [chunk for chunk in chunks if _was_never_called(chunk)]
        customers = sorted(edge.target_id for chunk in asked for edge in chunk.in_state(EdgeState.PLANNED))
        found = {part.name: part.collect(case.handover_userid, customers) for part in self.parts} if customers else {}
        contents = {name: content for name, content in found.items() if content}
        if not contents:
            return list(chunks)
        package = self.store.put(case.case_id, contents)
        noted = {customer for content in contents.values() for customer in content}
        keys = {chunk.key for chunk in asked if any(edge.target_id in noted for edge in chunk.edges)}
        return [replace(chunk, package=package) if chunk.key in keys else chunk for chunk in chunks]


def _was_never_called(chunk: Chunk) -> bool:
    started = chunk.in_state(EdgeState.WAITING, EdgeState.DONE)
    return chunk.kind is ChunkKind.CUSTOMERS and chunk.state is ChunkState.PLANNED and not started
