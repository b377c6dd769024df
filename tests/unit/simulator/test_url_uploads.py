"""Uploads that WeCom fetches itself: a job, its result, and what the id is good for (content paper, 3.3)."""

import hashlib

import pytest

from local.simulator.url_uploads import fetch_from_loopback

from .builders import MP4, Corp, Json

START, RESULT = "media/upload_by_url", "media/get_upload_by_url_result"
SEND, GROUP_WELCOME = "externalcontact/add_msg_template", "externalcontact/group_welcome_template/add"
URL = "http://127.0.0.1:1/film.mp4"


def corp(content: bytes | None = MP4) -> Corp:
    """WeCom finds ``content`` at every address, or nothing."""
    made = Corp()

    def fetch(url: str, most: int) -> bytes:
        if content is None:
            raise ConnectionRefusedError(url)
        return content[:most]

    made.simulator.url_uploads.fetch = fetch
    return made


def ask(made: Corp, **changes: object) -> Json:
    md5 = hashlib.md5(MP4, usedforsecurity=False).hexdigest()
    asked = {"scene": 1, "type": "video", "filename": "film.mp4", "url": URL, "md5": md5}
    return made.post(START, asked | changes)


def test_a_job_runs_and_gives_an_id_that_download_and_group_welcomes_take() -> None:
    made = corp()
    jobid = ask(made)["jobid"]
    running = made.post(RESULT, {"jobid": jobid})
    made.advance(5)

    done = made.post(RESULT, {"jobid": jobid})

    media_id = done["detail"]["media_id"]
    assert (running["status"], done["status"], done["detail"]["errcode"]) == (1, 2, 0)
    assert made.simulator.simulation.state.media.contents[media_id] == MP4
    film = {"msgtype": "video", "video": {"media_id": media_id}}
    assert made.post(SEND, {"sender": "rm_a", "attachments": [film]})["errcode"] == 40007
    assert made.post(GROUP_WELCOME, {"text": {"content": "hi"}, "video": {"media_id": media_id}})["errcode"] == 0


@pytest.mark.parametrize(
    ("content", "md5", "errcode"),
    [(None, None, 830003), (b"", None, 830003), (MP4, "0" * 32, 301019)],
    ids=["unreachable", "empty", "another file"],
)
def test_a_job_that_fails_says_why(content: bytes | None, md5: str | None, errcode: int) -> None:
    made = corp(content)
    jobid = (ask(made, md5=md5) if md5 else ask(made))["jobid"]
    made.advance(5)

    failed = made.post(RESULT, {"jobid": jobid})

    assert (failed["status"], failed["detail"]["errcode"]) == (3, errcode)
    assert "media_id" not in failed["detail"]


def test_a_result_is_told_for_an_hour() -> None:
    made = corp()
    jobid = ask(made)["jobid"]
    made.advance(5 + 3600)

    assert made.post(RESULT, {"jobid": jobid})["errcode"] == 40058
    assert made.post(RESULT, {"jobid": "unknown"})["errcode"] == 40058


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"scene": 2}, 40058),
        ({"type": "image"}, 40004),
        ({"filename": "f" * 129}, 40058),
        ({"url": "http://127.0.0.1/" + "u" * 1024}, 40058),
        ({"md5": "not a hash"}, 40058),
    ],
)
def test_a_wrong_request_starts_nothing(change: dict[str, object], errcode: int) -> None:
    made = corp()

    assert ask(made, **change)["errcode"] == errcode
    assert not made.simulator.simulation.state.url_uploads.jobs


@pytest.mark.parametrize("url", ["http://203.0.113.1/film.mp4", "file:///etc/hostname"])
def test_nothing_is_fetched_from_another_machine(url: str) -> None:
    with pytest.raises(OSError, match="this machine only"):
        fetch_from_loopback(url, 1)
