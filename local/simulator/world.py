"""The state of the simulated corp, with the indexes its questions need; behaviour is elsewhere."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import TypeAdapter

from local.simulator.group_book import GroupBook
from local.simulator.model import (
    EXTERNAL,
    App,
    Customer,
    Department,
    Member,
    Relation,
    TagGroup,
    WorldDocument,
)
from local.simulator.unassigned_pool import UnassignedPool

ROOT_DEPARTMENT = 1
_DOCUMENT = TypeAdapter(WorldDocument)


class WorldError(ValueError):
    """The world document contradicts itself, for example a relation of nobody."""


class World:
    """Members are found by userid in any case, as in WeCom."""

    def __init__(self, document: WorldDocument) -> None:
        self.corp_id = document.corp_id
        self.corp_name = document.corp_name
        self.apps: dict[str, App] = {app.app: app for app in document.apps}
        self.foreign_secrets = {foreign.secret: foreign.corp_id for foreign in document.foreign_secrets}
        self.departments: dict[int, Department] = {department.id: department for department in document.departments}
        self.members: dict[str, Member] = {fold(member.userid): member for member in document.members}
        self.departed: dict[str, Member] = {fold(member.userid): member for member in document.departed}
        self.customers: dict[str, Customer] = {customer.external_userid: customer for customer in document.customers}
        self.tag_groups: dict[str, TagGroup] = {group.group_id: group for group in document.tag_groups}
        self.groups = GroupBook(document.groups)
        self.unassigned = UnassignedPool(document.unassigned)
        self._by_member: dict[str, dict[str, Relation]] = {}
        self._by_customer: dict[str, dict[str, Relation]] = {}
        self._visible: dict[str, frozenset[str]] = {}
        for relation in document.relations:
            self._check_relation(relation)
            self.add_relation(relation)
        self._check_members()

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "World":
        """Build from the JSON form.

        Raises:
            pydantic.ValidationError: wrong shape or an unknown field.
            WorldError: it names things that it does not hold.
        """
        return cls(_DOCUMENT.validate_python(document))

    def to_json(self) -> dict[str, Any]:
        """The JSON form; `from_json` of it is the same world."""
        document = WorldDocument(
            corp_id=self.corp_id,
            corp_name=self.corp_name,
            apps=list(self.apps.values()),
            departments=list(self.departments.values()),
            members=list(self.members.values()),
            departed=list(self.departed.values()),
            customers=list(self.customers.values()),
            relations=list(self.relations()),
            unassigned=self.unassigned.all_rows(),
            tag_groups=list(self.tag_groups.values()),
            groups=list(self.groups),
        )
        dumped: dict[str, Any] = _DOCUMENT.dump_python(document, mode="json")
        foreign = self.foreign_secrets.items()
        dumped["foreign_secrets"] = [{"corp_id": corp_id, "secret": secret} for secret, corp_id in foreign]
        return dumped

    # Members and who may see them

    def member(self, userid: str) -> Member | None:
        """An existing member in any state but left."""
        return self.members.get(fold(userid))

    def leaver(self, userid: str) -> Member | None:
        """Somebody who left and was not taken on again under the same userid."""
        return None if fold(userid) in self.members else self.departed.get(fold(userid))

    def sees(self, app: App, userid: str) -> bool:
        """Whether the member, present or departed, is in the app's visible range."""
        if app.app not in self._visible:
            self._visible[app.app] = frozenset(self._visible_userids(app))
        return fold(userid) in self._visible[app.app]

    def sees_department(self, app: App, department_id: int) -> bool:
        return department_id in self._subtree(app.visible_departments)

    def visible_departments(self, app: App) -> list[Department]:
        return [self.departments[number] for number in sorted(self._subtree(app.visible_departments))]

    def structure_changed(self) -> None:
        """To be called after any change of members, departments or an app's range."""
        self._visible.clear()

    def subtree(self, department_id: int) -> set[int]:
        return self._subtree([department_id])

    def service_members(self, app: App) -> list[Member]:
        """Members with the customer-contact function in the app's range, by userid."""
        found = (member for member in self.members.values() if member.contact_service and self.sees(app, member.userid))
        return sorted(found, key=lambda member: member.userid)

    def _visible_userids(self, app: App) -> Iterator[str]:
        yield from (fold(userid) for userid in app.visible_userids)
        departments = self._subtree(app.visible_departments)
        for folded, member in [*self.departed.items(), *self.members.items()]:
            if departments.intersection(member.department):
                yield folded

    def _subtree(self, roots: Iterable[int]) -> set[int]:
        children: dict[int, list[int]] = {}
        for department in self.departments.values():
            children.setdefault(department.parentid, []).append(department.id)
        found: set[int] = set()
        todo = [number for number in roots if number in self.departments]
        while todo:
            number = todo.pop()
            if number not in found:
                found.add(number)
                todo.extend(children.get(number, ()))
        return found

    # Relations

    def relation(self, userid: str, external_userid: str) -> Relation | None:
        return self._by_member.get(fold(userid), {}).get(external_userid)

    def relations_of(self, userid: str) -> list[Relation]:
        """The member's relations in the order they were made."""
        return list(self._by_member.get(fold(userid), {}).values())

    def count_customers(self, userid: str) -> int:
        return len(self._by_member.get(fold(userid), {}))

    def followers_of(self, external_userid: str) -> list[Relation]:
        return list(self._by_customer.get(external_userid, {}).values())

    def relations(self) -> Iterator[Relation]:
        for of_member in self._by_member.values():
            yield from of_member.values()

    def add_relation(self, relation: Relation) -> None:
        """Make the friendship, or replace it. Whoever is followed does not wait under the same userid any more."""
        folded = fold(relation.userid)
        self.unassigned.remove(folded, relation.external_userid)
        self._by_member.setdefault(folded, {})[relation.external_userid] = relation
        self._by_customer.setdefault(relation.external_userid, {})[folded] = relation

    def remove_relation(self, userid: str, external_userid: str) -> Relation | None:
        relation = self._by_member.get(fold(userid), {}).pop(external_userid, None)
        if relation is not None:
            del self._by_customer[external_userid][fold(userid)]
        return relation

    # Tags

    def tag(self, tag_id: str) -> tuple[TagGroup, Any] | None:
        """The living tag and its group."""
        for group in self.tag_groups.values():
            for tag in group.tag:
                if tag.id == tag_id and not tag.deleted:
                    return group, tag
        return None

    def _check_relation(self, relation: Relation) -> None:
        if self.member(relation.userid) is None or relation.external_userid not in self.customers:
            raise WorldError("a relation names an unknown member or customer")
        if self.relation(relation.userid, relation.external_userid) is not None:
            raise WorldError("a relation is given twice")
        if (fold(relation.userid), relation.external_userid) in self.unassigned:
            raise WorldError("a customer is followed by and unassigned from the same userid")

    def _check_members(self) -> None:
        if any(number not in self.departments for member in self.members.values() for number in member.department):
            raise WorldError("a member is in an unknown department")
        for group in self.groups:
            if self.member(group.owner) is None and self.leaver(group.owner) is None:
                raise WorldError("a group chat has an unknown owner")
            outsiders = (row.userid for row in group.members if row.type == EXTERNAL)
            if any(userid not in self.customers for userid in outsiders):
                raise WorldError("a group chat has an unknown customer")


def fold(userid: str) -> str:
    """userids are compared without regard to case."""
    return userid.lower()


def empty_world(corp_id: str = "wwSIMCORP0000001") -> World:
    """A corp of one department and nobody in it."""
    return World(WorldDocument(corp_id=corp_id, departments=[Department(id=ROOT_DEPARTMENT, name="总行")]))
