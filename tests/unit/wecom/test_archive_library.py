"""WeCom's library in its own process: whatever it does ends there, and the next call finds another."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scrm.archive.errors import FailureKind, SourceFailure, UndecryptableMessage
from scrm.archive.ports import MediaChunk
from scrm.wecom.archive.library_source import LibrarySettings, LibrarySource
from scrm.wecom.transport import AppCredentials
from tests.fakes.archive_library.pywecomarchive import _native as library

SECRET = "archive-secret-archive-secret"
FAKE = Path(library.__file__).parents[1]
PAGE = b'{"errcode":0,"errmsg":"ok","chatdata":[]}'


class Watched:
    """A source on the fake library, how often it fetched credentials, and what it reported."""

    def __init__(self, **settings: Any) -> None:
        self.started = 0
        self.reports: list[tuple[str, str]] = []
        self.source = LibrarySource(
            self._credentials, LibrarySettings(**settings), lambda *report: self.reports.append(report)
        )

    def _credentials(self) -> AppCredentials:
        self.started += 1
        return AppCredentials("wwCORP", SECRET)

    def fails(self, seq: int) -> SourceFailure:
        with pytest.raises(SourceFailure) as raised:
            self.source.get_chat_data(seq, 1_000)
        return raised.value


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.syspath_prepend(str(FAKE))
    watched = Watched(calls=50)
    yield watched
    watched.source.close()


def test_page_message_and_file_come_through_the_socket_unchanged(watched: Watched) -> None:
    assert watched.source.get_chat_data(1, 1_000) == PAGE
    assert watched.source.decrypt(
        b"\x01\xff key", "text of enough length 文"
    ) == b"\x01\xff key|text of enough length " + ("文".encode())
    assert watched.source.get_media("file", "") == MediaChunk(b"|file", "Range:bytes=5-9", finished=False)
    assert watched.started == 1


def test_codes_of_the_library_say_what_helps(watched: Watched) -> None:
    assert (watched.fails(10_001).kind, watched.fails(10_009).kind) == (FailureKind.RETRY, FailureKind.NOT_ALLOWED)
    with pytest.raises(UndecryptableMessage) as raised:
        watched.source.decrypt(library.WRONG_KEY, "text of enough length")
    assert raised.value.code == 10008
    with pytest.raises(SourceFailure) as refused:
        watched.source.get_media("bad", "")
    assert refused.value.code == 10005
    assert watched.started == 1


@pytest.mark.parametrize("text", ["", "twelve chars", "short\x00but long after", "\x00" * 40])
def test_a_text_at_which_the_library_aborts_never_reaches_it(watched: Watched, text: str) -> None:
    with pytest.raises(UndecryptableMessage):
        watched.source.decrypt(b"key", text)
    assert watched.started == 0


@pytest.mark.parametrize("seq", [library.ABORT, library.HOARD])
def test_a_crash_costs_one_call(watched: Watched, seq: int) -> None:
    assert watched.fails(seq).kind is FailureKind.CRASHED
    assert watched.source.get_chat_data(1, 1_000) == PAGE
    assert watched.started == 2


def test_a_hang_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FAKE))
    watched = Watched(seconds=1)
    watched.source.get_chat_data(1, 1_000)
    monkeypatch.setattr("scrm.wecom.archive.library_source._PATIENCE", 0.2)
    assert watched.fails(library.HANG).kind is FailureKind.CRASHED
    assert watched.reports == [("TimeoutError, SIGKILL", "")]
    watched.source.close()


def test_what_it_prints_is_reported_without_its_secrets(watched: Watched) -> None:
    watched.fails(library.TELL)
    ((reason, output),) = watched.reports
    assert reason.endswith("SIGABRT")
    assert ":access: " in output
    assert SECRET not in output
    assert "ABCDEFGHIJKLMNOPQRSTUVWXYZ" not in output


def test_a_stale_token_and_old_age_end_the_process_too(watched: Watched) -> None:
    assert b"42001" in watched.source.get_chat_data(library.STALE, 1_000)
    assert watched.source.get_chat_data(1, 1_000) == PAGE
    assert watched.started == 2
    for _ in range(50):
        watched.source.get_chat_data(1, 1_000)
    assert watched.started == 3
    assert watched.reports == []


def test_a_file_that_comes_with_what_cannot_be_read_ends_the_process_for_its_token_may_be_stale(
    watched: Watched,
) -> None:
    watched.source.get_media("file", "")
    with pytest.raises(SourceFailure) as refused:
        watched.source.get_media("refused", "")
    watched.source.get_media("file", "")

    assert (refused.value.code, refused.value.kind) == (10002, FailureKind.RETRY)
    assert (watched.started, watched.reports) == (2, [])


def test_a_library_that_does_not_load_is_a_crash_that_says_so(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pywecomarchive").mkdir()
    (tmp_path / "pywecomarchive" / "__init__.py").write_text("raise OSError('no such library')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert watched.fails(1).kind is FailureKind.CRASHED
    assert "no such library" in watched.reports[0][1]
