"""Attachments as WeCom takes them: what docs/wecom.md 13.1 asks for, with files of the media library (S33)."""

from datetime import timedelta
from typing import Any

import pytest

from scrm.campaign.dispatch_errors import ContentRefusedError, DispatchPostponedError
from scrm.campaign.ports import ApprovedContent
from scrm.campaign.terms import Channel
from scrm.content.media import MediaKind, MediaPostponedError, MediaUse
from scrm.content.model import Attachment, AttachmentKind
from scrm.runtime.content_files import FilesWhenShown, as_wecom_takes
from scrm.runtime.dispatch_media import KEPT_FOR, LibraryFiles
from tests.fakes.content import START, image, link
from tests.fakes.dispatch import CONTENT
from tests.fakes.media import MP4, Shelf

UNTIL = START + timedelta(days=10)
PROGRAM = Attachment(
    AttachmentKind.MINIPROGRAM, asset_id="asset_1", title="积存金", app_id="wx8bd80126147df384", page="/pages/gold.html"
)


@pytest.fixture
def shelf() -> Shelf:
    found = Shelf()
    found.ready()
    return found


def lent(shelf: Shelf, *attachments: Attachment, channel: Channel = Channel.ONE_TO_ONE) -> list[dict[str, Any]]:
    shown = tuple(as_wecom_takes(one, channel) for one in attachments)
    content = ApprovedContent(CONTENT, "text", shown, UNTIL)
    files = FilesWhenShown(lambda: LibraryFiles(lambda: shelf.library, lambda: shelf.moment))
    return [dict(one) for one in files.lent(content, channel).attachments]


def test_each_kind_comes_with_the_id_of_its_file(shelf: Shelf) -> None:
    film = Attachment(AttachmentKind.VIDEO, asset_id=shelf.ready("asset_2", MP4, MediaKind.VIDEO).asset_id)

    assert lent(shelf, image("asset_1"), film, PROGRAM, link(description="")) == [
        {"msgtype": "image", "image": {"media_id": "MEDIA-message-1"}},
        {"msgtype": "video", "video": {"media_id": "MEDIA-message-2"}},
        {
            "msgtype": "miniprogram",
            "miniprogram": {
                "title": "积存金",
                "appid": "wx8bd80126147df384",
                "page": "/pages/gold.html",
                "pic_media_id": "MEDIA-message-1",
            },
        },
        {"msgtype": "link", "link": {"title": "了解活动", "url": "https://bank.example.com/a"}},
    ]


def test_moments_have_ids_of_their_own_and_a_link_has_its_cover(shelf: Shelf) -> None:
    (found,) = lent(shelf, link(asset_id="asset_1"), channel=Channel.MOMENTS)

    assert found["link"] == {
        "title": "了解活动",
        "url": "https://bank.example.com/a",
        "media_id": "MEDIA-moments-1",
    }


def test_a_cover_that_a_message_does_not_take_is_refused_and_not_left_out() -> None:
    with pytest.raises(ContentRefusedError, match="content_cover_not_taken"):
        as_wecom_takes(link(asset_id="asset_1"), Channel.ONE_TO_ONE)


def test_a_file_that_is_gone_or_changed_is_refused(shelf: Shelf) -> None:
    shelf.files.files["asset_1"] = b"another picture"

    for asset_id in ("asset_1", "asset_9"):
        with pytest.raises(ContentRefusedError, match="content_file_refused"):
            lent(shelf, image(asset_id))


def test_an_upload_that_has_to_wait_puts_the_task_off(shelf: Shelf) -> None:
    shelf.uploader.refuses = MediaPostponedError(START + timedelta(hours=1))

    with pytest.raises(DispatchPostponedError) as waiting:
        lent(shelf, image("asset_1"))

    assert waiting.value.not_before == START + timedelta(hours=1)


def test_a_process_asks_the_library_once_in_ten_minutes_for_all_tasks(shelf: Shelf) -> None:
    files = LibraryFiles(lambda: shelf.library, lambda: shelf.moment)
    shown = ApprovedContent(CONTENT, "text", (as_wecom_takes(image("asset_1"), Channel.GROUP),), UNTIL)
    asked = 0
    media = shelf.store.lent

    def counted(asset_id: str, use: MediaUse) -> Any:
        nonlocal asked
        asked += 1
        return media(asset_id, use)

    shelf.store.lent = counted  # type: ignore[method-assign]
    for _ in range(5):
        files.lent(shown, Channel.GROUP)
    before = asked
    shelf.moment += KEPT_FOR
    files.lent(shown, Channel.GROUP)

    assert (before, asked) == (1, 2)
    assert len(shelf.uploader.uploads) == 1


def test_what_is_sent_is_kept_fresh_until_its_content_ends(shelf: Shelf) -> None:
    lent(shelf, image("asset_1"))

    found = shelf.store.lent("asset_1", MediaUse.MESSAGE)

    assert found is not None
    assert found.needed_until == UNTIL
