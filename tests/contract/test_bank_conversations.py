"""What the demo bank says: archived by the simulator, opened by the product, and its planted words are found."""

import base64
import json
from collections import Counter
from functools import cache

import pytest

from local.bank import demo_world
from local.bank.conversations import Line, add_archive, conversations
from local.simulator.server import running_simulator
from scrm.archive.message import MessageKind, PartyKind, read
from scrm.archive.page import Row, read_page
from scrm.lexicon.model import Direction
from scrm.lexicon.scanner import Scanner
from scrm.lexicon.standard import standard
from scrm.wecom.archive.keys import SecretKeys
from tests import archive_corp

TEXTS = conversations(demo_world(), 400)


@cache
def scanner() -> Scanner:
    return Scanner(standard())


def found(line: Line) -> set[str]:
    message = read(line.message)
    assert message.sender is not None
    direction = Direction.TO_STAFF if message.sender.kind is PartyKind.CUSTOMER else Direction.TO_CUSTOMER
    return {finding.word for text in message.texts for finding in scanner().scan(text, direction, "/1/")}


def test_every_planted_word_is_found_and_nothing_else_is() -> None:
    said = [line for line in TEXTS if line.message.get("msgtype") == "text"]
    missed = {line.hit for line in said if line.hit and line.hit not in found(line)}
    false = {(line.message["text"]["content"], *found(line)) for line in said if not line.hit and found(line)}
    assert (missed, false) == (set(), set())
    assert sum(bool(line.hit) for line in said) >= 40
    assert sum(bool(line.near_miss) for line in said) >= 40


def test_it_is_the_same_for_a_seed_and_goes_both_ways_in_twos_and_in_groups() -> None:
    assert conversations(demo_world(), 400) == TEXTS
    assert conversations(demo_world(), 400, seed=1) != TEXTS
    by_customer = Counter(line.message.get("from", "").startswith("wm") for line in TEXTS)
    assert min(by_customer[True], by_customer[False]) > len(TEXTS) / 3
    assert sum(bool(line.message.get("roomid")) for line in TEXTS) > len(TEXTS) / 20


def test_every_kind_is_archived_and_read() -> None:
    world = demo_world()
    seats = add_archive(world, archive_corp.ARCHIVE_SECRET)
    with running_simulator(world) as sim:
        archive = sim.control.archive
        archive.upload_key(archive_corp.public_pem(1))
        archive.set_seats(seats)
        lines = conversations(world, 10, files=archive.make_file)
        said = archive.say(*(line.message for line in lines))
        source = archive_corp.local_source(sim)
        rows = read_page(source.get_chat_data(0, 1_000)).rows
        keys = SecretKeys(lambda: {"1": archive_corp.private_pem(1)})
        opened = []
        for row in rows:
            assert isinstance(row, Row)
            random_key = keys.decrypt(1, base64.b64decode(row.encrypted_key))
            opened.append(json.loads(source.decrypt(random_key, row.encrypted)))
        media = [file for message in opened for file in read(message).media]
        assert all(source.get_media(file.sdk_file_id, "").data for file in media)

    assert opened == [one["message"] for one in said if one["withheld"] is None]
    kinds = {read(message).kind for message in opened}
    assert set(MessageKind) - kinds == {MessageKind.AGREE, MessageKind.DISAGREE}
    assert len(media) >= 8


@pytest.mark.parametrize("word", ["保本", "投诉"])
def test_a_near_miss_holds_the_word_that_it_is_not(word: str) -> None:
    assert any(word in line.message["text"]["content"] for line in TEXTS if line.near_miss == word)
