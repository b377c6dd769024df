"""Which kind of app may call what (section 8): the 48002 matrix."""

from local.simulator import errors
from local.simulator.api.call import Access
from local.simulator.knobs import Knobs
from local.simulator.model import App


def refusal(app: App, access: Access, knobs: Knobs) -> int:
    """0, 48002, or 48009 for the contacts-sync secret that may read ids only from a new IP."""
    if access == "any":
        return errors.OK
    if access == "address_book" and app.kind == "contacts_sync":
        return errors.SYNC_NEW_IP
    allowed = {
        "address_book": app.kind == "self_built",
        "member_ids": app.kind == "contacts_sync",
        "customer": (app.kind == "self_built" and app.external_contact_listed)
        or (app.kind == "external_contact_system" and knobs.system_secret_allowed),
        "message": app.kind == "self_built",
        "archive": app.kind == "archive",
    }
    return errors.OK if allowed[access] else errors.API_NOT_PERMITTED
