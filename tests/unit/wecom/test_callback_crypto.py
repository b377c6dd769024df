import base64
import struct
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st

from scrm.wecom.crypto import InvalidKeyError, MessageSeal, UnsealingError, is_signed, signature
from tests.unit.wecom.vectors import VECTORS, Vector

KEY, RECEIVER = VECTORS[0].encoding_aes_key, VECTORS[0].receive_id
RANDOM = b"0123456789abcdef"
every_vector = pytest.mark.parametrize("vector", VECTORS, ids=str)


def aes(vector_key: str = KEY) -> Cipher[CBC]:
    key = base64.b64decode(vector_key + "=")
    return Cipher(AES(key), CBC(key[:16]))


def sealed_raw(plain: bytes) -> str:
    """``plain`` encrypted as it is: whatever padding, length and receiver it has are the test's."""
    encryptor = aes().encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def padded(plain: bytes) -> bytes:
    size = 32 - len(plain) % 32
    return plain + bytes([size]) * size


@every_vector
def test_signature_is_the_published_one(vector: Vector) -> None:
    made = signature(vector.token, vector.timestamp, vector.nonce, vector.sealed)

    assert made == vector.signature
    assert is_signed(vector.signature, vector.token, vector.timestamp, vector.nonce, vector.sealed)


@every_vector
def test_sealed_text_opens_to_the_published_message(vector: Vector) -> None:
    opened = MessageSeal(vector.encoding_aes_key, vector.receive_id).open(vector.sealed)

    assert opened == vector.message


@every_vector
def test_sealing_with_the_recovered_random_is_byte_exact(vector: Vector) -> None:
    decryptor = aes(vector.encoding_aes_key).decryptor()
    recovered = decryptor.update(base64.b64decode(vector.sealed))[:16]

    sealed = MessageSeal(vector.encoding_aes_key, vector.receive_id).seal(vector.message, recovered)

    assert sealed == vector.sealed
    assert vector.random in (None, recovered)


def test_signature_that_differs_in_one_digit_is_refused() -> None:
    b = next(vector for vector in VECTORS if vector.name == "B")

    assert not is_signed(b.signature[:-1] + "0", b.token, b.timestamp, b.nonce, b.sealed)


@pytest.mark.parametrize("claimed", ["", "é" * 40, "\ud800", "5" * 39])
def test_signature_of_any_shape_is_refused_without_an_error(claimed: str) -> None:
    assert not is_signed(claimed, "token", "1", "nonce", "text")


@pytest.mark.parametrize("key", ["", KEY[:-1], KEY + "A", KEY[:-1] + "=", KEY[:-1] + "$", KEY + "\n"])
def test_bad_keys_are_refused(key: str) -> None:
    with pytest.raises(InvalidKeyError):
        MessageSeal(key, RECEIVER)


@pytest.mark.parametrize("size", [0, 33, 64, 255])
def test_padding_outside_1_to_32_is_refused(size: int) -> None:
    plain = RANDOM + struct.pack(">I", 4) + b"text" + RECEIVER.encode()
    wrong = plain.ljust(63, b"x") + bytes([size])

    with pytest.raises(UnsealingError, match="padding"):
        MessageSeal(KEY, RECEIVER).open(sealed_raw(wrong))


def test_padding_of_mixed_bytes_is_refused() -> None:
    plain = bytearray(padded(RANDOM + struct.pack(">I", 4) + b"text" + RECEIVER.encode()))
    plain[-2] ^= 1

    with pytest.raises(UnsealingError, match="padding"):
        MessageSeal(KEY, RECEIVER).open(sealed_raw(bytes(plain)))


@pytest.mark.parametrize("claimed", [0xFFFFFFFF, 0x80000000, 5 + len(RECEIVER)])
def test_length_beyond_the_buffer_is_refused(claimed: int) -> None:
    plain = RANDOM + struct.pack(">I", claimed) + b"text" + RECEIVER.encode()

    with pytest.raises(UnsealingError, match="length"):
        MessageSeal(KEY, RECEIVER).open(sealed_raw(padded(plain)))


def test_text_too_short_for_a_header_is_refused() -> None:
    with pytest.raises(UnsealingError, match="length"):
        MessageSeal(KEY, RECEIVER).open(sealed_raw(padded(b"short")))


@pytest.mark.parametrize("receiver", ["", RECEIVER[:-1], RECEIVER + "x", RECEIVER.upper()])
def test_message_for_another_receiver_is_refused(receiver: str) -> None:
    sealed = MessageSeal(KEY, receiver).seal(b"text")

    with pytest.raises(UnsealingError, match="receiver"):
        MessageSeal(KEY, RECEIVER).open(sealed)


@pytest.mark.parametrize("sealed", ["", "====", "AAAA", "not base64!", "客户", "A" * 21, "QUJD\nQUJD"])
def test_text_that_is_no_sealed_base64_is_refused(sealed: str) -> None:
    with pytest.raises(UnsealingError, match="encoding"):
        MessageSeal(KEY, RECEIVER).open(sealed)


@pytest.mark.parametrize("change", [lambda text: f"{text[:8]}\n{text[8:]}", lambda text: f"{text[:8]}!{text[8:]}"])
def test_base64_with_anything_in_between_is_refused(change: Callable[[str], str]) -> None:
    sealed = change(MessageSeal(KEY, RECEIVER).seal(b"text"))

    with pytest.raises(UnsealingError, match="encoding"):
        MessageSeal(KEY, RECEIVER).open(sealed)


@every_vector
def test_wrong_key_is_a_clean_error(vector: Vector) -> None:
    wrong = MessageSeal("a" * 43, vector.receive_id)

    with pytest.raises(UnsealingError):
        wrong.open(vector.sealed)


def test_random_prefix_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="16"):
        MessageSeal(KEY, RECEIVER).seal(b"text", b"short")


@given(message=st.binary(max_size=2000), receiver=st.text(max_size=40))
def test_what_is_sealed_opens_to_itself(message: bytes, receiver: str) -> None:
    seal = MessageSeal(KEY, receiver)

    first, second = seal.seal(message), seal.seal(message)

    assert seal.open(first) == seal.open(second) == message
    assert first != second
    assert len(base64.b64decode(first)) % 32 == 0


@given(plain=st.binary(min_size=1, max_size=20).map(lambda blocks: (blocks * 16)[: len(blocks) // 2 * 16 + 16]))
def test_any_bytes_open_or_are_a_clean_error(plain: bytes) -> None:
    sealed = sealed_raw(plain.ljust(-(-len(plain) // 16) * 16, b"\x01"))

    with pytest.raises(UnsealingError):
        MessageSeal(KEY, RECEIVER).open(sealed)
