"""Packs of Moments on the embedded engine, and the fake by the same rules."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local.engine.emulator import Engine
from scrm.aws.moment_packs import DynamoMomentPacks
from scrm.aws.table import Table
from scrm.campaign.dispatch_errors import StaleTaskError
from scrm.campaign.moment_packs import MomentPack, MomentPacks, PackState
from tests.fakes.dispatch import CAMPAIGN, START, FakePacks

pytestmark = pytest.mark.engine
NAME = "moment-packs-alone"
LINK = {"msgtype": "link", "link": {"title": "沙龙", "url": "https://bank.example"}}
PACK = MomentPack(
    "moment_1", CAMPAIGN, ("rm_li",), "本周沙龙", (LINK,), START, START + timedelta(hours=9), ("et3", "et4")
)


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[Any]:
    client = engine.client("dynamodb")
    client.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    yield client
    client.delete_table(TableName=NAME)


@pytest.fixture(params=["table", "fake"])
def packs(request: pytest.FixtureRequest, client: Any) -> MomentPacks:
    return DynamoMomentPacks(Table(client, NAME)) if request.param == "table" else FakePacks()


def test_a_pack_is_read_as_it_was_written_and_a_stale_write_is_refused(packs: MomentPacks) -> None:
    called = replace(
        packs.save(PACK),
        members=("rm_li", "rm_wu"),
        state=PackState.RUNNING,
        first_intent_at=START,
        intended_at=START + timedelta(minutes=1),
        jobid="job_1",
        moment_id="mom_1",
        errcode=41048,
    )

    saved = packs.save(called)

    assert packs.load("moment_1") == saved == replace(called, version=2)
    assert packs.load("moment_2") is None
    for stale in (PACK, called):
        with pytest.raises(StaleTaskError):
            packs.save(stale)


def test_a_moment_is_one_packs_for_ever(packs: MomentPacks) -> None:
    assert packs.claim("mom_9", "moment_1")
    assert packs.claim("mom_9", "moment_1")
    assert not packs.claim("mom_9", "moment_2")
