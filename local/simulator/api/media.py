"""Uploads and downloads (content paper, 3.3), and what the sending endpoints ask of a media id."""

import re
from collections.abc import Iterable

from local.simulator import errors
from local.simulator.api import arguments
from local.simulator.api.call import Body, Call, Endpoint, FileBody
from local.simulator.errors import ApiError
from local.simulator.file_facts import facts_of
from local.simulator.media_store import Media, MediaUse
from local.simulator.multipart import UploadedFile
from local.simulator.url_upload_book import RESULT_LIFE_SECONDS

_MEGABYTE = 1024 * 1024
_LEAST_BYTES = 6  # "more than 5"
_MOST_BYTES = {
    "image": 10 * _MEGABYTE,
    "voice": 2 * _MEGABYTE,
    "video": 10 * _MEGABYTE,
    "file": 20 * _MEGABYTE,
}
_MOST_ATTACHMENT_BYTES = 10 * _MEGABYTE
_MOST_PICTURE_BYTES = 2 * _MEGABYTE
_ATTACHMENT_USES: dict[int, tuple[MediaUse, frozenset[str]]] = {
    1: ("moments", frozenset({"image", "video"})),
    2: ("album", frozenset({"image"})),
}
_PART = "media"
_BY_URL = frozenset({"video", "file"})
_TAKES_BY_URL = "externalcontact/group_welcome_template/"
_MD5 = re.compile(r"[0-9a-fA-F]{32}")
_RANGE = re.compile(r"bytes=([0-9]{1,12})-([0-9]{1,12})?")
_MOST_AT_ONCE = 20 * _MEGABYTE


def upload(call: Call) -> Body:
    kind = _kind(call, "type", _MOST_BYTES)
    file = _checked_file(call, kind, _MOST_BYTES[kind], part=_PART)
    media = call.engines.simulation.state.media.add(kind, "message", file, call.now)
    return {"type": kind, "media_id": media.media_id, "created_at": str(int(media.created_at))}


def upload_attachment(call: Call) -> Body:
    number = arguments.integer(call.args, "attachment_type")
    if number not in _ATTACHMENT_USES:
        raise ApiError(errors.INVALID_PARAMETER, "attachment_type")
    use, kinds = _ATTACHMENT_USES[number]
    kind = _kind(call, "media_type", kinds)
    file = _checked_file(call, kind, _MOST_ATTACHMENT_BYTES, part=_PART)
    media = call.engines.simulation.state.media.add(kind, use, file, call.now)
    return {"type": kind, "media_id": media.media_id, "created_at": int(media.created_at)}


def upload_picture(call: Call) -> Body:
    """A picture for good, at an address that renders inside WeCom only."""
    file = _checked_file(call, "image", _MOST_PICTURE_BYTES, part=None)
    address = call.engines.simulation.state.media.add_picture(file, call.now)
    if address is None:
        raise ApiError(errors.RATE_LIMIT)
    return {"url": address}


def upload_by_url(call: Call) -> Body:
    """Starts a job; its id is what WeCom tells when it has ended."""
    if arguments.integer(call.args, "scene") != 1:
        raise ApiError(errors.INVALID_PARAMETER, "scene")
    kind = _kind(call, "type", _BY_URL)
    name, url = _bounded(call, "filename", 128), _bounded(call, "url", 1024)
    md5 = arguments.text(call.args, "md5")
    if not _MD5.fullmatch(md5):
        raise ApiError(errors.INVALID_PARAMETER, "md5")
    return {"jobid": call.engines.url_uploads.start(call.app, kind, name, url, md5).jobid}


def result_of_upload(call: Call) -> Body:
    """1 running, 2 done, 3 failed; an hour after its end, and to another app, a job is unknown."""
    job = call.engines.simulation.state.url_uploads.jobs.get(_bounded(call, "jobid", 128))
    if job is None or job.app != call.app.app or (job.done and call.now >= job.finished_at + RESULT_LIFE_SECONDS):
        raise ApiError(errors.INVALID_PARAMETER, "jobid")
    if not job.done:
        return {"status": 1}
    message = errors.text_of(job.errcode) if job.errcode else "ok"
    detail = {"errcode": job.errcode, "errmsg": message}
    if job.errcode:
        return {"status": 3, "detail": detail}
    return {"status": 2, "detail": {**detail, "media_id": job.media_id, "created_at": str(int(job.finished_at))}}


def download(call: Call) -> FileBody:
    """The file, or the part of it that a Range header names: 20 MB at most."""
    media_id = arguments.text(call.args, "media_id", missing=errors.MEDIA_ID_MISSING)
    store = call.engines.simulation.state.media
    media = store.living(media_id, call.now, call.knobs.media_life_seconds)
    if media is None:
        raise ApiError(errors.MEDIA_ID_INVALID)
    if not call.byte_range:
        first, last = 0, media.size - 1
    elif (asked := _RANGE.fullmatch(call.byte_range)) is None or int(asked[1]) >= media.size:
        raise ApiError(errors.BAD_RANGE)
    else:
        first, last = int(asked[1]), min(int(asked[2] or media.size - 1), media.size - 1)
    if not 0 <= last - first < _MOST_AT_ONCE:
        raise ApiError(errors.BAD_RANGE)
    part = f"bytes {first}-{last}/{media.size}" if call.byte_range else ""
    return FileBody(store.contents[media_id][first : last + 1], media.file_name, part)


def usable(call: Call, media_id: str, use: MediaUse, kind: str) -> Media:
    """What the id stands for.

    Raises:
        ApiError: 40007 for an unknown or expired id, one of another kind, and one uploaded for another use (of Moments
            the knob's code for the last).
    """
    media = call.engines.simulation.state.media.living(media_id, call.now, call.knobs.media_life_seconds)
    if media is None:
        raise ApiError(errors.MEDIA_ID_INVALID)
    also = use == "message" and media.use == "by_url" and call.path.startswith(_TAKES_BY_URL)
    if media.use != use and not also:
        raise ApiError(call.knobs.moment_foreign_media_errcode if use == "moments" else errors.MEDIA_ID_INVALID)
    if media.kind != kind:
        raise ApiError(errors.MEDIA_ID_INVALID)
    return media


def check_picture(call: Call, address: str) -> None:
    """Raises: ApiError: 40058 for an address that uploadimg did not give."""
    if address not in call.engines.simulation.state.media.pictures:
        raise ApiError(errors.INVALID_PARAMETER, "pic_url")


def picture_of(call: Call, media_id: str) -> str:
    """The address under which WeCom shows the file that is lent under this id."""
    media = call.engines.simulation.state.media
    lent = media.by_id[media_id]
    address = f"https://wework.qpic.cn/wwpic/{lent.sha256[:24]}/0"
    media.pictures[address] = lent.sha256
    return address


def _bounded(call: Call, name: str, most: int) -> str:
    value = arguments.text(call.args, name)
    if len(value.encode()) > most:
        raise ApiError(errors.INVALID_PARAMETER, name)
    return value


def _kind(call: Call, name: str, kinds: Iterable[str]) -> str:
    kind = arguments.text(call.args, name)
    if kind not in kinds:
        raise ApiError(errors.BAD_MEDIA_KIND)
    return kind


def _checked_file(call: Call, kind: str, most: int, *, part: str | None) -> UploadedFile:
    file = call.file
    if file is None or (part is not None and file.part != part) or not file.content:
        raise ApiError(errors.EMPTY_MEDIA)
    if len(file.content) < _LEAST_BYTES:
        raise ApiError(errors.BAD_MEDIA_SIZE)
    if len(file.content) > most:
        raise ApiError(errors.MEDIA_TOO_LARGE)
    if kind != "file" and facts_of(file.content).kind != kind:
        raise ApiError(errors.BAD_IMAGE if kind == "image" else errors.BAD_MEDIA_TYPE)
    return file


ENDPOINTS = {
    "media/upload": Endpoint("POST", "message", upload, takes_file=True),
    "media/upload_attachment": Endpoint("POST", "customer", upload_attachment, takes_file=True),
    "media/upload_by_url": Endpoint("POST", "message", upload_by_url),
    "media/get_upload_by_url_result": Endpoint("POST", "message", result_of_upload),
    "media/get": Endpoint("GET", "message", download),
    "media/uploadimg": Endpoint("POST", "message", upload_picture, takes_file=True),
}
