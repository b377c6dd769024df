"""Lists of customers from a file: good rows count, the others are told, a mix-up is refused whole."""

import pytest

from scrm.audience import lists
from scrm.audience.lists import CustomerList, ListRefusedError, read_list


def test_good_rows_count_once_and_the_others_are_told_with_line_and_reason() -> None:
    rows = [f"{number},wm{number}" for number in range(40)]
    file = ["\ufeffno,External_Userid", *rows, "", "41, wm1 ", '42,"wm 2"']

    found = read_list((line.encode() for line in file), "hash")

    assert found.external_userids == tuple(f"wm{number}" for number in range(40))
    assert found.unusable == ((44, "external_userid: it must be WeCom's id of a customer"),)
    assert (found.repeated, found.sha256) == (1, "hash")


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ([], "names no customer"),
        (["external_userid"], "names no customer"),
        (["userid", "wm1"], "must name the column external_userid once"),
        (["external_userid,external_userid", "wm1,wm2"], "must name the column external_userid once"),
        (["external_userid", "wm1", "王伟"], "1 of 2 rows cannot be used"),
        (["no,external_userid", "1,wm1", "2"], "1 of 2 rows cannot be used"),
    ],
)
def test_what_looks_like_a_mix_up_is_refused_whole(file: list[str], why: str) -> None:
    with pytest.raises(ListRefusedError, match=why):
        read_list((line.encode() for line in file), "hash")


def test_rows_in_another_encoding_or_with_open_quotes_are_told() -> None:
    good = [b"wm%d" % number for number in range(98)]

    found = read_list([b"external_userid", *good, b"\xb0\xa1", b'"wm'], "hash")

    assert [line for line, _ in found.unusable] == [100, 101]


def test_a_list_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST_CUSTOMERS", 2)

    assert read_list([b"external_userid", b"wm1", b"wm2"], "h") == CustomerList(("wm1", "wm2"), (), 0, "h")
    with pytest.raises(ListRefusedError, match="2 customers at most"):
        read_list([b"external_userid", b"wm1", b"wm2", b"wm3"], "h")
