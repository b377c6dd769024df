"""Customer acquisition (获客助手): ``customer_acquisition`` (docs/wecom.md 3.6)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from scrm.wecom.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceLow(Event):
    """Fewer than 20 uses are left."""

    NAME = "customer_acquisition.balance_low"


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceExhausted(Event):
    NAME = "customer_acquisition.balance_exhausted"


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceIncreased(Event):
    """The balance rose from nothing."""

    NAME = "customer_acquisition.balance_increased"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaExpiring(Event):
    """Told 14, 7, 3, 2 and 1 days before `expires_at`."""

    NAME = "customer_acquisition.quota_expire_soon"

    expires_at: Annotated[datetime | None, "ExpireTime"] = None
    expiring_count: Annotated[int | None, "ExpireQuotaNum"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEvent(Event):
    link_id: Annotated[str, "LinkId"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUnavailable(LinkEvent):
    NAME = "customer_acquisition.link_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDeleted(LinkEvent):
    """Not sent for a link that was deleted through the API."""

    NAME = "customer_acquisition.delete_link"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileOpened(LinkEvent):
    NAME = "customer_acquisition.open_profile"

    state: Annotated[str | None, "State"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FriendRequested(LinkEvent):
    NAME = "customer_acquisition.friend_request"

    state: Annotated[str | None, "State"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChatStarted(Event):
    """The customer's first message; customers on WeChat only."""

    NAME = "customer_acquisition.customer_start_chat"

    userid: Annotated[str, "UserID"]
    external_userid: Annotated[str, "ExternalUserID"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMessageReceived(Event):
    """`chat_key` opens the message for about 30 minutes and is a secret; older events name the two people instead."""

    NAME = "customer_acquisition.message_from_customer"

    chat_key: Annotated[str | None, "ChatKey"] = field(default=None, repr=False)
    userid: Annotated[str | None, "UserID"] = None
    external_userid: Annotated[str | None, "ExternalUserID"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquiredFollowUserDeleted(LinkEvent):
    """A customer who came by the link deleted the member; `FollowUserDeleted` tells the same without the link."""

    NAME = "customer_acquisition.del_follow_user"

    userid: Annotated[str, "UserID"]
    external_userid: Annotated[str, "ExternalUserID"]


EVENTS = (
    BalanceLow,
    BalanceExhausted,
    BalanceIncreased,
    QuotaExpiring,
    LinkUnavailable,
    LinkDeleted,
    ProfileOpened,
    FriendRequested,
    CustomerChatStarted,
    CustomerMessageReceived,
    AcquiredFollowUserDeleted,
)
