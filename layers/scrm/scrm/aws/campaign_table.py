"""The campaigns' table.

==================  ==========================  ======================================================================
pk                  sk                          item
==================  ==========================  ======================================================================
``CAMPAIGN#<id>``   ``CAMPAIGN``                a campaign: what it is is one JSON text, read and written as a whole
``CAMPAIGN#<id>``   ``OWNERS#<ring>#<number>``  the owners of a slice and their customers' places in the ring
``CAMPAIGN#<id>``   ``PLANNED#<ring>#<number>`` the slice has become tasks; small, so that a look reads them all
==================  ==========================  ======================================================================

Indexes: ``by_branch`` (``branch_pk``, ``made_at``) and ``by_bank`` (``bank_pk``, ``made_at``) list, ``by_due``
(``due_pk``, ``due_at``) finds what the planner has to look at.
"""

import functools
import json
from collections.abc import Iterable, Iterator
from dataclasses import astuple, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from scrm import clock
from scrm.aws import cursors
from scrm.aws.table import ABSENT, Condition, Item, Table, starts_with
from scrm.campaign.campaign_ports import OwnerShare
from scrm.campaign.model import Campaign
from scrm.campaign.refusals import StaleCampaignError
from scrm.campaign.terms import CampaignState, Purpose
from scrm.node_paths import ROOT_PATH, above, branch_of
from scrm.paging import Page

SCHEMA_VERSION = 1
_DUE = "DUE"  # one partition: a bank has some thousand open campaigns, and each changes its time once a minute
_BANK = "CAMPAIGNS"


@functools.cache
def _documents() -> TypeAdapter[Campaign]:
    """Built when the first campaign is read: it costs a cold start some milliseconds."""
    return TypeAdapter(Campaign)


class DynamoCampaignStore:
    """Implements `scrm.campaign.campaign_ports.CampaignStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, campaign_id: str) -> Campaign | None:
        item = self._table.get(_key(campaign_id))
        return _to_campaign(item) if item else None

    def save(self, campaign: Campaign) -> Campaign:
        saved = replace(campaign, version=campaign.version + 1)
        read = Condition("#version = :read", {":read": campaign.version}, {"#version": "version"})
        if not self._table.put(_from_campaign(saved), read if campaign.version else ABSENT):
            raise StaleCampaignError(campaign.campaign_id)
        return saved

    def list(
        self,
        node_path: str,
        state: CampaignState | None,
        cursor: str | None,
        limit: int,
        purpose: Purpose | None = None,
    ) -> Page[Campaign]:
        """Head office reads one partition, everyone else his branch's."""
        scope = f"campaigns/{node_path}/{state or ''}/{purpose or ''}"
        whole_bank = node_path == ROOT_PATH
        name, partition = ("bank_pk", _BANK) if whole_bank else ("branch_pk", _of_branch(node_path))
        values: dict[str, Any] = {":partition": partition, ":path": node_path}
        where, names = "begins_with(node_path, :path)", dict[str, str]()
        if state:
            where, names, values[":state"] = f"{where} AND #state = :state", {"#state": "state"}, state.value
        if purpose:
            where, values[":purpose"] = f"{where} AND purpose = :purpose", purpose.value
        items, last = self._table.query_page(
            Condition(f"{name} = :partition", values, names),
            index="by_bank" if whole_bank else "by_branch",
            start=cursors.key(cursors.decode(scope, cursor), "after"),
            limit=limit,
            newest_first=True,
            where=where,
        )
        return Page(tuple(map(_to_campaign, items)), cursors.encode(scope, {"after": last}) if last else None)

    def above(self, node_path: str, cursor: str | None, limit: int) -> Page[Campaign]:
        """Head office's partition, then that of the branch; what has not begun is read and left out."""
        scope = f"campaigns-above/{node_path}"
        paths = above(node_path)
        partitions = sorted({_of_branch(path) for path in paths}, key=[_of_branch(path) for path in paths].index)
        position = cursors.decode(scope, cursor)
        place = cursors.number(position, "place")
        if place >= len(partitions):
            return Page(())
        names = {f":path{number}": path for number, path in enumerate(paths)}
        items, last = self._table.query_page(
            Condition("branch_pk = :partition", {":partition": partitions[place], **names}),
            index="by_branch",
            start=cursors.key(position, "after"),
            limit=limit,
            newest_first=True,
            where=f"node_path IN ({', '.join(names)})",
        )
        following: dict[str, Any] = {"place": place, "after": last} if last else {"place": place + 1}
        is_last = not last and place + 1 == len(partitions)
        begun = tuple(found for found in map(_to_campaign, items) if found.has_begun)
        return Page(begun, None if is_last else cursors.encode(scope, following))

    def due(self, until: datetime) -> Iterator[str]:
        due = Condition("due_pk = :due AND due_at <= :until", {":due": _DUE, ":until": clock.to_iso(until)})
        for item in self._table.query(due, index="by_due"):
            yield item["pk"].removeprefix("CAMPAIGN#")

    def next_due(self) -> datetime | None:
        item = self._table.first(Condition("due_pk = :due", {":due": _DUE}), "by_due")
        return clock.from_iso(item["due_at"]) if item else None


class DynamoSliceStore:
    """Implements `scrm.campaign.campaign_ports.SliceStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, campaign_id: str, ring: str, number: int, owners: Iterable[OwnerShare]) -> None:
        packed = json.dumps([astuple(share) for share in owners], separators=(",", ":"))
        self._table.put({**_part(campaign_id, "OWNERS", ring, number), "owners": packed})

    def owners(self, campaign_id: str, ring: str, number: int) -> list[OwnerShare]:
        item = self._table.get(_part_key(campaign_id, "OWNERS", ring, number))
        return [OwnerShare(*share) for share in json.loads(item["owners"])] if item else []

    def mark_planned(self, campaign_id: str, ring: str, number: int) -> None:
        """The slice's tasks are written. A repeat changes nothing."""
        self._table.put(_part(campaign_id, "PLANNED", ring, number))

    def unplanned(self, campaign_id: str, ring: str, slices: int) -> list[int]:
        prefix = f"PLANNED#{ring}#"
        planned = {
            int(item["sk"].removeprefix(prefix))
            for item in self._table.query(starts_with(f"CAMPAIGN#{campaign_id}", prefix))
        }
        return [number for number in range(slices) if number not in planned]


def _key(campaign_id: str) -> dict[str, str]:
    return {"pk": f"CAMPAIGN#{campaign_id}", "sk": "CAMPAIGN"}


def _part_key(campaign_id: str, kind: str, ring: str, number: int) -> dict[str, str]:
    return {"pk": f"CAMPAIGN#{campaign_id}", "sk": f"{kind}#{ring}#{number:06d}"}


def _part(campaign_id: str, kind: str, ring: str, number: int) -> Item:
    return {**_part_key(campaign_id, kind, ring, number), "schema_version": SCHEMA_VERSION}


def _of_branch(node_path: str) -> str:
    return f"{_BANK}#{branch_of(node_path)}"


def _from_campaign(campaign: Campaign) -> Item:
    due_at = clock.to_iso(campaign.due_at) if campaign.due_at else None
    return {
        **_key(campaign.campaign_id),
        "schema_version": SCHEMA_VERSION,
        "version": campaign.version,
        "state": campaign.state.value,
        "purpose": campaign.definition.purpose.value,
        "node_path": campaign.node_path,
        "made_at": clock.to_iso(campaign.made_at),
        "branch_pk": None if campaign.test_of else _of_branch(campaign.node_path),
        "bank_pk": None if campaign.test_of else _BANK,
        "due_pk": _DUE if due_at else None,
        "due_at": due_at,
        "campaign": _documents().dump_json(campaign).decode(),
    }


def _to_campaign(item: Item) -> Campaign:
    return _documents().validate_json(item["campaign"])
