"""Campaigns on the embedded engine, and the fakes of the unit tests: one conformance suite for both."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scrm.aws import session
from scrm.aws.campaign_table import DynamoCampaignStore, DynamoSliceStore
from scrm.aws.table import Table
from scrm.campaign import machine
from scrm.campaign.campaign_ports import CampaignStore, OwnerShare, SliceStore
from scrm.campaign.model import Campaign, RingShare
from scrm.campaign.refusals import StaleCampaignError
from scrm.campaign.terms import CampaignState, Purpose
from scrm.paging import InvalidCursorError
from tests.engine import EngineTables
from tests.fakes.campaigns import NOW, PILOT_THEN_REST, Bank, MemoryCampaigns, MemorySlices, definition

pytestmark = pytest.mark.engine


def campaign(number: int, path: str = "/1/10/", **changes: object) -> Campaign:
    made = Campaign(f"camp_{number}", definition(), path, "operator:op-1", NOW + timedelta(minutes=number))
    return replace(made, **changes)  # type: ignore[arg-type]


def begun() -> Campaign:
    """A campaign with every field set that a running one has."""
    bank = Bank()
    scheduled = bank.scheduled(definition(rings=PILOT_THEN_REST, blast_radius=500))
    shares = {"pilot": RingShare(2, 30), "rest": RingShare(1, 20), "": RingShare(1, 10)}
    return replace(machine.started(scheduled, "snap_1", shares, NOW + timedelta(days=30), NOW), version=0)


@pytest.fixture
def table(tables: EngineTables) -> Table:
    session.reset()
    return Table(tables.client, tables.names["CampaignTable"])


@pytest.fixture(params=["table", "fake"])
def store(request: pytest.FixtureRequest) -> CampaignStore:
    if request.param == "fake":
        return MemoryCampaigns()
    return DynamoCampaignStore(request.getfixturevalue("table"))


@pytest.fixture(params=["table", "fake"])
def slices(request: pytest.FixtureRequest) -> SliceStore:
    if request.param == "fake":
        return MemorySlices()
    return DynamoSliceStore(request.getfixturevalue("table"))


def test_a_campaign_comes_back_as_it_was_stored(store: CampaignStore) -> None:
    saved = store.save(begun())

    assert store.find(saved.campaign_id) == saved == replace(begun(), version=1)
    assert store.find("camp_none") is None


def test_whoever_read_an_older_version_is_refused(store: CampaignStore) -> None:
    first = store.save(campaign(1))
    store.save(replace(first, reason="later"))

    for stale in (replace(first, reason="other"), campaign(1)):
        with pytest.raises(StaleCampaignError):
            store.save(stale)


def test_what_is_due_is_found_until_nothing_is_left_to_do(store: CampaignStore) -> None:
    for number in range(6):
        store.save(campaign(number, due_at=NOW + timedelta(minutes=number)))
    done = store.find("camp_0")
    assert done is not None
    store.save(replace(done, due_at=None))

    assert sorted(store.due(NOW + timedelta(minutes=3))) == ["camp_1", "camp_2", "camp_3"]
    assert store.next_due() == NOW + timedelta(minutes=1)


def test_without_a_campaign_nothing_falls_due(store: CampaignStore) -> None:
    assert store.next_due() is None


def test_a_branch_sees_its_own_newest_first_and_head_office_all(store: CampaignStore) -> None:
    store.save(campaign(1, "/1/10/"))
    store.save(campaign(2, "/1/20/"))
    store.save(campaign(3, "/1/10/11/", state=CampaignState.CLOSED))

    def listed(path: str, state: CampaignState | None = None) -> list[str]:
        return [found.campaign_id for found in store.list(path, state, None, 10).items]

    assert listed("/1/") == ["camp_3", "camp_2", "camp_1"]
    assert listed("/1/10/") == ["camp_3", "camp_1"]
    assert listed("/1/10/11/") == ["camp_3"]
    assert listed("/1/", CampaignState.DRAFT) == ["camp_2", "camp_1"]


def test_a_list_goes_on_after_its_cursor_and_refuses_a_foreign_one(table: Table) -> None:
    store = DynamoCampaignStore(table)
    for number in range(5):
        store.save(campaign(number))

    first = store.list("/1/10/", None, None, 3)
    second = store.list("/1/10/", None, first.cursor, 3)

    assert [found.campaign_id for found in (*first.items, *second.items)] == [f"camp_{n}" for n in (4, 3, 2, 1, 0)]
    with pytest.raises(InvalidCursorError):
        store.list("/1/20/", None, first.cursor, 3)


def test_campaigns_are_listed_by_purpose_and_state(store: CampaignStore) -> None:
    for number, purpose in enumerate([Purpose.PROMOTION, Purpose.ACTIVATION, Purpose.ACTIVATION]):
        found = campaign(number)
        store.save(replace(found, definition=replace(found.definition, purpose=purpose)))

    listed = store.list("/1/10/", None, None, 10, Purpose.ACTIVATION)
    drafts = store.list("/1/10/", CampaignState.DRAFT, None, 10, Purpose.ACTIVATION)
    closed = store.list("/1/10/", CampaignState.CLOSED, None, 10, Purpose.ACTIVATION)

    assert [found.campaign_id for found in listed.items] == ["camp_2", "camp_1"]
    assert (len(drafts.items), len(closed.items)) == (2, 0)


def test_slices_keep_their_owners_and_are_planned_once(slices: SliceStore) -> None:
    owners = [OwnerShare("rm_a", 0, 10), OwnerShare("rm_b", 10, 12)]
    for number in range(3):
        slices.put("camp_1", "pilot", number, owners)
    slices.put("camp_1", "pilot2", 0, owners[:1])

    for _ in range(2):
        slices.mark_planned("camp_1", "pilot", 1)

    assert slices.unplanned("camp_1", "pilot", 3) == [0, 2]
    assert slices.unplanned("camp_1", "pilot2", 1) == [0]
    assert slices.owners("camp_1", "pilot", 1) == owners
