"""The read side of the contacts table for operators."""

from scrm.aws import cursors
from scrm.aws.contact_items import FINDING_PARTITIONS, finding_pk, to_customer
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.sync_runs import RUNS_PK, DynamoSyncRuns, run_key, to_run
from scrm.aws.table import Condition, Table, starts_with
from scrm.contacts.model import Finding
from scrm.contacts.queries import CustomerView
from scrm.contacts.runs import SyncRun
from scrm.paging import InvalidCursorError, Page


class DynamoContactQueries:
    """Implements `scrm.contacts.queries.ContactQueries`."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._contacts = DynamoContactRepository(table)
        self._runs = DynamoSyncRuns(table)

    def customer(self, external_userid: str) -> CustomerView | None:
        found = self._contacts.customers([external_userid]).get(external_userid)
        return CustomerView.of(found) if found else None

    def findings(self, finding: Finding, cursor: str | None, limit: int) -> Page[CustomerView]:
        """One index partition after the other; a page does not cross them."""
        scope = f"contacts/findings/{finding.value}"
        position = cursors.decode(scope, cursor)
        partition = cursors.number(position, "partition")
        if partition >= FINDING_PARTITIONS:
            raise InvalidCursorError("the cursor is not one of ours; start again without it")
        condition = Condition("customer_pk = :pk", {":pk": finding_pk(finding, partition)})
        rows, last = self._table.query_page(
            condition, index="by_customer", start=cursors.key(position, "start"), limit=limit
        )
        following = {"partition": partition, "start": last} if last else {"partition": partition + 1}
        more = last is not None or partition + 1 < FINDING_PARTITIONS
        views = tuple(CustomerView.of(to_customer(row)) for row in rows)
        return Page(views, cursors.encode(scope, following) if more else None)

    def sync_run(self, run_id: str) -> SyncRun | None:
        return self._runs.run(run_id)

    def sync_runs(self, cursor: str | None, limit: int) -> Page[SyncRun]:
        scope = "contacts/sync_runs"
        position = cursors.decode(scope, cursor)
        rows, last = self._table.query_page(
            starts_with(RUNS_PK), start=cursors.key(position, "start"), limit=limit, newest_first=True
        )
        found = {
            item["run_id"]: to_run(item) for item in self._table.get_many([run_key(row["run_id"]) for row in rows])
        }
        runs = tuple(found[row["run_id"]] for row in rows if row["run_id"] in found)
        return Page(runs, cursors.encode(scope, {"start": last}) if last else None)
