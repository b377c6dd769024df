"""Phone numbers, identity numbers, cards, mail addresses and secrets are covered, whatever they are written like."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.archive import masking
from scrm.archive.masking import PersonalDataKind

MOBILE, IDENTITY, CARD = "13800138000", "11010519491231002X", "6222021234567894"


@pytest.mark.parametrize(
    ("text", "covered", "kind"),
    [
        (f"我的电话{MOBILE}。", "我的电话138****8000。", "mobile"),
        ("打 138-0013-8000 吧", "打 138-****-8000 吧", "mobile"),
        ("+86 138 0013 8000", "+86 138 **** 8000", "mobile"),
        ("１３８００１３８０００", "１３８****８０００", "mobile"),
        ("138\u200b0013\u200b8000", "138\u200b****\u200b8000", "mobile"),
        (f"身份证{IDENTITY}", "身份证**************002X", "identity_number"),
        ("身份证11010519491231002x", "身份证**************002x", "identity_number"),
        (f"卡号{CARD}", "卡号************7894", "card"),
        ("卡号6222 0212 3456 7894", "卡号**** **** **** 7894", "card"),
        ("账号 110123456789012345", "账号 **************2345", "card"),
        ("写信到 li.wei@bank.example 即可", "写信到 **.***@bank.example 即可", "mail"),
        ("密码是a1b2c3", "密码是******", "secret"),
        ("验证码：482913，别告诉别人", "验证码：******，别告诉别人", "secret"),
    ],
)
def test_personal_data_is_covered(text: str, covered: str, kind: str) -> None:
    assert masking.cover(text) == covered
    assert [piece.kind.value for piece in masking.find(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "收益率3.85%，期限180天，起购10000元",
        "2026年11月26日 15:30",
        "订单20261126001",
        "12345678901",
        "客服热线95588或400-800-8888",
        "密码忘记了怎么办",
        "请修改密码 谢谢",
        "第1季度 第2季度",
    ],
)
def test_what_is_no_personal_data_stays(text: str) -> None:
    assert masking.cover(text) == text


def test_two_in_one_text_are_both_covered() -> None:
    assert masking.cover(f"{MOBILE}，卡{CARD}") == "138****8000，卡************7894"


def test_a_phone_number_after_other_digits_is_covered() -> None:
    assert MOBILE not in masking.cover(f"12 {MOBILE}")


@pytest.mark.parametrize(
    ("text", "unmasked"),
    [
        ("密码:abc1@x.com", "密码:**********"),  # a mail address too
        ("密码:622202 1234567894", "密码:*****************"),  # and as many digits as a card has
        (f"password {MOBILE}", "password ***********"),
    ],
)
def test_a_secret_that_looks_like_something_else_stays_covered_with_a_reason_too(text: str, unmasked: str) -> None:
    assert masking.cover_secrets(text) == unmasked
    assert [piece.kind for piece in masking.find(text)] == [PersonalDataKind.SECRET]


@given(
    secret=st.text("abcXYZ019!@#_", min_size=3, max_size=20).filter(lambda each: any(sign.isdigit() for sign in each)),
    before=st.sampled_from(["", f"电话{MOBILE}，", "写信 a@b.cn "]),
    after=st.sampled_from(["", "@x.com", f" {MOBILE}", "，谢谢"]),
)
def test_no_reason_shows_a_secret(secret: str, before: str, after: str) -> None:
    text = f"{before}密码是{secret}{after}"

    start = text.index("密码是") + 3
    assert set(masking.cover_secrets(text)[start : start + len(secret)]) == {masking.COVER}


def test_with_a_reason_only_secrets_stay_covered() -> None:
    assert masking.cover_secrets(f"{MOBILE} 密码：abc123") == f"{MOBILE} 密码：******"


def test_an_identity_number_with_a_wrong_check_sign_is_still_covered_as_a_long_number() -> None:
    (piece,) = masking.find("110105194912310021")

    assert piece.kind is PersonalDataKind.CARD


GAPS = st.sampled_from(["", " ", "-", "\u200b", "\u3000", "·"])
AROUND = st.text(alphabet="您好请转告，。？abc\n", max_size=6)


@given(
    number=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    gaps=st.lists(GAPS, min_size=11, max_size=11),
    a=AROUND,
    b=AROUND,
)
def test_no_phone_number_is_readable_however_it_is_split(number: str, gaps: list[str], a: str, b: str) -> None:
    text = a + "".join(digit + gap for digit, gap in zip(number, gaps, strict=True)) + b

    covered = masking.cover(text)

    assert len(covered) == len(text)
    assert number not in re.sub(r"[^0-9]", "", covered)


@given(text=st.text(max_size=60))
def test_covering_keeps_the_length_and_is_done_once(text: str) -> None:
    covered = masking.cover(text)

    assert len(covered) == len(text)
    assert masking.cover(covered) == covered
