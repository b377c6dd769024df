"""Members, departments and member tags: ``change_contact`` (docs/wecom.md 3.4).

The contacts-sync assistant sends a cut-down form (userid and departments only), an update names only what changed, and
one console action may send a creation and an update in the same second: consumers write upserts. A resignation
arrives as `MemberDeleted`.
"""

from dataclasses import dataclass, field
from typing import Annotated

from scrm.wecom.envelope import FieldValue
from scrm.wecom.events.base import Event, text


@dataclass(frozen=True, slots=True)
class ExtendedAttribute:
    """A field the corp added to its members: a text, or a web link with a title."""

    name: str
    value: str = field(default="", repr=False)
    title: str = field(default="", repr=False)
    url: str = field(default="", repr=False)


def read_extended_attributes(value: FieldValue) -> tuple[ExtendedAttribute, ...]:
    """``<Item>`` elements with Name, Type and either Text/Value or Web/Title and Web/Url. Raises ValueError."""
    if not isinstance(value, list):
        raise ValueError("not a list of items")  # noqa: TRY004 - the element is wrong, not the program
    return tuple(_extended_attribute(item) for item in value)


def _extended_attribute(item: FieldValue) -> ExtendedAttribute:
    if not isinstance(item, dict) or "Name" not in item:
        raise ValueError("an item without a name")
    link = _part(item, "Web")
    return ExtendedAttribute(
        name=text(item["Name"]),
        value=text(_part(item, "Text").get("Value", "")),
        title=text(link.get("Title", "")),
        url=text(link.get("Url", "")),
    )


def _part(item: dict[str, FieldValue], name: str) -> dict[str, FieldValue]:
    part = item.get(name, {})
    return part if isinstance(part, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEvent(Event):
    userid: Annotated[str, "UserID"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberProfileEvent(MemberEvent):
    """What is known of a member; None and () mean "not told". Personal data stays out of the representation."""

    name: Annotated[str | None, "Name"] = field(default=None, repr=False)
    department_ids: Annotated[tuple[int, ...], "Department"] = ()
    main_department_id: Annotated[int | None, "MainDepartment"] = None
    is_leader_in_department: Annotated[tuple[int, ...], "IsLeaderInDept"] = ()
    direct_leaders: Annotated[tuple[str, ...], "DirectLeader"] = ()
    position: Annotated[str | None, "Position"] = None
    mobile: Annotated[str | None, "Mobile"] = field(default=None, repr=False)
    gender: Annotated[int | None, "Gender"] = field(default=None, repr=False)
    email: Annotated[str | None, "Email"] = field(default=None, repr=False)
    biz_mail: Annotated[str | None, "BizMail"] = field(default=None, repr=False)
    status: Annotated[int | None, "Status"] = None
    avatar: Annotated[str | None, "Avatar"] = field(default=None, repr=False)
    alias: Annotated[str | None, "Alias"] = field(default=None, repr=False)
    telephone: Annotated[str | None, "Telephone"] = field(default=None, repr=False)
    address: Annotated[str | None, "Address"] = field(default=None, repr=False)
    extended_attributes: Annotated[tuple[ExtendedAttribute, ...], "ExtAttr", read_extended_attributes] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCreated(MemberProfileEvent):
    NAME = "change_contact.create_user"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberUpdated(MemberProfileEvent):
    """`new_userid` is set when the member's userid itself changed."""

    NAME = "change_contact.update_user"

    new_userid: Annotated[str | None, "NewUserID"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDeleted(MemberEvent):
    NAME = "change_contact.delete_user"


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentEvent(Event):
    department_id: Annotated[int, "Id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentCreated(DepartmentEvent):
    NAME = "change_contact.create_party"

    name: Annotated[str | None, "Name"] = None
    parent_id: Annotated[int | None, "ParentId"] = None
    order: Annotated[int | None, "Order"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentUpdated(DepartmentEvent):
    NAME = "change_contact.update_party"

    name: Annotated[str | None, "Name"] = None
    parent_id: Annotated[int | None, "ParentId"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentDeleted(DepartmentEvent):
    NAME = "change_contact.delete_party"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberTagUpdated(Event):
    NAME = "change_contact.update_tag"

    tag_id: Annotated[int, "TagId"]
    added_userids: Annotated[tuple[str, ...], "AddUserItems"] = ()
    deleted_userids: Annotated[tuple[str, ...], "DelUserItems"] = ()
    added_department_ids: Annotated[tuple[int, ...], "AddPartyItems"] = ()
    deleted_department_ids: Annotated[tuple[int, ...], "DelPartyItems"] = ()


EVENTS = (
    MemberCreated,
    MemberUpdated,
    MemberDeleted,
    DepartmentCreated,
    DepartmentUpdated,
    DepartmentDeleted,
    MemberTagUpdated,
)
