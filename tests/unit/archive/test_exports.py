"""An export for an inspection takes two persons, and what it holds can be checked by whoever gets it."""

import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from scrm.archive.export_files import ApprovedExports, ExportWriting, TooManyMessagesError
from scrm.archive.exports import Export, ExportDesk, ExportState, ExportTerms
from scrm.archive.media import media_key
from scrm.archive.reading import MessageReader
from scrm.archive.records import Asker, StaleRecordError, StepRefusedError
from scrm.archive.search import Search
from scrm.aws.duckdb_engine import DuckDbEngine
from tests.fakes.archive_desk import MORNING, MemoryFolder, MemoryRecords, SpokenArchive, Told, said
from tests.fakes.parquet import FolderFiles

DAY = date(2026, 11, 26)
TERMS = ExportTerms(Search("/1/10/", DAY, DAY), is_covered=True, with_media=False, reason="银保监检查")
MAKER = Asker("operator:maker", "/1/10/", MORNING)
CHECKER = Asker("operator:checker", "/1/", MORNING + timedelta(hours=1))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def records() -> MemoryRecords[Export]:
    return MemoryRecords("export_id")


@pytest.fixture
def desk(records: MemoryRecords[Export], told: Told) -> ExportDesk:
    return ExportDesk(records, told)


@pytest.fixture
def archive(tmp_path: Path) -> SpokenArchive:
    return SpokenArchive(DuckDbEngine(FolderFiles(tmp_path)))


def current(records: MemoryRecords[Export], export: Export) -> Export:
    found = records.find(export.export_id)
    assert found is not None
    return found


def test_who_asked_does_not_approve(desk: ExportDesk, records: MemoryRecords[Export], told: Told) -> None:
    export = current(records, desk.ask(TERMS, MAKER, "k1"))

    with pytest.raises(StepRefusedError):
        desk.approve(export, "", MAKER)
    approved = desk.approve(export, "同意", CHECKER)

    assert (approved.state, approved.decided_by) == (ExportState.APPROVED, "operator:checker")
    assert [action for action, _, _ in told.steps] == ["archive.export_asked", "archive.export_approved"]


def test_a_repeat_is_the_same_export_and_a_used_key_is_no_other(
    desk: ExportDesk, records: MemoryRecords[Export]
) -> None:
    first, again = desk.ask(TERMS, MAKER, "k1"), desk.ask(TERMS, replace(MAKER, at=CHECKER.at), "k1")
    approved = desk.approve(current(records, first), "", CHECKER)

    assert again.export_id == first.export_id
    assert len(records.rows) == 1
    assert desk.approve(approved, "", CHECKER) == approved
    for other in ({"reason": "别的"}, {"is_covered": False}, {"with_media": True}):
        with pytest.raises(StepRefusedError, match="used for another export"):
            desk.ask(replace(TERMS, **other), MAKER, "k1")
    with pytest.raises(StepRefusedError):
        desk.refuse(approved, "", CHECKER)


def test_a_decision_that_is_repeated_is_journalled_again_as_it_was(
    desk: ExportDesk, records: MemoryRecords[Export], told: Told
) -> None:
    """The first try may have died between the record and the journal."""
    approved = desk.approve(current(records, desk.ask(TERMS, MAKER, "k1")), "", CHECKER)

    desk.approve(approved, "", replace(CHECKER, at=CHECKER.at + timedelta(minutes=1)))

    assert told.tellings[-1] == told.tellings[-2]


def test_of_two_checkers_at_once_one_is_told_to_look_again(desk: ExportDesk, records: MemoryRecords[Export]) -> None:
    export = current(records, desk.ask(TERMS, MAKER, "k1"))
    desk.refuse(export, "范围太大", CHECKER)

    with pytest.raises(StaleRecordError):
        desk.approve(export, "", replace(CHECKER, actor="operator:third"))


def written(archive: SpokenArchive, folder: MemoryFolder, terms: ExportTerms = TERMS, most: int = 100) -> Export:
    records = MemoryRecords[Export]("export_id")
    desk = ExportDesk(records, Told())
    export = current(records, desk.approve(current(records, desk.ask(terms, MAKER, "k1")), "", CHECKER))
    result = ExportWriting(archive.engine, MessageReader(archive.objects), folder, most).write(export)
    return desk.written(export, result, CHECKER.at)


def file(folder: MemoryFolder, export: Export, name: str) -> bytes:
    return folder.files[f"{export.export_id}/{name}"]


def manifest(folder: MemoryFolder, export: Export) -> Any:
    return json.loads(file(folder, export, "manifest.json"))


def test_it_has_a_page_a_conversation_a_line_a_message_and_a_manifest_over_all(archive: SpokenArchive) -> None:
    archive.keep(said(0, "您好"), said(2, "<b>保本</b>13812345678"), said(1, "另一位", tolist=["wmB2"]))
    folder = MemoryFolder()

    export = written(archive, folder)

    names = ["conversation-00001.html", "conversation-00002.html", "manifest.json", "messages.jsonl"]
    assert folder.names(export.export_id) == names
    lines = [json.loads(line) for line in file(folder, export, "messages.jsonl").splitlines()]
    talks = [[line["texts"][0] for line in lines if line["parties"][1] == customer] for customer in ("wmA1", "wmB2")]
    assert talks == [["您好", "<b>保本</b>138****5678"], ["另一位"]]
    pages = b"".join(content for name, content in folder.files.items() if name.endswith(".html")).decode()
    assert "&lt;b&gt;保本&lt;/b&gt;138****5678" in pages
    assert "<b>保本" not in pages
    assert "2026-11-26 09:00:02" in pages
    assert "13812345678" not in pages
    proof = manifest(folder, export)
    assert (proof["messages"], proof["conversations"], proof["reason"]) == (3, 2, "银保监检查")
    assert (proof["asked_by"], proof["approved_by"]) == ("operator:maker", "operator:checker")
    for each in proof["files"]:
        content = file(folder, export, each["name"])
        assert (len(content), hashlib.sha256(content).hexdigest()) == (each["bytes"], each["sha256"])
    assert {each["name"] for each in proof["files"]} == set(names) - {"manifest.json"}
    assert export.written is not None
    assert export.written.manifest_sha256 == hashlib.sha256(file(folder, export, "manifest.json")).hexdigest()


def test_the_maker_sees_no_more_in_it_than_in_a_search(archive: SpokenArchive) -> None:
    archive.keep(said(0, "别的分行"), node_path="/1/20/")
    folder = MemoryFolder()

    export = written(archive, folder)

    assert manifest(folder, export)["messages"] == 0
    assert folder.names(export.export_id) == ["manifest.json", "messages.jsonl"]


def test_files_that_are_in_the_archive_come_along_and_the_others_are_named(archive: SpokenArchive) -> None:
    file_of = {"sdkfileid": "SECRET", "filename": "合同.pdf", "fileext": "pdf", "filesize": 3}
    page = {"sdkfileid": "SECRET2", "filename": "a.html", "fileext": "html", "filesize": 3}
    archive.keep(
        said(0, msgtype="file", file=file_of),
        said(1, msgtype="file", file=page),
        said(2, msgtype="file", file=file_of),
    )
    folder = MemoryFolder(media={media_key("m0_external", 0): b"PDF", media_key("m1_external", 0): b"<x>"})

    export = written(archive, folder, replace(TERMS, with_media=True))

    kept = [name for name in folder.names(export.export_id) if name.startswith("media/")]
    assert sorted(kept) == sorted([f"{media_key('m0_external', 0)}.pdf", media_key("m1_external", 0)])
    assert "附件 1（文件，未附）" in file(folder, export, "conversation-00001.html").decode()
    assert all(b"SECRET" not in content for content in folder.files.values())


def test_an_export_of_readable_data_covers_passwords_all_the_same(archive: SpokenArchive) -> None:
    archive.keep(said(0, "13812345678 密码abc123"))
    folder = MemoryFolder()

    export = written(archive, folder, replace(TERMS, is_covered=False))

    assert json.loads(file(folder, export, "messages.jsonl"))["texts"] == ["13812345678 密码******"]


def test_writing_again_writes_the_same(archive: SpokenArchive) -> None:
    archive.keep(said(0), said(1, "\ud83d"))
    first, second = MemoryFolder(), MemoryFolder()

    written(archive, first)
    written(archive, second)

    assert first.files == second.files


def test_more_than_can_be_written_at_once_is_refused(archive: SpokenArchive) -> None:
    archive.keep(said(0), said(1), said(2))

    with pytest.raises(TooManyMessagesError):
        written(archive, MemoryFolder(), most=2)


def test_the_job_writes_what_was_approved_and_says_what_it_cannot(archive: SpokenArchive) -> None:
    archive.keep(said(0), said(1), said(2), said(3, tolist=["wmB2"]))
    records, told, folder = MemoryRecords[Export]("export_id"), Told(), MemoryFolder()
    desk = ExportDesk(records, told)
    few = replace(TERMS, search=replace(TERMS.search, parties=("wmB2",)))
    for key, terms in (("few", few), ("many", TERMS), ("waits", TERMS)):
        asked = current(records, desk.ask(terms, MAKER, key))
        if key != "waits":
            desk.approve(asked, "", CHECKER)
    job = ApprovedExports(
        desk, ExportWriting(archive.engine, MessageReader(archive.objects), folder, 2), lambda: CHECKER.at
    )

    assert job.write(lambda: False) == (0, 0)
    assert job.write(lambda: True) == (1, 1)
    assert job.write(lambda: True) == (0, 0)
    states = {each.state: each for each in records.rows.values()}
    assert states.keys() == {ExportState.READY, ExportState.FAILED, ExportState.ASKED}
    assert "fewer days" in states[ExportState.FAILED].failure
    assert states[ExportState.READY].written is not None


def test_of_two_jobs_at_once_one_finds_the_other_was_faster(archive: SpokenArchive) -> None:
    archive.keep(said(0))
    records = MemoryRecords[Export]("export_id")
    desk = ExportDesk(records, Told())
    desk.approve(current(records, desk.ask(TERMS, MAKER, "k1")), "", CHECKER)
    records.overtaken = True
    writing = ExportWriting(archive.engine, MessageReader(archive.objects), MemoryFolder())

    assert ApprovedExports(desk, writing, lambda: CHECKER.at).write(lambda: True) == (0, 0)


def test_an_export_ends_a_week_after_it_was_ready(archive: SpokenArchive) -> None:
    archive.keep(said(0))
    export = written(archive, MemoryFolder())

    assert not export.has_expired(CHECKER.at + timedelta(days=6))
    assert export.has_expired(CHECKER.at + timedelta(days=7))
