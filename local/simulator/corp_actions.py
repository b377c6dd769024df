"""What people do in the client and the admin console; the control API's doors into the corp. These emit events."""

from typing import Any

from local.simulator import errors
from local.simulator.archive import ArchiveEngine
from local.simulator.callbacks import CallbackDispatcher
from local.simulator.events import CONTACT, EXTERNAL_CONTACT, Event, FieldValue
from local.simulator.model import (
    GROUP_INHERITING,
    GROUP_NORMAL,
    GROUP_OWNER_LEFT,
    MEMBER_LEFT,
    Customer,
    Department,
    Member,
    Relation,
    Unassigned,
)
from local.simulator.renames import rename_everywhere
from local.simulator.state import Simulation
from local.simulator.transfers import TransferEngine
from local.simulator.welcome import issue_welcome_code
from local.simulator.world import fold

_CONTROL = "control"
# Fields of a member that the address book shows, and so tells of; the rest are rules of the simulation.
_TOLD = {
    "name": "Name",
    "department": "Department",
    "main_department": "MainDepartment",
    "position": "Position",
    "is_leader_in_dept": "IsLeaderInDept",
    "direct_leader": "DirectLeader",
    "alias": "Alias",
    "telephone": "Telephone",
    "status": "Status",
}


class UnknownThingError(LookupError):
    """The control API was asked to change something that is not there."""


class CorpActions:
    def __init__(
        self,
        simulation: Simulation,
        dispatcher: CallbackDispatcher,
        transfers: TransferEngine,
        archive: ArchiveEngine,
    ) -> None:
        self._simulation = simulation
        self._dispatcher = dispatcher
        self._transfers = transfers
        self._archive = archive

    # Members

    def create_member(self, member: Member) -> None:
        world = self._simulation.world
        if world.member(member.userid) is not None or any(n not in world.departments for n in member.department):
            raise UnknownThingError("the userid is taken or a department is unknown")
        world.members[fold(member.userid)] = member
        if self._simulation.knobs.returned_owner_regains_groups:
            for group in world.groups.owned_by(member.userid):
                if group.status == GROUP_OWNER_LEFT:
                    group.status = GROUP_NORMAL
        world.structure_changed()
        self._note("member_created", userid=member.userid)
        self._tell_contact("create_user", member.userid, self._told_fields(member, _TOLD))

    def change_member(self, userid: str, changes: dict[str, Any]) -> Member:
        """Set fields; ``update_user`` tells of those that the address book shows."""
        member = self.member(userid)
        changes = changes | self._department_changes(member, changes)
        for name, value in changes.items():
            setattr(member, name, value)
        self._simulation.world.structure_changed()
        self._note("member_changed", userid=member.userid, detail=",".join(sorted(changes)))
        told = {name: element for name, element in _TOLD.items() if name in changes}
        if told:
            self._tell_contact("update_user", member.userid, self._told_fields(member, told))
        return member

    def rename_userid(self, userid: str, new_userid: str) -> None:
        """The one change of a userid that WeCom allows; everything that names the member follows."""
        world, member = self._simulation.world, self.member(userid)
        if world.member(new_userid) is not None and fold(new_userid) != fold(userid):
            raise UnknownThingError("the userid is taken")
        rename_everywhere(self._simulation, member.userid, new_userid)
        self._note("member_renamed", userid=userid, detail=new_userid)
        self._tell_contact("update_user", userid, {"NewUserID": new_userid}, about=new_userid)

    def delete_member(self, userid: str) -> Member:
        """Somebody leaves: customers wait to be assigned, groups wait for an owner, ``delete_user`` is told."""
        world, now = self._simulation.world, self._simulation.now()
        member = self.member(userid)
        self._transfers.member_left(userid, now)
        self._simulation.state.behaviour.forget(userid)
        del world.members[fold(userid)]
        member.status, member.left_at = MEMBER_LEFT, now
        world.departed[fold(userid)] = member
        for relation in world.relations_of(userid):
            world.remove_relation(userid, relation.external_userid)
            row = Unassigned(
                handover_userid=member.userid,
                external_userid=relation.external_userid,
                dimission_time=int(now),
                relation=relation,
            )
            world.unassigned.add(row)
            if relation.standing != "half":
                self._note("customer_unassigned", userid=member.userid, external_userid=relation.external_userid)
        for group in world.groups.owned_by(userid):
            if group.status != GROUP_INHERITING:  # on its way from an earlier account of this userid
                group.status = GROUP_OWNER_LEFT
        self._leave_departments(member, set(member.department))
        world.structure_changed()
        self._note("member_left", userid=member.userid)
        self._tell_contact("delete_user", member.userid, {})
        return member

    def member(self, userid: str) -> Member:
        member = self._simulation.world.member(userid)
        if member is None:
            raise UnknownThingError(f"no member {userid}")
        return member

    def _department_changes(self, member: Member, changes: dict[str, Any]) -> dict[str, Any]:
        """What follows from a move to other departments, where the request does not say it itself."""
        departments = changes.get("department", member.department)
        main = changes.get("main_department", member.main_department)
        if any(number not in self._simulation.world.departments for number in departments):
            raise UnknownThingError("a department is unknown")
        if main is not None and main not in departments and "main_department" in changes:
            raise UnknownThingError("the main department is none of the member's departments")
        if "department" not in changes:
            return {}
        leads = self._leave_departments(member, set(member.department) - set(departments))
        follows = {"is_leader_in_dept": [int(number in leads) for number in departments], "order": []}
        if main not in departments and departments:
            follows["main_department"] = departments[0]
        return {name: value for name, value in follows.items() if name not in changes}

    def _leave_departments(self, member: Member, left: set[int]) -> set[int]:
        """Nobody leads a department that they are not in; those that the member still leads."""
        leads = set()
        for department in self._simulation.world.departments.values():
            if member.userid in department.department_leader:
                if department.id in left:
                    department.department_leader.remove(member.userid)
                else:
                    leads.add(department.id)
        return leads

    # Departments

    def set_leaders(self, department_id: int, userids: list[str]) -> Department:
        """Who leads the department; ``update_user`` tells of every member whose flag changed."""
        world = self._simulation.world
        department = world.departments.get(department_id)
        leaders = [self.member(userid) for userid in userids]
        if department is None or any(department_id not in leader.department for leader in leaders):
            raise UnknownThingError("the department is unknown or a leader is not in it")
        department.department_leader = [leader.userid for leader in leaders]
        for member in world.members.values():
            if department_id in member.department:
                self._set_leader_flag(member, department)
        return department

    def _set_leader_flag(self, member: Member, department: Department) -> None:
        departments = self._simulation.world.departments
        flags = [int(member.userid in departments[number].department_leader) for number in member.department]
        before = dict(zip(member.department, member.is_leader_in_dept, strict=False))
        if flags[member.department.index(department.id)] != before.get(department.id, 0):
            self.change_member(member.userid, {"is_leader_in_dept": flags})

    def put_department(self, department: Department) -> None:
        """Create or change a department, told as ``create_party`` or ``update_party``."""
        world = self._simulation.world
        known = department.id in world.departments
        if department.parentid not in world.departments and department.parentid != 0:
            raise UnknownThingError("the parent department is unknown")
        world.departments[department.id] = department
        world.structure_changed()
        fields: dict[str, FieldValue] = {
            "Id": department.id,
            "Name": department.name,
            "ParentId": department.parentid,
            "Order": department.order,
        }
        if known:
            del fields["Order"]
        self._note("department_changed" if known else "department_created", detail=str(department.id))
        self._dispatcher.emit(Event(CONTACT, "update_party" if known else "create_party", fields))

    def delete_department(self, department_id: int) -> None:
        world = self._simulation.world
        in_use = any(department_id in member.department for member in world.members.values())
        if department_id not in world.departments or in_use or len(world.subtree(department_id)) > 1:
            raise UnknownThingError("the department is unknown or not empty")
        del world.departments[department_id]
        world.structure_changed()
        self._note("department_deleted", detail=str(department_id))
        self._dispatcher.emit(Event(CONTACT, "delete_party", {"Id": department_id}))

    # Customers

    def add_customer(self, relation: Relation, customer: Customer | None = None) -> str | None:
        """A customer adds a member; the welcome code, if one is given."""
        world = self._simulation.world
        member = self.member(relation.userid)
        if customer is not None:
            world.customers.setdefault(customer.external_userid, customer)
        if relation.external_userid not in world.customers:
            raise UnknownThingError("no such customer")
        relation.userid = member.userid
        world.add_relation(relation)
        self._simulation.state.behaviour.add(relation)
        self._note("relation_added", userid=member.userid, external_userid=relation.external_userid)
        if not member.contact_service:
            return None
        more: dict[str, FieldValue] = {"State": relation.state} if relation.state else {}
        code = None
        if not member.console_welcome:
            code = issue_welcome_code(self._simulation, member.userid, relation.external_userid)
            more["WelcomeCode"] = code
        half = relation.standing == "half"
        change_type = "add_half_external_contact" if half else "add_external_contact"
        self._tell_customer(change_type, relation, more)
        return code

    def change_relation(self, userid: str, external_userid: str, changes: dict[str, Any]) -> Relation:
        """The member edits the customer in the client. A changed phone number alone is not told (3.1)."""
        relation = self.relation(userid, external_userid)
        for name, value in changes.items():
            setattr(relation, name, value)
        self._note("relation_changed", userid=relation.userid, external_userid=external_userid)
        if set(changes) & {"remark", "description", "tag_ids", "remark_corp_name"}:
            self._tell_customer("edit_external_contact", relation, {})
        if "archive_consent" in changes:
            self._archive.consent_changed(relation)
        if changes.get("archive_consent") == "agreed":
            self._tell_archive_consent(relation)
        return relation

    def _tell_archive_consent(self, relation: Relation) -> None:
        """With a welcome code of its own, unless the chat has started or the console greets."""
        more: dict[str, FieldValue] = {}
        if not relation.chat_started and not self.member(relation.userid).console_welcome:
            more["WelcomeCode"] = issue_welcome_code(self._simulation, relation.userid, relation.external_userid)
        self._tell_customer("msg_audit_approved", relation, more)

    def remove_by_member(self, userid: str, external_userid: str) -> None:
        relation = self.relation(userid, external_userid)
        self._simulation.world.remove_relation(userid, external_userid)
        self._note("relation_removed", userid=relation.userid, external_userid=external_userid, detail="by member")
        self._tell_customer("del_external_contact", relation, {})

    def remove_by_customer(self, userid: str, external_userid: str) -> None:
        """The customer deletes the member: a one-way relation is left, calls for it still work (1.5)."""
        relation = self.relation(userid, external_userid)
        if relation.standing != "customer_deleted":
            self._simulation.state.behaviour.lose(userid, self._simulation.now())
        relation.standing = "customer_deleted"
        self._note("relation_one_way", userid=relation.userid, external_userid=external_userid, detail="by customer")
        self._tell_customer("del_follow_user", relation, {})

    def relation(self, userid: str, external_userid: str) -> Relation:
        relation = self._simulation.world.relation(userid, external_userid)
        if relation is None:
            raise UnknownThingError(f"{userid} does not follow this customer")
        return relation

    # Tokens and trust

    def change_trusted_ips(self, app: str, ips: list[str]) -> None:
        """Takes effect after the knob's delay, as the console's change does (60020)."""
        self._simulation.state.pending_trusted_ips[app] = ips
        due = self._simulation.now() + self._simulation.knobs.trusted_ip_delay_seconds
        self._simulation.timeline.schedule(due, "trusted_ips_due", app=app)

    async def trusted_ips_due(self, at: float, args: dict[str, Any]) -> None:  # noqa: ARG002 - the handlers' shape
        ips = self._simulation.state.pending_trusted_ips.pop(args["app"], None)
        app = self._simulation.world.apps.get(args["app"])
        if ips is not None and app is not None:
            app.trusted_ips = ips

    def revoke_tokens(self, app: str | None, errcode: int = errors.BAD_TOKEN) -> int:
        return self._simulation.state.tokens.revoke(app, errcode)

    # Telling

    def _told_fields(self, member: Member, names: dict[str, str]) -> dict[str, FieldValue]:
        fields: dict[str, FieldValue] = {}
        for name, element in names.items():
            value = getattr(member, name)
            if isinstance(value, list):
                fields[element] = ",".join(str(item) for item in value)
            elif value is not None and value != "":
                fields[element] = value
        return fields

    def _tell_contact(
        self, change_type: str, userid: str, fields: dict[str, FieldValue], about: str | None = None
    ) -> None:
        event = Event(CONTACT, change_type, {"UserID": userid, **fields}, about=about or userid)
        self._dispatcher.emit(event)

    def _tell_customer(self, change_type: str, relation: Relation, more: dict[str, FieldValue]) -> None:
        fields = {"UserID": relation.userid, "ExternalUserID": relation.external_userid, **more}
        self._dispatcher.emit(Event(EXTERNAL_CONTACT, change_type, fields, about=relation.userid))

    def _note(
        self, kind: str, *, userid: str | None = None, external_userid: str | None = None, detail: str | None = None
    ) -> None:
        self._simulation.ledger.changed(
            self._simulation.now(), kind, _CONTROL, userid=userid, external_userid=external_userid, detail=detail
        )
