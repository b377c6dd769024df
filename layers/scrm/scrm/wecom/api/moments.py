"""Moments that members publish (docs/wecom.md 14; S28, S66).

A creation starts a job, the job makes the moment, and each member it names publishes it or does not.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from scrm.wecom import limits
from scrm.wecom.api.call import Call, Caller, all_rows, parsed, require_bytes, require_ids, require_length
from scrm.wecom.errors import InvalidRequestError
from scrm.wecom.payloads.moments import (
    JobAnswer,
    MomentMember,
    MomentReactions,
    MomentRow,
    MomentViewer,
    StartedJob,
)

_CREATE = "externalcontact/add_moment_task"
_OF_CORP = 0


class Moments:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create(
        self,
        senders: Sequence[str],
        text: str,
        attachments: Sequence[Mapping[str, Any]] = (),
        tag_ids: Sequence[str] = (),
    ) -> str:
        """Ask these members to publish it to their customers who have one of the tags, or to all; the id of the job.

        Not repeated after a lost answer: `OutcomeUnknownError`, then look at `created`. Without senders WeCom would ask
        every member of the app's range; that is never asked for.
        """
        require_ids(_CREATE, "user_list", senders, limits.MOMENTS_SENDERS)
        require_length(_CREATE, "text.content", text, limits.MOMENTS_TEXT_LENGTH)
        require_bytes(_CREATE, "text.content", text, limits.MOMENTS_TEXT_BYTES)
        if not text and not attachments:
            raise InvalidRequestError(None, _CREATE, reason="text and attachments must not both be empty")
        if len({one["msgtype"] for one in attachments}) > 1:
            raise InvalidRequestError(None, _CREATE, reason="attachments are all of one kind")
        if len(attachments) > limits.MOMENTS_IMAGES:
            raise InvalidRequestError(None, _CREATE, reason=f"at most {limits.MOMENTS_IMAGES} attachments")
        visible_range: dict[str, Any] = {"sender_list": {"user_list": list(senders)}}
        if tag_ids:
            visible_range["external_contact_list"] = {"tag_list": list(tag_ids)}
        body: dict[str, Any] = {"visible_range": visible_range}
        if text:
            body["text"] = {"content": text}
        if attachments:
            body["attachments"] = [dict(attachment) for attachment in attachments]
        call = Call(_CREATE, body=body, repeatable=False)
        return parsed(StartedJob, self._caller.call(call), call).jobid

    def job(self, jobid: str) -> JobAnswer:
        """How far the job is; for a day."""
        call = Call("externalcontact/get_moment_task_result", query={"jobid": jobid})
        return parsed(JobAnswer, self._caller.call(call), call)

    def created(self, since: datetime, until: datetime) -> Iterator[MomentRow]:
        """What was created for the corp between the two, at most 30 days apart; personal moments are left out."""
        body = {
            "start_time": int(since.timestamp()) - 1,  # the interval is open at both ends
            "end_time": int(until.timestamp()) + 1,
            "filter_type": _OF_CORP,
            "limit": limits.MOMENTS_LIST_PAGE,
        }
        call = Call("externalcontact/get_moment_list", body=body)
        return all_rows(self._caller, call, MomentRow, "moment_list")

    def members(self, moment_id: str) -> Iterator[MomentMember]:
        """Who is to publish it. 41079 while WeCom still distributes it."""
        body = {"moment_id": moment_id, "limit": limits.MOMENTS_MEMBERS_PAGE}
        call = Call("externalcontact/get_moment_task", body=body)
        return all_rows(self._caller, call, MomentMember, "task_list")

    def viewers(self, moment_id: str, userid: str) -> Iterator[MomentViewer]:
        """The customers who are shown what this member published. 41062 before he has."""
        body = {"moment_id": moment_id, "userid": userid, "limit": limits.MOMENTS_VIEWERS_PAGE}
        call = Call("externalcontact/get_moment_send_result", body=body)
        return all_rows(self._caller, call, MomentViewer, "customer_list")

    def reactions(self, moment_id: str, userid: str) -> MomentReactions:
        """Who liked what this member published, and who commented. 41062 before he has."""
        call = Call("externalcontact/get_moment_comments", body={"moment_id": moment_id, "userid": userid})
        return parsed(MomentReactions, self._caller.call(call), call)

    def cancel(self, moment_id: str) -> None:
        """Members who have not published cannot any more; what was published stays."""
        self._caller.call(Call("externalcontact/cancel_moment_task", body={"moment_id": moment_id}))
