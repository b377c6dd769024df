"""A customer as the caller may see him: he is where his owner sits."""

from scrm.contacts.queries import CustomerView
from scrm.node_paths import ROOT_PATH
from scrm.runtime.http.problems import NoSuchThingError
from scrm.runtime.http.routing import current_caller
from scrm.runtime.wiring import admin_api as wiring


def visible_customer(external_userid: str) -> CustomerView:
    """Raises NoSuchThingError."""
    found = wiring.contact_queries().customer(external_userid)
    if found is None or not current_caller().sees(place_of(found)):
        raise NoSuchThingError("customer")
    return found


def place_of(customer: CustomerView) -> str:
    """Where he belongs: head office when nobody answers for him."""
    userid = answerable(customer)
    return wiring.member_places().paths_of([userid]).get(userid, ROOT_PATH)


def answerable(customer: CustomerView) -> str:
    return customer.owner_userid or customer.managing_userid
