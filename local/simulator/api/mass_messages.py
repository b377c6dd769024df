"""Mass messages that members confirm (content paper, section 1)."""

from collections.abc import Sequence
from typing import Any

from local.simulator import errors
from local.simulator.api import arguments, paging
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.api.content import checked_content, shown_content
from local.simulator.api.external_contacts import check_service_member
from local.simulator.errors import ApiError
from local.simulator.mass_book import NOT_SENT, SENT, ChatType, MassMessage, Recipient
from local.simulator.mass_messages import MassRequest

_CUSTOMERS, _GROUPS, _TAGS = 10_000, 2_000, 100
_MONTH_SECONDS = 31 * 86_400
_LIST_DEFAULT, _LIST_MAX = 50, 100
_RESULT_DEFAULT, _RESULT_MAX = 500, 1_000
_LATEST_TIME = 2**32
_FROM_CORP, _PERSONAL, _ALL = 0, 1, 2
_TASK_OPEN, _TASK_SENT = 0, 2


def create(call: Call) -> Body:
    chat_type = _chat_type(call, default="single")
    sender = arguments.userid(call.args, "sender") if call.args.get("sender") else None
    targets = _targets(call, chat_type)
    tags = None if targets else _tags(call)
    _check_addressed(chat_type, sender, targets, tags)
    content = checked_content(call)
    if sender is not None:
        check_service_member(call, sender)
    request = MassRequest(
        chat_type=chat_type,
        content=content,
        sender=sender,
        targets=targets,
        tags=tags,
        allow_select=_flag(call, "allow_select") and chat_type == "single",
    )
    message = call.engines.mass_messages.create(call.app, request)
    return {"fail_list": message.failed, "msgid": message.msgid}


def list_messages(call: Call) -> Body:
    chat_type = _chat_type(call, default=None)
    start = arguments.integer(call.args, "start_time", maximum=_LATEST_TIME)
    end = arguments.integer(call.args, "end_time", maximum=_LATEST_TIME)
    if end < start or end - start > _MONTH_SECONDS:
        raise ApiError(call.knobs.mass_over_limit_errcode, "start_time, end_time")
    creator = arguments.optional_text(call.args, "creator") or None
    kind = arguments.integer(call.args, "filter_type", default=_ALL, maximum=_ALL)
    limit = paging.limit_or_default(call, default=_LIST_DEFAULT, maximum=_LIST_MAX)
    rows = call.engines.simulation.state.mass.created_between(chat_type, start, end)
    shown_until = call.now - call.knobs.mass_list_lag_seconds

    def is_listed(row: MassMessage) -> bool:
        wanted = kind == _ALL or (row.creator is not None) == (kind == _PERSONAL)
        return wanted and creator in {None, row.creator} and row.created_at <= shown_until

    scan = [chat_type, start, end, creator, kind]
    page, cursor = paging.page_of(call, rows, lambda row: row.number, limit=limit, scan=scan, keep=is_listed)
    return {"next_cursor": cursor, "group_msg_list": [_row(message) for message in page]}


def list_members(call: Call) -> Body:
    message = _distributed(call)
    limit = paging.limit_or_default(call, default=_RESULT_DEFAULT, maximum=_RESULT_MAX)
    page, cursor = paging.page_of(call, message.tasks, lambda task: task.number, limit=limit, scan=message.msgid)
    rows = []
    for task in page:
        row: Body = {"userid": task.userid, "status": _TASK_OPEN if task.sent_at is None else _TASK_SENT}
        rows.append(row if task.sent_at is None else row | {"send_time": int(task.sent_at)})
    return {"next_cursor": cursor, "task_list": rows}


def list_results(call: Call) -> Body:
    message = _distributed(call)
    task = message.task_of(arguments.userid(call.args))
    if task is None:
        raise ApiError(errors.BAD_USERID)
    hides_unsent = message.chat_type == "group" or (
        message.cancelled_at is not None and call.knobs.mass_cancel_hides_unsent
    )
    page, cursor = paging.page_of(
        call,
        task.recipients,
        lambda recipient: recipient.number,
        limit=paging.limit_or_default(call, default=_RESULT_DEFAULT, maximum=_RESULT_MAX),
        scan=[message.msgid, task.number],
        keep=lambda recipient: not (hides_unsent and recipient.status == NOT_SENT),
    )
    name = "external_userid" if message.chat_type == "single" else "chat_id"
    return {"next_cursor": cursor, "send_list": [_result(name, task.userid, recipient) for recipient in page]}


def remind(call: Call) -> Body:
    call.engines.mass_messages.remind(_stoppable(call))
    return {}


def cancel(call: Call) -> Body:
    call.engines.mass_messages.cancel(_stoppable(call))
    return {}


def _chat_type(call: Call, default: ChatType | None) -> ChatType:
    value = call.args.get("chat_type") or default
    if value is None:
        raise ApiError(errors.MISSING_PARAMETER, "chat_type")
    if value == "single":
        return "single"
    if value == "group":
        return "group"
    raise ApiError(errors.INVALID_PARAMETER, "chat_type")


def _targets(call: Call, chat_type: ChatType) -> list[str]:
    name, most = ("external_userid", _CUSTOMERS) if chat_type == "single" else ("chat_id_list", _GROUPS)
    value = call.args.get(name)
    if isinstance(value, list) and len(value) > most:
        raise ApiError(call.knobs.mass_over_limit_errcode, name)
    return arguments.text_list(call.args, name, required=False, maximum=most)


def _tags(call: Call) -> list[list[str]] | None:
    """The tags of ``tag_filter``, group by group; None without one."""
    groups = arguments.mapping(call.args, "tag_filter").get("group_list")
    if not groups:
        return None
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise ApiError(errors.INVALID_PARAMETER, "tag_filter")
    found = [arguments.text_list(group, "tag_list", maximum=_TAGS) for group in groups]
    if any(call.world.tag(tag_id) is None for tags in found for tag_id in tags):
        raise ApiError(errors.TAG_UNKNOWN)
    return found


def _check_addressed(
    chat_type: ChatType, sender: str | None, targets: Sequence[str], tags: Sequence[Sequence[str]] | None
) -> None:
    if chat_type == "group" and sender is None:
        raise ApiError(errors.MISSING_PARAMETER, "sender")
    if sender is None and not targets and tags is None:
        raise ApiError(errors.MISSING_PARAMETER, "sender, external_userid, tag_filter")


def _flag(call: Call, name: str) -> bool:
    value = call.args.get(name, False)
    if not isinstance(value, bool):
        raise ApiError(errors.INVALID_PARAMETER, name)
    return value


def _named(call: Call) -> MassMessage:
    msgid = arguments.text(call.args, "msgid", missing=errors.MSGID_MISSING)
    message = call.engines.simulation.state.mass.by_msgid.get(msgid)
    if message is None:
        raise ApiError(errors.MSGID_INVALID)
    return message


def _stoppable(call: Call) -> MassMessage:
    message = _named(call)
    if message.creator is not None and not call.knobs.mass_personal_reachable:
        raise ApiError(errors.MSGID_INVALID)
    return message


def _distributed(call: Call) -> MassMessage:
    message = _named(call)
    if message.creator is None and call.now < message.created_at + call.knobs.mass_dispatch_seconds:
        raise ApiError(errors.MASS_DISTRIBUTING)
    return message


def _row(message: MassMessage) -> Body:
    row: dict[str, Any] = {
        "msgid": message.msgid,
        "create_time": str(int(message.created_at)),
        "create_type": _FROM_CORP if message.creator is None else _PERSONAL,
        **shown_content(message.content),
    }
    return row if message.creator is None else row | {"creator": message.creator}


def _result(name: str, userid: str, recipient: Recipient) -> Body:
    row: Body = {name: recipient.target_id, "userid": userid, "status": recipient.status}
    return row | ({"send_time": recipient.send_time} if recipient.status == SENT else {})


ENDPOINTS = {
    "externalcontact/add_msg_template": Endpoint("POST", "customer", create, {"fail_list": []}),
    "externalcontact/get_groupmsg_list_v2": Endpoint("POST", "customer", list_messages, {"group_msg_list": []}),
    "externalcontact/get_groupmsg_task": Endpoint("POST", "customer", list_members, {"task_list": []}),
    "externalcontact/get_groupmsg_send_result": Endpoint("POST", "customer", list_results, {"send_list": []}),
    "externalcontact/remind_groupmsg_send": Endpoint("POST", "customer", remind),
    "externalcontact/cancel_groupmsg_send": Endpoint("POST", "customer", cancel),
}
