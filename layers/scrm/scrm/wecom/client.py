"""The typed WeCom client: one attribute per family of the API, loaded when first asked.

Arguments are checked against `scrm.wecom.limits` before anything is sent, list calls follow their cursor, and errors
are those of `scrm.wecom.errors`. Retries, token and rate are the transport's business.
"""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from scrm.wecom.api.call import Caller

if TYPE_CHECKING:
    from scrm.wecom.api.address_book import AddressBook
    from scrm.wecom.api.application_messages import ApplicationMessages
    from scrm.wecom.api.contact_ways import ContactWays
    from scrm.wecom.api.conversation_archive import ConversationArchive
    from scrm.wecom.api.external_contacts import ExternalContacts
    from scrm.wecom.api.group_chats import GroupChats
    from scrm.wecom.api.inheritance import Inheritance
    from scrm.wecom.api.intercept_rules import InterceptRules
    from scrm.wecom.api.mass_messages import MassMessages
    from scrm.wecom.api.media import Media
    from scrm.wecom.api.moments import Moments
    from scrm.wecom.api.statistics import Statistics
    from scrm.wecom.api.tags import Tags
    from scrm.wecom.api.welcome import WelcomeMessages


class WecomClient:
    """``agent_id`` gives the app's number; it is asked only when an application message is sent."""

    def __init__(self, caller: Caller, agent_id: Callable[[], int] = lambda: 0) -> None:
        self._caller = caller
        self._agent_id = agent_id

    @cached_property
    def address_book(self) -> "AddressBook":
        from scrm.wecom.api.address_book import AddressBook  # noqa: PLC0415

        return AddressBook(self._caller)

    @cached_property
    def external_contacts(self) -> "ExternalContacts":
        from scrm.wecom.api.external_contacts import ExternalContacts  # noqa: PLC0415

        return ExternalContacts(self._caller)

    @cached_property
    def statistics(self) -> "Statistics":
        from scrm.wecom.api.statistics import Statistics  # noqa: PLC0415

        return Statistics(self._caller)

    @cached_property
    def tags(self) -> "Tags":
        from scrm.wecom.api.tags import Tags  # noqa: PLC0415

        return Tags(self._caller)

    @cached_property
    def inheritance(self) -> "Inheritance":
        from scrm.wecom.api.inheritance import Inheritance  # noqa: PLC0415

        return Inheritance(self._caller)

    @cached_property
    def group_chats(self) -> "GroupChats":
        from scrm.wecom.api.group_chats import GroupChats  # noqa: PLC0415

        return GroupChats(self._caller)

    @cached_property
    def mass_messages(self) -> "MassMessages":
        from scrm.wecom.api.mass_messages import MassMessages  # noqa: PLC0415

        return MassMessages(self._caller)

    @cached_property
    def moments(self) -> "Moments":
        from scrm.wecom.api.moments import Moments  # noqa: PLC0415

        return Moments(self._caller)

    @cached_property
    def welcome_messages(self) -> "WelcomeMessages":
        from scrm.wecom.api.welcome import WelcomeMessages  # noqa: PLC0415

        return WelcomeMessages(self._caller)

    @cached_property
    def media(self) -> "Media":
        from scrm.wecom.api.media import Media  # noqa: PLC0415

        return Media(self._caller)

    @cached_property
    def application_messages(self) -> "ApplicationMessages":
        from scrm.wecom.api.application_messages import ApplicationMessages  # noqa: PLC0415

        return ApplicationMessages(self._caller, self._agent_id)

    @cached_property
    def contact_ways(self) -> "ContactWays":
        from scrm.wecom.api.contact_ways import ContactWays  # noqa: PLC0415

        return ContactWays(self._caller)

    @cached_property
    def conversation_archive(self) -> "ConversationArchive":
        from scrm.wecom.api.conversation_archive import ConversationArchive  # noqa: PLC0415

        return ConversationArchive(self._caller)

    @cached_property
    def intercept_rules(self) -> "InterceptRules":
        from scrm.wecom.api.intercept_rules import InterceptRules  # noqa: PLC0415

        return InterceptRules(self._caller)
