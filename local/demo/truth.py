"""What is true at WeCom, read from the simulator's control API: the demo checks the product against it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from local.simulator.control_client import ControlClient

TRANSFERS = ("externalcontact/transfer_customer", "externalcontact/resigned/transfer_customer")


@dataclass(frozen=True, slots=True)
class Leaver:
    """A member at the moment WeCom deleted the account: who followed, which groups were owned."""

    userid: str
    name: str
    customers: frozenset[str]
    groups: frozenset[str]

    @classmethod
    def now(cls, control: ControlClient, userid: str) -> "Leaver":
        return cls(
            userid=userid,
            name=control.member(userid)["name"],
            customers=frozenset(row["external_userid"] for row in control.relations(userid=userid)),
            groups=frozenset(row["chat_id"] for row in control.groups(owner=userid)),
        )


@dataclass(frozen=True, slots=True)
class Corp:
    """The whole corp at one moment, and every call that was made to it."""

    followers: dict[str, frozenset[str]]
    group_owners: dict[str, str]
    times_asked: Counter[tuple[str, str]]
    calls: list[dict[str, Any]]
    messages: list[dict[str, Any]]

    @classmethod
    def now(cls, control: ControlClient) -> "Corp":
        followers: dict[str, set[str]] = {}
        for row in control.relations():
            followers.setdefault(row["external_userid"], set()).add(row["userid"])
        asked = Counter((row["handover_userid"], row["external_userid"]) for row in control.transfers())
        return cls(
            followers={customer: frozenset(userids) for customer, userids in followers.items()},
            group_owners={row["chat_id"]: row["owner"] for row in control.groups()},
            times_asked=asked,
            calls=control.calls(),
            messages=control.messages(),
        )

    def is_with(self, customer: str, taker: str, moving: frozenset[str]) -> bool:
        """Whether the taker follows the customer, or somebody does since the taker himself was to hand over later."""
        followers = self.followers.get(customer, frozenset())
        return taker in followers or (taker in moving and bool(followers - moving))

    def transfer_calls(self) -> list[dict[str, Any]]:
        """Those that WeCom carried out: what met the outage did not happen."""
        return [call for call in self.calls if call["path"] in TRANSFERS and call["answered"] and not call["fault"]]
