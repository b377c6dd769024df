"""WeCom's lists as the organisation and the contacts feature read them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from scrm import clock, ids
from scrm.contacts.model import UNKNOWN_TIME, GroupChat, RelationDetails
from scrm.contacts.ports import CursorLostError, FoundRelation, UnknownMemberError
from scrm.org.model import Member, MemberStatus
from scrm.org.ports import Department
from scrm.wecom.client import WecomClient
from scrm.wecom.errors import (
    CONTACT_INVISIBLE,
    CURSOR_INVALID,
    MEMBER_INVISIBLE,
    MEMBER_UNKNOWN,
    NO_RELATION,
    NOT_A_CUSTOMER_GROUP,
    UNKNOWN_USERID,
    InvalidRequestError,
)
from scrm.wecom.payloads import address_book, external_contacts

_STATUS = {
    address_book.MemberStatus.ACTIVE: MemberStatus.ACTIVE,
    address_book.MemberStatus.DISABLED: MemberStatus.DISABLED,
    address_book.MemberStatus.NOT_ACTIVATED: MemberStatus.NOT_ACTIVATED,
    address_book.MemberStatus.LEFT: MemberStatus.LEFT,
}
# A member whom WeCom deleted, or does not show to this app.
_MEMBER_GONE = frozenset({UNKNOWN_USERID, MEMBER_UNKNOWN, MEMBER_INVISIBLE})
_PERSONAL_TAG = 2
# A department that was removed since it was listed (docs/wecom.md 1.5).
_DEPARTMENT_GONE = frozenset({40066, 60003, 60123})
_BEGINNING = datetime.fromtimestamp(0, UTC)


class WecomAddressBook:
    """Implements `scrm.org.ports.AddressBookSource`."""

    def __init__(self, client: WecomClient) -> None:
        self._client = client

    def departments(self) -> Sequence[Department]:
        return [
            Department(
                department_id=str(row.id),
                name=row.name,
                parent_id=str(row.parentid) if row.parentid else "",
                leaders=tuple(map(ids.fold_userid, row.department_leader)),
            )
            for row in self._client.address_book.departments()
        ]

    def members_of(self, department_id: str, node_path: str, serving: frozenset[str]) -> Iterable[Member]:
        now = clock.now()
        try:
            rows = self._client.address_book.department_members(int(department_id))
        except InvalidRequestError as error:
            if error.errcode in _DEPARTMENT_GONE:
                return
            raise
        for row in rows:
            member = _member(row, serving, now)
            yield replace(member, node_id=member.node_id or department_id, node_path=node_path)

    def find(self, userid: str, serving: frozenset[str]) -> Member | None:
        now = clock.now()
        try:
            return _member(self._client.address_book.user(userid), serving, now)
        except InvalidRequestError as error:
            if error.errcode == MEMBER_UNKNOWN:
                return None
            raise


def _member(row: address_book.Member, serving: frozenset[str], now: datetime) -> Member:
    """Placed at his main department, without a path; at none when WeCom names none."""
    userid = ids.fold_userid(row.userid)
    home = row.main_department or next(iter(row.department), 0)
    return Member(
        userid=userid,
        name=row.name,
        node_id=str(home) if home else "",
        node_path="",
        status=_STATUS.get(row.status, MemberStatus.NOT_ACTIVATED),
        serves_customers=userid in serving,
        changed_at=now,
    )


class WecomCustomers:
    """Implements `scrm.contacts.ports.CustomerSource`."""

    def __init__(self, client: WecomClient) -> None:
        self._client = client

    def members_serving_customers(self) -> list[str]:
        return [ids.fold_userid(userid) for userid in self._client.external_contacts.follow_users()]

    def relations_page(self, userids: Sequence[str], cursor: str) -> tuple[list[FoundRelation], str]:
        """WeCom says 84061 when none of the members has a customer (trap 18)."""
        try:
            page = self._client.external_contacts.relations_page(userids, cursor)
        except InvalidRequestError as error:
            if error.errcode == NO_RELATION:
                return [], ""
            if error.errcode in _MEMBER_GONE:
                raise UnknownMemberError from error
            if error.errcode == CURSOR_INVALID:
                raise CursorLostError from error
            raise
        return [_found(row) for row in page.rows], page.next_cursor

    def details_of(self, userid: str, external_userid: str) -> RelationDetails | None:
        try:
            found = self._client.external_contacts.get(external_userid)
        except InvalidRequestError as error:
            if error.errcode in {NO_RELATION, CONTACT_INVISIBLE}:
                return None
            raise
        followers = (row for row in found.follow_users if ids.fold_userid(row.userid) == userid)
        return next((_details(row, found.contact.unionid) for row in followers), None)

    def groups_of(self, userid: str) -> Iterator[str]:
        """Empty for an owner who left: WeCom refuses him as a filter (trap 21)."""
        try:
            for row in self._client.group_chats.list(owners=[userid]):
                yield row.chat_id
        except InvalidRequestError as error:
            if error.errcode != UNKNOWN_USERID:
                raise

    def group(self, chat_id: str) -> GroupChat | None:
        try:
            found = self._client.group_chats.get(chat_id)
        except InvalidRequestError as error:
            if error.errcode == NOT_A_CUSTOMER_GROUP:
                return None
            raise
        return GroupChat(found.chat_id, ids.fold_userid(found.owner), found.name, clock.now())


def _found(row: external_contacts.Relation) -> FoundRelation:
    follow = row.follow_info
    return FoundRelation(
        userid=ids.fold_userid(follow.userid),
        external_userid=row.external_contact.external_userid,
        since=follow.createtime or UNKNOWN_TIME,
        details=RelationDetails(
            follow.remark,
            follow.description,
            follow.tag_id,
            came_by=follow.state,
            unionid=row.external_contact.unionid,
        ),
    )


def _details(row: external_contacts.FollowUser, unionid: str) -> RelationDetails:
    return RelationDetails(
        remark=row.remark,
        description=row.description,
        tag_ids=tuple(tag.tag_id for tag in row.tags if tag.tag_id),
        personal_tags=tuple(tag.tag_name for tag in row.tags if tag.type == _PERSONAL_TAG),
        came_by=row.state,
        unionid=unionid,
    )
