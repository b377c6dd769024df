"""The state of the simulated corp, with the indexes its questions need; behaviour is elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from pydantic import TypeAdapter

from local.simulator.group_book import GroupBook
from local.simulator.model import (
    EXTERNAL,
    App,
    Customer,
    Department,
    ForeignSecret,
    Member,
    Relation,
    TagGroup,
    WorldDocument,
)
from local.simulator.sorted_keys import SortedKeys
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
        self._by_customer: dict[str, list[Relation]] = {}
        self._order: dict[str, SortedKeys[str]] = {}
        self._visible: dict[str, frozenset[str]] = {}
        self._services: dict[str, list[Member]] = {}
        self._load_relations(document.relations)
        self._check_members()

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "World":
        """Build from the JSON form.

        Raises:
            pydantic.ValidationError: wrong shape or an unknown field.
            WorldError: it names things that it does not hold.
        """
        return cls(_DOCUMENT.validate_python(document))

    @classmethod
    def from_text(cls, document: bytes) -> "World":
        """The same from JSON text, which a world of a million relations is better not turned into objects twice for."""
        return cls(_DOCUMENT.validate_json(document))

    def to_json(self) -> dict[str, Any]:
        """The JSON form; `from_json` of it is the same world."""
        dumped: dict[str, Any] = _DOCUMENT.dump_python(self._document(), mode="json")
        return dumped

    def to_text(self) -> bytes:
        """The same as JSON text."""
        return _DOCUMENT.dump_json(self._document())

    def _document(self) -> WorldDocument:
        foreign = self.foreign_secrets.items()
        return WorldDocument(
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
            foreign_secrets=[ForeignSecret(corp_id=corp_id, secret=secret) for secret, corp_id in foreign],
        )

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
        self._services.clear()

    def subtree(self, department_id: int) -> set[int]:
        return self._subtree([department_id])

    def service_members(self, app: App) -> list[Member]:
        """Members with the customer-contact function in the app's range, by userid."""
        if app.app not in self._services:
            serving = (member for member in self.members.values() if member.contact_service)
            found = (member for member in serving if self.sees(app, member.userid))
            self._services[app.app] = sorted(found, key=lambda member: member.userid)
        return self._services[app.app]

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

    def customers_of(self, userid: str) -> Sequence[str]:
        """The external userids of the member's relations, half-added ones included, in order."""
        folded = fold(userid)
        return self._order.setdefault(folded, SortedKeys()).read(self._by_member.get(folded, {}))

    def count_customers(self, userid: str) -> int:
        return len(self._by_member.get(fold(userid), {}))

    def followers_of(self, external_userid: str) -> list[Relation]:
        return list(self._by_customer.get(external_userid, ()))

    def relations(self, offset: int = 0) -> Iterator[Relation]:
        """All relations but the first ``offset``, passed over a member at a time."""
        for of_member in self._by_member.values():
            yield from islice(of_member.values(), offset, None)
            offset = max(0, offset - len(of_member))

    def count_relations(self) -> int:
        return sum(len(of_member) for of_member in self._by_member.values())

    def add_relation(self, relation: Relation) -> None:
        """Make the friendship, or replace it. Whoever is followed does not wait under the same userid any more."""
        folded, customer = fold(relation.userid), relation.external_userid
        self.remove_relation(folded, customer)
        self.unassigned.remove(folded, customer)
        if folded in self._order:
            self._order[folded].added(customer)
        self._by_member.setdefault(folded, {})[customer] = relation
        self._by_customer.setdefault(customer, []).append(relation)

    def remove_relation(self, userid: str, external_userid: str) -> Relation | None:
        folded = fold(userid)
        relation = self._by_member.get(folded, {}).pop(external_userid, None)
        if relation is not None:
            followers = self._by_customer[external_userid]
            self._by_customer[external_userid] = [row for row in followers if row is not relation]
            if folded in self._order:
                self._order[folded].removed(external_userid)
        return relation

    # Tags

    def tag(self, tag_id: str) -> tuple[TagGroup, Any] | None:
        """The living tag and its group."""
        for group in self.tag_groups.values():
            for tag in group.tag:
                if tag.id == tag_id and not tag.deleted:
                    return group, tag
        return None

    def _load_relations(self, relations: list[Relation]) -> None:
        """`add_relation` for a whole document: there may be a million of them, and nothing to replace."""
        for relation in relations:
            folded, customer = fold(relation.userid), relation.external_userid
            if folded not in self.members or customer not in self.customers:
                raise WorldError("a relation names an unknown member or customer")
            of_member = self._by_member.setdefault(folded, {})
            if customer in of_member:
                raise WorldError("a relation is given twice")
            if (folded, customer) in self.unassigned:
                raise WorldError("a customer is followed by and unassigned from the same userid")
            of_member[customer] = relation
            self._by_customer.setdefault(customer, []).append(relation)

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
