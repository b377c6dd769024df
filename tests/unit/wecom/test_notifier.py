"""Application messages to one member, on the simulator; none may be dropped silently."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.simulator.server import RunningSimulator, running_simulator
from scrm.handover.errors import TransferPostponedError
from scrm.handover.ports import Notifier
from scrm.wecom.errors import PermissionDeniedError
from scrm.wecom.notifier import WecomNotifier
from tests.simulated_corp import Corp, loaded

URL = "https://bank.example/handover"
SEND = "message/send"


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def corp(simulator: RunningSimulator) -> Corp:
    return loaded(simulator)


def notifier(corp: Corp, url: str = URL, denied: list[PermissionDeniedError] | None = None) -> WecomNotifier:
    heard = [] if denied is None else denied
    return WecomNotifier(corp.client(), heard.append, url, corp.time.now)


def test_a_card_reaches_its_member(corp: Corp) -> None:
    port: Notifier = notifier(corp)

    told = port.tell("rm_b", "客户继承：3 位客户", "王敏的客户将由您接替，请尽快联系。")

    (message,) = corp.control.messages()
    assert told
    assert (message["msgtype"], message["receivers"]) == ("textcard", ["rm_b"])
    assert message["content"]["url"] == URL


def test_without_an_address_the_words_come_as_text(corp: Corp) -> None:
    notifier(corp, url="").tell("rm_b", "客户继承", "请尽快联系。")

    (message,) = corp.control.messages()
    assert (message["msgtype"], message["content"]) == ("text", {"content": "客户继承\n请尽快联系。"})


def test_long_texts_are_cut_to_what_a_card_holds(corp: Corp) -> None:
    notifier(corp).tell("rm_b", "继" * 200, "承" * 600)

    (message,) = corp.control.messages()
    assert message["content"]["title"] == "继" * 127 + "…"
    assert message["content"]["description"] == "承" * 511 + "…"


def test_a_text_of_large_characters_is_cut_to_its_bytes(corp: Corp) -> None:
    notifier(corp, url="").tell("rm_b", "继承", "🙂" * 512)

    (message,) = corp.control.messages()
    assert len(message["content"]["content"].encode()) <= 2_048
    assert message["content"]["content"].endswith("🙂")


def test_a_member_wecom_does_not_know_is_not_reached(corp: Corp) -> None:
    assert not notifier(corp).tell("rm_gone", "客户继承", "请尽快联系。")


def test_the_same_message_again_is_sent_once(corp: Corp) -> None:
    for _ in range(2):
        assert notifier(corp).tell("rm_b", "客户继承", "请尽快联系。")

    assert len(corp.control.messages()) == 1


def test_a_lost_answer_is_postponed_and_the_repeat_is_no_second_message(corp: Corp) -> None:
    corp.control.add_fault("drop_after", SEND, count=1)
    with pytest.raises(TransferPostponedError):
        notifier(corp).tell("rm_b", "客户继承", "请尽快联系。")

    corp.time.advance(timedelta(minutes=2).total_seconds())

    assert notifier(corp).tell("rm_b", "客户继承", "请尽快联系。")
    assert len(corp.control.messages()) == 1


def test_a_missing_permission_is_told_to_the_operator(corp: Corp) -> None:
    denied: list[PermissionDeniedError] = []
    corp.control.add_fault("errcode", SEND, errcode=60020, count=1)

    with pytest.raises(TransferPostponedError):
        notifier(corp, denied=denied).tell("rm_b", "客户继承", "请尽快联系。")

    assert [error.errcode for error in denied] == [60020]


def test_functions_together_never_send_a_member_more_than_wecom_delivers(corp: Corp) -> None:
    both = [notifier(corp), notifier(corp)]
    began = corp.time.now()
    sent = 0
    while corp.time.now() - began < timedelta(minutes=3):
        try:
            both[sent % 2].tell("RM_B" if sent % 3 else "rm_b", "客户继承", f"第 {sent} 条")
            sent += 1
        except TransferPostponedError as postponed:
            corp.time.advance(max(0.01, (postponed.not_before - corp.time.now()).total_seconds()))

    messages = corp.control.messages()
    assert len(messages) == sent > 60
    assert not any(message["dropped"] for message in messages)


def test_a_full_budget_of_one_member_leaves_the_others_alone(corp: Corp) -> None:
    each = notifier(corp)
    each.tell("rm_b", "客户继承", "第 1 条")
    before = corp.time.slept.copy()

    each.tell("rm_c", "客户继承", "第 1 条")

    assert corp.time.slept == before
    assert {"message/send", "message/send#rm_b", "message/send#rm_c"} <= corp.rates.items.keys()
