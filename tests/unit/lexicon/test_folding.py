"""One table folds what the textbook's chain folds, and every sign keeps its place."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from scrm.lexicon import folding

FOLD = folding.shared()
TO_SIMPLE = OpenCC("t2s")
ANY_TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from("保本　，。１２ａＡ稳賺Ⅻ㈱ﬁ\u200b\u0301é\U0001f600𠮷")), max_size=60
)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("ＲＩＳＫ－Free", "riskfree"),
        ("稳賺 不賠", "稳赚不赔"),
        ("保\u200b\u2060本", "保本"),
        ("100％收益", "100%收益"),
        ("⼈⺠", "人民"),
        ("夲金", "本金"),
        ("〇风险", "零风险"),
        ("rіsk", "risk"),
        ("bǎoběn lǜ", "baobenlv"),
        ("㈱①", "株1"),
        ("保🙂本", "保本"),
        ("保\x00本\ud800", "保本"),
        ("𝐛𝐚𝐨", "bao"),
    ],
)
def test_a_text_is_folded(written: str, plain: str) -> None:
    assert FOLD.plain(written) == plain


@given(ANY_TEXT)
def test_every_sign_has_its_place(text: str) -> None:
    plain, places = FOLD.plain(text), FOLD.places(text)

    assert len(places) == len(plain)
    assert places == sorted(places)
    assert all(
        FOLD.plain(text[place]) and plain[number] in FOLD.plain(text[place]) for number, place in enumerate(places)
    )


@given(ANY_TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    plain = FOLD.plain(text)

    assert FOLD.plain(plain) == plain


def test_common_characters_fold_as_the_usual_chain_folds_them() -> None:
    """Everything of Big5 and GB 2312 that is a character, but for what we fold on purpose."""
    ours: list[str] = []
    for point in range(0x4E00, 0xA000):
        sign = chr(point)
        chain = TO_SIMPLE.convert(unicodedata.normalize("NFKC", sign).casefold())
        if chain > "\uffff":
            continue  # simplified forms beyond the basic plane count as nothing
        if any(_is_in(sign, charset) for charset in ("big5", "gb2312")) and FOLD.plain(sign) != chain:
            ours.append(sign)

    assert len(ours) <= 200, "".join(ours)  # look-alikes, and variants of Taiwan and Hong Kong


def _is_in(sign: str, charset: str) -> bool:
    try:
        sign.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
