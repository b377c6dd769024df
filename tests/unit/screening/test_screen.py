"""One look at a segment: hits in the right direction, cases, what customers asked for, and rows to search."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from scrm.archive.coverage import Answer, ArchiveConsent
from scrm.archive.index import Place
from scrm.archive.search import MessageRef
from scrm.review.desk import ReviewRules
from scrm.review.model import ReviewKind, Severity
from scrm.screening import screen as screening
from scrm.screening.screen import ArchivedRow, Screened
from tests.fakes.screening import LEXICON, PLACES, InForce

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
NO_SAMPLES = ReviewRules(sample_share=0.0)


def said(text: str, sender: str = "rm_li", to: str = "wmA1", number: int = 1, **more: Any) -> ArchivedRow:
    raw = {
        "msgid": f"m{number}_external",
        "action": "send",
        "from": sender,
        "tolist": [to],
        "roomid": "",
        "msgtime": int(NOW.timestamp() * 1000),
        "msgtype": "text",
        "text": {"content": text},
        **more,
    }
    return ArchivedRow(Place(1000, number, 1000 + number, NOW), raw)


def look(*rows: ArchivedRow, sampling: ReviewRules = NO_SAMPLES) -> Screened:
    return screening.screen(rows, InForce(LEXICON), PLACES, sampling)


def test_a_members_promise_is_a_serious_case_at_his_branch() -> None:
    screened = look(said("这款产品保本，放心"))

    (case,), (row,) = screened.suspicions, screened.index_rows
    assert (case.kind, case.member, case.node_path, case.lexicon_version) == (
        ReviewKind.COMPLIANCE,
        "rm_li",
        "/1/10/12/",
        7,
    )
    assert MessageRef.parse(case.message_id) == MessageRef(date(2026, 11, 26), row["bucket"], 1000, 1001)
    (hit,) = case.hits
    assert (hit.entry_id, hit.start, hit.end, hit.severity) == ("promise", 4, 6, Severity.SERIOUS)


@pytest.mark.parametrize(
    ("text", "sender", "to"),
    [
        ("这款保本吗", "wmA1", "rm_li"),  # the customer asks
        ("本产品不保本", "rm_li", "wmA1"),  # an allowed phrase
        ("这款保本", "rm_li", "rm_wu"),  # among members
        ("飞单", "rm_wu", "wmA1"),  # another branch's word
        ("我要投诉", "rm_li", "wmA1"),  # not the customer's word
    ],
)
def test_what_is_said_the_other_way_or_elsewhere_is_no_hit(text: str, sender: str, to: str) -> None:
    assert look(said(text, sender, to)).suspicions == []


def test_a_customers_complaint_opens_a_case_of_its_own() -> None:
    (case,) = look(said("我要投诉，你们飞单", "wmA1", "rm_li")).suspicions[:1]
    kinds = {each.kind for each in look(said("我要投诉，你们飞单", "wmA1", "rm_li")).suspicions}

    assert case.member == "rm_li"
    assert kinds == {ReviewKind.COMPLAINT, ReviewKind.COMPLIANCE}


def test_what_a_customer_says_for_himself_is_heard_once_a_message() -> None:
    screened = look(said("不要再发了，不要再发", "wmA1", "rm_li"), said("我想贷款", "wmB2", "rm_li", number=2))

    assert [(each.external_userid, each.members, each.msgid) for each in screened.opt_outs] == [
        ("wmA1", ("rm_li",), "m1_external")
    ]
    assert [(each.external_userid, each.entry_id) for each in screened.needs] == [("wmB2", "loan")]
    assert screened.suspicions == []
    assert screened.opt_outs[0].said_at == NOW


def test_a_member_who_writes_it_opts_nobody_out() -> None:
    assert look(said("客户说不要再发")).opt_outs == []


def test_a_password_in_a_chat_is_a_case_and_is_written_nowhere() -> None:
    (case,) = look(said("我的密码是abc123", "wmA1", "rm_li")).suspicions

    assert case.kind is ReviewKind.SECRET
    assert "abc123" not in repr(case)
    assert all("abc123" not in hit.word for hit in case.hits)


def test_forwarded_texts_are_looked_at_too() -> None:
    record = {"title": "记录", "item": [{"type": "ChatRecordText", "content": '{"content": "保本"}'}]}

    (case,) = look(said("", msgtype="chatrecord", chatrecord=record)).suspicions

    assert case.hits[0].text == 1


def test_a_row_of_the_index_knows_its_hits_and_where_its_member_stood() -> None:
    (row,) = look(said("保本")).index_rows

    assert (row["hits"], row["node_paths"], row["page"]) == (["promise"], " /1/10/12/", f"{1000:020d}")


def test_a_message_of_nobody_we_know_is_head_offices() -> None:
    (case,) = look(said("保本", sender="rm_gone")).suspicions

    assert case.node_path == "/1/"


def test_samples_are_taken_of_messages_without_a_hit_only() -> None:
    everything = ReviewRules(sample_share=1.0)

    kinds = [each.kind for each in look(said("您好"), said("保本", number=2), sampling=everything).suspicions]

    assert kinds == [ReviewKind.SAMPLE, ReviewKind.COMPLIANCE]


def test_hits_are_counted_by_what_follows() -> None:
    assert look(said("保本"), said("我要投诉", "wmA1", "rm_li", number=2)).hits == {"block": 1, "complaint": 1}


def test_a_huge_message_is_one_case_and_one_row_to_search() -> None:
    screened = look(said("这款产品保本，放心" * 20_000))

    assert (len(screened.suspicions), len(screened.index_rows)) == (1, 1)


def test_members_whose_places_are_needed_are_named_once() -> None:
    rows = [said("a"), said("b", number=2), said("c", "wmA1", "RM_Wu", number=3)]

    assert screening.members_in(rows) == {"rm_li", "rm_wu"}


@pytest.mark.parametrize(("kind", "consent"), [("agree", ArchiveConsent.AGREED), ("disagree", ArchiveConsent.REFUSED)])
def test_what_a_customer_answers_about_the_archive_is_told_by_member(kind: str, consent: ArchiveConsent) -> None:
    answered_at_ms = int(NOW.timestamp() * 1000) - 60_000
    raw: dict[str, Any] = {"msgtype": kind, kind: {"userid": "wmA1", f"{kind}_time": answered_at_ms}}

    (heard,) = look(said("", "wmA1", "rm_li", **raw)).answers

    assert heard == Answer("rm_li", "wmA1", consent, NOW - timedelta(minutes=1))


@pytest.mark.parametrize("more", [{"roomid": "wrG1"}, {"agree": None}, {"agree": []}])
def test_an_answer_in_a_group_or_without_a_body_is_nobodys(more: dict[str, Any]) -> None:
    raw = {"msgtype": "agree", "agree": {"userid": "wmA1", "agree_time": 1}} | more

    assert look(said("", "wmA1", "rm_li", **raw)).answers == []


def test_an_answer_without_a_time_or_a_name_has_those_of_its_message() -> None:
    (heard,) = look(said("", "wmA1", "rm_li", msgtype="disagree", disagree={})).answers

    assert (heard.external_userid, heard.at) == ("wmA1", NOW)
