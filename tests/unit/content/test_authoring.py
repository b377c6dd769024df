"""The way of a version and who may take each step (S56, R21, O4)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from scrm.content.authoring import Authoring, Originator
from scrm.content.errors import (
    InvalidContentError,
    OriginationRefusedError,
    StaleContentError,
    StepRefusedError,
    UnknownContentError,
)
from scrm.content.model import ContentState, ContentVersion, Scene, Variant
from tests.fakes.content import (
    APPROVER,
    HEAD_OFFICE_MAKER,
    LABEL,
    MAKER,
    RELEASER,
    REVIEWER,
    START,
    FakeContentJournal,
    Library,
    a_draft,
    image,
)


@pytest.fixture
def library() -> Library:
    return Library()


def test_a_version_goes_all_its_way(library: Library) -> None:
    released = library.released()

    assert released.state is ContentState.RELEASED
    assert [(step.state, step.by) for step in released.steps] == [
        (ContentState.DRAFT, MAKER.actor),
        (ContentState.IN_REVIEW, MAKER.actor),
        (ContentState.IN_APPROVAL, REVIEWER),
        (ContentState.APPROVED, APPROVER),
        (ContentState.RELEASED, RELEASER),
    ]
    assert isinstance(library.journal, FakeContentJournal)
    assert [action for *_, action, _ in library.journal.told_of] == [
        "made",
        "submitted",
        "reviewed",
        "approved",
        "released",
    ]
    assert library.contents.version(released.activity_id, 1) == released


def test_every_step_may_be_repeated(library: Library) -> None:
    found = library.released()

    again = library.authoring.release(found.activity_id, 1, RELEASER)

    assert again == found


@pytest.mark.parametrize("place", ["/1/10/12/", "/1/10/12/13/", ""])
def test_nobody_below_a_branch_originates(library: Library, place: str) -> None:
    with pytest.raises(OriginationRefusedError):
        library.authoring.create(Originator("operator:rm", "12", place), a_draft(), "key")

    assert library.contents.rows == {}


def test_head_office_and_branch_originate(library: Library) -> None:
    for maker in (MAKER, HEAD_OFFICE_MAKER):
        assert library.authoring.create(maker, a_draft(), "key").node_path == maker.node_path


def test_the_same_key_is_the_same_activity(library: Library) -> None:
    first = library.authoring.create(MAKER, a_draft(), "key")

    assert library.authoring.create(MAKER, a_draft(title="秋"), "key") == first
    assert library.authoring.create(MAKER, a_draft(), "another").activity_id != first.activity_id


def test_maker_is_never_checker(library: Library) -> None:
    found = library.submitted()

    with pytest.raises(StepRefusedError, match="you made"):
        library.authoring.review(found.activity_id, 1, MAKER.actor, "fine")
    library.authoring.review(found.activity_id, 1, REVIEWER, "fine")
    with pytest.raises(StepRefusedError, match="you made"):
        library.authoring.approve(found.activity_id, 1, MAKER.actor)
    with pytest.raises(StepRefusedError, match="you reviewed"):
        library.authoring.approve(found.activity_id, 1, REVIEWER)

    assert library.contents.rows[found.activity_id, 1].state is ContentState.IN_APPROVAL


def test_who_submitted_another_ones_draft_does_not_check_it(library: Library) -> None:
    made = library.authoring.create(MAKER, a_draft(), "key")
    library.authoring.submit(made.activity_id, 1, "operator:colleague")

    with pytest.raises(StepRefusedError, match="you made"):
        library.authoring.review(made.activity_id, 1, "operator:colleague", "fine")


STEPS: dict[str, Any] = {
    "submit": lambda desk, found: desk.submit(found, 1, MAKER.actor),
    "review": lambda desk, found: desk.review(found, 1, REVIEWER, "fine"),
    "approve": lambda desk, found: desk.approve(found, 1, APPROVER),
    "reject": lambda desk, found: desk.reject(found, 1, REVIEWER, "no"),
    "release": lambda desk, found: desk.release(found, 1, RELEASER),
    "recall": lambda desk, found: desk.recall(found, 1, RELEASER, "no"),
}
ALLOWED = {
    ContentState.DRAFT: {"submit"},
    ContentState.IN_REVIEW: {"review", "reject"},
    ContentState.IN_APPROVAL: {"approve", "reject"},
    ContentState.APPROVED: {"release", "recall"},
    ContentState.RELEASED: {"recall"},
    ContentState.REJECTED: set(),
    ContentState.RECALLED: set(),
}


@pytest.mark.parametrize("state", list(ALLOWED))
@pytest.mark.parametrize("name", list(STEPS))
def test_each_step_belongs_to_its_state(library: Library, state: ContentState, name: str) -> None:
    made = library.authoring.create(MAKER, a_draft(), "key")
    row = library.contents.rows[made.activity_id, 1]
    library.contents.rows[made.activity_id, 1] = row.moved(state, "operator:somebody", START)

    def step(desk: Authoring) -> ContentState:
        moved: ContentVersion = STEPS[name](desk, made.activity_id)
        return moved.state

    if name in ALLOWED[state]:
        assert step(library.authoring) is not state
    else:
        with pytest.raises(StepRefusedError):
            step(library.authoring)


def test_nothing_goes_on_after_the_end_but_a_recall(library: Library) -> None:
    found = library.approved()
    library.moment = found.draft.valid_until

    with pytest.raises(StepRefusedError, match="expired"):
        library.authoring.release(found.activity_id, 1, RELEASER)
    assert library.authoring.recall(found.activity_id, 1, RELEASER, "late").state is ContentState.RECALLED


def test_a_banned_claim_cannot_be_approved(library: Library) -> None:
    draft = a_draft(variants=((Scene.GROUP, Variant(f"{LABEL}：零 风险，稳赚")),), selling_point="保本")
    found = library.submitted(draft)
    library.authoring.review(found.activity_id, 1, REVIEWER, "overlooked")

    with pytest.raises(InvalidContentError) as refused:
        library.authoring.approve(found.activity_id, 1, APPROVER)

    assert [(each.where, each.kind) for each in refused.value.problems] == [
        ("selling_point", "banned_claim"),
        ("variants.group.text", "banned_claim"),
    ]


def test_unknown_products_and_files_are_refused(library: Library) -> None:
    draft = a_draft(
        product_id="fund_99",
        variants=((Scene.GROUP, Variant(LABEL, (image("asset_gone"), image("asset_video"), image()))),),
    )

    with pytest.raises(InvalidContentError) as refused:
        library.authoring.create(MAKER, draft, "key")

    assert [each.where for each in refused.value.problems] == [
        "product_id",
        "variants.group.attachments.0.asset_id",
        "variants.group.attachments.1.asset_id",
    ]


def test_a_file_that_is_gone_blocks_approval(library: Library) -> None:
    found = library.submitted()
    library.authoring.review(found.activity_id, 1, REVIEWER, "fine")
    library.assets.rows.clear()

    with pytest.raises(InvalidContentError):
        library.authoring.approve(found.activity_id, 1, APPROVER)


def test_another_wording_is_another_version(library: Library) -> None:
    first = library.released()

    second = library.authoring.revise(first.activity_id, MAKER, a_draft(title="秋季"), 1)
    again = library.authoring.revise(first.activity_id, MAKER, a_draft(title="秋季"), 1)

    assert (second.version, second.state, again) == (2, ContentState.DRAFT, second)
    assert library.contents.rows[first.activity_id, 1] == first
    assert set(second.hashes).isdisjoint(first.hashes)
    with pytest.raises(StaleContentError):
        library.authoring.revise(first.activity_id, MAKER, a_draft(title="冬季"), 1)
    with pytest.raises(StepRefusedError, match="issued"):
        library.authoring.revise(first.activity_id, HEAD_OFFICE_MAKER, a_draft(), 2)
    with pytest.raises(UnknownContentError):
        library.authoring.revise("act_none", MAKER, a_draft(), 1)


def test_who_is_second_is_told(library: Library) -> None:
    found = library.submitted()
    stale = replace(found, revision=found.revision - 1)

    assert not library.contents.save(stale)


def test_validity_bounds_are_the_minute(library: Library) -> None:
    found = library.released()

    before = found.state_at(found.draft.valid_until - timedelta(milliseconds=1))

    assert (before, found.state_at(found.draft.valid_until)) == (ContentState.RELEASED, ContentState.EXPIRED)
