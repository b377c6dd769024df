"""Our attribute values are the ones that boto3 would write and read."""

from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from scrm.aws.attribute_values import from_wire, to_wire

NUMBERS = st.integers(-(10**30), 10**30) | st.decimals(
    min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=4
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | NUMBERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)
SETS = st.frozensets(st.text(), min_size=1) | st.sets(NUMBERS, min_size=1)


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


@given(VALUES)
def test_values_are_written_and_read_as_boto3_does(value: Any) -> None:
    wire: Any = to_wire(value)

    assert wire == TypeSerializer().serialize(value)
    assert from_wire(wire) == TypeDeserializer().deserialize(wire) == value


@given(SETS)
def test_sets_keep_their_members(value: Any) -> None:
    wire: Any = to_wire(value)

    assert from_wire(wire) == TypeDeserializer().deserialize(wire) == value


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (Colour.RED, {"S": "red"}),
        (Size.LARGE, {"N": "3"}),
        ((1, "a"), {"L": [{"N": "1"}, {"S": "a"}]}),
        (b"\x00", {"B": b"\x00"}),
        (Decimal("1.50"), {"N": "1.50"}),
    ],
)
def test_values_beyond_plain_json_have_their_attribute(value: object, wire: dict[str, Any]) -> None:
    assert to_wire(value) == wire


@pytest.mark.parametrize("value", [1.5, object(), set(), {1, "a"}, {True}, [1.5]])
def test_value_that_no_item_holds_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        to_wire(value)


def test_binary_reads_as_bytes() -> None:
    assert from_wire({"B": b"\x00"}) == b"\x00"
    assert from_wire({"BS": [b"a"]}) == {b"a"}
