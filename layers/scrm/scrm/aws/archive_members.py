"""Who is archived, in the archive's table.

======================  ====================  =========================================================================
pk                      sk                    item
======================  ====================  =========================================================================
``MEMBER#<userid>``     ``COVERAGE``          his seat, and as one set the customers who refused: one read for an owner
``MEMBER#<userid>``     ``ANSWER#<customer>``  what a customer answered last, and when
``SEATS#<part>``        ``<userid>``          members with a seat, in 16 parts, to compare the list; what is known of
                                              the consents of his customers and groups
======================  ====================  =========================================================================
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from scrm import clock
from scrm.archive.asking import ConsentTally, MemberTally
from scrm.archive.coverage import Answer, ArchiveConsent, MemberCoverage
from scrm.aws.table import ABSENT, Condition, Delete, Put, Table, Update, starts_with

SCHEMA_VERSION: Final = 1
_PARTS: Final = 16
_COVERAGE: Final = "COVERAGE"


class DynamoArchiveMembers:
    """Implements `scrm.archive.coverage.CoverageStore` and `scrm.archive.asking.Tallies`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, members: Sequence[str]) -> Mapping[str, MemberCoverage]:
        found = self._table.get_many([_key(member) for member in dict.fromkeys(members)])
        return {item["member"]: _to_coverage(item) for item in found}

    def seated(self) -> Iterator[str]:
        for part in range(_PARTS):
            for item in self._table.query(starts_with(f"SEATS#{part:02d}")):
                yield item["sk"]

    def tallies(self) -> Iterator[MemberTally]:
        for part in range(_PARTS):
            yield from map(_to_tally, self._table.query(starts_with(f"SEATS#{part:02d}")))

    def answers_of(self, member: str) -> Mapping[str, ArchiveConsent]:
        found = self._table.query(starts_with(f"MEMBER#{member}", "ANSWER#"))
        return {item["external_userid"]: ArchiveConsent(item["consent"]) for item in found}

    def note(self, tally: MemberTally) -> None:
        item = {
            **_seat_key(tally.member),
            "schema_version": SCHEMA_VERSION,
            "asked_at": clock.to_iso(tally.asked_at) if tally.asked_at else None,
            "customers": asdict(tally.customers),
            "groups": asdict(tally.groups),
        }
        self._table.put(item, Condition("attribute_exists(pk)", {}))

    def give_seat(self, member: str, at: datetime) -> None:
        self._set_seat(member, at, has_seat=True)

    def take_seat(self, member: str, at: datetime) -> None:
        self._set_seat(member, at, has_seat=False)

    def answer(self, member: str, external_userid: str) -> Answer | None:
        item = self._table.get(_answer_key(member, external_userid))
        return _to_answer(item) if item else None

    def keep(self, answer: Answer, before: Answer | None) -> bool:
        item = {
            **_answer_key(answer.member, answer.external_userid),
            "schema_version": SCHEMA_VERSION,
            "member": answer.member,
            "external_userid": answer.external_userid,
            "consent": answer.consent.value,
            "at": clock.to_iso(answer.at),
        }
        if before is None:
            return self._table.put(item, ABSENT)
        values = {":at": clock.to_iso(before.at), ":consent": before.consent.value}
        return self._table.put(item, Condition("#at = :at AND consent = :consent", values, {"#at": "at"}))

    def mark(self, answer: Answer) -> None:
        verb = "ADD" if answer.consent is ArchiveConsent.REFUSED else "DELETE"
        values: dict[str, Any] = {
            ":one": {answer.external_userid},
            ":member": answer.member,
            ":schema": SCHEMA_VERSION,
        }
        self._update(answer.member, f"SET #member = :member, schema_version = :schema {verb} refused :one", values)

    def _set_seat(self, member: str, at: datetime, *, has_seat: bool) -> None:
        values: dict[str, Any] = {
            ":seat": has_seat,
            ":at": clock.to_iso(at),
            ":member": member,
            ":schema": SCHEMA_VERSION,
        }
        listed = _seat_key(member)
        beside = Put({**listed, "schema_version": SCHEMA_VERSION}) if has_seat else Delete(listed)
        expression = "SET has_seat = :seat, seat_since = :at, #member = :member, schema_version = :schema"
        self._update(member, expression, values, beside)

    def _update(self, member: str, expression: str, values: Mapping[str, Any], *beside: Put | Delete) -> None:
        self._table.transact([Update(_key(member), expression, Condition("", values, {"#member": "member"})), *beside])


def _key(member: str) -> dict[str, str]:
    return {"pk": f"MEMBER#{member}", "sk": _COVERAGE}


def _seat_key(member: str) -> dict[str, str]:
    return {"pk": f"SEATS#{zlib.crc32(member.encode()) % _PARTS:02d}", "sk": member}


def _answer_key(member: str, external_userid: str) -> dict[str, str]:
    return {"pk": f"MEMBER#{member}", "sk": f"ANSWER#{external_userid}"}


def _to_coverage(item: Mapping[str, Any]) -> MemberCoverage:
    return MemberCoverage(item["member"], item.get("has_seat", False), frozenset(item.get("refused", ())))


def _to_tally(item: Mapping[str, Any]) -> MemberTally:
    if "asked_at" not in item:
        return MemberTally(item["sk"])
    counts = (ConsentTally(**item[name]) for name in ("customers", "groups"))
    return MemberTally(item["sk"], clock.from_iso(item["asked_at"]), *counts)


def _to_answer(item: Mapping[str, Any]) -> Answer:
    return Answer(item["member"], item["external_userid"], ArchiveConsent(item["consent"]), clock.from_iso(item["at"]))
