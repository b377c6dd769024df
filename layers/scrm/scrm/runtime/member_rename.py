"""A member got another userid: told to every feature that names members."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel

from scrm.contacts.messages import MemberRenamed
from scrm.handover.rename import CaseRename
from scrm.org.rename import MemberRenames


class ContactMessages(Protocol):
    """The contact queue, whose function renames relations, groups and tasks in steps."""

    def send(self, messages: Iterable[BaseModel]) -> None: ...


@dataclass(frozen=True, slots=True)
class MemberRename:
    """Use case: the organisation first, so that late news of the old userid goes to the new one; then who names him."""

    org: MemberRenames
    cases: CaseRename
    contacts: ContactMessages

    def rename(self, old: str, new: str, at: datetime) -> str:
        """The userid that the member has now: another one when this rename was overtaken by a later one."""
        present = self.org.rename(old, new, at)
        self.cases.rename(old, present)
        self.contacts.send([MemberRenamed(old_userid=old, new_userid=new, at=at)])
        return present
