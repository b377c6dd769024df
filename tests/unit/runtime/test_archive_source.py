"""ARCHIVE_SOURCE chooses; the simulator's source cannot be chosen where WeCom is real."""

from collections.abc import Iterator

import pytest

from scrm.runtime.wiring import archive_source
from scrm.wecom.archive.library_source import LibrarySource
from scrm.wecom.archive.local_source import LocalSource, SourceRefusedError


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WECOM_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("ARCHIVE_LIBRARY_PATH", "/opt/lib/libWeWorkFinanceSdk_C.so")
    archive_source.reset()
    yield
    archive_source.reset()


@pytest.mark.parametrize(("stated", "kind"), [("local", LocalSource), ("library", LibrarySource)])
def test_the_setting_chooses(monkeypatch: pytest.MonkeyPatch, stated: str, kind: type) -> None:
    monkeypatch.setenv("ARCHIVE_SOURCE", stated)
    assert isinstance(archive_source.chat_source(), kind)


def test_the_local_source_is_refused_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHIVE_SOURCE", "local")
    monkeypatch.setenv("WECOM_BASE_URL", "https://qyapi.example.com")
    with pytest.raises(SourceRefusedError):
        archive_source.chat_source()


def test_another_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHIVE_SOURCE", "zone")
    with pytest.raises(archive_source.UnknownSourceError):
        archive_source.chat_source()
