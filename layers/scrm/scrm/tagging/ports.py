"""What automatic tags need from the outside world."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Protocol

from scrm.paging import Page
from scrm.tagging.model import LibraryTag, Newcomer, TagRule


class TagsRefusedError(Exception):
    """WeCom refused what was asked of it, for good."""

    def __init__(self, errcode: int) -> None:
        super().__init__("WeCom refused the tags")
        self.errcode = errcode


class TagGoneError(Exception):
    """The library no longer has one of the tags."""


class RelationGoneError(Exception):
    """The member does not follow the customer any more."""


class TagRules(Protocol):
    """The rules' part of the feature's table."""

    def find(self, rule_id: str) -> TagRule | None: ...

    def save(self, rule: TagRule) -> bool:
        """Store a rule over the revision before its own, a new one as revision 1; False when somebody was faster."""

    def of_node(self, node_id: str, cursor: str | None, limit: int) -> Page[TagRule]:
        """A node's own rules by id."""

    def released(self, node_ids: Sequence[str]) -> Sequence[TagRule]:
        """The released rules of these nodes."""


class Tallies(Protocol):
    """Whom a rule tagged."""

    def count(self, rule: TagRule, newcomer: Newcomer) -> bool:
        """Note that it tagged him, once per rule and customer; False when it was noted before."""

    def per_day(self, rule_id: str) -> dict[date, int]:
        """Customers by the day they came, in Shanghai."""


class TagLibrary(Protocol):
    """The corp's tags at WeCom. Raises TagsRefusedError."""

    def tags(self, *, fresh: bool = False) -> Sequence[LibraryTag]:
        """All living tags, perhaps as of some minutes ago unless ``fresh``."""

    def add(self, group: str, names: Sequence[str]) -> Sequence[LibraryTag]:
        """Tags of these names in the group, made where they lack."""

    def mark(self, userid: str, external_userid: str, tag_ids: Collection[str]) -> None:
        """Add tags to what the member's customer has. Raises TagGoneError, RelationGoneError."""


class RuleSubjects(Protocol):
    """What is known of whom a rule is about."""

    def path_of(self, userid: str) -> str | None:
        """The node path of a member; None for one nobody knows."""

    def tier_of(self, external_userid: str) -> str:
        """The bank's tier of a customer; empty when the bank has told none."""

    def tagged(self, userid: str, external_userid: str) -> None:
        """His tags changed at WeCom, which tells nobody of what the API does."""


class ProtectedTags(Protocol):
    """Tags that no rule sets."""

    def ids(self) -> Collection[str]:
        """Tags by which members tell an opt-out."""

    def groups(self) -> Collection[str]:
        """Groups whose tags the product itself maintains."""


class RuleJournal(Protocol):
    """The audit log, as far as rules go; a repeat of a step is the same entry."""

    def told(self, rule: TagRule, action: str, actor: str) -> None: ...
