"""Customers and who follows them (docs/wecom.md 5.1 to 5.5)."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from scrm.wecom import limits
from scrm.wecom.api.call import (
    Call,
    Caller,
    Page,
    all_rows,
    cursor_of,
    pages,
    parsed,
    require_ids,
    require_length,
    rows,
    texts,
    with_cursor,
)
from scrm.wecom.errors import NO_RELATION, InvalidRequestError
from scrm.wecom.payloads.external_contacts import ExternalContact, FollowUser, Relation

_BATCH = "externalcontact/batch/get_by_user"
_ROWS = "external_contact_list"


class ExternalContactDetail(NamedTuple):
    """A customer with every follower inside the app's visible range."""

    contact: ExternalContact
    follow_users: tuple[FollowUser, ...]


class ExternalContacts:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def follow_users(self) -> list[str]:
        """Userids of the visible members with the customer-contact function."""
        call = Call("externalcontact/get_follow_user_list")
        return texts(self._caller.call(call), "follow_user", call)

    def customers_of(self, userid: str) -> list[str]:
        """External userids of the member's customers; WeCom says 84061 for none (trap 18)."""
        call = Call("externalcontact/list", {"userid": userid})
        try:
            return texts(self._caller.call(call), "external_userid", call)
        except InvalidRequestError as error:
            if error.errcode != NO_RELATION:
                raise
            return []

    def get(self, external_userid: str) -> ExternalContactDetail:
        """One customer; the followers of all pages (WeCom pages above 500)."""
        followers: list[FollowUser] = []
        for call, reply in pages(self._caller, Call("externalcontact/get", {"external_userid": external_userid})):
            contact = parsed(ExternalContact, reply.get("external_contact"), call)
            followers += rows(FollowUser, reply, "follow_user", call)
        return ExternalContactDetail(contact, tuple(followers))

    def relations_page(self, userids: Sequence[str], cursor: str = "") -> Page[Relation]:
        """One page of the relations of at most 100 members."""
        call = with_cursor(_relations(userids), cursor)
        reply = self._caller.call(call)
        return Page(tuple(rows(Relation, reply, _ROWS, call)), cursor_of(reply))

    def relations(self, userids: Sequence[str]) -> Iterator[Relation]:
        """Every relation of at most 100 members, all pages."""
        return all_rows(self._caller, _relations(userids), Relation, _ROWS)

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


def _relations(userids: Sequence[str]) -> Call:
    require_ids(_BATCH, "userids", userids, limits.RELATION_USERIDS)
    return Call(_BATCH, body={"userid_list": list(userids), "limit": limits.RELATION_PAGE})
