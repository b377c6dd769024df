"""The customer's page as his browser gets it: nothing changes by looking, nothing names him, nothing may keep it."""

import base64
import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from functions.customer_web.handler import lambda_handler
from scrm.consent.model import ConsentAnswer
from scrm.consent.page import CustomerChoice
from scrm.consent.ports import ConsentBusyError
from scrm.runtime import customer_page
from scrm.runtime.wiring import customer_web as wiring
from tests.admin_api import lambda_context
from tests.customer_page import page_event, token_until
from tests.fakes.consent import Answers

AT = datetime(2026, 11, 26, 17, 0, tzinfo=UTC)
CUSTOMER = "wmEXAMPLE0000000000000000000001"
OUT, YES = ConsentAnswer.OPTED_OUT, ConsentAnswer.CONSENTED


class Page(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


class Browser:
    def __init__(self, bank: Answers) -> None:
        self.bank = bank
        self.log = ""

    def ask(self, method: str = "GET", token: str = "", body: str | None = None) -> dict[str, Any]:
        printed = io.StringIO()
        with redirect_stdout(printed):
            answer = lambda_handler(page_event(method, token or self.token, body), lambda_context())
        self.log += printed.getvalue()
        return answer

    @property
    def token(self) -> str:
        return self.bank.tokens.token_for(CUSTOMER)

    @property
    def standing(self) -> ConsentAnswer | None:
        found = self.bank.consents.standing_of(CUSTOMER)
        return found.answer if found else None


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    bank = Answers(AT)
    bank.places.owners[CUSTOMER] = "rm_li"
    monkeypatch.setenv("BANK_NAME", "示例<银行>")
    monkeypatch.setattr(wiring, "tokens", lambda: bank.tokens)
    monkeypatch.setattr(wiring, "standing_of", bank.consents.standing_of)
    monkeypatch.setattr(wiring, "choice", lambda: CustomerChoice(bank.desk))
    wiring.bank_name.cache_clear()
    yield Browser(bank)
    wiring.bank_name.cache_clear()


def test_looking_changes_nothing_and_shows_both_ways(browser: Browser) -> None:
    answer = browser.ask()

    page = Page(answer["body"])
    assert answer["statusCode"] == 200
    assert "尚未作出选择" in page.words
    buttons = [attributes for tag, attributes in page.tags if tag == "button"]
    assert len(buttons) == 2
    assert (browser.standing, browser.bank.store.said, browser.bank.news.told) == (None, {}, [])


def test_a_confirmed_refusal_is_recorded_told_and_shown(browser: Browser) -> None:
    answer = browser.ask("POST", body="answer=opted_out&confirm=1")

    page = Page(answer["body"])
    assert browser.standing is OUT
    assert browser.bank.news.told == [(CUSTOMER, ("rm_li",))]
    assert "已为您登记" in page.words
    assert "不接收营销信息自2026年11月27日起" in page.words  # in Shanghai it is the next day already
    assert "已为您登记" not in browser.ask()["body"]


def test_it_may_be_sent_twice(browser: Browser) -> None:
    first = browser.ask("POST", body="answer=opted_out&confirm=1")
    browser.bank.now += timedelta(minutes=1)

    assert browser.ask("POST", body="answer=opted_out&confirm=1") == first
    assert len(browser.bank.store.history(CUSTOMER)) == 1


def test_he_comes_back_with_a_tick_of_his_own(browser: Browser) -> None:
    browser.ask("POST", body="answer=opted_out&confirm=1")
    browser.bank.now += timedelta(minutes=1)
    shown = Page(browser.ask()["body"])

    ticks = [attributes for tag, attributes in shown.tags if attributes.get("type") == "checkbox"]
    assert [("checked" in tick, "required" in tick) for tick in ticks] == [(False, True)]
    browser.ask("POST", body="answer=consented&confirm=1")

    assert browser.standing is YES


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "answer=opted_out",
        "answer=opted_out&confirm=0",
        "answer=consented",
        "confirm=1",
        "answer=everything&confirm=1",
        "answer=opted_out&answer=consented&confirm=1",
        "answer=opted_out&confirm=1&confirm=1",
        "&".join(f"a{number}=1" for number in range(20)),
        "answer=退订&confirm=1",
        '{"answer": "opted_out", "confirm": "1"}',
    ],
)
def test_an_unclear_form_changes_nothing(browser: Browser, body: str | None) -> None:
    answer = browser.ask("POST", body=body)

    assert answer["statusCode"] == 400
    assert "未能登记" in answer["body"]
    assert browser.standing is None


def test_a_long_form_is_refused_unread(browser: Browser) -> None:
    answer = browser.ask("POST", body="answer=opted_out&confirm=1&x=" + "x" * 2_000_000)

    assert answer["statusCode"] == 413
    assert browser.standing is None


@pytest.mark.parametrize("token", ["k1", "k9-aaaa", "../../etc", "k1-" + "a" * 5_000, "退订", "k1-" + "a" * 80])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_bad_link_gets_a_page_that_tells_nothing(browser: Browser, method: str, token: str) -> None:
    answer = browser.ask(method, token, "answer=opted_out&confirm=1")

    assert answer["statusCode"] == 404
    assert "链接无效" in answer["body"]
    assert "<form" not in answer["body"]
    assert token not in answer["body"]


def test_an_ended_link_says_so_and_records_nothing(browser: Browser) -> None:
    ended = token_until(browser.bank, CUSTOMER, (AT - datetime(1970, 1, 1, tzinfo=UTC)).days - 1)

    assert browser.ask("GET", ended)["statusCode"] == 410
    assert browser.ask("POST", ended, "answer=opted_out&confirm=1")["statusCode"] == 410
    assert browser.standing is None


def test_who_consents_too_often_is_asked_to_wait_and_may_still_refuse(browser: Browser) -> None:
    for _ in range(6):
        browser.bank.now += timedelta(seconds=1)
        last = browser.ask("POST", body="answer=consented&confirm=1")
        browser.bank.now += timedelta(seconds=1)
        assert browser.ask("POST", body="answer=opted_out&confirm=1")["statusCode"] == 200

    assert last["statusCode"] == 429
    assert browser.standing is OUT


def test_trouble_is_told_in_his_words_and_may_be_tried_again(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> None:
        raise ConsentBusyError("rm_li")

    monkeypatch.setattr(wiring, "choice", busy)

    answer = browser.ask("POST", body="answer=opted_out&confirm=1")

    assert (answer["statusCode"], "系统繁忙" in answer["body"]) == (503, True)


def test_neither_page_nor_log_names_customer_link_or_owner(browser: Browser) -> None:
    pages = [
        browser.ask(),
        browser.ask("POST", body="answer=opted_out&confirm=1"),
        browser.ask("POST", body="answer=opted_out"),
        browser.ask("GET", browser.token[:-1]),
    ]

    told = browser.log + "".join(f"{page['headers']}{page['body']}" for page in pages)
    for secret in (CUSTOMER, CUSTOMER.lower(), browser.token, "rm_li"):
        assert secret not in told


def test_nothing_is_fetched_run_framed_kept_or_passed_on(browser: Browser) -> None:
    for answer in (browser.ask(), browser.ask("GET", "k1-x")):
        headers, page = answer["headers"], Page(answer["body"])
        [style] = re.findall(r"<style>(.*?)</style>", answer["body"], re.DOTALL)
        allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert headers["content-security-policy"] == (
            f"default-src 'none'; style-src 'sha256-{allowed}'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert headers["x-content-type-options"] == "nosniff"
        assert {"script", "img", "link", "iframe"}.isdisjoint(tag for tag, _ in page.tags)
        assert all({"src", "href", "action", "style"}.isdisjoint(attributes) for _, attributes in page.tags)
        assert not re.search(r"url\(|@import|https?:", answer["body"])
        assert len(answer["body"].encode()) < 10_000


def test_the_page_can_be_read_aloud_and_names_the_bank(browser: Browser) -> None:
    body = browser.ask()["body"]
    page = Page(body)

    assert ("html", {"lang": "zh-CN"}) in page.tags
    assert [tag for tag, _ in page.tags].count("h1") == 1
    assert [tag for tag, _ in page.tags if tag in {"main", "title"}] == ["title", "main"]
    assert "示例&lt;银行&gt;" in body
    labelled = re.findall(r"<label>(.*?)</label>", body)
    assert [("checkbox" in label, "我同意接收" in label) for label in labelled] == [(True, True)]


def test_every_refusal_has_its_words() -> None:
    for status in customer_page._REFUSALS:
        assert customer_page.refusal(status, "本行")["statusCode"] == status
