"""What makes a bank's corp awkward to hand over: half-added customers, customers who left, a member who is almost full.

Nothing is drawn: who is concerned follows from the order of the userids, so the rest of the bank stays as it was.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

type Json = dict[str, Any]

HALF_ADDED_PER_BRANCH = 2
DELETED_PER_BRANCH = 2
PLACES_LEFT = 3
_BRANCH_STEP = 1_000
_AWKWARD, _ALMOST_FULL = 2, 3  # place among the RMs of a branch, by userid


def rms_by_branch(world: Json) -> list[list[Json]]:
    """The RMs of every branch by userid, the branches by department id."""
    branches: dict[int, list[Json]] = {}
    for member in sorted(world["members"], key=lambda row: str(row["userid"])):
        if member["contact_service"]:
            branches.setdefault(member["main_department"] // _BRANCH_STEP, []).append(member)
    return [branches[number] for number in sorted(branches)]


def awkward_rms(world: Json) -> list[Json]:
    """One RM of every branch: two customers of a colleague half-added them, and two of their own deleted them."""
    return [rms[_AWKWARD] for rms in rms_by_branch(world) if len(rms) > _AWKWARD]


def almost_full_rm(world: Json) -> Json:
    """An RM of the first branch whom WeCom lets follow three customers more."""
    member: Json = rms_by_branch(world)[0][_ALMOST_FULL]
    return member


def add_quirks(world: Json) -> None:
    """Put them into a world of at least four RMs in its first branch."""
    followers = Counter(row["external_userid"] for row in world["relations"])
    for rms, awkward in zip(rms_by_branch(world), awkward_rms(world), strict=True):
        alone = [row for row in world["relations"] if followers[row["external_userid"]] == 1]
        _half_add(world, awkward, (row for row in alone if row["userid"] == rms[0]["userid"]))
        own = [row for row in alone if row["userid"] == awkward["userid"]]
        for relation in own[:DELETED_PER_BRANCH]:
            relation["standing"] = "customer_deleted"
    full = almost_full_rm(world)
    full["customer_cap"] = PLACES_LEFT + sum(row["userid"] == full["userid"] for row in world["relations"])


def _half_add(world: Json, member: Json, of_colleague: Iterable[Json]) -> None:
    for relation, _ in zip(list(of_colleague), range(HALF_ADDED_PER_BRANCH), strict=False):
        half: Json = {
            "userid": member["userid"],
            "external_userid": relation["external_userid"],
            "createtime": relation["createtime"],
            "standing": "half",
        }
        world["relations"].append(half)
