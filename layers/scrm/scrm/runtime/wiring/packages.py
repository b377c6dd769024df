"""What follows a customer in a handover: the parts of all features, and where packages are kept.

A feature that has something to hand over adds its part here (`scrm.handover.parts`).
"""

from collections.abc import Sequence

from scrm.aws import session
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.documents import DocumentStore
from scrm.aws.package_documents import DocumentPackages
from scrm.aws.task_table import DynamoTaskTable
from scrm.handover.parts import HandoverPart
from scrm.runtime.environment import required
from scrm.runtime.task_joins import OrgTaskPlaces, TaskPart
from scrm.runtime.wiring import bank_settings, cases, handover
from scrm.runtime.wiring.tables import table
from scrm.runtime.wiring.wecom import wecom_client
from scrm.tasks.greetings import GreetingTasks
from scrm.tasks.move import TaskMove
from scrm.wecom.governor_state import Priority
from scrm.wecom.relation_details import RelationPart


def parts() -> Sequence[HandoverPart]:
    contacts, places = DynamoContactRepository(table("CONTACTS_TABLE")), OrgTaskPlaces(cases.org())
    client = wecom_client(Priority.HANDOVER)
    return (
        RelationPart(client, contacts, handover.report_permission_denied),
        TaskPart(TaskMove(DynamoTaskTable(table("TASKS_TABLE")), places)),
    )


def store() -> DocumentPackages:
    return DocumentPackages(DocumentStore(session.client("s3"), required("DATA_BUCKET")))


def greeting_tasks() -> GreetingTasks:
    """Due like the work that a handover leaves to people."""
    tasks = DynamoTaskTable(table("TASKS_TABLE"))
    return GreetingTasks(tasks, OrgTaskPlaces(cases.org()), bank_settings.handover().manual_due)
