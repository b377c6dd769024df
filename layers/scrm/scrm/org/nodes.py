"""What operators set at a node: lifecycle (S44), operating mode (S24, S50 to S52), the bank's branch code."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scrm.org.model import Lifecycle, OperatingMode, OrgNode
from scrm.org.ports import FormalGate, NodeRepository

_BRANCH_CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")


class NodeError(Exception):
    """Base of the family; the text is for the operator."""


class UnknownNodeError(NodeError):
    """No node has this id, or the address book no longer has it."""


class NodeChangedError(NodeError):
    """The node was changed since it was read."""


class BranchCodeError(NodeError):
    """The branch code is malformed, or another node has it."""


class GateShutError(NodeError):
    """The node may not become formal yet."""


@dataclass(frozen=True, slots=True)
class NodeSetting:
    """The settings of one node as they shall be; None: as the node above, empty code: none."""

    lifecycle: Lifecycle | None
    mode: OperatingMode | None
    branch_code: str = ""


@dataclass(frozen=True, slots=True)
class EffectiveSetting:
    """What holds at a node: its own word, else that of the nearest node above, else the default."""

    lifecycle: Lifecycle
    mode: OperatingMode


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Use case of an operator who changes a node; the nightly sync keeps what he sets."""

    repository: NodeRepository
    gate: FormalGate

    def change(self, node_id: str, setting: NodeSetting, expected_version: int) -> OrgNode:
        """The node as it is now. Raises UnknownNodeError, NodeChangedError, BranchCodeError, GateShutError.

        The same setting again changes nothing, whatever version is expected: the answer to the first may be lost.
        """
        seen = self.repository.node(node_id)
        if seen is None or seen.closed_at is not None:
            raise UnknownNodeError("there is no such open node; run a sync if WeCom has it")
        changed = replace(
            seen,
            lifecycle=setting.lifecycle,
            mode=setting.mode,
            branch_code=setting.branch_code,
            version=seen.version + 1,
        )
        if replace(changed, version=seen.version) == seen:
            return seen
        if seen.version != expected_version:
            raise NodeChangedError("the node was changed since you read it; read it again and repeat")
        if setting.branch_code and not _BRANCH_CODE.fullmatch(setting.branch_code):
            raise BranchCodeError("a branch code has 1 to 32 letters, digits, hyphens or underscores")
        self._check_gate(changed, seen)
        if not self._put(changed, seen):
            raise NodeChangedError("the node was changed since you read it; read it again and repeat")
        return changed

    def _check_gate(self, changed: OrgNode, seen: OrgNode) -> None:
        """What is formal by the word of a node above has passed the gate there."""
        if changed.lifecycle is not Lifecycle.FORMAL or seen.lifecycle is Lifecycle.FORMAL:
            return
        if not self.gate.is_open(seen.path):
            raise GateShutError(
                "the node may not become formal yet: record the exit of a pilot that is ready, or have the gate "
                "'rollout' overridden by two persons"
            )

    def _put(self, changed: OrgNode, seen: OrgNode) -> bool:
        if changed.branch_code == seen.branch_code:
            return self.repository.put_node(changed, seen.version)
        holder = self.repository.holder_of_code(changed.branch_code) if changed.branch_code else ""
        if holder not in {"", changed.node_id}:
            raise BranchCodeError("another node has this branch code; take it away there first")
        return self.repository.put_node_with_code(changed, seen)


def effective_setting(path: str, nodes: Mapping[str, OrgNode]) -> EffectiveSetting:
    """What holds at ``path``; ``nodes`` are those on it, as far as they are known."""
    upwards = [nodes[node_id] for node_id in reversed(ids_on(path)) if node_id in nodes]
    lifecycle = next((node.lifecycle for node in upwards if node.lifecycle), Lifecycle.PREPARATION)
    mode = next((node.mode for node in upwards if node.mode), OperatingMode.HQ_DIRECT)
    return EffectiveSetting(lifecycle, mode)


def ids_on(path: str) -> Sequence[str]:
    """The ids of a node path, root first."""
    return [part for part in path.split("/") if part]
