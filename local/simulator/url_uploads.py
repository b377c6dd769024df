"""Uploads that WeCom fetches itself (content paper, 3.3): a job, its result for an hour, an event when it ends.

The simulator never leaves the machine: it fetches from loopback addresses only, and anything else is a job that failed.
"""

import asyncio
import hashlib
import secrets
import urllib.request
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from local.simulator import errors
from local.simulator.callbacks import CallbackDispatcher
from local.simulator.events import Event
from local.simulator.model import App
from local.simulator.multipart import UploadedFile
from local.simulator.state import Simulation
from local.simulator.url_upload_book import UrlUpload

JOB_DUE = "url_upload_due"
_MOST_BYTES = 200 * 1024 * 1024
_TIMEOUT_S = 5.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

type Fetch = Callable[[str, int], bytes]


class UrlUploadEngine:
    """``fetch`` gives the first bytes that lie at an address; tests put their own."""

    def __init__(self, simulation: Simulation, dispatcher: CallbackDispatcher) -> None:
        self._simulation = simulation
        self._dispatcher = dispatcher
        self.fetch: Fetch = fetch_from_loopback
        simulation.timeline.on(JOB_DUE, self._job_due)

    def start(self, app: App, kind: str, file_name: str, url: str, md5: str) -> UrlUpload:
        now = self._simulation.now()
        job = UrlUpload(
            jobid=f"job{secrets.token_urlsafe(24)}",
            app=app.app,
            kind=kind,
            file_name=PurePosixPath(file_name).name,
            url=url,
            md5=md5.lower(),
            created_at=now,
        )
        self._simulation.state.url_uploads.jobs[job.jobid] = job
        self._simulation.timeline.schedule(now + self._simulation.knobs.url_upload_seconds, JOB_DUE, jobid=job.jobid)
        return job

    async def _job_due(self, at: float, args: dict[str, Any]) -> None:
        job = self._simulation.state.url_uploads.jobs[args["jobid"]]
        content = b""
        try:
            content = await asyncio.to_thread(self.fetch, job.url, _MOST_BYTES + 1)
        except OSError:
            job.errcode = errors.URL_NOT_FETCHED
        if not job.errcode:
            job.errcode = _fault(content, job.md5)
        if not job.errcode:
            file = UploadedFile("media", job.file_name, content)
            job.media_id = self._simulation.state.media.add(job.kind, "by_url", file, at).media_id
        job.done, job.finished_at = True, at
        self._simulation.ledger.changed(at, "url_upload_finished", "timeline", detail=job.jobid)
        self._dispatcher.emit(Event("upload_media_job_finish", None, {"JobId": job.jobid}), apps=[job.app])


def fetch_from_loopback(url: str, most: int) -> bytes:
    """The first ``most`` bytes. Raises OSError for any other machine, and where nothing answers."""
    place = urlsplit(url)
    if place.scheme not in {"http", "https"} or place.hostname not in _LOOPBACK:
        raise OSError("the simulator fetches from this machine only")
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as reply:  # noqa: S310 - loopback, checked above
        content: bytes = reply.read(most)
        return content


def _fault(content: bytes, md5: str) -> int:
    if len(content) > _MOST_BYTES:
        return errors.MEDIA_TOO_LARGE
    if not content:
        return errors.URL_NOT_FETCHED
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return 0 if found == md5 else errors.MD5_DIFFERS
