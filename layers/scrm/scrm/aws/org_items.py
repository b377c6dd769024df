"""How nodes, members, attributes and covers are written down, and their keys."""

from datetime import date, datetime

from scrm import clock, ids
from scrm.aws.table import Item
from scrm.node_paths import branch_of
from scrm.org.model import (
    Alias,
    Cover,
    Lifecycle,
    Member,
    MemberStatus,
    OperatingMode,
    OrgNode,
    StaffAttributes,
)

SCHEMA_VERSION = 1
NODES_PARTITION = "NODES"
COVERS_PARTITION = "COVERS"
RENAMED = "renamed"
_NO_LAST_DAY = "9999-12-31"


def node_key(node_id: str) -> dict[str, str]:
    return {"pk": f"NODE#{node_id}", "sk": "NODE"}


def code_key(branch_code: str) -> dict[str, str]:
    return {"pk": f"BRANCH_CODE#{branch_code}", "sk": "HOLDER"}


def member_key(userid: str) -> dict[str, str]:
    return {"pk": f"MEMBER#{ids.fold_userid(userid)}", "sk": "MEMBER"}


def attributes_key(userid: str) -> dict[str, str]:
    return {"pk": f"MEMBER#{ids.fold_userid(userid)}", "sk": "ROSTER"}


def cover_key(userid: str) -> dict[str, str]:
    return {"pk": f"MEMBER#{ids.fold_userid(userid)}", "sk": "COVER"}


def from_node(node: OrgNode) -> Item:
    return {
        **node_key(node.node_id),
        "schema_version": SCHEMA_VERSION,
        "version": node.version,
        "node_pk": NODES_PARTITION,
        "node_sk": f"{node.parent_id}#{node.node_id}",
        "node_id": node.node_id,
        "name": node.name,
        "path": node.path,
        "parent_id": node.parent_id,
        "manager_userid": node.manager_userid,
        "lifecycle": node.lifecycle.value if node.lifecycle else None,
        "mode": node.mode.value if node.mode else None,
        "branch_code": node.branch_code or None,
        "closed_at": _iso(node.closed_at),
        "members_path": node.members_path,
    }


def to_node(item: Item) -> OrgNode:
    return OrgNode(
        node_id=item["node_id"],
        name=item["name"],
        path=item["path"],
        parent_id=item["parent_id"],
        manager_userid=item["manager_userid"],
        lifecycle=Lifecycle(item["lifecycle"]) if "lifecycle" in item else None,
        mode=OperatingMode(item["mode"]) if "mode" in item else None,
        branch_code=item.get("branch_code", ""),
        closed_at=_moment(item.get("closed_at")),
        members_path=item["members_path"],
        version=item["version"],
    )


def from_member(member: Member, rejoined_at: str | None) -> Item:
    return {
        **member_key(member.userid),
        "schema_version": SCHEMA_VERSION,
        "node_pk": f"BRANCH#{branch_of(member.node_path)}",
        "node_sk": member.userid,
        "userid": member.userid,
        "name": member.name,
        "node_id": member.node_id,
        "node_path": member.node_path,
        "status": member.status.value,
        "serves_customers": member.serves_customers,
        "changed_at": clock.to_iso(member.changed_at),
        "rejoined_at": rejoined_at,
    }


def to_member(item: Item) -> Member:
    return Member(
        userid=item["userid"],
        name=item["name"],
        node_id=item["node_id"],
        node_path=item["node_path"],
        status=MemberStatus(item["status"]),
        serves_customers=item["serves_customers"],
        changed_at=clock.from_iso(item["changed_at"]),
        rejoined_at=_moment(item.get("rejoined_at")),
    )


def from_alias(alias: Alias) -> Item:
    """In no index: a branch's list must not show it."""
    return {
        **member_key(alias.userid),
        "schema_version": SCHEMA_VERSION,
        "userid": alias.userid,
        "status": RENAMED,
        "new_userid": alias.new_userid,
        "changed_at": clock.to_iso(alias.renamed_at),
    }


def to_alias(item: Item) -> Alias:
    return Alias(item["userid"], item["new_userid"], clock.from_iso(item["changed_at"]))


def from_attributes(userid: str, attributes: StaffAttributes) -> Item:
    return {
        **attributes_key(userid),
        "schema_version": SCHEMA_VERSION,
        "userid": ids.fold_userid(userid),
        "post": attributes.post,
        "languages": sorted(attributes.languages),
        "qualifications": sorted(attributes.qualifications),
        "capacity": attributes.capacity,
        "roster_at": _iso(attributes.roster_at),
        "told_as": attributes.told_as,
    }


def to_attributes(item: Item) -> StaffAttributes:
    return StaffAttributes(
        post=item["post"],
        languages=frozenset(item["languages"]),
        qualifications=frozenset(item["qualifications"]),
        capacity=item.get("capacity"),
        roster_at=_moment(item.get("roster_at")),
        told_as=item["told_as"],
    )


def from_cover(cover: Cover) -> Item:
    """In the index by its last day while there is a leave that HR has not ended."""
    is_open = cover.first_day is not None and cover.returned_on is None
    last_day = cover.last_day.isoformat() if cover.last_day else _NO_LAST_DAY
    return {
        **cover_key(cover.userid),
        "schema_version": SCHEMA_VERSION,
        "node_pk": COVERS_PARTITION if is_open else None,
        "node_sk": f"{last_day}#{cover.userid}" if is_open else None,
        "userid": cover.userid,
        "cover_userid": cover.cover_userid,
        "first_day": cover.first_day.isoformat() if cover.first_day else None,
        "last_day": cover.last_day.isoformat() if cover.last_day else None,
        "returned_on": cover.returned_on.isoformat() if cover.returned_on else None,
        "event_id": cover.event_id,
        "said_at": clock.to_iso(cover.said_at),
    }


def to_cover(item: Item) -> Cover:
    return Cover(
        userid=item["userid"],
        said_at=clock.from_iso(item["said_at"]),
        event_id=item["event_id"],
        cover_userid=item["cover_userid"],
        first_day=_day(item.get("first_day")),
        last_day=_day(item.get("last_day")),
        returned_on=_day(item.get("returned_on")),
    )


def _iso(moment: datetime | None) -> str | None:
    return clock.to_iso(moment) if moment else None


def _moment(text: str | None) -> datetime | None:
    return clock.from_iso(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
