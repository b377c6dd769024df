"""The archive of conversations (content paper, section 8): pages and files as the library asks for them, companions."""

import re
from collections.abc import Iterator
from typing import Any

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Body, Call, Endpoint, FileBody
from local.simulator.archive_book import WINDOW_SECONDS
from local.simulator.errors import ApiError
from local.simulator.model import EXTERNAL, ArchiveConsent, Relation

_MOST_ROWS = 1_000
_MOST_SEQ = 2**64 - 1
_CHUNK_BYTES = 512 * 1024
_MOST_CONSENTS = 100
_RANGE = re.compile(r"bytes=([0-9]{1,12})-([0-9]{1,12})")
_SHOWN = {"agreed": "Agree", "refused": "Disagree"}
_EDITION = 3


def chat_data(call: Call) -> Body:
    """Rows after ``seq``. Nothing new is a reply without rows."""
    seq = arguments.integer(call.args, "seq", maximum=_MOST_SEQ)
    limit = arguments.integer(call.args, "limit", minimum=1, maximum=_MOST_ROWS)
    knobs, book = call.knobs, call.engines.simulation.state.archive
    rows = book.page(seq, limit, call.now, knobs.archive_repeated_rows)
    fields = [row.fields for row in rows]
    if sum(map(_size, fields)) > knobs.archive_page_bytes:
        raise ApiError(errors.ARCHIVE_PAGE_TOO_LARGE)
    if knobs.archive_rows_reversed:
        fields.reverse()
    return {"chatdata": fields}


def media_data(call: Call) -> FileBody:
    """At most 512 KiB of a file, from where the Range header says."""
    asked = _RANGE.fullmatch(call.byte_range)
    if asked is None:
        raise ApiError(errors.BAD_RANGE)
    file = call.engines.simulation.state.archive.files.get(arguments.text(call.args, "fileid"))
    if file is None or file.auth_key != call.args.get("authkey"):
        raise ApiError(errors.MEDIA_ID_INVALID)
    if file.at < call.now - WINDOW_SECONDS:
        raise ApiError(errors.ARCHIVE_TOO_OLD)
    first, size = int(asked[1]), len(file.content)
    if first >= max(size, 1):
        raise ApiError(errors.BAD_RANGE)
    content = file.content[first : min(int(asked[2]) + 1, first + _CHUNK_BYTES)]
    return FileBody(content, "", f"bytes {first}-{first + len(content) - 1}/{size}")


def permit_user_list(call: Call) -> Body:
    """Who is archived. The corp of the simulation bought the enterprise edition alone."""
    edition = arguments.integer(call.args, "type", default=_EDITION, minimum=1, maximum=_EDITION)
    return {"ids": call.engines.simulation.state.archive.effective() if edition == _EDITION else []}


def check_single_agree(call: Call) -> Body:
    asked = call.args.get("info")
    if not isinstance(asked, list) or not asked:
        raise ApiError(errors.MISSING_PARAMETER, "info")
    if len(asked) > _MOST_CONSENTS:
        raise ApiError(errors.TOO_MANY_CONSENTS)
    return {"agreeinfo": [row for one in asked for row in _single(call, one)]}


def _single(call: Call, one: Any) -> Iterator[Body]:
    if not isinstance(one, dict):
        raise ApiError(errors.INVALID_PARAMETER, "info")
    userid, customer = arguments.text(one, "userid"), arguments.text(one, "exteranalopenid")
    relation: Relation | None = call.world.relation(userid, customer)
    if relation is not None:
        for shown in _agreement(call, relation.archive_consent, relation.archive_consent_at or relation.createtime):
            yield {**shown, "userid": relation.userid, "exteranalopenid": customer}


def check_room_agree(call: Call) -> Body:
    group = call.world.groups.get(arguments.text(call.args, "roomid"))
    if group is None or not group.external:
        raise ApiError(errors.INVALID_PARAMETER, "roomid")
    outsiders = (row for row in group.members if row.type == EXTERNAL)
    rows = [
        {**shown, "exteranalopenid": row.userid}
        for row in outsiders
        for shown in _agreement(call, row.archive_consent, row.archive_consent_at or row.join_time)
    ]
    return {"agreeinfo": rows}


def _agreement(call: Call, consent: ArchiveConsent | None, at: float) -> Iterator[Body]:
    """``at``: when he answered; a world that does not say so had it with the relation."""
    if consent in _SHOWN:
        yield {"status_change_time": int(at), "agree_status": _SHOWN[consent]}
    elif call.knobs.archive_undecided_shown:
        yield {"status_change_time": 0, "agree_status": "Disagree"}


def internal_group(call: Call) -> Body:
    group = call.world.groups.get(arguments.text(call.args, "roomid"))
    if group is None or group.external:
        raise ApiError(errors.NOT_INTERNAL_GROUP)
    members = [{"memberid": row.userid, "jointime": row.join_time} for row in group.members]
    return {
        "roomname": group.name,
        "creator": group.owner,
        "room_create_time": group.create_time,
        "notice": group.notice,
        "members": members,
    }


def _size(fields: Any) -> int:
    texts = fields.values() if isinstance(fields, dict) else [fields]
    return sum(len(text) for text in texts if isinstance(text, str))


ENDPOINTS = {
    "message/getchatdata": Endpoint("POST", "archive", chat_data),
    "message/getchatmediadata": Endpoint("POST", "archive", media_data),
    "msgaudit/get_permit_user_list": Endpoint("POST", "archive", permit_user_list, {"ids": []}),
    "msgaudit/check_single_agree": Endpoint("POST", "archive", check_single_agree, {"agreeinfo": []}),
    "msgaudit/check_room_agree": Endpoint("POST", "archive", check_room_agree, {"agreeinfo": []}),
    "msgaudit/groupchat/get": Endpoint("POST", "archive", internal_group),
}
