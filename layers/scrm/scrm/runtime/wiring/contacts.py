"""The relation table, for who needs more of a customer than his owner."""

import functools

from scrm.aws.contact_table import DynamoContactRepository
from scrm.runtime.wiring.tables import table


@functools.cache
def contacts() -> DynamoContactRepository:
    return DynamoContactRepository(table("CONTACTS_TABLE"))
