"""One leaver with n customers and as many colleagues as take them over: WeCom's side and ours, already in step."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any

from scrm.aws import contact_items
from scrm.aws.org_table import DynamoOrgRepository
from scrm.aws.table import Item, Table
from scrm.contacts.model import Basis, Customer, Relation, RelationState, Standing
from scrm.org.model import Member, MemberStatus, OrgNode

CORP_ID = "wwSIMCORP0000001"
LEAVER = "rm_leaver"
MANAGER = "mgr_branch"
SECRET = "bench-app-secret"  # noqa: S105 - the simulator's, of this run
AGENT_ID = 1_000_002
MOST_PER_TAKER = 5_000
SINCE = datetime(2025, 6, 1, tzinfo=UTC)
_BRANCH = "10"
_PATH = "/1/10/"
_WRITERS = 2
_PER_WRITER = 5_000


def takers(customers: int) -> list[str]:
    """Who takes over: one colleague for every 5,000 customers, as many as a member may hold by default."""
    return [f"rm_taker{place:02}" for place in range(-(-customers // MOST_PER_TAKER))]


def customer_ids(customers: int) -> Iterator[str]:
    return (f"wmBENCH{place:025}" for place in range(customers))


def wecom(customers: int) -> dict[str, Any]:
    """The simulator's world document."""
    staff = [MANAGER, LEAVER, *takers(customers)]
    return {
        "corp_id": CORP_ID,
        "corp_name": "示例银行",
        "apps": [{"app": "contacts", "agent_id": AGENT_ID, "secret": SECRET}],
        "departments": [
            {"id": 1, "name": "总行"},
            {"id": int(_BRANCH), "name": "示例支行", "parentid": 1, "department_leader": [MANAGER]},
        ],
        "members": [
            {"userid": userid, "name": "示例", "department": [int(_BRANCH)], "main_department": int(_BRANCH)}
            for userid in staff
        ],
        "customers": [{"external_userid": customer, "name": "示例"} for customer in customer_ids(customers)],
        "relations": [
            {"userid": LEAVER, "external_userid": customer, "createtime": int(SINCE.timestamp())}
            for customer in customer_ids(customers)
        ],
        "groups": [],
    }


def fill_organisation(org: DynamoOrgRepository, customers: int) -> None:
    for node in (OrgNode("1", "总行", "/1/", ""), OrgNode(_BRANCH, "示例支行", _PATH, "1", MANAGER)):
        org.put_node(node, None)
    for userid in (MANAGER, LEAVER, *takers(customers)):
        org.put_member(
            Member(userid, "示例", _BRANCH, _PATH, MemberStatus.ACTIVE, serves_customers=True, changed_at=SINCE)
        )


def fill_contacts(contacts: Table, customers: int) -> None:
    write_all(contacts, (item for customer in customer_ids(customers) for item in _items(customer)))


def write_all(table: Table, items: Iterable[Item]) -> None:
    """In two threads, so that the engine stores one batch while the next is made."""
    with ThreadPoolExecutor(_WRITERS) as writers:
        for part in batched(items, _WRITERS * _PER_WRITER, strict=False):
            list(writers.map(table.batch_write, batched(part, _PER_WRITER, strict=False)))


def _items(customer: str) -> tuple[Item, Item]:
    """What the contacts feature stores of a customer whom only the leaver follows."""
    standing = Standing(RelationState.ACTIVE, SINCE, SINCE)
    owned = Customer(customer, {LEAVER: standing}, owner_userid=LEAVER, owner_since=SINCE, basis=Basis.LONGEST_STANDING)
    relation = Relation(LEAVER, customer, RelationState.ACTIVE, SINCE, SINCE)
    return contact_items.relation_item(relation), contact_items.customer_item(owned)


def departure(customers: int, now: datetime) -> Mapping[str, Any]:
    """HR's event as EventBridge puts it on the queue: the last day is near enough for transfers to start at once."""
    return {
        "source": "bank.hr",
        "detail-type": "StaffDeparting",
        "detail": {
            "schema_version": 1,
            "event_id": f"hr-bench-{customers}",
            "occurred_at": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "corp_id": CORP_ID,
            "userid": LEAVER,
            "last_day": (now + timedelta(days=4)).date().isoformat(),
            "successor_userids": takers(customers),
        },
    }
