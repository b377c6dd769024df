"""Callbacks lost, late, out of order: a pass makes the table equal WeCom's and the next one finds no drift."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from scrm.contacts import ownership
from scrm.contacts.changes import Taken
from scrm.contacts.model import RelationState
from tests.fakes.contacts import T0, Contacts

HOUR = timedelta(hours=1)
STAFF, CUSTOMERS = ("rm_a", "rm_b", "rm_c"), ("wm1", "wm2")

# What happens, to whom, and when we are told of it: in hours from then, None never.
HAPPENINGS = st.tuples(
    st.sampled_from(["add", "delete", "unfollow", "transfer"]),
    st.sampled_from(STAFF),
    st.sampled_from(STAFF),
    st.sampled_from(CUSTOMERS),
    st.none() | st.integers(0, 5),
)


@settings(max_examples=300)
@given(st.lists(HAPPENINGS, max_size=12))
def test_pass_repairs_whatever_was_lost(happenings: list[tuple[str, str, str, str, int | None]]) -> None:
    contacts = Contacts()
    contacts.source.relations = {userid: {} for userid in STAFF}
    told = []
    for hour, (kind, userid, taker, customer, delay) in enumerate(happenings):
        if happen(contacts, kind, userid, taker, customer, hour) and delay is not None:
            told.append((hour + delay, hour, kind, userid, taker, customer))
    for _, hour, kind, userid, taker, customer in sorted(told):
        tell(contacts, kind, userid, taker, customer, hour)

    contacts.pass_over("run_1", T0 + 40 * HOUR)
    again = contacts.pass_over("run_2", T0 + 41 * HOUR)

    shown = {(userid, customer) for userid, rows in contacts.source.relations.items() for customer in rows}
    assert contacts.repository.live().keys() == shown
    assert again.counts.drift == 0
    for known in contacts.repository.customer_rows.values():
        following = ownership.followers_of(known)
        expected = {userid for userid, customer in shown if customer == known.external_userid}
        active = {userid for userid, standing in following.items() if standing.state is RelationState.ACTIVE}
        assert following.keys() == expected
        assert bool(known.owner_userid) == bool(following)
        assert known.owner_userid in (active or {*following, ""})


def happen(contacts: Contacts, kind: str, userid: str, taker: str, customer: str, hour: int) -> bool:
    """At WeCom; False when it cannot happen."""
    relations = contacts.source.relations
    if (customer in relations[userid]) is (kind == "add"):
        return False
    match kind:
        case "add":
            contacts.source.follow(userid, customer, T0 + hour * HOUR)
        case "delete":
            del relations[userid][customer]
        case "transfer":
            if taker == userid:
                return False
            del relations[userid][customer]
            if customer not in relations[taker]:
                contacts.source.follow(taker, customer, T0 + hour * HOUR)
    return True


def tell(contacts: Contacts, kind: str, userid: str, taker: str, customer: str, hour: int) -> None:
    at = T0 + hour * HOUR
    match kind:
        case "add":
            contacts.changes.added(userid, customer, at)
        case "delete":
            contacts.changes.deleted_by_member(userid, customer, at)
        case "unfollow":
            contacts.changes.deleted_by_customer(userid, customer, at)
        case _:
            contacts.changes.taken_over(Taken("case_1", userid, taker, (customer,), at, on_job=True))
