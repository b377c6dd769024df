"""The product's media library against the simulator over HTTP: the file arrives byte for byte and lives three days."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from local.simulator.server import RunningSimulator, running_simulator
from scrm.campaign.dispatch_errors import SendRefusedError
from scrm.campaign.ports import ApprovedContent, MassMessage
from scrm.campaign.terms import Channel
from scrm.content.media import Asset, AssetRefusedError, MediaKind, MediaPostponedError, MediaUse
from scrm.wecom import limits
from scrm.wecom.mass_sends import WecomMassMessages
from scrm.wecom.media_uploads import WecomMedia
from tests.fakes.dispatch import CONTENT, FAR
from tests.fakes.media import MP4, PNG, an_asset
from tests.simulated_corp import Corp, loaded


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def corp(simulator: RunningSimulator) -> Corp:
    return loaded(simulator)


def library(corp: Corp) -> WecomMedia:
    return WecomMedia(corp.client(), corp.time.now)


def asset(content: bytes, kind: MediaKind = MediaKind.IMAGE) -> Asset:
    return replace(an_asset(content=content), kind=kind, file_name='海"报.png')


def message(media_id: str) -> MassMessage:
    picture = {"msgtype": "image", "image": {"media_id": media_id}}
    return MassMessage(Channel.ONE_TO_ONE, "rm_a", ("wm1",), ApprovedContent(CONTENT, "", (picture,), FAR))


@pytest.mark.parametrize(
    ("content", "kind", "use"),
    [
        (PNG, MediaKind.IMAGE, MediaUse.MESSAGE),
        (MP4, MediaKind.VIDEO, MediaUse.MESSAGE),
        (b"%PDF-1.7\r\n--\x00\xff", MediaKind.FILE, MediaUse.MESSAGE),
        (PNG, MediaKind.IMAGE, MediaUse.MOMENTS),
    ],
)
def test_a_file_arrives_as_it_was_with_its_name(corp: Corp, content: bytes, kind: MediaKind, use: MediaUse) -> None:
    file = asset(content, kind)

    lent = library(corp).upload(file, use, content)

    (arrived,) = corp.control.media()
    assert (arrived["media_id"], arrived["kind"], arrived["use"]) == (lent.media_id, kind.value, use.value)
    assert (arrived["sha256"], arrived["file_name"]) == (file.sha256, "海_报.png")


def test_a_message_with_a_media_id_is_taken_for_as_long_as_we_believe_it_lives(corp: Corp) -> None:
    lent = library(corp).upload(asset(PNG), MediaUse.MESSAGE, PNG)
    sends = WecomMassMessages(corp.client(), lambda _: None, corp.time.now)
    corp.time.advance((limits.MEDIA_LIFE - limits.MEDIA_MARGIN).total_seconds())

    accepted = sends.create(message(lent.media_id))
    corp.time.advance(timedelta(hours=13).total_seconds())
    with pytest.raises(SendRefusedError) as expired:
        sends.create(message(lent.media_id))

    assert accepted.msgid
    assert expired.value.errcode == 40007


def test_a_moments_file_is_no_message_file(corp: Corp) -> None:
    lent = library(corp).upload(asset(PNG), MediaUse.MOMENTS, PNG)

    with pytest.raises(SendRefusedError) as refused:
        WecomMassMessages(corp.client(), lambda _: None, corp.time.now).create(message(lent.media_id))

    assert refused.value.errcode == 40007


def test_a_file_that_is_not_what_it_says_is_refused_and_an_outage_postpones(corp: Corp) -> None:
    with pytest.raises(AssetRefusedError):
        library(corp).upload(asset(b"no picture at all"), MediaUse.MESSAGE, b"no picture at all")

    corp.control.add_fault("drop_before", "media/upload")
    with pytest.raises(MediaPostponedError):
        library(corp).upload(asset(PNG), MediaUse.MESSAGE, PNG)
