"""Customers: ``change_external_contact`` (docs/wecom.md 3.1).

``UserID`` is the member who follows the customer; in `TransferFailed` it is the takeover member, and the handover
member is not told (section 9, trap 22).
"""

from dataclasses import dataclass, field
from typing import Annotated, Final

from scrm.wecom.events.base import Event

DELETE_BY_TRANSFER: Final = "DELETE_BY_TRANSFER"
CUSTOMER_REFUSED: Final = "customer_refused"
CUSTOMER_LIMIT_EXCEED: Final = "customer_limit_exceed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactEvent(Event):
    userid: Annotated[str, "UserID"]
    external_userid: Annotated[str, "ExternalUserID"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAdded(ContactEvent):
    """Both sides have confirmed. The welcome code lives 20 seconds and works once."""

    NAME = "change_external_contact.add_external_contact"

    state: Annotated[str | None, "State"] = None
    welcome_code: Annotated[str | None, "WelcomeCode"] = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactHalfAdded(ContactEvent):
    """The customer added a member who skips verification; the member has not confirmed yet."""

    NAME = "change_external_contact.add_half_external_contact"

    state: Annotated[str | None, "State"] = None
    welcome_code: Annotated[str | None, "WelcomeCode"] = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactEdited(ContactEvent):
    """The member changed remark or corp tags; what changed is not told."""

    NAME = "change_external_contact.edit_external_contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDeleted(ContactEvent):
    """The member deleted the customer, or an on-job inheritance took the customer away from the member."""

    NAME = "change_external_contact.del_external_contact"

    source: Annotated[str | None, "Source"] = None

    @property
    def by_transfer(self) -> bool:
        return self.source == DELETE_BY_TRANSFER


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUserDeleted(ContactEvent):
    """The customer deleted or blocked the member."""

    NAME = "change_external_contact.del_follow_user"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFailed(ContactEvent):
    """The customer stays where he was: `fail_reason` is customer_refused or customer_limit_exceed."""

    NAME = "change_external_contact.transfer_fail"

    fail_reason: Annotated[str | None, "FailReason"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveConsentGiven(ContactEvent):
    """The customer agreed that the conversation is archived."""

    NAME = "change_external_contact.msg_audit_approved"

    welcome_code: Annotated[str | None, "WelcomeCode"] = field(default=None, repr=False)


EVENTS = (
    ContactAdded,
    ContactHalfAdded,
    ContactEdited,
    ContactDeleted,
    FollowUserDeleted,
    TransferFailed,
    ArchiveConsentGiven,
)
