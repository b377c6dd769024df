"""The bank's customer master: which relationship manager manages which customer (S21).

A CSV file, read line by line. Only two columns count and both are ASCII, so UTF-8 and GB18030 need not be told apart:
in neither is a comma, a quote or a line end part of another character. Reasons name column and rule, never content.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from scrm import ids
from scrm.contacts import ownership
from scrm.contacts.model import Customer, MasterRow
from scrm.contacts.ports import ContactRepository, CustomerNumbers
from scrm.contacts.writer import CustomerWriter, Wanted

COLUMNS: Final = ("external_userid", "userid")
NUMBER_COLUMN: Final = "customer_number"
"""The bank's own number of the customer; a file may go without."""
NUMBER: Final = r"[A-Za-z0-9][A-Za-z0-9-]{3,39}"
_NUMBER = re.compile(NUMBER)
_EXTERNAL_USERID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_USERID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
NO_NUMBERS: Final[Mapping[str, str]] = {}
_BOM = b"\xef\xbb\xbf"


class MasterRefusedError(Exception):
    """The whole file is refused; the text says why and what to do."""


class MasterRowError(Exception):
    """One row cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class MasterColumns:
    """Where the columns are, and how many columns there are; ``number`` is -1 where nobody tells it."""

    external_userid: int
    userid: int
    width: int
    number: int = -1

    @classmethod
    def of(cls, line: bytes) -> "MasterColumns":
        """From the file's first line. Raises MasterRefusedError."""
        try:
            names = [cell.strip().lower() for cell in _cells(line.removeprefix(_BOM))]
        except MasterRowError:
            names = []
        wrong = [column for column in COLUMNS if names.count(column) != 1]
        if wrong:
            raise MasterRefusedError(f"The first line must name these columns once each: {', '.join(wrong)}.")
        if names.count(NUMBER_COLUMN) > 1:
            raise MasterRefusedError(f"The first line may name this column once: {NUMBER_COLUMN}.")
        number = names.index(NUMBER_COLUMN) if NUMBER_COLUMN in names else -1
        return cls(names.index(COLUMNS[0]), names.index(COLUMNS[1]), len(names), number)

    def row(self, line: bytes) -> tuple[str, str, str]:
        """Customer, managing RM, and the bank's number of the customer, empty where the file has none.

        Raises MasterRowError.
        """
        cells = _cells(line)
        if len(cells) != self.width:
            raise MasterRowError(f"the row has {len(cells)} cells, the header has {self.width}")
        customer, userid = cells[self.external_userid].strip(), cells[self.userid].strip()
        if not _EXTERNAL_USERID.fullmatch(customer):
            raise MasterRowError("external_userid: it must be WeCom's id of a customer")
        if not _USERID.fullmatch(userid):
            raise MasterRowError("userid: it must be a userid of WeCom, 1 to 64 letters, digits and _ - @ .")
        number = cells[self.number].strip() if self.number >= 0 else ""
        if number and not _NUMBER.fullmatch(number):
            raise MasterRowError(f"{NUMBER_COLUMN}: it must have 4 to 40 letters, digits and -")
        return customer, ids.fold_userid(userid), number


@dataclass(frozen=True, slots=True)
class MasterImport:
    """Use case of rows of the master's file of ``as_of``; they may come twice, late, and in any order.

    A row is written when it says something new: another RM, or the same one after a handover or an assignment, which
    it then confirms or contradicts. Customers whom nobody follows are left out, until they are followed.
    """

    repository: ContactRepository
    writer: CustomerWriter
    numbers: CustomerNumbers

    def take(self, rows: Mapping[str, str], as_of: datetime, numbers: Mapping[str, str] = NO_NUMBERS) -> int:
        """At most 100 customers and their RMs in one read; how many had something new. ``numbers`` by customer."""
        known = self.repository.read(customers=list(rows), aliases=sorted(set(rows.values())))
        wanted = []
        for external_userid, userid in rows.items():
            alias = known.aliases.get(userid)
            row = MasterRow((alias and alias.new_userid) or userid, as_of)
            customer = known.customers.get(external_userid)
            if customer is not None and _is_news(customer, row):
                wanted.append(Wanted(external_userid, partial(ownership.with_master, row=row)))
        if wanted:
            self.writer.apply(wanted, known)
        if told := {each: number for each, number in numbers.items() if each in known.customers}:
            self.numbers.note(told, as_of)
        return len(wanted)


def _is_news(customer: Customer, row: MasterRow) -> bool:
    known = customer.master
    if known is None:
        return True
    if known.as_of >= row.as_of:
        return False
    return known.userid != row.userid or any(claim.at > known.as_of for claim in customer.claims)


def _cells(line: bytes) -> list[str]:
    try:
        return next(csv.reader((line.decode("latin-1").rstrip("\r\n"),), strict=True), [])
    except csv.Error:
        raise MasterRowError("the row is not valid CSV; check its quotes") from None
