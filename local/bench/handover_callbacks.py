"""Writes at once what the callbacks of all moved customers would have written one by one."""

import os
from collections.abc import Iterator
from datetime import datetime

from local.bench import handover_world as world
from scrm import clock
from scrm.aws import contact_items, session
from scrm.aws.case_table import DynamoCaseRepository
from scrm.aws.table import Item, Table
from scrm.contacts import ownership
from scrm.contacts.model import Basis, Claim, Customer, Relation, RelationState, Standing
from scrm.handover.edges import Chunk


def main() -> None:
    clock.refresh()
    client = session.client("dynamodb")
    cases = DynamoCaseRepository(Table(client, os.environ["HANDOVER_TABLE"]))
    case, _ = cases.latest_case_of(world.LEAVER) or (None, 0)
    if case is None:
        raise SystemExit("no case was opened")
    _, chunks = cases.load(case.case_id) or (case, [])
    contacts = Table(client, os.environ["CONTACTS_TABLE"])
    world.write_all(contacts, (item for chunk in chunks for item in _items(chunk, clock.now())))


def _items(chunk: Chunk, at: datetime) -> Iterator[Item]:
    """The leaver's relation has ended, the taker's begun, and the customer knows of both."""
    before = Standing(RelationState.ACTIVE, world.SINCE, world.SINCE)
    for edge in chunk.edges:
        followers = {
            world.LEAVER: Standing(RelationState.ENDED, before.since, at),
            chunk.takeover_userid: Standing(RelationState.ACTIVE, at, at),
        }
        claims = (Claim(at, Basis.HANDOVER, world.LEAVER, "", ""),)
        told = Customer(edge.target_id, followers, claims, version=2)
        yield contact_items.customer_item(ownership.settled(told, at))
        for userid, standing in followers.items():
            row = Relation(userid, edge.target_id, standing.state, standing.since, at, version=1)
            yield contact_items.relation_item(row)


if __name__ == "__main__":
    main()
