"""What greets: released content to the byte, with its files lent, and nothing else (S56, invariant 4)."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from scrm.content.media import AssetRefusedError, MediaPostponedError
from scrm.content.model import Scene, Variant
from scrm.runtime.welcome_joins import ReleasedGreetings
from scrm.welcome.model import Greeting, WelcomeRule
from scrm.welcome.ports import WelcomePostponedError, WelcomeRefusedError
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
    def __init__(self, **changes: Any) -> None:
        words = ((Scene.ONE_TO_ONE, Variant(WORDS, (image(), link()))),)
        self.library, self.media = Library(), Media()
        found = self.library.released(a_draft(variants=words, **{"product_id": "", **changes}))
        digest = dict(found.hashes)[Scene.ONE_TO_ONE]
        self.rule = WelcomeRule("10", "", found.activity_id, found.version, digest, "operator:op", START)

    def greeting(self, path: str = "/1/10/12/", after: timedelta = timedelta(0), **changes: Any) -> Greeting:
        contents = ReleasedGreetings(self.library.gate, lambda: self.media)  # type: ignore[arg-type, return-value]
        return contents.greeting(replace(self.rule, **changes), path, START + after)


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
