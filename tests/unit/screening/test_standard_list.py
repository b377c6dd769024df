"""What the shipped lexicon makes of a sale in chat, of a complaint and of a code (R10, R6)."""

import pytest

from scrm.lexicon.standard import standard
from scrm.review.model import ReviewKind
from scrm.screening import screen as screening
from scrm.screening.screen import SECRET_ENTRY, Screened
from tests.fakes.screening import PLACES, InForce
from tests.unit.screening.test_screen import NO_SAMPLES, said


def look(text: str, sender: str, to: str) -> Screened:
    return screening.screen([said(text, sender, to)], InForce(standard()), PLACES, NO_SAMPLES)


@pytest.mark.parametrize(
    ("text", "sender", "to"),
    [
        ("好的，我确认购买，三十万", "wmA1", "rm_li"),
        ("您回复确认购买就可以了", "rm_li", "wmA1"),
    ],
)
def test_a_purchase_confirmed_in_chat_is_a_case(text: str, sender: str, to: str) -> None:
    assert [case.kind for case in look(text, sender, to).suspicions] == [ReviewKind.COMPLIANCE]


def test_the_way_to_the_official_flow_is_none() -> None:
    assert look("购买请到手机银行办理，需要双录", "rm_li", "wmA1").suspicions == []


def test_a_complaint_is_a_case_of_its_own() -> None:
    assert ReviewKind.COMPLAINT in {case.kind for case in look("我要投诉你们", "wmA1", "rm_li").suspicions}


def test_a_code_is_a_case_that_does_not_repeat_it() -> None:
    [case] = look("验证码是482913@x.com", "wmA1", "rm_li").suspicions

    assert (case.kind, [hit.entry_id for hit in case.hits]) == (ReviewKind.SECRET, [SECRET_ENTRY])
    assert "482913" not in repr(case) + "".join(hit.word for hit in case.hits)
