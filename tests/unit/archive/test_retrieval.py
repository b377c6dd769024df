"""Who may reads what people wrote, covered as far as his rights go, and never without a trace."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from scrm.archive.access import AccessLog, Reader
from scrm.archive.message import MessageKind
from scrm.archive.places import reopened_key
from scrm.archive.reading import MessageReader, TextCover, kind_name
from scrm.archive.retrieval import Retrieval
from scrm.archive.search import InvalidSearchError, MessageRef, Search
from scrm.archive.stores import StoredObject
from scrm.aws.duckdb_engine import DuckDbEngine
from tests.fakes.archive_desk import MORNING, PAGE, MemoryAccesses, SpokenArchive, said, segment_of
from tests.fakes.parquet import FolderFiles

DAY = date(2026, 11, 26)
BANK = Search("/1/", DAY, DAY)
OFFICER = Reader("operator:op-1", "/1/", MORNING, "request-1")
PHONE = "我的手机13812345678，密码abc123"


@pytest.fixture
def archive(tmp_path: Path) -> SpokenArchive:
    return SpokenArchive(DuckDbEngine(FolderFiles(tmp_path)))


@pytest.fixture
def accesses() -> MemoryAccesses:
    return MemoryAccesses()


@pytest.fixture
def retrieval(archive: SpokenArchive, accesses: MemoryAccesses) -> Retrieval:
    return Retrieval(archive.engine, MessageReader(archive.objects), AccessLog(accesses, accesses))


def only_ref(retrieval: Retrieval) -> MessageRef:
    (found,) = retrieval.search(BANK, None, OFFICER, "检查").items
    return found.ref


def test_a_search_shows_covered_texts_and_is_one_entry_however_much_it_finds(
    archive: SpokenArchive, retrieval: Retrieval, accesses: MemoryAccesses
) -> None:
    archive.keep(said(0, PHONE), said(1, "好的"), said(2, "再见"))

    found = retrieval.search(replace(BANK, parties=("wmA1",), words=("",)), None, OFFICER, "客户投诉核查").items

    assert [each.text for each in found] == ["我的手机138****5678，密码******", "好的", "再见"]
    (access,) = accesses.kept
    assert (access.kind, access.actor, access.reason, access.found) == ("searched", "operator:op-1", "客户投诉核查", 3)
    assert (access.asked["parties"], access.asked["first_day"]) == (["wmA1"], "2026-11-26")
    assert accesses.audited == [("searched", access.access_id)]


def test_a_message_is_read_from_its_segment_and_unmasked_for_a_reason_only(
    archive: SpokenArchive, retrieval: Retrieval, accesses: MemoryAccesses
) -> None:
    archive.keep(said(0, "您好"), said(1, PHONE, tolist=["wmB2"]))
    ref = next(each.ref for each in retrieval.search(BANK, None, OFFICER, "").items if each.seq == PAGE + 2)

    shown = retrieval.show(MessageRef.parse(str(ref)), OFFICER, "复核")
    open_to_read = retrieval.unmask(ref, OFFICER, "监管要求")

    assert shown is not None
    assert open_to_read is not None
    assert (shown.texts, shown.kind_name, shown.cover) == (("我的手机138****5678，密码******",), "文本", TextCover.ALL)
    assert open_to_read.texts == ("我的手机13812345678，密码******",)  # nobody has a reason to read a password
    assert [(each.kind, each.reason, each.found) for each in accesses.kept[1:]] == [
        ("read", "复核", 1),
        ("unmasked", "监管要求", 1),
    ]
    assert accesses.kept[-1].asked == {"message": str(ref)}


def test_nothing_is_shown_that_cannot_be_put_on_record(
    archive: SpokenArchive, retrieval: Retrieval, accesses: MemoryAccesses
) -> None:
    archive.keep(said(0))
    ref = only_ref(retrieval)
    accesses.is_broken = True

    for ask in (lambda: retrieval.search(BANK, None, OFFICER, ""), lambda: retrieval.unmask(ref, OFFICER, "x")):
        with pytest.raises(ConnectionError):
            ask()


def test_another_branch_does_not_find_the_message_by_its_name_and_the_try_is_on_record(
    archive: SpokenArchive, retrieval: Retrieval, accesses: MemoryAccesses
) -> None:
    archive.keep(said(0), node_path="/1/10/12/")
    ref = only_ref(retrieval)

    assert retrieval.show(ref, replace(OFFICER, node_path="/1/20/"), "") is None
    assert accesses.kept[-1].found == 0
    assert retrieval.show(ref, replace(OFFICER, node_path="/1/10/"), "") is not None


def test_a_row_that_was_opened_later_is_read_from_where_it_lies(archive: SpokenArchive, retrieval: Retrieval) -> None:
    archive.keep(said(0, "您好"), said(1, "迟到的钥匙"), parked=[1])
    late = next(each for each in retrieval.search(BANK, None, OFFICER, "").items if each.seq == PAGE + 2)
    before = MessageReader(archive.objects).readable(late, TextCover.ALL)
    body = segment_of([said(1, "迟到的钥匙")], page=PAGE + 1)
    archive.objects.objects[reopened_key(PAGE, PAGE + 2)] = StoredObject(body, "v1")

    after = MessageReader(archive.objects).readable(late, TextCover.ALL)

    assert (before.is_kept, before.texts) == (False, ())
    assert (after.is_kept, after.texts) == (True, ("迟到的钥匙",))


def test_files_are_named_without_the_secret_that_fetches_them(archive: SpokenArchive, retrieval: Retrieval) -> None:
    image = {"sdkfileid": "SECRET-ID", "md5sum": "00" * 16, "filesize": 12}
    archive.keep(said(0, msgtype="image", image=image))

    shown = retrieval.show(only_ref(retrieval), OFFICER, "")

    assert shown is not None
    assert [(file.part, file.kind, file.size) for file in shown.files] == [(0, "image", 12)]
    assert shown.files[0].key.startswith("media/file_")
    assert "SECRET-ID" not in repr(shown)


@pytest.mark.parametrize("kind", list(MessageKind))
def test_every_kind_has_a_name_that_people_in_the_bank_read(kind: MessageKind) -> None:
    assert kind_name(kind)
    assert kind_name(kind) != kind.value


def test_a_kind_that_came_later_has_a_name_too() -> None:
    assert kind_name("hologram") == "其他类型"


@pytest.mark.parametrize("text", ["", "1000.1001", "2026-02-30.07.1.2", "2026-11-26.7.1.2", "2026-11-26.07.1.2x"])
def test_what_names_no_message_is_refused(text: str) -> None:
    with pytest.raises(InvalidSearchError):
        MessageRef.parse(text)
