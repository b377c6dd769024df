"""Who answers for customers and group chats, of all that the contacts table holds of them: asked at every send."""

from collections.abc import Sequence

from scrm.aws.table import Condition, Table
from scrm.campaign.terms import Channel


class DynamoOwners:
    """Implements `scrm.campaign.ports.Owners`; strongly consistent, one request for a hundred customers."""

    def __init__(self, contacts: Table) -> None:
        self._contacts = contacts

    def owners_of(self, channel: Channel, target_ids: Sequence[str]) -> dict[str, str]:
        if channel is Channel.GROUP:
            found = {chat_id: self._owner_of_group(chat_id) for chat_id in target_ids}
        else:
            keys = [{"pk": f"CUSTOMER#{one}", "sk": "CUSTOMER"} for one in dict.fromkeys(target_ids)]
            items = self._contacts.get_many(keys)
            found = {item["external_userid"]: item.get("owner_userid", "") for item in items}
        return {one: owner for one, owner in found.items() if owner}

    def _owner_of_group(self, chat_id: str) -> str:
        of_group = Condition("customer_pk = :group", {":group": f"GROUP#{chat_id}"})
        rows = self._contacts.query(of_group, index="by_customer")
        return next((str(row["owner_userid"]) for row in rows), "")
