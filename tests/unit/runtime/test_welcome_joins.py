"""What greets: released content to the byte, with its files lent and the customer's link (S56, R18, invariant 4)."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from scrm.consent.links import LONGEST_TOKEN, OptOutLinks
from scrm.content.media import AssetRefusedError, MediaPostponedError
from scrm.content.model import OPT_OUT_LINK, Scene, Variant
from scrm.runtime.environment import MissingSettingError
from scrm.runtime.welcome_joins import LibraryGreetings, ReleasedGreetings
from scrm.wecom import limits
from scrm.welcome.model import Greeting, WelcomeRule
from scrm.welcome.ports import WelcomePostponedError, WelcomeRefusedError
from scrm.welcome.rules import RuleRefusedError
from tests.fakes.consent import Answers
from tests.fakes.content import LABEL, START, Library, a_draft, image, link

WORDS = f"{LABEL} 欢迎"


@dataclass
class Media:
    failure: Exception | None = None
    asked: list[Any] = field(default_factory=list)

    def media_id(self, *asked: Any) -> str:
        if self.failure:
            raise self.failure
        self.asked.append(asked)
        return "MEDIA"


class Greets:
    def __init__(self, text: str = WORDS, **changes: Any) -> None:
        words = ((Scene.ONE_TO_ONE, Variant(text, (image(), link()))),)
        self.answers, self.page_url = Answers(START), "https://m.bank.example"
        self.library, self.media = Library(), Media()
        found = self.library.released(a_draft(variants=words, **{"product_id": "", **changes}))
        digest = dict(found.hashes)[Scene.ONE_TO_ONE]
        self.rule = WelcomeRule("10", "", found.activity_id, found.version, digest, "operator:op", START)

    def greeting(self, path: str = "/1/10/12/", after: timedelta = timedelta(0), **changes: Any) -> Greeting:
        contents = ReleasedGreetings(self.library.gate, lambda: self.media, self.links)  # type: ignore[arg-type, return-value]
        return contents.greeting(replace(self.rule, **changes), path, "wm_new", START + after)

    def links(self) -> OptOutLinks:
        if not self.page_url:
            raise MissingSettingError("CUSTOMER_PAGE_URL")
        return OptOutLinks(self.page_url, self.answers.tokens)

    def set(self) -> str:
        """Somebody makes the version a rule."""
        return LibraryGreetings(self.library.gate, self.links).hash_for(self.rule.activity_id, 1, "/1/10/12/")


def test_released_words_greet_with_their_files() -> None:
    found = Greets().greeting()

    assert found.text == WORDS
    assert [each["msgtype"] for each in found.attachments] == ["image", "link"]
    assert found.attachments[0]["image"] == {"media_id": "MEDIA"}


def test_what_may_not_be_sent_greets_nobody() -> None:
    greets = Greets()
    refusals = [
        (greets, {"after": timedelta(days=15)}, "content_expired"),
        (greets, {"content_hash": "other"}, "content_unknown_content"),
        (greets, {"path": "/1/20/"}, "content_out_of_scope"),
        (greets, {"version": 2}, "content_unknown_content"),
        (Greets(product_id="fund_01"), {}, "content_of_a_product"),
    ]

    for one, changes, reason in refusals:
        with pytest.raises(WelcomeRefusedError) as refused:
            one.greeting(**changes)  # type: ignore[arg-type]
        assert refused.value.reason == reason


def test_a_file_that_cannot_be_lent_holds_the_greeting_up() -> None:
    greets = Greets()

    greets.media.failure = AssetRefusedError("gone")
    with pytest.raises(WelcomeRefusedError):
        greets.greeting()
    greets.media.failure = MediaPostponedError(START)
    with pytest.raises(WelcomePostponedError):
        greets.greeting()


def test_the_link_in_a_greeting_is_the_customers_own() -> None:
    greets = Greets(f"{WORDS}，退订：{OPT_OUT_LINK}")

    words, _, link_of_customer = greets.greeting().text.partition("退订：")

    assert greets.set() == greets.rule.content_hash
    assert words == f"{WORDS}，"
    assert greets.answers.tokens.customer_of(link_of_customer.removeprefix("https://m.bank.example/o/")) == "wm_new"


def test_a_greeting_without_the_link_needs_no_page() -> None:
    greets = Greets()
    greets.page_url = ""

    assert greets.set() == greets.rule.content_hash
    assert greets.greeting().text == WORDS


def test_a_link_to_no_page_is_refused_with_what_to_do() -> None:
    greets = Greets(f"{WORDS}{OPT_OUT_LINK}")
    greets.page_url = ""

    with pytest.raises(RuleRefusedError, match="deploy it with CUSTOMER_PAGE_URL set"):
        greets.set()
    with pytest.raises(WelcomeRefusedError) as refused:
        greets.greeting()
    assert refused.value.reason == "no_customer_page"


def test_a_text_has_room_for_the_longest_link_there_can_be() -> None:
    room = limits.MASS_TEXT_BYTES - len(f"{LABEL}https://m.bank.example/o/".encode()) - LONGEST_TOKEN
    fits, too_long = (Greets(f"{LABEL}{OPT_OUT_LINK}{'a' * size}") for size in (room, room + 1))

    fits.set()
    with pytest.raises(RuleRefusedError, match="4001 bytes"):
        too_long.set()
    too_long.page_url += "x" * 300
    with pytest.raises(WelcomeRefusedError) as refused:
        too_long.greeting()
    assert refused.value.reason == "too_long_with_link"
