"""What the contacts feature needs from the outside world."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from scrm.contacts.model import GroupChat, Relation


class CustomerSource(Protocol):
    """WeCom's own lists of relations and group chats."""

    def members_serving_customers(self) -> list[str]:
        """Members with the customer-contact function, folded userids."""

    def relations_of(self, userids: Sequence[str]) -> Iterator[Relation]:
        """Every relation of these members, all pages."""

    def groups_of(self, userid: str) -> Iterator[str]:
        """The chat ids the member owns, all pages."""

    def group(self, chat_id: str) -> GroupChat | None:
        """One group chat; None when WeCom no longer knows it as a customer group."""


class ContactRepository(Protocol):
    """The relation table."""

    def relations_of(self, userid: str) -> Iterator[Relation]:
        """Relations that have not ended."""

    def put_relation(self, relation: Relation) -> bool:
        """Store unless a newer state is known; False when it was older."""

    def put_relations(self, relations: Sequence[Relation]) -> int:
        """As `put_relation` for many; how many were stored."""

    def end_relation(self, userid: str, external_userid: str, at: datetime) -> bool:
        """Mark as ended unless a newer state is known; False when it was."""

    def groups_of(self, userid: str) -> Iterator[GroupChat]: ...

    def group(self, chat_id: str) -> GroupChat | None: ...

    def put_group(self, group: GroupChat) -> None:
        """Store the group under its owner and remove it from an owner known before."""

    def remove_group(self, chat_id: str) -> None: ...

    def take_over(self, handover_userid: str, relations: Sequence[Relation]) -> None:
        """Move customers: the leaver's rows go, the given rows come unless one is there already."""
