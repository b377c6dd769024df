"""WeCom's inheritance, of members who left and of those on the job, in the handover's words (docs/wecom.md 6)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from scrm import clock, ids
from scrm.handover import errors as handover
from scrm.handover.edges import TransferApi
from scrm.handover.ports import TransferStatus
from scrm.wecom import errors as wecom
from scrm.wecom.client import WecomClient
from scrm.wecom.payloads import MemberStatus
from scrm.wecom.payloads import TransferStatus as WireStatus

TRY_AGAIN_AFTER = timedelta(minutes=1)
OPERATOR_MUST_ACT_AFTER = timedelta(minutes=10)

_STATUS = {
    WireStatus.DONE: TransferStatus.DONE,
    WireStatus.WAITING: TransferStatus.WAITING,
    WireStatus.REFUSED: TransferStatus.REFUSED,
    WireStatus.TAKEOVER_LIMIT: TransferStatus.TAKEOVER_LIMIT,
}
_STILL_ACTIVE = frozenset({wecom.NOT_RESIGNED_YET, wecom.OWNER_NOT_RESIGNED})


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
        self._on_permission_denied = on_permission_denied
        self._now = now

    def account_exists(self, userid: str) -> bool:
        """False once WeCom has deleted the account (60111) or shows it as left."""
        try:
            member = self._asked(lambda: self._client.address_book.user(userid))
        except handover.TransferRefusedError as error:
            if error.errcode == wecom.MEMBER_UNKNOWN:
                return False
            raise
        return member.status is not MemberStatus.LEFT

    def transfer_customers(
        self, api: TransferApi, handover_userid: str, takeover_userid: str, external_userids: Sequence[str]
    ) -> dict[str, int]:
        inheritance = self._client.inheritance
        transfer = inheritance.transfer_onjob if api is TransferApi.ON_JOB else inheritance.transfer_resigned
        try:
            started = self._asked(lambda: transfer(handover_userid, takeover_userid, external_userids))
        except handover.TransferRefusedError as error:
            self._raise_if_deleted(api, handover_userid, error)
            raise
        return {row.external_userid: row.errcode for row in started}

    def customer_results(
        self, api: TransferApi, handover_userid: str, takeover_userid: str
    ) -> Iterator[tuple[str, TransferStatus]]:
        inheritance = self._client.inheritance
        results = inheritance.onjob_results if api is TransferApi.ON_JOB else inheritance.resigned_results
        for row in self._asked(lambda: list(results(handover_userid, takeover_userid))):
            yield row.external_userid, _STATUS.get(row.status, TransferStatus.NO_RECORD)

    def transfer_groups(self, api: TransferApi, chat_ids: Sequence[str], new_owner: str) -> dict[str, int]:
        chats = self._client.group_chats
        transfer = chats.transfer_onjob if api is TransferApi.ON_JOB else chats.transfer_resigned
        codes = {row.chat_id: row.errcode for row in self._asked(lambda: transfer(chat_ids, new_owner))}
        if len(codes) == len(chat_ids):  # all of them failed: perhaps only the API is the wrong one
            if set(codes.values()) == {wecom.OWNER_NOT_RESIGNED}:
                raise handover.AccountStillActiveError
            if set(codes.values()) == {wecom.OWNER_RESIGNED}:
                raise handover.AccountDeletedError
        return codes

    def group_owner(self, chat_id: str) -> str:
        try:
            return ids.fold_userid(self._asked(lambda: self._client.group_chats.get(chat_id)).owner)
        except handover.TransferRefusedError as error:
            if error.errcode == wecom.NOT_A_CUSTOMER_GROUP:
                return ""
            raise

    def _raise_if_deleted(self, api: TransferApi, handover_userid: str, error: handover.TransferRefusedError) -> None:
        """60111 of the on-job API names either member; an account that is gone tells which."""
        unknown = error.errcode == wecom.MEMBER_UNKNOWN
        if api is TransferApi.ON_JOB and unknown and not self.account_exists(handover_userid):
            raise handover.AccountDeletedError from error

    def _asked[Answer](self, call: Callable[[], Answer]) -> Answer:
        """The call's answer, or the handover's error for what went wrong."""
        try:
            return call()
        except wecom.CallPostponedError as error:
            raise handover.TransferPostponedError(error.not_before) from error
        except wecom.RateLimitedError as error:
            raise handover.TransferPostponedError(error.not_before) from error
        except wecom.OutcomeUnknownError as error:
            raise handover.OutcomeUnknownError from error
        except (wecom.TransientError, wecom.TokenExpiredError) as error:
            raise handover.TransferPostponedError(self._now() + TRY_AGAIN_AFTER) from error
        except wecom.PermissionDeniedError as error:
            self._on_permission_denied(error)
            raise handover.TransferPostponedError(self._now() + OPERATOR_MUST_ACT_AFTER) from error
        except (wecom.InvalidRequestError, wecom.InProgressError) as error:
            if error.errcode in _STILL_ACTIVE:
                raise handover.AccountStillActiveError from error
            raise handover.TransferRefusedError(error.errcode or 0) from error
