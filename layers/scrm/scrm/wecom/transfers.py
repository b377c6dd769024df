"""WeCom's inheritance, of members who left and of those on the job, in the handover's words (docs/wecom.md 6)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from scrm import clock, ids
from scrm.handover import errors as handover
from scrm.handover.edges import TransferApi
from scrm.handover.ports import TransferStatus, UnassignedPage
from scrm.wecom import errors as wecom
from scrm.wecom.client import WecomClient
from scrm.wecom.handover_errors import HandoverErrors
from scrm.wecom.payloads.address_book import MemberStatus
from scrm.wecom.payloads.group_chats import GroupChatStatus
from scrm.wecom.payloads.inheritance import TransferStatus as WireStatus

_STATUS: Final = {
    WireStatus.DONE: TransferStatus.DONE,
    WireStatus.WAITING: TransferStatus.WAITING,
    WireStatus.REFUSED: TransferStatus.REFUSED,
    WireStatus.TAKEOVER_LIMIT: TransferStatus.TAKEOVER_LIMIT,
}
_GROUPS_PER_LOOK: Final = 100  # each needs a call of its own, so a page must fit the time of one message


class WecomTransfers:
    """Implements `scrm.handover.ports.Transfers`; WeCom's errors become the handover's.

    ``on_permission_denied`` is told of configuration faults (60020, 48002 and the like), which an alarm watches.
    """

    def __init__(
        self,
        client: WecomClient,
        on_permission_denied: Callable[[wecom.PermissionDeniedError], None],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._client = client
        self._errors = HandoverErrors(on_permission_denied, now)

    def account_exists(self, userid: str) -> bool:
        """False once WeCom has deleted the account (60111) or shows it as left."""
        try:
            member = self._errors.asked(lambda: self._client.address_book.user(userid))
        except handover.TransferRefusedError as error:
            if error.errcode == wecom.MEMBER_UNKNOWN:
                return False
            raise
        return member.status is not MemberStatus.LEFT

    def transfer_customers(
        self,
        api: TransferApi,
        handover_userid: str,
        takeover_userid: str,
        external_userids: Sequence[str],
        greeting: str = "",
        following: int = 0,
    ) -> dict[str, int]:
        """Errcode per customer, 0 = started. ``greeting`` is for on-job transfers; the resigned API takes none."""
        inheritance = self._client.inheritance
        pair = handover_userid, takeover_userid
        try:
            if api is TransferApi.RESIGNED:
                started = self._errors.asked(
                    lambda: inheritance.transfer_resigned(*pair, external_userids, following=following)
                )
            else:
                started = self._errors.asked(
                    lambda: inheritance.transfer_onjob(
                        *pair, external_userids, success_message=greeting, following=following
                    )
                )
        except handover.TransferRefusedError as error:
            if self._says_account_is_deleted(error, api, handover_userid):
                raise handover.AccountDeletedError from error
            raise
        return {row.external_userid: row.errcode for row in started}

    def customer_results(
        self, api: TransferApi, handover_userid: str, takeover_userid: str
    ) -> Iterator[tuple[str, TransferStatus]]:
        """Rows in WeCom's order: those of repeated attempts on a customer have nothing else to tell them apart.

        None for a member whose account is gone and whom the on-job list therefore no longer knows.
        """
        inheritance = self._client.inheritance
        results = inheritance.onjob_results if api is TransferApi.ON_JOB else inheritance.resigned_results
        try:
            for row in self._errors.each(results(handover_userid, takeover_userid)):
                yield row.external_userid, _STATUS.get(row.status, TransferStatus.NO_RECORD)
        except handover.TransferRefusedError as error:
            if not self._says_account_is_deleted(error, api, handover_userid):
                raise

    def transfer_groups(self, api: TransferApi, chat_ids: Sequence[str], new_owner: str) -> dict[str, int]:
        """Errcode of those that failed. Where all failed for the owner's state the API was the wrong one: an error."""
        chats = self._client.group_chats
        transfer = chats.transfer_onjob if api is TransferApi.ON_JOB else chats.transfer_resigned
        codes = {row.chat_id: row.errcode for row in self._errors.asked(lambda: transfer(chat_ids, new_owner))}
        if len(codes) == len(set(chat_ids)):
            if set(codes.values()) == {wecom.OWNER_NOT_RESIGNED}:
                raise handover.AccountStillActiveError
            if set(codes.values()) == {wecom.OWNER_RESIGNED}:
                raise handover.AccountDeletedError
        return codes

    def group_owner(self, chat_id: str) -> str:
        """The group's present owner, folded; empty when WeCom no longer knows the group."""
        try:
            return ids.fold_userid(self._errors.asked(lambda: self._client.group_chats.get(chat_id)).owner)
        except handover.TransferRefusedError as error:
            if error.errcode == wecom.NOT_A_CUSTOMER_GROUP:
                return ""
            raise

    def unassigned(self, cursor: str) -> UnassignedPage:
        """One page of the corp's customers whose member left and who have no new one; the first without a cursor."""
        page = self._errors.asked(lambda: self._client.inheritance.unassigned_page(cursor))
        rows = tuple((ids.fold_userid(row.handover_userid), row.external_userid, row.resigned_at) for row in page.rows)
        return UnassignedPage(rows, page.next_cursor)

    def ownerless_groups(self, cursor: str) -> tuple[list[tuple[str, str]], str]:
        """One page of group chats whose owner left, as (chat_id, owner), and the cursor of the next.

        WeCom refuses an owner who left as a filter (trap 21), so each group is asked for its owner: a page is a
        hundred calls, and one that has to be postponed is read again from its cursor.
        """
        chats, left = self._client.group_chats, GroupChatStatus.OWNER_RESIGNED
        page = self._errors.asked(lambda: chats.list_page(status=left, cursor=cursor, limit=_GROUPS_PER_LOOK))
        owners = ((row.chat_id, self.group_owner(row.chat_id)) for row in page.rows)
        return [(chat_id, owner) for chat_id, owner in owners if owner], page.next_cursor

    def _says_account_is_deleted(
        self, error: handover.TransferRefusedError, api: TransferApi, handover_userid: str
    ) -> bool:
        """60111 of the on-job API means either member: the address book tells which."""
        unknown = api is TransferApi.ON_JOB and error.errcode == wecom.MEMBER_UNKNOWN
        return unknown and not self.account_exists(handover_userid)
