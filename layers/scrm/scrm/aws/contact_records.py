"""What the handover tells the contacts feature."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched

from scrm.aws.queues import Queue
from scrm.contacts.handover_messages import CustomersTakenOver, GroupsTakenOver, QuotaCounted
from scrm.handover.edges import TransferApi
from scrm.handover.model import HandoverCase

# What the contacts feature reads and writes in one request each.
_CUSTOMERS = 100


class SqsContactRecords:
    """Implements `scrm.handover.ports.ContactRecords`."""

    def __init__(self, contact: Queue) -> None:
        self._contact = contact

    def customers_taken_over(
        self, case: HandoverCase, takeover_userid: str, external_userids: Sequence[str], api: TransferApi, at: datetime
    ) -> None:
        self._contact.send(
            CustomersTakenOver(
                case_id=case.case_id,
                handover_userid=case.handover_userid,
                takeover_userid=takeover_userid,
                external_userids=part,
                api="on_job" if api is TransferApi.ON_JOB else "resigned",
                at=at,
            )
            for part in batched(external_userids, _CUSTOMERS, strict=False)
        )

    def groups_taken_over(self, case: HandoverCase, chat_ids: Sequence[str], at: datetime) -> None:
        self._contact.send([GroupsTakenOver(case_id=case.case_id, chat_ids=tuple(chat_ids), at=at)])

    def quota_counted(self, case: HandoverCase, external_userids: Sequence[str], at: datetime, *, full: bool) -> None:
        self._contact.send(
            QuotaCounted(case_id=case.case_id, external_userids=part, at=at, full=full)
            for part in batched(external_userids, _CUSTOMERS, strict=False)
        )
