"""Customers of a member who left or moved (docs/wecom.md 6; S61, S62).

The paths of 2020 (``externalcontact/transfer``, one id as a string) are frozen and not used (trap 14).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scrm.wecom import limits
from scrm.wecom.api.call import (
    Call,
    Caller,
    Page,
    all_rows,
    cursor_of,
    require_ids,
    require_length,
    rows,
    unreadable,
    with_cursor,
)
from scrm.wecom.payloads.inheritance import StartedTransfer, TransferResult, Unassigned

_RESIGNED = "externalcontact/resigned/transfer_customer"
_ON_JOB = "externalcontact/transfer_customer"
_RESIGNED_RESULT = "externalcontact/resigned/transfer_result"
_ON_JOB_RESULT = "externalcontact/transfer_result"
_UNASSIGNED = "externalcontact/get_unassigned_list"


class Inheritance:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def transfer_resigned(
        self, handover_userid: str, takeover_userid: str, external_userids: Sequence[str], *, following: int = 0
    ) -> list[StartedTransfer]:
        """Start the transfer of at most 100 customers of a member who left (else 40097): errcode per customer.

        Not repeated after a lost answer: `OutcomeUnknownError`, then look at `resigned_results`. ``following``: how
        many such calls come right after it.
        """
        call = _transfer(_RESIGNED, handover_userid, takeover_userid, external_userids, {})
        return self._started(call._replace(following=following))

    def transfer_onjob(
        self,
        handover_userid: str,
        takeover_userid: str,
        external_userids: Sequence[str],
        *,
        success_message: str = "",
        following: int = 0,
    ) -> list[StartedTransfer]:
        """As `transfer_resigned` for an active member; the customer is told ``success_message`` or WeCom's own text.

        At most 2 transfers per customer in 90 days (40128).
        """
        require_length(_ON_JOB, "success_message", success_message, limits.TRANSFER_MESSAGE_LENGTH)
        text = {"transfer_success_msg": success_message} if success_message else {}
        call = _transfer(_ON_JOB, handover_userid, takeover_userid, external_userids, text)
        return self._started(call._replace(following=following))

    def resigned_results(self, handover_userid: str, takeover_userid: str) -> Iterator[TransferResult]:
        """Every known transfer between the two, all pages. Repeated attempts on a customer give several rows."""
        return self._results(_RESIGNED_RESULT, handover_userid, takeover_userid)

    def onjob_results(self, handover_userid: str, takeover_userid: str) -> Iterator[TransferResult]:
        """As `resigned_results` for an active member; also knows NO_RECORD."""
        return self._results(_ON_JOB_RESULT, handover_userid, takeover_userid)

    def unassigned(self) -> Iterator[Unassigned]:
        """Every customer of the corp whose owner left and who has no new one; by cursor, never page_id (trap 16).

        A leaver with groups but no customers is not in it: see `GroupChats.list`.
        """
        return all_rows(self._caller, _unassigned(), Unassigned, "info")

    def unassigned_page(self, cursor: str = "") -> Page[Unassigned]:
        """One page of `unassigned`."""
        call = with_cursor(_unassigned(), cursor)
        reply = self._caller.call(call)
        return Page(tuple(rows(Unassigned, reply, "info", call)), cursor_of(reply))

    def _started(self, call: Call) -> list[StartedTransfer]:
        reply = self._caller.call(call)
        if "customer" not in reply:  # the one answer in which a missing list is no empty one
            raise unreadable(call)
        return rows(StartedTransfer, reply, "customer", call)

    def _results(self, path: str, handover_userid: str, takeover_userid: str) -> Iterator[TransferResult]:
        body = {"handover_userid": handover_userid, "takeover_userid": takeover_userid}
        return all_rows(self._caller, Call(path, body=body), TransferResult, "customer")


def _transfer(
    path: str, handover_userid: str, takeover_userid: str, ids: Sequence[str], extra: Mapping[str, Any]
) -> Call:
    require_ids(path, "external_userids", ids, limits.TRANSFER_CUSTOMERS)
    body = {
        "handover_userid": handover_userid,
        "takeover_userid": takeover_userid,
        "external_userid": list(ids),
        **extra,
    }
    return Call(path, body=body, repeatable=False)


def _unassigned() -> Call:
    return Call(_UNASSIGNED, body={"page_size": limits.UNASSIGNED_PAGE})
