"""What follows a customer in a handover: the parts of all features, and where packages are kept.

A feature that has something to hand over adds its part here (`scrm.handover.parts`).
"""

from collections.abc import Sequence

from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.handover_queue import SqsHandoverQueue
from scrm.aws.package_documents import DocumentPackages
from scrm.aws.task_table import DynamoTaskTable
from scrm.handover.delivery import PackageDelivery
from scrm.handover.packages import PackageCollection
from scrm.handover.parts import HandoverPart
from scrm.runtime.task_joins import OrgTaskPlaces, TaskPart
from scrm.runtime.wiring import cases, handover_settings
from scrm.runtime.wiring.tables import bucket, table
from scrm.runtime.wiring.told_tasks import told_tasks
from scrm.runtime.wiring.wecom import report_permission_denied, wecom_client
from scrm.tasks.greetings import GreetingTasks
from scrm.tasks.move import TaskMove
from scrm.wecom.governor_state import Priority
from scrm.wecom.relation_details import RelationPart


def collection() -> PackageCollection:
    """For one message."""
    return PackageCollection(parts(), store())


def delivery(queue: SqsHandoverQueue) -> PackageDelivery:
    """For one message: with the settings in force."""
    return PackageDelivery(cases.cases(), parts(), store(), greeting_tasks(), queue)


def parts() -> Sequence[HandoverPart]:
    contacts, places = DynamoContactRepository(table("CONTACTS_TABLE")), OrgTaskPlaces(cases.org())
    client = wecom_client(Priority.HANDOVER)
    return (
        RelationPart(client, contacts, report_permission_denied),
        TaskPart(TaskMove(DynamoTaskTable(table("TASKS_TABLE")), places)),
    )


def store() -> DocumentPackages:
    return DocumentPackages(bucket("DATA_BUCKET"))


def greeting_tasks() -> GreetingTasks:
    """Due like the work that a handover leaves to people."""
    return GreetingTasks(told_tasks(), OrgTaskPlaces(cases.org()), handover_settings.handover().manual_due)
