"""Welcome messages: what is sent to WeCom, and its answers in the feature's words (docs/wecom.md 15)."""

from datetime import UTC, datetime, timedelta

import pytest

from scrm.wecom import errors, limits
from scrm.wecom.client import WecomClient
from scrm.wecom.errors import InvalidRequestError
from scrm.wecom.welcome_sends import WecomWelcomes
from scrm.welcome import ports
from scrm.welcome.model import Greeting
from tests.fakes.wecom import PagedWecom

SEND = "externalcontact/send_welcome_msg"
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LINK = {"msgtype": "link", "link": {"title": "t", "url": "https://bank.example"}}


@pytest.fixture
def wecom() -> PagedWecom:
    return PagedWecom()


def test_text_and_attachments_go_with_the_code(wecom: PagedWecom) -> None:
    wecom.will_answer(SEND, {})

    WecomWelcomes(WecomClient(wecom), lambda _: None).send("CODE", Greeting("欢迎", (LINK,)))

    (call,) = wecom.calls
    assert call.body == {"welcome_code": "CODE", "text": {"content": "欢迎"}, "attachments": [LINK]}
    assert call.repeatable  # WeCom takes a code once


@pytest.mark.parametrize(
    ("text", "attachments"),
    [("字" * 1_334, ()), ("", ()), ("", (LINK,) * 10)],
    ids=["4002_bytes", "nothing", "ten_attachments"],
)
def test_what_wecom_would_refuse_is_not_sent(wecom: PagedWecom, text: str, attachments: tuple[object, ...]) -> None:
    with pytest.raises(InvalidRequestError):
        WecomClient(wecom).welcome_messages.send("CODE", text, attachments)  # type: ignore[arg-type]

    assert wecom.calls == []
    assert limits.MASS_TEXT_BYTES == 4_000


@pytest.mark.parametrize(
    ("errcode", "found"),
    [
        (errors.WELCOME_CHAT_STARTED, ports.CodeUsedError),
        (errors.WELCOME_CODE_INVALID, ports.CodeExpiredError),
        (errors.WELCOME_ARCHIVE_PENDING, ports.WelcomeRefusedError),
        (errors.WELCOME_SENDING, ports.WelcomePostponedError),
        (41049, ports.WelcomeRefusedError),
        (errors.SYSTEM_BUSY, ports.WelcomePostponedError),
        (48002, ports.WelcomeRefusedError),
    ],
)
def test_answers_are_told_in_the_features_words(wecom: PagedWecom, errcode: int, found: type[Exception]) -> None:
    wecom.will_answer(SEND, errors.error_for(errcode, SEND))
    denied: list[errors.PermissionDeniedError] = []

    with pytest.raises(found) as caught:
        WecomWelcomes(WecomClient(wecom), denied.append, lambda: NOW).send("CODE", Greeting("欢迎"))

    if isinstance(caught.value, ports.WelcomePostponedError):
        assert caught.value.not_before == NOW + timedelta(seconds=1)
    assert len(denied) == (errcode == 48002)
