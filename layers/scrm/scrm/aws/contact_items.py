"""Relations, customers and groups as items of the contacts table."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from scrm import clock
from scrm.aws.table import ABSENT, Condition, Item
from scrm.contacts.model import (
    Alias,
    Basis,
    Claim,
    Customer,
    Finding,
    GroupChat,
    Hold,
    HoldReason,
    MasterRow,
    QuotaUse,
    Relation,
    RelationDetails,
    RelationState,
    Standing,
)

SCHEMA_VERSION = 1
# Findings are spread over a few index partitions: a new master file may write a great many at once.
FINDING_PARTITIONS = 16
_KEEP_ENDED = timedelta(days=30)


def relation_key(userid: str, external_userid: str) -> dict[str, str]:
    return {"pk": f"MEMBER#{userid}", "sk": f"CUSTOMER#{external_userid}"}


def customer_key(external_userid: str) -> dict[str, str]:
    return {"pk": f"CUSTOMER#{external_userid}", "sk": "CUSTOMER"}


def alias_key(userid: str) -> dict[str, str]:
    return {"pk": f"MEMBER#{userid}", "sk": "ALIAS"}


def group_key(userid: str, chat_id: str) -> dict[str, str]:
    return {"pk": f"OWNER#{userid}", "sk": f"GROUP#{chat_id}"}


def as_read(version: int) -> Condition:
    """Holds while the item is the one that was read; version 0 is none."""
    return Condition("version = :version", {":version": version}) if version else ABSENT


def relation_item(relation: Relation) -> Item:
    """The next version of the row; the table's TTL takes an ended one."""
    ended = relation.state is RelationState.ENDED
    details = relation.details
    return {
        **relation_key(relation.userid, relation.external_userid),
        "schema_version": SCHEMA_VERSION,
        "userid": relation.userid,
        "external_userid": relation.external_userid,
        "state": relation.state.value,
        "since": clock.to_iso(relation.since),
        "changed_at": clock.to_iso(relation.changed_at),
        "remark": details.remark or None,
        "description": details.description or None,
        "tag_ids": list(details.tag_ids) or None,
        "personal_tags": None if details.personal_tags is None else list(details.personal_tags),
        "came_by": details.came_by or None,
        "unionid": details.unionid or None,
        "expires_at": int((relation.changed_at + _KEEP_ENDED).timestamp()) if ended else None,
        "version": relation.version + 1,
    }


def to_relation(item: Item) -> Relation:
    personal = item.get("personal_tags")
    return Relation(
        userid=item["userid"],
        external_userid=item["external_userid"],
        state=RelationState(item["state"]),
        since=clock.from_iso(item["since"]),
        changed_at=clock.from_iso(item["changed_at"]),
        details=RelationDetails(
            remark=item.get("remark", ""),
            description=item.get("description", ""),
            tag_ids=tuple(item.get("tag_ids", ())),
            personal_tags=None if personal is None else tuple(personal),
            came_by=item.get("came_by", ""),
            unionid=item.get("unionid", ""),
        ),
        version=item["version"],
    )


def customer_item(customer: Customer) -> Item:
    """The next version of the customer."""
    finding = customer.finding
    return {
        **customer_key(customer.external_userid),
        "schema_version": SCHEMA_VERSION,
        "customer_pk": finding_pk(finding, _partition(customer.external_userid)) if finding else None,
        "external_userid": customer.external_userid,
        "followers": {userid: _standing_value(standing) for userid, standing in customer.followers.items()},
        "claims": [claim_value(claim) for claim in customer.claims] or None,
        "master": customer.master and {"userid": customer.master.userid, "as_of": clock.to_iso(customer.master.as_of)},
        "hold": customer.hold
        and {"reason": customer.hold.reason.value, "since": clock.to_iso(customer.hold.since), "by": customer.hold.by},
        "quota_uses": [[clock.to_iso(use.at), use.case_id] for use in customer.quota_uses] or None,
        "quota_full_at": _iso(customer.quota_full_at),
        "owner_userid": customer.owner_userid or None,
        "owner_since": _iso(customer.owner_since),
        "basis": customer.basis and customer.basis.value,
        "finding": finding and finding.value,
        "version": customer.version + 1,
    }


def to_customer(item: Item) -> Customer:
    master, hold = item.get("master"), item.get("hold")
    return Customer(
        external_userid=item["external_userid"],
        followers={userid: _to_standing(value) for userid, value in item["followers"].items()},
        claims=tuple(_to_claim(value) for value in item.get("claims", ())),
        master=MasterRow(master["userid"], clock.from_iso(master["as_of"])) if master else None,
        hold=Hold(HoldReason(hold["reason"]), clock.from_iso(hold["since"]), hold["by"]) if hold else None,
        quota_uses=tuple(QuotaUse(clock.from_iso(at), case_id) for at, case_id in item.get("quota_uses", ())),
        quota_full_at=_moment(item.get("quota_full_at")),
        owner_userid=item.get("owner_userid", ""),
        owner_since=_moment(item.get("owner_since")),
        basis=Basis(item["basis"]) if "basis" in item else None,
        finding=Finding(item["finding"]) if "finding" in item else None,
        version=item["version"],
    )


def finding_pk(finding: Finding, partition: int) -> str:
    return f"FINDING#{finding.value}#{partition:02d}"


def alias_item(alias: Alias) -> Item:
    return {
        **alias_key(alias.userid),
        "schema_version": SCHEMA_VERSION,
        "userid": alias.userid,
        "new_userid": alias.new_userid,
        "at": clock.to_iso(alias.at),
    }


def to_alias(item: Item) -> Alias:
    return Alias(item["userid"], item["new_userid"], clock.from_iso(item["at"]))


def group_item(group: GroupChat) -> Item:
    return {
        **group_key(group.owner_userid, group.chat_id),
        "schema_version": SCHEMA_VERSION,
        "customer_pk": f"GROUP#{group.chat_id}",
        "chat_id": group.chat_id,
        "owner_userid": group.owner_userid,
        "name": group.name,
        "changed_at": clock.to_iso(group.changed_at),
    }


def to_group(item: Item) -> GroupChat:
    return GroupChat(
        chat_id=item["chat_id"],
        owner_userid=item["owner_userid"],
        name=item["name"],
        changed_at=clock.from_iso(item["changed_at"]),
    )


def _partition(external_userid: str) -> int:
    return hashlib.sha256(external_userid.encode()).digest()[0] % FINDING_PARTITIONS


def _standing_value(standing: Standing) -> list[str]:
    return [standing.state.value, clock.to_iso(standing.since), clock.to_iso(standing.changed_at)]


def _to_standing(value: list[str]) -> Standing:
    state, since, changed_at = value
    return Standing(RelationState(state), clock.from_iso(since), clock.from_iso(changed_at))


def claim_value(claim: Claim) -> list[str]:
    """A claim by position."""
    return [clock.to_iso(claim.at), claim.basis.value, claim.from_userid, claim.userid, claim.cause]


def _to_claim(value: list[str]) -> Claim:
    at, basis, from_userid, userid, cause = value
    return Claim(clock.from_iso(at), Basis(basis), from_userid, userid, cause)


def _iso(moment: datetime | None) -> str | None:
    return clock.to_iso(moment) if moment else None


def _moment(text: Any) -> datetime | None:
    return clock.from_iso(text) if text else None
