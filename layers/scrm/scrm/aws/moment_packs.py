"""Packs of Moments, in the send tasks' table: ``PACK#<pack>`` / ``PACK``, and ``MSG#<moment>`` / ``TASK`` says whose
moment it is, as it does of messages.
"""

import json
from dataclasses import replace

from scrm import clock
from scrm.aws.table import ABSENT, Condition, Item, Table, starts_with
from scrm.campaign.dispatch_errors import StaleTaskError
from scrm.campaign.moment_packs import MomentPack, PackState

SCHEMA_VERSION = 1


class DynamoMomentPacks:
    """Implements `scrm.campaign.moment_packs.MomentPacks`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, pack_id: str) -> MomentPack | None:
        found = list(self._table.query(starts_with(f"PACK#{pack_id}")))
        return _to_pack(found[0]) if found else None

    def save(self, pack: MomentPack) -> MomentPack:
        saved = replace(pack, version=pack.version + 1)
        read = Condition("#version = :version", {":version": pack.version}, {"#version": "version"})
        if not self._table.put(_from_pack(saved), read if pack.version else ABSENT):
            raise StaleTaskError(pack.pack_id)
        return saved

    def claim(self, moment_id: str, pack_id: str) -> bool:
        item = {"pk": f"MSG#{moment_id}", "sk": "TASK", "schema_version": SCHEMA_VERSION, "task_id": pack_id}
        mine = Condition("attribute_not_exists(pk) OR task_id = :pack", {":pack": pack_id})
        return self._table.put(item, mine)


def _from_pack(pack: MomentPack) -> Item:
    return {
        "pk": f"PACK#{pack.pack_id}",
        "sk": "PACK",
        "schema_version": SCHEMA_VERSION,
        "version": pack.version,
        "pack_id": pack.pack_id,
        "campaign_id": pack.campaign_id,
        "members": "\n".join(pack.members),
        "text": pack.text,
        "attachments": json.dumps([dict(one) for one in pack.attachments], ensure_ascii=False),
        "closes_at": clock.to_iso(pack.closes_at),
        "ends_at": clock.to_iso(pack.ends_at),
        "tag_ids": list(pack.tag_ids) or None,
        "state": pack.state.value,
        "first_intent_at": clock.to_iso(pack.first_intent_at) if pack.first_intent_at else None,
        "intended_at": clock.to_iso(pack.intended_at) if pack.intended_at else None,
        "jobid": pack.jobid or None,
        "moment_id": pack.moment_id or None,
        "errcode": pack.errcode or None,
    }


def _to_pack(item: Item) -> MomentPack:
    return MomentPack(
        pack_id=item["pack_id"],
        campaign_id=item["campaign_id"],
        members=tuple(item["members"].split("\n")),
        text=item["text"],
        attachments=tuple(json.loads(item["attachments"])),
        closes_at=clock.from_iso(item["closes_at"]),
        ends_at=clock.from_iso(item["ends_at"]),
        tag_ids=tuple(item.get("tag_ids", ())),
        state=PackState(item["state"]),
        first_intent_at=clock.from_iso(item["first_intent_at"]) if "first_intent_at" in item else None,
        intended_at=clock.from_iso(item["intended_at"]) if "intended_at" in item else None,
        jobid=item.get("jobid", ""),
        moment_id=item.get("moment_id", ""),
        errcode=item.get("errcode", 0),
        version=item["version"],
    )
