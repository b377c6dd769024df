"""The typed WeCom client: one attribute per family of the API.

Arguments are checked against `scrm.wecom.limits` before anything is sent, list calls follow their cursor, and errors
are those of `scrm.wecom.errors`. Retries, token and rate are the transport's business.
"""

from collections.abc import Callable

from scrm.wecom.api.address_book import AddressBook
from scrm.wecom.api.application_messages import ApplicationMessages
from scrm.wecom.api.call import Caller
from scrm.wecom.api.external_contacts import ExternalContacts
from scrm.wecom.api.group_chats import GroupChats
from scrm.wecom.api.inheritance import Inheritance
from scrm.wecom.api.mass_messages import MassMessages
from scrm.wecom.api.media import Media
from scrm.wecom.api.tags import Tags


class WecomClient:
    """``agent_id`` gives the app's number; it is asked only when an application message is sent."""

    def __init__(self, caller: Caller, agent_id: Callable[[], int] = lambda: 0) -> None:
        self.address_book = AddressBook(caller)
        self.external_contacts = ExternalContacts(caller)
        self.tags = Tags(caller)
        self.inheritance = Inheritance(caller)
        self.group_chats = GroupChats(caller)
        self.mass_messages = MassMessages(caller)
        self.media = Media(caller)
        self.application_messages = ApplicationMessages(caller, agent_id)
