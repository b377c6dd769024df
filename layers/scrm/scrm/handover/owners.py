"""Whoever must act is there to act: work of an owner who left goes to his successor in office (S62), that of an owner
on leave to who acts for him (S54)."""

from collections.abc import Sequence
from datetime import datetime

from scrm.handover.edges import Chunk, EdgeState
from scrm.handover.ports import StaffDirectory
from scrm.handover.rules import EdgeRules


def with_present_owners(chunks: Sequence[Chunk], staff: StaffDirectory, rules: EdgeRules, at: datetime) -> list[Chunk]:
    """The chunks, where edges of owners who are away have the present manager and his due date."""
    owners = {edge.owner_userid for chunk in chunks for edge in chunk.in_state(EdgeState.MANUAL)}
    gone = {owner for owner in owners if not staff.is_active(owner)}
    if not gone:
        return list(chunks)
    return [
        chunk.with_edges(
            {
                edge.target_id: rules.manual(edge, edge.cause, at, edge.errcode)
                for edge in chunk.in_state(EdgeState.MANUAL)
                if edge.owner_userid in gone
            }
        )
        for chunk in chunks
    ]
