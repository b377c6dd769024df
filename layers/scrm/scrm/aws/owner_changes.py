"""What other features' tables write when a customer's owner changes."""

from collections.abc import Sequence
from typing import Protocol

from scrm.aws.table import Put, Table

type OwnerChange = tuple[str, str, str, int]
"""The customer, from whom, to whom, and the customer's version after it."""


class OwnerNotes(Protocol):
    """What another feature's table keeps with a customer's owner, and writes when the owner changes."""

    table: Table

    def puts(self, changes: Sequence[OwnerChange]) -> list[Put]:
        """All together at most `scrm.contacts.ports.notes_of` the changes."""
