"""Customers and who follows them (wecom_contacts 5.1 to 5.5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scrm.wecom import limits
from scrm.wecom.api.call import Call, Caller, pages, parsed, require_ids, require_length
from scrm.wecom.errors import NO_RELATION, InvalidRequestError, TransientError
from scrm.wecom.payloads import (
    CustomerIds,
    ExternalContact,
    ExternalContactPage,
    FollowUser,
    FollowUsers,
    Relation,
    RelationsPage,
)

_BATCH = "externalcontact/batch/get_by_user"


@dataclass(frozen=True, slots=True)
class ExternalContactDetail:
    """A customer with every follower inside the app's visible range."""

    contact: ExternalContact
    follow_users: tuple[FollowUser, ...]


class ExternalContacts:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def follow_users(self) -> list[str]:
        """Userids of the visible members with the customer-contact function."""
        call = Call("externalcontact/get_follow_user_list")
        return list(parsed(FollowUsers, self._caller.call(call), call).follow_user)

    def customers_of(self, userid: str) -> list[str]:
        """External userids of the member's customers; WeCom says 84061 for none (trap 18)."""
        call = Call("externalcontact/list", {"userid": userid})
        try:
            return list(parsed(CustomerIds, self._caller.call(call), call).external_userid)
        except InvalidRequestError as error:
            if error.errcode != NO_RELATION:
                raise
            return []

    def get(self, external_userid: str) -> ExternalContactDetail:
        """One customer; the followers of all pages (WeCom pages above 500)."""
        found: list[FollowUser] = []
        cursor = ""
        while True:
            query: dict[str, str | int] = {"external_userid": external_userid}
            call = Call("externalcontact/get", {**query, "cursor": cursor} if cursor else query)
            page = parsed(ExternalContactPage, self._caller.call(call), call)
            found.extend(page.follow_user)
            if not page.next_cursor:
                return ExternalContactDetail(page.external_contact, tuple(found))
            if page.next_cursor == cursor:
                raise TransientError(None, call.path)
            cursor = page.next_cursor

    def relations_page(self, userids: Sequence[str], cursor: str = "") -> RelationsPage:
        """One page of the relations of at most 100 members; ``next_cursor`` is empty on the last."""
        require_ids(_BATCH, "userids", userids, limits.RELATION_USERIDS)
        body = {"userid_list": list(userids), "limit": limits.RELATION_PAGE}
        call = Call(_BATCH, body={**body, "cursor": cursor} if cursor else body)
        return parsed(RelationsPage, self._caller.call(call), call)

    def relations(self, userids: Sequence[str]) -> Iterator[Relation]:
        """Every relation of at most 100 members, all pages."""
        require_ids(_BATCH, "userids", userids, limits.RELATION_USERIDS)
        body = {"userid_list": list(userids), "limit": limits.RELATION_PAGE}
        for page in pages(self._caller, RelationsPage, _BATCH, body):
            yield from page.relations

    def remark(
        self, userid: str, external_userid: str, *, remark: str | None = None, description: str | None = None
    ) -> None:
        """Set the member's remark or description of the customer; what is None stays as it is."""
        path = "externalcontact/remark"
        require_length(path, "remark", remark or "", limits.REMARK_LENGTH)
        require_length(path, "description", description or "", limits.DESCRIPTION_LENGTH)
        wanted: dict[str, Any] = {
            name: text for name, text in (("remark", remark), ("description", description)) if text is not None
        }
        if not wanted:
            raise InvalidRequestError(None, path, reason="nothing to set: give a remark or a description")
        self._caller.call(Call(path, body={"userid": userid, "external_userid": external_userid, **wanted}))
