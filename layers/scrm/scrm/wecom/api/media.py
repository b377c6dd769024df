"""Files lent to WeCom for three days (docs/wecom.md 12.3). What was uploaded one way is refused by the other."""

from typing import Final

from scrm.wecom import limits
from scrm.wecom.api.call import Call, Caller, UploadFile, parsed
from scrm.wecom.errors import InvalidRequestError
from scrm.wecom.payloads.media import UploadedMedia

_MOMENTS: Final = 1  # attachment_type


class Media:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def upload(self, kind: str, file: UploadFile) -> UploadedMedia:
        """For messages and welcome texts; ``kind`` is ``image``, ``video`` or ``file``."""
        return self._upload(Call("media/upload", query={"type": kind}, file=file), kind, limits.MEDIA_BYTES)

    def upload_for_moments(self, kind: str, file: UploadFile) -> UploadedMedia:
        """For Moments; ``kind`` is ``image`` or ``video``."""
        query: dict[str, str | int] = {"media_type": kind, "attachment_type": _MOMENTS}
        call = Call("media/upload_attachment", query=query, file=file)
        return self._upload(call, kind, limits.MOMENTS_MEDIA_BYTES)

    def _upload(self, call: Call, kind: str, most: dict[str, int]) -> UploadedMedia:
        size = len(call.file.content) if call.file else 0
        if kind not in most:
            raise InvalidRequestError(None, call.path, reason=f"takes {', '.join(most)}, not {kind}")
        if not limits.MEDIA_LEAST_BYTES <= size <= most[kind]:
            reason = f"takes {kind} files of {limits.MEDIA_LEAST_BYTES} to {most[kind]} bytes, not {size}"
            raise InvalidRequestError(None, call.path, reason=reason)
        return parsed(UploadedMedia, self._caller.call(call), call)
