"""What customers do with contact ways: they scan one and add the member it leads to, or open a temporary session."""

from dataclasses import dataclass

from local.simulator.contact_ways import ContactWay, TemporaryChat, people_of
from local.simulator.corp_actions import CorpActions, UnknownThingError
from local.simulator.model import ADD_WAY_QR, Customer, Member, Relation
from local.simulator.state import Simulation


@dataclass(frozen=True, slots=True)
class Scanned:
    """Whom the customer met. The welcome code is None when nobody was added or there is none."""

    userid: str
    welcome_code: str | None
    temporary: bool


class ContactActions:
    def __init__(self, simulation: Simulation, actions: CorpActions) -> None:
        self._simulation = simulation
        self._actions = actions

    def scan(self, config_id: str, external_userid: str, customer: Customer | None = None) -> Scanned:
        """The customer adds the member, with the contact way's ``state``; or talks to them, if it is a temporary one.

        Without ``skip_verify`` the member is taken to agree at once.
        """
        state, now = self._simulation.state, self._simulation.now()
        way = state.contact_ways.by_id.get(config_id)
        if way is None or not way.is_alive(now):
            raise UnknownThingError("no such contact way (any more)")
        member = self._next_member(way)
        if way.is_temp:
            ends_at = now + way.chat_expires_in_seconds
            chat = TemporaryChat(
                config_id=config_id, userid=member.userid, external_userid=external_userid, ends_at=ends_at
            )
            state.contact_ways.chats.append(chat)
            self._simulation.ledger.changed(
                now, "temporary_chat_opened", "control", userid=member.userid, external_userid=external_userid
            )
            return Scanned(member.userid, None, temporary=True)
        relation = Relation(
            userid=member.userid,
            external_userid=external_userid,
            createtime=int(now),
            add_way=ADD_WAY_QR,
            state=way.state or None,
        )
        return Scanned(member.userid, self._actions.add_customer(relation, customer), temporary=False)

    def _next_member(self, way: ContactWay) -> Member:
        """Of several they take turns; who left or serves no customers any more is passed over."""
        people = people_of(self._simulation.world, way.user, way.party)
        if not people:
            raise UnknownThingError("the contact way leads to nobody")
        way.turns += 1
        return people[(way.turns - 1) % len(people)]
