"""Customers' risk ceilings become corp tags at WeCom: table, feed, settings, simulator and queue together (O5, R7)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from scrm import clock
from scrm.audience.ceiling_tags import NAMES
from scrm.audience.facts import CustomerFacts
from scrm.audience.intake import FeedImport
from scrm.audience.messages import CeilingTagsDue
from scrm.aws.audience_table import DynamoDossiers
from scrm.aws.ceiling_library import DynamoCeilingTags
from scrm.aws.contact_table import DynamoContactRepository
from scrm.aws.settings_table import DynamoSettingsStore
from scrm.aws.table import Table
from scrm.campaign.ports import ApprovedContent
from scrm.campaign.terms import ContentRef
from scrm.runtime.audience_joins import ContactsOwned
from scrm.runtime.ceiling_joins import NarrowedByCeiling
from scrm.runtime.wiring import audience_settings, moments, send_checks
from scrm.runtime.wiring import contact_sync as wiring
from scrm.runtime.wiring.dispatch import standings
from tests.engine import EngineTables
from tests.fakes.dispatch import FAR
from tests.local_bank import LocalBank, customer_id, local_bank, small_world

OWNER, CUSTOMERS = "rm_wang01", 6
CONTENT = ApprovedContent(ContentRef("act_1", 1), "本周新品", (), FAR)

pytestmark = pytest.mark.engine


class TaggingBank:
    """A bank that told of all customers of one member but the last, from C1 on."""

    def __init__(self, bank: LocalBank, tables: EngineTables) -> None:
        self.bank = bank
        self._tables = tables
        self.contacts = DynamoContactRepository(self.table("ContactsTable"))
        self.told = [
            CustomerFacts(
                customer_id(place),
                clock.now(),
                risk_class=place + 1,
                assessed_on=clock.now().date() - timedelta(days=30),
                born_on=date(1980, 1, 1),
            )
            for place in range(CUSTOMERS - 1)
        ]
        self.tell(self.told)

    def table(self, name: str) -> Table:
        return Table(self._tables.client, self._tables.names[name])

    def tell(self, rows: list[CustomerFacts]) -> None:
        store = DynamoDossiers(self.table("AudienceTable"))
        FeedImport(ContactsOwned(self.contacts), store, clock.now, wiring.owners_restricted).take(rows)

    def switch_on(self) -> None:
        store = DynamoSettingsStore(self.table("PlatformTable"))
        assert store.write("audience", {"ceiling_tags": True}, 0, "operator:head", clock.now())
        wiring.reset()
        audience_settings.reset()

    @property
    def library(self) -> tuple[str, ...]:
        return DynamoCeilingTags(self.table("AudienceTable"), tuple).known()

    def at_wecom(self) -> list[list[str]]:
        """The names of our tags of each customer, in the order of the customers."""
        names = dict(zip(self.library, NAMES, strict=True))
        rows = {row["external_userid"]: row for row in self.bank.sim.control.relations(userid=OWNER)}
        return [
            [names[one] for one in rows[customer_id(place)]["tag_ids"] if one in names] for place in range(CUSTOMERS)
        ]

    def night(self) -> None:
        """Passes are told apart by the hour."""
        self.bank.advance(3_600)
        clock.refresh()
        self.bank.full_pass()

    def in_our_table(self) -> dict[str, tuple[str, ...]]:
        return {row.external_userid: row.details.tag_ids for row in self.contacts.relations_of(OWNER)}


@pytest.fixture
def tagging(tables: EngineTables, monkeypatch: pytest.MonkeyPatch) -> Iterator[TaggingBank]:
    with local_bank(tables, small_world(CUSTOMERS, 0), monkeypatch) as bank:
        bank.full_pass()
        yield TaggingBank(bank, tables)


def test_the_nightly_pass_gives_each_customer_the_tag_of_his_ceiling(tagging: TaggingBank) -> None:
    tagging.switch_on()

    tagging.night()

    ceilings = [[name] for name in NAMES]
    assert tagging.at_wecom() == [*ceilings, []]
    assert {row for tag_ids in tagging.in_our_table().values() for row in tag_ids} >= set(tagging.library)


def test_who_sends_reads_the_tags_from_our_table_and_names_those_that_a_product_may_have(tagging: TaggingBank) -> None:
    tagging.switch_on()
    tagging.night()
    product = replace(CONTENT, product_id="fund_01", product_risk=3)

    shown = send_checks.shown_ceilings(OWNER)
    named = NarrowedByCeiling(audience_settings.rules, send_checks.ceiling_tag_ids).tags_of(product)

    assert shown == {customer_id(place): place + 1 for place in range(CUSTOMERS - 1)}
    assert named == tagging.library[2:]
    assert moments.messages(standings()).narrowing.tags_of(product) == named


def test_a_lower_class_takes_the_tag_at_once_and_a_hand_made_change_is_mended_at_night(
    tagging: TaggingBank,
) -> None:
    tagging.switch_on()
    tagging.night()
    later = clock.now() + timedelta(seconds=1)

    tagging.tell([replace(tagging.told[4], risk_class=1, told_at=later)])
    tagging.bank.run_until_idle()
    lowered = tagging.at_wecom()[4]
    tagging.bank.sim.control.patch_relation(OWNER, customer_id(0), tag_ids=[tagging.library[4]])
    tagging.night()

    assert lowered == [NAMES[0]]
    assert tagging.at_wecom()[0] == [NAMES[0]]


def test_without_the_setting_nobody_has_a_tag(tagging: TaggingBank) -> None:
    tagging.night()
    tagging.bank.send("contact", CeilingTagsDue(userid=OWNER).model_dump_json())
    tagging.bank.run_until_idle()

    assert tagging.library == ()
    assert not any(tagging.in_our_table().values())
