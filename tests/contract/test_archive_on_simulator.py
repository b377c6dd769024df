"""Both sources on the simulated archive: what WeCom's own library shows of it, the local source shows too.

The library itself is loaded where its package has it, Linux on x86_64, and reaches the simulator through its proxy; it
can open no message and take no file, because cipher and reply are the simulator's.
"""

import base64
import hashlib
import importlib.util
import json
import platform
from collections.abc import Iterator
from typing import Any

import pytest

from local.simulator.server import RunningSimulator
from scrm.archive.errors import FailureKind, SourceFailure, UndecryptableMessage
from scrm.archive.message import MessageKind, read
from scrm.archive.page import BadRow, Page, Row, read_page
from scrm.archive.ports import ChatSource
from scrm.wecom.archive.keys import SecretKeys
from scrm.wecom.archive.library_source import LibrarySettings, LibrarySource
from scrm.wecom.archive.local_source import LocalSource, SourceRefusedError
from tests import archive_corp

PULL, MEDIA = "message/getchatdata", "message/getchatmediadata"
CHUNK = 512 * 1024
HAS_LIBRARY = (
    platform.system() == "Linux"
    and platform.machine() == "x86_64"
    and importlib.util.find_spec("pywecomarchive") is not None
)
WITHOUT_LIBRARY = f"WeCom's library is not here: {platform.system()} {platform.machine()}"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSimulator]:
    with archive_corp.archived_corp() as sim:
        yield sim


@pytest.fixture
def sim(running: RunningSimulator) -> RunningSimulator:
    archive_corp.begin(running)
    return running


def library(sim: RunningSimulator, secret: str = archive_corp.ARCHIVE_SECRET) -> LibrarySource:
    settings = LibrarySettings(proxy=sim.proxy_url, seconds=5)
    return LibrarySource(lambda: archive_corp.credentials(secret), settings)


@pytest.fixture(params=["local", "library"])
def source(request: pytest.FixtureRequest, sim: RunningSimulator) -> Iterator[ChatSource]:
    if request.param == "local":
        yield archive_corp.local_source(sim)
        return
    if not HAS_LIBRARY:
        print(WITHOUT_LIBRARY)  # noqa: T201 - the reason is to be seen
        pytest.skip(WITHOUT_LIBRARY)
    found = library(sim)
    yield found
    found.close()


@pytest.fixture
def loaded(sim: RunningSimulator) -> Iterator[LibrarySource]:
    """The library itself."""
    if not HAS_LIBRARY:
        print(WITHOUT_LIBRARY)  # noqa: T201 - as above
        pytest.skip(WITHOUT_LIBRARY)
    found = library(sim)
    yield found
    found.close()


def page(source: ChatSource, seq: int = 0, limit: int = 1_000) -> Page:
    return read_page(source.get_chat_data(seq, limit))


def opened(source: ChatSource, row: Row | BadRow) -> dict[str, Any]:
    assert isinstance(row, Row)
    keys = SecretKeys(lambda: {str(version): archive_corp.private_pem(version) for version in (1, 2)})
    random_key = keys.decrypt(row.key_version, base64.b64decode(row.encrypted_key))
    message: dict[str, Any] = json.loads(source.decrypt(random_key, row.encrypted))
    return message


def test_a_page_is_pulled(source: ChatSource, sim: RunningSimulator) -> None:
    for content in ("一", "二", "三"):
        sim.control.archive.write("rm_a", "wm1", content)

    rows = page(source, 1, 10).rows

    assert [row.seq for row in rows] == [2, 3]
    assert all(isinstance(row, Row) and row.key_version == 1 for row in rows)
    assert page(source, 3).rows == ()


@pytest.mark.parametrize(
    ("kind", "fault", "helps"),
    [
        ("errcode", {"errcode": 45009}, FailureKind.SLOW_DOWN),
        ("errcode", {"errcode": 301058}, FailureKind.TOO_BIG),
        ("errcode", {"errcode": 301052}, FailureKind.NOT_ALLOWED),
        ("errcode", {"errcode": 301042}, FailureKind.NOT_ALLOWED),
        ("errcode", {"errcode": -1}, FailureKind.RETRY),
        ("html", {}, FailureKind.RETRY),
        ("empty", {}, FailureKind.RETRY),
        ("cut", {}, FailureKind.RETRY),
        ("http", {"status": 502}, FailureKind.RETRY),
    ],
)
def test_what_is_no_page_says_what_helps(
    source: ChatSource, sim: RunningSimulator, kind: str, fault: dict[str, int], helps: FailureKind
) -> None:
    sim.control.archive.write("rm_a", "wm1", "还在")
    sim.control.add_fault(kind, PULL, count=1, **fault)

    with pytest.raises(SourceFailure) as raised:
        page(source)
    assert raised.value.kind is helps
    assert page(source).seqs == (1,)


def test_a_reply_without_rows_is_nothing_new(source: ChatSource, sim: RunningSimulator) -> None:
    sim.control.archive.write("rm_a", "wm1", "在")
    sim.control.add_fault("bare", PULL, count=1)
    assert page(source).rows == ()
    assert page(source).seqs == (1,)


@pytest.mark.parametrize("errcode", [40014, 42001])
def test_a_stale_token_is_told_and_the_next_pull_has_another(
    source: ChatSource, sim: RunningSimulator, errcode: int
) -> None:
    sim.control.archive.write("rm_a", "wm1", "在")
    assert page(source).seqs == (1,)
    sim.control.revoke_tokens("archive", errcode)

    with pytest.raises(SourceFailure) as raised:
        page(source)
    assert raised.value.kind is FailureKind.STALE_TOKEN
    assert page(source).seqs == (1,)


@pytest.mark.parametrize("limit", [0, 1_001])
def test_a_limit_out_of_range_is_ours_to_fix(source: ChatSource, limit: int) -> None:
    with pytest.raises(SourceFailure) as raised:
        source.get_chat_data(0, limit)
    assert (raised.value.code, raised.value.kind) == (10000, FailureKind.FIX)


@pytest.mark.parametrize(
    "text", ["", "twelve chars", "text\x00of another length", "dGhpcyBpcyBubyBjaXBoZXJ0ZXh0", "\ud800 is no text"]
)
def test_what_is_no_message_does_not_open_and_kills_nothing(source: ChatSource, text: str) -> None:
    with pytest.raises(UndecryptableMessage) as raised:
        source.decrypt(b"0123456789abcdef0123456789abcdef", text)
    assert raised.value.code == 10008


def test_a_refused_secret_looks_like_a_broken_network(sim: RunningSimulator) -> None:
    sources: list[ChatSource] = [archive_corp.local_source(sim, "not the secret at all")]
    if HAS_LIBRARY:
        sources.append(library(sim, "not the secret at all"))
    for source in sources:
        with pytest.raises(SourceFailure) as raised:
            source.get_chat_data(0, 1)
        assert (raised.value.code, raised.value.kind) == (10001, FailureKind.RETRY)
        if isinstance(source, LibrarySource):
            source.close()


@pytest.mark.parametrize(
    ("fault", "code", "helps"),
    [
        ({"kind": "html"}, 10003, FailureKind.RETRY),
        ({"kind": "http", "status": 502}, 10001, FailureKind.RETRY),
        ({"kind": "errcode", "errcode": 301042}, 10009, FailureKind.NOT_ALLOWED),
    ],
)
def test_a_file_that_the_library_does_not_get_says_what_helps(
    loaded: LibrarySource, sim: RunningSimulator, fault: dict[str, Any], code: int, helps: FailureKind
) -> None:
    file = sim.control.archive.add_file(b"abc")["sdkfileid"]
    sim.control.add_fault(path=MEDIA, count=1, **fault)

    with pytest.raises(SourceFailure) as raised:
        loaded.get_media(file, "")

    assert (raised.value.code, raised.value.kind) == (code, helps)


@pytest.mark.parametrize(("name", "index", "code"), [("", "", 10000), ("SIM", "bytes=0-5", 10000), ("no", "", 10005)])
def test_a_file_that_is_asked_for_wrongly_never_leaves_the_library(
    loaded: LibrarySource, sim: RunningSimulator, name: str, index: str, code: int
) -> None:
    names = {"SIM": sim.control.archive.add_file(b"abc")["sdkfileid"], "no": "no base64!"}
    with pytest.raises(SourceFailure) as raised:
        loaded.get_media(names.get(name, ""), index)

    assert (raised.value.code, raised.value.kind) == (code, FailureKind.FIX)
    assert sim.control.calls(path=MEDIA) == []


def test_the_library_asks_for_the_file_that_the_message_names(loaded: LibrarySource, sim: RunningSimulator) -> None:
    """Its id and the right to it are read from the message's id; what comes back must be WeCom's own, which nobody
    has published."""
    file = sim.control.archive.make_file(CHUNK + 1, seed=3)["sdkfileid"]

    with pytest.raises(SourceFailure) as raised:
        loaded.get_media(file, "")

    (asked,) = sim.control.calls(path=MEDIA)
    assert (asked["errcode"], asked["http_status"]) == (0, 206)
    assert raised.value.code == 10003


def test_a_token_that_is_refused_for_a_file_is_not_kept(loaded: LibrarySource, sim: RunningSimulator) -> None:
    file = sim.control.archive.add_file(b"abc")["sdkfileid"]
    page(loaded)
    sim.control.revoke_tokens("archive")

    codes = []
    for _ in range(2):
        with pytest.raises(SourceFailure) as raised:
            loaded.get_media(file, "")
        codes.append(raised.value.code)

    assert codes == [10002, 10003]  # refused, which the library does not tell apart; then with another token
    assert len(sim.control.calls(path="gettoken")) == 2


# What only the local source can do: open messages and take files.


def test_messages_of_every_kind_are_opened_as_they_were_said(sim: RunningSimulator) -> None:
    source = archive_corp.local_source(sim)
    sim.control.archive.write("rm_a", "wm1", "您好")
    sim.control.archive.upload_key(archive_corp.public_pem(2))
    file = sim.control.archive.add_file(b"a picture")
    bodies = {"image": file, "hologram": {"say": "未来"}, "voiptext": {"callduration": 9, "invitetype": 2}}
    for kind, body in bodies.items():
        key = "info" if kind == "voiptext" else kind
        sim.control.archive.say({"from": "wm1", "tolist": ["rm_a"], "msgtype": kind, key: body})

    messages = [opened(source, row) for row in page(source).rows]

    assert messages == [row["message"] for row in sim.control.archive.said()]
    kinds = [read(message).kind for message in messages]
    assert kinds == [MessageKind.TEXT, MessageKind.IMAGE, MessageKind.UNKNOWN, MessageKind.VOIP_TEXT]


@pytest.mark.parametrize(
    ("kind", "opens"),
    [("garbage", False), ("wrong_key", False), ("short", False), ("not_json", True), ("not_utf8", True), ("nul", True)],
)
def test_a_poisoned_row_costs_itself(sim: RunningSimulator, kind: str, opens: bool) -> None:  # noqa: FBT001
    source = archive_corp.local_source(sim)
    sim.control.archive.poison(kind)
    sim.control.archive.write("rm_a", "wm1", "好")
    bad, good = page(source).rows
    assert opened(source, good)["text"]["content"] == "好"
    assert isinstance(bad, Row)
    key = SecretKeys(lambda: {"1": archive_corp.private_pem(1)}).decrypt(1, base64.b64decode(bad.encrypted_key))
    if opens:
        assert source.decrypt(key, bad.encrypted)
        return
    with pytest.raises(UndecryptableMessage) as raised:
        source.decrypt(key, bad.encrypted)
    assert raised.value.code == 10008


@pytest.mark.parametrize("size", [0, 5, CHUNK, 2 * CHUNK + 1])
def test_a_file_is_fetched_chunk_by_chunk_and_from_the_middle(sim: RunningSimulator, size: int) -> None:
    source = archive_corp.local_source(sim)
    file = sim.control.archive.make_file(size, seed=3)
    chunks, index = [], ""
    while True:
        chunk = source.get_media(file["sdkfileid"], index)
        assert source.get_media(file["sdkfileid"], index) == chunk
        chunks.append(chunk.data)
        if chunk.finished:
            break
        index = chunk.next_index
    whole = b"".join(chunks)
    assert (len(whole), hashlib.md5(whole, usedforsecurity=False).hexdigest()) == (file["filesize"], file["md5sum"])
    assert len(chunks) == max(1, -(-size // CHUNK))


def test_a_file_that_cannot_be_had_says_why(sim: RunningSimulator) -> None:
    source = archive_corp.local_source(sim)
    file: str = sim.control.archive.add_file(b"abc")["sdkfileid"]

    def code(name: str, index: str = "") -> int:
        with pytest.raises(SourceFailure) as raised:
            source.get_media(name, index)
        return raised.value.code

    assert [
        code(""),
        code(file, "bytes=0-5"),
        code("no base64!"),
        code(base64.b64encode(b"\n\x01a\x12\x01b").decode()),
    ] == [
        10000,
        10000,
        10005,
        10005,
    ]
    sim.control.add_fault("html", MEDIA, count=1)
    assert code(file) == 10003
    sim.control.revoke_tokens("archive")
    assert code(file) == 40014
    assert source.get_media(file, "").data == b"abc"
    sim.control.advance(6 * 86_400)
    assert code(file) in {10010, 42001}
    assert code(file) == 10010


def test_the_local_source_is_refused_where_wecom_is_real() -> None:
    with pytest.raises(SourceRefusedError):
        LocalSource("https://qyapi.example.com", archive_corp.credentials)
