"""Only what was approved is sent, as it was approved, while it is valid (invariant 4, O4)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.content.errors import ContentRefusedError
from scrm.content.hashing import content_hash
from scrm.content.model import Scene, SendRefusal, Variant
from tests.fakes.content import HEAD_OFFICE_MAKER, LABEL, MAKER, RELEASER, START, Library, a_draft


@pytest.fixture
def library() -> Library:
    return Library()


def refused(library: Library, activity_id: str, scene: Scene = Scene.ONE_TO_ONE, version: int = 1) -> SendRefusal:
    with pytest.raises(ContentRefusedError) as error:
        library.gate.approved_content(activity_id, version, scene)
    return error.value.refusal


def test_released_content_is_handed_out(library: Library) -> None:
    found = library.released()

    content = library.gate.approved_content(found.activity_id, 1, Scene.MOMENTS)

    variant = found.draft.variant(Scene.MOMENTS)
    assert variant is not None
    assert (content.text, content.attachments) == (variant.text, variant.attachments)
    assert (content.product_id, content.product_risk, content.target_kpi) == ("fund_01", 2, "card_binding")
    assert content.content_hash == dict(found.hashes)[Scene.MOMENTS]
    assert library.gate.is_sendable(START, content.content_hash) is None


def test_a_scene_without_a_variant_is_refused(library: Library) -> None:
    found = library.released(a_draft(variants=((Scene.GROUP, Variant(LABEL)),)))

    assert refused(library, found.activity_id, Scene.MOMENTS) is SendRefusal.UNKNOWN_CONTENT
    assert refused(library, found.activity_id, Scene.GROUP, version=2) is SendRefusal.UNKNOWN_CONTENT


def test_what_is_not_released_is_refused(library: Library) -> None:
    found = library.approved()

    assert refused(library, found.activity_id) is SendRefusal.NOT_RELEASED
    assert library.gate.is_sendable(START, found.hashes[0][1]) is SendRefusal.NOT_RELEASED


def test_a_recall_counts_at_once(library: Library) -> None:
    found = library.released()
    library.authoring.recall(found.activity_id, 1, RELEASER, "the bonus has ended")

    assert refused(library, found.activity_id) is SendRefusal.RECALLED
    assert library.gate.is_sendable(START, found.hashes[0][1]) is SendRefusal.RECALLED


def test_validity_is_kept_to_the_moment(library: Library) -> None:
    found = library.released()
    digest, draft = found.hashes[0][1], found.draft

    assert library.gate.is_sendable(draft.valid_from - timedelta(milliseconds=1), digest) is SendRefusal.NOT_YET_VALID
    assert library.gate.is_sendable(draft.valid_from, digest) is None
    assert library.gate.is_sendable(draft.valid_until - timedelta(milliseconds=1), digest) is None
    assert library.gate.is_sendable(draft.valid_until, digest) is SendRefusal.EXPIRED


def test_a_product_that_is_not_on_sale_is_not_advertised(library: Library) -> None:
    found = library.released()
    product = library.products.rows["fund_01"]

    library.products.rows["fund_01"] = replace(product, on_sale_until=START)
    assert library.gate.is_sendable(START, found.hashes[0][1]) is SendRefusal.PRODUCT_NOT_ON_SALE
    library.products.rows.clear()
    assert library.gate.is_sendable(START, found.hashes[0][1]) is SendRefusal.PRODUCT_NOT_ON_SALE
    assert refused(library, found.activity_id) is SendRefusal.PRODUCT_NOT_ON_SALE


def test_stored_words_that_were_changed_are_refused(library: Library) -> None:
    found = library.released()
    tampered = a_draft(variants=((Scene.ONE_TO_ONE, Variant(f"{LABEL}!")),))
    library.contents.rows[found.activity_id, 1] = replace(found, draft=tampered)

    assert refused(library, found.activity_id) is SendRefusal.CHANGED_CONTENT
    assert library.gate.is_sendable(START, found.hashes[0][1]) is SendRefusal.CHANGED_CONTENT


@given(st.data())
def test_any_other_byte_is_another_hash(data: st.DataObject) -> None:
    library = Library()
    found = library.released()
    scene, approved = data.draw(st.sampled_from(found.hashes))
    variant = found.draft.variant(scene)
    assert variant is not None
    place = data.draw(st.integers(0, len(variant.text) - 1))
    sign = data.draw(st.characters(codec="utf-8").filter(lambda sign: sign != variant.text[place]))
    edited = replace(variant, text=variant.text[:place] + sign + variant.text[place + 1 :])

    other = content_hash(found.activity_id, 1, scene, found.draft, edited)

    assert other != approved
    assert library.gate.is_sendable(START, other) is SendRefusal.UNKNOWN_CONTENT


def test_equal_words_of_two_versions_are_told_apart(library: Library) -> None:
    first = library.released()
    second = library.authoring.revise(first.activity_id, MAKER, first.draft, 1)

    assert not set(first.hashes) & set(second.hashes)


def test_who_may_use_what(library: Library) -> None:
    branch = library.released(a_draft(scope_node_ids=("12",)), "branch")
    bank = library.released(key="bank", maker=HEAD_OFFICE_MAKER)
    draft = library.authoring.create(HEAD_OFFICE_MAKER, a_draft(), "draft")

    assert branch.is_meant_for("/1/10/12/13/")
    assert not branch.is_meant_for("/1/10/14/")
    assert not branch.is_meant_for("/1/20/")
    assert bank.is_meant_for("/1/20/21/")
    queries = library.queries
    assert queries.version(bank.activity_id, 1, "/1/20/") == bank
    assert queries.version(draft.activity_id, 1, "/1/20/") is None
    assert queries.version(branch.activity_id, 1, "/1/20/") is None
    assert queries.version(branch.activity_id, 1, "/1/") == branch
    assert queries.activity(draft.activity_id, "/1/10/") is None
    assert [each.activity_id for each in queries.activities("/1/10/", None, 10).items] == [branch.activity_id]
