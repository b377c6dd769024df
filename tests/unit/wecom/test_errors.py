"""Every errcode of docs/wecom.md 1.5 has the class written there."""

import pytest

from scrm.wecom import errors
from scrm.wecom.errors import ErrorClass

# Copied from the document, row by row, independent of the table in the code.
PAPER = {
    "R": "-1 6000",
    "T": "40014 42001",
    "B": "40100 40129 45009 45033 90507",
    "C": "40001 40013 48002 48009 50001 50002 50003 60031 60011 60020 84074 301002",
    "F": """40003 40031 40032 40035 40058 40063 40066 60003 60123 40068 40071 40072 40126 40096 40097 40098 40099 40128
        40130 40131 40132 40143 41001 41002 41004 41009 41035 41037 41038 41039 41040 41041 41042 41043 41044 41045
        41049 41050 41051 41053 41054 41056 41064 41065 41096 45029 50100 60021 60111 81013 81017 84061 84083 84084
        90500 90501 90502 90503 90504 90508 90509 90510 90511 600018""",
}
ROWS = [(int(code), ErrorClass(letter)) for letter, codes in PAPER.items() for code in codes.split()]
FAMILY = {
    "R": errors.TransientError,
    "T": errors.TokenExpiredError,
    "B": errors.InProgressError,
    "C": errors.PermissionDeniedError,
    "F": errors.InvalidRequestError,
}
REAL_ERRMSG = (
    "not external contact, hint: [1587638134_59_0123456789abcdef0123456789abcdef], from ip: 1.2.3.4, "
    "more info at https://open.work.weixin.qq.com/devtool/query?e=84061"
)


@pytest.mark.parametrize(("errcode", "expected"), ROWS)
def test_every_code_of_the_paper_has_its_class_and_exception(errcode: int, expected: ErrorClass) -> None:
    error = errors.error_for(errcode, "user/get")

    assert errors.classify(errcode) is expected
    assert type(error) is FAMILY[expected]


def test_the_table_holds_no_code_that_the_paper_does_not_know() -> None:
    extra = set(errors.CLASS_OF) - {code for code, _ in ROWS}

    assert extra == {40091}  # gettoken's own list, section 1.2


def test_a_code_nobody_described_is_not_repeated() -> None:
    assert errors.classify(999_999) is ErrorClass.PERMANENT


def test_an_error_carries_the_hint_and_not_the_rest_of_the_message() -> None:
    error = errors.error_for(84061, "externalcontact/get", errors.hint_of(REAL_ERRMSG))

    assert error.hint == "1587638134_59_0123456789abcdef0123456789abcdef"
    assert (error.errcode, error.path) == (84061, "externalcontact/get")
    assert "1.2.3.4" not in f"{error} {error!r}"


@pytest.mark.parametrize("errmsg", ["", None, 7, "no hint here", "hint: []", "hint: [" + "a" * 81 + "]"])
def test_a_message_without_a_proper_hint_has_none(errmsg: object) -> None:
    assert errors.hint_of(errmsg) == ""


def test_an_unknown_outcome_is_a_transient_error_too() -> None:
    assert issubclass(errors.OutcomeUnknownError, errors.TransientError)
