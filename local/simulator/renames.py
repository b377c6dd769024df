"""A userid changes: everything that names the member follows, what waits and what was done alike."""

from collections.abc import Iterable

from local.simulator.group_transfers import INHERITANCE_DUE
from local.simulator.model import Group
from local.simulator.state import Simulation
from local.simulator.world import World, fold


def rename_everywhere(simulation: Simulation, old: str, new: str) -> None:
    """Give the present member ``old`` the userid ``new``. Customers and groups that an earlier holder of ``old`` left
    behind stay with that departed account."""
    world, state = simulation.world, simulation.state
    member = world.members.pop(fold(old))
    member.userid = new
    world.members[fold(new)] = member
    _rename_in_relations(world, old, new)
    _rename_in_organisation(world, old, new)
    for group in world.groups.owned_by(old):
        world.groups.set_owner(group, new)
    _rename_in_groups(world.groups, old, new)
    state.transfers.rename(old, new)
    state.messages.rename(old, new)
    state.mass.rename(old, new)
    state.contact_ways.rename(old, new)
    state.moments.rename(old, new)
    state.archive.rename(old, new)
    state.behaviour.rename(old, new)
    state.group_history.rename(old, new)
    _rename_in_groups((group for _, group in state.group_history.dismissed), old, new)
    _rename_in_group_transfers(simulation, old, new)
    for code in state.welcome_codes.values():
        code.userid = _renamed(code.userid, old, new)
    world.structure_changed()


def _rename_in_relations(world: World, old: str, new: str) -> None:
    relations = [row for row in world.relations_of(old) if world.remove_relation(old, row.external_userid)]
    for relation in relations:
        relation.userid = new
        world.add_relation(relation)
    for relation in world.relations():
        relation.oper_userid = _renamed(relation.oper_userid, old, new)


def _rename_in_organisation(world: World, old: str, new: str) -> None:
    for department in world.departments.values():
        department.department_leader = [_renamed(userid, old, new) for userid in department.department_leader]
    for member in world.members.values():
        member.direct_leader = [_renamed(userid, old, new) for userid in member.direct_leader]
    for app in world.apps.values():
        app.visible_userids = [_renamed(userid, old, new) for userid in app.visible_userids]


def _rename_in_groups(groups: Iterable[Group], old: str, new: str) -> None:
    for group in groups:
        group.owner = _renamed(group.owner, old, new)
        group.admins = [_renamed(userid, old, new) for userid in group.admins]
        for row in group.members:
            row.userid = _renamed(row.userid, old, new)
            row.invitor = _renamed(row.invitor, old, new) if row.invitor else row.invitor


def _rename_in_group_transfers(simulation: Simulation, old: str, new: str) -> None:
    used = simulation.state.group_transfers
    for day, owner in [key for key in used if key[1] == fold(old)]:
        count = used.pop((day, owner))
        used[day, fold(new)] = used.get((day, fold(new)), 0) + count
    for entry in simulation.timeline.pending(INHERITANCE_DUE):
        entry.args["new_owner"] = _renamed(entry.args["new_owner"], old, new)


def _renamed(userid: str, old: str, new: str) -> str:
    return new if fold(userid) == fold(old) else userid
