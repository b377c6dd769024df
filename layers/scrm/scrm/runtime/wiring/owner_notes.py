"""What is written in the transaction of an owner's change, for all who keep something with a customer's owner."""

from scrm.aws.audience_table import DynamoAudienceNotes
from scrm.aws.consent_table import DynamoArrivalNotes
from scrm.aws.owner_changes import OwnerNotes
from scrm.aws.pressure_table import DynamoOwnerNotes
from scrm.aws.table import Table


def owner_notes_in(pressure: Table, audience: Table, consents: Table) -> tuple[OwnerNotes, ...]:
    return DynamoOwnerNotes(pressure), DynamoAudienceNotes(audience), DynamoArrivalNotes(consents)
