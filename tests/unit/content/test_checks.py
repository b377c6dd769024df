"""What a draft is refused for: WeCom's limits in bytes, and the bank's own rules (S25, S32, S33, R5)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.campaign.member_messages import words_of
from scrm.campaign.ports import ApprovedContent, MassMessage
from scrm.campaign.terms import Channel
from scrm.content import lexicon
from scrm.content.checks import problems_of
from scrm.content.model import OPT_OUT_LINK, Attachment, AttachmentKind, Scene, Variant
from scrm.runtime.claim_joins import claims_finder
from scrm.wecom.api.application_messages import TextCard, TextMessage
from tests.fakes.content import LABEL, SETTINGS, START, a_draft, image, link
from tests.fakes.dispatch import CONTENT, FAR

VIDEO = Attachment(AttachmentKind.VIDEO, asset_id="asset_video")
PAGE = Attachment(AttachmentKind.MINIPROGRAM, "asset_image", title="小程序", app_id="wx01", page="pages/a")


def found(**changes: Any) -> set[tuple[str, str]]:
    return {(problem.where, problem.kind) for problem in problems_of(a_draft(**changes), SETTINGS)}


def in_scene(scene: Scene, text: str = LABEL, *attachments: Attachment) -> set[tuple[str, str]]:
    return found(variants=((scene, Variant(text, attachments)),))


def test_a_whole_draft_has_no_problem() -> None:
    assert found() == set()
    assert in_scene(Scene.ONE_TO_ONE, LABEL, image(), VIDEO, link(), PAGE) == set()
    assert in_scene(Scene.MOMENTS, LABEL, *[image()] * 9) == set()
    assert in_scene(Scene.MOMENTS, LABEL, link(asset_id="asset_image")) == set()


@pytest.mark.parametrize("name", ["title", "selling_point", "compliance_label"])
def test_what_an_activity_must_say(name: str) -> None:
    assert (name, "missing") in found(**{name: "  "})


@pytest.mark.parametrize("kpi", ["", "Card Binding", "绑卡", "x" * 33])
def test_the_kpi_is_a_word(kpi: str) -> None:
    assert ("target_kpi", "no_word") in found(target_kpi=kpi)


def test_validity_has_an_end_that_is_not_too_far() -> None:
    assert ("valid_until", "not_after_start") in found(valid_until=START)
    assert ("valid_until", "too_long") in found(valid_until=START + timedelta(days=366, seconds=1))
    assert found(valid_until=START + timedelta(days=366)) == set()


@pytest.mark.parametrize("scene", [Scene.ONE_TO_ONE, Scene.GROUP, Scene.MOMENTS])
def test_text_is_measured_in_bytes(scene: Scene) -> None:
    filler = "é" * ((4_000 - len(LABEL.encode())) // 2)

    fits = in_scene(scene, LABEL + filler)
    is_too_long = in_scene(scene, LABEL + filler + "a")

    assert len((LABEL + filler).encode()) == 4_000
    assert fits == set()
    assert is_too_long == {(f"variants.{scene.value}.text", "too_long")}


def test_moments_count_characters_too() -> None:
    filler = "a" * (2_000 - len(LABEL))

    assert in_scene(Scene.MOMENTS, LABEL + filler) == set()
    assert in_scene(Scene.MOMENTS, LABEL + filler + "a") == {("variants.moments.text", "too_long")}


def test_a_customers_own_link_stands_in_what_one_customer_gets_only() -> None:
    text = LABEL + OPT_OUT_LINK

    assert in_scene(Scene.ONE_TO_ONE, text) == set()
    assert in_scene(Scene.GROUP, text) == {("variants.group.text", "not_personal")}
    assert in_scene(Scene.MOMENTS, text) == {("variants.moments.text", "not_personal")}


def test_ten_attachments_are_one_too_many() -> None:
    assert in_scene(Scene.GROUP, LABEL, *[image()] * 9) == set()
    assert in_scene(Scene.GROUP, LABEL, *[image()] * 10) == {("variants.group.attachments", "too_many")}


def test_moments_take_one_kind_and_neither_files_nor_mini_programs() -> None:
    where = "variants.moments.attachments"

    assert (where, "mixed") in in_scene(Scene.MOMENTS, LABEL, image(), VIDEO)
    assert (where, "too_many") in in_scene(Scene.MOMENTS, LABEL, VIDEO, VIDEO)
    assert (where, "kind_not_taken") in in_scene(Scene.MOMENTS, LABEL, PAGE)
    assert (f"{where}.0.asset_id", "missing") in in_scene(Scene.MOMENTS, LABEL, link())


@pytest.mark.parametrize(
    ("changes", "part", "kind"),
    [
        ({"title": ""}, "title", "missing"),
        ({"title": "字" * 43}, "title", "too_long"),
        ({"description": "字" * 171}, "description", "too_long"),
        ({"url": ""}, "url", "missing"),
        ({"url": "http://bank.example.com"}, "url", "no_address"),
        ({"url": "javascript:alert(1)"}, "url", "no_address"),
        ({"url": "https://[bank"}, "url", "no_address"),
        ({"url": "https://bank.example.com/" + "a" * 2_048}, "url", "too_long"),
        ({"title": "a\x00"}, "title", "unprintable"),
    ],
)
def test_links_keep_their_limits(changes: dict[str, str], part: str, kind: str) -> None:
    assert (f"variants.one_to_one.attachments.0.{part}", kind) in in_scene(Scene.ONE_TO_ONE, LABEL, link(**changes))


@pytest.mark.parametrize("name", ["title", "app_id", "page", "asset_id"])
def test_a_mini_program_needs_all_its_parts(name: str) -> None:
    changes: dict[str, Any] = {name: ""}
    without = replace(PAGE, **changes)

    assert in_scene(Scene.GROUP, LABEL, without) == {(f"variants.group.attachments.0.{name}", "missing")}


def test_a_picture_names_its_file() -> None:
    assert in_scene(Scene.GROUP, LABEL, image("")) == {("variants.group.attachments.0.asset_id", "missing")}


def test_marketing_can_be_recognised() -> None:
    assert in_scene(Scene.GROUP, "你好") == {("variants.group.text", "label_missing")}
    assert ("variants.group", "empty") in in_scene(Scene.GROUP, " ")
    assert found(variants=()) == {("variants", "missing")}


@pytest.mark.parametrize(
    "text",
    [
        "保本理财",
        "保 本",
        "保\u200b本",
        "保。本",
        "１００%保本",
        "GUARANTEED   Return",
        "Risk‑free",
        "ＲＩＳＫ-ＦＲＥＥ",
    ],
)
def test_claims_are_found_in_disguise(text: str) -> None:
    assert lexicon.claims_in(f"本行{text}产品", SETTINGS.banned_claims, SETTINGS.allowed_phrases)


@pytest.mark.parametrize(
    "text", ["bao本", "保ben型", "baoben理财", "保夲", "稳賺不賠", "无風险", "零 feng 险", "保 本"]
)
def test_claims_are_found_as_the_lexicon_finds_words(text: str) -> None:
    claims_in = claims_finder(["保本", "稳赚不赔", "无风险", "零风险"], ["不保本"])

    assert claims_in(f"本行{text}产品")


@pytest.mark.parametrize("text", ["本产品不保本，请谨慎", "不保夲", "风险自担", "基本保险", "宝宝本周到行办理", ""])
def test_what_the_lexicon_knows_to_be_none_is_no_claim(text: str) -> None:
    assert claims_finder(SETTINGS.banned_claims, SETTINGS.allowed_phrases)(text) == []


def test_each_claim_is_told_once_in_the_order_of_the_list() -> None:
    claims_in = claims_finder(["稳赚", "保本", "保本"], ["不保本"])

    assert claims_in("bao本，保 本，不保本，稳，赚") == ["稳赚", "保本"]


@pytest.mark.parametrize("text", ["本产品不保本，请谨慎", "风险自担", "基本保险", ""])
def test_warnings_are_no_claims(text: str) -> None:
    assert lexicon.claims_in(text, SETTINGS.banned_claims, SETTINGS.allowed_phrases) == []


def test_a_warning_does_not_hide_a_claim() -> None:
    assert lexicon.claims_in("不保本，其实保本", ["保本"], ["不保本"]) == ["保本"]


@given(st.text(max_size=30), st.text(alphabet=" \t·-—。\u200b", max_size=3))
def test_no_filler_hides_a_claim(around: str, filler: str) -> None:
    assert "零风险" in lexicon.claims_in(f"{around}零{filler}风{filler}险", ["零风险"])


def test_what_only_members_read_needs_no_label_and_takes_one_plain_link() -> None:
    assert in_scene(Scene.INTERNAL, "季末主推", link(description="")) == set()
    assert ("variants.internal.attachments.0.description", "not_taken") in in_scene(
        Scene.INTERNAL, "主推", link(description="d")
    )
    assert ("variants.internal.attachments", "kind_not_taken") in in_scene(Scene.INTERNAL, "主推", image())
    assert ("variants.internal.attachments", "too_many") in in_scene(Scene.INTERNAL, "主推", link(), link())


@pytest.mark.parametrize("letter", ["a", "客", "😀"])
def test_the_longest_text_to_members_still_fits_wecom_with_the_line_below_it(letter: str) -> None:
    limits = SETTINGS.scenes[Scene.INTERNAL]
    count = min(limits.text_characters, limits.text_bytes // len(letter.encode()))
    content = ApprovedContent(CONTENT, letter * count, (), FAR)
    message = MassMessage(Channel.APPLICATION_MESSAGE, "rm_li", ["wm"] * 10_000, content, cause="send_" + "a" * 26)

    text = words_of(message).text

    assert in_scene(Scene.INTERNAL, letter * count) == set()
    assert TextMessage(text).body()["text"]["content"] == text
    assert TextCard("t", text, "https://bank.example").body()["textcard"]["description"] == text
