"""A reply is a page, or says why it is none; a bad row holds up nothing."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.archive.errors import FailureKind, SourceFailure, failure
from scrm.archive.page import BadRow, Page, Row, read_page

ROW = {"seq": 7, "msgid": "m7", "publickey_ver": 1, "encrypt_random_key": "a2V5", "encrypt_chat_msg": "opaque"}


def reply(*rows: Any, **more: Any) -> bytes:
    return json.dumps({"errcode": 0, "errmsg": "ok", "chatdata": list(rows), **more}).encode()


def test_a_row_is_read_whole() -> None:
    assert read_page(reply(ROW)) == Page((Row(7, "m7", 1, "a2V5", "opaque"),))


@pytest.mark.parametrize("body", [b'{"errcode":0,"errmsg":"ok"}', b'{"errcode":0,"chatdata":[]}', b'{"chatdata":null}'])
def test_no_rows_is_nothing_new(body: bytes) -> None:
    assert read_page(body).rows == ()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>busy</html>", reply(ROW)[:-20], b"[]", b"null", b'{"errcode":0,"chatdata":{}}', b"\xff\xfe\x00"],
    ids=["empty", "html", "cut", "list", "null", "no list", "no text"],
)
def test_what_is_no_page_is_asked_again(body: bytes) -> None:
    with pytest.raises(SourceFailure) as raised:
        read_page(body)
    assert raised.value.kind is FailureKind.RETRY


def test_nesting_without_end_is_no_page() -> None:
    with pytest.raises(SourceFailure):
        read_page(b"[" * 200_000)


@pytest.mark.parametrize(
    ("errcode", "kind"),
    [
        (-1, FailureKind.RETRY),
        (40014, FailureKind.STALE_TOKEN),
        (42001, FailureKind.STALE_TOKEN),
        (45009, FailureKind.SLOW_DOWN),
        (301058, FailureKind.TOO_BIG),
        (301042, FailureKind.NOT_ALLOWED),
        (301052, FailureKind.NOT_ALLOWED),
        (60020, FailureKind.NOT_ALLOWED),
        (48002, FailureKind.NOT_ALLOWED),
        (40058, FailureKind.FIX),
    ],
)
def test_an_error_inside_a_success_is_found(errcode: int, kind: FailureKind) -> None:
    with pytest.raises(SourceFailure) as raised:
        read_page(json.dumps({"errcode": errcode, "errmsg": "from ip: 1.2.3.4"}).encode())
    assert (raised.value.code, raised.value.kind) == (errcode, kind)
    assert "1.2.3.4" not in str(raised.value)


@pytest.mark.parametrize(
    "change",
    [
        {"msgid": None},
        {"publickey_ver": "1"},
        {"publickey_ver": 2**40},
        {"encrypt_random_key": 5},
        {"encrypt_chat_msg": []},
    ],
)
def test_a_bad_row_keeps_its_place_and_the_others_theirs(change: dict[str, Any]) -> None:
    page = read_page(reply({**ROW, **change}, {**ROW, "seq": 8}))

    assert page.rows[0] == BadRow(7, {**ROW, **change})
    assert isinstance(page.rows[1], Row)
    assert page.seqs == (7, 8)


@pytest.mark.parametrize("seq", [0, -1, "7", 7.0, None, True, 2**64])
def test_a_row_without_a_place_is_kept_beside_those_with_one(seq: Any) -> None:
    page = read_page(reply({**ROW, "seq": seq}, ROW, "no row"))
    assert [row.seq for row in page.rows] == [None, 7, None]
    assert page.seqs == (7,)


def test_rows_without_any_place_are_asked_again() -> None:
    with pytest.raises(SourceFailure) as raised:
        read_page(reply({**ROW, "seq": "7"}))
    assert raised.value.kind is FailureKind.RETRY


def test_the_largest_seq_is_exact() -> None:
    assert read_page(reply({**ROW, "seq": 2**64 - 1})).seqs == (2**64 - 1,)


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5).map(reply))
def test_nothing_else_is_ever_raised(body: bytes) -> None:
    with suppress(SourceFailure):
        read_page(body)


def test_an_unknown_code_does_not_get_better_by_itself() -> None:
    assert failure(99999).kind is FailureKind.FIX
