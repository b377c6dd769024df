"""Plans a campaign of a million customers of 3,000 owners; prints DynamoDB's units, CPU and memory.

The planner's own use cases and table adapters run in one process; DynamoDB is a stand-in that counts what each request
would be billed, indexes included, and botocore is left out: its 1 ms a request is no work of ours and counted as
requests. The audience lies in a folder as its snapshot lies in the bucket.
"""

import json
import random
import resource
import string
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local.bench.dynamo_units import READ_UNIT, WRITE_UNIT, size_of, units
from scrm.aws.campaign_table import DynamoCampaignStore, DynamoSliceStore
from scrm.aws.pressure_table import DynamoPressureStore
from scrm.aws.send_task_table import DynamoTaskRepository
from scrm.aws.snapshot_documents import BucketSnapshots, OwnerRow, PartHead
from scrm.aws.table import Table
from scrm.campaign.campaign_ports import OwnerPart, OwnerShare
from scrm.campaign.exclusions import Exclusions
from scrm.campaign.model import Campaign, CampaignDefinition, RingProgress, RingShare, RingState
from scrm.campaign.ports import ApprovedContent
from scrm.campaign.slices import SlicePlanning
from scrm.campaign.task import Need
from scrm.campaign.terms import CampaignState, Channel, ContentRef
from scrm.pressure.ledger import PressureLedger
from scrm.pressure.model import Cap
from scrm.runtime.pressure_places import LedgerPlaces

OWNERS, CUSTOMERS_PER_OWNER = 3_000, 334
_OWNERS_PER_PART, _OWNERS_PER_SLICE = 100, 200
_NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
_CONTENT = ContentRef("act_aaaaaaaaaaaaaaaaaaaaaaaaaa", 1, "a" * 64)


@dataclass
class CountingDynamo:
    """Bills what it is asked. It keeps the campaigns' items alone: a plan reads nothing else that it wrote."""

    kept: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    indexes: Mapping[str, list[tuple[str, list[str] | None]]] = field(default_factory=dict)
    wru: int = 0
    rru: int = 0
    requests: int = 0

    def put_item(self, TableName: str, Item: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803 - the service's names
        self.requests += 1
        self.wru += units(size_of(Item), WRITE_UNIT)
        for key, projected in self.indexes[TableName]:
            if key in Item:
                row = Item if projected is None else {name: Item[name] for name in projected if name in Item}
                self.wru += units(size_of(row), WRITE_UNIT)
        if TableName == "CampaignTable":
            self.kept[TableName, Item["pk"]["S"], Item["sk"]["S"]] = Item
        return {}

    def get_item(self, TableName: str, Key: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        self.requests += 1
        found = self.kept.get((TableName, Key["pk"]["S"], Key["sk"]["S"]))
        self.rru += units(size_of(found or {}), READ_UNIT)
        return {"Item": found} if found else {}

    def query(self, **_: Any) -> dict[str, Any]:
        """The ledger of a week that is still empty."""
        self.requests += 1
        self.rru += 1
        return {"Items": []}


@dataclass
class FolderDocuments:
    """The data bucket as a folder."""

    folder: Path

    def put(self, key: str, body: bytes, content_type: str, *, if_absent: bool = False) -> bool:  # noqa: ARG002
        self._path(key).write_bytes(body)
        return True

    def beginning(self, key: str, most: int) -> bytes | None:
        path = self._path(key)
        if not path.exists():
            return None
        with path.open("rb") as file:
            return file.read(most)

    def stream_lines(self, key: str) -> Iterator[bytes]:
        with self._path(key).open("rb") as file:
            yield from file

    def _path(self, key: str) -> Path:
        return self.folder / key.replace("/", "#")


class Everything:
    """Implements the ports that a plain campaign does not exercise; remembers how many tasks were asked for."""

    def __init__(self, snapshots: BucketSnapshots) -> None:
        self._snapshots = snapshots
        self.asked = 0

    def customers(self, snapshot_id: str, part: int, userids: Any) -> dict[str, tuple[str, ...]]:
        return self._snapshots.customers(snapshot_id, part, userids)

    def approved(self, *_: object) -> ApprovedContent:
        return ApprovedContent(_CONTENT, "text", (), _NOW + timedelta(days=30))

    def exclusions(self, *_: object) -> dict[str, str]:
        return {}

    def of(self, *_: object) -> dict[str, Need]:
        return {}

    def cap(self, *_: object) -> Cap:
        return Cap(2)

    def request_send(self, tasks: Any) -> None:
        self.asked += len(tasks)


def plan_all(folder: Path, indexes: Mapping[str, list[tuple[str, list[str] | None]]]) -> dict[str, float]:
    """One campaign, slice by slice, as the planner's messages would."""
    dynamo = CountingDynamo(indexes=indexes)
    client: Any = dynamo
    campaigns, tasks, pressure = (Table(client, name) for name in ("CampaignTable", "SendTaskTable", "PressureTable"))
    store, slices = DynamoCampaignStore(campaigns), DynamoSliceStore(campaigns)
    snapshots = BucketSnapshots(FolderDocuments(folder))
    port: Any = Everything(snapshots)
    ledger = PressureLedger(DynamoPressureStore(pressure), port, lambda: _NOW, lambda _: None)
    planning = SlicePlanning(
        store=store,
        slices=slices,
        audiences=port,
        exclusions=Exclusions(port, port, port, port),
        tasks=DynamoTaskRepository(tasks),
        ledger=LedgerPlaces(ledger, lambda: _NOW),
        dispatch=port,
        queue=port,
        has_time=lambda: True,
    )
    store.save(_campaign())
    number = _split(snapshots, slices)
    began = time.process_time()
    results = [planning.plan("camp_1", "all", one, 0, _NOW) for one in range(number)]
    spent = time.process_time() - began
    planned = sum(result.customers for result in results)
    if planned != OWNERS * CUSTOMERS_PER_OWNER or not all(result.is_whole for result in results):
        raise RuntimeError("not everybody was planned")
    return {
        "wru": dynamo.wru / planned,
        "rru": dynamo.rru / planned,
        "cpu_us": spent * 1e6 / planned,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "requests_per_owner": dynamo.requests / OWNERS,
    }


def write_snapshot(folder: Path) -> None:
    """Random external_userids, which compress as badly as WeCom's own."""
    dice = random.Random(1)  # noqa: S311 - a bench
    letters = string.ascii_letters + string.digits + "-_"
    snapshots = BucketSnapshots(FolderDocuments(folder))
    for number in range(OWNERS // _OWNERS_PER_PART):
        owners = [f"rm_{number * _OWNERS_PER_PART + place:06d}" for place in range(_OWNERS_PER_PART)]
        customers = [["wm" + "".join(dice.choices(letters, k=30)) for _ in range(CUSTOMERS_PER_OWNER)] for _ in owners]
        rows = tuple(OwnerRow(owner, "/1/10/12/", CUSTOMERS_PER_OWNER, "") for owner in owners)
        snapshots.put("snap_1", PartHead(number, rows, ("10", owners[-1])), customers)


def _split(snapshots: BucketSnapshots, slices: DynamoSliceStore) -> int:
    waiting: list[OwnerShare] = []
    number = 0
    for head in snapshots.heads("snap_1"):
        for row in head.owners:
            part = OwnerPart(row.userid, row.node_path, row.customers, head.number)
            waiting.append(OwnerShare(part.userid, None, part.customers, part.node_path, part.part))
            if len(waiting) == _OWNERS_PER_SLICE:
                slices.put("camp_1", "all", number, waiting)
                waiting, number = [], number + 1
    return number


def _campaign() -> Campaign:
    definition = CampaignDefinition("bench", "1", Channel.ONE_TO_ONE, "aum", _CONTENT, "all_customers")
    return Campaign(
        campaign_id="camp_1",
        definition=definition,
        node_path="/1/",
        made_by="operator:bench",
        made_at=_NOW,
        state=CampaignState.PLANNING,
        snapshot_id="snap_1",
        rings=(RingProgress("all", RingState.PLANNING, RingShare(15, OWNERS * CUSTOMERS_PER_OWNER), _NOW),),
        expires_at=_NOW + timedelta(days=30),
    )


if __name__ == "__main__":
    with TemporaryDirectory() as temporary:
        write_snapshot(Path(temporary))
        sys.stdout.write(json.dumps(plan_all(Path(temporary), json.loads(sys.argv[1]))))
