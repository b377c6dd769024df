"""The quick parser gives what the standard library gives, and raises what it raises."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.archive.json_text import parse

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.booleans())
def test_whatever_was_written_is_read(value: object, ascii_only: bool) -> None:  # noqa: FBT001
    assert parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=60))
def test_what_is_no_json_is_a_value_error(text: bytes) -> None:
    try:
        expected = json.loads(text.decode())
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 - any of them
            parse(text)
        return
    assert repr(parse(text)) == repr(expected)


@pytest.mark.parametrize(
    "text",
    [
        b'"\\ud800"',
        b"18446744073709551616",
        b"[" * 300 + b"]" * 300,
        b'{"a":1,"a":2}',
        b"NaN",
        b" [1] \n",
        b'"\\u0000"',
    ],
)
def test_the_oddities_of_json_are_the_standard_library_s(text: bytes) -> None:
    assert repr(parse(text)) == repr(json.loads(text))
