"""The bank's customer numbers in the contacts table: which customers of WeCom have one.

==========================  ===========================  ==============================================================
pk                          sk                           item
==========================  ===========================  ==============================================================
``NUMBER#<digest>``         ``CUSTOMER#<customer>``      a customer who has the number
``NUMBERED#<customer>``     ``NUMBER``                   his number's digest, and the file that said so
==========================  ===========================  ==============================================================

The number itself is kept nowhere: whoever asks for it has it already.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from scrm import clock, ids
from scrm.aws.table import ABSENT, Condition, Delete, Item, Put, Table, starts_with

SCHEMA_VERSION: Final = 1


class DynamoCustomerNumbers:
    """Implements `scrm.contacts.ports.CustomerNumbers` and `CustomersByNumber`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def note(self, numbers: Mapping[str, str], as_of: datetime) -> None:
        keys = [_own_key(external_userid) for external_userid in numbers]
        known = {item["external_userid"]: item for item in self._table.get_many(keys)}
        for external_userid, number in numbers.items():
            self._note(external_userid, _digest(number), as_of, known.get(external_userid))

    def customers_with(self, number: str) -> tuple[str, ...]:
        return tuple(item["external_userid"] for item in self._table.query(starts_with(f"NUMBER#{_digest(number)}")))

    def _note(self, external_userid: str, digest: str, as_of: datetime, before: Item | None) -> None:
        """What another file said meanwhile stays: the next file says it again."""
        if before is not None and (before["digest"] == digest or before["as_of"] >= clock.to_iso(as_of)):
            return
        content = {"schema_version": SCHEMA_VERSION, "external_userid": external_userid}
        own = {**_own_key(external_userid), **content, "digest": digest, "as_of": clock.to_iso(as_of)}
        read = Condition("as_of = :read", {":read": before["as_of"]}) if before else ABSENT
        writes: list[Put | Delete] = [Put(own, read), Put({**_key(digest, external_userid), **content})]
        if before is not None:
            writes.append(Delete(_key(before["digest"], external_userid)))
        self._table.transact(writes)


def _digest(number: str) -> str:
    return ids.derive("number", number)


def _key(digest: str, external_userid: str) -> dict[str, str]:
    return {"pk": f"NUMBER#{digest}", "sk": f"CUSTOMER#{external_userid}"}


def _own_key(external_userid: str) -> dict[str, str]:
    return {"pk": f"NUMBERED#{external_userid}", "sk": "NUMBER"}
