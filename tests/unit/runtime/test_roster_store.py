import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from scrm.aws.roster_store import LAST_KEY, S3RosterStore
from scrm.org.roster import RejectedRow, RosterRefusedError, RosterRow, RosterStatus
from scrm.org.roster_ports import RosterHeader
from tests.fakes.org import DAY, T0

ROW = RosterRow("rm_a", "王敏", "11", "理财经理", RosterStatus.ACTIVE, languages=frozenset({"粤语"}))
HEADER = RosterHeader("sha-1", DAY, T0, rows=2, unattributed=1)


@dataclass
class FakeDocuments:
    """Implements the store's Documents: what is uploaded is there once its block ends without an error."""

    bodies: dict[str, bytes] = field(default_factory=dict)

    def get(self, key: str) -> bytes | None:
        return self.bodies.get(key)

    def stream_lines(self, key: str) -> Iterator[bytes]:
        if key not in self.bodies:
            raise LookupError(key)
        return self._lines(self.bodies[key])

    @contextmanager
    def open_upload(self, key: str, content_type: str) -> Iterator["Growing"]:
        growing = Growing()
        yield growing
        self.bodies[key] = bytes(growing.content)

    def _lines(self, body: bytes) -> Iterator[bytes]:
        for line in body.splitlines(keepends=True):
            if len(line) > 100:
                raise ValueError("a line is too long")
            yield line


class Growing:
    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, content: bytes, /) -> None:
        self.content += content


def test_last_roster_comes_back_as_it_was_stored_as_often_as_it_is_read() -> None:
    store = S3RosterStore(FakeDocuments())
    rows = [ROW, replace(ROW, userid="rm_b", capacity=7)]
    assert store.last() is None

    store.replace_last(HEADER, iter(rows))

    last = store.last()
    assert last is not None
    assert last.header == HEADER
    assert [list(last.rows()) for _ in range(2)] == [rows, rows]


def test_last_roster_is_gzipped_lines() -> None:
    documents = FakeDocuments()
    S3RosterStore(documents).replace_last(HEADER, [ROW])

    header, row = gzip.decompress(documents.bodies[LAST_KEY]).splitlines()

    assert json.loads(header)["sha256"] == "sha-1"
    assert json.loads(row)[0] == "rm_a"


def test_writer_that_fails_leaves_the_last_roster() -> None:
    store = S3RosterStore(FakeDocuments())
    store.replace_last(HEADER, [ROW])

    def broken() -> Iterator[RosterRow]:
        yield ROW
        raise OSError("killed")

    with pytest.raises(OSError, match="killed"):
        store.replace_last(replace(HEADER, sha256="sha-2"), broken())

    last = store.last()
    assert last is not None
    assert last.header == HEADER


def test_rejected_rows_are_listed_by_line_and_reason_alone() -> None:
    documents = FakeDocuments()

    key = S3RosterStore(documents).put_rejected("sha-1", [RejectedRow(2, "capacity: wrong", "rm_a")])

    assert key == "roster/rejected/sha-1.jsonl"
    assert json.loads(documents.bodies[key]) == {"line": 2, "reason": "capacity: wrong"}


@pytest.mark.parametrize(
    ("key", "reason"), [("gone.csv", "no longer in the bucket"), ("long.csv", "cannot be read line by line")]
)
def test_file_that_cannot_be_read_is_refused(key: str, reason: str) -> None:
    store = S3RosterStore(FakeDocuments({"long.csv": b"x" * 200}))

    with pytest.raises(RosterRefusedError, match=reason):
        list(store.lines(key))


def test_lines_of_a_file_keep_their_ends() -> None:
    assert list(S3RosterStore(FakeDocuments({"a.csv": b"a\r\nb"})).lines("a.csv")) == [b"a\r\n", b"b"]
