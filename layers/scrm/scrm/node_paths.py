"""Places in the organisation: a node path holds department ids from the root down, ``/1/10/12/``."""

ROOT_NODE_ID = "1"
ROOT_PATH = "/1/"
_BRANCH_DEPTH = 2


def branch_of(path: str) -> str:
    """The branch a node path lies in: its second id, or the root itself for head office."""
    ids = [part for part in path.split("/") if part]
    if not ids:
        return ROOT_NODE_ID
    return ids[_BRANCH_DEPTH - 1] if len(ids) >= _BRANCH_DEPTH else ids[0]


def branch_path(path: str) -> str:
    """The node path of the branch a node path lies in; of head office, the root's."""
    ids = [part for part in path.split("/") if part][:_BRANCH_DEPTH]
    return "/" + "/".join(ids or [ROOT_NODE_ID]) + "/"


def path_to(node_id: str, parents: dict[str, str]) -> str:
    """The path of a node, from a map node -> parent; a parent outside the map counts as the root.

    A loop in the map ends the walk, so that a broken address book yields a short path, not a hang.
    """
    trail = [node_id]
    while (parent := parents.get(trail[-1], "")) and parent not in trail and parent != "0":
        trail.append(parent)
    if trail[-1] != ROOT_NODE_ID:
        trail.append(ROOT_NODE_ID)
    return "/" + "/".join(reversed(trail)) + "/"


def above(path: str) -> list[str]:
    """The node paths above one, the root's first."""
    ids = [part for part in path.split("/") if part]
    return ["/" + "/".join(ids[:depth]) + "/" for depth in range(1, len(ids))]


def covers(scope_path: str, node_path: str) -> bool:
    """Whether someone placed at ``scope_path`` may see what lies at ``node_path`` (invariant 7)."""
    return bool(scope_path) and node_path.startswith(scope_path)
