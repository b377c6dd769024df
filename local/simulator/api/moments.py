"""Moments (content paper, section 2)."""

from collections.abc import Mapping
from typing import Any

from local.simulator import errors
from local.simulator.api import arguments, paging
from local.simulator.api.call import Body, Call, Endpoint
from local.simulator.api.media import usable
from local.simulator.clock import DAY_SECONDS
from local.simulator.errors import ApiError
from local.simulator.moment_book import Content, Moment, MomentTask
from local.simulator.moments import MomentRequest

_TEXT_CHARS, _TEXT_BYTES = 2_000, 4_000
_MOST = {"image": 9, "video": 1, "link": 1}
_LONG_SIDE, _SHORT_SIDE = 10_800, 1_080
_VIDEO_SECONDS = 30
_LINK_TITLE_CHARS, _LINK_TITLE_BYTES = 64, 128
_USERS, _DEPARTMENTS, _TAGS = 100_000, 10_000, 3_000
_JOB_LIFE_SECONDS = DAY_SECONDS
_LIST_SECONDS = 30 * DAY_SECONDS
_LIST_PAGE = 20
_TASKS_DEFAULT, _TASKS_MAX = 500, 1_000
_SHOWN_DEFAULT, _SHOWN_MAX = 3_000, 5_000
_LATEST_TIME = 2**32
_FROM_CORP, _PERSONAL, _ALL = 0, 1, 2
_STARTED, _RUNNING, _DONE = 1, 2, 3
_PARTIAL, _PUBLIC = 0, 1


def start(call: Call) -> Body:
    content = _checked_content(call)
    wanted = arguments.mapping(call.args, "visible_range")
    senders = arguments.mapping(wanted, "sender_list")
    customers = arguments.mapping(wanted, "external_contact_list")
    request = MomentRequest(
        content=content,
        users=arguments.text_list(senders, "user_list", required=False, maximum=_USERS),
        departments=arguments.integer_list(senders, "department_list", maximum=_DEPARTMENTS),
        tags=arguments.text_list(customers, "tag_list", required=False, maximum=_TAGS),
    )
    return {"jobid": call.engines.moments.start(call.app, request).jobid}


def job_result(call: Call) -> Body:
    jobid = arguments.text(call.args, "jobid", missing=errors.MOMENT_ID_MISSING)
    job = call.engines.simulation.state.moments.jobs.get(jobid)
    if job is None or call.now > job.created_at + _JOB_LIFE_SECONDS:
        raise ApiError(errors.MOMENT_ID_INVALID)
    if not job.done:
        half = job.created_at + call.knobs.moment_job_seconds / 2
        return {"status": _STARTED if call.now < half else _RUNNING, "type": "add_moment_task"}
    result: Body = {
        "errcode": job.errcode,
        "errmsg": errors.text_of(job.errcode),
        "invalid_sender_list": {"user_list": job.bad_users, "department_list": job.bad_departments},
        "invalid_external_contact_list": {"tag_list": job.bad_tags},
    }
    if job.moment_id is not None:
        result["moment_id"] = job.moment_id
    return {"status": _DONE, "type": "add_moment_task", "result": result}


def list_moments(call: Call) -> Body:
    start_time = arguments.integer(call.args, "start_time", maximum=_LATEST_TIME)
    end_time = arguments.integer(call.args, "end_time", maximum=_LATEST_TIME)
    if end_time < start_time or end_time - start_time > _LIST_SECONDS:
        raise ApiError(errors.INVALID_PARAMETER, "start_time, end_time")
    creator = arguments.optional_text(call.args, "creator") or None
    kind = arguments.integer(call.args, "filter_type", default=_ALL, maximum=_ALL)
    limit = paging.limit_or_default(call, default=_LIST_PAGE, maximum=_LIST_PAGE)

    def is_listed(row: Moment) -> bool:
        wanted = kind == _ALL or (row.creator is not None) == (kind == _PERSONAL)
        return wanted and creator in {None, row.creator} and start_time < row.created_at < end_time

    rows = call.engines.simulation.state.moments.moments
    scan = [start_time, end_time, creator, kind]
    page, cursor = paging.page_of(call, rows, lambda row: row.number, limit=limit, scan=scan, keep=is_listed)
    return {"next_cursor": cursor, "moment_list": [_row(moment) for moment in page]}


def list_tasks(call: Call) -> Body:
    moment = _of_corp(call)
    if call.now < moment.created_at + call.knobs.moment_dispatch_seconds:
        raise ApiError(errors.MOMENT_DISTRIBUTING)
    limit = paging.limit_or_default(call, default=_TASKS_DEFAULT, maximum=_TASKS_MAX)
    page, cursor = paging.page_of(call, moment.tasks, lambda task: task.number, limit=limit, scan=moment.moment_id)
    rows = [{"userid": task.userid, "publish_status": int(task.published_at is not None)} for task in page]
    return {"next_cursor": cursor, "task_list": rows}


def list_chosen(call: Call) -> Body:
    moment, task = _published(call)
    rows = [{"userid": task.userid, "external_userid": customer} for customer in task.chosen]
    return _customers(call, moment, rows, default=_TASKS_DEFAULT, maximum=_TASKS_MAX)


def list_visible(call: Call) -> Body:
    moment, task = _published(call)
    rows = [{"external_userid": customer} for customer in task.visible]
    return _customers(call, moment, rows, default=_SHOWN_DEFAULT, maximum=_SHOWN_MAX)


def list_reactions(call: Call) -> Body:
    """Who said something and who liked it; never what was said."""
    _, task = _published(call)
    found: dict[bool, list[Body]] = {True: [], False: []}
    for reaction in task.reactions:
        who = {"userid": reaction.userid} if reaction.userid else {"external_userid": reaction.external_userid}
        found[reaction.comment].append({**who, "create_time": int(reaction.at)})
    return {"comment_list": found[True], "like_list": found[False]}


def cancel(call: Call) -> Body:
    call.engines.moments.cancel(_of_corp(call))
    return {}


def _customers(call: Call, moment: Moment, rows: list[Body], *, default: int, maximum: int) -> Body:
    limit = paging.limit_or_default(call, default=default, maximum=maximum)
    numbered = list(enumerate(rows))
    scan = [moment.moment_id, call.args.get("userid")]
    page, cursor = paging.page_of(call, numbered, lambda pair: pair[0], limit=limit, scan=scan)
    return {"next_cursor": cursor, "customer_list": [row for _, row in page]}


def _checked_content(call: Call) -> Content:
    text = arguments.optional_text(arguments.mapping(call.args, "text"), "content") or ""
    attachments = call.args.get("attachments") or []
    if len(text) > _TEXT_CHARS or len(text.encode()) > _TEXT_BYTES:
        raise ApiError(errors.INVALID_PARAMETER, "invalid text size,")
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise ApiError(errors.BAD_ATTACHMENT, "invalid attachments msgtype,")
    if not text and not attachments:
        raise ApiError(errors.MOMENT_EMPTY)
    kinds = {str(one.get("msgtype")) for one in attachments}
    if len(kinds) > 1 or kinds - _MOST.keys():
        raise ApiError(errors.BAD_ATTACHMENT, "invalid attachments msgtype,")
    content: Content = {"text": {"content": text}} if text else {}
    for kind in kinds:
        if len(attachments) > _MOST[kind]:
            raise ApiError(errors.TOO_MANY_ATTACHMENTS, "invalid attachments size,")
        content[kind] = [_checked_attachment(call, kind, one.get(kind)) for one in attachments]
    return content


def _checked_attachment(call: Call, kind: str, part: Any) -> Content:
    """As it is shown later: the media ids, and of a link its title and address."""
    if not isinstance(part, dict):
        raise ApiError(errors.BAD_ATTACHMENT, "invalid msg,")
    media_id = arguments.text(part, "media_id", missing=errors.MEDIA_ID_MISSING)
    if kind == "video":
        video = usable(call, media_id, "moments", "video")
        if video.seconds is not None and video.seconds > _VIDEO_SECONDS:
            raise ApiError(errors.MOMENT_DURATION)
        return {"media_id": media_id, "thumb_media_id": f"{media_id}_thumb"}
    _check_pixels(usable(call, media_id, "moments", "image").pixels)
    return {"media_id": media_id} if kind == "image" else _checked_link(part)


def _check_pixels(pixels: tuple[int, int] | None) -> None:
    if pixels is not None and (max(pixels) > _LONG_SIDE or min(pixels) > _SHORT_SIDE):
        raise ApiError(errors.MOMENT_PIXELS)


def _checked_link(part: Mapping[str, Any]) -> Content:
    title = arguments.optional_text(part, "title", chars=_LINK_TITLE_CHARS) or ""
    if len(title.encode()) > _LINK_TITLE_BYTES:
        raise ApiError(errors.INVALID_PARAMETER, "title")
    return {"title": title, "url": arguments.text(part, "url")}


def _named(call: Call) -> Moment:
    moment_id = arguments.text(call.args, "moment_id", missing=errors.MOMENT_ID_MISSING)
    moment = call.engines.simulation.state.moments.by_id.get(moment_id)
    if moment is None:
        raise ApiError(errors.MOMENT_ID_INVALID)
    return moment


def _of_corp(call: Call) -> Moment:
    moment = _named(call)
    if moment.creator is not None:
        raise ApiError(errors.MOMENT_TYPE)
    return moment


def _published(call: Call) -> tuple[Moment, MomentTask]:
    moment = _named(call)
    task = moment.task_of(arguments.userid(call.args))
    if task is None:
        raise ApiError(errors.MOMENT_NOT_OF_USER)
    if task.published_at is None:
        raise ApiError(errors.MOMENT_NOT_PUBLISHED)
    return moment, task


def _row(moment: Moment) -> Body:
    """The typed keys of the list, not the attachments of the call."""
    row: Body = {
        "moment_id": moment.moment_id,
        "create_time": int(moment.created_at),
        "create_type": _FROM_CORP if moment.creator is None else _PERSONAL,
        "visible_type": _PUBLIC if moment.tags is None else _PARTIAL,
    }
    for name, part in moment.content.items():
        row[name] = part[0] if name in {"video", "link"} else part
    return row if moment.creator is None else row | {"creator": moment.creator}


ENDPOINTS = {
    "externalcontact/add_moment_task": Endpoint("POST", "customer", start),
    "externalcontact/get_moment_task_result": Endpoint("GET", "customer", job_result),
    "externalcontact/get_moment_list": Endpoint("POST", "customer", list_moments, {"moment_list": []}),
    "externalcontact/get_moment_task": Endpoint("POST", "customer", list_tasks, {"task_list": []}),
    "externalcontact/get_moment_customer_list": Endpoint("POST", "customer", list_chosen, {"customer_list": []}),
    "externalcontact/get_moment_send_result": Endpoint("POST", "customer", list_visible, {"customer_list": []}),
    "externalcontact/get_moment_comments": Endpoint(
        "POST", "customer", list_reactions, {"comment_list": [], "like_list": []}
    ),
    "externalcontact/cancel_moment_task": Endpoint("POST", "customer", cancel),
}
