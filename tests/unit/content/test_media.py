"""Files that content shows: checked to the byte, and lent to WeCom under ids that are never too old (S33, O4)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.content.media import (
    AssetRefusedError,
    AssetState,
    MediaKind,
    MediaPostponedError,
    MediaUse,
    ReadyAssets,
    Refreshed,
)
from tests.fakes.content import START
from tests.fakes.media import MP4, PNG, Shelf, an_asset

HOUR = timedelta(hours=1)
KEEPS = timedelta(days=3) - timedelta(hours=12)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_a_file_is_of_use_once_it_was_checked(shelf: Shelf) -> None:
    announced = shelf.desk.announce(an_asset())

    with pytest.raises(AssetRefusedError, match="not there"):
        shelf.desk.check(announced)
    assert ReadyAssets(shelf.store).kinds_of(["asset_1"]) == {}
    shelf.files.files["asset_1"] = PNG
    ready = shelf.desk.check(announced)

    assert ready.state is AssetState.READY
    assert ReadyAssets(shelf.store).kinds_of(["asset_1"]) == {"asset_1": "image"}
    assert shelf.desk.announce(an_asset()) == ready
    assert shelf.desk.check(ready) == ready


@pytest.mark.parametrize(
    "content", [PNG[:-1] + b"!", PNG + b"!", PNG[:-1], b""], ids=["one_byte", "longer", "shorter", "empty"]
)
def test_another_file_than_the_announced_is_refused(shelf: Shelf, content: bytes) -> None:
    announced = shelf.desk.announce(an_asset())
    shelf.files.files["asset_1"] = content

    with pytest.raises(AssetRefusedError, match="announced"):
        shelf.desk.check(announced)


@pytest.mark.parametrize(("kind", "content"), [(MediaKind.IMAGE, MP4), (MediaKind.VIDEO, PNG)])
def test_a_file_is_what_its_kind_says(shelf: Shelf, kind: MediaKind, content: bytes) -> None:
    with pytest.raises(AssetRefusedError, match=kind.value):
        shelf.ready("asset_1", content, kind)


@pytest.mark.parametrize("size", [5, 10 * 1024 * 1024 + 1])
def test_sizes_that_wecom_does_not_take_are_refused_at_once(shelf: Shelf, size: int) -> None:
    with pytest.raises(AssetRefusedError, match="WeCom takes"):
        shelf.desk.announce(replace(an_asset(), size=size))


def test_a_media_id_is_used_while_it_is_fresh_and_then_fetched_anew(shelf: Shelf) -> None:
    shelf.ready()
    first = shelf.library.media_id("asset_1", MediaUse.MESSAGE)

    shelf.moment = START + KEEPS - timedelta(milliseconds=1)
    assert shelf.library.media_id("asset_1", MediaUse.MESSAGE) == first
    shelf.moment = START + KEEPS
    second = shelf.library.media_id("asset_1", MediaUse.MESSAGE)

    assert second != first
    assert len(shelf.uploader.uploads) == 2


def test_each_use_has_a_media_id_of_its_own(shelf: Shelf) -> None:
    shelf.ready()

    ids = {use: shelf.library.media_id("asset_1", use) for use in MediaUse}

    assert len(set(ids.values())) == 2
    assert {use for _, use, _ in shelf.uploader.uploads} == set(MediaUse)


def test_what_moments_do_not_take_is_refused(shelf: Shelf) -> None:
    shelf.ready("asset_1", b"a table of figures", MediaKind.FILE)

    with pytest.raises(AssetRefusedError, match="moments"):
        shelf.library.media_id("asset_1", MediaUse.MOMENTS)
    assert shelf.library.media_id("asset_1", MediaUse.MESSAGE)


def test_a_file_changed_after_its_check_is_not_lent(shelf: Shelf) -> None:
    shelf.ready()
    shelf.files.files["asset_1"] = PNG[:-1] + b"?"

    with pytest.raises(AssetRefusedError, match="announced"):
        shelf.library.media_id("asset_1", MediaUse.MESSAGE)
    assert shelf.uploader.uploads == []


def test_what_is_unknown_or_unchecked_is_not_lent(shelf: Shelf) -> None:
    shelf.desk.announce(an_asset())

    for asset_id in ("asset_1", "asset_2"):
        with pytest.raises(AssetRefusedError, match="no such file"):
            shelf.library.media_id(asset_id, MediaUse.MESSAGE)


def test_an_upload_that_has_to_wait_leaves_the_old_id(shelf: Shelf) -> None:
    shelf.ready()
    first = shelf.library.media_id("asset_1", MediaUse.MESSAGE)
    shelf.moment = START + KEEPS
    shelf.uploader.refuses = MediaPostponedError(START + 3 * HOUR)

    with pytest.raises(MediaPostponedError):
        shelf.library.media_id("asset_1", MediaUse.MESSAGE)
    lent = shelf.store.lent("asset_1", MediaUse.MESSAGE)
    assert lent is not None
    assert lent.media_id == first


@given(st.lists(st.integers(0, 80), min_size=1, max_size=12))
def test_an_id_handed_out_lives_half_a_day_more(hours: list[int]) -> None:
    shelf = Shelf()
    shelf.ready()
    for passed in hours:
        shelf.moment += passed * HOUR
        shelf.library.media_id("asset_1", MediaUse.MESSAGE)
        lent = shelf.store.lent("asset_1", MediaUse.MESSAGE)
        assert lent is not None
        assert shelf.moment + 12 * HOUR < lent.uploaded_at + timedelta(days=3) + timedelta(milliseconds=1)


def test_what_content_needs_is_fetched_anew_before_anybody_asks(shelf: Shelf) -> None:
    shelf.ready()
    first = shelf.library.media_id("asset_1", MediaUse.MESSAGE, START + timedelta(days=10))

    shelf.moment = START + 48 * HOUR
    young = shelf.library.refresh()
    shelf.moment += HOUR
    due = shelf.library.refresh()

    assert (young, due) == (Refreshed(), Refreshed(renewed=1))
    assert shelf.library.media_id("asset_1", MediaUse.MESSAGE) != first
    assert len(shelf.uploader.uploads) == 2


def test_what_nobody_needs_any_more_is_left_alone(shelf: Shelf) -> None:
    shelf.ready()
    shelf.library.media_id("asset_1", MediaUse.MESSAGE, START + timedelta(days=2))
    shelf.library.media_id("asset_1", MediaUse.MOMENTS)

    shelf.moment = START + 60 * HOUR

    assert shelf.library.refresh() == Refreshed()
    assert list(shelf.store.needed(shelf.moment)) == []
    assert len(shelf.uploader.uploads) == 2


def test_the_longest_need_counts(shelf: Shelf) -> None:
    shelf.ready()
    for days in (10, 4, 20, 3):
        shelf.library.media_id("asset_1", MediaUse.MESSAGE, START + timedelta(days=days))

    lent = shelf.store.lent("asset_1", MediaUse.MESSAGE)

    assert lent is not None
    assert lent.needed_until == START + timedelta(days=20)
    assert len(shelf.uploader.uploads) == 1


def test_a_refresh_that_has_to_wait_is_taken_up_by_the_next(shelf: Shelf) -> None:
    shelf.ready()
    shelf.library.media_id("asset_1", MediaUse.MESSAGE, START + timedelta(days=10))
    shelf.moment = START + 50 * HOUR
    shelf.uploader.refuses = MediaPostponedError(START + 51 * HOUR)

    waiting = shelf.library.refresh()
    shelf.uploader.refuses = None

    assert waiting == Refreshed(postponed=True)
    assert shelf.library.refresh() == Refreshed(renewed=1)


def test_a_file_that_was_changed_is_told_once_and_no_more_refreshed(shelf: Shelf) -> None:
    shelf.ready()
    shelf.library.media_id("asset_1", MediaUse.MESSAGE, START + timedelta(days=10))
    shelf.moment = START + 50 * HOUR
    shelf.files.files["asset_1"] = PNG[:-1] + b"?"

    assert [shelf.library.refresh(), shelf.library.refresh()] == [Refreshed(refused=1), Refreshed()]
