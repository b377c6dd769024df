"""Uploads that WeCom fetches itself, as they stand."""

from dataclasses import dataclass, field

RESULT_LIFE_SECONDS = 3600


@dataclass(slots=True, kw_only=True)
class UrlUpload:
    """``errcode`` is 0 until it failed; ``media_id`` is empty until it is done."""

    jobid: str
    app: str
    kind: str
    file_name: str
    url: str
    md5: str
    created_at: float
    done: bool = False
    errcode: int = 0
    media_id: str = ""
    finished_at: float = 0.0


@dataclass(slots=True)
class UrlUploadBook:
    jobs: dict[str, UrlUpload] = field(default_factory=dict)
