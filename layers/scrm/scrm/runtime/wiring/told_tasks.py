"""The tasks' table, with facts of what members get and do."""

from scrm.aws.task_facts import BucketTaskFacts
from scrm.aws.task_table import DynamoTaskTable
from scrm.runtime.wiring.tables import bucket, table


def told_tasks() -> DynamoTaskTable:
    return DynamoTaskTable(table("TASKS_TABLE"), BucketTaskFacts(bucket("DATA_BUCKET")).changing)
