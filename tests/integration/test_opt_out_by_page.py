"""A customer's way out, from his greeting to the next campaign: the functions deployed over the template's tables and
queues, the simulator as WeCom (R1, R18)."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.customer_web.handler import lambda_handler as customer_web
from scrm import clock
from scrm.aws.content_table import DynamoContents
from scrm.aws.welcome_table import DynamoWelcomeRules
from scrm.content.model import Scene, Variant
from scrm.runtime.wiring import customer_web as page_wiring
from scrm.welcome.model import WelcomeRule
from tests.admin_api import lambda_context
from tests.campaign_bank import CUSTOMERS, MINUTES, OWNER, CampaignBank, campaign_bank
from tests.customer_page import page_event
from tests.engine import EngineTables
from tests.fakes.content import Library, a_draft

pytestmark = pytest.mark.engine

NEWCOMER = "wmNEWCOMER"
_LINK = re.compile(r"https://m\.bank\.example/o/([A-Za-z0-9-]+)")


@pytest.fixture
def bank(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[CampaignBank]:
    with campaign_bank(tables, monkeypatch) as made:
        keys = {"current": "k1", "k1": "a key of the customers' links, in tests only"}
        tables.engine.client("secretsmanager").create_secret(Name="scrm/links", SecretString=json.dumps(keys))
        page_wiring.reset()
        content, at = greeting_with_link(made), clock.now()
        rule = WelcomeRule("1", "", content[0], 1, content[1], "operator:op", at)
        assert DynamoWelcomeRules(made.table("WelcomeTable")).save(rule)
        yield made
        page_wiring.reset()


def greeting_with_link(bank: CampaignBank) -> tuple[str, str]:
    """Released content; its activity and hash."""
    now = clock.now()
    library = Library(contents=DynamoContents(bank.table("ContentTable")), moment=now)  # type: ignore[arg-type]
    draft = a_draft(
        title="欢迎",
        product_id="",
        valid_from=now - timedelta(days=1),
        valid_until=now + timedelta(days=60),
        variants=((Scene.ONE_TO_ONE, Variant("【营销信息】欢迎，退订请点 {opt_out_link}")),),
    )
    made = library.released(draft, key="greeting")
    return made.activity_id, dict(made.hashes)[Scene.ONE_TO_ONE]


def greeted(bank: CampaignBank) -> str:
    """The token of the link in what the newcomer gets."""
    relation = {"userid": OWNER, "external_userid": NEWCOMER, "createtime": int(clock.now().timestamp())}
    bank.bank.sim.control.add_customers(
        [{"relation": relation, "customer": {"external_userid": NEWCOMER, "name": "新客户"}}]
    )
    bank.bank.sim.control.advance(1)
    clock.refresh()
    bank.bank.run_until_idle()
    (content,) = [each["content"] for each in bank.bank.sim.control.welcomes(NEWCOMER) if each["used_by"]]
    found = _LINK.search(str(content))
    assert found is not None
    return found[1]


def page(method: str, token: str, body: str | None = None) -> dict[str, Any]:
    return customer_web(page_event(method, token, body), lambda_context())


def test_the_link_of_the_greeting_takes_back_what_waits_and_no_later_campaign_reaches_him(bank: CampaignBank) -> None:
    token = greeted(bank)
    first = bank.scheduled()
    bank.pass_time(20 * MINUTES)
    waiting = bank.counts(first.campaign_id)
    looked = page("GET", token)
    unchanged = len(bank.wecom.creations)

    chosen = page("POST", token, "answer=opted_out&confirm=1")
    bank.bank.run_until_idle()
    bank.pass_time(10 * MINUTES)
    bank.wecom.confirm_all()
    bank.pass_time(60 * MINUTES)

    assert (waiting, looked["statusCode"], unchanged) == ({"pending": CUSTOMERS + 1}, 200, 1)
    assert (chosen["statusCode"], "已为您登记" in chosen["body"]) == (200, True)
    assert bank.counts(first.campaign_id) == {"sent": CUSTOMERS, "excluded": 1}
    assert len(bank.wecom.creations) == 2, "made again for the others"

    later = bank.scheduled("key-2")
    bank.pass_time(20 * MINUTES)
    bank.wecom.confirm_all()
    bank.pass_time(60 * MINUTES)

    asked = bank.latest(later).submission
    assert asked is not None
    assert asked.audience.excluded == {"opted_out": 1}
    assert bank.counts(later.campaign_id) == {"sent": CUSTOMERS, "excluded": 1}
    assert NEWCOMER not in {each["target_id"] for each in bank.bank.sim.control.mass_deliveries()}
