"""How many customers members have, for functions that need no more of the contacts table than this."""

from scrm.aws.table import Condition, Table

# The value of `scrm.contacts.model.RelationState.ENDED`, whose module only the contacts feature pays for.
ENDED = "ended"
NOT_ENDED = "#state <> :ended"


class DynamoCustomerLoads:
    """Implements `scrm.handover.ports.CustomerLoads`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load_of(self, userid: str) -> int:
        return self._table.count(relations_of(userid), where=NOT_ENDED)


def relations_of(userid: str, after: str = "") -> Condition:
    """A member's relations by external_userid, after one of them; to be read ``where`` they have not ended."""
    values = {":pk": f"MEMBER#{userid}", ":after": f"CUSTOMER#{after}", ":ended": ENDED}
    return Condition("pk = :pk AND sk > :after", values, {"#state": "state"})
