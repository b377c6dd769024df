"""Members who left and what our own tables still hold of them, branch by branch."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Final

from scrm.contacts.ports import RelationReader
from scrm.node_paths import branch_of, path_to
from scrm.org.model import MemberStatus
from scrm.org.ports import AddressBookSource, OrgRepository
from scrm.wecom.handover_errors import HandoverErrors

# Each costs a query of his relations.
MEMBERS_PER_PAGE: Final = 100


class DepartedFromBranches:
    """Implements `scrm.handover.orphans.DepartedMembers`: WeCom names the branches, our table their members.

    The cursor is a branch and the last member looked at in it.
    """

    def __init__(
        self, address_book: AddressBookSource, org: OrgRepository, contacts: RelationReader, errors: HandoverErrors
    ) -> None:
        self._address_book = address_book
        self._org = org
        self._contacts = contacts
        self._errors = errors

    def page(self, cursor: str) -> tuple[list[str], str]:
        branch_id, after = json.loads(cursor) if cursor else ("", "")
        upcoming = [branch for branch in self._branches() if branch >= branch_id]
        if not upcoming:
            return [], ""
        after = after if upcoming[0] == branch_id else ""
        found = list(islice(self._departed(upcoming[0], after), MEMBERS_PER_PAGE))
        if len(found) == MEMBERS_PER_PAGE:
            return found, json.dumps([upcoming[0], found[-1]])
        return found, json.dumps([upcoming[1], ""]) if upcoming[1:] else ""

    def customers_of(self, userid: str) -> Iterator[str]:
        for relation in self._contacts.relations_of(userid):
            yield relation.external_userid

    def _branches(self) -> list[str]:
        departments = self._errors.asked(self._address_book.departments)
        parents = {department.department_id: department.parent_id for department in departments}
        return sorted({branch_of(path_to(department_id, parents)) for department_id in parents})

    def _departed(self, branch_id: str, after: str) -> Iterator[str]:
        """By userid, as the index has them."""
        for member in self._org.members_of_branch(branch_id):
            if member.status is MemberStatus.LEFT and member.userid > after:
                yield member.userid
